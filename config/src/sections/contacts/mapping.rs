//! `[contacts.mapping]`.

use crate::key::{Key, Table};
use crate::problem::Refusal;
use crate::readers::Text;
use crate::section::{EntryKey, Section};
use crate::sections::contacts::hash::{
    COST, HashSettings, ITERATIONS, LANES, MEMORY_KIB, PASSES, PEPPER, PEPPER_FILE, SCHEME,
};
use crate::sections::contacts::identifier;
use crate::sections::contacts::presets::Preset;
use crate::sections::contacts::sql::{AlsoRun, AlsoSet, SqlMapping};
use crate::sections::contacts::sql_text::{MappedName, SqlParameter, SqlText};
use crate::several_texts::{NamedTexts, Texts};
use crate::shown::shown;

pub(crate) const TABLE: Table = Table::new(
    "contacts.mapping",
    &[
        TABLE_NAME.info,
        ID.info,
        NAME.info,
        EMAIL.info,
        EMAIL_KEY.info,
        LANGUAGE.info,
        PASSWORD.info,
        ACTIVE.info,
        SCHEME.info,
        COST.info,
        ITERATIONS.info,
        MEMORY_KIB.info,
        PASSES.info,
        LANES.info,
        PEPPER.info,
        PEPPER_FILE.info,
        ALSO_SET.info,
        ALSO_SET_IF_PRESENT.info,
        ALSO_RUN.info,
        ALSO_RUN_IF.info,
    ],
);

const TABLE_NAME: Key<Text<String>> =
    Key::text("table", "The table, perhaps with its schema before a dot.", identifier::table);
const ID: Key<Text<String>> = Key::text("id", "The column that names a contact.", identifier::column);
const NAME: Key<Texts<String>> = Key::names(
    "name",
    "The column with what a contact is called, or several that are joined by a space.",
    identifier::column,
);
const EMAIL: Key<Text<String>> =
    Key::text("email", "The column with the primary e-mail.", identifier::column);
const EMAIL_KEY: Key<Text<String>> = Key::text(
    "email_key",
    "A column by which e-mails are compared, where the database computes one.",
    identifier::column,
);
const LANGUAGE: Key<Text<String>> =
    Key::text("language", "The column with the language (BCP 47).", identifier::column);
const PASSWORD: Key<Text<String>> =
    Key::text("password", "The column with the stored hash.", identifier::column);
const ACTIVE: Key<Text<SqlText>> =
    Key::text("active", "The SQL condition under which a contact is active.", sql);
const ALSO_SET: Key<NamedTexts<SqlText>> = Key::named_texts(
    "also_set",
    "Columns that change with the password, and the SQL expression of each.",
    identifier::column,
    expression,
);
const ALSO_SET_IF_PRESENT: Key<NamedTexts<SqlText>> = Key::named_texts(
    "also_set_if_present",
    "Columns that change with the password where the table has them.",
    identifier::column,
    expression,
);
const ALSO_RUN: Key<Texts<SqlText>> =
    Key::sentences("also_run", "SQL statements that run with the change of a password.", statement);
const ALSO_RUN_IF: Key<NamedTexts<SqlText>> = Key::named_texts(
    "also_run_if",
    "SQL statements that run with it where the database has a table of this name.",
    table_beside,
    statement,
);

/// The keys of which a column counts once, and those of which a table does.
pub(crate) const GROUPS: &[&[EntryKey]] = &[
    &[(TABLE.name, ALSO_SET.info.name), (TABLE.name, ALSO_SET_IF_PRESENT.info.name)],
    &[(TABLE.name, ALSO_RUN_IF.info.name)],
];

/// The key that names a scheme, and those that say how much of it: they are good for that scheme alone.
pub(crate) const SCHEME_KEY: EntryKey = (TABLE.name, SCHEME.info.name);
pub(crate) const OF_THE_SCHEME: [EntryKey; 5] = [
    (TABLE.name, COST.info.name),
    (TABLE.name, ITERATIONS.info.name),
    (TABLE.name, MEMORY_KIB.info.name),
    (TABLE.name, PASSES.info.name),
    (TABLE.name, LANES.info.name),
];

fn sql(text: &str) -> Result<SqlText, Refusal> {
    text.parse()
}

/// What one column is set to.
fn expression(text: &str) -> Result<SqlText, Refusal> {
    let expression = sql(text)?;
    if expression.is_a_list() {
        return Err(Refusal::new("is more than one expression", "give each column an expression of its own"));
    }
    Ok(expression)
}

