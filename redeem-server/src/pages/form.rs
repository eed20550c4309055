//! The form: who it is for, until when it is good, the rules, everything that was wrong with the last try, and a passphrase to take.

use askama::Template;
use axum::http::StatusCode;
use contacts::PasswordPolicy;
use jiff::SignedDuration;
use texts::{Language, Value, clock_time, pages, time_and_zone};
use zeroize::Zeroizing;

use super::broken::RuleMessage;
use super::page::{Page, PageRequest};
use super::site::Site;
use crate::password::{BrokenRule, MAX_BYTES, OwnData, max_bytes};
use crate::redeem::Form;

/// Stands for the number of characters in a text that the script completes.
pub(super) const COUNT: &str = "#";

#[derive(Template)]
#[template(path = "form.html")]
struct FormPage<'a> {
    site: &'a Site,
    language: &'a Language,
    title: String,
    contact: &'a str,
    name: &'a str,
    until: String,
    action: String,
    min_length: usize,
    /// The directory's limit, where it is lower than what anybody would type.
    max_length: Option<usize>,
    /// Whether the directory wants several kinds of characters.
    wants_kinds: bool,
    /// From when on the directory takes another password, where it does not yet.
    not_before: Option<String>,
    hint: String,
    length_so_far: String,
    length_enough: String,
    offer: Option<Zeroizing<String>>,
    failures: Vec<RuleMessage>,
    failures_title: String,
}

impl Site {
    pub(super) fn form(
        &self,
        form: &Form,
        broken: &[BrokenRule],
        request: &PageRequest<'_>,
        random: &mut dyn FnMut(&mut [u8]),
    ) -> Page {
        let language = self.choose(form.language.as_deref(), request.accept_language);
        let own = OwnData { id: form.contact.as_str(), name: &form.name, email: None };
        let policy = &form.policy;
        let min_length = self.rules.min_length(policy);
        let (time, zone) = time_and_zone(form.expires_at, &self.time_zone);
        // Cut, not rounded: there is never less time than the page says.
        let minutes = form.expires_at.duration_since(request.now).max(SignedDuration::ZERO).as_mins();
        let counted = |key| {
            let variables = [("count", Value::from(COUNT)), ("min", Value::from(min_length))];
            language.say_with(key, &variables)
        };
        let not_before = policy.not_before.map(|at| {
            let time = clock_time(&language, at, request.now, &self.time_zone);
            let from = language.say_with(pages::FORM_NOT_BEFORE, &[("time", Value::from(time))]);
            if at < form.expires_at {
                return from;
            }
            format!("{from} {}", language.say(pages::FORM_NOT_BEFORE_TOO_LATE))
        });
        let title = if broken.is_empty() { pages::FORM_TITLE } else { pages::FORM_TITLE_ERROR };
        let template = FormPage {
            site: self,
            language: &language,
            title: language.say(title),
            contact: form.contact.as_str(),
            name: &form.name,
            until: language.say_with(
                pages::FORM_UNTIL,
                &[
                    ("time", Value::from(time)),
                    ("zone", Value::from(zone)),
                    ("minutes", Value::from(minutes)),
                ],
            ),
            action: format!("{}/r/{}", self.prefix, request.token),
            min_length,
            max_length: max_length(policy),
            wants_kinds: policy.min_kinds.is_some(),
            not_before,
            hint: self.hint(policy, &language),
            length_so_far: counted(pages::LENGTH_SO_FAR),
            length_enough: counted(pages::LENGTH_ENOUGH),
            offer: self.rules.offer(own, policy, random),
            failures: broken.iter().map(|rule| RuleMessage::new(rule, &language)).collect(),
            failures_title: language.say_with(pages::ERRORS_TITLE, &[("count", Value::from(broken.len()))]),
        };
        let status = if broken.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
        Page::new(status, &language, &template)
    }

    /// Our rules and the directory's, as one.
    pub(super) fn hint(&self, policy: &PasswordPolicy, language: &Language) -> String {
        let counted = |key, name, number| language.say_with(key, &[(name, Value::from(number))]);
        let mut hint = counted(pages::PASSWORD_HINT, "min", self.rules.min_length(policy));
        let mut add = |sentence: String| {
            hint.push(' ');
            hint.push_str(&sentence);
        };
        if let Some(min) = policy.min_kinds {
            add(counted(pages::PASSWORD_HINT_KINDS, "min", min));
        }
        if let Some(max) = max_length(policy) {
            add(counted(pages::PASSWORD_HINT_MAX, "max", max));
        }
        if let Some(count) = policy.remembers.and_then(|count| usize::try_from(count).ok()) {
            add(counted(pages::PASSWORD_HINT_HISTORY, "count", count));
        }
        hint
    }
}

pub(super) fn max_length(policy: &PasswordPolicy) -> Option<usize> {
    Some(max_bytes(policy)).filter(|max| *max < MAX_BYTES)
}

impl FormPage<'_> {
    fn is_mismatch(&self) -> bool {
        self.failures.iter().any(|failure| failure.is_mismatch)
    }
}
