use std::net::IpAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{ContactId, KeyId, LinkId, wire_time};

/// What the redeem half reports back to the bot, at least once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Which link; where a password was changed without one, random bits that name the change.
    pub link_id: LinkId,
    /// Whose password.
    pub contact: ContactId,
    /// Who signed the link; absent where only the link's name was known.
    pub key_id: Option<KeyId>,
    /// What became of it.
    pub outcome: ReceiptOutcome,
    /// When.
    #[serde(with = "wire_time")]
    pub at: Timestamp,
    /// From which address; absent where nobody asked (a claim that was settled later).
    pub client: Option<IpAddr>,
}

/// What became of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptOutcome {
    /// A new password is set.
    Redeemed,
    /// A claim was never finished and nobody can tell whether the password was set: the link counts as used.
    Unsettled,
    /// Somebody tried to redeem it again.
    RefusedUsed,
    /// Somebody tried to redeem it after it was withdrawn.
    RefusedWithdrawn,
    /// Somebody tried to redeem it after the password or e-mail had changed.
    RefusedOvertaken,
    /// Somebody tried to redeem a link that is older than the ledger.
    RefusedLedgerIsYounger,
    /// The contact directory refused the new password.
    RefusedByDirectory,
    /// An admin withdrew it.
    Revoked,
    /// Somebody who knew the present password has set a new one, without a link.
    Changed,
    /// Whoever was told of it says that they did not ask for it: what was issued up to then is withdrawn.
    Objected,
}

impl ReceiptOutcome {
    /// The word for the audit and the receipt's id.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Redeemed => "redeemed",
            Self::Unsettled => "unsettled",
            Self::RefusedUsed => "refused_used",
            Self::RefusedWithdrawn => "refused_withdrawn",
            Self::RefusedOvertaken => "refused_overtaken",
            Self::RefusedLedgerIsYounger => "refused_ledger_is_younger",
            Self::RefusedByDirectory => "refused_by_directory",
            Self::Revoked => "revoked",
            Self::Changed => "changed",
            Self::Objected => "objected",
        }
    }
}

impl Receipt {
    /// The receipt's id: a link has at most one receipt of each kind, however often the form is sent, so that repeats are dropped by it.
    pub fn id(&self) -> String {
        format!("{}.{}", self.link_id, self.outcome.as_str())
    }
}
