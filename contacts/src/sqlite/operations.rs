//! What operators do with the directory: list, show, add, change.

use std::path::Path;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use keys::text::folded;
use keys::{ContactId, NormalisedEmail};
use sqlx::sqlite::{Sqlite, SqliteConnection};
use sqlx::{QueryBuilder, SqlitePool, Transaction};

use super::lookup_keys::{ROWS_PER_STATEMENT, mend_some, normalised_email};
use super::opening::{self, BUSY_TIMEOUT, MayWrite};
use super::rows::{self, ContactRow};
use super::{DirectoryFile, error, index};
use crate::OpenError;
use crate::duplicates::Grouped;
use crate::{ContactEntry, ContactRecord, DirectoryError, SharedEmail};

/// The contacts behind an id, in the order of their ids.
pub(super) const PAGE: &str = "SELECT id, name, email, language, password_hash, active FROM contacts WHERE id > ?1 ORDER BY id LIMIT ?2";

/// Whoever shares an e-mail, those of one e-mail side by side.
const SHARED_EMAILS: &str = "SELECT email, id, active FROM contacts WHERE email_normalised IN \
    (SELECT email_normalised FROM contacts WHERE email_normalised IS NOT NULL GROUP BY email_normalised HAVING count(*) > 1) \
    ORDER BY email_normalised, id";

/// The embedded directory for its operator's commands. Cheap to clone: clones share connections.
#[derive(Clone)]
pub struct SqliteOperations {
    pub(super) file: DirectoryFile,
}

