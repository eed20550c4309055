//! Up to where a handle has read a log, and what it has seen.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use jiff::Timestamp;

use super::disk::{FilePart, LogDisk};
use super::line::{Head, NextLine, hash, read_line};
use super::segment::Segment;
use super::{BEGINNING, Break, Fault, OnLine};

#[derive(Debug, Clone, Default)]
pub(super) struct Cursor {
    /// In the segment; always behind a line break.
    pub(super) position: u64,
    /// Where the last line of the segment begins; absent where none has been read.
    pub(super) last_line: Option<u64>,
    /// Absent where nothing is known of what was written before.
    pub(super) last_hash: Option<String>,
    /// When the last line was written, of those that say so.
    pub(super) last_at: Option<Timestamp>,
    /// The name of the segment that was read before this one.
    pub(super) before: Option<String>,
    /// In which segment, and where.
    pub(super) broken: Option<(PathBuf, Break)>,
    /// Where reading began in the segment.
    start: u64,
    /// How many lines have been read since.
    lines: u64,
    /// How many lines stand before the start, once somebody had to know.
    lines_before: OnceLock<u64>,
}

/// What stands at the end of what was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ReadEnd {
    End,
    /// Something without a line break.
    CutShort,
}

impl Cursor {
    /// One that begins to read there, in bytes.
    pub(super) fn at(position: u64) -> Self {
        Self { position, start: position, ..Self::default() }
    }

    /// Goes on to the beginning of the next segment.
    pub(super) fn begin_segment(&mut self, former: &Segment) {
        (self.position, self.last_line, self.before) = (0, None, Some(former.name()));
        (self.start, self.lines, self.lines_before) = (0, 0, OnceLock::new());
    }

    /// Reads from where it stands up to `end`, in bytes, and hands out each line. A line that does not follow is remembered, and those behind it follow from it.
    pub(super) fn read(
        &mut self,
        disk: &dyn LogDisk,
        segment: &Segment,
        file: &File,
        end: u64,
        on_line: &mut impl OnLine,
    ) -> io::Result<ReadEnd> {
        let mut reader = BufReader::new(FilePart { disk, file, position: self.position, end });
        loop {
            match read_line(&mut reader)? {
                NextLine::Line(line) => {
                    self.take_in(segment, &line);
                    on_line.line(&self.last_place(segment), &String::from_utf8_lossy(&line));
                }
                NextLine::TooLong { hash, bytes } => {
                    self.go_on(segment, hash, bytes, Some(Fault::NotALine));
                }
                NextLine::End => return Ok(ReadEnd::End),
                NextLine::CutShort => return Ok(ReadEnd::CutShort),
            }
        }
    }

    /// Takes in a line that stands where it has read to.
    pub(super) fn take_in(&mut self, segment: &Segment, line: &[u8]) {
        let head = Head::of(line);
        let fault = match &head {
            None => Some(Fault::NotALine),
            Some(head) if self.position == 0 => {
                let before = self.before.as_deref().zip(self.last_hash.as_deref());
                // The first segment of all begins the chain.
                match segment.month {
                    None => (head.prev != BEGINNING).then_some(Fault::DoesNotFollow),
                    Some(_) => head.fault_at_beginning(before),
                }
            }
            Some(head) => (Some(&*head.prev) != self.last_hash.as_deref()).then_some(Fault::DoesNotFollow),
        };
        self.last_at = head.and_then(|head| head.at()).or(self.last_at);
        self.go_on(segment, hash(line), line.len() as u64 + 1, fault);
    }

    fn go_on(&mut self, segment: &Segment, hash: String, bytes: u64, fault: Option<Fault>) {
        self.last_line = Some(self.position);
        self.position += bytes;
        self.last_hash = Some(hash);
        self.lines += 1;
        if let Some(fault) = fault.filter(|_| self.broken.is_none()) {
            let line = self.last_place(segment).number();
            self.broken = Some((segment.path.clone(), Break { line, fault }));
        }
    }

    /// Where the last line stands.
    pub(super) fn last_place<'a>(&'a self, segment: &'a Segment) -> LinePlace<'a> {
        LinePlace {
            segment: &segment.path,
            position: self.last_line.unwrap_or_default(),
            lines: self.lines,
            start: self.start,
            lines_before: &self.lines_before,
        }
    }

    /// The name that the next line has to give of the segment before its own.
    pub(super) fn follows(&self, segment: &Segment) -> Option<&str> {
        let is_first_line = self.position == 0 && segment.month.is_some() && self.last_hash.is_some();
        self.before.as_deref().filter(|_| is_first_line)
    }
}

/// Where a line stands in a log.
#[derive(Debug, Clone, Copy)]
pub struct LinePlace<'a> {
    /// Which file.
    pub segment: &'a Path,
    /// Where the line begins, in bytes.
    pub position: u64,
    /// Which it is of those that were read, counted from 1.
    pub(super) lines: u64,
    pub(super) start: u64,
    pub(super) lines_before: &'a OnceLock<u64>,
}

impl LinePlace<'_> {
    /// The number of the line in its file, counted from 1. Where only the end of a file was read, the lines before are counted for it, once.
    pub fn number(&self) -> u64 {
        let count = || {
            let Ok(file) = File::open(self.segment) else { return 0 };
            let before = BufReader::with_capacity(64 * 1024, file.take(self.start));
            before.split(b'\n').map_while(Result::ok).count() as u64
        };
        self.lines + if self.start == 0 { 0 } else { *self.lines_before.get_or_init(count) }
    }
}
