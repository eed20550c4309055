use std::io;
use std::path::Path;

use keys::chained_log::{LogDisk, Segment, segments};
use thiserror::Error;

use super::key::Key;
use crate::audit::event::Entry;

/// Where entries are found.
pub(in crate::audit) trait Entries {
    /// The entries that tell of any of these, in the order of the audit.
    ///
    /// # Errors
    /// Where they cannot be read.
    fn about(&mut self, keys: &[Key<'_>]) -> Result<Vec<Entry>, IndexError>;

    /// Receipts of redemptions of which no line says that anybody was told.
    ///
    /// # Errors
    /// Where they cannot be read.
    fn untold(&mut self) -> Result<Vec<Entry>, IndexError>;
}

/// Why an index gives no answer.
#[derive(Debug, Error)]
pub(in crate::audit) enum IndexError {
    /// SQLite refused.
    #[error("{0}")]
    Database(#[from] sqlx::Error),
    /// A file cannot be read.
    #[error("{0}")]
    File(#[from] io::Error),
    /// The audit does not have what the index says.
    #[error("the audit does not have what it says")]
    Stale,
}

impl IndexError {
    /// Whether another index would do better.
    pub(super) fn is_of_this_index(&self) -> bool {
        match self {
            Self::Stale => true,
            Self::File(_) => false,
            // Busy, locked, no memory, read-only, interrupted, an I/O error, full, cannot be opened: the next one would fare no better.
            Self::Database(sqlx::Error::Database(error)) => {
                let code = error.code().and_then(|code| code.parse::<u32>().ok()).map(|code| code & 0xff);
                !matches!(code, Some(5..=10 | 13 | 14))
            }
            Self::Database(error) => !matches!(error, sqlx::Error::Io(_)),
        }
    }
}

/// The audit's own files.
#[derive(Debug, Clone, Copy)]
pub(super) struct Log<'a> {
    pub(super) base: &'a Path,
    pub(super) disk: &'a dyn LogDisk,
}

impl Log<'_> {
    pub(super) fn segments(&self) -> io::Result<Vec<Segment>> {
        segments(self.base)
    }
}
