//! PASETO v4.public: sign and verify bytes. Knows nothing of links.

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use thiserror::Error;

use crate::encoding::{decode, encode};

pub(crate) const HEADER: &str = "v4.public.";
pub(crate) const SIGNATURE_BYTES: usize = 64;

/// Pre-authentication encoding (PASETO, Common, "Authentication Padding").
pub(crate) fn pre_authentication_encoding(pieces: [&[u8]; 4]) -> Vec<u8> {
    let mut out = Vec::with_capacity(8 + pieces.iter().map(|piece| 8 + piece.len()).sum::<usize>());
    let length = |n: usize| ((n as u64) & (u64::MAX >> 1)).to_le_bytes();
    out.extend_from_slice(&length(pieces.len()));
    for piece in pieces {
        out.extend_from_slice(&length(piece.len()));
        out.extend_from_slice(piece);
    }
    out
}

pub(crate) fn sign(key: &SigningKey, payload: &[u8], footer: &[u8], implicit: &[u8]) -> String {
    let signature = key.sign(&pre_authentication_encoding([HEADER.as_bytes(), payload, footer, implicit]));
    let mut body = Vec::with_capacity(payload.len() + SIGNATURE_BYTES);
    body.extend_from_slice(payload);
    body.extend_from_slice(&signature.to_bytes());
    let mut token = String::with_capacity(HEADER.len() + (body.len() + footer.len()).div_ceil(3) * 4 + 1);
    token.push_str(HEADER);
    token.push_str(&encode(&body));
    if !footer.is_empty() {
        token.push('.');
        token.push_str(&encode(footer));
    }
    token
}

/// Why a text is not a token that one of our keys signed for this purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TokenError {
    /// Longer than any token of ours.
    #[error("too long")]
    TooLong,
    /// Not `v4.public.….…`.
    #[error("not a v4.public token")]
    Header,
    /// Not canonical base64url, or too short to hold a signature.
    #[error("not canonical base64url")]
    Encoding,
    /// The footer names no key that is trusted here.
    #[error("signed by a key that is not trusted here")]
    UnknownKey,
    /// Altered, or signed for another purpose or another public URL.
    #[error("the signature does not match")]
    Signature,
}

/// A token taken apart; nothing about it has been proved.
pub(crate) struct Parts<'a> {
    body: Vec<u8>,
    /// Still encoded. Canonical base64url is one-to-one, so comparing texts compares bytes.
    pub(crate) footer: &'a str,
}

impl<'a> Parts<'a> {
    pub(crate) fn split(token: &'a str) -> Result<Self, TokenError> {
        let rest = token.strip_prefix(HEADER).ok_or(TokenError::Header)?;
        let (body, footer) = match rest.split_once('.') {
            Some((_, "")) => return Err(TokenError::Encoding),
            Some((body, footer)) => (body, footer),
            None => (rest, ""),
        };
        let body = decode(body).map_err(|_| TokenError::Encoding)?;
        if body.len() < SIGNATURE_BYTES {
            return Err(TokenError::Encoding);
        }
        Ok(Self { body, footer })
    }

    /// Checks the signature over the pre-authentication encoding, strictly (RFC 8032 §5.1.7, no small-order keys), and hands out the payload.
    pub(crate) fn verify(
        mut self,
        key: &VerifyingKey,
        footer: &[u8],
        implicit: &[u8],
    ) -> Result<Vec<u8>, TokenError> {
        let at = self.body.len() - SIGNATURE_BYTES;
        let (payload, signature) = self.body.split_at(at);
        let signature = Signature::from_slice(signature).map_err(|_| TokenError::Signature)?;
        let message = pre_authentication_encoding([HEADER.as_bytes(), payload, footer, implicit]);
        key.verify_strict(&message, &signature).map_err(|_| TokenError::Signature)?;
        self.body.truncate(at);
        Ok(self.body)
    }
}
