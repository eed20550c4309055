use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::keyring::Purpose;
use crate::paseto::TokenError;
use crate::{ContactId, Keyring, LinkId, TrustedKeys, wire_time};

/// What the bot asks the redeem half to withdraw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Revocation {
    /// One link.
    Link {
        /// Which one.
        link_id: LinkId,
        /// Whose it is.
        contact: ContactId,
        /// Until when it would have been good: the mark is kept until then.
        #[serde(with = "wire_time")]
        expires_at: Timestamp,
    },
    /// All links of a contact that were issued up to and including a time.
    Contact {
        /// Whose links.
        contact: ContactId,
        /// Void when `iat` is not later than this.
        #[serde(with = "wire_time")]
        issued_up_to: Timestamp,
    },
}

/// A revocation that the bot signed; safe to send over any wire, harmless to replay (it withdraws the same links again).
#[derive(Clone)]
pub struct SignedRevocation(String);

/// Why a text is not a revocation of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RevocationError {
    /// Not one of our tokens.
    #[error("not a revocation that we signed: {0}")]
    Token(#[from] TokenError),
    /// Signed by us, and yet not a revocation.
    #[error("signed, but not a revocation")]
    Payload,
}

impl SignedRevocation {
    /// Signs a revocation.
    pub fn sign(keyring: &Keyring, public_url: &str, revocation: &Revocation) -> Self {
        let payload = serde_json::to_vec(revocation).expect("plain strings always serialize");
        Self(keyring.seal(&payload, Purpose::Revoke, public_url))
    }

    /// Takes a text from outside.
    pub fn from_wire(token: impl Into<String>) -> Self {
        Self(token.into())
    }

    /// The token, for the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Checks the signature, then reads what is to be withdrawn.
    ///
    /// # Errors
    /// Where it is not signed by a trusted key for this purpose and public URL.
    pub fn verify(&self, trusted: &TrustedKeys, public_url: &str) -> Result<Revocation, RevocationError> {
        let (payload, _) = trusted.open(&self.0, Purpose::Revoke, public_url)?;
        serde_json::from_slice(&payload).map_err(|_| RevocationError::Payload)
    }
}

impl fmt::Debug for SignedRevocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignedRevocation(…)")
    }
}
