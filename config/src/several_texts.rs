//! Keys that take several texts: a list, or a table of them by name.

use crate::key::{Key, KeyInfo};
use crate::problem::Refusal;
use crate::readers::{Parse, Text, on_line, read_list, text, wrong_kind};
use crate::section::{Reader, Section};
use crate::shown::shown;
use crate::value::Value;

/// Texts each of which `parse` accepts: a list, or a single one. Unless they have commas themselves, commas stand between them in the environment.
#[derive(Clone, Copy)]
pub(crate) struct Texts<T> {
    parse: Parse<T>,
    has_commas: bool,
}

impl<T> Key<Texts<T>> {
    /// Names, separated by commas in the environment.
    pub(crate) const fn names(name: &'static str, about: &'static str, parse: Parse<T>) -> Self {
        Key::new(name, "text, or a list of texts", about, Texts { parse, has_commas: false })
    }

    /// Sentences, which hold commas themselves: the environment has room for a single one.
    pub(crate) const fn sentences(name: &'static str, about: &'static str, parse: Parse<T>) -> Self {
        Key::new(name, "text, or a list of texts", about, Texts { parse, has_commas: true })
    }
}

impl<T> Reader for Texts<T> {
    type Value = Vec<T>;

    fn read(&self, section: &mut Section<'_>, key: KeyInfo) -> Option<Vec<T>> {
        match &section.entry(key)?.value {
            Value::List(_) => read_list(section, key, self.parse),
            Value::Untyped(_) if !self.has_commas => read_list(section, key, self.parse),
            _ => Some(vec![Text(self.parse).read(section, key)?]),
        }
    }
}

/// A table of texts that `parse` accepts, under names that `name` accepts. The environment has no tables.
#[derive(Clone, Copy)]
pub(crate) struct NamedTexts<T> {
    name: Parse<String>,
    parse: Parse<T>,
}

impl<T> Key<NamedTexts<T>> {
    pub(crate) const fn named_texts(
        name: &'static str,
        about: &'static str,
        names: Parse<String>,
        parse: Parse<T>,
    ) -> Self {
        Key::new(name, "a table of texts", about, NamedTexts { name: names, parse })
    }
}

impl<T> Reader for NamedTexts<T> {
    type Value = Vec<(String, T)>;

    fn read(&self, section: &mut Section<'_>, key: KeyInfo) -> Option<Self::Value> {
        let entry = section.entry(key)?;
        let items = match &entry.value {
            Value::Table(items) => items,
            Value::Untyped(_) => {
                let cure = format!("write it below {} in a config file", section.table.heading());
                section.refuse(key, Refusal::new("is a table, which no variable can hold", cure));
                return None;
            }
            other => {
                section
                    .refuse(key, wrong_kind(other, "a table", "write it as a table, like { name = \"…\" }"));
                return None;
            }
        };
        let mut accepted = Vec::new();
        for (name, line, item) in items {
            let judged = (self.name)(name).and_then(|name| {
                let text = text(item).and_then(self.parse);
                let told = |refusal: Refusal| {
                    Refusal::new(format!("{} {}", shown(&name), refusal.cause), refusal.cure)
                };
                text.map_err(told).map(|text| (name.clone(), text))
            });
            match judged {
                Ok(item) => accepted.push(item),
                Err(refusal) => section.refuse_at(on_line(&entry.place, *line), key, refusal),
            }
        }
        Some(accepted)
    }
}
