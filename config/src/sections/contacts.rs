//! `[contacts]`.

mod active_directory;
mod database_url;
mod hash;
mod identifier;
pub(crate) mod ldap;
pub(crate) mod mapping;
pub(crate) mod presets;
mod sql;
mod sql_text;
pub(crate) mod tables;

use std::path::{Path, PathBuf};

use crate::key::{Key, Table};
use crate::problem::Refusal;
use crate::readers::{self, Boolean, Choice, List, one_line};
use crate::section::Section;

pub use active_directory::{ActiveDirectorySettings, ConditionalWrite};
pub use hash::{HashScheme, HashSettings};
pub use ldap::{LdapAccountSettings, LdapContacts, LdapFlavour, LdapSecurity, LdapServer, VersionFrom};
pub use sql::{AlsoRun, AlsoSet, SqlContacts, SqlMapping};
pub use sql_text::{MappedName, SqlParameter, SqlPart, SqlText};

pub(crate) const TABLE: Table = Table::new(
    "contacts",
    &[
        KIND.info,
        SQLITE_FILE.info,
        PROTECTED.info,
        PROTECTED_STRICT.info,
        tables::PRESET.info,
        tables::URL.info,
        tables::URL_FILE.info,
        tables::READER_URL.info,
        tables::READER_URL_FILE.info,
        tables::CA_FILE.info,
        tables::TIMEOUT.info,
        tables::VIEWS.info,
        ldap::FLAVOUR.info,
        ldap::LDAP_URL.info,
        ldap::BASE.info,
        ldap::ID_ATTRIBUTE.info,
        ldap::NAME_ATTRIBUTE.info,
        ldap::EMAIL_ATTRIBUTE.info,
        ldap::LANGUAGE_ATTRIBUTE.info,
        ldap::FILTER.info,
        ldap::ACTIVE_FILTER.info,
        ldap::VERSION_FROM.info,
        ldap::UNLOCK.info,
        ldap::POLICY_DN.info,
        ldap::PROBE_ID.info,
        ldap::READER_DN.info,
        ldap::READER_PASSWORD.info,
        ldap::READER_PASSWORD_FILE.info,
        ldap::WRITER_DN.info,
        ldap::WRITER_PASSWORD.info,
        ldap::WRITER_PASSWORD_FILE.info,
        active_directory::CONDITIONAL.info,
        active_directory::ENFORCE_HISTORY.info,
        active_directory::OLD_PASSWORD_ALLOWED.info,
    ],
)
.called(&["database", "db", "sqlite", "directory", "users", "ldap"]);

const KIND: Key<Choice<Kind>> = Key::choice(
    "kind",
    "Where the contacts are: in a directory of ours, in SQL tables of another application, or in an LDAP directory.",
    &[("embedded", Kind::Embedded), ("sql", Kind::Sql), ("ldap", Kind::Ldap)],
);
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
    /// An LDAP directory of the organisation.
    Ldap(Box<LdapContacts>),
}

/// The embedded contact directory.
#[derive(Debug, Clone)]
pub struct EmbeddedContacts {
    /// Default `<data>/contacts.sqlite`.
    pub sqlite_file: PathBuf,
}

/// What holds the contacts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Embedded,
    Sql,
    Ldap,
}

/// What holds the contacts: a directory of ours where nothing is said. `None` where a problem is on record.
pub(crate) fn kind(section: &mut Section<'_>) -> Option<Kind> {
    let kind = section.get(&KIND);
    let elsewhere = match kind {
        Some(Kind::Sql) => Some((
            "is for kind = \"embedded\", and the contacts are in tables of another application",
            "remove it; an SQLite file of another application is named by url = \"sqlite:…\"",
        )),
        Some(Kind::Ldap) => {
            Some(("is for kind = \"embedded\", and the contacts are in an LDAP directory", "remove it"))
        }
        Some(Kind::Embedded) | None => None,
    };
    if let Some((cause, cure)) = elsewhere
        && section.has(&SQLITE_FILE)
    {
        section.refuse(&SQLITE_FILE, Refusal::new(cause, cure));
    }
    if section.has(&KIND) { kind } else { Some(Kind::Embedded) }
}

impl EmbeddedContacts {
    pub(crate) fn read(section: &mut Section<'_>, data: &Path) -> Self {
        Self { sqlite_file: section.get(&SQLITE_FILE).unwrap_or_else(|| data.join("contacts.sqlite")) }
    }
}

impl Contacts {
    /// The file of the embedded directory, where the contacts are in it.
    pub fn sqlite_file(&self) -> Option<&Path> {
        match self {
            Self::Embedded(embedded) => Some(&embedded.sqlite_file),
            Self::Sql(_) | Self::Ldap(_) => None,
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
