//! Every text of the pages, in every language that we speak, and which language to speak.
//!
//! The texts lie in `messages/<language>/pages.ftl` and are compiled in. A new language is a new folder and nothing else.

use std::borrow::Cow;
use std::collections::HashMap;

use fluent_templates::fluent_bundle::FluentValue;
use fluent_templates::{LanguageIdentifier, Loader, static_loader};

static_loader! {
    static TEXTS = {
        locales: "./messages",
        fallback_language: "en",
        // The marks would be shown as boxes by some fonts; names stand in elements of their own (`bdi`) instead.
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

    /// The language to speak: the contact's own, else what their browser asks for, else the organisation's, else English.
    pub fn choose(contact: Option<&str>, accept_language: Option<&str>, organisation: &str) -> Self {
        contact
            .and_then(lookup)
            .or_else(|| accept_language.and_then(negotiate))
            .or_else(|| lookup(organisation))
            .unwrap_or_else(|| Self(TEXTS.fallback().clone()))
    }

    /// The BCP 47 tag.
    pub fn tag(&self) -> String {
        self.0.to_string()
    }

    /// `ltr` or `rtl`, for the page's `dir` attribute.
    pub fn direction(&self) -> &'static str {
        direction(self.0.language.as_str())
    }

    /// One text.
    pub fn say(&self, key: Key) -> String {
        TEXTS.lookup(&self.0, key.id())
    }

    /// One text with variables in it.
    pub fn say_with(&self, key: Key, variables: &[(&'static str, FluentValue<'_>)]) -> String {
        let variables: HashMap<_, _> =
            variables.iter().map(|(name, value)| (Cow::Borrowed(*name), value.clone())).collect();
        TEXTS.lookup_with_args(&self.0, key.id(), &variables)
    }
}

fn direction(primary_subtag: &str) -> &'static str {
    if RIGHT_TO_LEFT.contains(&primary_subtag) { "rtl" } else { "ltr" }
}

/// RFC 4647 §3.4: drops subtags from the right until we speak what is left; a single letter goes with what stood behind it.
fn lookup(range: &str) -> Option<Language> {
    let all = Language::all();
    let mut subtags: Vec<&str> = range.trim().split(['-', '_']).collect();
    while !subtags.is_empty() {
        let tag = subtags.join("-");
        if let Some(language) = all.iter().find(|language| language.tag().eq_ignore_ascii_case(&tag)) {
            return Some(language.clone());
        }
        subtags.pop();
        if subtags.last().is_some_and(|subtag| subtag.len() == 1) {
            subtags.pop();
        }
    }
    None
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

macro_rules! keys {
    ($($name:ident => $id:literal,)*) => {
        /// The name of a text. There is one for each message in the files and no other; a test holds both to it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Key {
            $(#[doc = concat!("`", $id, "`")] $name,)*
        }

        impl Key {
            /// Every key.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// As it stands in the message files.
            pub fn id(self) -> &'static str {
                match self {
                    $(Self::$name => $id,)*
                }
            }
        }
    };
}

