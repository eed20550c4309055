//! A log of JSON lines, each with the hash of the line before (`prev`), so that a line changed, removed or slipped in afterwards shows.
//!
//! Several processes may append at once: each append holds the file's lock and first reads, and checks, what others have appended. What the chain cannot
//! show is that the newest lines were cut off, or that the last one was changed while nobody had the file open: for that, keep the last hash elsewhere.
//!
//! A log is one file or several: the first append of a later month begins a new segment beside the first file, whose first line names the segment before it
//! (`follows`) and its last hash. The former segment is never written to again.

mod cursor;
mod disk;
mod line;
mod segment;
mod tail;
mod verify;

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use thiserror::Error;

pub use self::cursor::LinePlace;
use self::cursor::{Cursor, ReadEnd};
use self::disk::FilePart;
pub use self::disk::LogDisk;
use self::line::MAX_LINE_BYTES;
pub use self::line::{hash, line_at, lines};
use self::segment::Month;
pub use self::segment::{Segment, first_segment_of, segments};
pub use self::tail::Since;
use self::tail::{BackwardSearch, end_of_lines, last_line};
pub use self::verify::{ChainError, Consistent, Follows, SegmentJoint, SegmentRun, verify, verify_file};
use crate::disk::{RealDisk, folder_of};

/// The `prev` of the first line.
pub const BEGINNING: &str = "beginning";

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
    /// Takes one whole line, without its line break.
    fn line(&mut self, place: &LinePlace<'_>, line: &str);
}

impl<F: FnMut(&str)> OnLine for F {
    fn line(&mut self, _place: &LinePlace<'_>, line: &str) {
        self(line);
    }
}

/// One process's handle on a log.
#[derive(Debug)]
pub struct ChainedLog {
    /// The first segment, whether it is there or not.
    base: PathBuf,
    /// The one that this handle has open.
    segment: Segment,
    file: File,
    disk: Arc<dyn LogDisk>,
    patience: Duration,
    since: Since,
    cursor: Cursor,
    /// Whether anything has been read.
    has_read: bool,
}

/// Up to where a handle has read: what stands before it is on disk for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// In which segment.
    pub segment: Segment,
    /// In bytes, behind a line break.
    pub position: u64,
}

impl ChainedLog {
    /// Opens a log, or begins one (mode 0600, its folder created), without reading it: the first [`ChainedLog::lock`] does.
    ///
    /// # Errors
    /// `File`.
    pub fn open(path: &Path) -> Result<Self, LogError> {
        Self::open_on(Arc::new(RealDisk), path)
    }

