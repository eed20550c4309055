mod applications;
mod kinds;
mod limits;
mod vectors;

use super::*;

/// A password with what applications treat differently: letters of more than one byte, compatibility characters, quotes, a backslash.
const PASSWORD: &str = "Gr\u{fc}\u{df} \u{fb01}\u{b2} 'quote\" back\\ x";

fn settings(scheme: HashScheme) -> HashSettings {
    HashSettings {
        scheme,
        is_said_out_loud: false,
        cost: None,
        iterations: None,
        memory_kib: None,
        passes: None,
        lanes: None,
        pepper: None,
    }
}

/// As cheap as each scheme can be.
fn cheap(scheme: HashScheme) -> HashSettings {
    HashSettings {
        cost: Some(if scheme == HashScheme::DjangoScrypt { 10 } else { 4 }),
        iterations: Some(1_000),
        memory_kib: Some(1_024),
        passes: Some(1),
        lanes: Some(2),
        ..settings(scheme)
    }
}

fn hasher(settings: &HashSettings) -> PasswordHasher {
    PasswordHasher::new(settings).unwrap()
}

fn password(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.to_owned())
}

fn every_scheme() -> impl Iterator<Item = HashScheme> {
    HashScheme::NAMES.iter().map(|(_, scheme)| *scheme)
}

#[tokio::test]
async fn every_scheme_verifies_what_it_writes_and_nothing_else() {
    for scheme in every_scheme() {
        let hasher = hasher(&cheap(scheme));
        let stored = hasher.hash(password(PASSWORD)).await.unwrap();
        assert!(hasher.verify(password(PASSWORD), stored.clone()).await.unwrap(), "{scheme:?}");
        for other in ["", "Gr\u{fc}\u{df}", &format!("{PASSWORD}x"), &PASSWORD.to_lowercase()] {
            assert!(!hasher.verify(password(other), stored.clone()).await.unwrap(), "{scheme:?} {other}");
        }
        let again = hasher.hash(password(PASSWORD)).await.unwrap();
        assert_ne!(stored.password, again.password, "{scheme:?}");
    }
}

#[tokio::test]
async fn the_column_must_take_as_many_characters_as_are_written() {
    for scheme in every_scheme() {
        let hasher = hasher(&cheap(scheme));
        let stored = hasher.hash(password(PASSWORD)).await.unwrap();
        assert_eq!(stored.password.chars().count(), hasher.longest_stored(), "{scheme:?}");
    }
}
