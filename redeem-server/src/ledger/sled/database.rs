use std::ffi::OsString;
use std::fs;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::disk::{FolderContents, LedgerDisk, UnreadableFile, sync_names};
use super::error::OpenError;
use super::lock::{DatabaseLock, FolderLock};
use super::witness::Witness;

/// How often a lock that somebody else has is waited for, a pause each time.
const LOCK_ATTEMPTS: u32 = 20;
/// How often a database must be found wrong before it is taken for damaged.
const OPEN_ATTEMPTS: u32 = 3;

/// Opens sled as it was found to be safe. Only a database that was read, and is wrong each time, is moved aside, and a new one begun, loudly; every link
/// issued before is then refused. A disk that cannot be read is no damage: then nothing is moved, and there is no ledger.
pub(super) fn open(
    folder: &Path,
    cache_bytes: u64,
    now: Timestamp,
    disk: &dyn LedgerDisk,
) -> Result<sled::Db, OpenError> {
    let io_error = |cause| OpenError::Io { folder: folder.to_owned(), cause };
    let lock = lock_folder(folder, disk)?;
    let is_new = !folder.join("db").exists();
    let db = match patiently(folder, &lock, cache_bytes, disk)? {
        Ok(db) => db,
        Err(Damage(what)) => {
            let aside = aside(folder, now);
            {
                let _lock = database_lock(folder, &lock, disk)?;
                fs::rename(folder, &aside).map_err(io_error)?;
            }
            tracing::error!(
                folder = %folder.display(), aside = %aside.display(), damage = %what,
                "the ledger was wrecked: moved aside, and a new one begins; every link issued before now is refused; receipts that can still be read are taken over, \
                 others that waited are lost, and so are redemptions that were not finished: compare the audit with the directory"
            );
            let _lock = lock_folder(folder, disk)?;
            match attempt(folder, cache_bytes, disk) {
                Attempt::Opened(db) => db,
                Attempt::Locked => return Err(OpenError::Locked { folder: folder.to_owned() }),
                Attempt::Damaged(damage) => return Err(io_error(io::Error::other(damage))),
                Attempt::Io(cause) => return Err(io_error(cause)),
            }
        }
    };
    if is_new || !db.was_recovered() {
        disk.flush(&db).map_err(|error| io_error(io::Error::other(error)))?;
        sync_names(disk, folder).map_err(io_error)?;
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
    lock: &FolderLock,
    cache_bytes: u64,
    disk: &dyn LedgerDisk,
) -> Result<Result<sled::Db, Damage>, OpenError> {
    let io_error = |cause| OpenError::Io { folder: folder.to_owned(), cause };
    let (mut waits, mut attempts, mut failed) = (0, 0, None);
    loop {
        let found = {
            // Nobody else writes while it is read: a former process may still be ending.
            let _lock = database_lock(folder, lock, disk)?;
            remove_half_written_snapshots(folder).map_err(io_error)?;
            FolderContents::read(folder, disk)
                .map_err(|UnreadableFile { path, cause }| OpenError::Unreadable { path, cause })?
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
            let _lock = database_lock(folder, lock, disk)?;
            found.restore(folder, disk).map_err(io_error)?;
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

fn wait(folder: &Path, waits: u32, disk: &dyn LedgerDisk) -> Result<u32, OpenError> {
    if waits == LOCK_ATTEMPTS {
        return Err(OpenError::Locked { folder: folder.to_owned() });
    }
    disk.pause();
    Ok(waits + 1)
}

/// Nobody else opens this ledger from now on.
fn lock_folder(folder: &Path, disk: &dyn LedgerDisk) -> Result<FolderLock, OpenError> {
    until_free(folder, disk, || FolderLock::lock(folder))
}

/// Nobody has the ledger open while this is held.
fn database_lock(folder: &Path, lock: &FolderLock, disk: &dyn LedgerDisk) -> Result<DatabaseLock, OpenError> {
    until_free(folder, disk, || lock.database_lock())
}

fn until_free<T>(
    folder: &Path,
    disk: &dyn LedgerDisk,
    take: impl Fn() -> io::Result<Option<T>>,
) -> Result<T, OpenError> {
    let mut waits = 0;
    loop {
        match take().map_err(|cause| OpenError::Io { folder: folder.to_owned(), cause })? {
            Some(locked) => return Ok(locked),
            None => waits = wait(folder, waits, disk)?,
        }
    }
}

fn attempt(folder: &Path, cache_bytes: u64, disk: &dyn LedgerDisk) -> Attempt {
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
