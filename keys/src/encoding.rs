//! base64url as PASETO wants it: no padding, canonical, nothing else accepted (RFC 4648 §5, §3.5).

use std::fmt;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use thiserror::Error;

const STRICT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(false),
);

/// The text is not the canonical, unpadded base64url of so many bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not canonical, unpadded base64url of the expected length")]
pub struct DecodeError;

pub(crate) fn encode(bytes: &[u8]) -> String {
    STRICT.encode(bytes)
}

pub(crate) fn decode(text: &str) -> Result<Vec<u8>, DecodeError> {
    STRICT.decode(text).map_err(|_| DecodeError)
}

/// So many bytes, base64url as text: 16 bytes are 22 characters, 24 are 32, 32 are 43.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Bytes<const N: usize>(pub(crate) [u8; N]);

impl<const N: usize> Bytes<N> {
    pub(crate) fn decode(text: &str) -> Result<Self, DecodeError> {
        decode(text)?.try_into().map(Self).map_err(|_| DecodeError)
    }
}

impl<const N: usize> fmt::Display for Bytes<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&encode(&self.0))
    }
}

/// How many characters so many bytes have as text.
pub(crate) const fn encoded_chars(bytes: usize) -> usize {
    (bytes * 4).div_ceil(3)
}
