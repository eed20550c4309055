//! Which format a config asks for, with which parameters: those of the application's current release unless others are set.

use std::ops::RangeInclusive;

use bcrypt::Version;
use config::{HashScheme, HashSettings};
use thiserror::Error;

use super::argon2::{Argon2Cost, MAX_MEMORY_KIB};
use super::format::Format;
use super::text::{PreHash, TextRule};

/// A parameter that a scheme does not take.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "contacts.mapping.{key} = {value}: {scheme} takes {least} to {most} {unit}; set one of these, or leave it out for {default}"
)]
pub struct HashSettingsError {
    key: &'static str,
    value: u32,
    scheme: &'static str,
    least: u32,
    most: u32,
    unit: &'static str,
    default: u32,
}

/// The bounds keep a hash from being no protection, and a sign-in from taking minutes or all memory.
struct Bounds {
    key: &'static str,
    unit: &'static str,
    range: RangeInclusive<u32>,
}

const BCRYPT_COST: Bounds = Bounds { key: "cost", unit: "(the logarithm of the rounds)", range: 4..=18 };
const SCRYPT_COST: Bounds = Bounds { key: "cost", unit: "(the logarithm of N)", range: 10..=20 };
const ROUNDS: Bounds = Bounds { key: "iterations", unit: "rounds", range: 1_000..=20_000_000 };
const MEMORY: Bounds = Bounds { key: "memory_kib", unit: "KiB", range: 1_024..=MAX_MEMORY_KIB };
const PASSES: Bounds = Bounds { key: "passes", unit: "passes", range: 1..=64 };
const LANES: Bounds = Bounds { key: "lanes", unit: "lanes", range: 1..=64 };

