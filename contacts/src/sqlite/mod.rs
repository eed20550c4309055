//! The embedded contact directory: one SQLite file, shared by any number of processes of this machine.
//!
//! Its table `contacts` is a documented contract, because the organisation's own sign-in reads it (`CONTRACT.md`):
//!
//! | column | | meaning |
//! | --- | --- | --- |
//! | `id` | text, primary key | 1 to 64 bytes after JSON escaping, no control characters |
//! | `name` | text, not empty | what the person is called |
//! | `email` | text or null | the primary e-mail as it was given, perhaps `n/a` |
//! | `language` | text or null | BCP 47 |
//! | `password_hash` | text or null | Argon2id in PHC string form, of the password in NFKC; null: no password yet |
//! | `active` | 0 or 1 | an inactive contact gets no links; their e-mail still counts as taken |
//!
//! Other programs may change any of these at any time; it is seen at once. The further columns belong to reset-link.

mod error;
mod look;
mod lookup;
mod operate;
mod schema;
mod search;
mod search_keys;
mod staging;
#[cfg(test)]
mod tests;
mod writer;

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection, SqlitePool};
use tokio::sync::Mutex;

pub use error::OpenError;

use crate::DirectoryError;
use crate::argon2id::Argon2id;
use schema::Holds;

/// How long a statement waits for another process that is writing.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Each is a thread. One writes at a time, whatever the number; the others read meanwhile.
const CONNECTIONS: u32 = 4;
/// How often a process tries while others open the same new file: switching to the write-ahead log does not wait by itself.
const OPEN_ATTEMPTS: u32 = 40;

/// The embedded contact directory. Cheap to clone: clones share connections and hashing slots.
#[derive(Clone)]
pub struct SqliteContacts {
    pool: SqlitePool,
    file: Arc<OpenFile>,
    argon2id: Argon2id,
    /// Absent where nothing may be written.
    mending: Option<Arc<Mutex<()>>>,
}

/// Which file was opened, so that one put in its place meanwhile is noticed.
struct OpenFile {
    path: PathBuf,
    identity: (u64, u64),
}

impl SqliteContacts {
    /// Opens the directory in this file; creates it (mode 0600), its table and its folder (mode 0700) where they are missing.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        let path = path.as_ref();
        create_file(path).map_err(|source| OpenError::File { path: path.to_owned(), source })?;
        Self::open_within(path, true, BUSY_TIMEOUT).await
    }

    /// Opens the directory in this file; for commands that must not create one.
    ///
    /// # Errors
    /// [`OpenError::Missing`] where there is none, or see [`OpenError`].
    pub async fn open_existing(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        Self::open_within(path.as_ref(), false, BUSY_TIMEOUT).await
    }

    async fn open_within(path: &Path, create: bool, busy_timeout: Duration) -> Result<Self, OpenError> {
        let identity = existing(path)?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .busy_timeout(busy_timeout)
            .foreign_keys(true)
            .disable_statement_logging();

        let mut attempts = 0;
        let pool = loop {
            match connect(&options, create).await {
                Ok(Ok(pool)) => break pool,
                Ok(Err(holds)) => return Err(not_ours(path, &holds)),
                Err(error) if try_again(&error, &mut attempts).await => {}
                Err(error) => {
                    let reason = error::describe(&error);
                    return Err(OpenError::Database { path: path.to_owned(), reason });
                }
            }
        };
        warn_if_public(path);
        search_keys::mend_all(&pool).await;
        let file = Arc::new(OpenFile { path: path.to_owned(), identity });
        Ok(Self { pool, file, argon2id: Argon2id::per_core(), mending: Some(Arc::default()) })
    }

    /// The database file.
    pub fn path(&self) -> &Path {
        &self.file.path
    }

    /// Closes all connections, once what is under way has ended.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// Lets the search columns of rows that another program wrote be computed, without a lookup having to wait for a writer.
    fn mend_soon(&self, some_are_stale: bool) {
        let Some(mending) = self.mending.as_ref().filter(|_| some_are_stale) else { return };
        let pool = self.pool.clone();
        if let Ok(alone) = Arc::clone(mending).try_lock_owned() {
            tokio::spawn(async move {
                search_keys::mend_all(&pool).await;
                drop(alone);
            });
        }
    }

    /// A file that was replaced under us (a backup put in its place) would take our writes and show them to nobody.
    async fn check_in_place(&self) -> Result<(), DirectoryError> {
        let found = tokio::fs::metadata(&self.file.path).await.map(|found| (found.dev(), found.ino()));
        let reason = match found {
            Ok(found) if found == self.file.identity => return Ok(()),
            Ok(_) => {
                "another file was put in its place while it was in use; restart to use that one".to_owned()
            }
            Err(error) => error.to_string(),
        };
        Err(DirectoryError::Unreachable(format!("{}: {reason}", self.file.path.display())))
    }

    #[expect(clippy::needless_pass_by_value, reason = "the form that map_err takes")]
    fn unreachable(&self, error: sqlx::Error) -> DirectoryError {
        error::unreachable(&self.file.path, &error)
    }

    #[expect(clippy::needless_pass_by_value, reason = "the form that map_err takes")]
    fn write_failed(&self, error: sqlx::Error) -> DirectoryError {
        error::write_failed(&self.file.path, &error)
    }
}

