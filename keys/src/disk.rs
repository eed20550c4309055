//! What is asked of the disk so that a write outlives a crash of the machine.
//!
//! A parameter of whatever must be durable: tests count what is asked for, and in which order, and let it fail.

use std::fs::{self, File};
use std::io;
use std::path::Path;

/// The folder that a file or a folder is in; the working directory for a bare name.
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The disk, as far as durability goes.
pub trait Disk: Send + Sync {
    /// Returns once the file's content is on the disk (fdatasync(2)).
    ///
    /// # Errors
    /// The system's own words; nobody knows what is on the disk then.
    fn sync_data(&self, file: &File) -> io::Result<()>;

    /// Returns once the file's content and what the system keeps about it are on the disk (fsync(2)).
    ///
    /// # Errors
    /// The system's own words; nobody knows what is on the disk then.
    fn sync_all(&self, file: &File) -> io::Result<()>;

    /// Returns once the names in a folder are on the disk.
    ///
    /// # Errors
    /// The system's own words; nobody knows what is on the disk then.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;

    /// Gives a file another name, in the place of whatever has it (rename(2)).
    ///
    /// # Errors
    /// The system's own words.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Gives a file a second name that nothing has yet (link(2)).
    ///
    /// # Errors
    /// `AlreadyExists`; `Unsupported` or `PermissionDenied` where the file system has no links; otherwise the system's own words.
    fn hard_link(&self, from: &Path, to: &Path) -> io::Result<()>;
}

/// The disk of this machine.
#[derive(Debug, Clone, Copy)]
pub struct RealDisk;

impl Disk for RealDisk {
    fn sync_data(&self, file: &File) -> io::Result<()> {
        file.sync_data()
    }

    fn sync_all(&self, file: &File) -> io::Result<()> {
        file.sync_all()
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        File::open(folder)?.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn hard_link(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::hard_link(from, to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// fsync(2): "fd is bound to a special file which does not support synchronization". So an error here proves that the system was asked.
    #[test]
    fn the_real_disk_asks_the_system_to_sync() {
        let path = Path::new("/dev/null");
        let file = File::open(path).unwrap();
        for asked in [RealDisk.sync_data(&file), RealDisk.sync_all(&file), RealDisk.sync_folder(path)] {
            assert_eq!(asked.unwrap_err().kind(), io::ErrorKind::InvalidInput);
        }
        let folder = tempfile::tempdir().unwrap();
        RealDisk.sync_folder(folder.path()).unwrap();
    }
}
