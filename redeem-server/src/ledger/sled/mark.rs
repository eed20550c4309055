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

#[cfg(test)]
mod tests {
    use super::*;

    /// As versions wrote it that knew of no servers.
    const WITHOUT_SERVER: &str = r#"{"claimed":{"claim":{"link_id":"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB","contact":"ada","key_id":"k4.pid.PvNVnoIZjf25LsCCdI9Q7n4fN--JMgYfjaxvNSmilgv7","binding":"MpriPE7bRyOR76Rl35UMBg","intended_version":"v2","expires_at":"2026-11-26T12:15:00.000Z","lease_until":"2026-11-26T12:00:30.000Z","fence":4294967296},"withdrawn":false}}"#;

    #[test]
    fn a_mark_that_names_no_server_is_still_read_and_stays_as_it_is() {
        let mark = Mark::decode(WITHOUT_SERVER.as_bytes()).unwrap();
        let Mark::Claimed { claim, withdrawn: false } = &mark else { panic!("{mark:?}") };
        assert_eq!((claim.contact.as_str(), &claim.server), ("ada", &None));
        assert_eq!(mark.encode().unwrap(), WITHOUT_SERVER.as_bytes());
    }

    #[test]
    fn a_mark_names_the_server_that_is_written_to() {
        let mut mark = Mark::decode(WITHOUT_SERVER.as_bytes()).unwrap();
        let Mark::Claimed { claim, .. } = &mut mark else { panic!("{mark:?}") };
        claim.server = Some(contacts::DirectoryServer::new("ldaps://one.example.org"));
        let bytes = mark.encode().unwrap();
        assert!(String::from_utf8_lossy(&bytes).contains(r#""server":"ldaps://one.example.org""#));
        assert_eq!(Mark::decode(&bytes).unwrap(), mark);
    }
}
