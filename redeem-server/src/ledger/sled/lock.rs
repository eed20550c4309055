use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

/// A ledger's folder, locked by whoever opens the ledger, from the first look at its files until sled has it or it has failed.
///
/// sled's own lock is not enough: sled lets go of it each time it fails, and it is a lock on a file that is then put back, or moved aside.
pub(super) struct FolderLock {
    path: PathBuf,
    folder: File,
}

impl FolderLock {
    /// Makes the folder, for its owner alone, where there is none. `None`: somebody else is opening that ledger.
    pub(super) fn lock(path: &Path) -> io::Result<Option<Self>> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        let folder = match File::open(path) {
            // Moved aside just now.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened?,
        };
        if !is_free(&folder)? {
            return Ok(None);
        }
        let lock = Self { path: path.to_owned(), folder };
        // Whoever had it before may have moved it aside.
        Ok(lock.is_in_place()?.then_some(lock))
    }

    /// Takes the lock that sled takes itself, while the folder is still the one that was locked. `None`: somebody else has it, who may be of an earlier
    /// version, or has put another folder in its place.
    pub(super) fn database_lock(&self) -> io::Result<Option<DatabaseLock>> {
        let file = match File::open(self.path.join("db")) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            opened => Some(opened?),
        };
        let is_free = file.as_ref().map_or(Ok(true), is_free)?;
        Ok((is_free && self.is_in_place()?).then_some(DatabaseLock(file)))
    }

    fn is_in_place(&self) -> io::Result<bool> {
        let ours = self.folder.metadata()?;
        match fs::metadata(&self.path) {
            Ok(found) => Ok((found.dev(), found.ino()) == (ours.dev(), ours.ino())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// Nobody has the database open while this is held; without a file there is nothing to hold.
pub(super) struct DatabaseLock(#[expect(dead_code, reason = "held for its lock")] Option<File>);

/// Whether nobody else had the lock, which is ours then.
fn is_free(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}
