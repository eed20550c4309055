//! A statement with its parameters, all of them bound.

use super::dialect::Dialect;

/// A statement while it is put together, and when it is run.
#[derive(Clone)]
pub(super) struct Statement {
    dialect: Dialect,
    pub(super) text: String,
    pub(super) bound: Vec<Option<String>>,
}

impl Statement {
    pub(super) fn new(dialect: Dialect, text: impl Into<String>) -> Self {
        Self { dialect, text: text.into(), bound: Vec::new() }
    }

    /// Adds text.
    pub(super) fn push(mut self, text: &str) -> Self {
        self.text.push_str(text);
        self
    }

    /// Adds a parameter of this value.
    pub(super) fn bind(mut self, value: Option<&str>) -> Self {
        let parameter = self.parameter(value);
        self.text.push_str(&parameter);
        self
    }

    /// Binds a value, and gives its parameter to be put into the text that is pushed next.
    pub(super) fn parameter(&mut self, value: Option<&str>) -> String {
        self.bound.push(value.map(str::to_owned));
        match self.dialect {
            Dialect::Postgres => format!("${}", self.bound.len()),
            Dialect::MySql | Dialect::Sqlite => "?".to_owned(),
        }
    }
}