/// A statement that changes rows of this contact, within the transaction that sets the password.
fn statement(text: &str) -> Result<SqlText, Refusal> {
    const FIRST: [&str; 6] = ["DELETE", "UPDATE", "INSERT", "REPLACE", "WITH", "SELECT"];
    let statement = sql(text)?;
    let first = statement.as_str().split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    let first = first.to_ascii_uppercase();
    if !FIRST.contains(&first.as_str()) {
        // Others end the transaction, in MySQL those that change tables, too.
        return Err(Refusal::new(
            format!("{} cannot run in the transaction that sets a password", shown(statement.as_str())),
            format!("begin it with {}", FIRST.join(", ")),
        ));
    }
    let changes_rows = match first.as_str() {
        "DELETE" | "UPDATE" => true,
        "WITH" => statement.words().iter().any(|(_, word)| matches!(word.as_str(), "DELETE" | "UPDATE")),
        _ => false,
    };
    if changes_rows && !says_whose(&statement, first == "WITH") {
        return Err(Refusal::new("would change the rows of everybody", "say whose they are: WHERE … = :id"));
    }
    Ok(statement)
}

/// Whether `:id` stands in the condition: behind a WHERE that is in no brackets, where any may.
fn says_whose(statement: &SqlText, in_brackets: bool) -> bool {
    let words = statement.words();
    let condition = words.iter().position(|(depth, word)| word == "WHERE" && (in_brackets || *depth == 0));
    condition.is_some_and(|begin| words.iter().skip(begin).any(|(_, word)| word == ":id"))
}

/// A table, or `*` and the rest of a name that begins as the mapped table's does.
fn table_beside(name: &str) -> Result<String, Refusal> {
    identifier::table(name.strip_prefix('*').unwrap_or(name))?;
    Ok(name.to_owned())
}

impl SqlMapping {
    /// Reads all but the pepper, which only one role has.
    pub(crate) fn read(section: &mut Section<'_>, preset: Option<&Preset>) -> Option<Self> {
        let table = section.required(&TABLE_NAME, "users");
        let id = section.required(&ID, "id");
        let name = section.required(&NAME, "name");
        let email = section.get(&EMAIL);
        let email_key = section.get(&EMAIL_KEY);
        let language = section.get(&LANGUAGE);
        let password = section.required(&PASSWORD, "password");
        let active = section.get(&ACTIVE);
        let hash = HashSettings::read(section);
        let also_set = read_also_set(section);
        let also_run = read_also_run(section);
        let mut mapping = Self {
            table: table?,
            id: id?,
            name: name?,
            email,
            email_key,
            language,
            password: password?,
            active,
            hash: hash?,
            also_set,
            also_run,
        };
        mapping.expand(preset.map_or("", |preset| &preset.table));
        mapping.check_columns(section);
        mapping.check_statements(section);
        if let Some(preset) = preset {
            mapping.check_id(section, preset);
        }
        Some(mapping)
    }

    /// Writes out the names that begin as the mapped table's does.
    fn expand(&mut self, usual_table: &str) {
        let beginning = beginning(&self.table, usual_table).to_owned();
        let expand = |name: &str| format!("{beginning}{name}");
        for AlsoSet { expression, .. } in &mut self.also_set {
            *expression = expression.clone().expanded(expand);
        }
        for AlsoRun { statement, if_table } in &mut self.also_run {
            *statement = statement.clone().expanded(expand);
            if let Some(beside) = if_table.as_deref().and_then(|table| table.strip_prefix('*')) {
                *if_table = Some(expand(beside));
            }
        }
        self.active = self.active.take().map(|active| active.expanded(expand));
    }

    fn check_columns(&self, section: &mut Section<'_>) {
        let Self { id, name, email, email_key, language, password, also_set, .. } = self;
        let name_twice =
            name.iter().enumerate().any(|(index, one)| name.iter().skip(index + 1).any(|other| other == one));
        if name.is_empty() || name_twice {
            let cause = if name_twice { "names a column twice" } else { "names no column" };
            section.refuse(&NAME, Refusal::new(cause, "name each column once, at least one"));
        }
        let shown_columns = name.iter().chain([id]).chain(email).chain(email_key).chain(language);
        if shown_columns.into_iter().any(|column| column == password) {
            let cause = format!("{} is also mapped to what reset-link shows", shown(password));
            section.refuse(
                &PASSWORD,
                Refusal::new(cause, "name the column with the hash here, and nowhere else"),
            );
        }
        for AlsoSet { column, only_if_present, .. } in also_set {
            let key = if *only_if_present { ALSO_SET_IF_PRESENT.info } else { ALSO_SET.info };
            if column == password || column == id {
                let what = if column == id { "names the contact" } else { "holds the hash" };
                let cause = format!("sets {}, the column that {what}", shown(column));
                section.refuse(key, Refusal::new(cause, "remove it; reset-link writes the hash itself"));
            }
            let times = also_set.iter().filter(|other| other.column == *column).count();
            if times > 1 && *only_if_present {
                let cause = format!("has {}, and so has {}", shown(column), ALSO_SET.info.name);
                section.refuse(key, Refusal::new(cause, "keep one of them"));
            }
        }
        if email_key.is_some() && email.is_none() {
            section.refuse(
                &EMAIL_KEY,
                Refusal::new("is set, and email is not", "set email, or remove email_key"),
            );
        }
    }

