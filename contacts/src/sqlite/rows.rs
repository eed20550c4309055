//! Rows of the table `contacts`, as every role reads them.

use futures_util::TryStreamExt;
use keys::ContactId;
use keys::text::hides_something;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{FromRow, Row as _};

use super::DirectoryFile;
use crate::hash::embedded::password_version;
use crate::{Contact, DirectoryError};

/// A contact as the table holds it.
pub(super) struct ContactRow {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) email: Option<String>,
    pub(super) language: Option<String>,
    pub(super) password_hash: Option<String>,
    pub(super) active: bool,
}

impl FromRow<'_, SqliteRow> for ContactRow {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        Ok(Self {
            id: row.try_get("id")?,
            name: row.try_get("name")?,
            email: row.try_get("email")?,
            language: row.try_get("language")?,
            password_hash: row.try_get("password_hash")?,
            active: row.try_get("active")?,
        })
    }
}

/// The row of an id.
pub(super) const ROW: &str =
    "SELECT id, name, email, language, password_hash, active FROM contacts WHERE id = ?1";

impl DirectoryFile {
    /// The active contact of exactly this id.
    pub(super) async fn active(&self, id: &ContactId) -> Result<Option<Contact>, DirectoryError> {
        self.check_in_place().await?;
        match self.row(id.as_str()).await? {
            Some(row) if row.active => self.contact(row).map(Some),
            _ => Ok(None),
        }
    }

    /// The row of exactly this id, active or not.
    pub(super) async fn row(&self, id: &str) -> Result<Option<ContactRow>, DirectoryError> {
        sqlx::query_as(ROW).bind(id).fetch_optional(&self.pool).await.map_err(|error| self.unreachable(error))
    }

    pub(super) fn contact(&self, row: ContactRow) -> Result<Contact, DirectoryError> {
        Ok(Contact {
            id: self.id(row.id)?,
            name: row.name,
            primary_email: row.email,
            language: row.language,
            password_version: password_version(row.password_hash.as_deref()),
            obstacle: None,
            server: None,
        })
    }

    /// The table's own checks hold this; a program that switches them off is told of, not believed.
    pub(super) fn id(&self, id: String) -> Result<ContactId, DirectoryError> {
        ContactId::new(id).map_err(|error| {
            let path = self.path().display();
            DirectoryError::Unusable(format!("{path}: a contact has an id that cannot be one ({error})"))
        })
    }

    pub(super) async fn count(&self) -> Result<u64, DirectoryError> {
        let mut connection = self.pool.acquire().await.map_err(|error| self.unreachable(error))?;
        count(&mut connection).await.map_err(|error| self.unreachable(error))
    }

    /// How many ids hold a character that nobody sees, and the first of them, at most `limit`.
    pub(super) async fn ids_that_hide(&self, limit: usize) -> Result<(u64, Vec<String>), DirectoryError> {
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
}

pub(super) async fn count(connection: &mut SqliteConnection) -> sqlx::Result<u64> {
    let (count,): (i64,) = sqlx::query_as("SELECT count(*) FROM contacts").fetch_one(connection).await?;
    Ok(count.unsigned_abs())
}
