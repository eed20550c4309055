//! The mapping once it was held against the database: every identifier is one of the database's own, and quoted.

use config::{SqlContacts, SqlMapping, SqlText};

use super::catalogue::{self, Column};
use super::database::Database;
use super::dialect::Dialect;
use super::error::describe;
use super::expression::{MappedNames, condition};
use super::given_sql;
use super::statement::Statement;
use crate::hash::{self, PasswordHasher};

/// The views that reset-link names, where the roles use views.
pub(super) const BOT_VIEW: &str = "reset_link_bot";
pub(super) const REDEEM_VIEW: &str = "reset_link_redeem";

/// The columns of both views; that of the redeem server has `password` and the columns of `also_set` as well.
pub(super) const VIEW_COLUMNS: [&str; 8] =
    ["id", "name", "email", "email_key", "language", "active", "version", "kind"];

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Reader,
    Writer,
}

/// A table or view of contacts, as a role sees it: fragments of SQL.
#[derive(Clone)]
pub(super) struct ContactTable {
    pub(super) dialect: Dialect,
    /// What may be replaced, and what it is replaced with.
    pub(super) hasher: PasswordHasher,
    pub(super) table: String,
    /// The id's column.
    pub(super) id: String,
    /// PostgreSQL: what a typed id is cast to.
    id_type: Option<String>,
    /// The id as text.
    pub(super) id_text: String,
    pub(super) name: String,
    pub(super) email: String,
    pub(super) email_key: String,
    pub(super) language: String,
    pub(super) active: String,
    /// The mark of the stored hash, or the stored hash itself where the database cannot compute it.
    pub(super) version: String,
    /// Which kind of hash is stored.
    pub(super) kind: String,
    pub(super) password: String,
    /// What statements of an operator call the mapping's columns.
    pub(super) names: MappedNames,
    /// Every column, by its name.
    pub(super) columns: Vec<String>,
}

/// Why the database is not as the config says: cause and cure.
pub(super) struct Mismatch(pub(super) String);

impl ContactTable {
    /// Holds the mapping against the database's own catalogue.
    pub(super) async fn of(
        database: &Database,
        settings: &SqlContacts,
        role: Role,
    ) -> Result<Self, Mismatch> {
        let mapping = &settings.mapping;
        let dialect = database.dialect();
        let table = match (settings.uses_views, role) {
            (false, _) => in_schema_of(&mapping.table, None),
            (true, Role::Reader) => in_schema_of(&mapping.table, Some(BOT_VIEW)),
            (true, Role::Writer) => in_schema_of(&mapping.table, Some(REDEEM_VIEW)),
        };
        let failed = |error: &sqlx::Error| Mismatch(describe(error));
        if let Some(encoding) = catalogue::encoding(database)
            .await
            .map_err(|error| failed(&error))?
            .filter(|found| found != "UTF8")
        {
            return Err(Mismatch(format!(
                "the database's encoding is {encoding}, in which e-mails cannot be compared with certainty. To mend: a database in UTF8"
            )));
        }
        let columns = catalogue::columns(database, &table).await.map_err(|error| failed(&error))?;
        if columns.is_empty() {
            return Err(no_such_table(&table, settings.uses_views));
        }
        if let Some(engine) = catalogue::engine(database, &mapping.table)
            .await
            .map_err(|error| failed(&error))?
            .filter(|engine| !engine.eq_ignore_ascii_case("InnoDB"))
        {
            return Err(Mismatch(format!(
                "table {} is kept by {engine}, which knows no transactions. To mend: ALTER TABLE {} ENGINE = InnoDB",
                mapping.table,
                dialect.quoted_table(&mapping.table)
            )));
        }
        let hasher = PasswordHasher::new(&mapping.hash).map_err(|error| Mismatch(error.to_string()))?;
        let found = Found { table: &table, columns: &columns };
        let this = if settings.uses_views {
            Self::of_view(dialect, hasher, &found)?
        } else {
            Self::of_table(dialect, hasher, mapping, &found)?
        };
        if role == Role::Writer {
            found.check_password_column(settings, dialect, &this.hasher)?;
        }
        let statement = Statement::new(dialect, format!("{} WHERE 1 = 0", this.select()));
        database.rows(&statement).await.map_err(|error| failed(&error))?;
        Ok(this)
    }

    fn of_table(
        dialect: Dialect,
        hasher: PasswordHasher,
        mapping: &SqlMapping,
        found: &Found<'_>,
    ) -> Result<Self, Mismatch> {
        let id_column = found.column("id", &mapping.id)?;
        refuse_binary(
            dialect,
            id_column,
            "nobody types those. To mend: map `id` to a column that holds text or a number",
        )?;
        for name in &mapping.name {
            found.column("name", name)?;
        }
        let optional =
            [("email", &mapping.email), ("email_key", &mapping.email_key), ("language", &mapping.language)];
        for (key, column) in optional {
            if let Some(column) = column {
                found.column(key, column)?;
            }
        }
        refuse_binary(dialect, found.column("password", &mapping.password)?, BINARY_PASSWORD)?;
        Ok(Self {
            columns: found.names(),
            id_type: (dialect == Dialect::Postgres).then(|| id_column.type_name.clone()),
            ..Self::mapped(dialect, hasher, mapping)
        })
    }

