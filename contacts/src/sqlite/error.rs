use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::DirectoryError;

/// The contact directory could not be opened. Each text names the file, the cause and the cure.
#[derive(Debug, Error)]
pub enum OpenError {
    /// Nothing at this path.
    #[error(
        "{}: there is no contact directory. Check the path in the configuration (`[contacts] sqlite_file`) or the `--data` folder; `reset-link contacts import FILE.csv` creates one",
        .0.display()
    )]
    Missing(PathBuf),
    /// A database, but not one of ours.
    #[error(
        "{}: this is a database of another program, not a contact directory. Name another file (`[contacts] sqlite_file`); nothing was changed in this one",
        .0.display()
    )]
    Foreign(PathBuf),
    /// Written by a later release.
    #[error(
        "{}: this contact directory has schema version {found}, and this reset-link knows versions up to {known}. Use the newer reset-link that wrote it",
        .path.display()
    )]
    Newer {
        /// The database file.
        path: PathBuf,
        /// The version in the file.
        found: i64,
        /// The latest version that this program knows.
        known: i64,
    },
    /// The file or its folder could not be made or looked at.
    #[error("{}: {source}. Check that the folder exists and that this user may write to it", .path.display())]
    File {
        /// The database file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// SQLite refused.
    #[error("{}: {reason}", .path.display())]
    Database {
        /// The database file.
        path: PathBuf,
        /// What SQLite said, and what usually mends it.
        reason: String,
    },
}

/// Nothing was changed.
pub(super) fn unreachable(path: &Path, error: &sqlx::Error) -> DirectoryError {
    DirectoryError::Unreachable(format!("{}: {}", path.display(), describe(error)))
}

/// The error of a statement that writes, run on its own (not within a transaction).
pub(super) fn write_failed(path: &Path, error: &sqlx::Error) -> DirectoryError {
    if wrote_nothing(error) {
        unreachable(path, error)
    } else {
        DirectoryError::OutcomeUnknown(format!("{}: {}", path.display(), describe(error)))
    }
}

/// What SQLite answers before it commits anything. Not among them: a failed write or fsync (`SQLITE_IOERR`), which may come
/// after the commit has reached the disk.
fn wrote_nothing(error: &sqlx::Error) -> bool {
    match primary_code(error) {
        Some(PERM | BUSY | LOCKED | READONLY | FULL | CANTOPEN | SCHEMA | CONSTRAINT | AUTH | NOTADB) => true,
        Some(_) => false,
        None => matches!(error, sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed),
    }
}

/// SQLite's words hold names of tables and columns, never values; and what usually mends it.
pub(super) fn describe(error: &sqlx::Error) -> String {
    let cure = match primary_code(error) {
        Some(BUSY | LOCKED) => {
            "another program has been writing to it for too long; end that program's transaction"
        }
        Some(PERM | READONLY | AUTH | CANTOPEN) => {
            "check that this user may read and write the file and its folder"
        }
        Some(FULL) => "the disk is full; free some space",
        Some(IOERR) => "the disk did not take or give the data; check it, and the system's log",
        Some(CORRUPT | NOTADB) => "the file is damaged or no SQLite database; restore it from a backup",
        _ => return error.to_string(),
    };
    format!("{error}: {cure}")
}

// https://www.sqlite.org/rescode.html
const PERM: u32 = 3;
pub(super) const BUSY: u32 = 5;
const LOCKED: u32 = 6;
const READONLY: u32 = 8;
const IOERR: u32 = 10;
const CORRUPT: u32 = 11;
const FULL: u32 = 13;
const CANTOPEN: u32 = 14;
const SCHEMA: u32 = 17;
const CONSTRAINT: u32 = 19;
const AUTH: u32 = 23;
const NOTADB: u32 = 26;

/// The low byte of SQLite's extended result code.
pub(super) fn primary_code(error: &sqlx::Error) -> Option<u32> {
    let code: u32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(code & 0xff)
}
