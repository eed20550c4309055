//! `[log]`.

use crate::section::Section;

pub(crate) const KEYS: &[&str] = &["level"];

/// `[log]`.
#[derive(Debug, Clone)]
pub struct Log {
    /// `error`, `warn`, `info`, `debug` or `trace`, for our own code; libraries never log below `warn`. Default `info`.
    pub level: String,
}

impl Log {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let levels = ["error", "warn", "info", "debug", "trace"].map(|level| (level, level.to_owned()));
        Self { level: section.choice("level", &levels).unwrap_or_else(|| "info".to_owned()) }
    }
}