    /// Opens a log on a disk of the caller's.
    ///
    /// # Errors
    /// `File`.
    pub fn open_on(disk: Arc<dyn LogDisk>, path: &Path) -> Result<Self, LogError> {
        let open = || -> io::Result<(Segment, File)> {
            DirBuilder::new().recursive(true).mode(0o700).create(folder_of(path))?;
            if let Some(newest) = segments(path)?.pop() {
                let file = open_segment(&newest.path)?;
                return Ok((newest, file));
            }
            let file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)?;
            disk.sync_folder(folder_of(path))?;
            Ok((Segment::first(path), file))
        };
        let (segment, file) = open().map_err(|cause| LogError::File { path: path.to_owned(), cause })?;
        let (base, patience, since) = (path.to_owned(), LOCK_PATIENCE, Since::Beginning);
        let (cursor, has_read) = (Cursor::default(), false);
        Ok(Self { base, segment, file, disk, patience, since, cursor, has_read })
    }

    /// Begins again: the next [`ChainedLog::lock`] reads, hands out and checks everything from there on.
    pub fn rewind(&mut self, since: Since) {
        (self.since, self.cursor, self.has_read) = (since, Cursor::default(), false);
    }

    /// From now on the file's lock is waited for no longer than this.
    pub fn set_patience(&mut self, patience: Duration) {
        self.patience = patience;
    }

    /// The first line that does not follow from the one before it, of those that have been read. Lines behind it are read and appended all the same.
    pub fn broken(&self) -> Option<&Break> {
        self.broken_in().map(|(_, broken)| broken)
    }

    /// The first line that does not follow from the one before it, and its segment.
    pub fn broken_in(&self) -> Option<(&Path, &Break)> {
        self.cursor.broken.as_ref().map(|(segment, broken)| (&**segment, broken))
    }

    /// Up to where this handle has read.
    pub fn reach(&self) -> Reach {
        Reach { segment: self.segment.clone(), position: self.cursor.position }
    }

    /// Takes the lock, waiting for other processes as long as this handle's patience lasts, and reads what they have appended since. A line that was cut short by
    /// a crash is moved aside to a file of its own, so that nothing is lost and the chain goes on. Blocks.
    ///
    /// # Errors
    /// `File`, `Moved`, `Changed`, `Locked`.
    pub fn lock(&mut self, on_line: &mut impl OnLine) -> Result<Appender<'_>, LogError> {
        if !self.has_read {
            self.read_first(on_line)?;
        }
        self.wait_for_lock()?;
        let mut appender = Appender { log: self };
        appender.catch_up(on_line)?;
        Ok(appender)
    }

    /// Reads for the first time. Others go on appending meanwhile: the lock is held no longer than it takes to learn what is on disk for good.
    fn read_first(&mut self, on_line: &mut impl OnLine) -> Result<(), LogError> {
        let end = loop {
            self.wait_for_lock()?;
            let appender = Appender { log: self };
            match appender.log.later_segment()? {
                Some(_) => {
                    drop(appender);
                    let newest = segments(&self.base).map_err(|cause| self.error(cause))?.pop();
                    if let Some(newest) = newest {
                        self.open_next(newest)?;
                    }
                }
                None => {
                    appender.check_still_there()?;
                    break appender.log.length()?;
                }
            }
        };
        self.cursor = self.read_from_since(end, on_line).map_err(|cause| self.error(cause))?;
        self.has_read = true;
        Ok(())
    }

    fn read_from_since(&self, length: u64, on_line: &mut impl OnLine) -> io::Result<Cursor> {
        let disk = &*self.disk;
        let mut former: Vec<_> = segments(&self.base)?;
        former.retain(|found| found.ordinal() < self.segment.ordinal());
        // The newest first, each with where its last line ends; only as many as are needed.
        let mut parts =
            vec![(self.segment.clone(), self.file.try_clone()?, end_of_lines(disk, &self.file, length)?)];
        let (first, position) = if self.since == Since::Beginning {
            while open_former(disk, &mut former, &mut parts)? {}
            (parts.len() - 1, 0)
        } else {
            let mut search = BackwardSearch::new(self.since);
            while let Some((_, file, end)) = parts.last()
                && !search.look_through(disk, file, *end, parts.len() - 1)?
                && open_former(disk, &mut former, &mut parts)?
            {}
            search.earliest.unwrap_or_else(|| (0, parts[0].2))
        };

        let mut cursor = Cursor::at(position);
        // What the first line must follow from.
        let mut index = first;
        loop {
            let (segment, file, end) = &parts[index];
            let end = if index == first { position } else { *end };
            if let Some((begins, hash, at)) = last_line(disk, file, end)? {
                (cursor.last_hash, cursor.last_at) = (Some(hash), at);
                if index == first {
                    cursor.last_line = Some(begins);
                } else {
                    cursor.before = Some(segment.name());
                }
                break;
            }
            index += 1;
            if index == parts.len() && !open_former(disk, &mut former, &mut parts)? {
                break;
            }
        }
        for index in (0..=first).rev() {
            if index < first {
                cursor.begin_segment(&parts[index + 1].0);
            }
            let (segment, file, end) = &parts[index];
            cursor.read(disk, segment, file, *end, on_line)?;
        }
        Ok(cursor)
    }

    /// Goes on to another segment; the lock of the former one is let go.
    fn open_next(&mut self, segment: Segment) -> Result<(), LogError> {
        let opened = open_segment(&segment.path);
        self.file = opened.map_err(|cause| LogError::File { path: segment.path.clone(), cause })?;
        self.segment = segment;
        Ok(())
    }

    fn wait_for_lock(&self) -> Result<(), LogError> {
        match wait_for(self.patience, || self.file.try_lock()) {
            Ok(true) => Ok(()),
            Ok(false) => Err(LogError::Locked { path: self.segment.path.clone(), waited: self.patience }),
            Err(cause) => Err(self.error(cause)),
        }
    }

    /// The segment that follows the one that is open, where there is one: nobody appends to this one any more. To be asked while the lock is held.
    fn later_segment(&self) -> Result<Option<Segment>, LogError> {
        let present = segments(&self.base).map_err(|cause| self.error(cause))?;
        Ok(present.into_iter().find(|found| found.ordinal() > self.segment.ordinal()))
    }

    fn length(&self) -> Result<u64, LogError> {
        Ok(self.file.metadata().map_err(|cause| self.error(cause))?.len())
    }

    fn error(&self, cause: io::Error) -> LogError {
        LogError::File { path: self.segment.path.clone(), cause }
    }
}

