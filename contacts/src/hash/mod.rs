//! Password hashes: in the form that the application takes whose table it is.
//!
//! A form is what the application makes of a typed password (nothing, mostly), perhaps a pre-hash, the hash itself, and the text around it. Each hash is
//! computed by a crate that is kept for it, on threads of its own, at most as many at once as there are cores.

mod argon2;
pub(crate) mod embedded;
mod error;
mod format;
mod kinds;
mod parameters;
mod pbkdf2;
mod salt;
mod stored;
mod text;
mod threads;

use std::sync::Arc;

use config::{HashScheme, HashSettings, Secret};
use zeroize::Zeroizing;

pub use self::error::HashError;
pub use self::kinds::{Kind, kinds};
pub use self::parameters::HashSettingsError;
pub use self::stored::StoredPassword;

use self::format::{BCRYPT_BYTES, Format};
use self::text::TextRule;
use self::threads::HashingSlots;

#[cfg(test)]
mod tests;

/// How many quotes and backslashes a password of the greatest length may hold where WordPress gives it to bcrypt as it is.
const SLASHES: usize = 8;

/// What is hashed where there is nothing to verify.
const NOBODYS: &str = "nobody's password";

/// Hashes and verifies passwords as an application does. Cheap to clone; all of a process share their threads.
#[derive(Clone)]
pub struct PasswordHasher {
    slots: HashingSlots,
    recipe: Arc<Recipe>,
}

/// How an application stores passwords.
struct Recipe {
    scheme: HashScheme,
    is_said_out_loud: bool,
    rule: TextRule,
    pepper: Option<Secret>,
    format: Format,
}

impl PasswordHasher {
    /// A hasher of this scheme, with the parameters of the application's current release where none are set. Parameters that the scheme does not use are
    /// ignored.
    ///
    /// # Errors
    /// Where a parameter is out of bounds.
    pub fn new(settings: &HashSettings) -> Result<Self, HashSettingsError> {
        let (format, rule) = parameters::format(settings)?;
        let recipe = Recipe {
            scheme: settings.scheme,
            is_said_out_loud: settings.is_said_out_loud,
            rule,
            pepper: settings.pepper.clone(),
            format,
        };
        Ok(Self { slots: HashingSlots::of_process(), recipe: Arc::new(recipe) })
    }

    /// Hashes a password as it was typed, under a fresh random salt.
    ///
    /// # Errors
    /// [`HashError::TooLong`] and [`HashError::HoldsNul`] where the application would not take it, or see [`HashError`].
    pub async fn hash(&self, password: Zeroizing<String>) -> Result<StoredPassword, HashError> {
        let recipe = Arc::clone(&self.recipe);
        self.slots
            .run(move || {
                let salt = recipe.format.fresh_salt()?;
                recipe.hash(&password, &salt)
            })
            .await
    }

    /// Whether a password as it was typed is behind what is stored, by this scheme or any other that can be verified, with the stored hash's own
    /// parameters.
    ///
    /// # Errors
    /// [`HashError::UnknownHash`] where it is of no form that can be verified, or see [`HashError`].
    pub async fn verify(
        &self,
        password: Zeroizing<String>,
        stored: StoredPassword,
    ) -> Result<bool, HashError> {
        let recipe = Arc::clone(&self.recipe);
        self.slots.run(move || recipe.verify(&password, &stored)).await
    }

    /// Whether a password is behind what is stored; `None` where nothing is. It takes no less where nothing is stored, or what cannot be verified: so long as
    /// a hash of the application's own form takes.
    ///
    /// # Errors
    /// As [`verify`](Self::verify).
    pub(crate) async fn check(
        &self,
        password: Zeroizing<String>,
        stored: Option<StoredPassword>,
    ) -> Result<Option<bool>, HashError> {
        let checked = match stored {
            Some(stored) => self.verify(password, stored).await.map(Some),
            None => Ok(None),
        };
        if matches!(checked, Ok(None) | Err(HashError::UnknownHash)) {
            self.hash(Zeroizing::new(NOBODYS.to_owned())).await?;
        }
        checked
    }

    /// The text that the application takes where somebody types this password, which the rules for a new one must look at: as it was typed, but without outer
    /// space for WordPress. The same for a text that it has answered.
    pub fn normalised(&self, password: &str) -> Zeroizing<String> {
        self.recipe.rule.normalised(password)
    }

