//! Where to begin to read a log of which only the newest part matters, found by reading backwards.

use std::fs::File;
use std::io::{self, Read as _};

use jiff::{SignedDuration, Timestamp};

use super::disk::{FilePart, LogDisk};
use super::line::{Head, MAX_LINE_BYTES, hash};

/// From where a handle reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// The first line that there is.
    Beginning,
    /// The earliest line of this time or later.
    Time(Timestamp),
    /// The earliest line that is older than the newest one by no more than this.
    BeforeNewest(SignedDuration),
}

/// So many older lines in a row end the search: a clock that was wrong for a few lines hides nothing.
pub(super) const OLDER_IN_A_ROW: u32 = 1000;

const BLOCK: u64 = 64 * 1024;

/// A search backwards through the segments of a log.
pub(super) struct BackwardSearch {
    since: Since,
    older: u32,
    /// The earliest line so far that is to be read: in which segment, and where it begins.
    pub(super) earliest: Option<(usize, u64)>,
}

impl BackwardSearch {
    pub(super) fn new(since: Since) -> Self {
        Self { since, older: 0, earliest: None }
    }

    /// Looks through one segment, up to where its last line ends; `true` where no earlier one needs to be looked at.
    pub(super) fn look_through(
        &mut self,
        disk: &dyn LogDisk,
        file: &File,
        end: u64,
        segment: usize,
    ) -> io::Result<bool> {
        let mut is_done = false;
        backwards(disk, file, end, &mut |begins, line| {
            let at = Head::of(line).and_then(|head| head.at());
            if let (Since::BeforeNewest(age), Some(at)) = (self.since, at) {
                self.since = at.checked_sub(age).map_or(Since::Beginning, Since::Time);
            }
            match (self.since, at) {
                (Since::Time(since), Some(at)) if at < since => self.older += 1,
                (Since::Time(_), Some(_)) | (Since::Beginning, _) => {
                    self.older = 0;
                    self.earliest = Some((segment, begins));
                }
                (_, None) | (Since::BeforeNewest(_), _) => {}
            }
            is_done = self.older >= OLDER_IN_A_ROW;
            !is_done
        })?;
        Ok(is_done)
    }
}

/// Hands out the lines before `end`, the last one first, each with the position at which it begins, for as long as `look` wants more. `end` is behind a line
/// break, or 0. What is too long to be a line of ours is handed out cut short.
pub(super) fn backwards(
    disk: &dyn LogDisk,
    file: &File,
    end: u64,
    look: &mut dyn FnMut(u64, &[u8]) -> bool,
) -> io::Result<()> {
    // What has been read and not been handed out: the bytes from `position` on.
    let (mut position, mut buffer) = (end, Vec::new());
    while position > 0 || !buffer.is_empty() {
        // Without the line break at its end.
        let text_ends = buffer.len().saturating_sub(1);
        let line_break = buffer[..text_ends].iter().rposition(|byte| *byte == b'\n');
        let is_whole = line_break.is_some() || position == 0;
        if is_whole && !buffer.is_empty() {
            let begins = line_break.map_or(0, |at| at + 1);
            if !look(position + begins as u64, &buffer[begins..text_ends]) {
                return Ok(());
            }
            buffer.truncate(begins);
            continue;
        }
        let wanted = BLOCK.min(position);
        let mut block = vec![0; usize::try_from(wanted).unwrap_or_default()];
        FilePart { disk, file, position: position - wanted, end: position }.read_exact(&mut block)?;
        position -= wanted;
        // Of a line that is far too long a part is let go: it is none of ours, and memory is bounded.
        let most = usize::try_from(2 * MAX_LINE_BYTES).unwrap_or(usize::MAX);
        if buffer.len() > most {
            buffer.drain(..buffer.len() - most);
        }
        block.append(&mut buffer);
        buffer = block;
    }
    Ok(())
}

/// Where the last line before `end` begins, its hash and its time; `None` where there is none.
pub(super) fn last_line(
    disk: &dyn LogDisk,
    file: &File,
    end: u64,
) -> io::Result<Option<(u64, String, Option<Timestamp>)>> {
    let mut last = None;
    backwards(disk, file, end, &mut |begins, line| {
        last = Some((begins, hash(line), Head::of(line).and_then(|head| head.at())));
        false
    })?;
    Ok(last)
}

/// Where the last whole line before `length` ends.
pub(super) fn end_of_lines(disk: &dyn LogDisk, file: &File, length: u64) -> io::Result<u64> {
    let mut position = length;
    while position > 0 {
        let wanted = BLOCK.min(position);
        let mut block = vec![0; usize::try_from(wanted).unwrap_or_default()];
        FilePart { disk, file, position: position - wanted, end: position }.read_exact(&mut block)?;
        if let Some(at) = block.iter().rposition(|byte| *byte == b'\n') {
            return Ok(position - wanted + at as u64 + 1);
        }
        position -= wanted;
    }
    Ok(0)
}
