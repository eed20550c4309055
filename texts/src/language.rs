//! The languages that we speak, which of them serves somebody best, and what is said in it.

use std::borrow::Cow;
use std::collections::HashMap;

use fluent_templates::{LanguageIdentifier, Loader, static_loader};

use crate::Value;
use crate::keys::Key;

static_loader! {
    static TEXTS = {
        locales: "./messages",
        fallback_language: "en",
        // The marks around inserted values would end up in links, subjects and what is copied from a chat, and some fonts show them as boxes. Pages
        // put names into elements of their own (`bdi`) instead.
        customise: |bundle| bundle.set_use_isolating(false),
    };
}

/// Languages written from right to left (primary subtags), of those that a translation may come in.
const RIGHT_TO_LEFT: [&str; 10] = ["ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"];

/// How many ranges of an `Accept-Language` header are looked at.
const MAX_RANGES: usize = 16;

/// A language that we speak.
///
/// Invariant: there is a folder of messages for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Language(LanguageIdentifier);

impl Language {
    /// Every language that there is a translation for, in the order of their tags.
    pub fn all() -> Vec<Self> {
        let mut all: Vec<Self> = TEXTS.locales().cloned().map(Self).collect();
        all.sort_by_key(Self::tag);
        all
    }

    /// The language to speak: the reader's own, else what their browser asks for, else the organisation's, else English.
    pub fn choose(own: Option<&str>, accept_language: Option<&str>, organisation: &str) -> Self {
        own.and_then(lookup)
            .or_else(|| accept_language.and_then(negotiate))
            .or_else(|| lookup(organisation))
            .unwrap_or_else(|| Self(TEXTS.fallback().clone()))
    }

    /// The BCP 47 tag.
    pub fn tag(&self) -> String {
        self.0.to_string()
    }

    /// `ltr` or `rtl`, for a page's `dir` attribute.
    pub fn direction(&self) -> &'static str {
        direction(self.0.language.as_str())
    }

    /// One text without variables.
    pub fn say(&self, key: Key) -> String {
        self.say_with(key, &[])
    }

    /// One text with the values of its variables; others that are given are not looked at.
    pub fn say_with(&self, key: Key, values: &[(&'static str, Value<'_>)]) -> String {
        debug_assert!(
            key.variables.iter().all(|variable| values.iter().any(|(name, _)| name == variable)),
            "{} wants {:?}, and is given {:?}",
            key.id,
            key.variables,
            values.iter().map(|(name, _)| *name).collect::<Vec<_>>()
        );
        let values: HashMap<_, _> =
            values.iter().map(|(name, value)| (Cow::Borrowed(*name), value.clone())).collect();
        TEXTS.lookup_single_language(&self.0, key.id, Some(&values)).unwrap_or_else(|error| {
            // A test holds every key to every language.
            tracing::error!(key = key.id, language = %self.0, %error, "a text is missing");
            key.id.to_owned()
        })
    }
}

fn direction(primary_subtag: &str) -> &'static str {
    if RIGHT_TO_LEFT.contains(&primary_subtag) { "rtl" } else { "ltr" }
}

/// The first that we speak of the ranges that a range falls back to (RFC 4647 §3.4).
fn lookup(range: &str) -> Option<Language> {
    fallbacks(range).into_iter().find_map(|tag| {
        let found = TEXTS.locales().find(|locale| locale.to_string().eq_ignore_ascii_case(&tag));
        found.map(|found| Language(found.clone()))
    })
}

/// A range, and what is left of it when subtags are dropped from the right, one after the other; a single letter goes with what stood behind it.
fn fallbacks(range: &str) -> Vec<String> {
    let mut subtags: Vec<&str> = range.trim().split(['-', '_']).collect();
    let mut fallbacks = Vec::new();
    while !subtags.is_empty() {
        fallbacks.push(subtags.join("-"));
        subtags.pop();
        if subtags.last().is_some_and(|subtag| subtag.len() == 1) {
            subtags.pop();
        }
    }
    fallbacks
}

/// The first language that we speak, in the order of an `Accept-Language` header's preference (RFC 9110 §12.5.4).
fn negotiate(header: &str) -> Option<Language> {
    let mut ranges: Vec<(&str, f32)> = header.split(',').take(MAX_RANGES).filter_map(weighted).collect();
    // Stable: equal weights stay in the order in which they were sent.
    ranges.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    ranges.into_iter().take_while(|(range, _)| *range != "*").find_map(|(range, _)| lookup(range))
}

