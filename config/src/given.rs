//! Values as they were given, before they mean anything.

use std::ffi::OsString;

use crate::problem::Place;

/// A value and where it stands. Without `Debug`: it may be a secret.
pub(crate) struct Entry {
    pub(crate) place: Place,
    pub(crate) given: Given,
}

/// A value as the file or the environment has it.
pub(crate) enum Given {
    /// TOML text.
    Text(String),
    /// A TOML integer; `None` where it fits nothing that we count.
    Integer(Option<i64>),
    /// A TOML boolean.
    Boolean(bool),
    /// A TOML array, each item with its line.
    List(Vec<(usize, Given)>),
    /// A TOML table, each key with its line and its value.
    Table(Vec<(String, usize, Given)>),
    /// Something else that TOML knows, by its name.
    Other(&'static str),
    /// From the environment or the command line: text that becomes whatever its key wants.
    Untyped(OsString),
}

impl Given {
    /// What it is, for an error; never the value itself.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Given::Text(_) | Given::Untyped(_) => "text",
            Given::Integer(_) => "a number",
            Given::Boolean(_) => "true or false",
            Given::List(_) => "a list",
            Given::Table(_) => "a table",
            Given::Other(kind) => kind,
        }
    }
}

impl From<&str> for Given {
    fn from(text: &str) -> Self {
        Given::Untyped(text.into())
    }
}
