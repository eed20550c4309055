//! The config file's text as entries: syntax, sections and unknown keys.

use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::key::{Role, Table, Times};
use crate::layers::{Layers, Repeated, foreign_key, foreign_section};
use crate::nearest::nearest;
use crate::problem::{ConfigErrors, Place, Problem, Refusal};
use crate::section::Entries;
use crate::sections::{TABLES, called_elsewhere, known_keys};
use crate::shown::shown;
use crate::value::{Entry, Value};

/// Reads the file's text into `layers`; what is wrong with its sections and keys goes on record there.
///
/// # Errors
///
/// Where the text is no TOML: a problem for each line that is none.
pub(crate) fn read(file: &Path, text: &str, layers: &mut Layers) -> Result<(), ConfigErrors> {
    let document = Document { file, lines: Lines::of(text) };
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut problems: Vec<Problem> = errors.iter().map(|error| document.syntax(error)).collect();
    problems.dedup_by(|later, earlier| later.place == earlier.place);
    ConfigErrors::none_of(problems)?;
    for (name, value) in table.get_ref() {
        document.top_level(name, value, layers);
    }
    Ok(())
}

struct Document<'a> {
    file: &'a Path,
    lines: Lines,
}

impl Document<'_> {
    fn place(&self, offset: usize) -> Place {
        Place::Line { file: self.file.to_owned(), line: self.lines.of_offset(offset) }
    }

    /// The error's own `Display` would quote the line, which may hold a password.
    fn syntax(&self, error: &toml::de::Error) -> Problem {
        let place = self.place(error.span().map_or(0, |span| span.start));
        let cause = format!("not TOML: {}", error.message());
        Problem::new(
            place,
            "",
            Refusal::new(cause, "correct this line (https://toml.io explains the format)"),
        )
    }

    fn top_level(&self, name: &Spanned<impl AsRef<str>>, value: &Spanned<DeValue<'_>>, layers: &mut Layers) {
        let place = self.place(name.span().start);
        let name = name.get_ref().as_ref();
        match TABLES.iter().find(|table| table.name == name && table.parent().is_none()) {
            Some(table) => self.section(table, place, value, layers),
            None => {
                let refusal = unknown_section(name, value.get_ref(), layers.role);
                layers.refuse(Problem::new(place, printable(name), refusal));
            }
        }
    }

    fn section(&self, table: &Table, place: Place, value: &Spanned<DeValue<'_>>, layers: &mut Layers) {
        if table.keys_for(layers.role).next().is_none() {
            layers.refuse(Problem::new(place, table.name, foreign_section(table, layers.role)));
            return;
        }
        if table.times == Times::Many {
            self.list(table, place, value, layers);
            return;
        }
        let DeValue::Table(keys) = value.get_ref() else {
            let cause = format!("is {}, not a section", read_value(value, &self.lines).kind());
            let cure = format!("write {} on a line of its own, and its keys below", table.heading());
            layers.refuse(Problem::new(place, table.name, Refusal::new(cause, cure)));
            return;
        };
        layers.open(table.name, place);
        for ((section, key), entry) in self.entries(table, keys, layers) {
            layers.put(section, key, entry);
        }
    }

    /// A section that may stand several times: `[[admins]]`.
    fn list(&self, table: &Table, place: Place, value: &Spanned<DeValue<'_>>, layers: &mut Layers) {
        let (list, heading) = (table.name, table.heading());
        let DeValue::Array(items) = value.get_ref() else {
            let cause = format!("is {}, and may stand several times", read_value(value, &self.lines).kind());
            let cure = format!("write {heading} with two brackets on a line of its own, and its keys below");
            layers.refuse(Problem::new(place, list, Refusal::new(cause, cure)));
            return;
        };
        for item in items.iter() {
            let place = self.place(item.span().start);
            let DeValue::Table(keys) = item.get_ref() else {
                let cause = format!("holds {}, not a section", read_value(item, &self.lines).kind());
                let cure = format!("write {heading} on a line of its own, and its keys below");
                layers.refuse(Problem::new(place, list, Refusal::new(cause, cure)));
                continue;
            };
            let entries = self.entries(table, keys, layers);
            layers.append(list, Repeated { place, entries });
        }
    }

    /// The keys of one section that are known and needed; the others go on record. Sections within it are read on the way.
    fn entries(&self, table: &Table, keys: &DeTable<'_>, layers: &mut Layers) -> Entries {
        let mut entries = Entries::new();
        for (name, value) in keys {
            let place = self.place(name.span().start);
            let name: &str = name.get_ref().as_ref();
            if let Some(within) = sections_within(table).find(|within| within.1 == name) {
                self.section(within.0, place, value, layers);
                continue;
            }
            let refusal = match table.keys.iter().find(|key| key.name == name) {
                Some(key) if layers.role.needs(key.needed_by) => {
                    let value = read_value(value, &self.lines);
                    entries.insert((table.name, key.name), Entry { place, value });
                    continue;
                }
                Some(key) => foreign_key(key, layers.role),
                None => unknown_key(table, name, layers.role),
            };
            layers.refuse(Problem::new(place, format!("{}.{}", table.name, printable(name)), refusal));
        }
        entries
    }
}

