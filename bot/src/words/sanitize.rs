//! Other people's text for our sentences: a name, an id, a mail server's answer. Nothing in it may act, hide, reverse or run away with the line.

use contacts::ContactHit;
use unicode_normalization::char::is_combining_mark;

use crate::mail::{one_line, shorten};

/// More than any name needs.
const LONGEST: usize = 80;

/// So many marks may stand on one letter; Vietnamese needs two.
const MARKS_PER_LETTER: usize = 2;

/// On one line, without what is invisible or turns the direction of the text, without towers of marks, not longer than a name.
pub fn sanitize(text: &str) -> String {
    let mut marks = 0;
    let visible = one_line(text);
    let mut kept = visible.chars().filter(|c| {
        marks = if is_combining_mark(*c) { marks + 1 } else { 0 };
        marks <= MARKS_PER_LETTER
    });
    let mut short: String = kept.by_ref().take(LONGEST).collect();
    if kept.next().is_some() {
        short.pop();
        short.push('…');
    }
    if short.is_empty() { "?".to_owned() } else { short }
}

/// A contact as a choice, where a platform shows text as it stands: at most so many characters.
pub(crate) fn choice(hit: &ContactHit, longest: usize) -> String {
    let mut whole = format!("{} ({})", sanitize(&hit.name), sanitize(hit.id.as_str()));
    if let Some(email) = &hit.masked_email {
        whole.push_str(" · ");
        whole.push_str(email);
    }
    shorten(&whole, longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_as_it_is_and_what_is_none_is_cut_down() {
        for name in [
            "Ada Lovelace",
            "José Nuñez",
            "Nguyễn Văn Ái",
            "Nguye\u{302}\u{303}n",
            "さくら",
            "عائشة",
            "می\u{200c}خواهم",
            "\u{1f469}\u{200d}\u{1f4bb}",
        ] {
            assert_eq!(sanitize(name), name);
        }
        assert_eq!(sanitize("a\u{202e}b\u{200f}\nc\td"), "ab c d");
        assert_eq!(sanitize(&format!("Z{}algo", "\u{301}".repeat(500))), "Z\u{301}\u{301}algo");
        assert_eq!(sanitize(&"😀".repeat(6_000)).chars().count(), LONGEST);
        assert!(sanitize(&"😀".repeat(6_000)).ends_with('…'));
        assert_eq!(sanitize("\u{200b}\u{202e}"), "?");
    }
}
