//! `[passwords]`.

use crate::key::{Key, Table};
use crate::readers::Number;
use crate::section::Section;

pub(crate) const TABLE: Table = Table::new("passwords", &[MIN_LENGTH.info, MIN_STRENGTH.info]);

const MIN_LENGTH: Key<Number> =
    Key::number("min_length", "The fewest characters that a new password may have.", 8..=64, "characters")
        .for_redeem_server();
const MIN_STRENGTH: Key<Number> =
    Key::number("min_strength", "How hard a new password must be to guess.", 0..=4, "(a zxcvbn score)")
        .for_redeem_server();

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
        let min_length = section.get(&MIN_LENGTH);
        let min_strength = section.get(&MIN_STRENGTH);
        Self {
            min_length: min_length.and_then(|length| usize::try_from(length).ok()).unwrap_or(12),
            min_strength: min_strength.and_then(|score| u8::try_from(score).ok()).unwrap_or(3),
        }
    }
}
