//! Opening for looking alone.

use std::path::Path;
use std::sync::Arc;

use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

use super::schema::{self, Holds};
use super::{BUSY_TIMEOUT, OpenFile, SqliteContacts, error, existing, not_ours};
use crate::OpenError;
use crate::argon2id::Argon2id;

impl SqliteContacts {
    /// Opens the directory in this file for looking alone: nothing is written and no file is made, not even those that SQLite keeps beside it, whoever
    /// else has it open.
    ///
    /// # Errors
    /// As [`SqliteContacts::open_existing`].
    pub async fn look_into(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        let path = path.as_ref();
        let identity = existing(path)?;
        match connect(path).await {
            Ok((pool, Holds::Contacts)) => Ok(Self {
                pool,
                file: Arc::new(OpenFile { path: path.to_owned(), identity }),
                argon2id: Argon2id::per_core(),
                mending: None,
            }),
            Ok((_, other)) => Err(not_ours(path, &other)),
            Err(error) => Err(OpenError::Database { path: path.to_owned(), reason: error::describe(&error) }),
        }
    }
}

async fn connect(path: &Path) -> sqlx::Result<(SqlitePool, Holds)> {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let options = SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(BUSY_TIMEOUT)
        .read_only(true)
        // Where there is no write-ahead log nobody has the file open, and looking would otherwise begin one. Where there is one, it is read as well.
        .immutable(!Path::new(&log).exists());
    let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
    let holds = schema::inspect(&mut *pool.acquire().await?).await?;
    Ok((pool, holds))
}
