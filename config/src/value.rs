//! Values as they were given, before they mean anything.

use std::ffi::OsString;

use crate::problem::Place;

/// A value and where it stands. Without `Debug`: it may be a secret.
pub(crate) struct Entry {
    pub(crate) place: Place,
    pub(crate) value: Value,
}

/// A value as the file or the environment has it.
pub(crate) enum Value {
    /// TOML text.
    Text(String),
    /// A TOML integer; `None` where it fits nothing that we count.
    Integer(Option<i64>),
    /// A TOML boolean.
    Boolean(bool),
    /// A TOML array, each item with its line.
    List(Vec<(usize, Value)>),
    /// A TOML table, each key with its line and its value.
    Table(Vec<(String, usize, Value)>),
    /// Something else that TOML knows, by its name.
    Other(&'static str),
    /// From the environment or the command line: text that becomes whatever its key wants.
    Untyped(OsString),
}

impl Value {
    /// Whether it is a text of nothing but space.
    pub(crate) fn is_empty_text(&self) -> bool {
        matches!(self, Value::Text(text) if text.trim().is_empty())
    }

    /// The names in a table.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let items = if let Value::Table(items) = self { items.as_slice() } else { &[] };
        items.iter().map(|(name, ..)| name.as_str())
    }

    /// What it is, for an error; never the value itself.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Value::Text(_) | Value::Untyped(_) => "text",
            Value::Integer(_) => "a number",
            Value::Boolean(_) => "true or false",
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
            Value::Other(kind) => kind,
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Untyped(text.into())
    }
}
