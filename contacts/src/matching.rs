//! How well a contact fits what was typed: pure, and the same for every directory.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Longer than any beginning of a name.
const LONGEST: usize = 100;

/// What was typed, in the form in which it is compared.
pub(crate) struct Typed(String);

/// How a contact fits; the better, the smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fit {
    WholeId,
    Id,
    Name,
    LaterWord,
    Email,
}

impl Typed {
    /// `None`: longer than anything that it could be the beginning of.
    pub(crate) fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        text.chars().nth(LONGEST).is_none().then(|| Self(folded(text)))
    }

    /// How this contact fits; everybody's name begins with nothing.
    pub(crate) fn fit(&self, id: &str, name: &str, email: Option<&str>) -> Option<Fit> {
        let typed = self.0.as_str();
        if typed.is_empty() {
            return Some(Fit::Name);
        }
        let id = folded(id.trim());
        if id == typed {
            return Some(Fit::WholeId);
        }
        if id.starts_with(typed) {
            return Some(Fit::Id);
        }
        let name = folded(name.trim());
        if name.starts_with(typed) {
            return Some(Fit::Name);
        }
        let mut later = name.char_indices().filter(|(_, c)| c.is_whitespace() || *c == '-');
        if later.any(|(at, c)| name.get(at + c.len_utf8()..).is_some_and(|rest| rest.starts_with(typed))) {
            return Some(Fit::LaterWord);
        }
        email.is_some_and(|email| folded(email.trim()).starts_with(typed)).then_some(Fit::Email)
    }
}

/// Without case and accents. Looser than how ids are compared: it finds, and decides nothing.
pub(crate) fn folded(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let bare = text.nfkd().filter(|c| !is_combining_mark(*c));
    bare.flat_map(char::to_lowercase).flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn fit(typed: &str) -> Option<Fit> {
        Typed::new(typed)
            .and_then(|typed| typed.fit("zoe-7", "Zoë Éva Straßer-Núñez", Some("Z.S@Example.org")))
    }

    #[test]
    fn beginnings_fit_whatever_their_case_and_accents() {
        for (typed, expected) in [
            ("", Some(Fit::Name)),
            (" ZOE-7 ", Some(Fit::WholeId)),
            ("zoe-", Some(Fit::Id)),
            ("zoë é", Some(Fit::Name)),
            ("zoe e", Some(Fit::Name)),
            ("eva strasser", Some(Fit::LaterWord)),
            ("STRASS", Some(Fit::LaterWord)),
            ("nun", Some(Fit::LaterWord)),
            ("z.s@ex", Some(Fit::Email)),
            ("va", None),
            ("example", None),
            ("%", None),
            ("_", None),
        ] {
            assert_eq!(fit(typed), expected, "{typed:?}");
        }
        assert_eq!(fit(&"z".repeat(LONGEST + 1)), None);
        assert_eq!(fit(&"😀\u{202e}".repeat(50)), None);
    }
}
