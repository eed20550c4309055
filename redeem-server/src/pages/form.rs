//! The form: who it is for, until when it is good, the rules, a passphrase to take, and everything that was wrong with the last try.

use askama::Template;
use axum::http::StatusCode;
use fluent_templates::fluent_bundle::FluentValue;
use zeroize::Zeroizing;

use super::broken::Failure;
use super::{Page, Site, Visit, assets};
use crate::messages::{Key, Language};
use crate::password::{Broken, MAX_BYTES, Whose, max_bytes};
use crate::redeem::Form;

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
    rules: Vec<String>,
    offer: Option<Zeroizing<String>>,
    failures: Vec<Failure>,
    failures_title: String,
}

impl Site {
    pub(super) fn form(
        &self,
        form: &Form,
        broken: &[Broken],
        visit: &Visit<'_>,
        random: &mut dyn FnMut(&mut [u8]),
    ) -> Page {
        let language = self.choose(form.language.as_deref(), visit.accept_language);
        let whose = Whose { id: form.contact.as_str(), name: &form.name, email: None };
        let until = form.expires_at.to_zoned_datetime(self.time_zone.clone());
        let max_length = form
            .max_password_bytes
            .map(|directory| max_bytes(Some(directory)))
            .filter(|max| *max < MAX_BYTES);
        let title = if broken.is_empty() { Key::FormTitle } else { Key::FormTitleError };
        let template = FormPage {
            site: self,
            language: &language,
            title: language.say(title),
            contact: form.contact.as_str(),
            name: &form.name,
            until: language.say_with(
                Key::FormUntil,
                &[
                    ("time", FluentValue::from(until.strftime("%H:%M").to_string())),
                    ("zone", FluentValue::from(until.strftime("%Z").to_string())),
                ],
            ),
            action: format!("{}/r/{}", self.prefix, visit.token),
            min_length: self.rules.min_length,
            max_length,
            rules: self.rules_in_words(max_length, &language),
            offer: self.rules.offer(whose, form.max_password_bytes, random),
            failures: broken.iter().map(|rule| Failure::new(rule, &language)).collect(),
            failures_title: language
                .say_with(Key::ErrorsTitle, &[("count", FluentValue::from(broken.len()))]),
        };
        let status = if broken.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
        Page::new(status, &language, &template)
    }

    fn rules_in_words(&self, max_length: Option<usize>, language: &Language) -> Vec<String> {
        let mut rules = vec![
            language.say_with(Key::RuleLength, &[("min", FluentValue::from(self.rules.min_length))]),
            language.say(Key::RuleStrength),
            language.say(Key::RuleOwn),
        ];
        if let Some(max) = max_length {
            rules.push(language.say_with(Key::RuleMax, &[("max", FluentValue::from(max))]));
        }
        rules
    }
}

impl FormPage<'_> {
    fn failures_of(&self, field: &str) -> Vec<&Failure> {
        self.failures.iter().filter(|failure| failure.field == field).collect()
    }
}
