//! A log of JSON lines, each with the hash of the line before (`prev`), so that a line changed, removed or slipped in afterwards shows.
//!
//! Several processes may append at once: each append holds the file's lock and first reads what others have appended. What the chain cannot show is that
//! the newest lines were cut off: for that, keep the last hash elsewhere.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::encoding::encode;

/// The `prev` of the first line.
pub const BEGINNING: &str = "beginning";

/// Longer than any line of ours; a longer one is not ours.
const MAX_LINE_BYTES: u64 = 64 * 1024;

/// The log cannot be written; nothing that needs a line may happen.
#[derive(Debug, Error)]
pub enum LogError {
    /// The system said no (disk full, permissions …).
    #[error("{}: {cause}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// The system's own words.
        cause: io::Error,
    },
    /// Somebody moved or deleted the file while we were writing to it.
    #[error("{}: moved or deleted while in use; put it back, or restart to begin a new one", path.display())]
    Moved {
        /// Which file.
        path: PathBuf,
    },
}

/// What catching up hands out: lines that this handle has not seen yet.
pub trait OnLine {
    /// Takes one whole line, without its line break.
    fn line(&mut self, line: &str);
}

impl<F: FnMut(&str)> OnLine for F {
    fn line(&mut self, line: &str) {
        self(line);
    }
}

/// One process's handle on a log.
#[derive(Debug)]
pub struct ChainedLog {
    path: PathBuf,
    file: File,
    /// Up to where this handle has read; always behind a line break.
    position: u64,
    last_hash: String,
}

impl ChainedLog {
    /// Opens a log, or begins one (mode 0600, its folder created), without reading it: `Appender::catch_up` does.
    ///
    /// # Errors
    /// `File`.
    pub fn open(path: &Path) -> Result<Self, LogError> {
        let open = || -> io::Result<File> {
            if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
                DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
            }
            let is_new = !path.exists();
            let file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)?;
            if !file.metadata()?.is_file() {
                return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
            }
            if is_new {
                File::open(
                    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")),
                )?
                .sync_all()?;
            }
            Ok(file)
        };
        let file = open().map_err(|cause| LogError::File { path: path.to_owned(), cause })?;
        Ok(Self { path: path.to_owned(), file, position: 0, last_hash: BEGINNING.to_owned() })
    }

    /// Begins again at the first line: the next `lock` reads everything.
    pub fn rewind(&mut self) {
        self.position = 0;
        BEGINNING.clone_into(&mut self.last_hash);
    }

    /// Where the log is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Takes the file's lock, waiting for other processes, and reads what they have appended since. A line that was cut short by a crash is moved aside
    /// to a file of its own, so that nothing is lost and the chain goes on.
    ///
    /// # Errors
    /// `File`, `Moved`.
    pub fn lock(&mut self, on_line: &mut impl OnLine) -> Result<Appender<'_>, LogError> {
        self.file.lock().map_err(|cause| self.error(cause))?;
        let mut appender = Appender { log: self };
        appender.check_still_there()?;
        appender.catch_up(on_line)?;
        Ok(appender)
    }

    fn error(&self, cause: io::Error) -> LogError {
        LogError::File { path: self.path.clone(), cause }
    }
}

/// A log whose lock is held.
#[derive(Debug)]
pub struct Appender<'a> {
    log: &'a mut ChainedLog,
}

