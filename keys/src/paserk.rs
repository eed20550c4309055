//! PASERK, the text forms of PASETO keys: `k4.secret`, `k4.public`, `k4.pid`.

use blake2::digest::consts::U33;
use blake2::{Blake2b, Digest};
use zeroize::Zeroizing;

use crate::encoding::{DecodeError, decode, encode};

const SECRET: &str = "k4.secret.";
const PUBLIC: &str = "k4.public.";
const PUBLIC_ID: &str = "k4.pid.";

pub(crate) fn encode_public(key: &[u8; 32]) -> String {
    format!("{PUBLIC}{}", encode(key))
}

pub(crate) fn decode_public(text: &str) -> Result<[u8; 32], DecodeError> {
    decode(text.strip_prefix(PUBLIC).ok_or(DecodeError)?)?.try_into().map_err(|_| DecodeError)
}

/// Seed and public half, as `ed25519` key pairs are written.
pub(crate) fn encode_secret(key: &[u8; 64]) -> Zeroizing<String> {
    let body = Zeroizing::new(encode(key));
    Zeroizing::new(format!("{SECRET}{}", body.as_str()))
}

pub(crate) fn decode_secret(text: &str) -> Result<Zeroizing<[u8; 64]>, DecodeError> {
    let bytes = Zeroizing::new(decode(text.strip_prefix(SECRET).ok_or(DecodeError)?)?);
    Ok(Zeroizing::new(bytes.as_slice().try_into().map_err(|_| DecodeError)?))
}

/// The id of a public key: BLAKE2b with 33 bytes of output over the header and the key's PASERK.
pub(crate) fn public_id(key: &[u8; 32]) -> String {
    let mut hasher = Blake2b::<U33>::new();
    hasher.update(PUBLIC_ID.as_bytes());
    hasher.update(encode_public(key).as_bytes());
    format!("{PUBLIC_ID}{}", encode(&hasher.finalize()))
}