/// The format, and what becomes of a typed password before.
///
/// # Errors
/// Where a parameter is out of bounds. Those that the scheme does not use are not looked at.
pub(super) fn format(settings: &HashSettings) -> Result<(Format, TextRule), HashSettingsError> {
    let asked = Asked(settings);
    let bcrypt = |prefix, version, default| {
        let cost = asked.parameter(settings.cost, default, &BCRYPT_COST)?;
        Ok(Format::Bcrypt { prefix, pre_hash: PreHash::None, version, cost })
    };
    let pre_hashed = |prefix, pre_hash, version| {
        let cost = asked.parameter(settings.cost, 12, &BCRYPT_COST)?;
        Ok(Format::Bcrypt { prefix, pre_hash, version, cost })
    };
    let rounds = |default| asked.parameter(settings.iterations, default, &ROUNDS);
    let format = match settings.scheme {
        // No single application: what the embedded directory takes, the OWASP minimum.
        HashScheme::Argon2id => Format::Argon2id { prefix: "", cost: asked.argon2(Argon2Cost::OWASP)? },
        // Devise's `stretches` (lib/devise.rb); GoTrue's 10 stands in its preset.
        HashScheme::Bcrypt2a => bcrypt("", Version::TwoA, 12)?,
        // `bcrypt.gensalt()` of Python's bcrypt 5.0.
        HashScheme::Bcrypt2b => bcrypt("", Version::TwoB, 12)?,
        // Laravel's `bcrypt.rounds` (config/hashing.php), and `password_hash` of PHP from 8.4 on (10 before).
        HashScheme::Bcrypt2y | HashScheme::WordPressBcrypt => bcrypt("", Version::TwoY, 12)?,
        // More than the 5,000 that crypt(3) and `doveadm pw` write, which are from 2007: whoever verifies takes the number from the hash.
        HashScheme::Sha512Crypt => Format::Sha512Crypt { prefix: "", rounds: rounds(100_000)? },
        // Django 5.2, the release with long-term support (django/contrib/auth/hashers.py); 6.0 has 1,200,000 and 6.1 1,500,000. A Django of another number
        // takes the hash as well, and hashes anew at the first sign-in.
        HashScheme::DjangoPbkdf2Sha256 => Format::DjangoPbkdf2 { rounds: rounds(1_000_000)? },
        // Django 5.2 to 6.1: Argon2PasswordHasher.
        HashScheme::DjangoArgon2 => Format::DjangoArgon2 {
            cost: asked.argon2(Argon2Cost { memory_kib: 102_400, passes: 2, lanes: 8 })?,
        },
        // Django 5.2 to 6.1: BCryptSHA256PasswordHasher.
        HashScheme::DjangoBcryptSha256 => pre_hashed("bcrypt_sha256$", PreHash::HexSha256, Version::TwoB)?,
        // Django 5.2 to 6.1: ScryptPasswordHasher, whose N is 2^14.
        HashScheme::DjangoScrypt => {
            let cost = asked.parameter(settings.cost, 14, &SCRYPT_COST)?;
            Format::DjangoScrypt { log_n: u8::try_from(cost).unwrap_or(14) }
        }
        // WordPress leaves the cost to PHP: 12 from 8.4 on. One that runs on an older PHP takes the hash as well, and hashes anew at the first sign-in.
        HashScheme::WordPress => pre_hashed("$wp", PreHash::WordPress, Version::TwoY)?,
        // .NET 7 and later: PasswordHasher.cs and PasswordHasherOptions.cs.
        HashScheme::AspNetIdentityV3 => Format::AspNetIdentityV3 { rounds: rounds(100_000)? },
        // `doveadm pw -s ARGON2ID` of Dovecot 2.3.
        HashScheme::DovecotArgon2id => Format::Argon2id {
            prefix: "{ARGON2ID}",
            cost: asked.argon2(Argon2Cost { memory_kib: 65_536, passes: 3, lanes: 1 })?,
        },
        // The OWASP minimum. `doveadm pw` of Dovecot 2.3 writes 5, which protects no password today; Dovecot takes the cost from the hash.
        HashScheme::DovecotBlfCrypt => bcrypt("{BLF-CRYPT}", Version::TwoY, 10)?,
        HashScheme::Ssha512 => Format::SaltedSha512,
        HashScheme::DovecotSha512Crypt => {
            Format::Sha512Crypt { prefix: "{SHA512-CRYPT}", rounds: rounds(100_000)? }
        }
        // `pbkdf2_iterations` (config/application.rb).
        HashScheme::Discourse => Format::Discourse { rounds: rounds(600_000)? },
        // `pbkdf2_v2` (modules/auth/password/hash/setting.go). Forgejo, and a Gitea that is set to `pbkdf2_hi`, have 320,000: they take the hash as well, and
        // hash anew at the first sign-in.
        HashScheme::Gitea => Format::Gitea { rounds: rounds(50_000)? },
    };
    let rule = match settings.scheme {
        HashScheme::WordPress | HashScheme::WordPressBcrypt => TextRule::WordPress,
        _ => TextRule::AsTyped,
    };
    Ok((format, rule))
}

struct Asked<'a>(&'a HashSettings);

impl Asked<'_> {
    fn parameter(&self, set: Option<u32>, default: u32, bounds: &Bounds) -> Result<u32, HashSettingsError> {
        let value = set.unwrap_or(default);
        if bounds.range.contains(&value) {
            return Ok(value);
        }
        Err(HashSettingsError {
            key: bounds.key,
            value,
            scheme: self.0.scheme.name(),
            least: *bounds.range.start(),
            most: *bounds.range.end(),
            unit: bounds.unit,
            default,
        })
    }

    fn argon2(&self, default: Argon2Cost) -> Result<Argon2Cost, HashSettingsError> {
        let lanes = self.parameter(self.0.lanes, default.lanes, &LANES)?;
        Ok(Argon2Cost {
            memory_kib: self.parameter(self.0.memory_kib, default.memory_kib, &MEMORY)?,
            passes: self.parameter(self.0.passes, default.passes, &PASSES)?,
            lanes,
        })
    }
}
