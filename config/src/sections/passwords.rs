//! `[passwords]`.

use crate::section::Section;

pub(crate) const KEYS: &[&str] = &["min_length", "min_strength"];

/// `[passwords]`: the rules for a new one (NIST SP 800-63B-4 §3.1.1.2).
#[derive(Debug, Clone)]
pub struct Passwords {
    /// Code points, 8 to 64; default 12.
    pub min_length: usize,
    /// zxcvbn score, 0 to 4; default 3.
    pub min_strength: u8,
}

impl Passwords {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let min_length = section.number("min_length", 8..=64, "characters");
        let min_strength = section.number("min_strength", 0..=4, "(a zxcvbn score)");
        Self {
            min_length: min_length.and_then(|length| usize::try_from(length).ok()).unwrap_or(12),
            min_strength: min_strength.and_then(|score| u8::try_from(score).ok()).unwrap_or(3),
        }
    }
}
