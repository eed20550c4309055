//! The formats that are written: what is done to the text before (a pre-hash), the hash itself, and the text that is stored.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bcrypt::Version;
use sha_crypt::{Algorithm, PasswordHasher as _, ShaCrypt};
use sha2::{Digest, Sha512};
use zeroize::Zeroizing;

use super::argon2::{self, Argon2Cost};
use super::error::HashError;
use super::pbkdf2::{self, Algorithm::Pbkdf2Sha256, Algorithm::Pbkdf2Sha512};
use super::salt;
use super::stored::StoredPassword;
use super::text::{PreHash, hex};

/// The most that bcrypt takes, in bytes: it ignores what comes behind.
pub(super) const BCRYPT_BYTES: usize = 72;

/// Gitea's and Forgejo's keys, in bytes (`pbkdf2$…$50`).
const GITEA_KEY: usize = 50;

/// A format with its parameters.
#[derive(Debug, Clone)]
pub(super) enum Format {
    Argon2id { prefix: &'static str, cost: Argon2Cost },
    DjangoArgon2 { cost: Argon2Cost },
    Bcrypt { prefix: &'static str, pre_hash: PreHash, version: Version, cost: u32 },
    Sha512Crypt { prefix: &'static str, rounds: u32 },
    SaltedSha512,
    DjangoPbkdf2 { rounds: u32 },
    DjangoScrypt { log_n: u8 },
    AspNetIdentityV3 { rounds: u32 },
    Discourse { rounds: u32 },
    Gitea { rounds: u32 },
}

/// Django's scrypt: the block size r and the parallelism p (`ScryptPasswordHasher`).
const DJANGO_SCRYPT_R: u32 = 8;
const DJANGO_SCRYPT_P: u32 = 5;

impl Format {
    /// A fresh random salt, as [`write`](Self::write) takes it.
    pub(super) fn fresh_salt(&self) -> Result<Vec<u8>, HashError> {
        Ok(match self {
            // 22 letters and digits hold 128 bits; Django hashes anew at the sign-in where there are fewer (`must_update_salt`).
            Self::DjangoArgon2 { .. } | Self::DjangoPbkdf2 { .. } | Self::DjangoScrypt { .. } => {
                salt::alphanumeric(22)?
            }
            // 16 characters once they are written: crypt(3) and Dovecot read no more, and refuse a hash with a longer salt.
            Self::Sha512Crypt { .. } => salt::bytes::<12>()?.to_vec(),
            Self::SaltedSha512 => salt::bytes::<8>()?.to_vec(),
            Self::Argon2id { .. }
            | Self::Bcrypt { .. }
            | Self::AspNetIdentityV3 { .. }
            | Self::Discourse { .. }
            | Self::Gitea { .. } => salt::bytes::<16>()?.to_vec(),
        })
    }

    /// What is stored for a text under this salt.
    pub(super) fn write(&self, text: &[u8], salt: &[u8]) -> Result<StoredPassword, HashError> {
        let stored = match self {
            Self::Argon2id { prefix, cost } => format!("{prefix}{}", *argon2::phc(text, salt, *cost)?),
            Self::DjangoArgon2 { cost } => format!("argon2{}", *argon2::phc(text, salt, *cost)?),
            Self::Bcrypt { prefix, pre_hash, version, cost } => {
                let text = pre_hash.of(text)?;
                let salt = salt.try_into().map_err(failed)?;
                // It takes the first 72 bytes: a password that is longer itself has been refused before, and of a pepper behind it Devise takes no more.
                let parts = bcrypt::hash_with_salt(text.as_slice(), *cost, salt).map_err(failed)?;
                format!("{prefix}{}", parts.format_for_version(version.clone()))
            }
            Self::Sha512Crypt { prefix, rounds } => {
                let params = sha_crypt::Params::new(*rounds).map_err(failed)?;
                let crypt = ShaCrypt::new(Algorithm::Sha512Crypt, params);
                format!("{prefix}{}", crypt.hash_password_with_salt(text, salt).map_err(failed)?)
            }
            Self::SaltedSha512 => {
                let digest = Sha512::new().chain_update(text).chain_update(salt).finalize();
                format!("{{SSHA512}}{}", STANDARD.encode([digest.as_slice(), salt].concat()))
            }
            Self::DjangoPbkdf2 { rounds } => {
                let key = pbkdf2::key(Pbkdf2Sha256, text, salt, *rounds, 32)?;
                let salt = std::str::from_utf8(salt).map_err(failed)?;
                format!("pbkdf2_sha256${rounds}${salt}${}", STANDARD.encode(&*key))
            }
            Self::DjangoScrypt { log_n } => {
                let params = scrypt::Params::new(*log_n, DJANGO_SCRYPT_R, DJANGO_SCRYPT_P).map_err(failed)?;
                let mut key = Zeroizing::new([0; 64]);
                scrypt::scrypt(text, salt, &params, &mut *key).map_err(failed)?;
                let (n, salt) = (params.n(), std::str::from_utf8(salt).map_err(failed)?);
                format!("scrypt${n}${salt}${DJANGO_SCRYPT_R}${DJANGO_SCRYPT_P}${}", STANDARD.encode(*key))
            }
            Self::AspNetIdentityV3 { rounds } => {
                let key = pbkdf2::key(Pbkdf2Sha512, text, salt, *rounds, 32)?;
                let salt_length = u32::try_from(salt.len()).map_err(failed)?;
                // The version, then big-endian: 2 for HMAC-SHA512, the rounds, the length of the salt.
                let mut bytes = vec![1];
                bytes.extend([2, *rounds, salt_length].into_iter().flat_map(u32::to_be_bytes));
                bytes.extend(salt);
                bytes.extend(key.as_slice());
                STANDARD.encode(bytes)
            }
            Self::Discourse { rounds } => {
                // The salt is the hexadecimal text itself, not the bytes that it stands for.
                let salt = hex(salt);
                let key = pbkdf2::key(Pbkdf2Sha256, text, salt.as_bytes(), *rounds, 32)?;
                return Ok(StoredPassword {
                    password: Zeroizing::new(hex(&key)),
                    salt: Some(salt),
                    algorithm: Some(format!("$pbkdf2-sha256$i={rounds},l=32$")),
                });
            }
            Self::Gitea { rounds } => {
                let key = pbkdf2::key(Pbkdf2Sha256, text, salt, *rounds, GITEA_KEY)?;
                return Ok(StoredPassword {
                    password: Zeroizing::new(hex(&key)),
                    salt: Some(hex(salt)),
                    algorithm: Some(format!("pbkdf2${rounds}${GITEA_KEY}")),
                });
            }
        };
        Ok(StoredPassword::from(Zeroizing::new(stored)))
    }

    /// How many characters are stored for a password: of each format always as many.
    pub(super) fn stored_length(&self) -> usize {
        match self {
            Self::Argon2id { prefix, cost } => prefix.len() + phc_length(*cost, 16),
            Self::DjangoArgon2 { cost } => "argon2".len() + phc_length(*cost, 22),
            Self::Bcrypt { prefix, .. } => prefix.len() + 60,
            Self::Sha512Crypt { prefix, rounds } => {
                prefix.len() + "$6$rounds=$".len() + digits(*rounds) + 16 + "$".len() + 86
            }
            Self::SaltedSha512 => "{SSHA512}".len() + (64 + 8_usize).div_ceil(3) * 4,
            Self::DjangoPbkdf2 { rounds } => "pbkdf2_sha256$$$".len() + digits(*rounds) + 22 + 44,
            Self::DjangoScrypt { log_n } => {
                let n = 1_u32.checked_shl(u32::from(*log_n)).unwrap_or(u32::MAX);
                "scrypt$$$8$5$".len() + digits(n) + 22 + 88
            }
            Self::AspNetIdentityV3 { .. } => 84,
            Self::Discourse { .. } => 2 * 32,
            Self::Gitea { .. } => 2 * GITEA_KEY,
        }
    }

    /// The longest text that the application takes, in bytes; see also [`super::PasswordHasher::max_password_bytes`].
    pub(super) fn max_text_bytes(&self) -> Option<usize> {
        match self {
            Self::Bcrypt { pre_hash: PreHash::None, .. } => Some(BCRYPT_BYTES),
            // wp_hash_password (wp-includes/pluggable.php) and wp_check_password refuse more.
            Self::Bcrypt { pre_hash: PreHash::WordPress, .. } => Some(4_096),
            // libxcrypt refuses 512 (CRYPT_MAX_PASSPHRASE_SIZE in crypt.h, which counts the NUL at the end).
            Self::Sha512Crypt { .. } => Some(511),
            // UserPassword::MAX_PASSWORD_LENGTH, in characters (app/models/user_password.rs): no text of so many bytes has more.
            Self::Discourse { .. } => Some(200),
            // MaxSize(255) of SignInForm, in characters (services/forms/user_form.go).
            Self::Gitea { .. } => Some(255),
            Self::Bcrypt { pre_hash: PreHash::HexSha256, .. }
            | Self::Argon2id { .. }
            | Self::DjangoArgon2 { .. }
            | Self::SaltedSha512
            | Self::DjangoPbkdf2 { .. }
            | Self::DjangoScrypt { .. }
            | Self::AspNetIdentityV3 { .. } => None,
        }
    }
}

/// Of a hash of 32 bytes in PHC string form, whose base64 has no padding.
fn phc_length(cost: Argon2Cost, salt_bytes: usize) -> usize {
    let Argon2Cost { memory_kib, passes, lanes } = cost;
    let parameters = digits(memory_kib) + digits(passes) + digits(lanes);
    "$argon2id$v=19$m=,t=,p=$$".len() + parameters + (salt_bytes * 4).div_ceil(3) + 43
}

fn digits(number: u32) -> usize {
    number.checked_ilog10().map_or(1, |power| power as usize + 1)
}

fn failed(error: impl std::fmt::Display) -> HashError {
    HashError::Failed(error.to_string())
}
