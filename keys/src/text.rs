//! When two texts are the same for a person: what nobody can see, and the one loosest form in which ids are compared.
//!
//! Whoever compares an id that somebody typed or wrote into a setting with one of the directory does it here, so that no two places differ on who is
//! meant.

use std::borrow::Cow;

use icu_properties::props::{BinaryProperty, EnumeratedProperty, ExtendedPictographic, JoiningType};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;

const ZERO_WIDTH_NON_JOINER: char = '\u{200c}';
const ZERO_WIDTH_JOINER: char = '\u{200d}';

/// The canonical combining class of the marks that take a consonant's vowel away.
const VIRAMA: u8 = 9;

/// The Unicode tables by which texts are compared: an update of a library may change an answer.
pub fn unicode_versions() -> String {
    let (std, nfc) = (char::UNICODE_VERSION, unicode_normalization::UNICODE_VERSION);
    format!("{}.{}.{} and {}.{}.{}", std.0, std.1, std.2, nfc.0, nfc.1, nfc.2)
}

/// Whether nobody can see this character wherever it stands: zero-width characters, soft hyphen, byte order mark, marks that turn the direction, fillers,
/// variation selectors, tags (Unicode's `Default_Ignorable_Code_Point`), and the marks of interlinear annotation.
///
/// The two joiners count among them: where a script or an emoji needs one, [`visible`] keeps it. Control characters, line breaks and spaces do not.
pub fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{3164}'
        | '\u{feff}' | '\u{ffa0}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// The text without what nobody can see. A zero-width joiner or non-joiner stays where it changes what is seen: in scripts whose letters join
/// (RFC 5892, appendix A.1 and A.2), and between emoji.
pub fn visible(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || !text.chars().any(is_invisible) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(visible_chars(text).collect())
}

/// Whether somebody who reads the text does not see all of it.
pub fn hides_something(text: &str) -> bool {
    visible(text).len() != text.len()
}

/// Other people's text for a terminal or a line of a file: a control character, a line break, or what nobody can see is spelled out (`\u001b`, as JSON
/// spells it), so that it does nothing and yet is seen.
pub fn spelled_out(text: &str) -> Cow<'_, str> {
    spell_out(text, |c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'))
}

/// The same for a text of several lines, of ours: line breaks and tabs stay.
pub fn spelled_out_by_line(text: &str) -> Cow<'_, str> {
    spell_out(text, |c| c.is_control() && !matches!(c, '\n' | '\t'))
}

