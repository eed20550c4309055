//! How an application hashes passwords, and which settings each format takes.

use std::ops::RangeInclusive;

use crate::key::{Key, KeyInfo};
use crate::problem::Refusal;
use crate::readers::{Choice, Number, SecretFile, SecretValue};
use crate::secret::Secret;
use crate::section::Section;

/// How an application hashes passwords.
#[derive(Debug, Clone)]
pub struct HashSettings {
    /// The format.
    pub scheme: HashScheme,
    /// Whether the operator's own config names the scheme, so that it may replace hashes of any other.
    pub is_said_out_loud: bool,
    /// bcrypt: the logarithm of the number of rounds; scrypt: that of N. Absent: as the application's current release.
    pub cost: Option<u32>,
    /// PBKDF2 and SHA-512 crypt: the number of rounds.
    pub iterations: Option<u32>,
    /// Argon2: the memory, in KiB.
    pub memory_kib: Option<u32>,
    /// Argon2: the number of passes.
    pub passes: Option<u32>,
    /// Argon2: the number of lanes.
    pub lanes: Option<u32>,
    /// A secret of the application that is appended to every password before it is hashed (Devise).
    pub pepper: Option<Secret>,
}

/// A format of stored passwords.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum HashScheme {
    /// `$argon2id$…`, the PHC string format.
    Argon2id,
    /// `$2a$…`: Go's and Ruby's bcrypt, with Devise's pepper where one is set.
    Bcrypt2a,
    /// `$2b$…`.
    Bcrypt2b,
    /// `$2y$…`: PHP's bcrypt.
    Bcrypt2y,
    /// `$6$…`: glibc's crypt.
    Sha512Crypt,
    /// `pbkdf2_sha256$…`.
    DjangoPbkdf2Sha256,
    /// `argon2$argon2id$…`.
    DjangoArgon2,
    /// `bcrypt_sha256$$2b$…`.
    DjangoBcryptSha256,
    /// `scrypt$…`.
    DjangoScrypt,
    /// `$wp$2y$…`, since WordPress 6.8.
    WordPress,
    /// `$2y$…` of WordPress before 6.8, which takes the same text as later ones do.
    WordPressBcrypt,
    /// Version 3 of ASP.NET Core Identity, in base64.
    AspNetIdentityV3,
    /// `{ARGON2ID}$argon2id$…`.
    DovecotArgon2id,
    /// `{BLF-CRYPT}$2y$…`.
    DovecotBlfCrypt,
    /// `{SSHA512}…`, of Dovecot and LDAP servers.
    Ssha512,
    /// `{SHA512-CRYPT}$6$…`.
    DovecotSha512Crypt,
    /// Discourse's three columns: hash, salt, algorithm.
    Discourse,
    /// Gitea's and Forgejo's three columns: hash, salt, algorithm.
    Gitea,
}

impl HashScheme {
    /// Every scheme with its name in a config.
    pub const NAMES: &'static [(&'static str, Self)] = &[
        ("argon2id", Self::Argon2id),
        ("bcrypt-2a", Self::Bcrypt2a),
        ("bcrypt-2b", Self::Bcrypt2b),
        ("bcrypt-2y", Self::Bcrypt2y),
        ("sha512-crypt", Self::Sha512Crypt),
        ("django-pbkdf2-sha256", Self::DjangoPbkdf2Sha256),
        ("django-argon2", Self::DjangoArgon2),
        ("django-bcrypt-sha256", Self::DjangoBcryptSha256),
        ("django-scrypt", Self::DjangoScrypt),
        ("wordpress", Self::WordPress),
        ("wordpress-bcrypt", Self::WordPressBcrypt),
        ("aspnet-identity-v3", Self::AspNetIdentityV3),
        ("dovecot-argon2id", Self::DovecotArgon2id),
        ("dovecot-blf-crypt", Self::DovecotBlfCrypt),
        ("ssha512", Self::Ssha512),
        ("dovecot-sha512-crypt", Self::DovecotSha512Crypt),
        ("discourse", Self::Discourse),
        ("gitea", Self::Gitea),
    ];

    /// Its name in a config.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, scheme)| *scheme == self).map_or("", |(name, _)| name)
    }
}

pub(super) const SCHEME: Key<Choice<HashScheme>> =
    Key::choice("scheme", "How the application hashes passwords.", HashScheme::NAMES);
