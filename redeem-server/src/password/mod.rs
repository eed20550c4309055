//! The rules for a new password, in the spirit of NIST SP 800-63B-4 §3.1.1.2: length and strength, no composition rules.

mod broken_rule;
mod character_kinds;
mod own_data;
mod passphrase;
mod strength;

use contacts::PasswordPolicy;
use keys::text::is_invisible;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

pub use self::broken_rule::BrokenRule;
use self::character_kinds::kinds;
pub use self::own_data::OwnData;
pub use self::passphrase::{PassphraseForm, passphrase};
pub use zxcvbn::feedback::{Suggestion, Warning};

/// The longest password that anybody may set, in bytes of UTF-8, whatever the directory could take.
pub const MAX_BYTES: usize = 1_024;

/// How often an offered passphrase is drawn again where it holds the contact's own name.
const OFFERS: usize = 8;

/// What an operator asks of a new password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// In code points, counted after NFC.
    pub min_length: usize,
    /// The zxcvbn score, 0 to 4.
    pub min_strength: u8,
}

impl From<&config::Passwords> for Rules {
    fn from(passwords: &config::Passwords) -> Self {
        Self { min_length: passwords.min_length, min_strength: passwords.min_strength }
    }
}

impl Rules {
    /// Checks a new password and gives everything that is wrong with it at once; empty means good.
    ///
    /// `password` and `confirm` are the texts that the directory will store (`PasswordWriter::normalised`), which need not be those that were typed.
    ///
    /// Checks: length in code points after NFC, against our minimum and the directory's; length in bytes, against our cap and the
    /// directory's; the kinds of characters that the directory wants; no control characters, line breaks, U+FFFD (what a browser's broken UTF-8 becomes) or characters that nobody sees and no keyboard has: the contact could never type
    /// those again; not the contact's own name, id or e-mail; zxcvbn's score; both fields the same.
    ///
    /// Takes milliseconds of CPU time, and some hundreds for a password made to be slow (zxcvbn): call it on a blocking thread.
    pub fn check(
        &self,
        password: &str,
        confirm: &str,
        own: OwnData<'_>,
        directory: &PasswordPolicy,
    ) -> Vec<BrokenRule> {
        if password.is_empty() {
            return vec![BrokenRule::Empty];
        }
        let mut broken = Vec::new();
        let min = self.min_length(directory);
        if password.nfc().count() < min {
            broken.push(BrokenRule::TooShort { min });
        }
        let max_bytes = max_bytes(directory);
        if password.len() > max_bytes {
            broken.push(BrokenRule::TooLong { max_bytes });
        }
        if password.chars().any(is_unprintable) {
            broken.push(BrokenRule::Unprintable);
        }
        if let Some(min) = directory.min_kinds.filter(|min| kinds(password) < *min) {
            broken.push(BrokenRule::TooFewKinds { min });
        }
        if own_data::is_mostly_own(password, own) {
            broken.push(BrokenRule::OwnData);
        }
        broken.extend(strength::weakness(password, own, self.min_strength));
        if password != confirm {
            broken.push(BrokenRule::ConfirmDiffers);
        }
        broken
    }

    /// How many characters a new password must have: as many as we ask for, or the directory where that is more.
    pub(crate) fn min_length(&self, directory: &PasswordPolicy) -> usize {
        directory.min_chars.map_or(self.min_length, |min| min.max(self.min_length))
    }

    /// A passphrase that keeps these rules and the directory's, to be offered on the form; `None` where the directory's limit is too low for one.
    ///
    /// `random` fills a buffer with random bytes.
    pub fn offer(
        &self,
        own: OwnData<'_>,
        directory: &PasswordPolicy,
        random: &mut dyn FnMut(&mut [u8]),
    ) -> Option<Zeroizing<String>> {
        let form =
            if directory.min_kinds.is_some() { PassphraseForm::FourKinds } else { PassphraseForm::Words };
        (0..OFFERS)
            .map(|_| passphrase(self.min_length(directory), form, random))
            .find(|offer| offer.len() <= max_bytes(directory) && !own_data::is_mostly_own(offer, own))
    }
}

/// What holds: our cap, or the directory's where that is lower.
pub(crate) fn max_bytes(directory: &PasswordPolicy) -> usize {
    directory.max_bytes.map_or(MAX_BYTES, |max| max.min(MAX_BYTES))
}

fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | char::REPLACEMENT_CHARACTER)
        || (is_invisible(c) && !is_typed(c))
}

/// Whether keyboards write this character although nobody sees it: the joiners of scripts and emoji, variation selectors, fillers of Hangul, the letters of
/// flags.
fn is_typed(c: char) -> bool {
    matches!(c,
        '\u{200c}' | '\u{200d}' | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}'
        | '\u{180b}'..='\u{180d}' | '\u{180f}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0020}'..='\u{e007f}')
}

#[cfg(test)]
mod tests;
