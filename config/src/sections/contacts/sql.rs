//! Contacts in tables of another application: where they are, and which column means what.

use std::path::PathBuf;

use jiff::SignedDuration;

use crate::secret::Secret;

/// Tables that exist already and belong to another application.
#[derive(Debug, Clone)]
pub struct SqlContacts {
    /// `postgres://…`, `mysql://…` or `sqlite:…`, with the account of this role.
    pub url: Secret,
    /// The key that gave it, for messages: `contacts.url_file`, say.
    pub url_key: &'static str,
    /// PEM; trusted beside the system's roots.
    pub ca_file: Option<PathBuf>,
    /// How long connecting, waiting for a connection, or one statement may take; default 5 s.
    pub timeout: SignedDuration,
    /// Whose tables they are, where that was said: the name of a preset.
    pub preset: Option<String>,
    /// Whether the roles use the views that reset-link names, `reset_link_bot` and `reset_link_redeem`, rather than the table.
    pub uses_views: bool,
    /// Which column means what.
    pub mapping: SqlMapping,
}

/// Which column of which table means what. Identifiers are as the database writes them, and are quoted wherever they are used.
#[derive(Debug, Clone)]
pub struct SqlMapping {
    /// The table, perhaps with its schema before a dot.
    pub table: String,
    /// What names a contact.
    pub id: String,
    /// What a contact is called: one column, or several that are joined by a space.
    pub name: Vec<String>,
    /// The primary e-mail; absent: nobody has one.
    pub email: Option<String>,
    /// A column that holds the key by which e-mails are compared, where the database computes one.
    pub email_key: Option<String>,
    /// BCP 47; absent: nobody has one.
    pub language: Option<String>,
    /// The stored hash.
    pub password: String,
    /// An SQL condition; absent: everybody is active.
    pub active: Option<String>,
    /// How the application hashes passwords.
    pub hash: HashSettings,
    /// Columns that change with the password, and the SQL expression of each.
    pub also_set: Vec<(String, String)>,
    /// Statements in the same transaction.
    pub also_run: Vec<AlsoRun>,
}

/// A statement that runs in the transaction that sets a password: it ends sessions, say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlsoRun {
    /// The statement. `:id` stands for the contact's id.
    pub sql: String,
    /// Where the database has no such table, the statement is left out; absent: it always runs.
    pub if_table: Option<String>,
}

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
