//! How hard a password is to guess, by zxcvbn's estimate.

use super::broken_rule::BrokenRule;
use super::own_data::{self, OwnData};

/// How much of a password is estimated: as much as the longest minimum that an operator can set. The time grows with the square of the length, and
/// the worst a visitor can send, letters written as digits and symbols throughout, takes a second for 100 characters.
const ESTIMATED_CHARS: usize = 64;

/// How many words of the contact's own are made known to the estimate.
const OWN_WORDS: usize = 32;

/// `Some` where the score is below `min_strength`.
pub(super) fn weakness(password: &str, own: OwnData<'_>, min_strength: u8) -> Option<BrokenRule> {
    let start = first(password);
    let mut own_words: Vec<String> =
        [Some(own.id), Some(own.name), own.email].into_iter().flatten().map(first).collect();
    own_words.extend(own_data::words(own).take(OWN_WORDS).map(|word| first(&word)));
    let own_words: Vec<&str> = own_words.iter().map(String::as_str).collect();
    let estimate = zxcvbn::zxcvbn(&start, &own_words);
    if u8::from(estimate.score()) >= min_strength {
        return None;
    }
    let feedback = estimate.feedback();
    Some(BrokenRule::Weak {
        warning: feedback.and_then(zxcvbn::feedback::Feedback::warning),
        suggestions: feedback.map(|feedback| feedback.suggestions().to_vec()).unwrap_or_default(),
    })
}

fn first(text: &str) -> String {
    text.chars().take(ESTIMATED_CHARS).collect()
}