pub(super) const COST: Key<Number> = Key::number(
    "cost",
    "bcrypt: the logarithm of the number of rounds; scrypt: that of N.",
    4..=20,
    "(a logarithm to the base 2)",
);
pub(super) const ITERATIONS: Key<Number> = Key::number(
    "iterations",
    "PBKDF2 and SHA-512 crypt: the number of rounds.",
    1_000..=20_000_000,
    "rounds",
);
pub(super) const MEMORY_KIB: Key<Number> =
    Key::number("memory_kib", "Argon2: the memory for one password.", 1_024..=1_048_576, "KiB");
pub(super) const PASSES: Key<Number> =
    Key::number("passes", "Argon2: the number of passes.", 1..=64, "passes");
pub(super) const LANES: Key<Number> = Key::number("lanes", "Argon2: the number of lanes.", 1..=64, "lanes");
pub(super) const PEPPER: Key<SecretValue> =
    Key::secret("pepper", "A secret of the application that is appended to each password (Devise).")
        .for_redeem_server();
pub(super) const PEPPER_FILE: Key<SecretFile> =
    Key::secret_file("pepper_file", "A file that holds the pepper.").for_redeem_server();

impl HashScheme {
    /// The settings that it takes, by the names of their keys.
    fn takes(self) -> &'static [&'static str] {
        match self {
            Self::Bcrypt2a => &["cost", "pepper", "pepper_file"],
            Self::Bcrypt2b
            | Self::Bcrypt2y
            | Self::DjangoBcryptSha256
            | Self::WordPress
            | Self::WordPressBcrypt
            | Self::DovecotBlfCrypt
            | Self::DjangoScrypt => &["cost"],
            Self::Sha512Crypt
            | Self::DovecotSha512Crypt
            | Self::DjangoPbkdf2Sha256
            | Self::AspNetIdentityV3
            | Self::Discourse
            | Self::Gitea => &["iterations"],
            Self::Argon2id | Self::DjangoArgon2 | Self::DovecotArgon2id => &["memory_kib", "passes", "lanes"],
            Self::Ssha512 => &[],
        }
    }

    /// What a cost may be, before a sign-in takes minutes: with scrypt it decides over the memory, 1 KiB times 2 to its power, and over the time alone with bcrypt.
    fn costs(self) -> RangeInclusive<u32> {
        if self == Self::DjangoScrypt { 10..=20 } else { 4..=18 }
    }

    /// Whether it keeps salt and algorithm in columns of their own.
    pub fn has_columns_of_its_own(self) -> bool {
        matches!(self, Self::Discourse | Self::Gitea)
    }
}

impl HashSettings {
    /// Reads all but the pepper, which only one role has.
    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let scheme = section.required(&SCHEME, "argon2id");
        let cost = section.get(&COST);
        let iterations = section.get(&ITERATIONS);
        let memory_kib = section.get(&MEMORY_KIB);
        let passes = section.get(&PASSES);
        let lanes = section.get(&LANES);
        let scheme = scheme?;
        for key in [
            COST.info,
            ITERATIONS.info,
            MEMORY_KIB.info,
            PASSES.info,
            LANES.info,
            PEPPER.info,
            PEPPER_FILE.info,
        ] {
            refuse_foreign(section, key, scheme);
        }
        let costs = scheme.costs();
        if let Some(cost) = cost.filter(|cost| !costs.contains(cost) && scheme.takes().contains(&"cost")) {
            let cure = format!("use {} to {}", costs.start(), costs.end());
            section
                .refuse(&COST, Refusal::new(format!("{cost} is out of range for {}", scheme.name()), cure));
        }
        let is_said_out_loud = section.is_given_by_operator(&SCHEME);
        Some(Self { scheme, is_said_out_loud, cost, iterations, memory_kib, passes, lanes, pepper: None })
    }
}

fn refuse_foreign(section: &mut Section<'_>, key: KeyInfo, scheme: HashScheme) {
    if !section.has(key) || scheme.takes().contains(&key.name) {
        return;
    }
    let takers: Vec<&str> = HashScheme::NAMES
        .iter()
        .filter(|(_, other)| other.takes().contains(&key.name))
        .map(|(name, _)| *name)
        .collect();
    let cause = format!("is set, and the scheme {} takes none", scheme.name());
    section.refuse(key, Refusal::new(cause, format!("remove it; it is for {}", takers.join(", "))));
}
