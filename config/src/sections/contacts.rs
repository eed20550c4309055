//! `[contacts]`.

mod database_url;
mod hash;
mod identifier;
pub(crate) mod mapping;
mod presets;
mod sql;
mod sql_text;
mod tables;

use std::path::{Path, PathBuf};

use crate::key::{Key, Table};
use crate::layers::Layers;
use crate::problem::{Problem, Refusal};
use crate::readers::{self, Boolean, Choice, List, one_line};
use crate::section::Section;
use tables::Tables;

pub use hash::{HashScheme, HashSettings};
pub use sql::{AlsoRun, AlsoSet, SqlContacts, SqlMapping};
pub use sql_text::{MappedName, SqlParameter, SqlPart, SqlText};
pub(crate) use tables::refuse_two_databases;

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
    ],
)
.called(&["database", "db", "sqlite", "directory", "users", "ldap"]);

const KIND: Key<Choice<Kind>> = Key::choice(
    "kind",
    "Where the contacts are: in a directory of ours, or in SQL tables of another application.",
    &[("embedded", Kind::Embedded), ("sql", Kind::Sql)],
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
}

/// The embedded contact directory.
#[derive(Debug, Clone)]
pub struct EmbeddedContacts {
    /// Default `<data>/contacts.sqlite`.
    pub sqlite_file: PathBuf,
}

/// What holds the contacts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Embedded,
    Sql,
}

/// What both halves need of `[contacts]`.
pub(crate) enum CommonContacts {
    Embedded(EmbeddedContacts),
    Sql(Box<Tables>),
    /// The problem is on record.
    Refused,
}

impl CommonContacts {
    pub(crate) fn read(layers: &mut Layers, data: &Path) -> Self {
        let mut section = layers.section(TABLE);
        let kind = section.get(&KIND);
        if kind.is_none() && section.has(&KIND) {
            return Self::Refused;
        }
        if kind == Some(Kind::Sql) {
            if section.has(&SQLITE_FILE) {
                let cause =
                    "is for kind = \"embedded\", and the contacts are in tables of another application";
                let cure = "remove it; an SQLite file of another application is named by url = \"sqlite:…\"";
                section.refuse(&SQLITE_FILE, Refusal::new(cause, cure));
            }
            return Self::Sql(Box::new(Tables::read(layers)));
        }
        let sqlite_file = section.get(&SQLITE_FILE).unwrap_or_else(|| data.join("contacts.sqlite"));
        refuse_keys_of_tables(layers);
        Self::Embedded(EmbeddedContacts { sqlite_file })
    }

    /// With the account that finds contacts. `None` where a problem is on record.
    pub(crate) fn for_bot(&self, layers: &mut Layers) -> Option<Contacts> {
        match self {
            Self::Embedded(embedded) => Some(Contacts::Embedded(embedded.clone())),
            Self::Sql(tables) => Some(Contacts::Sql(Box::new(tables.for_bot(layers)?))),
            Self::Refused => None,
        }
    }

    /// With the account that sets passwords. `None` where a problem is on record.
    pub(crate) fn for_redeem_server(&self, layers: &mut Layers) -> Option<Contacts> {
        match self {
            Self::Embedded(embedded) => Some(Contacts::Embedded(embedded.clone())),
            Self::Sql(tables) => Some(Contacts::Sql(Box::new(tables.for_redeem_server(layers)?))),
            Self::Refused => None,
        }
    }
}

/// Puts on record what is set for tables while the contacts are in the embedded directory.
fn refuse_keys_of_tables(layers: &mut Layers) {
    let of_tables = layers
        .given(TABLE)
        .filter(|(key, _)| tables::KEYS.contains(&key.name))
        .map(|(key, entry)| (TABLE, key.name, entry.place.clone()));
    let of_mapping =
        layers.given(mapping::TABLE).map(|(key, entry)| (mapping::TABLE, key.name, entry.place.clone()));
    let given: Vec<_> = of_tables.chain(of_mapping).collect();
    for (table, key, place) in given {
        let cause = "is for kind = \"sql\", and the contacts are in the embedded directory";
        let cure = "add kind = \"sql\" below [contacts], or remove it";
        layers.refuse(Problem::new(place, format!("{}.{key}", table.name), Refusal::new(cause, cure)));
    }
}

impl Contacts {
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
