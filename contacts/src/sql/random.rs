//! What a statement may draw: an application's security stamps and remember-me tokens are renewed with the password.

use crate::Entropy;

const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// How many letters and digits `:random` is.
const LENGTH: usize = 60;

/// A random UUID (RFC 9562, version 4).
pub(super) fn uuid(entropy: &Entropy) -> String {
    let mut bytes = [0; 16];
    entropy(&mut bytes);
    let random = u128::from_be_bytes(bytes);
    let version_and_variant = (0xf << 76) | (0b11 << 62);
    let digits = format!("{:032x}", (random & !version_and_variant) | (0x4 << 76) | (0b10 << 62));
    let mut groups = Vec::new();
    let mut rest = digits.as_str();
    for length in [8, 4, 4, 4, 12] {
        let (group, behind) = rest.split_at(length);
        groups.push(group);
        rest = behind;
    }
    groups.join("-")
}

/// Letters and digits.
pub(super) fn letters(entropy: &Entropy) -> String {
    let mut text = String::with_capacity(LENGTH);
    while text.len() < LENGTH {
        let mut some = [0; 16];
        entropy(&mut some);
        // 62 of 64: each letter is as likely as any other.
        let letters = some.iter().filter_map(|byte| LETTERS.get(usize::from(byte & 0x3f)));
        text.extend(letters.map(|letter| char::from(*letter)).take(LENGTH - text.len()));
    }
    text
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[test]
    fn a_uuid_says_that_it_is_random_and_no_two_draws_are_alike() {
        let next = AtomicU32::new(0);
        let entropy: Entropy = Arc::new(move |bytes: &mut [u8]| {
            for byte in bytes {
                let at = next.fetch_add(1, Ordering::Relaxed);
                *byte = (at * 37 + at / 64).to_be_bytes()[3];
            }
        });
        let (one, other) = (uuid(&entropy), uuid(&entropy));
        assert_eq!(one, "00254a6f-94b9-4e03-a84d-7297bce1062b");
        assert_ne!(one, other);
        let (one, other) = (letters(&entropy), letters(&entropy));
        assert_eq!(one.len(), 60);
        assert!(one.chars().all(|c| c.is_ascii_alphanumeric()));
        assert_ne!(one, other);
    }
}
