use std::path::Path;

use crate::DirectoryError;

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
