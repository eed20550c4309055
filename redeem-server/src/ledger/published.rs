//! What a ledger tells those who issue links for it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use keys::disk::Disk;
use keys::{Id128, LedgerEpoch, whole_file, wire_time};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::unwell::{Unwell, clock_behind};

/// The file's name, in the ledger's folder: whoever moves the ledger away moves it too.
const FILE: &str = "epoch.json";

/// What stands in the file `epoch.json` of a ledger's folder. Whoever issues links reads it; nothing in it is secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    /// The ledger that links must be made for.
    pub ledger_epoch: LedgerEpoch,
    /// When that ledger began, by the clock of that time.
    #[serde(with = "wire_time")]
    pub began_at: Timestamp,
    /// Which binding secret the redeem half holds.
    pub binding_secret: Id128,
}

/// The file cannot be had.
#[derive(Debug, Error)]
pub enum PublishError {
    /// No ledger of this version has begun here.
    #[error("{}: no ledger of this version has begun here", path.display())]
    NotBegun {
        /// The file that is not there.
        path: PathBuf,
    },
    /// The system said no.
    #[error("{}: {cause}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// The system's own words.
        cause: io::Error,
    },
    /// Not what a ledger writes.
    #[error("{}: not what a ledger publishes; the next start of `reset-link run` writes it anew", path.display())]
    Content {
        /// Which file.
        path: PathBuf,
    },
}

impl Published {
    /// Reads what the ledger in this folder has published last.
    ///
    /// # Errors
    /// `NotBegun` where there is no such file; `File`, `Content`.
    pub fn read(folder: &Path) -> Result<Self, PublishError> {
        let path = folder.join(FILE);
        match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|_| PublishError::Content { path }),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Err(PublishError::NotBegun { path }),
            Err(cause) => Err(PublishError::File { path, cause }),
        }
    }

    /// Whether that ledger began later than it is now, by more than clocks may differ.
    pub fn is_ahead_of(&self, now: Timestamp) -> Option<Unwell> {
        clock_behind(self.began_at, now)
    }

    /// Writes the file, whole or not at all.
    pub(super) fn write(&self, disk: &dyn Disk, folder: &Path) -> Result<(), PublishError> {
        let path = folder.join(FILE);
        let bytes = serde_json::to_vec(self).map_err(io::Error::from);
        bytes
            .and_then(|bytes| whole_file::replace_on(disk, &path, 0o600, &bytes))
            .map_err(|cause| PublishError::File { path, cause })
    }
}
