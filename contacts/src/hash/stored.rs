//! What stands in an application's table for a password, and whether a text is behind it.

use std::fmt;
use std::ops::RangeInclusive;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha_crypt::{PasswordVerifier as _, ShaCrypt};
use sha2::{Digest, Sha256, Sha512};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::argon2;
use super::error::HashError;
use super::pbkdf2::{self, Algorithm, MIN_ROUNDS};
use super::text::{PreHash, unhex};

/// What is stored for a password.
#[derive(Clone)]
pub struct StoredPassword {
    /// The hash.
    pub password: Zeroizing<String>,
    /// Discourse and Gitea keep the salt in a column of its own.
    pub salt: Option<String>,
    /// Discourse and Gitea keep algorithm and parameters in a column of their own.
    pub algorithm: Option<String>,
}

impl fmt::Debug for StoredPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoredPassword(…)")
    }
}

/// A hash that stands in one column alone, as most do.
impl From<Zeroizing<String>> for StoredPassword {
    fn from(password: Zeroizing<String>) -> Self {
        Self { password, salt: None, algorithm: None }
    }
}

/// A hash that stands in one column alone, as most do.
impl From<&str> for StoredPassword {
    fn from(password: &str) -> Self {
        Self::from(Zeroizing::new(password.to_owned()))
    }
}

/// The most rounds of PBKDF2, and the most memory of scrypt in bytes, that a stored hash may ask for: one that was damaged or slipped in must not stop
/// all hashing.
const MAX_ROUNDS: u32 = 20_000_000;
const ROUNDS: RangeInclusive<u32> = MIN_ROUNDS..=MAX_ROUNDS;
const MAX_SCRYPT_MEMORY: u64 = 1 << 30;
const MAX_SCRYPT_LANES: u32 = 64;
const MAX_BCRYPT_COST: u32 = 18;

/// How a stored hash is computed again.
enum Computation {
    /// In PHC string form.
    Argon2(String),
    Bcrypt {
        pre_hash: PreHash,
        crypt: String,
    },
    /// `$5$` or `$6$`.
    ShaCrypt(String),
    Key {
        by: Derivation,
        salt: Vec<u8>,
        key: Vec<u8>,
    },
}

enum Derivation {
    Pbkdf2(Algorithm, u32),
    Scrypt(scrypt::Params),
    SaltedSha256,
    SaltedSha512,
}

/// Whether this text (what the application makes of a typed password, with its pepper) is behind what is stored. Parameters are those of the stored hash.
///
/// Keys are compared in constant time.
///
/// # Errors
/// [`HashError::UnknownHash`] where it is of no form that can be verified here.
pub(super) fn is_text_of(stored: &StoredPassword, text: &[u8]) -> Result<bool, HashError> {
    match computation(stored).ok_or(HashError::UnknownHash)? {
        Computation::Argon2(phc) => argon2::is_password_of(&phc, text),
        Computation::Bcrypt { pre_hash, crypt } => {
            let parts: bcrypt::HashParts = crypt.parse().map_err(|_| HashError::UnknownHash)?;
            if parts.get_cost() > MAX_BCRYPT_COST {
                return Err(HashError::UnknownHash);
            }
            let text = pre_hash.of(text)?;
            // To bcrypt a NUL is the end, so no application takes one. What is behind the 72nd byte it ignores, and so does each that hashes the text itself.
            Ok(!text.contains(&0)
                && bcrypt::verify(text.as_slice(), &crypt).map_err(|_| HashError::UnknownHash)?)
        }
        Computation::ShaCrypt(crypt) => match ShaCrypt::SHA512.verify_password(text, crypt.as_str()) {
            Ok(()) => Ok(!text.contains(&0)),
            Err(sha_crypt::password_hash::Error::PasswordInvalid) => Ok(false),
            Err(_) => Err(HashError::UnknownHash),
        },
        Computation::Key { by, salt, key } => {
            let computed = by.key(text, &salt, key.len())?;
            Ok(computed.ct_eq(&key).into())
        }
    }
}

