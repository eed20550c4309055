//! A log of JSON lines, each with the hash of the line before (`prev`), so that a line changed, removed or slipped in afterwards shows.
//!
//! Several processes may append at once: each append holds the file's lock and first reads, and checks, what others have appended. What the chain cannot
//! show is that the newest lines were cut off, or that the last one was changed while nobody had the file open: for that, keep the last hash elsewhere.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::encoding::encode;

/// The `prev` of the first line.
pub const BEGINNING: &str = "beginning";

/// Longer than any line of ours; a longer one is not ours.
const MAX_LINE_BYTES: u64 = 64 * 1024;

/// How long the file's lock is waited for, unless told otherwise. An append holds it for the time of one fsync.
pub const LOCK_PATIENCE: Duration = Duration::from_secs(10);

/// How long to sleep between two tries to take the lock: from the first to the longest, doubling.
const FIRST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

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
    /// Somebody emptied the file (as `copytruncate` does), or changed its last line, while we were writing to it.
    #[error(
        "{}: emptied or changed while in use: the line that stood last is not there any more; keep a copy of the file, move it away, and restart to begin a new one",
        path.display()
    )]
    Changed {
        /// Which file.
        path: PathBuf,
    },
    /// Another process did not let go of the file's lock.
    #[error(
        "{}: another process has held the file's lock for {} seconds; find it with `fuser` or `lsof` and end it",
        path.display(),
        waited.as_secs()
    )]
    Locked {
        /// Which file.
        path: PathBuf,
        /// How long the lock was waited for.
        waited: Duration,
    },
}

/// The first line that does not follow from what stands before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Break {
    /// Counted from 1.
    pub line: u64,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What is wrong with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Fault {
    /// The line's `prev` is not the hash of the line before it.
    #[error(
        "does not follow from the line before it: one of the two was changed, or lines were removed, added or reordered here"
    )]
    DoesNotFollow,
    /// The line is not one of ours at all.
    #[error("not a line of this log")]
    NotALine,
}

/// What catching up hands out: lines that this handle has not seen yet.
pub trait OnLine {
    /// Takes one whole line, without its line break; `number` counts from 1.
    fn line(&mut self, number: u64, line: &str);
}

impl<F: FnMut(&str)> OnLine for F {
    fn line(&mut self, _number: u64, line: &str) {
        self(line);
    }
}

/// One process's handle on a log.
#[derive(Debug)]
pub struct ChainedLog {
    path: PathBuf,
    file: File,
    patience: Duration,
    end: End,
}

/// Up to where a handle has read, and what it has seen.
#[derive(Debug, Clone)]
struct End {
    /// Always behind a line break.
    position: u64,
    /// Where the last line begins.
    last_line: u64,
    last_hash: String,
    lines: u64,
    broken: Option<Break>,
}

impl Default for End {
    fn default() -> Self {
        Self { position: 0, last_line: 0, last_hash: BEGINNING.to_owned(), lines: 0, broken: None }
    }
}

impl End {
    /// Takes in a line and its line break; a line that does not follow is remembered, and those behind it follow from it.
    fn take_in(&mut self, line: &[u8], bytes: u64) {
        let hash = hash(line);
        self.take_in_hashed(hash, bytes, fault(line, &self.last_hash));
    }

