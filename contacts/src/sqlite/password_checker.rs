//! Checking a present password by the stored hash.

use async_trait::async_trait;
use keys::ContactId;
use zeroize::Zeroizing;

use super::SqlitePasswordWriter;
use super::password_writer::not_hashed;
use crate::hash::HashError;
use crate::hash::embedded::password_version;
use crate::{DirectoryError, PasswordCheck, PasswordChecker};

#[async_trait]
impl PasswordChecker for SqlitePasswordWriter {
    async fn check(
        &self,
        id: &ContactId,
        password: Zeroizing<String>,
    ) -> Result<PasswordCheck, DirectoryError> {
        self.file.check_in_place().await?;
        let row = self.file.row(id.as_str()).await?;
        let (stored, without) = match row {
            None => (None, PasswordCheck::NoSuchContact),
            Some(row) if !row.active => (None, PasswordCheck::Disabled),
            Some(row) => (row.password_hash, PasswordCheck::NoPassword),
        };
        let version = password_version(stored.as_deref());
        match self.hasher.check(password, stored).await {
            Ok(Some(true)) => Ok(PasswordCheck::Matches { version }),
            Ok(Some(false)) => Ok(PasswordCheck::Differs),
            Ok(None) => Ok(without),
            Err(HashError::UnknownHash) => Ok(PasswordCheck::UnknownHash),
            Err(error) => Err(not_hashed(error)),
        }
    }

    async fn close(&self) {
        self.file.pool.close().await;
    }
}
