//! The form: who it is for, until when it is good, the rules, everything that was wrong with the last try, and a passphrase to take.

use askama::Template;
use axum::http::StatusCode;
use jiff::SignedDuration;
use texts::{Language, Value, pages, time_and_zone};
use zeroize::Zeroizing;

use super::broken::RuleMessage;
use super::page::{Page, PageRequest};
use super::site::Site;
use crate::password::{BrokenRule, MAX_BYTES, OwnData, max_bytes};
use crate::redeem::Form;

/// Stands for the number of characters in a text that the script completes.
const COUNT: &str = "#";

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
        let (time, zone) = time_and_zone(form.expires_at, &self.time_zone);
        // Cut, not rounded: there is never less time than the page says.
        let minutes = form.expires_at.duration_since(request.now).max(SignedDuration::ZERO).as_mins();
        let counted = |key| {
            let variables = [("count", Value::from(COUNT)), ("min", Value::from(self.rules.min_length))];
            language.say_with(key, &variables)
        };
        let max_length = form
            .max_password_bytes
            .map(|directory| max_bytes(Some(directory)))
            .filter(|max| *max < MAX_BYTES);
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
            min_length: self.rules.min_length,
            max_length,
            hint: self.hint(max_length, &language),
            length_so_far: counted(pages::LENGTH_SO_FAR),
            length_enough: counted(pages::LENGTH_ENOUGH),
            offer: self.rules.offer(own, form.max_password_bytes, random),
            failures: broken.iter().map(|rule| RuleMessage::new(rule, &language)).collect(),
            failures_title: language.say_with(pages::ERRORS_TITLE, &[("count", Value::from(broken.len()))]),
        };
        let status = if broken.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
        Page::new(status, &language, &template)
    }

    fn hint(&self, max_length: Option<usize>, language: &Language) -> String {
        let hint = language.say_with(pages::PASSWORD_HINT, &[("min", Value::from(self.rules.min_length))]);
        match max_length {
            Some(max) => {
                let most = language.say_with(pages::PASSWORD_HINT_MAX, &[("max", Value::from(max))]);
                format!("{hint} {most}")
            }
            None => hint,
        }
    }
}

impl FormPage<'_> {
    fn is_mismatch(&self) -> bool {
        self.failures.iter().any(|failure| failure.is_mismatch)
    }
}
