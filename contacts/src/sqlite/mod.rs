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
//! Other programs may change any of these at any time; it is seen at once. The further columns and tables belong to reset-link.
//!
//! Each role opens the file with a connection of its own that can do no more than the role needs: see [`opening`].

mod contact_lookup;
mod error;
mod index;
mod lookup_keys;
mod opening;
mod operations;
mod password_checker;
mod password_writer;
mod rows;
mod schema;
mod search;
mod staging;
#[cfg(test)]
mod tests;

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sqlx::SqlitePool;

pub use contact_lookup::SqliteContactLookup;
pub use operations::SqliteOperations;
pub use password_writer::SqlitePasswordWriter;

use crate::DirectoryError;

/// A role's connections to the file. Clones share them.
#[derive(Clone)]
struct DirectoryFile {
    pool: SqlitePool,
    opened: Arc<OpenedFile>,
}

/// Which file was opened, so that one put in its place meanwhile is noticed.
struct OpenedFile {
    path: PathBuf,
    identity: (u64, u64),
}

impl DirectoryFile {
    fn path(&self) -> &Path {
        &self.opened.path
    }

    /// A file that was replaced under us (a backup put in its place) would take our writes and show them to nobody.
    async fn check_in_place(&self) -> Result<(), DirectoryError> {
        let found = tokio::fs::metadata(self.path()).await.map(|found| (found.dev(), found.ino()));
        let reason = match found {
            Ok(found) if found == self.opened.identity => return Ok(()),
            Ok(_) => {
                "another file was put in its place while it was in use; restart to use that one".to_owned()
            }
            Err(error) => error.to_string(),
        };
        Err(DirectoryError::Unreachable(format!("{}: {reason}", self.path().display())))
    }

    #[expect(clippy::needless_pass_by_value, reason = "the form that map_err takes")]
    fn unreachable(&self, error: sqlx::Error) -> DirectoryError {
        error::unreachable(self.path(), &error)
    }

    #[expect(clippy::needless_pass_by_value, reason = "the form that map_err takes")]
    fn write_failed(&self, error: sqlx::Error) -> DirectoryError {
        error::write_failed(self.path(), &error)
    }
}
