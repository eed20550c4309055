//! Whether the audit is still what was written: the chain, and lines that cannot both be true. Pure.

use std::fmt;
use std::path::PathBuf;

use keys::chained_log::Fault;
use thiserror::Error;

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