/// Opens a file that holds contacts, or what else it holds.
async fn connect(options: &SqliteConnectOptions, create: bool) -> sqlx::Result<Result<SqlitePool, Holds>> {
    // Before anything is written, the write-ahead log included: is it ours?
    let mut connection = SqliteConnection::connect_with(options).await?;
    let holds = schema::inspect(&mut connection).await?;
    connection.close().await?;
    match holds {
        Holds::Contacts => {}
        Holds::Nothing if create => {}
        other => return Ok(Err(other)),
    }

    let options = options.clone().journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Full);
    let pool = SqlitePoolOptions::new().max_connections(CONNECTIONS).connect_with(options).await?;
    let mut connection = pool.acquire().await?;
    if holds == Holds::Nothing {
        schema::create(&mut connection).await?;
    }
    schema::adopt_rules(&mut connection, &search_keys::rules()).await?;
    drop(connection);
    Ok(Ok(pool))
}

fn not_ours(path: &Path, holds: &Holds) -> OpenError {
    let path = path.to_owned();
    match holds {
        Holds::NewerContacts(found) => {
            OpenError::Newer { path, found: *found, known: schema::SCHEMA_VERSION }
        }
        Holds::SomethingElse => OpenError::Foreign(path),
        Holds::Nothing | Holds::Contacts => OpenError::Missing(path),
    }
}

/// Whether an attempt to open should be repeated, after a pause: other processes are opening or creating the same file.
async fn try_again(error: &sqlx::Error, attempts: &mut u32) -> bool {
    *attempts += 1;
    let again = error::primary_code(error) == Some(error::BUSY) && *attempts < OPEN_ATTEMPTS;
    if again {
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    again
}

fn create_file(path: &Path) -> io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    match fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// Which file it is, if it is there.
fn existing(path: &Path) -> Result<(u64, u64), OpenError> {
    match fs::metadata(path) {
        Ok(found) => Ok((found.dev(), found.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(OpenError::Missing(path.to_owned())),
        Err(source) => Err(OpenError::File { path: path.to_owned(), source }),
    }
}

/// A group may be let in on purpose (the organisation's sign-in); everybody, hardly.
fn warn_if_public(path: &Path) {
    if fs::metadata(path).is_ok_and(|found| found.mode() & 0o007 != 0) {
        let path = path.display();
        tracing::warn!(%path, "everybody on this machine can open the contact directory and its password hashes; `chmod o= FILE` mends it");
    }
}
