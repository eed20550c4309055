use std::fmt;

use serde::{Deserialize, Serialize};

use crate::encoding::{Bytes, DecodeError};

/// 128 random bits that name one ledger, from when it begins until it is lost or moved away. 22 characters as text; no secret.
///
/// Each link carries the epoch of the ledger that it was made for (`led`), and no other ledger takes it: what another one knew of uses and withdrawals is
/// not known here, whatever the clocks say.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LedgerEpoch(Bytes<16>);

impl LedgerEpoch {
    /// Names a ledger. The bytes must come from a cryptographically secure source.
    pub fn from_random(bytes: [u8; 16]) -> Self {
        Self(Bytes(bytes))
    }

    /// The 16 bytes.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0.0
    }
}

impl TryFrom<String> for LedgerEpoch {
    type Error = DecodeError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Bytes::decode(&text).map(Self)
    }
}

impl From<LedgerEpoch> for String {
    fn from(epoch: LedgerEpoch) -> Self {
        epoch.to_string()
    }
}

impl fmt::Display for LedgerEpoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for LedgerEpoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
