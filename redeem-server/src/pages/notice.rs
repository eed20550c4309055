//! Every page but the form: a title, what is the matter, and one next step.

use askama::Template;
use axum::http::StatusCode;
use texts::{Key, Language, Value, pages};

use super::page::Page;
use super::site::Site;
use crate::redeem::Account;

/// How long to wait while another request holds the link, in seconds.
const IN_PROGRESS_SECONDS: u64 = 30;

/// How long to wait where something is broken, in seconds.
const UNAVAILABLE_SECONDS: u64 = 120;

/// How long to wait for a change of password that is still under way, in seconds.
const SLOW_SECONDS: u64 = 60;

/// What there is to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// 200: the password is set; for whom, where that is known.
    Done(Option<Account>),
    /// 200: the page that follows, for somebody of whom nothing is known.
    DonePerhaps,
    /// 200: the bare public URL.
    Home,
    /// 200: what was typed on the page for a forgotten password has been passed on; the same for everybody.
    Asked,
    /// 200: the same, where the help desk is asked about everybody.
    HelpDeskAsked,
    /// 200: the password is changed, by somebody who knew the former one.
    Changed,
    /// 409: somebody else has just set another password.
    ChangedMeanwhile,
    /// 409: the directory knows that this contact's password cannot be set here.
    CannotBeChanged,
    /// 409: they are withdrawn, and somebody is setting a password with one of them at this moment.
    ObjectedLate,
    /// 200: links were withdrawn since somebody said that it was not them.
    Objected,
    /// 400
    Damaged,
    /// 410
    Expired,
    /// 410
    Used,
    /// 410
    Withdrawn,
    /// 410
    Overtaken,
    /// 410
    LedgerIsYounger,
    /// 409
    InProgress,
    /// 429
    TooMany {
        /// Until the next attempt counts.
        seconds: u64,
    },
    /// 429: somebody has said so often that a password is forgotten, or has tried so often to change one.
    TooOften {
        /// Until the next attempt counts.
        seconds: u64,
    },
    /// 410: whoever objects comes more than a day late.
    ObjectionExpired,
    /// 503: nothing has been changed.
    Busy {
        /// Until it is worth another try.
        seconds: u64,
    },
    /// 503
    Unavailable {
        /// What the log knows it by.
        incident: String,
    },
    /// 503: the change is still under way and may yet be made.
    Slow,
    /// 408
    TimedOut,
    /// 404
    NotFound,
    /// 405
    MethodNotAllowed,
    /// 413
    TooLarge,
    /// 400: a field is missing, or there twice.
    Incomplete,
    /// 415
    NotAForm,
    /// 403: sent from another website.
    FromElsewhere,
}

/// What the page looks like at a glance; the title says the same in words.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tone {
    Good,
    Wait,
    /// It may be that somebody else has done something: the only one in red.
    Harm,
    /// Nothing has happened, and nothing will.
    Note,
    Plain,
}

/// The button, where there is one.
#[derive(Clone, Copy)]
enum Step {
    SignIn,
    TryAgain,
    InWords,
}

#[derive(Template)]
#[template(path = "notice.html")]
struct NoticePage<'a> {
    site: &'a Site,
    language: &'a Language,
    title: String,
    text: String,
    next: String,
    tone: Tone,
    account: Option<&'a Account>,
    sign_in_url: Option<&'a str>,
    try_again: bool,
    /// Whether the way out is a new link: the page says how to get one.
    needs_a_new_link: bool,
}

impl Site {
    pub(super) fn show(&self, notice: &Notice, language: &Language) -> Page {
        let (title, text, next) = notice.texts(self.sign_in_url.is_some());
        let variables = notice.variables();
        let say = |key| language.say_with(key, &variables);
        let step = notice.step();
        let template = NoticePage {
            site: self,
            language,
            title: say(title),
            text: say(text),
            next: say(next),
            tone: notice.tone(),
            account: if let Notice::Done(account) = notice { account.as_ref() } else { None },
            sign_in_url: self.sign_in_url.as_deref().filter(|_| matches!(step, Step::SignIn)),
            try_again: matches!(step, Step::TryAgain),
            needs_a_new_link: notice.needs_a_new_link(),
        };
        let mut page = Page::new(notice.status(), language, &template);
        page.retry_after = notice.retry_after();
        page
    }
}

