use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::encoding::{Bytes16, DecodeError};
use crate::{ContactId, LinkId, NormalisedEmail};

/// A mark of one password of one contact: it changes whenever the password does.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PasswordVersion(String);

impl PasswordVersion {
    /// Wraps the directory's own mark. It must not be, or let anyone guess, the password or its hash.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The mark itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A fingerprint, in the token, of the contact's password version and e-mail: change either and the link is dead.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Binding(Bytes16);

impl Binding {
    /// The first 16 bytes of SHA-256 over the length-prefixed pieces: purpose string, link id, contact id, password version, normalised e-mail
    /// (empty where the contact has none). No key: whoever holds the link could reset the password anyway.
    pub fn new(
        link_id: LinkId,
        contact: &ContactId,
        version: &PasswordVersion,
        email: Option<&NormalisedEmail>,
    ) -> Self {
        let mut hasher = Sha256::new();
        let link_id = link_id.to_string();
        let email = email.map_or("", NormalisedEmail::expose);
        for piece in ["reset-link/v1 binding", &link_id, contact.as_str(), version.as_str(), email] {
            hasher.update((piece.len() as u64).to_le_bytes());
            hasher.update(piece.as_bytes());
        }
        let digest = hasher.finalize();
        let mut bytes = [0; 16];
        for (to, from) in bytes.iter_mut().zip(digest.iter()) {
            *to = *from;
        }
        Self(Bytes16(bytes))
    }

    pub(crate) fn decode(text: &str) -> Result<Self, DecodeError> {
        Bytes16::decode(text).map(Self)
    }
}

impl TryFrom<String> for Binding {
    type Error = DecodeError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::decode(&text)
    }
}

impl From<Binding> for String {
    fn from(binding: Binding) -> Self {
        binding.to_string()
    }
}

impl fmt::Display for Binding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for Binding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Binding(…)")
    }
}
