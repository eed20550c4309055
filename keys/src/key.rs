use std::fmt;
use std::path::PathBuf;

use ed25519_dalek::{SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::encoding::DecodeError;
use crate::paserk;

/// A public key's PASERK id, `k4.pid.…`; it stands in each token's footer and in the audit.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeyId(String);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a key cannot be used.
#[derive(Debug, Error)]
pub enum KeyError {
    /// Not the PASERK that was expected.
    #[error("not a PASERK of the expected kind ({expected}): {0}", expected = .1)]
    Form(DecodeError, &'static str),
    /// The bytes are no point of the curve, or one of small order.
    #[error("not a usable Ed25519 public key")]
    Point,
    /// The public half in a `k4.secret` is not the one that belongs to the secret half.
    #[error("the public half does not belong to the secret half: the key is damaged")]
    Halves,
    /// Not a binding secret.
    #[error("not a binding secret (`reset-link-binding.` and 43 characters of base64url): {0}")]
    BindingSecret(DecodeError),
    /// The file could not be read or written.
    #[error("{}: {cause}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// The system's own words.
        cause: std::io::Error,
    },
    /// Others on this machine could read or change the secret key.
    #[error(
        "{}: a secret key must not be readable or writable by group or others (mode is {mode:04o}); if nobody else had access, `chmod 600` it, \
         otherwise make a new one", path.display()
    )]
    Exposed {
        /// Which file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The secret key belongs to another user of this machine, who can read and change it.
    #[error(
        "{}: the secret key belongs to another user (user id {owner}): run this as that user, or give the file to the user that this runs as (`chown`)",
        path.display()
    )]
    Foreign {
        /// Which file.
        path: PathBuf,
        /// Its owner's user id.
        owner: u32,
    },
    /// There already is a file of that name.
    #[error("{}: exists already; a key is never overwritten", path.display())]
    Exists {
        /// Which file.
        path: PathBuf,
    },
    /// The file's content is no key.
    #[error("{}: {cause}", path.display())]
    Content {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        cause: Box<KeyError>,
    },
}

/// The half that anyone may know: it checks links, it cannot make them.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Takes 32 bytes that must be a point of the curve, and not one of small order.
    ///
    /// # Errors
    /// `Point` otherwise.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, KeyError> {
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| KeyError::Point)?;
        if key.is_weak() { Err(KeyError::Point) } else { Ok(Self(key)) }
    }

    /// Reads `k4.public.…`.
    ///
    /// # Errors
    /// Where the text is not that, or not a usable key.
    pub fn from_paserk(text: &str) -> Result<Self, KeyError> {
        Self::from_bytes(&paserk::decode_public(text).map_err(|error| KeyError::Form(error, "k4.public"))?)
    }

    /// `k4.public.…`
    pub fn to_paserk(&self) -> String {
        paserk::encode_public(self.0.as_bytes())
    }

    /// `k4.pid.…`
    pub fn id(&self) -> KeyId {
        KeyId(paserk::public_id(self.0.as_bytes()))
    }

    pub(crate) fn verifying(&self) -> &VerifyingKey {
        &self.0
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.id())
    }
}

/// The half that makes links. Wiped from memory when dropped; never shown by `Debug`; not `Clone`.
pub struct SecretKey(SigningKey);

impl SecretKey {
    /// Makes a key pair of 32 random bytes, which must come from a cryptographically secure source.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// Reads `k4.secret.…` and checks that its public half belongs to its secret half.
    ///
    /// # Errors
    /// Where the text is not that, or the halves do not belong together.
    pub fn from_paserk(text: &str) -> Result<Self, KeyError> {
        let bytes = paserk::decode_secret(text).map_err(|error| KeyError::Form(error, "k4.secret"))?;
        SigningKey::from_keypair_bytes(&bytes).map(Self).map_err(|_| KeyError::Halves)
    }

    /// `k4.secret.…`: whoever reads it can make links for anybody.
    pub fn expose_paserk(&self) -> Zeroizing<String> {
        paserk::encode_secret(&Zeroizing::new(self.0.to_keypair_bytes()))
    }

    /// The half to give away.
    pub fn public_key(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    pub(crate) fn signing(&self) -> &SigningKey {
        &self.0
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey(of {})", self.public_key().id())
    }
}