impl Derivation {
    fn key(&self, text: &[u8], salt: &[u8], length: usize) -> Result<Zeroizing<Vec<u8>>, HashError> {
        match self {
            Self::Pbkdf2(algorithm, rounds) => pbkdf2::key(*algorithm, text, salt, *rounds, length),
            Self::Scrypt(params) => {
                let mut key = Zeroizing::new(vec![0; length]);
                scrypt::scrypt(text, salt, params, &mut key).map_err(|_| HashError::UnknownHash)?;
                Ok(key)
            }
            Self::SaltedSha256 => Ok(salted::<Sha256>(text, salt)),
            Self::SaltedSha512 => Ok(salted::<Sha512>(text, salt)),
        }
    }
}

fn salted<D: Digest>(text: &[u8], salt: &[u8]) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(D::new().chain_update(text).chain_update(salt).finalize().to_vec())
}

fn computation(stored: &StoredPassword) -> Option<Computation> {
    let text = stored.password.as_str();
    if let (Some(salt), Some(algorithm)) = (&stored.salt, &stored.algorithm) {
        return three_columns(text, salt, algorithm);
    }
    if let Some(rest) = text.strip_prefix('{') {
        let (scheme, rest) = rest.split_once('}')?;
        return tagged(&scheme.to_ascii_uppercase(), rest);
    }
    if text.starts_with("$") {
        return crypt(text);
    }
    if let Some(phc) = text.strip_prefix("argon2") {
        return crypt(phc).filter(|computation| matches!(computation, Computation::Argon2(_)));
    }
    match text.split_once('$') {
        Some(("bcrypt_sha256", crypt)) => {
            Some(Computation::Bcrypt { pre_hash: PreHash::HexSha256, crypt: crypt.to_owned() })
        }
        Some(("bcrypt", crypt)) => {
            Some(Computation::Bcrypt { pre_hash: PreHash::None, crypt: crypt.to_owned() })
        }
        Some(("pbkdf2_sha256", rest)) => django_pbkdf2(rest),
        Some(("scrypt", rest)) => django_scrypt(rest),
        _ => asp_net(text),
    }
}

/// What begins with a dollar.
fn crypt(text: &str) -> Option<Computation> {
    if let Some(crypt) = text.strip_prefix("$wp") {
        return Some(Computation::Bcrypt { pre_hash: PreHash::WordPress, crypt: crypt.to_owned() });
    }
    let (kind, _) = text.strip_prefix('$')?.split_once('$')?;
    match kind {
        "argon2id" | "argon2i" | "argon2d" => Some(Computation::Argon2(text.to_owned())),
        "2a" | "2b" | "2y" => Some(Computation::Bcrypt { pre_hash: PreHash::None, crypt: text.to_owned() }),
        "5" | "6" if rounds_of_sha_crypt(text)? <= MAX_ROUNDS => Some(Computation::ShaCrypt(text.to_owned())),
        _ => None,
    }
}

fn rounds_of_sha_crypt(text: &str) -> Option<u32> {
    let third = text.split('$').nth(2)?;
    third.strip_prefix("rounds=").map_or(Some(5_000), |rounds| rounds.parse().ok())
}

/// Of Dovecot and LDAP servers: a scheme in braces, in any case.
fn tagged(scheme: &str, rest: &str) -> Option<Computation> {
    let (digest, by) = match scheme {
        "ARGON2ID" | "ARGON2I" | "BLF-CRYPT" | "SHA512-CRYPT" | "SHA256-CRYPT" | "CRYPT" => {
            return crypt(rest);
        }
        "SSHA512" | "SHA512" => (64, Derivation::SaltedSha512),
        "SSHA256" | "SHA256" => (32, Derivation::SaltedSha256),
        _ => return None,
    };
    let bytes = STANDARD.decode(rest).ok()?;
    let (key, salt) = bytes.split_at_checked(digest)?;
    Some(Computation::Key { by, salt: salt.to_owned(), key: key.to_owned() })
}