fn weighted(range: &str) -> Option<(&str, f32)> {
    let (range, weight) = match range.split_once(';') {
        Some((range, parameter)) => (range, parameter.trim().strip_prefix("q=")?.trim().parse().ok()?),
        None => (range, 1.0),
    };
    (weight > 0.0 && weight <= 1.0).then_some((range.trim(), weight))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::keys::{mail, pages};

    fn chosen(own: Option<&str>, accept_language: Option<&str>, organisation: &str) -> String {
        Language::choose(own, accept_language, organisation).tag()
    }

    #[test]
    fn english_and_german_are_spoken() {
        let tags: Vec<String> = Language::all().iter().map(Language::tag).collect();
        assert_eq!(tags, ["de", "en"]);
    }

    #[test]
    fn values_are_inserted_as_they_are() {
        let english = Language::choose(Some("en"), None, "en");
        let shown = english.say_with(mail::GREETING, &[("name", "{ $x } \"Ada\" & Söhne".into())]);
        assert_eq!(shown, "Hello { $x } \"Ada\" & Söhne,");
    }

    #[test]
    #[should_panic(expected = "mail-greeting wants [\"name\"], and is given [\"nmae\"]")]
    fn a_variable_that_is_not_given_is_told_where_it_is_forgotten() {
        Language::choose(None, None, "en").say_with(mail::GREETING, &[("nmae", "Ada".into())]);
    }

    #[test]
    fn plurals_follow_the_number() {
        let english = Language::choose(Some("en"), None, "en");
        let one = english.say_with(pages::BUSY_NEXT, &[("seconds", 1.into())]);
        let five = english.say_with(pages::BUSY_NEXT, &[("seconds", 5.into())]);
        assert_eq!(one, "Wait one second, then try again.");
        assert_eq!(five, "Wait 5 seconds, then try again.");
    }

    #[test]
    fn a_contacts_own_language_comes_first() {
        assert_eq!(chosen(Some("de"), Some("en"), "en"), "de");
    }

    #[test]
    fn a_language_is_looked_up_by_dropping_subtags() {
        for (own, organisation, tag) in [
            (Some("de"), "en", "de"),
            (Some("de-AT"), "en", "de"),
            (Some("DE_ch_1996"), "en", "de"),
            (Some("de-x-wrong"), "en", "de"),
            (Some("fr-CA"), "de", "de"),
            (Some("fr"), "pt-BR", "en"),
            (Some(""), "de-DE", "de"),
            (Some("den"), "en", "en"),
            (None, "de", "de"),
            (Some("\u{202e}é"), "x", "en"),
        ] {
            assert_eq!(chosen(own, None, organisation), tag, "{own:?} {organisation}");
        }
    }

    #[test]
    fn a_single_letter_is_dropped_with_what_stands_behind_it() {
        // The example of RFC 4647 §3.4.
        let expected =
            ["zh-Hant-CN-x-private1-private2", "zh-Hant-CN-x-private1", "zh-Hant-CN", "zh-Hant", "zh"];
        assert_eq!(fallbacks("zh-Hant-CN-x-private1-private2"), expected);
    }

    #[test]
    fn a_language_that_we_do_not_speak_gives_way_to_the_next_choice() {
        assert_eq!(chosen(Some("fr"), Some("de"), "en"), "de");
        assert_eq!(chosen(Some(""), Some("fr"), "de"), "de");
        assert_eq!(chosen(None, None, "tlh"), "en");
    }

    #[test]
    fn a_browsers_preferences_are_weighed() {
        for (header, tag) in [
            ("en;q=0.5, de", "de"),
            ("fr, de-CH;q=0.7, en;q=0.8", "en"),
            ("de;q=0, en;q=0.1", "en"),
            ("de, en", "de"),
            ("*", "en"),
            ("*, de;q=0.1", "en"),
            ("de;q=nonsense", "en"),
            (";;;,,,q=", "en"),
        ] {
            assert_eq!(chosen(None, Some(header), "en"), tag, "{header}");
        }
    }

    #[test]
    fn languages_from_right_to_left_are_known() {
        assert_eq!(direction("ar"), "rtl");
        assert_eq!(Language::choose(Some("de"), None, "en").direction(), "ltr");
    }

    proptest! {
        #[test]
        fn any_header_is_read_without_a_panic(contact in "\\PC{0,20}", header in "\\PC{0,60}") {
            Language::choose(Some(&contact), Some(&header), "en");
        }
    }
}
