use std::fs::{self, File};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use keys::wire_time;
use thiserror::Error;

use super::witness::Witness;

const LOCK_ATTEMPTS: u32 = 40;
const LOCK_PAUSE: Duration = Duration::from_millis(50);

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
    /// A sled database, but of another program or a later version.
    #[error("{}: holds a database that is not a ledger this version can read ({what}); give the ledger a folder of its own", folder.display())]
    Foreign {
        /// The ledger's folder.
        folder: PathBuf,
        /// What was found.
        what: String,
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

/// Opens sled as it was found to be safe. A wrecked database is moved aside and a new one begun, loudly; every link issued before is then refused.
pub(super) fn open(folder: &Path, cache_bytes: u64, now: Timestamp) -> Result<sled::Db, OpenError> {
    let io_error = |cause| OpenError::Io { folder: folder.to_owned(), cause };
    create_folder(folder).map_err(io_error)?;
    remove_half_written_snapshots(folder).map_err(io_error)?;
    let is_new = !folder.join("db").exists();
    let db = match patiently(folder, cache_bytes)? {
        Ok(db) => db,
        Err(damage) => {
            let aside = aside(folder, now);
            fs::rename(folder, &aside).map_err(io_error)?;
            create_folder(folder).map_err(io_error)?;
            tracing::error!(
                folder = %folder.display(), aside = %aside.display(), %damage,
                "the ledger was wrecked: moved aside, a new one begun; every link issued before now is refused"
            );
            attempt(folder, cache_bytes)?.map_err(|damage| io_error(io::Error::other(damage)))?
        }
    };
    if is_new || !db.was_recovered() {
        db.flush().map_err(|error| io_error(io::Error::other(error)))?;
        sync_folder_and_parent(folder).map_err(io_error)?;
    }
    Ok(db)
}

/// A former process, or sled's own threads in this one, may need a moment to let go of the lock.
fn patiently(folder: &Path, cache_bytes: u64) -> Result<Result<sled::Db, String>, OpenError> {
    for _ in 0..LOCK_ATTEMPTS {
        match attempt(folder, cache_bytes) {
            Err(OpenError::Locked { .. }) => std::thread::sleep(LOCK_PAUSE),
            opened => return opened,
        }
    }
    attempt(folder, cache_bytes)
}

/// Outer error: not ours to open. Inner error: damaged.
fn attempt(folder: &Path, cache_bytes: u64) -> Result<Result<sled::Db, String>, OpenError> {
    let open = || {
        sled::Config::new()
            .path(folder)
            .mode(sled::Mode::LowSpace)
            .cache_capacity(cache_bytes)
            .flush_every_ms(None)
            .open()
    };
    let opened = catch_unwind(AssertUnwindSafe(|| {
        let db = open()?;
        let witness = Witness::open(folder)?;
        let lost = witness.has_seen_more(&db).map_err(damaged)?;
        if lost {
            Err(damaged("it is older than it was when it was last written".to_owned()))
        } else {
            Ok(db)
        }
    }));
    match opened {
        Ok(Ok(db)) => Ok(Ok(db)),
        Ok(Err(sled::Error::Io(cause))) if cause.to_string().contains("could not acquire lock") => {
            Err(OpenError::Locked { folder: folder.to_owned() })
        }
        Ok(Err(sled::Error::Io(cause)))
            if cause.kind() != io::ErrorKind::UnexpectedEof && cause.kind() != io::ErrorKind::InvalidData =>
        {
            Err(OpenError::Io { folder: folder.to_owned(), cause })
        }
        Ok(Err(error)) => Ok(Err(error.to_string())),
        Err(_) => Ok(Err("damaged in the middle".to_owned())),
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

fn damaged(what: String) -> sled::Error {
    sled::Error::Io(io::Error::new(io::ErrorKind::InvalidData, what))
}

/// For its owner alone.
fn create_folder(folder: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

fn aside(folder: &Path, now: Timestamp) -> PathBuf {
    let mut name = folder.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".wrecked-{}", now.as_millisecond()));
    folder.with_file_name(name)
}

fn sync_folder_and_parent(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()?;
    match folder.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => File::open(parent)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}