    /// The table as the mapping has it, which nobody has held against the database.
    pub(super) fn mapped(dialect: Dialect, hasher: PasswordHasher, mapping: &SqlMapping) -> Self {
        let id = dialect.quoted(&mapping.id);
        let called: Vec<_> = mapping.name.iter().map(|name| dialect.as_text(&dialect.quoted(name))).collect();
        let optional = |column: &Option<String>| match column {
            Some(column) => dialect.quoted(column),
            None => "NULL".to_owned(),
        };
        let email = optional(&mapping.email);
        let email_key = match &mapping.email_key {
            Some(column) => dialect.quoted(column),
            None if mapping.email.is_none() => "NULL".to_owned(),
            None => dialect.email_key(&email),
        };
        let password = dialect.quoted(&mapping.password);
        let table = dialect.quoted_table(&mapping.table);
        let names = MappedNames { table: table.clone(), id: id.clone(), email: email.clone() };
        let active = match &mapping.active {
            Some(active) => condition(active, dialect, &names),
            None => "1 = 1".to_owned(),
        };
        Self {
            dialect,
            hasher,
            table,
            names,
            columns: Vec::new(),
            id_type: None,
            id_text: dialect.as_text(&id),
            id,
            name: dialect.joined(&called),
            email: dialect.as_text(&email),
            email_key,
            language: dialect.as_text(&optional(&mapping.language)),
            active: format!("CASE WHEN {active} THEN 'yes' ELSE 'no' END"),
            version: dialect.fingerprint(&password).unwrap_or_else(|| dialect.as_text(&password)),
            kind: kind_of(dialect, &password),
            password,
        }
    }

    /// The columns of the views are ours to name.
    fn of_view(dialect: Dialect, hasher: PasswordHasher, found: &Found<'_>) -> Result<Self, Mismatch> {
        let column = |name: &str| found.column("views", name).map(|_| dialect.quoted(name));
        let id_column = found.column("views", "id")?;
        let text = |name: &str| column(name).map(|quoted| dialect.as_text(&quoted));
        let table = dialect.quoted_table(found.table);
        let names = MappedNames { table: table.clone(), id: column("id")?, email: column("email")? };
        Ok(Self {
            dialect,
            hasher,
            table,
            names,
            columns: found.names(),
            id_type: (dialect == Dialect::Postgres).then(|| id_column.type_name.clone()),
            id: column("id")?,
            id_text: text("id")?,
            name: text("name")?,
            email: text("email")?,
            email_key: column("email_key")?,
            language: text("language")?,
            active: text("active")?,
            version: text("version")?,
            kind: text("kind")?,
            password: dialect.quoted("password"),
        })
    }

    /// What every look-up reads, in the order of [`super::rows`].
    pub(super) fn select(&self) -> String {
        let Self { id_text, name, email, language, active, version, kind, table, .. } = self;
        format!("SELECT {id_text}, {name}, {email}, {language}, {active}, {version}, {kind} FROM {table}")
    }

    /// A typed id as the column's own type takes it, so that its index answers.
    pub(super) fn cast_id(&self, parameter: &str) -> String {
        match &self.id_type {
            Some(id_type) => format!("{parameter}::text::{id_type}"),
            None => parameter.to_owned(),
        }
    }

    /// The condition that a row is of exactly this id, by the index and then by its bytes.
    pub(super) fn is_of(&self, statement: &mut Statement, id: Option<&str>) -> String {
        let typed = statement.parameter(id);
        let exactly = statement.parameter(id);
        format!(
            "{} = {} AND {}",
            self.id,
            self.cast_id(&typed),
            self.dialect.is_exactly(&self.id_text, &exactly)
        )
    }

    /// The condition that a contact is active.
    pub(super) fn is_active(&self) -> String {
        format!("{} = 'yes'", self.active)
    }
}

/// The database says which kind of hash is stored, so that no hash leaves it.
pub(super) fn kind_of(dialect: Dialect, password: &str) -> String {
    // Schemes are written in both cases, and databases compare cases in both ways.
    let text = format!("lower({})", dialect.as_text(password));
    let mut cases = String::new();
    for kind in hash::kinds() {
        for pattern in kind.patterns {
            cases.push_str(&format!(
                " WHEN {} THEN {}",
                dialect.is_like(&text, &dialect.literal(&pattern.to_ascii_lowercase())),
                dialect.literal(kind.name)
            ));
        }
    }
    format!("CASE WHEN {password} IS NULL THEN 'none'{cases} ELSE 'unknown' END")
}

/// A table and its columns.
struct Found<'a> {
    table: &'a str,
    columns: &'a [Column],
}

