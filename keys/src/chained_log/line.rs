//! Lines: how they are read, hashed, and follow from each other.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};

use jiff::Timestamp;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::disk::{FilePart, LogDisk};
use super::{BEGINNING, Fault};
use crate::encoding::encode;
use crate::wire_time;

/// Longer than any line of ours; a longer one is not ours.
pub(super) const MAX_LINE_BYTES: u64 = 64 * 1024;

/// What stands next in a log.
pub(super) enum NextLine {
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

pub(super) fn read_line(reader: &mut impl BufRead) -> io::Result<NextLine> {
    let mut line = Vec::new();
    if reader.by_ref().take(MAX_LINE_BYTES).read_until(b'\n', &mut line)? == 0 {
        return Ok(NextLine::End);
    }
    if line.pop_if(|last| *last == b'\n').is_some() {
        return Ok(NextLine::Line(line));
    }
    if (line.len() as u64) < MAX_LINE_BYTES {
        return Ok(NextLine::CutShort);
    }
    let (mut hasher, mut bytes) = (Sha256::new(), 0);
    loop {
        bytes += line.len() as u64;
        let is_whole = line.pop_if(|last| *last == b'\n').is_some();
        hasher.update(&line);
        if is_whole {
            return Ok(NextLine::TooLong { hash: encode(&hasher.finalize()), bytes });
        }
        line.clear();
        if reader.by_ref().take(MAX_LINE_BYTES).read_until(b'\n', &mut line)? == 0 {
            return Ok(NextLine::CutShort);
        }
    }
}

/// The hash that the next line names as its `prev`: SHA-256 of the line without its line break, in base64url.
pub fn hash(line: &[u8]) -> String {
    encode(&Sha256::digest(line))
}

/// What the chain needs of a line.
#[derive(Deserialize)]
pub(super) struct Head<'a> {
    #[serde(borrow)]
    pub(super) prev: Cow<'a, str>,
    /// The name of the segment before this one, in the first line of a segment.
    #[serde(borrow, default)]
    pub(super) follows: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    at: Option<Cow<'a, str>>,
}

impl<'a> Head<'a> {
    pub(super) fn of(line: &'a [u8]) -> Option<Self> {
        serde_json::from_slice(line).ok()
    }

    /// When it was written, where it says so.
    pub(super) fn at(&self) -> Option<Timestamp> {
        self.at.as_ref().and_then(|at| wire_time::parse(at))
    }

    /// What is wrong with the first line of a segment. `before`: the name of the segment that was read before it, and its last hash; `None` where this is the
    /// earliest that there is.
    pub(super) fn fault_at_beginning(&self, before: Option<(&str, &str)>) -> Option<Fault> {
        let is_right = match (&self.follows, before) {
            (Some(follows), Some((name, hash))) if follows == name => self.prev == hash,
            // What it follows is not here: `audit verify` tells of a segment that is missing between two others.
            (Some(_), _) => true,
            (None, Some((_, hash))) => self.prev == hash,
            (None, None) => self.prev == BEGINNING,
        };
        (!is_right).then_some(Fault::DoesNotFollow)
    }
}

/// The lines of a part of a file, each with the position at which it begins, in bytes; those that are too long to be ours are left out, and so is what has no
/// line break.
pub fn lines<'a>(
    disk: &'a dyn LogDisk,
    file: &'a File,
    from: u64,
    to: u64,
) -> impl Iterator<Item = io::Result<(u64, Vec<u8>)>> + 'a {
    let mut reader = BufReader::with_capacity(64 * 1024, FilePart { disk, file, position: from, end: to });
    let mut position = from;
    std::iter::from_fn(move || {
        loop {
            let begins = position;
            match read_line(&mut reader) {
                Ok(NextLine::Line(line)) => {
                    position += line.len() as u64 + 1;
                    return Some(Ok((begins, line)));
                }
                Ok(NextLine::TooLong { bytes, .. }) => position += bytes,
                Ok(NextLine::End | NextLine::CutShort) => return None,
                Err(error) => return Some(Err(error)),
            }
        }
    })
}

/// The line that begins at this position, in bytes, without its line break; `None` where no line ends behind it.
///
/// # Errors
/// Where the file cannot be read.
pub fn line_at(disk: &dyn LogDisk, file: &File, position: u64) -> io::Result<Option<Vec<u8>>> {
    let part = FilePart { disk, file, position, end: position.saturating_add(MAX_LINE_BYTES) };
    match read_line(&mut BufReader::with_capacity(1024, part))? {
        NextLine::Line(line) => Ok(Some(line)),
        NextLine::TooLong { .. } | NextLine::End | NextLine::CutShort => Ok(None),
    }
}

/// Hashes a line with its line break, as it is read in pieces.
#[derive(Default)]
pub(super) struct LineHasher {
    hasher: Sha256,
    /// The last byte, which is not hashed where it is the line break.
    held: Option<u8>,
}

impl LineHasher {
    /// The line's hash; `None` where it does not end in a line break.
    pub(super) fn finish(self) -> Option<String> {
        (self.held == Some(b'\n')).then(|| encode(&self.hasher.finalize()))
    }
}

impl io::Write for LineHasher {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some((last, rest)) = bytes.split_last() {
            self.hasher.update(self.held.as_slice());
            self.hasher.update(rest);
            self.held = Some(*last);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
