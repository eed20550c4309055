//! Reading contacts afresh and setting passwords, by connections that can write nothing else.

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use keys::{ContactId, PasswordVersion};
use zeroize::Zeroizing;

use super::DirectoryFile;
use super::opening::{self, BUSY_TIMEOUT, MayWrite};
use crate::OpenError;
use crate::hash::HashError;
use crate::hash::embedded::{EmbeddedHasher, normalised, password_version};
use crate::{Contact, DirectoryError, NotPrepared, PasswordWriter, PreparedPassword, SetPassword};

/// The embedded directory for whoever sets passwords. Cheap to clone: clones share connections and hashing slots.
#[derive(Clone)]
pub struct SqlitePasswordWriter {
    pub(super) file: DirectoryFile,
    pub(super) hasher: EmbeddedHasher,
}

impl SqlitePasswordWriter {
    /// Opens the directory in this file, which must be there.
    ///
    /// # Errors
    /// [`OpenError::Missing`] where there is none, or see [`OpenError`].
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        Self::open_within(path.as_ref(), BUSY_TIMEOUT).await
    }

    pub(super) async fn open_within(path: &Path, busy_timeout: Duration) -> Result<Self, OpenError> {
        let file = opening::open(path, false, MayWrite::Passwords, busy_timeout).await?;
        Ok(Self { file, hasher: EmbeddedHasher::new() })
    }
}

#[async_trait]
impl PasswordWriter for SqlitePasswordWriter {
    async fn read(&self, id: &ContactId) -> Result<Option<Contact>, DirectoryError> {
        self.file.active(id).await
    }

    fn is_conditional(&self) -> bool {
        true
    }

    fn normalised(&self, password: &str) -> Zeroizing<String> {
        normalised(password)
    }

    fn max_password_bytes(&self) -> Option<usize> {
        None
    }

    async fn prepare(&self, password: Zeroizing<String>) -> Result<PreparedPassword, NotPrepared> {
        let value = self.hasher.hash(password).await.map_err(not_hashed)?;
        let intended_version = Some(password_version(Some(&value)));
        Ok(PreparedPassword::new(value, intended_version))
    }

    async fn set(
        &self,
        id: &ContactId,
        expected: &PasswordVersion,
        password: PreparedPassword,
    ) -> Result<SetPassword, DirectoryError> {
        let version = password_version(Some(&password.value));
        if password.intended_version.as_ref() != Some(&version) {
            // Whatever it is, it is not a hash of ours: a password as it was typed must never land in the table.
            return Err(DirectoryError::Unreachable(
                "this password was not prepared by this directory".into(),
            ));
        }
        self.file.check_in_place().await?;
        let mut connection = self.file.pool.acquire().await.map_err(|error| self.file.unreachable(error))?;
        let found: Option<(Option<String>,)> =
            sqlx::query_as("SELECT password_hash FROM contacts WHERE id = ?1 AND active = 1")
                .bind(id.as_str())
                .fetch_optional(&mut *connection)
                .await
                .map_err(|error| self.file.unreachable(error))?;
        let Some((old,)) = found else { return Ok(SetPassword::VersionChanged) };
        if password_version(old.as_deref()) != *expected {
            return Ok(SetPassword::VersionChanged);
        }

        // This statement decides: of any number of writers that have read the same hash, one finds it still there.
        let written = sqlx::query(
            "UPDATE contacts SET password_hash = ?1 WHERE id = ?2 AND active = 1 AND password_hash IS ?3",
        )
        .bind(password.value.as_str())
        .bind(id.as_str())
        .bind(old)
        .execute(&mut *connection)
        .await
        .map_err(|error| self.file.write_failed(error))?;
        Ok(if written.rows_affected() == 1 { SetPassword::Set } else { SetPassword::VersionChanged })
    }

    async fn close(&self) {
        self.file.pool.close().await;
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the form that map_err takes")]
pub(super) fn not_hashed(error: HashError) -> DirectoryError {
    DirectoryError::Unreachable(error.to_string())
}
