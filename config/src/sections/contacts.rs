//! `[contacts]`.

mod sql;

use std::path::{Path, PathBuf};

use crate::key::{Key, Table};
use crate::readers::{self, Boolean, List, one_line};
use crate::section::Section;

pub use sql::{AlsoRun, HashScheme, HashSettings, SqlContacts, SqlMapping};

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

/// `[contacts]`: where the contacts are.
#[derive(Debug, Clone)]
pub enum Contacts {
    /// A directory of ours.
    Embedded(EmbeddedContacts),
    /// Tables of another application.
    Sql(Box<SqlContacts>),
}

/// The embedded contact directory.
#[derive(Debug, Clone)]
pub struct EmbeddedContacts {
    /// Default `<data>/contacts.sqlite`.
    pub sqlite_file: PathBuf,
}

impl Contacts {
    pub(crate) fn read(section: &mut Section<'_>, data: &Path) -> Self {
        let sqlite_file = section.get(&SQLITE_FILE).unwrap_or_else(|| data.join("contacts.sqlite"));
        Self::Embedded(EmbeddedContacts { sqlite_file })
    }

    /// The file of the embedded directory, where the contacts are in it.
    pub fn sqlite_file(&self) -> Option<&Path> {
        match self {
            Self::Embedded(embedded) => Some(&embedded.sqlite_file),
            Self::Sql(_) => None,
        }
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
