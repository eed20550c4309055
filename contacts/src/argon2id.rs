//! Password hashes: Argon2id (RFC 9106) in PHC string form, on threads of their own.

use std::cell::RefCell;
use std::sync::{Arc, LazyLock};
use std::thread::available_parallelism;

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::password_hash::{self, PasswordVerifier, generate_salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keys::PasswordVersion;
use rayon::{ThreadPool, ThreadPoolBuilder};
use sha2::{Digest, Sha256};
use thiserror::Error;
use tokio::sync::{Semaphore, oneshot};
use unicode_normalization::UnicodeNormalization;
use zeroize::{Zeroize, Zeroizing};

/// 19 MiB, two passes, one lane: the OWASP minimum for Argon2id.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Stands for "no password yet"; a hashed version has 22 characters, so the two cannot meet.
const NO_PASSWORD: &str = "no-password";

/// Hashes and checks passwords, at most as many at once as there are slots.
#[derive(Clone)]
pub(crate) struct Argon2id {
    slots: Arc<Semaphore>,
}

/// A password could not be hashed or checked.
#[derive(Debug, Error)]
pub(crate) enum HashError {
    /// What is stored is no Argon2 hash in PHC form.
    #[error("the stored password hash is not an Argon2 hash in PHC string form")]
    UnknownHash,
    /// Memory, random numbers, or the process is about to end.
    #[error("a password could not be hashed: {0}")]
    Failed(String),
}

impl Argon2id {
    /// As many slots as there are cores: more at once would only add memory (19 MiB each), not speed.
    pub(crate) fn per_core() -> Self {
        Self::with_slots(cores())
    }

    fn with_slots(slots: usize) -> Self {
        Self { slots: Arc::new(Semaphore::new(slots)) }
    }

    /// Hashes a password under a fresh random salt of 16 bytes.
    pub(crate) async fn hash(&self, password: Zeroizing<String>) -> Result<Zeroizing<String>, HashError> {
        self.blocking(move || {
            let password = normalised(&password);
            MEMORY.with_borrow_mut(|memory| phc(password.as_bytes(), memory))
        })
        .await
    }

    /// Whether this is the password behind a stored hash, whose own parameters are used.
    pub(crate) async fn matches(
        &self,
        password: Zeroizing<String>,
        stored: String,
    ) -> Result<bool, HashError> {
        self.blocking(move || {
            let hash = PasswordHash::new(&stored).map_err(|_| HashError::UnknownHash)?;
            if Algorithm::try_from(hash.algorithm.as_str()).is_err() || hash.hash.is_none() {
                return Err(HashError::UnknownHash);
            }
            match argon2()?.verify_password(normalised(&password).as_bytes(), &hash) {
                Ok(()) => Ok(true),
                Err(password_hash::Error::PasswordInvalid) => Ok(false),
                Err(error) => Err(failed(error)),
            }
        })
        .await
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, HashError> + Send + 'static,
    ) -> Result<T, HashError> {
        let slots = Arc::clone(&self.slots);
        let slot = slots.acquire_owned().await.map_err(|error| HashError::Failed(error.to_string()))?;
        let (answer, wait) = oneshot::channel();
        threads()?.spawn(move || {
            let result = work();
            // Held by the thread, not by the caller: a caller that goes away leaves the thread working.
            drop(slot);
            // Nobody waits any more.
            let _ = answer.send(result);
        });
        wait.await.map_err(|_| HashError::Failed("hashing ended early".to_owned()))?
    }
}

thread_local! {
    /// A hashing thread's 19 MiB, taken once: given back and taken again for each hash, they leave the process with ten times as much.
    static MEMORY: RefCell<Vec<Block>> = const { RefCell::new(Vec::new()) };
}

/// The hash of a password under a fresh random salt, in PHC string form.
fn phc(password: &[u8], memory: &mut Vec<Block>) -> Result<Zeroizing<String>, HashError> {
    let argon2 = argon2()?;
    memory.resize(argon2.params().block_count(), Block::new());
    let salt = generate_salt();
    let mut output = Zeroizing::new([0; Params::DEFAULT_OUTPUT_LEN]);
    let filled = argon2.hash_password_into_with_memory(password, &salt, &mut *output, &mut *memory);
    // What was computed on the way would help whoever reads this memory.
    memory.iter_mut().for_each(Zeroize::zeroize);
    filled.map_err(|error| HashError::Failed(error.to_string()))?;
    let hash = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(argon2.params()).map_err(failed)?,
        salt: Some(Salt::new(&salt).map_err(|error| HashError::Failed(error.to_string()))?),
        hash: Some(Output::new(&*output).map_err(|error| HashError::Failed(error.to_string()))?),
    };
    Ok(Zeroizing::new(hash.to_string()))
}

