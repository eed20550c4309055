//! Opening the file for a role. Whoever looks for contacts reads by connections that cannot write at all, and keeps what contacts are found by with one
//! that can write nothing else; whoever sets passwords can write nothing but passwords; only the operator's commands write contacts.

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection, SqlitePool};

use super::schema::{self, Holds};
use super::{DirectoryFile, OpenedFile, error, index, lookup_keys};
use crate::OpenError;

/// How long a statement waits for another process that is writing.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Each is a thread. One writes at a time, whatever the number; the others read meanwhile.
const CONNECTIONS: u32 = 4;
/// How often a process tries while others open the same new file: switching to the write-ahead log does not wait by itself.
const OPEN_ATTEMPTS: u32 = 40;

/// What the connections of a role can write. SQLite refuses the rest, by triggers that each of these connections has for itself alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MayWrite {
    /// Contacts: the operator's commands.
    Contacts,
    /// The column `password_hash`, of contacts that are there.
    Passwords,
    /// What contacts are found by: nothing that the contract names.
    Index,
}

impl MayWrite {
    fn refusals(self) -> Option<&'static str> {
        match self {
            Self::Contacts => None,
            Self::Passwords => Some(
                "CREATE TEMP TRIGGER refuses_insert BEFORE INSERT ON main.contacts
                    BEGIN SELECT RAISE(ABORT, 'this connection sets passwords and adds no contact'); END;
                 CREATE TEMP TRIGGER refuses_delete BEFORE DELETE ON main.contacts
                    BEGIN SELECT RAISE(ABORT, 'this connection sets passwords and deletes no contact'); END;
                 CREATE TEMP TRIGGER refuses_update BEFORE UPDATE OF
                    id, name, email, language, active,
                    id_folded, id_folded_of, email_normalised, email_normalised_of ON main.contacts
                    BEGIN SELECT RAISE(ABORT, 'this connection sets passwords and nothing else'); END;",
            ),
            Self::Index => Some(
                "CREATE TEMP TRIGGER refuses_insert BEFORE INSERT ON main.contacts
                    BEGIN SELECT RAISE(ABORT, 'this connection writes the index and adds no contact'); END;
                 CREATE TEMP TRIGGER refuses_delete BEFORE DELETE ON main.contacts
                    BEGIN SELECT RAISE(ABORT, 'this connection writes the index and deletes no contact'); END;
                 CREATE TEMP TRIGGER refuses_update BEFORE UPDATE OF
                    id, name, email, language, password_hash, active ON main.contacts
                    BEGIN SELECT RAISE(ABORT, 'this connection writes the index and changes no contact'); END;",
            ),
        }
    }

    fn connections(self) -> u32 {
        if self == Self::Index { 1 } else { CONNECTIONS }
    }
}

/// Opens the file for a role that writes. What a former release left is brought up to date first, where that takes no time; contacts are then indexed by
/// [`index::IndexKeeper`].
pub(super) async fn open(
    path: &Path,
    create: bool,
    may_write: MayWrite,
    busy_timeout: Duration,
) -> Result<DirectoryFile, OpenError> {
    let identity = existing(path)?;
    let options = options(path, busy_timeout);
    let mut attempts = 0;
    let pool = loop {
        match connect(&options, create, may_write).await {
            Ok(Ok(pool)) => break pool,
            Ok(Err(holds)) => return Err(not_ours(path, &holds)),
            Err(error) if try_again(&error, &mut attempts).await => {}
            Err(error) => return Err(refused(path, &error)),
        }
    };
    warn_if_public(path);
    Ok(directory_file(pool, path, identity))
}

/// Opens a file that [`open`] has opened, for reading alone.
pub(super) async fn open_read_only(
    opened: &DirectoryFile,
    busy_timeout: Duration,
) -> Result<DirectoryFile, OpenError> {
    let path = opened.path();
    let options = options(path, busy_timeout).read_only(true);
    let pool = SqlitePoolOptions::new().max_connections(CONNECTIONS).connect_with(options).await;
    let pool = pool.map_err(|error| refused(path, &error))?;
    Ok(DirectoryFile { pool, opened: Arc::clone(&opened.opened) })
}

/// Opens the file for looking alone: nothing is written and no file is made, not even those that SQLite keeps beside it, whoever else has it open.
pub(super) async fn look_into(path: &Path) -> Result<DirectoryFile, OpenError> {
    let identity = existing(path)?;
    match connect_looking(path).await {
        Ok((pool, Holds::Contacts)) => Ok(directory_file(pool, path, identity)),
        Ok((_, other)) => Err(not_ours(path, &other)),
        Err(error) => Err(refused(path, &error)),
    }
}

/// Creates the file (mode 0600) and its folder (mode 0700) where they are missing.
pub(super) fn create_file(path: &Path) -> Result<(), OpenError> {
    let make = || {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        match fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => Ok(()),
        }
    };
    make().map_err(|source| OpenError::File { path: path.to_owned(), source })
}

fn options(path: &Path, busy_timeout: Duration) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(busy_timeout)
        .foreign_keys(true)
        .disable_statement_logging()
}

fn directory_file(pool: SqlitePool, path: &Path, identity: (u64, u64)) -> DirectoryFile {
    DirectoryFile { pool, opened: Arc::new(OpenedFile { path: path.to_owned(), identity }) }
}

/// Opens a file that holds contacts, or says what else it holds.
async fn connect(
    options: &SqliteConnectOptions,
    create: bool,
    may_write: MayWrite,
) -> sqlx::Result<Result<SqlitePool, Holds>> {
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
    let mut connection = SqliteConnection::connect_with(&options).await?;
    if holds == Holds::Nothing {
        schema::create(&mut connection).await?;
    }
    schema::adopt_rules(&mut connection, &lookup_keys::rules()).await?;
    index::ensure(&mut connection).await?;

    let mut pool = SqlitePoolOptions::new().max_connections(may_write.connections());
    if let Some(refusals) = may_write.refusals() {
        pool = pool.after_connect(move |connection, _| {
            Box::pin(async move { sqlx::raw_sql(refusals).execute(connection).await.map(|_| ()) })
        });
    }
    let pool = pool.connect_with(options).await?;
    connection.close().await?;
    Ok(Ok(pool))
}

async fn connect_looking(path: &Path) -> sqlx::Result<(SqlitePool, Holds)> {
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

fn refused(path: &Path, error: &sqlx::Error) -> OpenError {
    OpenError::Database { path: path.to_owned(), reason: error::describe(error) }
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
