use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use keys::wire_time;
use thiserror::Error;

use super::disk::{Disk, Found, Unreadable};
use super::opening::{Opening, SledsLock};
use super::witness::Witness;

/// How often a lock that somebody else has is waited for, a pause each time.
const LOCK_ATTEMPTS: u32 = 20;
/// How often a database must be found wrong before it is taken for damaged.
const OPEN_ATTEMPTS: u32 = 3;

/// What is wrong with a ledger that is open.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unwell {
    /// Writing failed once: see `LedgerError::Stopped`.
    #[error("{}; {}", self.what(), self.cure())]
    Stopped(String),
    /// It began later than it is now: the clock is wrong now, or was wrong then.
    #[error("{}; {}", self.what(), self.cure())]
    ClockBehind {
        /// When it began, by the clock of that time.
        began: Timestamp,
        /// What the clock says.
        now: Timestamp,
    },
    /// The clock went back behind what the ledger has already forgotten: new links count as expired.
    #[error("{}; {}", self.what(), self.cure())]
    FloorAhead {
        /// Up to when marks were dropped.
        floor: Timestamp,
        /// What the clock says.
        now: Timestamp,
    },
}

impl Unwell {
    /// What is wrong.
    pub fn what(&self) -> String {
        match self {
            Self::Stopped(cause) => format!("the ledger could not write to disk and has stopped ({cause})"),
            Self::ClockBehind { began, now } => format!(
                "the ledger began at {}, but this machine's clock says {}",
                wire_time::format(*began),
                wire_time::format(*now)
            ),
            Self::FloorAhead { floor, now } => format!(
                "the ledger has forgotten links that expired up to {}, but this machine's clock says {}",
                wire_time::format(*floor),
                wire_time::format(*now)
            ),
        }
    }

    /// What mends it.
    pub fn cure(&self) -> &'static str {
        match self {
            Self::Stopped(_) => "see to the disk, then restart",
            Self::ClockBehind { .. } => {
                "set the clock right (if the clock was wrong when the ledger began and is right now, move the folder away: all links issued so far are then refused)"
            }
            Self::FloorAhead { .. } => {
                "set the clock right (if the clock was wrong before and is right now, stop and move the folder away: all links issued so far are then refused)"
            }
        }
    }
}

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

/// Opens sled as it was found to be safe. Only a database that was read, and is wrong each time, is moved aside, and a new one begun, loudly; every link
/// issued before is then refused. A disk that cannot be read is no damage: then nothing is moved, and there is no ledger.
pub(super) fn open(
    folder: &Path,
    cache_bytes: u64,
    now: Timestamp,
    disk: &dyn Disk,
) -> Result<sled::Db, OpenError> {
    let io_error = |cause| OpenError::Io { folder: folder.to_owned(), cause };
    let opening = begin(folder, disk)?;
    let is_new = !folder.join("db").exists();
    let db = match patiently(folder, &opening, cache_bytes, disk)? {
        Ok(db) => db,
        Err(Damage(what)) => {
            let aside = aside(folder, now);
            {
                let _lock = sleds_lock(folder, &opening, disk)?;
                fs::rename(folder, &aside).map_err(io_error)?;
            }
            tracing::error!(
                folder = %folder.display(), aside = %aside.display(), damage = %what,
                "the ledger was wrecked: moved aside, and a new one begins; every link issued before now is refused; receipts that can still be read are taken over, \
                 others that waited are lost, and so are redemptions that were not finished: compare the audit with the directory"
            );
            let _opening = begin(folder, disk)?;
            match attempt(folder, cache_bytes, disk) {
                Attempt::Opened(db) => db,
                Attempt::Locked => return Err(OpenError::Locked { folder: folder.to_owned() }),
                Attempt::Damaged(damage) => return Err(io_error(io::Error::other(damage))),
                Attempt::Io(cause) => return Err(io_error(cause)),
            }
        }
    };
    if is_new || !db.was_recovered() {
        db.flush().map_err(|error| io_error(io::Error::other(error)))?;
        sync_folder_and_parent(folder).map_err(io_error)?;
    }
    Ok(db)
}

/// A database that was read and is wrong; its files are as they were found.
struct Damage(String);

/// What came of one attempt.
enum Attempt {
    Opened(sled::Db),
    Locked,
    Damaged(String),
    Io(io::Error),
}

