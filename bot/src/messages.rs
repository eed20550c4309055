//! All texts that contacts and admins read, in the languages that we speak: `messages/<language>/*.ftl`, built in.

use std::collections::HashMap;

use fluent_templates::{LanguageIdentifier, Loader, static_loader};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// What is put into a text: a string or a number (`"Ada".into()`, `3.into()`).
pub type Value<'a> = fluent_templates::fluent_bundle::FluentValue<'a>;

static_loader! {
    static LOCALES = {
        locales: "./messages",
        fallback_language: "en",
        // The marks around inserted values would end up in links, subjects and what is copied from a chat.
        customise: |bundle| bundle.set_use_isolating(false),
    };
}

/// What we speak where neither the contact's language nor the organisation's is one of ours.
const LAST_RESORT: &str = "en";

/// The languages that we speak, as BCP 47 tags.
pub fn languages() -> Vec<String> {
    let mut languages: Vec<String> = LOCALES.locales().map(ToString::to_string).collect();
    languages.sort();
    languages
}

/// The language we speak that serves best: the wanted one, else the organisation's `default`, else English. `de-AT` finds `de` (RFC 4647 §3.4).
pub fn choose(language: Option<&str>, default: &str) -> LanguageIdentifier {
    let fallback = || LAST_RESORT.parse().expect("a language tag");
    language.and_then(lookup).or_else(|| lookup(default)).unwrap_or_else(fallback)
}

fn lookup(wanted: &str) -> Option<LanguageIdentifier> {
    let wanted = wanted.trim().replace('_', "-");
    let mut range = wanted.as_str();
    loop {
        let found = LOCALES.locales().find(|locale| locale.to_string().eq_ignore_ascii_case(range));
        if let Some(found) = found {
            return Some(found.clone());
        }
        range = range.rsplit_once('-')?.0;
    }
}

/// A text in the language that serves best (see [`choose`]).
pub fn text(language: Option<&str>, default: &str, key: &str, args: &[(&str, Value<'_>)]) -> String {
    text_in(&choose(language, default), key, args)
}

/// A text in one of the languages that we speak.
///
/// That every key exists in every language, with the same variables, is held by a test; should one be missing all the same, the key stands in.
pub fn text_in(language: &LanguageIdentifier, key: &str, args: &[(&str, Value<'_>)]) -> String {
    let args: HashMap<&str, Value<'_>> = args.iter().cloned().collect();
    LOCALES.lookup_single_language(language, key, Some(&args)).unwrap_or_else(|error| {
        tracing::error!(key, %language, %error, "a text is missing");
        key.to_owned()
    })
}

/// A point in time for people: `10:39 CET`, and on another day than `now` as [`date_time`] has it. Minutes are cut off, so that it is never later than it says.
pub fn clock_time(
    language: &LanguageIdentifier,
    at: Timestamp,
    now: Timestamp,
    time_zone: &TimeZone,
) -> String {
    let day = |time: Timestamp| time.to_zoned_datetime(time_zone.clone()).date();
    if day(at) == day(now) {
        let (time, zone) = time_and_zone(at, time_zone);
        return text_in(language, "mail-time-today", &[("time", time.into()), ("zone", zone.into())]);
    }
    date_time(language, at, time_zone)
}

/// A point in time with its date, for texts that are read on other days: `10:39 CET on 24 November 2026`.
pub fn date_time(language: &LanguageIdentifier, at: Timestamp, time_zone: &TimeZone) -> String {
    let day = at.to_zoned_datetime(time_zone.clone());
    let date = text_in(
        language,
        "mail-date",
        &[("day", day.day().into()), ("month", day.month().into()), ("year", day.year().to_string().into())],
    );
    let (time, zone) = time_and_zone(at, time_zone);
    text_in(language, "mail-time-on", &[("time", time.into()), ("zone", zone.into()), ("date", date.into())])
}

fn time_and_zone(at: Timestamp, time_zone: &TimeZone) -> (String, String) {
    let at = at.to_zoned_datetime(time_zone.clone());
    (at.strftime("%H:%M").to_string(), at.strftime("%Z").to_string())
}

#[cfg(test)]
mod tests;
