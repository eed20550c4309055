//! What can come of a link, in types.

use contacts::PasswordPolicy;
use jiff::Timestamp;
use keys::{ContactId, ExpiredLink, RevocationError};

use crate::ledger::LedgerError;
use crate::password::BrokenRule;

/// What a request is answered with; `pages` turns it into a page and a status.
#[derive(Debug)]
pub enum Outcome {
    /// 200 (GET): the form.
    Form(Form),
    /// 422: the form again, with all reasons at once; the link is still good.
    Rejected(Form, Vec<BrokenRule>),
    /// 303 (POST): the new password is set.
    Done,
    /// 400 or 410: this link will never work again.
    Closed {
        /// Why.
        why: Closed,
        /// The contact's own, where they are known and have one.
        language: Option<String>,
    },
    /// 409: another request holds the link right now.
    InProgress {
        /// The contact's own, where they are known and have one.
        language: Option<String>,
    },
    /// 503 with Retry-After: too much to do at once, or the directory is away; nothing has been changed.
    Busy {
        /// When to try again.
        retry_after_seconds: u64,
    },
    /// 503: something of ours is broken; the log has the detail under this incident id.
    Unavailable {
        /// Eight random bytes, for the page and the log.
        incident: String,
    },
}

/// Who the form is for.
#[derive(Debug, Clone)]
pub struct Form {
    /// Whose password.
    pub contact: ContactId,
    /// What the person is called.
    pub name: String,
    /// The contact's own, where they have one.
    pub language: Option<String>,
    /// Until when the link is good.
    pub expires_at: Timestamp,
    /// What the directory asks of their new password, as far as that is known.
    pub policy: PasswordPolicy,
}

/// Whose password was set, for the page that says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// As the link names it.
    pub contact: ContactId,
    /// What the person is called; empty where the directory does not say.
    pub name: String,
    /// The contact's own, where they have one.
    pub language: Option<String>,
}

/// Why a link is dead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// 400: not a link of ours as it stands ("copy the whole link").
    Damaged,
    /// 410.
    Expired,
    /// 410: "if you have just set it, sign in".
    Used,
    /// 410: an admin withdrew it.
    Withdrawn,
    /// 410: the password or the e-mail changed since.
    Overtaken,
    /// 410: the ledger is younger than the link ("ask for a new link").
    LedgerIsYounger,
}

/// A token that opens nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dead {
    /// Not one of ours as it stands.
    Damaged,
    /// Genuine, and over.
    Expired(ExpiredLink),
    /// Genuine, and made before the upgrade to version 2 of the links: "ask for a new link".
    OfVersion1(ExpiredLink),
}

/// Why a revocation was not taken.
#[derive(Debug, thiserror::Error)]
pub enum RevokeError {
    /// Not the bot's word.
    #[error(transparent)]
    Word(#[from] RevocationError),
    /// The ledger could not take it.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}