    fn take_in_hashed(&mut self, hash: String, bytes: u64, fault: Option<Fault>) {
        self.lines += 1;
        self.last_line = self.position;
        self.position += bytes;
        self.last_hash = hash;
        if self.broken.is_none() {
            self.broken = fault.map(|fault| Break { line: self.lines, fault });
        }
    }
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
                sync_folder_of(path)?;
            }
            Ok(file)
        };
        let file = open().map_err(|cause| LogError::File { path: path.to_owned(), cause })?;
        Ok(Self { path: path.to_owned(), file, patience: LOCK_PATIENCE, end: End::default() })
    }

    /// Begins again at the first line: the next `lock` reads everything.
    pub fn rewind(&mut self) {
        self.end = End::default();
    }

    /// From now on the file's lock is waited for no longer than this.
    pub fn set_patience(&mut self, patience: Duration) {
        self.patience = patience;
    }

    /// The first line that does not follow from the one before it, of those that have been read. Lines behind it are read and appended all the same.
    pub fn broken(&self) -> Option<&Break> {
        self.end.broken.as_ref()
    }

    /// Where the log is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Takes the file's lock, waiting for other processes as long as this handle's patience lasts, and reads what they have appended since. A line that was
    /// cut short by a crash is moved aside to a file of its own, so that nothing is lost and the chain goes on. Blocks.
    ///
    /// # Errors
    /// `File`, `Moved`, `Changed`, `Locked`.
    pub fn lock(&mut self, on_line: &mut impl OnLine) -> Result<Appender<'_>, LogError> {
        match wait_for(self.patience, || self.file.try_lock()) {
            Ok(true) => {}
            Ok(false) => {
                return Err(LogError::Locked { path: self.path.clone(), waited: self.patience });
            }
            Err(cause) => return Err(self.error(cause)),
        }
        let mut appender = Appender { log: self };
        appender.check_still_there()?;
        appender.check_last_line()?;
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
        if (ours.dev(), ours.ino()) == (there.dev(), there.ino()) { Ok(()) } else { Err(moved()) }
    }

    /// What this handle has read last must still stand there: a file that was emptied may have grown past its old size since.
    fn check_last_line(&self) -> Result<(), LogError> {
        let ChainedLog { path, file, end, .. } = &*self.log;
        if end.lines == 0 {
            return Ok(());
        }
        let mut hasher = Sha256::new();
        let (mut at, text_ends) = (end.last_line, end.position - 1);
        let mut buffer = [0; 8 * 1024];
        let mut still_stands = || -> io::Result<bool> {
            while at < text_ends {
                let wanted =
                    usize::try_from(text_ends - at).map_or(buffer.len(), |left| left.min(buffer.len()));
                let read = file.read_at(&mut buffer[..wanted], at)?;
                if read == 0 {
                    return Ok(false);
                }
                hasher.update(&buffer[..read]);
                at += read as u64;
            }
            let has_break = file.read_at(&mut buffer[..1], text_ends)? == 1 && buffer[0] == b'\n';
            Ok(has_break && encode(&std::mem::take(&mut hasher).finalize()) == end.last_hash)
        };
        match still_stands() {
            Ok(true) => Ok(()),
            Ok(false) => Err(LogError::Changed { path: path.clone() }),
            Err(cause) => Err(self.log.error(cause)),
        }
    }

    fn catch_up(&mut self, on_line: &mut impl OnLine) -> Result<(), LogError> {
        let log = &mut *self.log;
        let result = (|| -> io::Result<()> {
            log.file.seek(SeekFrom::Start(log.end.position))?;
            let mut reader = BufReader::new(&log.file);
            loop {
                match read_line(&mut reader)? {
                    Read::Line(line) => {
                        log.end.take_in(&line, line.len() as u64 + 1);
                        on_line.line(log.end.lines, &String::from_utf8_lossy(&line));
                    }
                    Read::TooLong { hash, bytes } => {
                        log.end.take_in_hashed(hash, bytes, Some(Fault::NotALine));
                    }
                    Read::End => return Ok(()),
                    Read::CutShort => break,
                }
            }
            // Cut short by a crash: nobody else writes while we hold the lock.
            move_aside(&log.path, &log.file, log.end.position)?;
            log.file.set_len(log.end.position)?;
            log.file.sync_all()
        })();
        result.map_err(|cause| log.error(cause))
    }

    /// The first line that does not follow from the one before it.
    pub fn broken(&self) -> Option<&Break> {
        self.log.broken()
    }

    /// How many lines there are.
    pub fn lines(&self) -> u64 {
        self.log.end.lines
    }

    /// Whether a line could be appended now: writes as much as a long one to the disk and takes it away again.
    ///
    /// # Errors
    /// `File`.
    pub fn try_out(&mut self) -> Result<(), LogError> {
        let log = &mut *self.log;
        let written = log.file.write_all(&[b' '; 4096]).and_then(|()| log.file.sync_data());
        let taken_away = log.file.set_len(log.end.position);
        written.and(taken_away).map_err(|cause| log.error(cause))
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
        let mut line = serde_json::to_vec(&Line { event, prev: &log.end.last_hash })
            .map_err(|error| log.error(error.into()))?;
        if line.len() as u64 >= MAX_LINE_BYTES {
            return Err(log.error(io::Error::new(
                io::ErrorKind::InvalidInput,
                "the line would be longer than any line of ours",
            )));
        }
        line.push(b'\n');
        if let Err(cause) = log.file.write_all(&line).and_then(|()| log.file.sync_data()) {
            // Best effort: where even this fails, the next lock moves the torn line aside.
            let _ = log.file.set_len(log.end.position);
            return Err(log.error(cause));
        }
        let bytes = line.len() as u64;
        line.pop();
        log.end.take_in(&line, bytes);
        Ok(())
    }
}

impl Drop for Appender<'_> {
    fn drop(&mut self) {
        let _ = self.log.file.unlock();
    }
}