impl Found<'_> {
    /// The column of this name. Databases compare names more loosely than they quote them, so the letters must be the same.
    fn column(&self, key: &str, name: &str) -> Result<&Column, Mismatch> {
        self.columns.iter().find(|column| column.name == name).ok_or_else(|| {
            let known: Vec<&str> = self.columns.iter().map(|column| column.name.as_str()).collect();
            Mismatch(format!(
                "{} has no column \"{name}\" that this account may know of (`{key}` in the mapping). To mend: name one that it has ({}), or GRANT the account SELECT on it",
                self.table,
                known.join(", ")
            ))
        })
    }

    fn names(&self) -> Vec<String> {
        self.columns.iter().map(|column| column.name.clone()).collect()
    }

    /// A hash that does not fit would be cut off, or refused each time.
    fn check_password_column(
        &self,
        settings: &SqlContacts,
        dialect: Dialect,
        hasher: &PasswordHasher,
    ) -> Result<(), Mismatch> {
        let name = if settings.uses_views { "password" } else { &settings.mapping.password };
        let column = self.column("password", name)?;
        refuse_binary(dialect, column, BINARY_PASSWORD)?;
        let longest = hasher.longest_stored() as u64;
        match column.length {
            Some(length) if length < longest => Err(Mismatch(format!(
                "column \"{name}\" of {} takes {length} characters, and a hash of scheme {} has up to {longest}. To mend: widen the column, or set another scheme",
                self.table,
                settings.mapping.hash.scheme.name()
            ))),
            _ => Ok(()),
        }
    }
}

/// Read as text, different bytes can be the same.
const BINARY_PASSWORD: &str = "of two different ones the version could be the same. To mend: ALTER the table so that the column holds text (VARCHAR(255), say)";

fn refuse_binary(dialect: Dialect, column: &Column, why: &str) -> Result<(), Mismatch> {
    let Column { name, type_name, .. } = column;
    let is_binary = match dialect {
        Dialect::Postgres => type_name == "bytea",
        Dialect::MySql => type_name.ends_with("blob") || matches!(type_name.as_str(), "binary" | "varbinary"),
        Dialect::Sqlite => type_name.eq_ignore_ascii_case("blob"),
    };
    if is_binary {
        return Err(Mismatch(format!("column \"{name}\" holds bytes ({type_name}), and {why}")));
    }
    Ok(())
}

/// Refuses statements that compare an id that is text with a column of numbers: MySQL and SQLite take `5` for 5, and MySQL `5a` as well, so that the rows of
/// somebody else would change. PostgreSQL does not compare them.
pub(super) async fn refuse_texts_for_numbers(
    database: &Database,
    settings: &SqlContacts,
    statements: &[SqlText],
) -> Result<(), Mismatch> {
    let failed = |error: sqlx::Error| Mismatch(describe(&error));
    if database.dialect() == Dialect::Postgres {
        return Ok(());
    }
    let (table, id) = match settings.uses_views {
        true => (in_schema_of(&settings.mapping.table, Some(REDEEM_VIEW)), "id"),
        false => (settings.mapping.table.clone(), settings.mapping.id.as_str()),
    };
    let columns = catalogue::columns(database, &table).await.map_err(failed)?;
    if columns.iter().any(|column| column.name == id && is_number(column)) {
        return Ok(());
    }
    for (table, name) in statements.iter().flat_map(given_sql::compared_with_id) {
        let columns = catalogue::columns(database, table).await.map_err(failed)?;
        let Some(column) = columns.iter().find(|column| column.name.eq_ignore_ascii_case(name)) else {
            continue;
        };
        if is_number(column) {
            return Err(Mismatch(format!(
                "a statement compares {name} of {table}, a number ({}), with :id, which is text: rows of somebody else would be taken for theirs. To mend: write the statement as DELETE FROM {{{table}}} WHERE {{{name}}} IN (SELECT <the number> FROM <the table of contacts> WHERE <the id> = :id)",
                column.type_name.to_ascii_lowercase()
            )));
        }
    }
    Ok(())
}

fn is_number(column: &Column) -> bool {
    let name = column.type_name.to_ascii_lowercase();
    ["int", "dec", "numeric", "float", "double", "real", "year", "bit"].iter().any(|kind| name.contains(kind))
}

fn no_such_table(table: &str, uses_views: bool) -> Mismatch {
    Mismatch(if uses_views {
        format!(
            "there is no view {table}, or this account may not know of it. To mend: `reset-link contacts views` prints the SQL that makes it"
        )
    } else {
        format!(
            "there is no table {table}, or this account may not know of it. To mend: check `table` in the mapping, the database in the URL, and the GRANTs (docs/directories/sql.md)"
        )
    })
}

/// The views lie beside the table.
pub(super) fn in_schema_of(table: &str, view: Option<&str>) -> String {
    match (view, table.rsplit_once('.')) {
        (None, _) => table.to_owned(),
        (Some(view), Some((schema, _))) => format!("{schema}.{view}"),
        (Some(view), None) => view.to_owned(),
    }
}
