//! What a log asks of the disk. Durability hangs on what is asked, and in which order: tests put a disk in here that writes it down.

use std::fmt::Debug;
use std::fs::File;
use std::io::{self, Read, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use crate::disk::{Disk, RealDisk};

/// The disk as a log sees it.
pub trait LogDisk: Debug + Send + Sync {
    /// Reads at this position, in bytes; 0 behind the end.
    ///
    /// # Errors
    /// The system's own.
    fn read_at(&self, file: &File, buffer: &mut [u8], position: u64) -> io::Result<usize>;

    /// Writes all of it to a file that was opened for appending.
    ///
    /// # Errors
    /// The system's own; some of it may stand there then.
    fn append(&self, path: &Path, file: &File, bytes: &[u8]) -> io::Result<()>;

    /// Returns when what was written is on disk.
    ///
    /// # Errors
    /// The system's own; what was written may be lost then.
    fn sync_data(&self, path: &Path, file: &File) -> io::Result<()>;

    /// Cuts the file off at this length, in bytes.
    ///
    /// # Errors
    /// The system's own.
    fn cut_off(&self, path: &Path, file: &File, length: u64) -> io::Result<()>;

    /// Gives a file another name.
    ///
    /// # Errors
    /// The system's own.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Returns when the names in this folder are on disk.
    ///
    /// # Errors
    /// The system's own.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;
}

impl LogDisk for RealDisk {
    fn read_at(&self, file: &File, buffer: &mut [u8], position: u64) -> io::Result<usize> {
        file.read_at(buffer, position)
    }

    fn append(&self, _path: &Path, mut file: &File, bytes: &[u8]) -> io::Result<()> {
        file.write_all(bytes)
    }

    fn sync_data(&self, _path: &Path, file: &File) -> io::Result<()> {
        file.sync_data()
    }

    fn cut_off(&self, _path: &Path, file: &File, length: u64) -> io::Result<()> {
        file.set_len(length)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        Disk::rename(self, from, to)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        Disk::sync_folder(self, folder)
    }
}

/// A part of a file, read through a disk from one position up to another.
#[derive(Debug)]
pub(super) struct FilePart<'a> {
    pub(super) disk: &'a dyn LogDisk,
    pub(super) file: &'a File,
    pub(super) position: u64,
    pub(super) end: u64,
}

impl Read for FilePart<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end.saturating_sub(self.position)).unwrap_or(usize::MAX);
        let wanted = buffer.len().min(left);
        let read = self.disk.read_at(self.file, &mut buffer[..wanted], self.position)?;
        self.position += read as u64;
        Ok(read)
    }
}
