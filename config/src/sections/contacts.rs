//! `[contacts]`.

use std::path::{Path, PathBuf};

use crate::section::Section;

pub(crate) const KEYS: &[&str] = &["sqlite_file"];

/// `[contacts]`: the contact directory.
#[derive(Debug, Clone)]
pub struct Contacts {
    /// Default `<data>/contacts.sqlite`.
    pub sqlite_file: PathBuf,
}

impl Contacts {
    pub(crate) fn read(section: &mut Section<'_>, data: &Path) -> Self {
        Self { sqlite_file: section.path("sqlite_file").unwrap_or_else(|| data.join("contacts.sqlite")) }
    }
}
