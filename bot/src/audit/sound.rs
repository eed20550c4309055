//! Whether the audit is still what was written: the chain, and lines that cannot both be true. Pure.

use std::fmt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use keys::chained_log::{Fault, LinePlace, OnLine};
use thiserror::Error;

use super::event::Entry;
use super::memory::Memory;

/// The first place where the audit is not what was written. Nothing is issued or approved on its word; withdrawing goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsound {
    /// Which file.
    pub file: PathBuf,
    /// Counted from 1.
    pub line: u64,
    /// What is wrong there.
    pub flaw: Flaw,
}

impl fmt::Display for Unsound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: line {}: {}", self.file.display(), self.line, self.flaw)
    }
}

/// What is wrong with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Flaw {
    /// It does not follow from the line before it.
    #[error(transparent)]
    Chain(Fault),
    /// It follows, and yet cannot be true beside another one.
    #[error("disagrees with an earlier line: {0}")]
    Disagrees(Disagreement),
}

/// Two lines that cannot both be true: this program never writes the second of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Disagreement {
    /// Two links of one id.
    #[error("a link of this id was issued before")]
    IssuedTwice,
    /// A link or a request is somebody else's all of a sudden.
    #[error("the link or request was for another contact, or asked for by another admin")]
    AnotherContact,
    /// Two requests of one id.
    #[error("a request of this id was made before")]
    RequestedTwice,
    /// A request is approved that was answered already.
    #[error("the request had been answered already")]
    AnsweredTwice,
    /// Whoever asked has agreed.
    #[error("whoever asked has approved it")]
    OwnApproval,
    /// A link for a request that nobody has approved, or a second one for it.
    #[error("the request had not been approved, or had its link already")]
    NotApproved,
}

/// Looks for lines that disagree in a whole file, with no more memory than the last hours of it need.
#[derive(Debug, Default)]
pub struct Check {
    memory: Memory,
    newest: Option<Timestamp>,
    since_forgetting: u32,
    found: Option<(u64, Disagreement)>,
}

/// After so many lines what is behind the horizon is forgotten.
const FORGET_EVERY: u32 = 1000;

impl Check {
    /// The first line that disagrees with an earlier one.
    pub fn found(&self) -> Option<(u64, Disagreement)> {
        self.found
    }

    /// Goes on to the next segment of the same audit, of which nothing has been found yet.
    pub fn begin_segment(&mut self) {
        self.found = None;
    }
}

impl OnLine for Check {
    fn line(&mut self, place: &LinePlace<'_>, line: &str) {
        let Ok(entry) = serde_json::from_str::<Entry>(line) else { return };
        let newest = self.newest.map_or(entry.at, |newest| newest.max(entry.at));
        self.newest = Some(newest);
        if let Err(disagreement) = self.memory.learn(&entry) {
            self.found.get_or_insert_with(|| (place.number(), disagreement));
        }
        self.since_forgetting += 1;
        if self.since_forgetting == FORGET_EVERY {
            self.since_forgetting = 0;
            self.memory.forget(newest);
        }
    }
}

impl Memory {
    /// Where the audit is not what was written; the first place of those that are known.
    pub fn unsound(&self) -> Option<&Unsound> {
        self.unsound.as_ref()
    }

    pub(super) fn suspect(&mut self, file: &Path, line: u64, flaw: Flaw) {
        if self.unsound.as_ref().is_none_or(|known| known.file == file && line < known.line) {
            self.unsound = Some(Unsound { file: file.to_owned(), line, flaw });
        }
    }
}
