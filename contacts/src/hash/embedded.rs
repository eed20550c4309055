//! How the embedded directory keeps passwords: Argon2id of the text in NFKC, and a version of the stored hash (`contacts/CONTRACT.md`).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keys::PasswordVersion;
use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use super::NOBODYS;
use super::argon2::{self, Argon2Cost};
use super::error::HashError;
use super::salt;
use super::threads::HashingSlots;

/// Stands for "no password yet"; a hashed version has 22 characters, so the two cannot meet.
const NO_PASSWORD: &str = "no-password";

/// Hashes and checks passwords of the embedded directory.
#[derive(Clone)]
pub(crate) struct EmbeddedHasher {
    slots: HashingSlots,
}

impl EmbeddedHasher {
    pub(crate) fn new() -> Self {
        Self { slots: HashingSlots::of_process() }
    }

    /// Hashes a password under a fresh random salt of 16 bytes.
    pub(crate) async fn hash(&self, password: Zeroizing<String>) -> Result<Zeroizing<String>, HashError> {
        self.slots
            .run(move || {
                argon2::phc(normalised(&password).as_bytes(), &salt::bytes::<16>()?, Argon2Cost::OWASP)
            })
            .await
    }

    /// Whether this is the password behind a stored hash, whose own parameters are used; `None` where nothing is stored. That takes no less, and what cannot be
    /// verified neither.
    pub(crate) async fn check(
        &self,
        password: Zeroizing<String>,
        stored: Option<String>,
    ) -> Result<Option<bool>, HashError> {
        let checked = match stored {
            Some(stored) => self.matches(password, stored).await.map(Some),
            None => Ok(None),
        };
        if matches!(checked, Ok(None) | Err(HashError::UnknownHash)) {
            self.hash(Zeroizing::new(NOBODYS.to_owned())).await?;
        }
        checked
    }

    async fn matches(&self, password: Zeroizing<String>, stored: String) -> Result<bool, HashError> {
        self.slots.run(move || argon2::is_password_of(&stored, normalised(&password).as_bytes())).await
    }
}

/// The mark of a stored hash: any change of the hash, by anybody, changes it. It lets nobody guess the hash.
pub(crate) fn password_version(stored: Option<&str>) -> PasswordVersion {
    let Some(stored) = stored else { return PasswordVersion::new(NO_PASSWORD) };
    let mut hasher = Sha256::new();
    hasher.update("reset-link/v1 password-version");
    hasher.update(stored);
    let digest = hasher.finalize();
    let half: Vec<u8> = digest.iter().copied().take(16).collect();
    PasswordVersion::new(URL_SAFE_NO_PAD.encode(half))
}

/// NFKC, so that a password typed on one keyboard is the same on another (the embedded directory's rule).
pub(crate) fn normalised(password: &str) -> Zeroizing<String> {
    // Sized beforehand: a string that grows leaves copies of itself behind in memory.
    let mut text = Zeroizing::new(String::with_capacity(password.nfkc().map(char::len_utf8).sum()));
    for c in password.nfkc() {
        text.push(c);
    }
    text
}

#[cfg(test)]
mod tests {
    use std::future::Future as _;
    use std::pin::pin;
    use std::task::{Context, Waker};

    use ::argon2::password_hash::PasswordHasher as _;
    use ::argon2::password_hash::phc::PasswordHash;
    use ::argon2::{Algorithm, Argon2, Params, Version};

    use super::*;

    #[tokio::test]
    async fn where_nothing_is_stored_a_password_is_hashed_all_the_same() {
        // Without a slot whoever hashes waits.
        let hasher = EmbeddedHasher { slots: HashingSlots::new(0) };
        let mut check = pin!(hasher.check(password("correct horse"), None));
        assert!(check.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        assert_eq!(EmbeddedHasher::new().check(password("correct horse"), None).await.unwrap(), None);
    }

    fn password(text: &str) -> Zeroizing<String> {
        Zeroizing::new(text.to_owned())
    }

    #[tokio::test]
    async fn a_hash_says_argon2id_with_19_mib_two_passes_and_one_lane() {
        let hash = EmbeddedHasher::new().hash(password("correct horse")).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", *hash);
        // The salt: 16 bytes are 22 characters of unpadded base64.
        assert_eq!(hash.split('$').nth(4).unwrap().len(), 22);
    }

    #[tokio::test]
    async fn the_same_password_hashes_differently_each_time() {
        let hasher = EmbeddedHasher::new();
        let first = hasher.hash(password("correct horse")).await.unwrap();
        assert_ne!(*first, *hasher.hash(password("correct horse")).await.unwrap());
    }

    #[tokio::test]
    async fn only_the_password_itself_matches_its_hash() {
        let hasher = EmbeddedHasher::new();
        let hash = hasher.hash(password("correct horse")).await.unwrap();
        assert!(hasher.matches(password("correct horse"), hash.to_string()).await.unwrap());
        assert!(!hasher.matches(password("Correct horse"), hash.to_string()).await.unwrap());
    }

    #[tokio::test]
    async fn a_password_typed_in_another_unicode_form_is_the_same_password() {
        let hasher = EmbeddedHasher::new();
        let hash = hasher.hash(password("caf\u{e9} \u{fb01}ne")).await.unwrap();
        assert!(hasher.matches(password("cafe\u{301} fine"), hash.to_string()).await.unwrap());
    }

    #[tokio::test]
    async fn a_check_uses_the_parameters_of_the_stored_hash() {
        let cheap =
            Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(64, 1, 1, Some(16)).unwrap());
        let stored: PasswordHash =
            cheap.hash_password_with_salt(b"correct horse", b"0123456789abcdef").unwrap();
        let hasher = EmbeddedHasher::new();
        assert!(hasher.matches(password("correct horse"), stored.to_string()).await.unwrap());
        assert!(!hasher.matches(password("battery staple"), stored.to_string()).await.unwrap());
    }

    #[tokio::test]
    async fn a_hash_of_another_kind_is_neither_right_nor_wrong() {
        let bcrypt = "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW";
        for stored in [bcrypt, "", "secret", "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHQ"] {
            let checked = EmbeddedHasher::new().matches(password("secret"), stored.to_owned()).await;
            assert!(matches!(checked, Err(HashError::UnknownHash)), "{stored}");
        }
    }

    #[test]
    fn a_version_belongs_to_one_stored_hash() {
        let none = password_version(None);
        let one = password_version(Some("$argon2id$one"));
        assert_eq!(one, password_version(Some("$argon2id$one")));
        assert_ne!(one, password_version(Some("$argon2id$two")));
        assert_ne!(one, none);
        assert_ne!(none, password_version(Some("")));
        // Other programs may compute it too: CONTRACT.md says how.
        assert_eq!(one.as_str().len(), 22);
    }
}
