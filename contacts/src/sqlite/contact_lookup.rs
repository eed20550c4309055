//! Finding contacts, by connections that cannot write.

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use keys::text::{self, folded, hides_something};
use keys::{ContactId, NormalisedEmail};

use super::DirectoryFile;
use super::index::IndexKeeper;
use super::opening::{self, BUSY_TIMEOUT, MayWrite};
use crate::OpenError;
use crate::typed_id::{Meant, meant};
use crate::{Contact, ContactHit, ContactLookup, DirectoryError, EmailSharing, Found};

/// Who has an id that folds to this. One statement, one state of the table: the rows with search columns, and beside them the rows that another program wrote.
pub(super) const ALIKE: &str = "\
    SELECT id, active, stale FROM contacts WHERE id_folded = ?1 AND stale = 0
    UNION ALL
    SELECT id, active, stale FROM contacts WHERE stale = 1";

/// Who has this e-mail, and the rows that another program wrote.
pub(super) const WITH_EMAIL: &str = "\
    SELECT id, email, stale FROM contacts WHERE email_normalised = ?1 AND stale = 0
    UNION ALL
    SELECT id, email, stale FROM contacts WHERE stale = 1";

/// The embedded directory for whoever finds contacts. Its connections are read-only; one beside them writes what contacts are found by, and can write
/// nothing else. Cheap to clone: clones share connections.
#[derive(Clone)]
pub struct SqliteContactLookup {
    pub(super) file: DirectoryFile,
    /// Absent where nothing may be written.
    pub(super) index: Option<IndexKeeper>,
}

impl SqliteContactLookup {
    /// Opens the directory in this file, which must be there. Contacts that are not indexed yet are indexed meanwhile, and found meanwhile too.
    ///
    /// # Errors
    /// [`OpenError::Missing`] where there is none, or see [`OpenError`].
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        Self::open_within(path.as_ref(), BUSY_TIMEOUT).await
    }

    async fn open_within(path: &Path, busy_timeout: Duration) -> Result<Self, OpenError> {
        let writing = opening::open(path, false, MayWrite::Index, busy_timeout).await?;
        let file = opening::open_read_only(&writing, busy_timeout).await?;
        let index = IndexKeeper::new(writing.pool);
        index.begin().await;
        Ok(Self { file, index: Some(index) })
    }

    /// Opens the directory in this file for looking alone: nothing is written and no file is made, not even those that SQLite keeps beside it, whoever
    /// else has it open. What it cannot do is search.
    ///
    /// # Errors
    /// [`OpenError::Missing`] where there is none, or see [`OpenError`].
    pub async fn look_into(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        Ok(Self { file: opening::look_into(path.as_ref()).await?, index: None })
    }

    /// The database file.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// How many contacts there are, active or not.
    ///
    /// # Errors
    /// Where the directory cannot be asked.
    pub async fn count(&self) -> Result<u64, DirectoryError> {
        self.file.count().await
    }

    /// How many ids hold a character that nobody sees, and the first of them, at most `limit`.
    ///
    /// # Errors
    /// Where the directory cannot be asked.
    pub async fn ids_that_hide(&self, limit: usize) -> Result<(u64, Vec<String>), DirectoryError> {
        self.file.ids_that_hide(limit).await
    }

    /// Lets what another program wrote be indexed, without a look-up having to wait for a writer.
    pub(super) fn index_soon(&self, some_are_not_indexed: bool) {
        if let Some(index) = self.index.as_ref().filter(|_| some_are_not_indexed) {
            index.catch_up_soon();
        }
    }

    /// The ids that a person takes for this one, in their order, each with whether its contact is active.
    async fn alike(&self, typed: &str) -> Result<Vec<(String, bool)>, DirectoryError> {
        let folded = folded(typed);
        if folded.is_empty() {
            return Ok(Vec::new());
        }
        let candidates: Vec<(String, bool, bool)> = sqlx::query_as(ALIKE)
            .bind(&folded)
            .fetch_all(&self.file.pool)
            .await
            .map_err(|error| self.file.unreachable(error))?;

        self.index_soon(candidates.iter().any(|(_, _, stale)| *stale));
        let alike = candidates.into_iter().filter(|(id, ..)| text::folded(id) == folded);
        let mut alike: Vec<(String, bool)> = alike.map(|(id, active, _)| (id, active)).collect();
        alike.sort();
        Ok(alike)
    }

    /// The ids of whoever has this e-mail, active or not, in their order.
    async fn ids_with_email(&self, email: &NormalisedEmail) -> Result<Vec<String>, DirectoryError> {
        self.file.check_in_place().await?;
        let candidates: Vec<(String, Option<String>, bool)> = sqlx::query_as(WITH_EMAIL)
            .bind(email.expose())
            .fetch_all(&self.file.pool)
            .await
            .map_err(|error| self.file.unreachable(error))?;

        self.index_soon(candidates.iter().any(|(_, _, stale)| *stale));
        let has_it =
            |held: Option<String>| held.as_deref().and_then(NormalisedEmail::new).as_ref() == Some(email);
        let mut ids: Vec<String> =
            candidates.into_iter().filter_map(|(id, held, _)| has_it(held).then_some(id)).collect();
        ids.sort();
        Ok(ids)
    }
}