keys! {
    HelpTitle => "help-title",
    FormTitle => "form-title",
    FormTitleError => "form-title-error",
    FormFor => "form-for",
    FormUntil => "form-until",
    PasswordHint => "password-hint",
    PasswordHintMax => "password-hint-max",
    LengthSoFar => "length-so-far",
    LengthEnough => "length-enough",
    OfferTitle => "offer-title",
    OfferText => "offer-text",
    OfferUse => "offer-use",
    PasswordLabel => "password-label",
    ConfirmLabel => "confirm-label",
    RevealLabel => "reveal-label",
    FormSubmit => "form-submit",
    ErrorsTitle => "errors-title",
    ErrorsText => "errors-text",
    ErrorEmpty => "error-empty",
    ErrorTooShort => "error-too-short",
    ErrorTooLong => "error-too-long",
    ErrorUnprintable => "error-unprintable",
    ErrorOwnData => "error-own-data",
    ErrorWeak => "error-weak",
    ErrorWeakAdvice => "error-weak-advice",
    ErrorConfirm => "error-confirm",
    ErrorDirectory => "error-directory",
    WarningStraightRows => "warning-straight-rows",
    WarningKeyboardPatterns => "warning-keyboard-patterns",
    WarningRepeats => "warning-repeats",
    WarningRepeatedGroups => "warning-repeated-groups",
    WarningTop10 => "warning-top-10",
    WarningTop100 => "warning-top-100",
    WarningCommon => "warning-common",
    WarningSimilarToCommon => "warning-similar-to-common",
    WarningSequences => "warning-sequences",
    WarningRecentYears => "warning-recent-years",
    WarningSingleWord => "warning-single-word",
    WarningDates => "warning-dates",
    WarningSingleName => "warning-single-name",
    WarningCommonNames => "warning-common-names",
    AdviceFewWords => "advice-few-words",
    AdviceNoSymbolsNeeded => "advice-no-symbols-needed",
    AdviceAnotherWord => "advice-another-word",
    AdviceCapitals => "advice-capitals",
    AdviceAllCapitals => "advice-all-capitals",
    AdviceReversed => "advice-reversed",
    AdviceSubstitutions => "advice-substitutions",
    AdviceLongerPattern => "advice-longer-pattern",
    AdviceNoRepeats => "advice-no-repeats",
    AdviceNoSequences => "advice-no-sequences",
    AdviceNoRecentYears => "advice-no-recent-years",
    AdviceNoOwnYears => "advice-no-own-years",
    AdviceNoOwnDates => "advice-no-own-dates",
    SignIn => "sign-in",
    DoneTitle => "done-title",
    DoneText => "done-text",
    DoneNext => "done-next",
    DoneNextElsewhere => "done-next-elsewhere",
    DonePerhapsTitle => "done-perhaps-title",
    DonePerhapsText => "done-perhaps-text",
    DonePerhapsNext => "done-perhaps-next",
    NewLinkTitle => "new-link-title",
    DamagedTitle => "damaged-title",
    DamagedText => "damaged-text",
    DamagedNext => "damaged-next",
    ExpiredTitle => "expired-title",
    ExpiredText => "expired-text",
    ExpiredNext => "expired-next",
    UsedTitle => "used-title",
    UsedText => "used-text",
    UsedNext => "used-next",
    WithdrawnTitle => "withdrawn-title",
    WithdrawnText => "withdrawn-text",
    WithdrawnNext => "withdrawn-next",
    OvertakenTitle => "overtaken-title",
    OvertakenText => "overtaken-text",
    OvertakenNext => "overtaken-next",
    YoungerTitle => "younger-title",
    YoungerText => "younger-text",
    YoungerNext => "younger-next",
    TryAgain => "try-again",
    InProgressTitle => "in-progress-title",
    InProgressText => "in-progress-text",
    InProgressNext => "in-progress-next",
    TooManyTitle => "too-many-title",
    TooManyText => "too-many-text",
    TooManyNext => "too-many-next",
    BusyTitle => "busy-title",
    BusyText => "busy-text",
    BusyNext => "busy-next",
    UnavailableTitle => "unavailable-title",
    UnavailableText => "unavailable-text",
    UnavailableNext => "unavailable-next",
    SlowTitle => "slow-title",
    SlowText => "slow-text",
    SlowNext => "slow-next",
    TimeoutTitle => "timeout-title",
    TimeoutText => "timeout-text",
    TimeoutNext => "timeout-next",
    HomeTitle => "home-title",
    HomeText => "home-text",
    HomeNext => "home-next",
    NotFoundTitle => "not-found-title",
    NotFoundText => "not-found-text",
    NotFoundNext => "not-found-next",
    MethodTitle => "method-title",
    MethodText => "method-text",
    MethodNext => "method-next",
    TooLargeTitle => "too-large-title",
    TooLargeText => "too-large-text",
    TooLargeNext => "too-large-next",
    IncompleteTitle => "incomplete-title",
    IncompleteText => "incomplete-text",
    IncompleteNext => "incomplete-next",
    ElsewhereTitle => "elsewhere-title",
    ElsewhereText => "elsewhere-text",
    ElsewhereNext => "elsewhere-next",
}

#[cfg(test)]
mod tests;
