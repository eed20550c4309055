use async_trait::async_trait;
use keys::{ContactId, PasswordVersion};
use zeroize::Zeroizing;

use super::SqliteContacts;
use crate::argon2id::{self, HashError, password_version};
use crate::{Contact, DirectoryError, PasswordCheck, PasswordWriter, PreparedPassword, SetPassword};

#[async_trait]
impl PasswordWriter for SqliteContacts {
    async fn read(&self, id: &ContactId) -> Result<Option<Contact>, DirectoryError> {
        self.check_in_place().await?;
        match self.row(id.as_str()).await? {
            Some(row) if row.active => self.contact(row).map(Some),
            _ => Ok(None),
        }
    }

    fn is_conditional(&self) -> bool {
        true
    }

    fn normalised(&self, password: &str) -> Zeroizing<String> {
        argon2id::normalised(password)
    }

    fn max_password_bytes(&self) -> Option<usize> {
        None
    }

    async fn prepare(&self, password: Zeroizing<String>) -> Result<PreparedPassword, DirectoryError> {
        let value = self.argon2id.hash(password).await.map_err(not_hashed)?;
        let intended_version = Some(password_version(Some(&value)));
        Ok(PreparedPassword { value, intended_version })
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
        self.check_in_place().await?;
        let mut connection = self.pool.acquire().await.map_err(|error| self.unreachable(error))?;
        let found: Option<(Option<String>,)> =
            sqlx::query_as("SELECT password_hash FROM contacts WHERE id = ?1 AND active = 1")
                .bind(id.as_str())
                .fetch_optional(&mut *connection)
                .await
                .map_err(|error| self.unreachable(error))?;
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
        .map_err(|error| self.write_failed(error))?;
        Ok(if written.rows_affected() == 1 { SetPassword::Set } else { SetPassword::VersionChanged })
    }
}

impl SqliteContacts {
    /// Whether this is the contact's password, active or not: an operator's question, so it takes no pains to hide who exists.
    ///
    /// # Errors
    /// Where the directory cannot be asked.
    pub async fn check_password(
        &self,
        id: &ContactId,
        password: Zeroizing<String>,
    ) -> Result<PasswordCheck, DirectoryError> {
        self.check_in_place().await?;
        let Some(row) = self.row(id.as_str()).await? else { return Ok(PasswordCheck::NoSuchContact) };
        let Some(stored) = row.password_hash else { return Ok(PasswordCheck::NoPassword) };
        match self.argon2id.matches(password, stored).await {
            Ok(true) => Ok(PasswordCheck::Matches),
            Ok(false) => Ok(PasswordCheck::Differs),
            Err(HashError::UnknownHash) => Ok(PasswordCheck::UnknownHash),
            Err(error) => Err(not_hashed(error)),
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the form that map_err takes")]
fn not_hashed(error: HashError) -> DirectoryError {
    DirectoryError::Unreachable(error.to_string())
}