/// A former process, or sled's own threads in this one, may need a moment to let go of the lock; what failed in passing may do better the next time.
fn patiently(
    folder: &Path,
    opening: &Opening,
    cache_bytes: u64,
    disk: &dyn Disk,
) -> Result<Result<sled::Db, Damage>, OpenError> {
    let io_error = |cause| OpenError::Io { folder: folder.to_owned(), cause };
    let (mut waits, mut attempts, mut failed) = (0, 0, None);
    loop {
        let found = {
            // Nobody else writes while it is read: a former process may still be ending.
            let _lock = sleds_lock(folder, opening, disk)?;
            remove_half_written_snapshots(folder).map_err(io_error)?;
            Found::read(folder, disk)
                .map_err(|Unreadable { path, cause }| OpenError::Unreadable { path, cause })?
        };
        let damage = match attempt(folder, cache_bytes, disk) {
            Attempt::Opened(db) => return Ok(Ok(db)),
            Attempt::Locked => {
                waits = wait(folder, waits, disk)?;
                continue;
            }
            Attempt::Damaged(what) => what,
            Attempt::Io(cause) => {
                let what = cause.to_string();
                failed = Some(cause);
                what
            }
        };
        // What sled made of files that it took for damaged is undone, whether they are tried again or looked at later.
        {
            let _lock = sleds_lock(folder, opening, disk)?;
            found.restore(folder).map_err(io_error)?;
        }
        attempts += 1;
        if attempts == OPEN_ATTEMPTS {
            // An I/O error among them: nobody knows what is on the disk.
            return failed.map_or(Ok(Err(Damage(damage))), |cause| Err(io_error(cause)));
        }
        tracing::warn!(folder = %folder.display(), %damage, attempt = attempts, "the ledger could not be opened: tried again");
        disk.pause();
    }
}

fn wait(folder: &Path, waits: u32, disk: &dyn Disk) -> Result<u32, OpenError> {
    if waits == LOCK_ATTEMPTS {
        return Err(OpenError::Locked { folder: folder.to_owned() });
    }
    disk.pause();
    Ok(waits + 1)
}

/// Nobody else opens this ledger from now on.
fn begin(folder: &Path, disk: &dyn Disk) -> Result<Opening, OpenError> {
    until_free(folder, disk, || Opening::begin(folder))
}

/// Nobody has the ledger open while this is held.
fn sleds_lock(folder: &Path, opening: &Opening, disk: &dyn Disk) -> Result<SledsLock, OpenError> {
    until_free(folder, disk, || opening.sleds_lock())
}

fn until_free<T>(
    folder: &Path,
    disk: &dyn Disk,
    lock: impl Fn() -> io::Result<Option<T>>,
) -> Result<T, OpenError> {
    let mut waits = 0;
    loop {
        match lock().map_err(|cause| OpenError::Io { folder: folder.to_owned(), cause })? {
            Some(locked) => return Ok(locked),
            None => waits = wait(folder, waits, disk)?,
        }
    }
}

fn attempt(folder: &Path, cache_bytes: u64, disk: &dyn Disk) -> Attempt {
    let opened = catch_unwind(AssertUnwindSafe(|| {
        let db = disk.open(folder, cache_bytes)?;
        let lost = Witness::open(folder)?.has_seen_more(&db)?;
        if lost {
            let what = "it is older than it was when it was last written";
            return Err(sled::Error::Io(io::Error::new(io::ErrorKind::InvalidData, what)));
        }
        Ok(db)
    }));
    match opened {
        Ok(Ok(db)) => Attempt::Opened(db),
        Ok(Err(sled::Error::Io(cause))) if cause.to_string().contains("could not acquire lock") => {
            Attempt::Locked
        }
        // What sled finds too short, torn or senseless it tells as an error of these kinds; the system's own have a number.
        Ok(Err(sled::Error::Io(cause)))
            if cause.raw_os_error().is_some()
                || !matches!(
                    cause.kind(),
                    io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData | io::ErrorKind::Other
                ) =>
        {
            Attempt::Io(cause)
        }
        Ok(Err(error)) => Attempt::Damaged(error.to_string()),
        Err(_) => Attempt::Damaged("damaged in the middle".to_owned()),
    }
}

/// A crash while sled wrote a snapshot leaves a file that the next open would stumble over.
fn remove_half_written_snapshots(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with("snap.") && name.ends_with(".generating") {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

fn aside(folder: &Path, now: Timestamp) -> PathBuf {
    let mut name = beginning_of_aside(folder);
    name.push(now.as_millisecond().to_string());
    folder.with_file_name(name)
}

/// How the names of damaged ledgers begin that were moved aside from this folder.
pub(super) fn beginning_of_aside(folder: &Path) -> OsString {
    let mut name = folder.file_name().unwrap_or_default().to_os_string();
    name.push(".wrecked-");
    name
}

pub(super) fn parent(folder: &Path) -> &Path {
    folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

pub(super) fn sync_folder_and_parent(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()?;
    File::open(parent(folder))?.sync_all()
}
