//! What a ledger asks of the disk.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use keys::disk::{Disk, RealDisk, folder_of};
use keys::whole_file;

/// How often a file that cannot be read is tried.
const READ_ATTEMPTS: u32 = 5;

/// The disk, as a ledger needs it; tests count what is asked of it and let it fail.
pub(super) trait LedgerDisk: Disk {
    /// A whole file.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;

    /// sled, on this folder.
    fn open(&self, folder: &Path, cache_bytes: u64) -> sled::Result<sled::Db>;

    /// Hands to the system what sled still holds back; it is not on the disk then.
    fn flush(&self, db: &sled::Db) -> sled::Result<()>;

    /// A moment in which something passing may pass.
    fn pause(&self);
}

impl LedgerDisk for RealDisk {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        fs::read(path)
    }

    fn open(&self, folder: &Path, cache_bytes: u64) -> sled::Result<sled::Db> {
        sled::Config::new()
            .path(folder)
            .mode(sled::Mode::LowSpace)
            .cache_capacity(cache_bytes)
            .flush_every_ms(None)
            .open()
    }

    fn flush(&self, db: &sled::Db) -> sled::Result<()> {
        db.flush().map(|_| ())
    }

    fn pause(&self) {
        thread::sleep(Duration::from_millis(100));
    }
}

/// Returns once everything that was written to the database so far is on the disk: sled 0.34's own flushes do not fsync. `file` is sled's file `db`.
pub(super) fn make_durable(disk: &dyn LedgerDisk, db: &sled::Db, file: &File) -> io::Result<()> {
    disk.flush(db).map_err(io::Error::other)?;
    disk.sync_data(file)
}

/// Returns once the names in the ledger's folder, and its own, are on the disk.
pub(super) fn sync_names(disk: &dyn LedgerDisk, folder: &Path) -> io::Result<()> {
    disk.sync_folder(folder)?;
    disk.sync_folder(folder_of(folder))
}

/// Every file of a ledger's folder as it was before sled touched it.
///
/// sled 0.34 takes a segment that it cannot read for one that is not there, and overwrites it: so everything is read before, and put back where sled fails.
pub(super) struct FolderContents(BTreeMap<PathBuf, Vec<u8>>);

/// A file that could not be read, however often it was tried.
pub(super) struct UnreadableFile {
    pub(super) path: PathBuf,
    pub(super) cause: io::Error,
}

impl FolderContents {
    /// Reads everything, and tries again what cannot be read.
    pub(super) fn read(folder: &Path, disk: &dyn LedgerDisk) -> Result<Self, UnreadableFile> {
        let mut files = BTreeMap::new();
        let paths = files_in(folder).map_err(|cause| UnreadableFile { path: folder.to_owned(), cause })?;
        for path in paths {
            let mut attempt = 1;
            let bytes = loop {
                match disk.read(&path) {
                    Ok(bytes) => break bytes,
                    Err(cause) if attempt == READ_ATTEMPTS => return Err(UnreadableFile { path, cause }),
                    Err(cause) => {
                        tracing::warn!(path = %path.display(), %cause, attempt, "a file of the ledger could not be read: tried again");
                        attempt += 1;
                        disk.pause();
                    }
                }
            };
            files.insert(path, bytes);
        }
        Ok(Self(files))
    }

    /// Makes the folder what it was: other bytes are put back, other files removed.
    pub(super) fn restore(&self, folder: &Path, disk: &dyn LedgerDisk) -> io::Result<()> {
        for path in files_in(folder)? {
            if !self.0.contains_key(&path) {
                fs::remove_file(&path)?;
            }
        }
        for (path, bytes) in &self.0 {
            if fs::read(path).is_ok_and(|now| now == *bytes) {
                continue;
            }
            let mode = fs::metadata(path).map_or(0o600, |found| found.permissions().mode() & 0o777);
            whole_file::replace_on(disk, path, mode, bytes)?;
        }
        Ok(())
    }

    /// The bytes of all files.
    pub(super) fn contents(&self) -> impl Iterator<Item = &[u8]> {
        self.0.values().map(Vec::as_slice)
    }
}

fn files_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() { folders.push(entry.path()) } else { files.push(entry.path()) }
        }
    }
    Ok(files)
}