impl SqliteOperations {
    /// Opens the directory in this file; creates it (mode 0600), its table and its folder (mode 0700) where they are missing.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub async fn create(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        let path = path.as_ref();
        opening::create_file(path)?;
        Self::open_within(path, true, BUSY_TIMEOUT).await
    }

    /// Opens the directory in this file, which must be there.
    ///
    /// # Errors
    /// [`OpenError::Missing`] where there is none, or see [`OpenError`].
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        Self::open_within(path.as_ref(), false, BUSY_TIMEOUT).await
    }

    pub(super) async fn open_within(
        path: &Path,
        create: bool,
        busy_timeout: Duration,
    ) -> Result<Self, OpenError> {
        let file = opening::open(path, create, MayWrite::Contacts, busy_timeout).await?;
        Ok(Self { file })
    }

    /// The database file.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// Closes all connections, once what is under way has ended.
    pub async fn close(&self) {
        self.file.pool.close().await;
    }

    /// The contacts behind `after` (or from the first), in the order of their ids' bytes, at most `limit` of them.
    /// Call it again with the last id for the next ones; fewer than `limit` means that there are no more.
    ///
    /// # Errors
    /// Where the directory cannot be asked.
    pub async fn list(
        &self,
        after: Option<&ContactId>,
        limit: u32,
    ) -> Result<Vec<ContactRecord>, DirectoryError> {
        let found: Vec<ContactRow> = sqlx::query_as(PAGE)
            // No id is empty, so every id comes after the empty text.
            .bind(after.map_or("", ContactId::as_str))
            .bind(limit)
            .fetch_all(&self.file.pool)
            .await
            .map_err(|error| self.file.unreachable(error))?;
        found.into_iter().map(|row| self.record(row)).collect()
    }

    /// The contact of exactly this id, active or not.
    ///
    /// # Errors
    /// Where the directory cannot be asked.
    pub async fn show(&self, id: &ContactId) -> Result<Option<ContactRecord>, DirectoryError> {
        self.file.row(id.as_str()).await?.map(|row| self.record(row)).transpose()
    }

    /// How many contacts there are, active or not.
    ///
    /// # Errors
    /// Where the directory cannot be asked.
    pub async fn count(&self) -> Result<u64, DirectoryError> {
        self.file.count().await
    }

    /// Hands over every e-mail that several contacts have, each with all who have it, and says how many e-mails that are.
    ///
    /// # Errors
    /// Where the directory cannot be asked.
    pub async fn shared_emails(
        &self,
        each: &mut (dyn FnMut(SharedEmail) + Send),
    ) -> Result<u64, DirectoryError> {
        let unreachable = |error| self.file.unreachable(error);
        let mut connection = self.file.pool.acquire().await.map_err(unreachable)?;
        while mend_some(&mut connection).await.map_err(unreachable)? {}
        let mut groups = Grouped::new(each);
        let mut rows = sqlx::query_as::<_, (String, String, bool)>(SHARED_EMAILS).fetch(&mut *connection);
        while let Some((email, id, is_active)) = rows.try_next().await.map_err(unreachable)? {
            if let Some(email) = NormalisedEmail::new(&email) {
                groups.add(&email, id, is_active);
            }
        }
        Ok(groups.end())
    }

    /// Adds these contacts, or changes those that are there already; all or nothing. Passwords stay as they are.
    ///
    /// # Errors
    /// [`DirectoryError::Unreachable`] where nothing was changed, [`DirectoryError::OutcomeUnknown`] where that cannot be said.
    pub async fn put(&self, contacts: &[ContactEntry]) -> Result<(), DirectoryError> {
        let mut writing = self.begin_writing().await?;
        self.write(&mut writing, contacts).await?;
        self.commit(writing).await?;
        self.index(|_| {}).await;
        Ok(())
    }

    /// Adds these contacts where the directory is empty; says whether it was.
    pub(crate) async fn put_into_empty(&self, contacts: &[ContactEntry]) -> Result<bool, DirectoryError> {
        let mut writing = self.begin_writing().await?;
        if rows::count(&mut writing).await.map_err(|error| self.file.unreachable(error))? > 0 {
            return Ok(false);
        }
        self.write(&mut writing, contacts).await?;
        self.commit(writing).await?;
        self.index(|_| {}).await;
        Ok(true)
    }

    /// Indexes what was written. A failure costs time, never a right answer: what is not indexed is read as it stands.
    pub(crate) async fn index(&self, on_progress: impl FnMut(u64)) {
        let indexed = async { index::index_all(&mut *self.file.pool.acquire().await?, on_progress).await };
        if let Err(error) = indexed.await {
            let error = error::describe(&error);
            tracing::warn!(error, "contacts could not be indexed; searching is slower until they can");
        }
    }

    /// From here to the commit nobody else writes.
    async fn begin_writing(&self) -> Result<Transaction<'static, Sqlite>, DirectoryError> {
        self.file.check_in_place().await?;
        SqlitePool::begin_with(&self.file.pool, "BEGIN IMMEDIATE")
            .await
            .map_err(|error| self.file.unreachable(error))
    }

    /// Within a transaction, so an error has changed nothing.
    async fn write(
        &self,
        connection: &mut SqliteConnection,
        contacts: &[ContactEntry],
    ) -> Result<(), DirectoryError> {
        for contacts in contacts.chunks(ROWS_PER_STATEMENT) {
            let mut insert = QueryBuilder::<Sqlite>::new(
                "INSERT INTO contacts (id, name, email, language, active, id_folded, id_folded_of, email_normalised, email_normalised_of) ",
            );
            insert.push_values(contacts, |mut row, contact| {
                let (id, email) = (contact.id.as_str(), contact.expose_email());
                row.push_bind(id)
                    .push_bind(&contact.name)
                    .push_bind(email)
                    .push_bind(&contact.language)
                    .push_bind(contact.active);
                row.push_bind(folded(id)).push_bind(id).push_bind(normalised_email(email)).push_bind(email);
            });
            insert.push(
                " ON CONFLICT (id) DO UPDATE SET name = excluded.name, email = excluded.email, language = excluded.language,
                  active = excluded.active, id_folded = excluded.id_folded, id_folded_of = excluded.id_folded_of,
                  email_normalised = excluded.email_normalised, email_normalised_of = excluded.email_normalised_of",
            );
            insert.build().execute(&mut *connection).await.map_err(|error| self.file.unreachable(error))?;
        }
        Ok(())
    }

    async fn commit(&self, writing: Transaction<'static, Sqlite>) -> Result<(), DirectoryError> {
        writing.commit().await.map_err(|error| self.file.write_failed(error))
    }

    fn record(&self, row: ContactRow) -> Result<ContactRecord, DirectoryError> {
        let mut entry = ContactEntry::new(self.file.id(row.id)?, row.name);
        if let Some(email) = row.email {
            entry = entry.with_email(email);
        }
        entry.language = row.language;
        entry.active = row.active;
        Ok(ContactRecord { entry, has_password: row.password_hash.is_some() })
    }
}