/// A log whose lock is held.
#[derive(Debug)]
pub struct Appender<'a> {
    log: &'a mut ChainedLog,
}

impl Appender<'_> {
    fn check_still_there(&self) -> Result<(), LogError> {
        let moved = || LogError::Moved { path: self.log.segment.path.clone() };
        let ours = self.log.file.metadata().map_err(|cause| self.log.error(cause))?;
        let there = fs::metadata(&self.log.segment.path).map_err(|_| moved())?;
        if (ours.dev(), ours.ino()) == (there.dev(), there.ino()) { Ok(()) } else { Err(moved()) }
    }

    /// What this handle has read last must still stand there: a file that was emptied may have grown past its old size since.
    fn check_last_line(&self) -> Result<(), LogError> {
        let ChainedLog { segment, file, disk, cursor, .. } = &*self.log;
        let Some(begins) = cursor.last_line else { return Ok(()) };
        let still_stands = || -> io::Result<bool> {
            let mut part = FilePart { disk: &**disk, file, position: begins, end: cursor.position };
            let mut hasher = line::LineHasher::default();
            io::copy(&mut part, &mut hasher)?;
            Ok(part.position == cursor.position && hasher.finish() == cursor.last_hash)
        };
        match still_stands() {
            Ok(true) => Ok(()),
            Ok(false) => Err(LogError::Changed { path: segment.path.clone() }),
            Err(cause) => Err(self.log.error(cause)),
        }
    }

    /// Reads what others have appended, on to the segment that is appended to now.
    fn catch_up(&mut self, on_line: &mut impl OnLine) -> Result<(), LogError> {
        while let Some(next) = self.log.later_segment()? {
            // Nobody writes to this one any more, and it may have been moved away: it is read to its end all the same.
            self.check_last_line()?;
            self.read_on(on_line)?;
            let former = self.log.segment.clone();
            self.log.open_next(next)?;
            self.log.cursor.begin_segment(&former);
            self.log.wait_for_lock()?;
        }
        self.check_still_there()?;
        self.check_last_line()?;
        if self.read_on(on_line)? == ReadEnd::End {
            return Ok(());
        }
        // Cut short by a crash: nobody else writes while we hold the lock.
        let ChainedLog { segment, file, disk, cursor, .. } = &*self.log;
        let moved = move_aside(&**disk, &segment.path, file, cursor.position)
            .and_then(|()| disk.cut_off(&segment.path, file, cursor.position))
            .and_then(|()| disk.sync_data(&segment.path, file));
        moved.map_err(|cause| self.log.error(cause))
    }

    fn read_on(&mut self, on_line: &mut impl OnLine) -> Result<ReadEnd, LogError> {
        let ChainedLog { segment, file, disk, cursor, .. } = &mut *self.log;
        let read = cursor.read(&**disk, segment, file, u64::MAX, on_line);
        read.map_err(|cause| self.log.error(cause))
    }

    /// The first line that does not follow from the one before it, and in which segment it stands.
    pub fn broken_in(&self) -> Option<(&Path, &Break)> {
        self.log.broken_in()
    }

    /// The first line that does not follow from the one before it.
    pub fn broken(&self) -> Option<&Break> {
        self.log.broken()
    }

    /// Where the last line stands that was read or appended.
    pub fn last_line(&self) -> LinePlace<'_> {
        self.log.cursor.last_place(&self.log.segment)
    }

    /// Whether a line could be appended now: writes as much as a long one to the disk and takes it away again.
    ///
    /// # Errors
    /// `File`.
    pub fn try_out(&mut self) -> Result<(), LogError> {
        let ChainedLog { segment, file, disk, cursor, .. } = &*self.log;
        let written = disk
            .append(&segment.path, file, &[b' '; 4096])
            .and_then(|()| disk.sync_data(&segment.path, file));
        let taken_away = disk.cut_off(&segment.path, file, cursor.position);
        written.and(taken_away).map_err(|cause| self.log.error(cause))
    }

    /// Appends one event as a line and returns when it is on disk. Where that fails, nothing of it stays. The first line of a later month than that of the lines
    /// before, by `now`, begins a segment of its own.
    ///
    /// # Errors
    /// `File`.
    pub fn append(&mut self, event: &impl Serialize, now: Timestamp) -> Result<(), LogError> {
        let log = &mut *self.log;
        let cursor = &log.cursor;
        let month = Month::of(now);
        let is_of = log.segment.month.or_else(|| cursor.last_at.map(Month::of));
        let begins_segment = cursor.position > 0 && is_of.is_some_and(|is_of| month > is_of);
        let name = log.segment.name();
        let follows = if begins_segment { Some(&*name) } else { cursor.follows(&log.segment) };
        let prev = cursor.last_hash.as_deref().unwrap_or(BEGINNING);
        let mut line = write_line(event, prev, follows).map_err(|cause| log.error(cause))?;
        let written = if begins_segment { log.begin_segment(month, &line) } else { log.append(&line) };
        written.map_err(|cause| log.error(cause))?;
        line.pop();
        log.cursor.take_in(&log.segment, &line);
        Ok(())
    }
}

