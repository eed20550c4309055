//! The config file's text as entries: syntax, sections and unknown keys.

use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::given::{Entry, Given};
use crate::layers::{Layers, Table};
use crate::nearest::{in_other_words, nearest};
use crate::problem::{ConfigErrors, Place, Problem, Refusal};
use crate::sections::{LISTS, SECTIONS, heading, known};
use crate::shown::shown;

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
        document.section(name, value, layers);
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

    fn section<'i>(
        &self,
        name: &Spanned<impl AsRef<str>>,
        value: &Spanned<DeValue<'i>>,
        layers: &mut Layers,
    ) {
        let place = self.place(name.span().start);
        let name = name.get_ref().as_ref();
        if let Some((list, keys)) = LISTS.iter().find(|(known, _)| *known == name) {
            self.list(list, keys, place, value, layers);
            return;
        }
        let Some((section, keys)) = SECTIONS.iter().find(|(known, _)| *known == name) else {
            layers.refuse(Problem::new(place, printable(name), unknown_section(name, value.get_ref())));
            return;
        };
        let DeValue::Table(table) = value.get_ref() else {
            let cause = format!("is {}, not a section", given(value, &self.lines).kind());
            let cure = format!("write [{section}] on a line of its own, and its keys below");
            layers.refuse(Problem::new(place, *section, Refusal::new(cause, cure)));
            return;
        };
        layers.open(section, place);
        for (key, entry) in self.entries(section, keys, table, layers) {
            layers.put(section, key, entry);
        }
    }

    /// A section that may stand several times: `[[admins]]`.
    fn list(
        &self,
        list: &'static str,
        keys: &[&'static str],
        place: Place,
        value: &Spanned<DeValue<'_>>,
        layers: &mut Layers,
    ) {
        let DeValue::Array(items) = value.get_ref() else {
            let cause = format!("is {}, and may stand several times", given(value, &self.lines).kind());
            let cure = format!("write [[{list}]] with two brackets on a line of its own, and its keys below");
            layers.refuse(Problem::new(place, list, Refusal::new(cause, cure)));
            return;
        };
        for item in items.iter() {
            let place = self.place(item.span().start);
            let DeValue::Table(table) = item.get_ref() else {
                let cause = format!("holds {}, not a section", given(item, &self.lines).kind());
                let cure = format!("write [[{list}]] on a line of its own, and its keys below");
                layers.refuse(Problem::new(place, list, Refusal::new(cause, cure)));
                continue;
            };
            let entries = self.entries(list, keys, table, layers);
            let entries = entries.into_iter().map(|(key, entry)| ((list, key), entry)).collect();
            layers.append(list, Table { place, entries });
        }
    }

    /// The keys of one table that are known; the others go on record.
    fn entries(
        &self,
        section: &'static str,
        keys: &[&'static str],
        table: &DeTable<'_>,
        layers: &mut Layers,
    ) -> Vec<(&'static str, Entry)> {
        let mut entries = Vec::new();
        for (name, value) in table {
            let place = self.place(name.span().start);
            let name = name.get_ref().as_ref();
            match keys.iter().find(|known| **known == name) {
                Some(key) => entries.push((*key, Entry { place, given: given(value, &self.lines) })),
                None => layers.refuse(Problem::new(
                    place,
                    format!("{section}.{}", printable(name)),
                    unknown_key(section, keys, name),
                )),
            }
        }
        entries
    }
}

fn unknown_section(name: &str, value: &DeValue<'_>) -> Refusal {
    if !matches!(value, DeValue::Table(_) | DeValue::Array(_)) {
        let cure = match section_with(name) {
            Some(section) => format!("move it below [{section}]"),
            None => "remove it, or move it below its [section]".to_owned(),
        };
        return Refusal::new("stands outside of any section", cure);
    }
    let all = || SECTIONS.iter().chain(LISTS).map(|(section, _)| *section);
    let cure = match in_other_words(&name.to_lowercase()).or_else(|| nearest(name, all())) {
        Some(section) => format!("did you mean {}?", heading(section)),
        None => {
            let all: Vec<String> = all().map(heading).collect();
            format!("remove it; there are {}", all.join(", "))
        }
    };
    Refusal::new("no such section", cure)
}

fn unknown_key(section: &str, keys: &[&'static str], name: &str) -> Refusal {
    let cure = match (nearest(name, keys.iter().copied()), section_with(name)) {
        (_, Some(other)) => format!("it belongs below [{other}]"),
        (Some(key), None) => format!("did you mean {key}?"),
        (None, None) => format!("remove it; {} has {}", heading(section), keys.join(", ")),
    };
    Refusal::new("no such key", cure)
}

/// The one section that knows this very key.
fn section_with(key: &str) -> Option<&'static str> {
    let mut sections = known().filter(|(_, known)| *known == key).map(|(section, _)| section);
    sections.next().filter(|_| sections.next().is_none())
}

/// A key as it can be shown: a quoted TOML key may hold anything.
fn printable(name: &str) -> String {
    let bare = name.chars().all(|character| character.is_alphanumeric() || "-_".contains(character));
    if bare { name.chars().take(80).collect() } else { shown(name) }
}

fn given(value: &Spanned<DeValue<'_>>, lines: &Lines) -> Given {
    match value.get_ref() {
        DeValue::String(text) => Given::Text(text.clone().into_owned()),
        DeValue::Integer(number) => Given::Integer(i64::from_str_radix(number.as_str(), number.radix()).ok()),
        DeValue::Boolean(value) => Given::Boolean(*value),
        DeValue::Array(items) => Given::List(
            items.iter().map(|item| (lines.of_offset(item.span().start), given(item, lines))).collect(),
        ),
        DeValue::Float(_) => Given::Other("a fraction"),
        DeValue::Datetime(_) => Given::Other("a date or time"),
        DeValue::Table(table) => Given::Table(
            table
                .iter()
                .map(|(name, value)| {
                    let line = lines.of_offset(name.span().start);
                    (name.get_ref().to_string(), line, given(value, lines))
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