/// One thread a core, for the whole process.
fn threads() -> Result<&'static ThreadPool, HashError> {
    static THREADS: LazyLock<Result<ThreadPool, String>> = LazyLock::new(|| {
        ThreadPoolBuilder::new()
            .num_threads(cores())
            .thread_name(|number| format!("argon2id-{number}"))
            // The one who waits is told by the channel that closes; the panic hook has said where.
            .panic_handler(|_| {})
            .build()
            .map_err(|error| error.to_string())
    });
    THREADS.as_ref().map_err(|error| HashError::Failed(error.clone()))
}

fn cores() -> usize {
    available_parallelism().map_or(1, usize::from)
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

fn argon2() -> Result<Argon2<'static>, HashError> {
    let params =
        Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|error| HashError::Failed(error.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn failed(error: password_hash::Error) -> HashError {
    HashError::Failed(error.to_string())
}

#[cfg(test)]
mod tests {
    use argon2::password_hash::PasswordHasher as _;
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn password(text: &str) -> Zeroizing<String> {
        Zeroizing::new(text.to_owned())
    }

    #[tokio::test]
    async fn a_hash_says_argon2id_with_19_mib_two_passes_and_one_lane() {
        let hash = Argon2id::per_core().hash(password("correct horse")).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", *hash);
        // The salt: 16 bytes are 22 characters of unpadded base64.
        assert_eq!(hash.split('$').nth(4).unwrap().len(), 22);
    }

    #[tokio::test]
    async fn the_same_password_hashes_differently_each_time() {
        let argon2id = Argon2id::per_core();
        let first = argon2id.hash(password("correct horse")).await.unwrap();
        assert_ne!(*first, *argon2id.hash(password("correct horse")).await.unwrap());
    }

    #[tokio::test]
    async fn only_the_password_itself_matches_its_hash() {
        let argon2id = Argon2id::per_core();
        let hash = argon2id.hash(password("correct horse")).await.unwrap();
        assert!(argon2id.matches(password("correct horse"), hash.to_string()).await.unwrap());
        assert!(!argon2id.matches(password("Correct horse"), hash.to_string()).await.unwrap());
    }

    #[tokio::test]
    async fn a_password_typed_in_another_unicode_form_is_the_same_password() {
        let argon2id = Argon2id::per_core();
        let hash = argon2id.hash(password("caf\u{e9} \u{fb01}ne")).await.unwrap();
        assert!(argon2id.matches(password("cafe\u{301} fine"), hash.to_string()).await.unwrap());
    }

    #[tokio::test]
    async fn a_check_uses_the_parameters_of_the_stored_hash() {
        let cheap =
            Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(64, 1, 1, Some(16)).unwrap());
        let stored: PasswordHash =
            cheap.hash_password_with_salt(b"correct horse", b"0123456789abcdef").unwrap();
        let argon2id = Argon2id::per_core();
        assert!(argon2id.matches(password("correct horse"), stored.to_string()).await.unwrap());
        assert!(!argon2id.matches(password("battery staple"), stored.to_string()).await.unwrap());
    }

    #[tokio::test]
    async fn a_hash_of_another_kind_is_neither_right_nor_wrong() {
        let bcrypt = "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW";
        for stored in [bcrypt, "", "secret", "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHQ"] {
            let checked = Argon2id::per_core().matches(password("secret"), stored.to_owned()).await;
            assert!(matches!(checked, Err(HashError::UnknownHash)), "{stored}");
        }
    }

    #[tokio::test]
    async fn a_hash_waits_until_a_slot_is_free() {
        let argon2id = Argon2id::with_slots(1);
        let busy = Arc::clone(&argon2id.slots).acquire_owned().await.unwrap();
        let mut hash = pin!(argon2id.hash(password("correct horse")));
        let mut context = Context::from_waker(Waker::noop());
        assert!(matches!(hash.as_mut().poll(&mut context), Poll::Pending));
        assert_eq!(argon2id.slots.available_permits(), 0);
        drop(busy);
        hash.await.unwrap();
        assert_eq!(argon2id.slots.available_permits(), 1);
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