    fn check_statements(&self, section: &mut Section<'_>) {
        let Self { active, hash, also_set, also_run, email, .. } = self;
        if active.as_ref().is_some_and(|active| active.parameters().next().is_some()) {
            section.refuse(
                &ACTIVE,
                Refusal::new("holds a parameter", "write a condition on the columns of the row alone"),
            );
        }
        let key_of =
            |set: &AlsoSet| if set.only_if_present { ALSO_SET_IF_PRESENT.info } else { ALSO_SET.info };
        let key_of_run =
            |run: &AlsoRun| if run.if_table.is_some() { ALSO_RUN_IF.info } else { ALSO_RUN.info };
        let texts: Vec<_> = (also_set.iter().map(|set| (key_of(set), &set.expression)))
            .chain(also_run.iter().map(|run| (key_of_run(run), &run.statement)))
            .chain(active.iter().map(|active| (ACTIVE.info, active)))
            .collect();
        let has = |parameter| texts.iter().any(|(_, text)| text.parameters().any(|other| other == parameter));
        for (name, parameter) in [(":salt", SqlParameter::Salt), (":algorithm", SqlParameter::Algorithm)] {
            if hash.scheme.has_columns_of_its_own() && !has(parameter) {
                let cause =
                    format!("{} keeps more than the hash, and nothing takes {name}", hash.scheme.name());
                let cure =
                    format!("add the column below [contacts.mapping.also_set], like <column> = \"{name}\"");
                section.refuse(&SCHEME, Refusal::new(cause, cure));
            }
        }
        for (key, text) in texts {
            let salted =
                text.parameters().any(|one| matches!(one, SqlParameter::Salt | SqlParameter::Algorithm));
            if salted && !hash.scheme.has_columns_of_its_own() {
                let cause =
                    format!("takes :salt or :algorithm, and {} keeps both in the hash", hash.scheme.name());
                section.refuse(key, Refusal::new(cause, "remove it"));
            }
            if email.is_none() && text.names(MappedName::Email) {
                section.refuse(
                    key,
                    Refusal::new("names {=email}, and no email is mapped", "set email, or remove it"),
                );
            }
        }
    }

    /// Statements of a preset compare ids of its own kind, and one of another kind may be taken for the id of somebody else.
    fn check_id(&self, section: &mut Section<'_>, preset: &Preset) {
        let compares = |statement: &SqlText| {
            let has_id = statement.parameters().any(|parameter| parameter == SqlParameter::Id);
            has_id && !statement.names(MappedName::Id)
        };
        let is_the_presets =
            |run: &&AlsoRun| preset.statements.iter().any(|text| text == run.statement.as_str());
        let run = self.also_run.iter().filter(is_the_presets).find(|run| compares(&run.statement));
        if self.id != preset.id
            && let Some(run) = run
        {
            let key = run.if_table.as_ref().map_or(ALSO_RUN.info, |_| ALSO_RUN_IF.info).name;
            let cause = format!(
                "is {}, and a statement of the preset (in {key}) compares :id with {}",
                shown(&self.id),
                shown(&preset.id)
            );
            section.refuse(&ID, Refusal::new(cause, format!("remove id, or give {key} yourself")));
        }
    }
}

/// What a table's name begins with before what it is usually called, such as `wp_` of `wp_users`; or else its schema.
fn beginning<'a>(table: &'a str, usual_table: &str) -> &'a str {
    let own = |name: &str| name.rfind(['_', '.']).map_or(0, |last| last + 1);
    let usual = usual_table.split_at(own(usual_table)).1;
    match table.strip_suffix(usual) {
        Some(beginning) if !usual.is_empty() => beginning,
        _ => table.split_at(table.rfind('.').map_or(0, |dot| dot + 1)).0,
    }
}

fn read_also_set(section: &mut Section<'_>) -> Vec<AlsoSet> {
    let mut also_set = Vec::new();
    for (key, only_if_present) in [(&ALSO_SET, false), (&ALSO_SET_IF_PRESENT, true)] {
        let columns = section.get(key).unwrap_or_default();
        also_set.extend(columns.into_iter().map(|(column, expression)| AlsoSet {
            column,
            expression,
            only_if_present,
        }));
    }
    also_set
}

fn read_also_run(section: &mut Section<'_>) -> Vec<AlsoRun> {
    let always = section.get(&ALSO_RUN).unwrap_or_default();
    let mut conditional = section.get(&ALSO_RUN_IF).unwrap_or_default();
    conditional.sort_by(|(one, _), (other, _)| one.cmp(other));
    let always = always.into_iter().map(|statement| AlsoRun { statement, if_table: None });
    let conditional =
        conditional.into_iter().map(|(table, statement)| AlsoRun { statement, if_table: Some(table) });
    always.chain(conditional).collect()
}
