//! `[contacts]`.

use std::path::{Path, PathBuf};

use crate::key::{Key, Table};
use crate::readers::{self, Boolean, List, one_line};
use crate::section::Section;

pub(crate) const TABLE: Table =
    Table::new("contacts", &[SQLITE_FILE.info, PROTECTED.info, PROTECTED_STRICT.info]).called(&[
        "database",
        "db",
        "sqlite",
        "directory",
        "users",
        "ldap",
    ]);

const SQLITE_FILE: Key<readers::Path> =
    Key::path("sqlite_file", "The embedded contact directory: an SQLite file.");
const PROTECTED: Key<List<String>> =
    Key::list("protected", "Contacts for whom one admin alone gets no link.", one_line).for_bot();
const PROTECTED_STRICT: Key<Boolean> =
    Key::boolean("protected_strict", "Whether a protected id that no contact has refuses the start.")
        .for_bot();

/// `[contacts]`: the contact directory.
#[derive(Debug, Clone)]
pub struct Contacts {
    /// Default `<data>/contacts.sqlite`.
    pub sqlite_file: PathBuf,
}

impl Contacts {
    pub(crate) fn read(section: &mut Section<'_>, data: &Path) -> Self {
        Self { sqlite_file: section.get(&SQLITE_FILE).unwrap_or_else(|| data.join("contacts.sqlite")) }
    }
}

/// `contacts.protected`: for whom a link needs more than one admin.
#[derive(Debug, Clone)]
pub struct ProtectedContacts {
    /// Ids, compared as the directory compares what is typed; default none.
    pub ids: Vec<String>,
    /// Whether an id among them that no contact has refuses the start; default no.
    pub is_strict: bool,
}

impl ProtectedContacts {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        Self {
            ids: section.get(&PROTECTED).unwrap_or_default(),
            is_strict: section.get(&PROTECTED_STRICT).unwrap_or(false),
        }
    }
}
