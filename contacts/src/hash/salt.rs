//! Fresh random salts.

use argon2::password_hash::try_generate_salt;

use super::error::HashError;

const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// The most random bytes that the alphabet divides evenly; those above are drawn again, so that no character comes up more often than another.
const EVEN: u8 = u8::MAX - u8::MAX % 62;

/// So many random bytes, at most 16.
pub(super) fn bytes<const N: usize>() -> Result<[u8; N], HashError> {
    const { assert!(N <= 16, "a draw has 16 bytes") }
    let drawn = draw()?;
    let mut salt = [0; N];
    for (byte, drawn) in salt.iter_mut().zip(drawn) {
        *byte = drawn;
    }
    Ok(salt)
}

/// So many random letters and digits of ASCII, each as likely as any other.
pub(super) fn alphanumeric(length: usize) -> Result<Vec<u8>, HashError> {
    let mut text = Vec::with_capacity(length);
    while text.len() < length {
        let missing = length - text.len();
        text.extend(draw()?.into_iter().filter_map(character).take(missing));
    }
    Ok(text)
}

fn character(drawn: u8) -> Option<u8> {
    (drawn < EVEN).then(|| ALPHABET[usize::from(drawn) % ALPHABET.len()])
}

fn draw() -> Result<[u8; 16], HashError> {
    try_generate_salt().map_err(|error| HashError::Failed(error.to_string()))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn every_character_is_as_likely_as_any_other() {
        let mut counts = HashMap::new();
        for c in (0..=u8::MAX).filter_map(character) {
            *counts.entry(c).or_insert(0) += 1;
        }
        assert_eq!(counts.len(), 62);
        assert!(counts.values().all(|count| *count == 4));
    }

    #[test]
    fn a_salt_has_its_length_and_is_another_one_each_time() {
        let salt = alphanumeric(22).unwrap();
        assert_eq!(salt.len(), 22);
        assert!(salt.iter().all(u8::is_ascii_alphanumeric));
        assert_ne!(salt, alphanumeric(22).unwrap());
        assert_ne!(bytes::<16>().unwrap(), bytes::<16>().unwrap());
    }
}
