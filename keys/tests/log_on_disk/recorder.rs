use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use reset_link_keys::chained_log::LogDisk;
use reset_link_keys::disk::RealDisk;

/// A disk that writes down what was asked of it.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    asked: Mutex<Vec<String>>,
    /// What begins so fails.
    failing: Mutex<Option<String>>,
    read: AtomicU64,
}

impl Recorder {
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    /// What was asked since the last call, reading aside.
    pub(crate) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    /// From now on this fails, and is not done.
    pub(crate) fn fails(&self, what: Option<&str>) {
        *self.failing.lock().unwrap() = what.map(str::to_owned);
    }

    /// How many bytes have been read.
    pub(crate) fn bytes_read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    fn note(&self, what: String) -> io::Result<()> {
        let fails = self.failing.lock().unwrap().as_ref().is_some_and(|failing| what.starts_with(failing));
        self.asked.lock().unwrap().push(what);
        if fails { Err(io::Error::other("as the test wants it")) } else { Ok(()) }
    }
}

fn name(path: &Path) -> &str {
    path.file_name().unwrap().to_str().unwrap()
}

impl LogDisk for Recorder {
    fn read_at(&self, file: &File, buffer: &mut [u8], position: u64) -> io::Result<usize> {
        let read = RealDisk.read_at(file, buffer, position)?;
        self.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }

    fn append(&self, path: &Path, file: &File, bytes: &[u8]) -> io::Result<()> {
        self.note(format!("append {}", name(path)))?;
        RealDisk.append(path, file, bytes)
    }

    fn sync_data(&self, path: &Path, file: &File) -> io::Result<()> {
        self.note(format!("sync {}", name(path)))?;
        RealDisk.sync_data(path, file)
    }

    fn cut_off(&self, path: &Path, file: &File, length: u64) -> io::Result<()> {
        self.note(format!("cut off {} at {length}", name(path)))?;
        RealDisk.cut_off(path, file, length)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.note(format!("rename {} {}", name(from), name(to)))?;
        RealDisk.rename(from, to)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.note("sync folder".to_owned())?;
        RealDisk.sync_folder(folder)
    }
}
