use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::encoding::{Bytes, DecodeError};
use crate::{BindingSecret, ContactId, Id128, LinkId, NormalisedEmail};

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
pub struct Binding(Bytes<16>);

impl Binding {
    /// The first 16 bytes of HMAC-SHA256, under the secret that both halves hold, over the length-prefixed pieces: purpose string, link id, contact id,
    /// password version, normalised e-mail (empty where the contact has none). Without the secret nobody who sees a link can try out e-mails against it.
    ///
    /// For a link of version 1, whose claim may still have to be settled, it is SHA-256 without a secret, as it was then.
    pub fn new(
        secret: &BindingSecret,
        link_id: LinkId,
        contact: &ContactId,
        version: &PasswordVersion,
        email: Option<&NormalisedEmail>,
    ) -> Self {
        let id = link_id.to_string();
        let email = email.map_or("", NormalisedEmail::expose);
        let purpose =
            if link_id.is_of_version_1() { "reset-link/v1 binding" } else { "reset-link/v2 binding" };
        let pieces = [purpose, &id, contact.as_str(), version.as_str(), email].map(str::as_bytes);
        let digest =
            if link_id.is_of_version_1() { digest_of_version_1(&pieces) } else { secret.mac(&pieces) };
        Self::shortened(digest)
    }

    /// The same of a contact about whom a second person is asked, named by the request; it fits no link.
    pub fn of_request(
        secret: &BindingSecret,
        request: Id128,
        contact: &ContactId,
        version: &PasswordVersion,
        email: Option<&NormalisedEmail>,
    ) -> Self {
        let id = request.to_string();
        let email = email.map_or("", NormalisedEmail::expose);
        let pieces = ["reset-link/v2 request", &id, contact.as_str(), version.as_str(), email];
        Self::shortened(secret.mac(&pieces.map(str::as_bytes)))
    }

    fn shortened(digest: [u8; 32]) -> Self {
        let mut bytes = [0; 16];
        for (to, from) in bytes.iter_mut().zip(digest) {
            *to = from;
        }
        Self(Bytes(bytes))
    }

    pub(crate) fn decode(text: &str) -> Result<Self, DecodeError> {
        Bytes::decode(text).map(Self)
    }
}

fn digest_of_version_1(pieces: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for piece in pieces {
        hasher.update((piece.len() as u64).to_le_bytes());
        hasher.update(piece);
    }
    hasher.finalize().into()
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