fn spell_out(text: &str, acts: fn(char) -> bool) -> Cow<'_, str> {
    if !text.chars().any(|c| acts(c) || is_invisible(c)) {
        return Cow::Borrowed(text);
    }
    let mut spelled = String::with_capacity(text.len());
    let mut units = [0; 2];
    for (at, c) in text.char_indices() {
        // A variation selector chooses between two pictures, and can do no more.
        let stays =
            matches!(c, '\u{fe0e}' | '\u{fe0f}') || (!acts(c) && (!is_invisible(c) || joins(text, at, c)));
        if stays {
            spelled.push(c);
        } else {
            spelled.extend(c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    Cow::Owned(spelled)
}

/// The loosest form in which two ids count as the same: without what nobody can see, trimmed, every kind of space the same, NFC, without case
/// (full case folding: `ß` is `SS`).
pub fn folded(text: &str) -> String {
    folded_chars(text).collect()
}

/// The form of [`folded`], character by character, for comparing beginnings.
pub fn folded_chars(text: &str) -> impl Iterator<Item = char> {
    let text = text.trim_matches(|c: char| c.is_whitespace() || is_invisible(c));
    let space = |c: char| if c.is_ascii() || !c.is_whitespace() { c } else { ' ' };
    visible_chars(text).map(space).nfc().flat_map(without_case).nfc()
}

/// A character without its case. There and back: `ẞ`, `ß` and `SS`, or `ς` and `σ`, then meet as in Unicode's full case folding.
pub fn without_case(c: char) -> impl Iterator<Item = char> {
    c.to_lowercase().flat_map(char::to_uppercase).flat_map(char::to_lowercase)
}

fn visible_chars(text: &str) -> impl Iterator<Item = char> {
    text.char_indices().filter(|(at, c)| !is_invisible(*c) || joins(text, *at, *c)).map(|(_, c)| c)
}

/// Whether this is a joiner at a place where it changes what is seen.
fn joins(text: &str, at: usize, joiner: char) -> bool {
    let before = text.get(..at).unwrap_or_default();
    let behind = text.get(at + joiner.len_utf8()..).unwrap_or_default();
    let is_behind_virama =
        || before.chars().next_back().is_some_and(|c| canonical_combining_class(c) == VIRAMA);
    match joiner {
        ZERO_WIDTH_NON_JOINER => is_behind_virama() || parts_joining_letters(before, behind),
        ZERO_WIDTH_JOINER => is_behind_virama() || is_between_emoji(before, behind),
        _ => false,
    }
}

/// Whether the letters to both sides, marks aside, would join without something between them.
fn parts_joining_letters(before: &str, behind: &str) -> bool {
    let letter = |c: &char| !is_invisible(*c) && JoiningType::for_char(*c) != JoiningType::Transparent;
    let joins_forward = before.chars().rev().find(letter).map(JoiningType::for_char);
    let joins_back = behind.chars().find(letter).map(JoiningType::for_char);
    matches!(joins_forward, Some(JoiningType::LeftJoining | JoiningType::DualJoining))
        && matches!(joins_back, Some(JoiningType::RightJoining | JoiningType::DualJoining))
}

/// Whether pictures stand to both sides, variation selectors and skin tones aside.
fn is_between_emoji(before: &str, behind: &str) -> bool {
    let picture = |c: &char| !matches!(c, '\u{fe0e}' | '\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}');
    let is_picture = |c: char| ExtendedPictographic::for_char(c);
    before.chars().rev().find(picture).is_some_and(is_picture)
        && behind.chars().next().is_some_and(is_picture)
}

#[cfg(test)]
mod tests {
    use icu_properties::props::DefaultIgnorableCodePoint;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_tables_are_named_by_their_versions() {
        let versions = unicode_versions();
        let numbers: Vec<_> = versions.split(" and ").flat_map(|version| version.split('.')).collect();
        assert_eq!(numbers.len(), 6, "{versions}");
        assert!(numbers.iter().all(|number| number.parse::<u32>().is_ok()), "{versions}");
    }

    #[test]
    fn ids_that_people_take_for_the_same_fold_to_the_same() {
        for (one, other) in [
            ("CEO", "ceo"),
            (" ceo\t", "ceo"),
            ("caf\u{e9}", "CAFE\u{301}"),
            ("Straße", "STRASSE"),
            ("ΟΔΥΣΣΕΥΣ", "οδυσσευς"),
            ("Ǆ", "ǆ"),
            ("a_\u{200b}b", "a_b"),
            ("\u{feff} ceo", "ceo"),
            ("ceo\u{202e}", "ceo"),
            ("c\u{ad}e\u{2060}o", "ceo"),
            ("e\u{34f}\u{301}", "\u{e9}"),
            ("Ada\u{a0}Lovelace", "ada lovelace"),
            ("\u{200b}\u{feff}", ""),
        ] {
            assert_eq!(folded(one), folded(other), "{one:?} {other:?}");
        }
    }

    #[test]
    fn different_ids_stay_different() {
        for (one, other) in [
            ("ceo", "cfo"),
            ("a b", "ab"),
            ("さくら", "サクラ"),
            ("o", "ο"),
            // With the non-joiner and without it these are two words.
            ("می\u{200c}خواهم", "میخواهم"),
            ("\u{1f469}\u{200d}\u{1f4bb}", "\u{1f469}\u{1f4bb}"),
        ] {
            assert_ne!(folded(one), folded(other), "{one} {other}");
        }
    }

    #[test]
    fn a_joiner_stays_where_a_script_or_an_emoji_needs_it() {
        for text in [
            "می\u{200c}خواهم",
            "ക്\u{200d}",
            "क्\u{200d}ष",
            "क्\u{200c}ष",
            "\u{1f469}\u{200d}\u{1f469}\u{200d}\u{1f467}",
            "\u{1f469}\u{1f3fd}\u{200d}\u{1f4bb}",
        ] {
            assert_eq!(visible(text), text, "{text:?}");
            assert!(!hides_something(text), "{text:?}");
        }
        for (text, seen) in [
            ("a\u{200d}da", "ada"),
            ("a\u{200c}da", "ada"),
            ("\u{200d}ada\u{200c}", "ada"),
            // Alef does not join the letter behind it, so there is nothing to part.
            ("ا\u{200c}ب", "اب"),
            ("\u{1f469}\u{200d}a", "\u{1f469}a"),
        ] {
            assert_eq!(visible(text), seen, "{text:?}");
            assert!(hides_something(text), "{text:?}");
        }
    }

    #[test]
    fn what_acts_or_hides_is_spelled_out() {
        for (text, spelled) in [
            ("Ada Lovelace", "Ada Lovelace"),
            ("\u{1b}[31mred\u{7}", "\\u001b[31mred\\u0007"),
            ("gr\u{200b}ace", "gr\\u200bace"),
            ("a\u{202e}b\u{9b}c", "a\\u202eb\\u009bc"),
            ("a\u{e0041}", "a\\udb40\\udc41"),
            ("می\u{200c}خواهم", "می\u{200c}خواهم"),
            ("\u{2764}\u{fe0f}", "\u{2764}\u{fe0f}"),
        ] {
            assert_eq!(spelled_out(text), spelled);
            assert_eq!(spelled_out_by_line(text), spelled);
        }
        assert_eq!(spelled_out("a\n\tb\u{2028}"), "a\\u000a\\u0009b\\u2028");
        assert_eq!(spelled_out_by_line("a\n\tb\r"), "a\n\tb\\u000d");
        // A text in JSON still says the same.
        let json = serde_json::to_string("\u{202e}\u{e0041}\n").unwrap();
        assert_eq!(
            serde_json::from_str::<String>(&spelled_out_by_line(&json)).unwrap(),
            "\u{202e}\u{e0041}\n"
        );
    }

    #[test]
    fn what_unicode_calls_ignorable_is_invisible_and_nothing_else_but_annotations() {
        for c in (char::MIN..=char::MAX).filter(|c| !matches!(c, '\u{fff9}'..='\u{fffb}')) {
            assert_eq!(is_invisible(c), DefaultIgnorableCodePoint::for_char(c), "{c:?}");
        }
        assert!(('\u{fff9}'..='\u{fffb}').all(is_invisible));
    }

    #[test]
    fn controls_and_spaces_are_not_taken_for_invisible() {
        for c in ['\0', '\n', '\t', ' ', '\u{a0}', '\u{2028}', '\u{3000}'] {
            assert!(!is_invisible(c), "{c:?}");
        }
    }

    proptest! {
        #[test]
        fn folding_again_changes_nothing(text in "\\PC{0,20}|[aßéΣς\u{200b}-\u{200f}\u{301}\u{ad} ]{0,12}") {
            let once = folded(&text);
            prop_assert_eq!(folded(&once), once);
        }

        #[test]
        fn what_nobody_sees_makes_no_other_id(text in "[a-zß_. ]{1,12}", hidden in "[\u{200b}\u{200e}\u{feff}\u{ad}\u{202e}\u{200d}]{1,3}", at in 0_usize..13) {
            let at = at.min(text.len());
            let at = (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
            let mut written = text.clone();
            written.insert_str(at, &hidden);
            prop_assert_eq!(folded(&written), folded(&text));
            prop_assert_eq!(visible(&written), text);
            prop_assert!(hides_something(&written));
        }
    }
}
