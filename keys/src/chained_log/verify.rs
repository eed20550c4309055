//! The check of whole files, of which no process needs to be told.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::Path;
use std::sync::OnceLock;

use thiserror::Error;

use super::cursor::LinePlace;
use super::line::{Head, NextLine, hash, read_line};
use super::segment::first_segment_of;
use super::{Break, Fault, LOCK_PATIENCE, OnLine, wait_for};

/// What a check of a whole file found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consistent {
    /// How many lines there are.
    pub lines: u64,
    /// The hash of the last one: kept elsewhere, it shows later that nothing was cut off.
    pub last_hash: String,
    /// What its first line follows from; absent where a log begins here.
    pub follows: Option<Follows>,
}

/// What a segment follows from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Follows {
    /// The file name of the segment before it.
    pub name: String,
    /// The hash of that segment's last line.
    pub hash: String,
}

/// What a file is to the one that was checked before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SegmentJoint {
    /// A log begins with it.
    Begins,
    /// It follows from the one before it.
    Follows,
    /// It follows from a segment of this name, which was not among the files before it: the run begins here.
    RunBegins(String),
    /// The segment of this name is missing between the two.
    Missing(String),
    /// It does not follow from the one before it, which has this name.
    DoesNotFollow(String),
}

/// Several files that are checked one after the other, each in its place among the segments of its log.
#[derive(Debug, Default)]
pub struct SegmentRun {
    /// The name and the last hash of the file before.
    before: Option<(String, String)>,
}

impl SegmentRun {
    /// Takes in the next file.
    pub fn join(&mut self, name: &str, found: &Consistent) -> SegmentJoint {
        let before = self.before.replace((name.to_owned(), found.last_hash.clone()));
        let is_of_one_log = |one: &str, other: &str| first_segment_of(one).0 == first_segment_of(other).0;
        match (&found.follows, before) {
            (None, Some((before, _))) if is_of_one_log(&before, name) => SegmentJoint::DoesNotFollow(before),
            (None, _) => SegmentJoint::Begins,
            (Some(follows), None) => SegmentJoint::RunBegins(follows.name.clone()),
            (Some(follows), Some((_, hash))) if follows.hash == hash => SegmentJoint::Follows,
            (Some(follows), Some((before, _))) if follows.name == before => {
                SegmentJoint::DoesNotFollow(before)
            }
            (Some(follows), Some((before, _))) if is_of_one_log(&follows.name, &before) => {
                SegmentJoint::Missing(follows.name.clone())
            }
            (Some(follows), Some(_)) => SegmentJoint::RunBegins(follows.name.clone()),
        }
    }

    /// Nothing is known of what stands before the next file.
    pub fn begin_again(&mut self) {
        self.before = None;
    }
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
    verify_named(path, BufReader::new(file.take(length)), on_line)
}

/// Checks that each line follows from the one before it, and hands each of them out.
///
/// # Errors
/// The first place where it does not.
pub fn verify(reader: impl BufRead, on_line: &mut impl OnLine) -> Result<Consistent, ChainError> {
    verify_named(Path::new(""), reader, on_line)
}

fn verify_named(
    segment: &Path,
    mut reader: impl BufRead,
    on_line: &mut impl OnLine,
) -> Result<Consistent, ChainError> {
    let mut found = Consistent { lines: 0, last_hash: super::BEGINNING.to_owned(), follows: None };
    let (mut position, lines_before) = (0, OnceLock::new());
    loop {
        let number = found.lines + 1;
        let broken = |fault| ChainError::Broken(Break { line: number, fault });
        let line = match read_line(&mut reader)? {
            NextLine::Line(line) => line,
            NextLine::TooLong { .. } => return Err(broken(Fault::NotALine)),
            NextLine::End => return Ok(found),
            NextLine::CutShort => return Err(ChainError::Torn { line: number }),
        };
        let head = Head::of(&line).ok_or_else(|| broken(Fault::NotALine))?;
        if number == 1 {
            if let Some(fault) = head.fault_at_beginning(None) {
                return Err(broken(fault));
            }
            let follows = head.follows.as_deref();
            found.follows =
                follows.map(|name| Follows { name: name.to_owned(), hash: head.prev.clone().into_owned() });
        } else if head.prev != found.last_hash {
            return Err(broken(Fault::DoesNotFollow));
        }
        (found.lines, found.last_hash) = (number, hash(&line));
        let place = LinePlace { segment, position, lines: number, start: 0, lines_before: &lines_before };
        on_line.line(&place, &String::from_utf8_lossy(&line));
        position += line.len() as u64 + 1;
    }
}
