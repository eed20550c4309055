//! Which kind of hash is stored, told by how it begins or how long it is: the database can say so without showing a hash to anybody.

/// A kind of stored text.
#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
    /// What it is called. A kind that a scheme of the config writes has the name of that scheme, where it can be told from others.
    pub name: &'static str,
    /// SQL patterns, one of which fits a text of this kind: `coalesce(password, '') LIKE pattern ESCAPE '!'`.
    pub patterns: &'static [&'static str],
    /// Whether [`PasswordHasher::verify`](super::PasswordHasher::verify) can tell from the text alone whether a password is behind it.
    pub is_verifiable: bool,
}

impl Kind {
    /// Nobody can sign in by a password.
    pub fn is_no_password(&self) -> bool {
        [NONE, UNUSABLE].contains(&self.name)
    }
}

/// Nothing is stored: NULL, or an empty text.
pub(super) const NONE: &str = "none";

/// A text that no password fits: `!…` of Django, and `!` and `*` of shadow files and of Dovecot.
pub(super) const UNUSABLE: &str = "unusable";

/// Every kind that can be told. The first one that fits counts.
///
/// All letters of the patterns may be compared in either case: Dovecot's schemes are written in both, and no two kinds differ in case alone.
pub fn kinds() -> &'static [Kind] {
    KINDS
}

pub(super) fn kind(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == name)
}

const fn verifiable(name: &'static str, patterns: &'static [&'static str]) -> Kind {
    Kind { name, patterns, is_verifiable: true }
}

const fn told(name: &'static str, patterns: &'static [&'static str]) -> Kind {
    Kind { name, patterns, is_verifiable: false }
}

const KINDS: &[Kind] = &[
    told(NONE, &[""]),
    told("mysql-native", &["*________________________________________"]),
    told(UNUSABLE, &["!!%", "*%"]),
    verifiable("argon2id", &["$argon2id$%"]),
    verifiable("argon2i", &["$argon2i$%", "$argon2d$%"]),
    verifiable("django-argon2", &["argon2$%"]),
    verifiable("django-bcrypt-sha256", &["bcrypt!_sha256$%"]),
    verifiable("django-bcrypt", &["bcrypt$%"]),
    verifiable("django-pbkdf2-sha256", &["pbkdf2!_sha256$%"]),
    verifiable("django-scrypt", &["scrypt$%"]),
    told("django-old", &["pbkdf2!_sha1$%", "sha1$%", "md5$%", "unsalted!_%", "crypt$%"]),
    verifiable("wordpress", &["$wp$2y$%"]),
    verifiable("bcrypt-2a", &["$2a$%"]),
    verifiable("bcrypt-2b", &["$2b$%"]),
    verifiable("bcrypt-2y", &["$2y$%"]),
    verifiable("sha512-crypt", &["$6$%"]),
    verifiable("sha256-crypt", &["$5$%"]),
    told("crypt-old", &["$1$%", "$apr1$%", "$2$%", "$2x$%", "$3$%", "$sha1$%", "$md5%"]),
    told("yescrypt", &["$y$%", "$gy$%", "$7$%"]),
    told("phpass", &["$P$%", "$H$%"]),
    told("drupal", &["$S$%", "U$%"]),
    told("pbkdf2-phc", &["$pbkdf2%"]),
    told("nextcloud", &["1|$%", "2|$%", "3|$%"]),
    told("werkzeug", &["pbkdf2:%", "scrypt:%"]),
    verifiable("dovecot-argon2id", &["{ARGON2ID}%"]),
    verifiable("dovecot-argon2i", &["{ARGON2I}%"]),
    verifiable("dovecot-blf-crypt", &["{BLF-CRYPT}%"]),
    verifiable("dovecot-sha512-crypt", &["{SHA512-CRYPT}%"]),
    verifiable("dovecot-sha256-crypt", &["{SHA256-CRYPT}%"]),
    verifiable(
        "dovecot-crypt",
        &["{CRYPT}$2a$%", "{CRYPT}$2b$%", "{CRYPT}$2y$%", "{CRYPT}$5$%", "{CRYPT}$6$%"],
    ),
    verifiable("ssha512", &["{SSHA512}%"]),
    verifiable("sha512", &["{SHA512}%"]),
    verifiable("ssha256", &["{SSHA256}%", "{SHA256}%"]),
    told("ssha", &["{SSHA}%", "{SHA}%", "{SHA1}%"]),
    told("plain-text", &["{PLAIN}%", "{CLEAR}%", "{CLEARTEXT}%"]),
    told(
        "dovecot-old",
        &[
            "{CRYPT}%",
            "{DES-CRYPT}%",
            "{MD5-CRYPT}%",
            "{MD5}%",
            "{SMD5}%",
            "{PLAIN-MD5}%",
            "{LDAP-MD5}%",
            "{CRAM-MD5}%",
            "{HMAC-MD5}%",
            "{DIGEST-MD5}%",
            "{SCRAM-%",
            "{PBKDF2}%",
            "{NTLM}%",
            "{LANMAN}%",
        ],
    ),
    verifiable("aspnet-identity-v3", &["AQAAAA%"]),
    told("aspnet-identity-v2", &["A_________________________________________________________________=="]),
    told(
        "100-characters",
        &[
            "____________________________________________________________________________________________________",
        ],
    ),
    told("64-characters", &["________________________________________________________________"]),
    told("40-characters", &["________________________________________"]),
    told("32-characters", &["________________________________"]),
];
