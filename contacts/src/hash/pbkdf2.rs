//! PBKDF2 (RFC 8018).

use ::pbkdf2::{Params, pbkdf2_hmac_with_params};
use zeroize::Zeroizing;

use super::error::HashError;

pub(super) use ::pbkdf2::Algorithm;

/// The fewest rounds that are computed: anything less is no protection.
pub(super) const MIN_ROUNDS: u32 = Params::MIN_ROUNDS;

/// The key of so many bytes.
pub(super) fn key(
    algorithm: Algorithm,
    text: &[u8],
    salt: &[u8],
    rounds: u32,
    length: usize,
) -> Result<Zeroizing<Vec<u8>>, HashError> {
    let params = Params::new(rounds).map_err(|error| HashError::Failed(error.to_string()))?;
    let mut key = Zeroizing::new(vec![0; length]);
    // Not `pbkdf2_hmac`: a generic function is compiled with this crate, which a build for development does not optimise.
    pbkdf2_hmac_with_params(text, salt, algorithm, params, &mut key);
    Ok(key)
}
