//! Where a contact finds help, in each language; and what in such a text can be called, written to or opened.

use std::collections::BTreeMap;
use std::fmt;

use crate::shown::shown;

/// The fewest digits of a telephone number that begins like one (`+44…`, `020…`).
const FEWEST_DIGITS: usize = 7;

/// The fewest digits of any other: less may be a date or an extension.
const FEWEST_DIGITS_WITHOUT_PREFIX: usize = 10;

/// The most digits of a telephone number (ITU-T E.164 §6.1).
const MOST_DIGITS: usize = 15;

/// The fewest digits where dots stand between them: less are opening hours or a date.
const FEWEST_DIGITS_WITH_DOTS: usize = 9;

/// One sentence that says where help is, perhaps in several languages. `Debug` shows no e-mail address in full.
#[derive(Clone, PartialEq, Eq)]
pub struct Support {
    otherwise: String,
    by_language: BTreeMap<String, String>,
}

/// A piece of such a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SupportPart<'a> {
    /// Words.
    Text(&'a str),
    /// A telephone number, as it is written.
    Phone {
        /// To be shown, on one line.
        shown: &'a str,
        /// For a `tel:` address: digits, perhaps with a plus in front.
        number: String,
    },
    /// An e-mail address.
    Email(&'a str),
    /// A web address, http or https.
    Web(&'a str),
}

impl SupportPart<'_> {
    /// What is shown.
    pub fn text(&self) -> &str {
        match self {
            Self::Text(text) | Self::Phone { shown: text, .. } | Self::Email(text) | Self::Web(text) => text,
        }
    }

    /// Where it leads, as a URL.
    pub fn address(&self) -> Option<String> {
        match self {
            Self::Text(_) => None,
            Self::Phone { number, .. } => Some(format!("tel:{number}")),
            Self::Email(address) => Some(format!("mailto:{address}")),
            Self::Web(address) => Some((*address).to_owned()),
        }
    }

    /// Whether it must not be broken over two lines.
    pub fn is_phone(&self) -> bool {
        matches!(self, Self::Phone { .. })
    }
}

impl Support {
    /// A sentence for each language (BCP 47), and the one for all others.
    pub(crate) fn new(otherwise: String, by_language: BTreeMap<String, String>) -> Self {
        Self { otherwise, by_language }
    }

    /// The sentence in this language (BCP 47), or the organisation's own where there is none.
    pub fn in_language(&self, language: &str) -> &str {
        self.by_language.get(language).unwrap_or(&self.otherwise)
    }

    /// The languages that have a sentence of their own.
    pub fn languages(&self) -> impl Iterator<Item = &str> {
        self.by_language.keys().map(String::as_str)
    }
}

impl From<&str> for Support {
    /// The same sentence in every language.
    fn from(text: &str) -> Self {
        Self::new(text.to_owned(), BTreeMap::new())
    }
}

impl fmt::Debug for Support {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let by_language = self.by_language.iter().map(|(language, text)| (language, shown(text)));
        f.debug_map().entry(&"*", &shown(&self.otherwise)).entries(by_language).finish()
    }
}

/// Takes a sentence apart. The pieces, one behind the other, are the sentence again.
pub fn support_parts(text: &str) -> Vec<SupportPart<'_>> {
    let marks = |c: char| c.is_whitespace() || ".,;:!?()<>\"".contains(c);
    let mut parts = Vec::new();
    // Up to where the text is in `parts`, and up to where it has been looked through, in bytes.
    let (mut told, mut at) = (0, 0);
    for piece in text.split_inclusive(char::is_whitespace) {
        let word = piece.trim_matches(marks);
        let start = at + piece.find(word).unwrap_or_default();
        at += piece.len();
        let Some(part) = address(word) else { continue };
        parts.extend(phones(text.get(told..start).unwrap_or_default()));
        parts.push(part);
        told = start + word.len();
    }
    parts.extend(phones(text.get(told..).unwrap_or_default()));
    parts
}

fn address(word: &str) -> Option<SupportPart<'_>> {
    if word.starts_with("https://") || word.starts_with("http://") {
        return url::Url::parse(word).ok().map(|_| SupportPart::Web(word));
    }
    let (local, domain) = word.split_once('@')?;
    let is_plain =
        |text: &str| !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || "._-+".contains(c));
    (is_plain(local) && is_plain(domain) && domain.contains('.')).then_some(SupportPart::Email(word))
}

/// Words and telephone numbers.
fn phones(text: &str) -> Vec<SupportPart<'_>> {
    let mut parts = Vec::new();
    let mut rest = text;
    let mut at = 0;
    while let Some((start, end)) = run(rest, at) {
        at = end;
        let number = rest.get(start..end).and_then(phone);
        let Some((number, shown)) = number else { continue };
        let before = rest.find(shown).unwrap_or(start);
        parts.extend(rest.get(..before).filter(|words| !words.is_empty()).map(SupportPart::Text));
        parts.push(SupportPart::Phone { shown, number });
        rest = rest.get(before + shown.len()..).unwrap_or_default();
        at = 0;
    }
    parts.extend(Some(rest).filter(|words| !words.is_empty()).map(SupportPart::Text));
    parts
}

