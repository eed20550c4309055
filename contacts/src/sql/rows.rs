//! Rows of contacts, as every role reads them.

use keys::{ContactId, PasswordVersion};
use sha2::{Digest as _, Sha256};

use super::connection::TextRow;
use super::dialect::Dialect;
use crate::hash::PasswordHasher;
use crate::matching::{BestMatches, SearchedFields, TypedText};
use crate::{Contact, DirectoryError, Obstacle};

/// Stands for "no password yet"; a fingerprint has 64 characters, so the two cannot meet.
pub(super) const NO_PASSWORD: &str = "no-password";

/// A contact as the table holds it.
pub(super) struct ContactRow {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) email: Option<String>,
    pub(super) language: Option<String>,
    pub(super) is_active: bool,
    pub(super) version: PasswordVersion,
    /// Which kind of hash is stored.
    pub(super) kind: String,
}

impl ContactRow {
    /// Reads the columns of [`super::table::ContactTable::select`]; `None` where a row has no id.
    pub(super) fn of(dialect: Dialect, row: TextRow) -> Option<Self> {
        let mut values = row.into_iter();
        let mut next = || values.next().flatten();
        let id = next()?;
        let name = next();
        let (email, language, active, version, kind) = (next(), next(), next(), next(), next());
        let version = match (dialect, version) {
            (_, None) => PasswordVersion::new(NO_PASSWORD),
            (Dialect::Sqlite, Some(stored)) => fingerprint(&stored),
            (Dialect::Postgres | Dialect::MySql, Some(fingerprint)) => PasswordVersion::new(fingerprint),
        };
        Some(Self {
            name: name
                .map(|name| name.trim().to_owned())
                .filter(|name| !name.is_empty())
                .unwrap_or_else(|| id.clone()),
            id,
            email,
            // Many an application writes `de_DE`.
            language: language
                .map(|language| language.trim().replace('_', "-"))
                .filter(|text| !text.is_empty()),
            is_active: active.as_deref() == Some("yes"),
            version,
            kind: kind.unwrap_or_default(),
        })
    }

    /// Offers it to a search.
    pub(super) fn offer_to(&self, best: &mut BestMatches, typed: &TypedText<'_>) {
        best.offer(typed, SearchedFields { id: &self.id, name: &self.name, email: self.email.as_deref() });
    }

    pub(super) fn into_contact(self, hasher: &PasswordHasher) -> Result<Contact, DirectoryError> {
        let obstacle = (!hasher.may_replace(Some(&self.kind))).then_some(Obstacle::OtherHash);
        Ok(Contact {
            id: contact_id(&self.id)?,
            name: self.name,
            primary_email: self.email,
            language: self.language,
            password_version: self.version,
            obstacle,
            server: None,
        })
    }
}

/// A table of another application may hold ids that a link cannot carry.
pub(super) fn contact_id(id: &str) -> Result<ContactId, DirectoryError> {
    ContactId::new(id).map_err(|error| {
        DirectoryError::Unusable(format!(
            "a contact has an id that cannot be one ({error}). To mend: map `id` to another column, whose values are short and in no doubt"
        ))
    })
}

/// The mark of a stored hash, as PostgreSQL and MySQL compute it themselves.
pub(super) fn fingerprint(stored: &str) -> PasswordVersion {
    let digest = Sha256::digest(stored);
    PasswordVersion::new(digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}
