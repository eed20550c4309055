//! What an application makes of a typed password before it hashes it. Most take it as it was typed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256, Sha384};
use zeroize::Zeroizing;

use super::error::HashError;

/// What becomes of a typed password before anything is hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TextRule {
    /// Nothing.
    AsTyped,
    /// Space is cut off both ends (`wp_authenticate`), and quotes, backslashes and NUL get a backslash before them: `wp_magic_quotes` adds those to all
    /// that a form sends, and neither the sign-in nor the page for a new password takes them out again.
    WordPress,
}

impl TextRule {
    /// The password without what the application drops; the same for a text that it has answered.
    pub(super) fn normalised(self, typed: &str) -> Zeroizing<String> {
        let kept = match self {
            Self::AsTyped => typed,
            Self::WordPress => trimmed(typed),
        };
        Zeroizing::new(kept.to_owned())
    }

    /// The text that is hashed.
    pub(super) fn hashed(self, typed: &str) -> Zeroizing<String> {
        match self {
            Self::AsTyped => Zeroizing::new(typed.to_owned()),
            Self::WordPress => slashed(trimmed(typed)),
        }
    }
}

/// As PHP's `trim`: space of ASCII, not of Unicode.
fn trimmed(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\n', '\r', '\0', '\x0b'])
}

/// As PHP's `addslashes`.
fn slashed(text: &str) -> Zeroizing<String> {
    // Sized beforehand: a string that grows leaves copies of itself behind in memory.
    let mut slashed = Zeroizing::new(String::with_capacity(2 * text.len()));
    for c in text.chars() {
        match c {
            '\'' | '"' | '\\' => slashed.extend(['\\', c]),
            '\0' => slashed.push_str("\\0"),
            _ => slashed.push(c),
        }
    }
    slashed
}

/// What shortens a password before bcrypt, which takes 72 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PreHash {
    /// Nothing.
    None,
    /// SHA-256 in hexadecimal: Django's `bcrypt_sha256`.
    HexSha256,
    /// HMAC-SHA384 in base64: WordPress since 6.8 (`wp_hash_password`).
    WordPress,
}

impl PreHash {
    pub(super) fn of(self, text: &[u8]) -> Result<Zeroizing<Vec<u8>>, HashError> {
        Ok(Zeroizing::new(match self {
            Self::None => text.to_vec(),
            Self::HexSha256 => hex(&Sha256::digest(text)).into_bytes(),
            Self::WordPress => {
                let mut mac = Hmac::<Sha384>::new_from_slice(b"wp-sha384")
                    .map_err(|error| HashError::Failed(error.to_string()))?;
                mac.update(text);
                STANDARD.encode(mac.finalize().into_bytes()).into_bytes()
            }
        }))
    }
}

/// In lower case.
pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    // Sized beforehand: a string that grows leaves copies of itself behind in memory.
    let mut text = String::with_capacity(2 * bytes.len());
    text.extend(
        bytes
            .iter()
            .flat_map(|byte| [byte >> 4, byte & 15])
            .map(|half| char::from(DIGITS[usize::from(half)])),
    );
    text
}

/// The bytes of a text in hexadecimal of either case.
pub(super) fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return None;
    }
    text.as_bytes()
        .chunks(2)
        .map(|pair| {
            let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
            Some(digit(*pair.first()?)? << 4 | digit(*pair.last()?)?)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wordpress_hashes_what_its_form_sends_after_slashes_and_without_outer_space() {
        let rule = TextRule::WordPress;
        // php -r 'var_dump(trim(addslashes(" \tit\x27s \"a\" \\ z\u{a0} \n")));'
        assert_eq!(rule.hashed(" \tit's \"a\" \\ z\u{a0} \n").as_str(), "it\\'s \\\"a\\\" \\\\ z\u{a0}");
        assert_eq!(rule.normalised(" \tit's \"a\" \\ z\u{a0} \n").as_str(), "it's \"a\" \\ z\u{a0}");
    }

    #[test]
    fn others_take_a_password_as_it_was_typed() {
        let typed = " Gr\u{fc}\u{df} \u{fb01}\u{b2} e\u{301} 'quote\" back\\ x ";
        assert_eq!(TextRule::AsTyped.hashed(typed).as_str(), typed);
        assert_eq!(TextRule::AsTyped.normalised(typed).as_str(), typed);
    }

    #[test]
    fn hexadecimal_goes_both_ways() {
        assert_eq!(hex(&[0, 9, 0xaf, 0xff]), "0009afff");
        assert_eq!(unhex("0009AFff"), Some(vec![0, 9, 0xaf, 0xff]));
        for wrong in ["0", "0g", "é0", "+1"] {
            assert_eq!(unhex(wrong), None, "{wrong}");
        }
    }
}