impl Appender<'_> {
    fn check_still_there(&self) -> Result<(), LogError> {
        let moved = || LogError::Moved { path: self.log.path.clone() };
        let ours = self.log.file.metadata().map_err(|cause| self.log.error(cause))?;
        let there = fs::metadata(&self.log.path).map_err(|_| moved())?;
        if (ours.dev(), ours.ino()) == (there.dev(), there.ino()) && ours.len() >= self.log.position {
            Ok(())
        } else {
            Err(moved())
        }
    }

    fn catch_up(&mut self, on_line: &mut impl OnLine) -> Result<(), LogError> {
        let log = &mut *self.log;
        let result = (|| -> io::Result<()> {
            log.file.seek(SeekFrom::Start(log.position))?;
            let mut reader = BufReader::new(&log.file);
            let mut line = Vec::new();
            loop {
                line.clear();
                let read = reader.read_until(b'\n', &mut line)?;
                if read == 0 {
                    return Ok(());
                }
                if line.pop_if(|last| *last == b'\n').is_none() {
                    break;
                }
                log.position += read as u64;
                log.last_hash = hash(&line);
                on_line.line(&String::from_utf8_lossy(&line));
            }
            // Cut short by a crash: nobody else writes while we hold the lock.
            let mut aside = log.path.clone().into_os_string();
            aside.push(format!(".torn-at-{}", log.position));
            let mut torn =
                OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&aside)?;
            torn.write_all(&line)?;
            torn.sync_all()?;
            log.file.set_len(log.position)?;
            log.file.sync_all()
        })();
        result.map_err(|cause| log.error(cause))
    }

    /// Appends one event as a line and returns when it is on disk. Where that fails, nothing of it stays.
    ///
    /// # Errors
    /// `File`.
    pub fn append(&mut self, event: &impl Serialize) -> Result<(), LogError> {
        #[derive(Serialize)]
        struct Line<'a, T> {
            #[serde(flatten)]
            event: &'a T,
            prev: &'a str,
        }
        let log = &mut *self.log;
        let mut line = serde_json::to_vec(&Line { event, prev: &log.last_hash })
            .map_err(|error| log.error(error.into()))?;
        if line.len() as u64 >= MAX_LINE_BYTES {
            return Err(log.error(io::Error::new(
                io::ErrorKind::InvalidInput,
                "the line would be longer than any line of ours",
            )));
        }
        let hash = hash(&line);
        line.push(b'\n');
        if let Err(cause) = log.file.write_all(&line).and_then(|()| log.file.sync_data()) {
            // Best effort: where even this fails, the next lock moves the torn line aside.
            let _ = log.file.set_len(log.position);
            return Err(log.error(cause));
        }
        log.position += line.len() as u64;
        log.last_hash = hash;
        Ok(())
    }
}

impl Drop for Appender<'_> {
    fn drop(&mut self) {
        let _ = self.log.file.unlock();
    }
}

fn hash(line: &[u8]) -> String {
    encode(&Sha256::digest(line))
}

/// What a check of a whole log found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intact {
    /// How many lines there are.
    pub lines: u64,
    /// The hash of the last one: kept elsewhere, it shows later that nothing was cut off.
    pub last_hash: String,
}

/// Where a log is no longer what was written.
#[derive(Debug, Error)]
pub enum ChainError {
    /// The line's `prev` is not the hash of the line before it.
    #[error(
        "line {line}: does not follow from the line before it: one of the two was changed, or lines were removed, added or reordered here"
    )]
    Broken {
        /// Counted from 1.
        line: u64,
    },
    /// The line is not one of ours at all.
    #[error("line {line}: not a line of this log")]
    NotALine {
        /// Counted from 1.
        line: u64,
    },
    /// The last line has no line break: a crash cut it short.
    #[error("line {line}: cut short (a crash while it was written, or something was cut off)")]
    Torn {
        /// Counted from 1.
        line: u64,
    },
    /// It cannot be read.
    #[error("cannot be read: {0}")]
    Read(#[from] io::Error),
}

/// Checks a whole file, while nobody writes to it.
///
/// # Errors
/// The first place where a line does not follow from the one before it.
pub fn verify_file(path: &Path) -> Result<Intact, ChainError> {
    let file = File::open(path)?;
    file.lock_shared()?;
    verify(BufReader::new(file))
}

/// Checks that each line follows from the one before it.
///
/// # Errors
/// The first place where it does not.
pub fn verify(mut reader: impl BufRead) -> Result<Intact, ChainError> {
    #[derive(Deserialize)]
    struct Link {
        prev: String,
    }
    let mut expected = BEGINNING.to_owned();
    let mut lines = 0;
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        if (&mut reader).take(MAX_LINE_BYTES).read_until(b'\n', &mut bytes)? == 0 {
            return Ok(Intact { lines, last_hash: expected });
        }
        let line = lines + 1;
        if bytes.pop_if(|last| *last == b'\n').is_none() {
            return Err(if bytes.len() as u64 >= MAX_LINE_BYTES {
                ChainError::NotALine { line }
            } else {
                ChainError::Torn { line }
            });
        }
        let Link { prev } = serde_json::from_slice(&bytes).map_err(|_| ChainError::NotALine { line })?;
        if prev != expected {
            return Err(ChainError::Broken { line });
        }
        expected = hash(&bytes);
        lines = line;
    }
}
