use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::encoding::{Bytes, encode};
use crate::{DecodeError, Id128, KeyError};

/// What the text form begins with.
const PREFIX: &str = "reset-link-binding.";

/// 32 random bytes that both halves hold, and nobody else: whoever reads a link cannot try out with it which e-mail its contact has.
///
/// It makes no link and opens none. Wiped from memory when dropped; never shown by `Debug`.
#[derive(Clone)]
pub struct BindingSecret(Zeroizing<[u8; 32]>);

impl BindingSecret {
    /// Takes 32 random bytes, which must come from a cryptographically secure source.
    pub fn from_random(bytes: &[u8; 32]) -> Self {
        Self(Zeroizing::new(*bytes))
    }

    /// Reads `reset-link-binding.…`.
    ///
    /// # Errors
    /// Where the text is not that.
    pub fn from_text(text: &str) -> Result<Self, KeyError> {
        let read = || text.strip_prefix(PREFIX).ok_or(DecodeError).and_then(Bytes::<32>::decode);
        read().map(|bytes| Self(Zeroizing::new(bytes.0))).map_err(KeyError::BindingSecret)
    }

    /// `reset-link-binding.` and 43 characters.
    pub fn expose_text(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{PREFIX}{}", encode(&*self.0)))
    }

    /// What only a holder of this secret can answer to a challenge: so the two halves find out whether they hold the same one, and show it to nobody. The
    /// answer helps in making no binding: its purpose is part of it.
    pub fn answer(&self, challenge: &[u8; 32]) -> [u8; 32] {
        self.mac(&[b"reset-link/v2 binding-secret challenge", challenge])
    }

    /// Which secret this is, for files and people; it shows nothing of the secret.
    pub fn fingerprint(&self) -> Id128 {
        let mut bytes = [0; 16];
        for (to, from) in bytes.iter_mut().zip(self.mac(&[b"reset-link/v2 binding-secret fingerprint"])) {
            *to = from;
        }
        Id128::new(bytes)
    }

    /// HMAC-SHA256 (RFC 2104) over the pieces with their lengths, so that none runs into the next.
    pub(crate) fn mac(&self, pieces: &[&[u8]]) -> [u8; 32] {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&*self.0).expect("HMAC takes keys of any length (RFC 2104 §3)");
        for piece in pieces {
            mac.update(&(piece.len() as u64).to_le_bytes());
            mac.update(piece);
        }
        mac.finalize().into_bytes().into()
    }
}

impl fmt::Debug for BindingSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BindingSecret(…)")
    }
}
