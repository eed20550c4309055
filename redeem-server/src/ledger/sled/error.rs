use std::io;
use std::path::PathBuf;

use jiff::Timestamp;
use keys::wire_time;
use thiserror::Error;

use crate::ledger::unwell::Unwell;

/// Why the ledger could not be opened.
#[derive(Debug, Error)]
pub enum OpenError {
    /// Another process has it.
    #[error(
        "{}: the ledger is in use by another process (most likely another `reset-link run` with the same data folder); stop that one, or give this one its own folder",
        folder.display()
    )]
    Locked {
        /// The ledger's folder.
        folder: PathBuf,
    },
    /// The clock went back behind what the ledger has already forgotten.
    #[error(
        "{}: the ledger has forgotten links that expired up to {}, but this machine's clock says {}; set the clock right (if the clock was wrong before and is \
         right now, move the folder away: all links issued so far are then refused)",
        folder.display(), wire_time::format(*floor), wire_time::format(*now)
    )]
    FloorAhead {
        /// The ledger's folder.
        folder: PathBuf,
        /// Up to when marks were dropped.
        floor: Timestamp,
        /// What the clock says.
        now: Timestamp,
    },
    /// The clock stands before the ledger's own beginning.
    #[error("{}: {unwell}", folder.display())]
    Clock {
        /// The ledger's folder.
        folder: PathBuf,
        /// What is wrong, with its cure.
        unwell: Unwell,
    },
    /// A sled database, but of another program or a later version.
    #[error("{}: holds a database that is not a ledger this version can read ({what}); give the ledger a folder of its own", folder.display())]
    Foreign {
        /// The ledger's folder.
        folder: PathBuf,
        /// What was found.
        what: String,
    },
    /// A file cannot be read, however often it is tried. That is no damage: nothing was moved or changed.
    #[error("{}: cannot be read ({cause}), and no link is redeemed without it; nothing was changed: see to the disk, then start again", path.display())]
    Unreadable {
        /// Which file of the ledger.
        path: PathBuf,
        /// The system's own words.
        cause: io::Error,
    },
    /// The system said no.
    #[error("{}: {cause}", folder.display())]
    Io {
        /// The ledger's folder.
        folder: PathBuf,
        /// The system's own words.
        cause: io::Error,
    },
}