#[async_trait]
impl ContactLookup for SqliteContactLookup {
    async fn find(&self, typed: &str) -> Result<Found, DirectoryError> {
        self.file.check_in_place().await?;
        let exact = self.file.row(typed).await?;
        if let Some(row) = exact.filter(|_| !hides_something(typed)) {
            // An exact id names one contact: where that one is inactive, a look-alike would be somebody else.
            return if row.active { Ok(Found::One(self.file.contact(row)?)) } else { Ok(Found::Nobody) };
        }
        match meant(typed, self.alike(typed).await?, |(id, _)| id == typed, |(_, active)| *active) {
            Meant::Nobody => Ok(Found::Nobody),
            Meant::One((id, _)) => match self.file.row(&id).await? {
                Some(row) if row.active => Ok(Found::One(self.file.contact(row)?)),
                _ => Ok(Found::Nobody),
            },
            Meant::Several(alike) => alike
                .into_iter()
                .map(|(id, _)| self.file.id(id))
                .collect::<Result<_, _>>()
                .map(Found::Several),
        }
    }

    async fn find_exact(&self, id: &ContactId) -> Result<Option<Contact>, DirectoryError> {
        self.file.active(id).await
    }

    async fn called(&self, typed: &str) -> Result<Vec<ContactId>, DirectoryError> {
        self.file.check_in_place().await?;
        self.alike(typed).await?.into_iter().map(|(id, _)| self.file.id(id)).collect()
    }

    async fn others_with_email(
        &self,
        email: &NormalisedEmail,
        except: &ContactId,
    ) -> Result<EmailSharing, DirectoryError> {
        let held = self.ids_with_email(email).await?;
        let others = held.into_iter().filter(|id| id != except.as_str()).map(|id| self.file.id(id));
        others.collect::<Result<_, _>>().map(EmailSharing::With)
    }

    async fn with_email(
        &self,
        email: &NormalisedEmail,
        limit: usize,
    ) -> Result<Vec<Contact>, DirectoryError> {
        let mut contacts = Vec::new();
        for id in self.ids_with_email(email).await? {
            if contacts.len() == limit {
                break;
            }
            contacts.extend(self.file.active(&self.file.id(id)?).await?);
        }
        Ok(contacts)
    }

    async fn search(&self, typed: &str, limit: usize) -> Result<Vec<ContactHit>, DirectoryError> {
        self.best_hits(typed, limit).await
    }

    async fn close(&self) {
        self.file.pool.close().await;
        // The last connection puts the write-ahead log away, which one that cannot write cannot do.
        if let Some(index) = &self.index {
            index.close().await;
        }
    }
}
