//! What operators do with the directory: list, show, add, change.

use futures_util::TryStreamExt;
use keys::ContactId;
use keys::text::{folded, hides_something};
use sqlx::sqlite::{Sqlite, SqliteConnection};
use sqlx::{QueryBuilder, SqlitePool, Transaction};

use super::SqliteContacts;
use super::lookup::Row;
use super::search_keys::{ROWS_PER_STATEMENT, normalised_email};
use crate::{ContactEntry, ContactRecord, DirectoryError};

impl SqliteContacts {
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
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT id, name, email, language, password_hash, active FROM contacts WHERE id > ?1 ORDER BY id LIMIT ?2",
        )
        // No id is empty, so every id comes after the empty text.
        .bind(after.map_or("", ContactId::as_str))
        .bind(limit)
        .fetch_all(&self.pool)
        .await
        .map_err(|error| self.unreachable(error))?;
        rows.into_iter().map(|row| self.record(row)).collect()
    }

    /// The contact of exactly this id, active or not.
    ///
    /// # Errors
    /// Where the directory cannot be asked.
    pub async fn show(&self, id: &ContactId) -> Result<Option<ContactRecord>, DirectoryError> {
        self.row(id.as_str()).await?.map(|row| self.record(row)).transpose()
    }

    /// How many contacts there are, active or not.
    ///
    /// # Errors
    /// Where the directory cannot be asked.
    pub async fn count(&self) -> Result<u64, DirectoryError> {
        let mut connection = self.pool.acquire().await.map_err(|error| self.unreachable(error))?;
        count(&mut connection).await.map_err(|error| self.unreachable(error))
    }

    /// How many ids hold a character that nobody sees, and the first of them, at most `limit`.
    ///
    /// # Errors
    /// Where the directory cannot be asked.
    pub async fn ids_that_hide(&self, limit: usize) -> Result<(u64, Vec<String>), DirectoryError> {
        // No invisible character is ASCII, and most ids are. (`length` ends at a NUL, which no id holds.)
        let mut ids =
            sqlx::query_as::<_, (String,)>("SELECT id FROM contacts WHERE length(id) < octet_length(id)")
                .fetch(&self.pool);
        let (mut count, mut first) = (0, Vec::new());
        while let Some((id,)) = ids.try_next().await.map_err(|error| self.unreachable(error))? {
            if hides_something(&id) {
                count += 1;
                if first.len() < limit {
                    first.push(id);
                }
            }
        }
        Ok((count, first))
    }

    /// Adds these contacts, or changes those that are there already; all or nothing. Passwords stay as they are.
    ///
    /// # Errors
    /// [`DirectoryError::Unreachable`] where nothing was changed, [`DirectoryError::OutcomeUnknown`] where that cannot be said.
    pub async fn put(&self, contacts: &[ContactEntry]) -> Result<(), DirectoryError> {
        let mut writing = self.begin_writing().await?;
        self.write(&mut writing, contacts).await?;
        self.commit(writing).await
    }

    /// The same, where the directory is empty; says whether it was.
    pub(crate) async fn put_into_empty(&self, contacts: &[ContactEntry]) -> Result<bool, DirectoryError> {
        let mut writing = self.begin_writing().await?;
        if count(&mut writing).await.map_err(|error| self.unreachable(error))? > 0 {
            return Ok(false);
        }
        self.write(&mut writing, contacts).await?;
        self.commit(writing).await?;
        Ok(true)
    }

    /// From here to the commit nobody else writes.
    async fn begin_writing(&self) -> Result<Transaction<'static, Sqlite>, DirectoryError> {
        self.check_in_place().await?;
        SqlitePool::begin_with(&self.pool, "BEGIN IMMEDIATE").await.map_err(|error| self.unreachable(error))
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
            insert.build().execute(&mut *connection).await.map_err(|error| self.unreachable(error))?;
        }
        Ok(())
    }

    async fn commit(&self, writing: Transaction<'static, Sqlite>) -> Result<(), DirectoryError> {
        writing.commit().await.map_err(|error| self.write_failed(error))
    }

    fn record(&self, row: Row) -> Result<ContactRecord, DirectoryError> {
        let mut entry = ContactEntry::new(self.id(row.id)?, row.name);
        if let Some(email) = row.email {
            entry = entry.with_email(email);
        }
        entry.language = row.language;
        entry.active = row.active;
        Ok(ContactRecord { entry, has_password: row.password_hash.is_some() })
    }
}

async fn count(connection: &mut SqliteConnection) -> sqlx::Result<u64> {
    let (count,): (i64,) = sqlx::query_as("SELECT count(*) FROM contacts").fetch_one(connection).await?;
    Ok(count.unsigned_abs())
}