fn unknown_section(name: &str, value: &DeValue<'_>, role: Role) -> Refusal {
    if !matches!(value, DeValue::Table(_) | DeValue::Array(_)) {
        let cure = match section_with(name, None, role) {
            Some(section) => format!("move it below [{section}]"),
            None => "remove it, or move it below its [section]".to_owned(),
        };
        return Refusal::new("stands outside of any section", cure);
    }
    let all = || TABLES.iter().filter(|table| table.keys_for(role).next().is_some());
    let named = |name| all().find(|table| table.name == name);
    let meant = called_elsewhere(&name.to_lowercase())
        .filter(|table| table.keys_for(role).next().is_some())
        .or_else(|| nearest(name, all().map(|table| table.name)).and_then(named));
    let cure = match meant {
        Some(table) => format!("did you mean {}?", table.heading()),
        None => {
            let all: Vec<String> = all().map(Table::heading).collect();
            format!("remove it; there are {}", all.join(", "))
        }
    };
    Refusal::new("no such section", cure)
}

/// The sections within this one, each with the last part of its name.
fn sections_within(table: &Table) -> impl Iterator<Item = (&'static Table, &'static str)> {
    let parent = table.name;
    TABLES.iter().filter_map(move |table| {
        let (name, within) = table.name.split_once('.')?;
        (name == parent).then_some((table, within))
    })
}

fn unknown_key(table: &Table, name: &str, role: Role) -> Refusal {
    let within = sections_within(table).map(|(_, name)| name);
    let keys: Vec<&str> = table.keys_for(role).map(|key| key.name).chain(within).collect();
    let cure = match (nearest(name, keys.iter().copied()), section_with(name, Some(table), role)) {
        (_, Some(other)) => format!("it belongs below [{other}]"),
        (Some(key), None) => format!("did you mean {key}?"),
        (None, None) => format!("remove it; {} has {}", table.heading(), keys.join(", ")),
    };
    Refusal::new("no such key", cure)
}

/// The one section that knows this very key, where it was written in another one or in none. A section within another one is meant only there.
fn section_with(name: &str, written_in: Option<&Table>, role: Role) -> Option<&'static str> {
    let may_be_meant = |table: &Table| match table.parent() {
        None => true,
        parent => parent == written_in.map(|table| table.name),
    };
    let mut sections = known_keys()
        .filter(|(table, key)| may_be_meant(table) && key.name == name && role.needs(key.needed_by))
        .map(|(table, _)| table.name);
    sections.next().filter(|_| sections.next().is_none())
}

/// A key as it can be shown: a quoted TOML key may hold anything.
fn printable(name: &str) -> String {
    let bare = name.chars().all(|character| character.is_alphanumeric() || "-_".contains(character));
    if bare { name.chars().take(80).collect() } else { shown(name) }
}

fn read_value(value: &Spanned<DeValue<'_>>, lines: &Lines) -> Value {
    match value.get_ref() {
        DeValue::String(text) => Value::Text(text.clone().into_owned()),
        DeValue::Integer(number) => Value::Integer(i64::from_str_radix(number.as_str(), number.radix()).ok()),
        DeValue::Boolean(value) => Value::Boolean(*value),
        DeValue::Array(items) => Value::List(
            items.iter().map(|item| (lines.of_offset(item.span().start), read_value(item, lines))).collect(),
        ),
        DeValue::Float(_) => Value::Other("a fraction"),
        DeValue::Datetime(_) => Value::Other("a date or time"),
        DeValue::Table(table) => Value::Table(
            table
                .iter()
                .map(|(name, value)| {
                    let line = lines.of_offset(name.span().start);
                    (name.get_ref().to_string(), line, read_value(value, lines))
                })
                .collect(),
        ),
    }
}

/// Where the lines of a text begin, in bytes.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        Self(
            text.bytes()
                .enumerate()
                .filter(|(_, byte)| *byte == b'\n')
                .map(|(offset, _)| offset + 1)
                .collect(),
        )
    }

    /// The line of a byte offset, counted from 1.
    fn of_offset(&self, offset: usize) -> usize {
        self.0.partition_point(|start| *start <= offset) + 1
    }
}
