use std::fmt;

use serde::{Deserialize, Serialize};

use crate::encoding::{Bytes, DecodeError};

/// 128 bits that name something other than a link: a request for approval, a mail, what a platform has sent. 22 characters as text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Id128(Bytes<16>);

impl Id128 {
    /// Takes the bytes: random, or of a digest.
    pub fn new(bytes: [u8; 16]) -> Self {
        Self(Bytes(bytes))
    }

    /// Reads the 22 characters of its text form.
    ///
    /// # Errors
    /// Where the text is not the canonical base64url of 16 bytes.
    pub fn parse(text: &str) -> Result<Self, DecodeError> {
        Bytes::decode(text).map(Self)
    }
}

impl TryFrom<String> for Id128 {
    type Error = DecodeError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Id128> for String {
    fn from(id: Id128) -> Self {
        id.to_string()
    }
}

impl fmt::Display for Id128 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for Id128 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
