//! `[contacts]`.

use std::path::{Path, PathBuf};

use crate::section::{Section, one_line};

pub(crate) const KEYS: &[&str] = &["sqlite_file", "protected", "protected_strict"];

/// `[contacts]`: the contact directory.
#[derive(Debug, Clone)]
pub struct Contacts {
    /// Default `<data>/contacts.sqlite`.
    pub sqlite_file: PathBuf,
    /// Ids, compared as the directory compares what is typed, for whom a link needs more than one admin; default none.
    pub protected: Vec<String>,
    /// Whether an id among them that no contact has refuses the start; default no.
    pub protected_strict: bool,
}

impl Contacts {
    pub(crate) fn read(section: &mut Section<'_>, data: &Path) -> Self {
        Self {
            sqlite_file: section.path("sqlite_file").unwrap_or_else(|| data.join("contacts.sqlite")),
            protected: section.list("protected", one_line).unwrap_or_default(),
            protected_strict: section.boolean("protected_strict").unwrap_or(false),
        }
    }
}
