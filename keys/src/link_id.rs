use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de};

use crate::encoding::{Bytes, DecodeError};

/// 192 random bits that name one link (`jti`), 32 characters as text. Knowing it does not let anyone redeem the link; it may stand in logs and audits.
///
/// Links of version 1 had 128 bits, 22 characters: audits, receipts and buttons of that time stay readable for ever. No token carries such a name any more.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LinkId(Form);

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Form {
    Version1(Bytes<16>),
    Version2(Bytes<24>),
}

impl LinkId {
    /// Names a link. The bytes must come from a cryptographically secure source.
    pub fn from_random(bytes: [u8; 24]) -> Self {
        Self(Form::Version2(Bytes(bytes)))
    }

    /// The 24 bytes, or the 16 of a link of version 1.
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Form::Version1(bytes) => &bytes.0,
            Form::Version2(bytes) => &bytes.0,
        }
    }

    /// Reads the 32 characters of its text form, or the 22 of a link of version 1.
    ///
    /// # Errors
    /// Where the text is not the canonical base64url of 24 or 16 bytes.
    pub fn parse(text: &str) -> Result<Self, DecodeError> {
        Bytes::decode(text)
            .map(Form::Version2)
            .or_else(|DecodeError| Bytes::decode(text).map(Form::Version1))
            .map(Self)
    }

    /// Whether it names a link of version 1, which opens nothing any more.
    pub fn is_of_version_1(&self) -> bool {
        matches!(self.0, Form::Version1(_))
    }

    /// Reads the name as a token of today carries it.
    pub(crate) fn deserialize_current<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let id = Self::deserialize(deserializer)?;
        if id.is_of_version_1() {
            return Err(de::Error::custom("the name of a link of version 1"));
        }
        Ok(id)
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
        match &self.0 {
            Form::Version1(bytes) => bytes.fmt(f),
            Form::Version2(bytes) => bytes.fmt(f),
        }
    }
}

impl fmt::Debug for LinkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
