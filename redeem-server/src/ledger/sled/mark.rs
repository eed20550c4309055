use jiff::Timestamp;
use keys::LinkId;
use serde::{Deserialize, Serialize};

use crate::ledger::contract::{Claim, LedgerError};

/// What stands in the ledger for one link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Mark {
    Claimed {
        claim: Box<Claim>,
        /// An admin withdrew the link meanwhile: should it not be redeemed after all, it is not good again.
        withdrawn: bool,
    },
    Spent,
    Withdrawn,
}

impl Mark {
    pub(super) fn encode(&self) -> Result<Vec<u8>, LedgerError> {
        encode(self)
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, LedgerError> {
        decode(bytes)
    }
}

pub(super) fn encode(value: &impl Serialize) -> Result<Vec<u8>, LedgerError> {
    serde_json::to_vec(value).map_err(|error| LedgerError::Entry(error.to_string()))
}

pub(super) fn decode<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> Result<T, LedgerError> {
    serde_json::from_slice(bytes).map_err(|error| LedgerError::Entry(error.to_string()))
}

/// The minute in which a link expires, counted from the epoch: marks are kept together by it, and dropped together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ExpiryMinute(pub(super) i64);

const PREFIX: &str = "marks:";

impl ExpiryMinute {
    pub(super) fn of(expires_at: Timestamp) -> Self {
        Self(expires_at.as_millisecond().div_euclid(60_000))
    }

    /// The first instant that no longer belongs to it.
    pub(super) fn end(self) -> Timestamp {
        Timestamp::from_millisecond(self.0.saturating_add(1).saturating_mul(60_000)).unwrap_or(Timestamp::MAX)
    }

    pub(super) fn tree_name(self) -> String {
        format!("{PREFIX}{}", self.0)
    }

    pub(super) fn from_tree_name(name: &[u8]) -> Option<Self> {
        std::str::from_utf8(name).ok()?.strip_prefix(PREFIX)?.parse().ok().map(Self)
    }
}

/// 24 bytes; 16 for what version 1 left behind.
pub(super) fn key(link_id: &LinkId) -> &[u8] {
    link_id.as_bytes()
}
