//! Argon2 (RFC 9106) in PHC string form.

use std::cell::RefCell;

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::password_hash::{self, PasswordVerifier};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use zeroize::{Zeroize, Zeroizing};

use super::error::HashError;

/// What an Argon2id hash costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Argon2Cost {
    pub(super) memory_kib: u32,
    pub(super) passes: u32,
    pub(super) lanes: u32,
}

impl Argon2Cost {
    /// 19 MiB, two passes, one lane: the OWASP minimum for Argon2id.
    pub(super) const OWASP: Self = Self { memory_kib: 19_456, passes: 2, lanes: 1 };

    fn argon2(self) -> Result<Argon2<'static>, HashError> {
        let params = Params::new(self.memory_kib, self.passes, self.lanes, None)
            .map_err(|error| HashError::Failed(error.to_string()))?;
        Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
    }
}

/// The most memory that a thread keeps, in KiB. The allocator gives greater pieces back to the system by itself.
const KEPT_KIB: usize = 32 * 1_024;

/// The most memory that a stored hash may ask for, in KiB: one that was damaged or slipped in must not take all.
pub(super) const MAX_MEMORY_KIB: u32 = 1_048_576;

thread_local! {
    /// A hashing thread's memory (19 MiB for the embedded directory), taken once: given back and taken again for each hash, it leaves the process with
    /// ten times as much.
    static MEMORY: RefCell<Vec<Block>> = const { RefCell::new(Vec::new()) };
}

/// The hash of a password, in PHC string form.
pub(super) fn phc(password: &[u8], salt: &[u8], cost: Argon2Cost) -> Result<Zeroizing<String>, HashError> {
    let argon2 = cost.argon2()?;
    let mut output = Zeroizing::new([0; Params::DEFAULT_OUTPUT_LEN]);
    MEMORY.with_borrow_mut(|memory| {
        memory.resize(argon2.params().block_count(), Block::new());
        let filled = argon2.hash_password_into_with_memory(password, salt, &mut *output, &mut *memory);
        // What was computed on the way would help whoever reads this memory.
        memory.iter_mut().for_each(Zeroize::zeroize);
        if memory.len() > KEPT_KIB {
            *memory = Vec::new();
        }
        filled.map_err(|error| HashError::Failed(error.to_string()))
    })?;
    let hash = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(argon2.params()).map_err(failed)?,
        salt: Some(Salt::new(salt).map_err(|error| HashError::Failed(error.to_string()))?),
        hash: Some(Output::new(&*output).map_err(|error| HashError::Failed(error.to_string()))?),
    };
    Ok(Zeroizing::new(hash.to_string()))
}

/// Whether this is the password behind a hash in PHC string form, whose own parameters are used.
pub(super) fn is_password_of(stored: &str, password: &[u8]) -> Result<bool, HashError> {
    let hash = PasswordHash::new(stored).map_err(|_| HashError::UnknownHash)?;
    if Algorithm::try_from(hash.algorithm.as_str()).is_err() || hash.hash.is_none() {
        return Err(HashError::UnknownHash);
    }
    let params = Params::try_from(&hash).map_err(|_| HashError::UnknownHash)?;
    if params.m_cost() > MAX_MEMORY_KIB {
        return Err(HashError::UnknownHash);
    }
    match Argon2Cost::OWASP.argon2()?.verify_password(password, &hash) {
        Ok(()) => Ok(true),
        Err(password_hash::Error::PasswordInvalid) => Ok(false),
        Err(error) => Err(failed(error)),
    }
}

fn failed(error: password_hash::Error) -> HashError {
    HashError::Failed(error.to_string())
}