/// The next run of characters that a telephone number may be made of and that touches no letter, from a place on.
fn run(text: &str, from: usize) -> Option<(usize, usize)> {
    let may = |c: char| c.is_ascii_digit() || "+()/.- \u{a0}\u{2013}".contains(c);
    let mut start = None;
    let mut before = None;
    for (at, c) in text.char_indices() {
        match start {
            None if at >= from && may(c) && !before.is_some_and(char::is_alphanumeric) => start = Some(at),
            Some(start) if !may(c) => return Some((start, at)),
            _ => {}
        }
        before = Some(c);
    }
    start.map(|start| (start, text.len()))
}

/// The number and how it is written, where it is one.
fn phone(run: &str) -> Option<(String, &str)> {
    let mut written = run.trim_start_matches(|c: char| !(c.is_ascii_digit() || "+(".contains(c)));
    if let Some(inside) = written.strip_prefix('(').filter(|_| !is_closed(written)) {
        written = inside;
    }
    // `020 7946 0123 (9 to 5)`: what is opened and not closed belongs to the words behind.
    while let Some(open) =
        written.rfind('(').filter(|open| !is_closed(written.get(*open..).unwrap_or_default()))
    {
        written = written.get(..open)?;
    }
    let written = written.trim_end_matches(|c: char| !c.is_ascii_digit());
    let is_international = written.trim_start_matches('(').starts_with('+');
    let significant = if is_international { written.replace("(0)", "") } else { written.to_owned() };
    let digits: String = significant.chars().filter(char::is_ascii_digit).collect();
    let begins_like_one = is_international || written.trim_start_matches('(').starts_with('0');
    let fewest = if begins_like_one { FEWEST_DIGITS } else { FEWEST_DIGITS_WITHOUT_PREFIX };
    let is_one = (fewest..=MOST_DIGITS).contains(&digits.len())
        && !(written.contains('.') && digits.len() < FEWEST_DIGITS_WITH_DOTS)
        && written.matches('/').count() < 2
        && written.matches('+').count() == usize::from(is_international);
    is_one.then(|| (format!("{}{digits}", if is_international { "+" } else { "" }), written))
}

/// Whether the bracket at the beginning is closed before another one opens, and the number goes on behind it.
fn is_closed(text: &str) -> bool {
    let mut behind = text.chars().skip(1).skip_while(|c| !"()".contains(*c));
    behind.next() == Some(')') && behind.any(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Phone numbers as `tel`, the other parts as they are marked.
    fn found(text: &str) -> Vec<String> {
        let parts = support_parts(text);
        let whole: String = parts.iter().map(SupportPart::text).collect();
        assert_eq!(whole, text, "the pieces are the sentence");
        let marked = parts.iter().filter_map(|part| match part {
            SupportPart::Text(_) => None,
            SupportPart::Phone { shown, number } => Some(format!("{shown} = {number}")),
            SupportPart::Email(address) => Some(format!("<{address}>")),
            SupportPart::Web(address) => Some((*address).to_owned()),
        });
        marked.collect()
    }

    #[test]
    fn telephone_numbers_are_found_as_people_write_them() {
        for (text, number) in [
            ("Call us on 020 7946 0123, weekdays from 9 to 5.", "020 7946 0123 = 02079460123"),
            ("Call the help desk: +44 20 7946 0000.", "+44 20 7946 0000 = +442079460000"),
            ("Tel. +44 (0)20 7946 0000", "+44 (0)20 7946 0000 = +442079460000"),
            ("Rufen Sie uns an (030 1234567).", "030 1234567 = 0301234567"),
            ("(030) 123 45-67 oder am Schalter", "(030) 123 45-67 = 0301234567"),
            ("030/1234567", "030/1234567 = 0301234567"),
            ("1-800-555-0199 (9 to 5)", "1-800-555-0199 = 18005550199"),
            ("020 7946 0123 (9 to 5)", "020 7946 0123 = 02079460123"),
            ("01.23.45.67.89", "01.23.45.67.89 = 0123456789"),
            ("Büro:\u{a0}0800\u{a0}1234567", "0800\u{a0}1234567 = 08001234567"),
        ] {
            assert_eq!(found(text), [number], "{text}");
        }
    }

    #[test]
    fn several_ways_to_get_help_are_all_found() {
        assert_eq!(
            found(
                "Call 030 1234567 or +49 30 7654321, write to help@example.org, or see https://help.example.org/reset."
            ),
            [
                "030 1234567 = 0301234567",
                "+49 30 7654321 = +49307654321",
                "<help@example.org>",
                "https://help.example.org/reset"
            ]
        );
    }

    #[test]
    fn hours_dates_and_rooms_are_no_telephone_numbers() {
        for text in [
            "Open from 9-17, 24/7.",
            "08.00-17.00 Uhr",
            "8.00 - 17.00",
            "since 01.12.2026",
            "01/12/2026",
            "2026-11-24",
            "Room 0123, 4th floor",
            "Extension 4711",
            "Version 1.2.3-0000000000000000",
            "A0201234567",
            "+",
            "( ( (",
            "",
        ] {
            assert_eq!(found(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn a_language_without_a_text_of_its_own_gets_the_organisations() {
        let german = BTreeMap::from([("de".to_owned(), "Rufen Sie an.".to_owned())]);
        let support = Support::new("Call us.".to_owned(), german);
        assert_eq!((support.in_language("de"), support.in_language("en")), ("Rufen Sie an.", "Call us."));
    }
}