impl ChainedLog {
    fn append(&self, line: &[u8]) -> io::Result<()> {
        let Self { segment, file, disk, cursor, .. } = self;
        let written =
            disk.append(&segment.path, file, line).and_then(|()| disk.sync_data(&segment.path, file));
        if written.is_err() {
            // Best effort: where even this fails, the next lock moves the torn line aside.
            let _ = disk.cut_off(&segment.path, file, cursor.position);
        }
        written
    }

    /// Begins the segment of a month with its first line. It gets its name once that line is on disk, so that there is never one without a line; and it is locked
    /// before it has its name, so that nobody comes in between.
    fn begin_segment(&mut self, month: Month, line: &[u8]) -> io::Result<()> {
        let next = Segment::of_month(&self.base, month);
        let unfinished = next.path.with_file_name(format!("{}.new", next.name()));
        // A crash has left it: whoever holds the lock is the only one that writes one.
        match fs::remove_file(&unfinished) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let file =
            OpenOptions::new().read(true).append(true).create_new(true).mode(0o600).open(&unfinished)?;
        let begun = file
            .lock()
            .and_then(|()| self.disk.append(&unfinished, &file, line))
            .and_then(|()| self.disk.sync_data(&unfinished, &file))
            .and_then(|()| self.disk.rename(&unfinished, &next.path))
            .and_then(|()| self.disk.sync_folder(folder_of(&next.path)));
        if let Err(cause) = begun {
            // Best effort, as with a line that cannot be written.
            let _ = fs::remove_file(&unfinished);
            let _ = fs::remove_file(&next.path);
            return Err(cause);
        }
        self.cursor.begin_segment(&self.segment);
        (self.segment, self.file) = (next, file);
        Ok(())
    }
}

impl Drop for Appender<'_> {
    fn drop(&mut self) {
        let _ = self.log.file.unlock();
    }
}

fn write_line(event: &impl Serialize, prev: &str, follows: Option<&str>) -> io::Result<Vec<u8>> {
    #[derive(Serialize)]
    struct Line<'a, T> {
        #[serde(flatten)]
        event: &'a T,
        prev: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        follows: Option<&'a str>,
    }
    let mut line = serde_json::to_vec(&Line { event, prev, follows })?;
    if line.len() as u64 >= MAX_LINE_BYTES {
        let text = "the line would be longer than any line of ours";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
    }
    line.push(b'\n');
    Ok(line)
}

/// Opens a segment that is there, to append to it.
fn open_segment(path: &Path) -> io::Result<File> {
    regular(OpenOptions::new().read(true).append(true).open(path)?)
}

/// Adds the next older segment, of those that have not been moved away meanwhile; `false` where there is none.
fn open_former(
    disk: &dyn LogDisk,
    former: &mut Vec<Segment>,
    parts: &mut Vec<(Segment, File, u64)>,
) -> io::Result<bool> {
    while let Some(segment) = former.pop() {
        let file = match File::open(&segment.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            opened => regular(opened?)?,
        };
        let end = end_of_lines(disk, &file, file.metadata()?.len())?;
        parts.push((segment, file, end));
        return Ok(true);
    }
    Ok(false)
}

fn regular(file: File) -> io::Result<File> {
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"))
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
fn move_aside(disk: &dyn LogDisk, path: &Path, file: &File, position: u64) -> io::Result<()> {
    let mut number = 1;
    let (name, aside) = loop {
        let mut name = path.to_owned().into_os_string();
        name.push(format!(".torn-at-{position}"));
        if number > 1 {
            name.push(format!("-{number}"));
        }
        let name = PathBuf::from(name);
        match OpenOptions::new().append(true).create_new(true).mode(0o600).open(&name) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            opened => break (name, opened?),
        }
    };
    let mut part = FilePart { disk, file, position, end: u64::MAX };
    let mut torn = Vec::new();
    while part.by_ref().take(MAX_LINE_BYTES).read_to_end(&mut torn)? > 0 {
        disk.append(&name, &aside, &torn)?;
        torn.clear();
    }
    disk.sync_data(&name, &aside)?;
    disk.sync_folder(folder_of(path))
}