/// `rounds$salt$key`
fn django_pbkdf2(rest: &str) -> Option<Computation> {
    let mut fields = rest.splitn(3, '$');
    let rounds = rounds(fields.next()?)?;
    let salt = fields.next()?.as_bytes().to_owned();
    let key = key(STANDARD.decode(fields.next()?).ok()?)?;
    Some(Computation::Key { by: Derivation::Pbkdf2(Algorithm::Pbkdf2Sha256, rounds), salt, key })
}

/// `N$salt$r$p$key`
fn django_scrypt(rest: &str) -> Option<Computation> {
    let mut fields = rest.splitn(5, '$');
    let n: u64 = fields.next()?.parse().ok()?;
    let salt = fields.next()?.as_bytes().to_owned();
    let r: u32 = fields.next()?.parse().ok()?;
    let p: u32 = fields.next()?.parse().ok()?;
    let memory = n.checked_mul(128)?.checked_mul(u64::from(r))?;
    if !n.is_power_of_two() || memory > MAX_SCRYPT_MEMORY || p > MAX_SCRYPT_LANES {
        return None;
    }
    let params = scrypt::Params::new(u8::try_from(n.ilog2()).ok()?, r, p).ok()?;
    let key = key(STANDARD.decode(fields.next()?).ok()?)?;
    Some(Computation::Key { by: Derivation::Scrypt(params), salt, key })
}

/// ASP.NET Core Identity, version 3: 1, then big-endian the function, the rounds and the length of the salt; salt and key.
fn asp_net(text: &str) -> Option<Computation> {
    let bytes = STANDARD.decode(text).ok()?;
    let (version, rest) = bytes.split_first()?;
    let (function, rest) = number(rest)?;
    let (rounds, rest) = number(rest)?;
    let (salt_length, rest) = number(rest)?;
    let (salt, derived) = rest.split_at_checked(usize::try_from(salt_length).ok()?)?;
    if *version != 1 || !ROUNDS.contains(&rounds) {
        return None;
    }
    let by = match function {
        1 => Derivation::Pbkdf2(Algorithm::Pbkdf2Sha256, rounds),
        2 => Derivation::Pbkdf2(Algorithm::Pbkdf2Sha512, rounds),
        _ => return None,
    };
    Some(Computation::Key { by, salt: salt.to_owned(), key: key(derived.to_owned())? })
}

fn number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (number, rest) = bytes.split_first_chunk()?;
    Some((u32::from_be_bytes(*number), rest))
}

/// Discourse's and Gitea's.
fn three_columns(hash: &str, salt: &str, algorithm: &str) -> Option<Computation> {
    let hash = key(unhex(hash)?)?;
    let (asked, salt, length) = if let Some(parameters) = algorithm.strip_prefix("$pbkdf2-sha256$i=") {
        let (asked, length) = parameters.strip_suffix('$')?.split_once(",l=")?;
        (asked, salt.as_bytes().to_owned(), length)
    } else {
        let (asked, length) = algorithm.strip_prefix("pbkdf2$")?.split_once('$')?;
        // Ten bytes as they are were the salt before Gitea 1.14.
        let salt = if salt.len() == 10 { salt.as_bytes().to_owned() } else { unhex(salt)? };
        (asked, salt, length)
    };
    if length.parse() != Ok(hash.len()) {
        return None;
    }
    Some(Computation::Key {
        by: Derivation::Pbkdf2(Algorithm::Pbkdf2Sha256, rounds(asked)?),
        salt,
        key: hash,
    })
}

fn rounds(text: &str) -> Option<u32> {
    text.parse().ok().filter(|rounds| ROUNDS.contains(rounds))
}

/// No key is shorter: an empty one would be right for every password.
fn key(bytes: Vec<u8>) -> Option<Vec<u8>> {
    (16..=128).contains(&bytes.len()).then_some(bytes)
}