    /// The longest password that the application takes, in bytes of UTF-8; `None` where it has no limit.
    ///
    /// A pepper takes nothing from bcrypt's 72: it stands behind the password, and of it bcrypt reads as much as there is room for, as Devise does. WordPress
    /// puts a backslash before each quote and each backslash, for which room is left; more of them than fit are [`HashError::TooLong`].
    pub fn max_password_bytes(&self) -> Option<usize> {
        let limit = self.recipe.format.max_text_bytes()?;
        Some(match self.recipe.rule {
            TextRule::AsTyped => limit,
            TextRule::WordPress if limit == BCRYPT_BYTES => limit - SLASHES,
            // All of it may be quotes.
            TextRule::WordPress => limit / 2,
        })
    }

    /// How many characters the longest hash has that it writes: the column must take so many.
    pub fn longest_stored(&self) -> usize {
        self.recipe.format.stored_length()
    }

    /// Whether a stored text of this kind may be replaced: `kind` is the name of one of [`kinds`], or `None` where none of them fits.
    ///
    /// It may where there is no password, and where the application tells such a text by its form and takes ours beside it. Anything else only where the
    /// operator's own config names the scheme: an application that stores in another form may not take what would be written, and nobody could sign in.
    pub fn may_replace(&self, kind: Option<&str>) -> bool {
        let Recipe { scheme, is_said_out_loud, .. } = *self.recipe;
        let stored = kind.and_then(kinds::kind);
        is_said_out_loud
            || stored.is_some_and(|kind| kind.is_no_password() || taken_beside(scheme).contains(&kind.name))
    }
}

impl Recipe {
    fn hash(&self, password: &str, salt: &[u8]) -> Result<StoredPassword, HashError> {
        let text = self.rule.hashed(password);
        if password.contains('\0') {
            return Err(HashError::HoldsNul);
        }
        if let Some(max_bytes) = self.format.max_text_bytes()
            && text.len() > max_bytes
        {
            return Err(HashError::TooLong { max_bytes });
        }
        self.format.write(&self.peppered(&text), salt)
    }

    fn verify(&self, password: &str, stored: &StoredPassword) -> Result<bool, HashError> {
        stored::is_text_of(stored, &self.peppered(&self.rule.hashed(password)))
    }

    /// The bytes that are hashed.
    fn peppered(&self, text: &str) -> Zeroizing<Vec<u8>> {
        let pepper = self.pepper.as_ref().map_or("", Secret::expose);
        // Sized beforehand: what grows leaves copies of itself behind in memory.
        let mut bytes = Zeroizing::new(Vec::with_capacity(text.len() + pepper.len()));
        bytes.extend_from_slice(text.as_bytes());
        bytes.extend_from_slice(pepper.as_bytes());
        bytes
    }
}

/// The kinds of which an application that takes this scheme takes others beside it.
fn taken_beside(scheme: HashScheme) -> &'static [&'static str] {
    match scheme {
        // PASSWORD_HASHERS has all of them by default, or had.
        HashScheme::DjangoPbkdf2Sha256
        | HashScheme::DjangoArgon2
        | HashScheme::DjangoBcryptSha256
        | HashScheme::DjangoScrypt => &[
            "django-pbkdf2-sha256",
            "django-argon2",
            "django-bcrypt-sha256",
            "django-bcrypt",
            "django-scrypt",
            "django-old",
        ],
        // Bare MD5, in hexadecimal, was written before 2.5.
        HashScheme::WordPress | HashScheme::WordPressBcrypt => {
            &["wordpress", "bcrypt-2y", "phpass", "32-characters"]
        }
        HashScheme::AspNetIdentityV3 => &["aspnet-identity-v3", "aspnet-identity-v2"],
        // Each text names its scheme, or is one of crypt(3).
        HashScheme::DovecotArgon2id
        | HashScheme::DovecotBlfCrypt
        | HashScheme::Ssha512
        | HashScheme::DovecotSha512Crypt => &[
            "dovecot-argon2id",
            "dovecot-argon2i",
            "dovecot-blf-crypt",
            "dovecot-sha512-crypt",
            "dovecot-sha256-crypt",
            "dovecot-crypt",
            "dovecot-old",
            "ssha512",
            "sha512",
            "ssha256",
            "ssha",
            "plain-text",
            "bcrypt-2a",
            "bcrypt-2b",
            "bcrypt-2y",
            "sha512-crypt",
            "sha256-crypt",
            "crypt-old",
        ],
        HashScheme::Sha512Crypt => &["sha512-crypt", "sha256-crypt", "crypt-old", "yescrypt"],
        HashScheme::Discourse => &["64-characters"],
        HashScheme::Gitea => &["100-characters"],
        HashScheme::Argon2id => &["argon2id", "argon2i"],
        HashScheme::Bcrypt2a | HashScheme::Bcrypt2b | HashScheme::Bcrypt2y => {
            &["bcrypt-2a", "bcrypt-2b", "bcrypt-2y"]
        }
    }
}