impl Notice {
    /// One of everything, for previews and for tests that want to see them all.
    pub fn one_of_each() -> Vec<Self> {
        vec![
            Self::Done(None),
            Self::DonePerhaps,
            Self::Home,
            Self::Asked,
            Self::HelpDeskAsked,
            Self::Changed,
            Self::ChangedMeanwhile,
            Self::CannotBeChanged,
            Self::Objected,
            Self::ObjectedLate,
            Self::TooOften { seconds: 2_400 },
            Self::ObjectionExpired,
            Self::Damaged,
            Self::Expired,
            Self::Used,
            Self::Withdrawn,
            Self::Overtaken,
            Self::LedgerIsYounger,
            Self::InProgress,
            Self::TooMany { seconds: 42 },
            Self::Busy { seconds: 5 },
            Self::Unavailable { incident: "7f3a9c21".to_owned() },
            Self::Slow,
            Self::TimedOut,
            Self::NotFound,
            Self::MethodNotAllowed,
            Self::TooLarge,
            Self::Incomplete,
            Self::NotAForm,
            Self::FromElsewhere,
        ]
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Done(_)
            | Self::DonePerhaps
            | Self::Home
            | Self::Asked
            | Self::HelpDeskAsked
            | Self::Changed
            | Self::Objected => StatusCode::OK,
            Self::Damaged | Self::Incomplete => StatusCode::BAD_REQUEST,
            Self::Expired
            | Self::Used
            | Self::Withdrawn
            | Self::Overtaken
            | Self::LedgerIsYounger
            | Self::ObjectionExpired => StatusCode::GONE,
            Self::InProgress | Self::ChangedMeanwhile | Self::CannotBeChanged | Self::ObjectedLate => {
                StatusCode::CONFLICT
            }
            Self::TooMany { .. } | Self::TooOften { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Busy { .. } | Self::Unavailable { .. } | Self::Slow => StatusCode::SERVICE_UNAVAILABLE,
            Self::TimedOut => StatusCode::REQUEST_TIMEOUT,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotAForm => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::FromElsewhere => StatusCode::FORBIDDEN,
        }
    }

    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::TooMany { seconds } | Self::TooOften { seconds } | Self::Busy { seconds } => Some(*seconds),
            Self::InProgress => Some(IN_PROGRESS_SECONDS),
            Self::Unavailable { .. } => Some(UNAVAILABLE_SECONDS),
            Self::Slow => Some(SLOW_SECONDS),
            _ => None,
        }
    }

    /// Title, what is the matter, and the next step. "Sign in" is one only where that leads somewhere.
    fn texts(&self, can_sign_in: bool) -> (Key, Key, Key) {
        match self {
            Self::Done(_) if can_sign_in => (pages::DONE_TITLE, pages::DONE_TEXT, pages::DONE_NEXT),
            Self::Done(_) => (pages::DONE_TITLE, pages::DONE_TEXT, pages::DONE_NEXT_ELSEWHERE),
            Self::DonePerhaps => {
                (pages::DONE_PERHAPS_TITLE, pages::DONE_PERHAPS_TEXT, pages::DONE_PERHAPS_NEXT)
            }
            Self::Home => (pages::HOME_TITLE, pages::HOME_TEXT, pages::HOME_NEXT),
            Self::Asked => (pages::ASKED_TITLE, pages::ASKED_TEXT, pages::ASKED_NEXT),
            Self::HelpDeskAsked => (pages::ASKED_TITLE_ASK, pages::ASKED_TEXT_ASK, pages::ASKED_NEXT_ASK),
            Self::Changed if can_sign_in => (pages::DONE_TITLE, pages::CHANGED_TEXT, pages::DONE_NEXT),
            Self::Changed => (pages::DONE_TITLE, pages::CHANGED_TEXT, pages::DONE_NEXT_ELSEWHERE),
            Self::ChangedMeanwhile => (pages::MEANWHILE_TITLE, pages::MEANWHILE_TEXT, pages::MEANWHILE_NEXT),
            Self::CannotBeChanged => {
                (pages::IMPOSSIBLE_TITLE, pages::IMPOSSIBLE_TEXT, pages::IMPOSSIBLE_NEXT)
            }
            Self::ObjectedLate => {
                (pages::OBJECTED_LATE_TITLE, pages::OBJECTED_LATE_TEXT, pages::OBJECTED_LATE_NEXT)
            }
            Self::Objected => (pages::OBJECTED_TITLE, pages::OBJECTED_TEXT, pages::OBJECTED_NEXT),
            Self::TooOften { .. } => (pages::TOO_OFTEN_TITLE, pages::TOO_OFTEN_TEXT, pages::TOO_OFTEN_NEXT),
            Self::ObjectionExpired => {
                (pages::OBJECTION_EXPIRED_TITLE, pages::OBJECTION_EXPIRED_TEXT, pages::OBJECTION_EXPIRED_NEXT)
            }
            Self::Damaged => (pages::DAMAGED_TITLE, pages::DAMAGED_TEXT, pages::DAMAGED_NEXT),
            Self::Expired => (pages::EXPIRED_TITLE, pages::EXPIRED_TEXT, pages::EXPIRED_NEXT),
            Self::Used => (pages::USED_TITLE, pages::USED_TEXT, pages::USED_NEXT),
            Self::Withdrawn => (pages::WITHDRAWN_TITLE, pages::WITHDRAWN_TEXT, pages::WITHDRAWN_NEXT),
            Self::Overtaken => (pages::OVERTAKEN_TITLE, pages::OVERTAKEN_TEXT, pages::OVERTAKEN_NEXT),
            Self::LedgerIsYounger => (pages::YOUNGER_TITLE, pages::YOUNGER_TEXT, pages::YOUNGER_NEXT),
            Self::InProgress => (pages::IN_PROGRESS_TITLE, pages::IN_PROGRESS_TEXT, pages::IN_PROGRESS_NEXT),
            Self::TooMany { .. } => (pages::TOO_MANY_TITLE, pages::TOO_MANY_TEXT, pages::TOO_MANY_NEXT),
            Self::Busy { .. } => (pages::BUSY_TITLE, pages::BUSY_TEXT, pages::BUSY_NEXT),
            Self::Unavailable { .. } => {
                (pages::UNAVAILABLE_TITLE, pages::UNAVAILABLE_TEXT, pages::UNAVAILABLE_NEXT)
            }
            Self::Slow => (pages::SLOW_TITLE, pages::SLOW_TEXT, pages::SLOW_NEXT),
            Self::TimedOut => (pages::TIMEOUT_TITLE, pages::TIMEOUT_TEXT, pages::TIMEOUT_NEXT),
            Self::NotFound => (pages::NOT_FOUND_TITLE, pages::NOT_FOUND_TEXT, pages::NOT_FOUND_NEXT),
            Self::MethodNotAllowed => (pages::METHOD_TITLE, pages::METHOD_TEXT, pages::METHOD_NEXT),
            Self::TooLarge => (pages::TOO_LARGE_TITLE, pages::TOO_LARGE_TEXT, pages::TOO_LARGE_NEXT),
            Self::Incomplete | Self::NotAForm => {
                (pages::INCOMPLETE_TITLE, pages::INCOMPLETE_TEXT, pages::INCOMPLETE_NEXT)
            }
            Self::FromElsewhere => (pages::ELSEWHERE_TITLE, pages::ELSEWHERE_TEXT, pages::ELSEWHERE_NEXT),
        }
    }

    fn variables(&self) -> Vec<(&'static str, Value<'_>)> {
        match self {
            Self::TooMany { seconds } | Self::Busy { seconds } => {
                vec![("seconds", Value::from(*seconds))]
            }
            // Rounded up: waiting so long is enough.
            Self::TooOften { seconds } => vec![("minutes", Value::from(seconds.div_ceil(60)))],
            Self::Unavailable { incident } => vec![("incident", Value::from(incident.as_str()))],
            _ => Vec::new(),
        }
    }

    fn step(&self) -> Step {
        match self {
            Self::Done(_) | Self::DonePerhaps | Self::Changed | Self::Used | Self::Overtaken => Step::SignIn,
            Self::InProgress
            | Self::TooMany { .. }
            | Self::Busy { .. }
            | Self::Unavailable { .. }
            | Self::Slow
            | Self::TimedOut
            | Self::TooLarge
            | Self::Incomplete
            | Self::NotAForm => Step::TryAgain,
            _ => Step::InWords,
        }
    }

    fn needs_a_new_link(&self) -> bool {
        matches!(self, Self::Expired | Self::Used | Self::Withdrawn | Self::Overtaken | Self::LedgerIsYounger)
    }

    fn tone(&self) -> Tone {
        match self {
            Self::Done(_) | Self::Changed => Tone::Good,
            Self::Home | Self::DonePerhaps => Tone::Plain,
            // Somebody has used the link, or has changed password or e-mail: perhaps not the contact.
            Self::Used | Self::Overtaken => Tone::Harm,
            Self::Objected => Tone::Good,
            Self::TooOften { .. } => Tone::Wait,
            _ if matches!(self.step(), Step::TryAgain) => Tone::Wait,
            _ => Tone::Note,
        }
    }
}
