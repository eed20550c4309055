//! `[log]`.

use crate::key::{Key, Table};
use crate::readers::Choice;
use crate::section::Section;

pub(crate) const TABLE: Table = Table::new("log", &[LEVEL.info]).called(&["logging", "logs"]);

const LEVEL: Key<Choice<&str>> = Key::choice(
    "level",
    "How much is logged.",
    &[("error", "error"), ("warn", "warn"), ("info", "info"), ("debug", "debug"), ("trace", "trace")],
);

/// `[log]`.
#[derive(Debug, Clone)]
pub struct Log {
    /// `error`, `warn`, `info`, `debug` or `trace`, for our own code; libraries never log below `warn`. Default `info`.
    pub level: String,
}

impl Log {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        Self { level: section.get(&LEVEL).unwrap_or("info").to_owned() }
    }
}
