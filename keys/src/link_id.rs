use std::fmt;

use serde::{Deserialize, Serialize};

use crate::encoding::{Bytes16, DecodeError};

/// 128 random bits that name one link (`jti`). Knowing it does not let anyone redeem the link; it may stand in logs and audits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LinkId(Bytes16);

impl LinkId {
    /// Names a link. The bytes must come from a cryptographically secure source.
    pub fn from_random(bytes: [u8; 16]) -> Self {
        Self(Bytes16(bytes))
    }

    /// The 16 bytes.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0.0
    }

    /// Reads the 22 characters of its text form.
    ///
    /// # Errors
    /// Where the text is not the canonical base64url of 16 bytes.
    pub fn parse(text: &str) -> Result<Self, DecodeError> {
        Bytes16::decode(text).map(Self)
    }
}

impl TryFrom<String> for LinkId {
    type Error = DecodeError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<LinkId> for String {
    fn from(id: LinkId) -> Self {
        id.to_string()
    }
}

impl fmt::Display for LinkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for LinkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