/// Tries until it works (`true`), until the patience is over (`false`), or until it fails.
fn wait_for(patience: Duration, mut try_lock: impl FnMut() -> Result<(), TryLockError>) -> io::Result<bool> {
    let (mut waited, mut pause) = (Duration::ZERO, FIRST_PAUSE);
    loop {
        match try_lock() {
            Ok(()) => return Ok(true),
            Err(TryLockError::WouldBlock) if waited >= patience => return Ok(false),
            Err(TryLockError::WouldBlock) => {
                std::thread::sleep(pause);
                waited += pause;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            Err(TryLockError::Error(cause)) => return Err(cause),
        }
    }
}

/// Copies what stands behind `position` to a file of its own that was not there before: two lines may be cut short at one place.
fn move_aside(path: &Path, mut file: &File, position: u64) -> io::Result<()> {
    let mut number = 1;
    let mut aside = loop {
        let mut name = path.to_owned().into_os_string();
        name.push(format!(".torn-at-{position}"));
        if number > 1 {
            name.push(format!("-{number}"));
        }
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&name) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            opened => break opened?,
        }
    };
    file.seek(SeekFrom::Start(position))?;
    io::copy(&mut file, &mut aside)?;
    aside.sync_all()?;
    sync_folder_of(path)
}

fn sync_folder_of(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// What stands next in a log.
enum Read {
    /// A whole line, without its line break.
    Line(Vec<u8>),
    /// A whole line, longer than any of ours.
    TooLong {
        hash: String,
        /// With the line break.
        bytes: u64,
    },
    /// No more.
    End,
    /// Something without a line break.
    CutShort,
}

fn read_line(reader: &mut impl BufRead) -> io::Result<Read> {
    let mut line = Vec::new();
    if reader.by_ref().take(MAX_LINE_BYTES).read_until(b'\n', &mut line)? == 0 {
        return Ok(Read::End);
    }
    if line.pop_if(|last| *last == b'\n').is_some() {
        return Ok(Read::Line(line));
    }
    if (line.len() as u64) < MAX_LINE_BYTES {
        return Ok(Read::CutShort);
    }
    let (mut hasher, mut bytes) = (Sha256::new(), 0);
    loop {
        bytes += line.len() as u64;
        let is_whole = line.pop_if(|last| *last == b'\n').is_some();
        hasher.update(&line);
        if is_whole {
            return Ok(Read::TooLong { hash: encode(&hasher.finalize()), bytes });
        }
        line.clear();
        if reader.by_ref().take(MAX_LINE_BYTES).read_until(b'\n', &mut line)? == 0 {
            return Ok(Read::CutShort);
        }
    }
}

fn hash(line: &[u8]) -> String {
    encode(&Sha256::digest(line))
}

/// What is wrong with a line that should follow from one with this hash.
fn fault(line: &[u8], expected: &str) -> Option<Fault> {
    #[derive(Deserialize)]
    struct Link<'a> {
        #[serde(borrow)]
        prev: std::borrow::Cow<'a, str>,
    }
    match serde_json::from_slice::<Link<'_>>(line) {
        Ok(Link { prev }) if prev == expected => None,
        Ok(_) => Some(Fault::DoesNotFollow),
        Err(_) => Some(Fault::NotALine),
    }
}

/// What a check of a whole log found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consistent {
    /// How many lines there are.
    pub lines: u64,
    /// The hash of the last one: kept elsewhere, it shows later that nothing was cut off.
    pub last_hash: String,
}

/// Where a log is no longer what was written.
#[derive(Debug, Error)]
pub enum ChainError {
    /// A line does not follow from the one before it.
    #[error("line {}: {}", .0.line, .0.fault)]
    Broken(Break),
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

/// Checks a whole file, which other processes may go on writing to. Their appends wait for no more than a look at its length.
///
/// # Errors
/// The first place where a line does not follow from the one before it.
pub fn verify_file(path: &Path, on_line: &mut impl OnLine) -> Result<Consistent, ChainError> {
    let file = File::open(path)?;
    // Where the file system knows no locks, a line that is being written is taken for one that was cut short.
    if matches!(wait_for(LOCK_PATIENCE, || file.try_lock_shared()), Ok(false)) {
        let text =
            format!("another process has held the file's lock for {} seconds", LOCK_PATIENCE.as_secs());
        return Err(io::Error::new(io::ErrorKind::WouldBlock, text).into());
    }
    let length = file.metadata()?.len();
    let _ = file.unlock();
    verify(BufReader::new(file.take(length)), on_line)
}

/// Checks that each line follows from the one before it, and hands each of them out.
///
/// # Errors
/// The first place where it does not.
pub fn verify(mut reader: impl BufRead, on_line: &mut impl OnLine) -> Result<Consistent, ChainError> {
    let mut end = End::default();
    loop {
        match read_line(&mut reader)? {
            Read::Line(line) => {
                end.take_in(&line, line.len() as u64 + 1);
                if end.broken.is_none() {
                    on_line.line(end.lines, &String::from_utf8_lossy(&line));
                }
            }
            Read::TooLong { hash, bytes } => end.take_in_hashed(hash, bytes, Some(Fault::NotALine)),
            Read::End => return Ok(Consistent { lines: end.lines, last_hash: end.last_hash }),
            Read::CutShort => return Err(ChainError::Torn { line: end.lines + 1 }),
        }
        if let Some(broken) = end.broken {
            return Err(ChainError::Broken(broken));
        }
    }
}
