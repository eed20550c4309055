//! The form on which a contact who knows their password sets another one.

use askama::Template;
use axum::http::StatusCode;
use contacts::PasswordPolicy;
use texts::{Language, Value, pages};

use super::broken::RuleMessage;
use super::form::{COUNT, max_length};
use super::page::Page;
use super::site::Site;
use crate::password::BrokenRule;

/// Why a password was not changed.
#[derive(Debug, Clone, PartialEq)]
pub enum ChangeFailure {
    /// Nobody, or not their password: the page does not say which.
    DoesNotMatch,
    /// A field was left empty.
    Incomplete,
    /// The new password breaks these rules.
    Broken(Vec<BrokenRule>),
}

#[derive(Template)]
#[template(path = "change.html")]
struct ChangePage<'a> {
    site: &'a Site,
    language: &'a Language,
    title: String,
    typed: &'a str,
    /// What is wrong with who they are.
    identity: Option<String>,
    /// What is wrong with the new password.
    failures: Vec<RuleMessage>,
    failures_title: String,
    min_length: usize,
    max_length: Option<usize>,
    wants_kinds: bool,
    hint: String,
    length_so_far: String,
    length_enough: String,
}

impl Site {
    /// The form; what was typed into the first field stays there.
    pub fn change(
        &self,
        typed: &str,
        failure: Option<&ChangeFailure>,
        policy: &PasswordPolicy,
        accept_language: Option<&str>,
    ) -> Page {
        let language = self.choose(None, accept_language);
        let identity = match failure {
            Some(ChangeFailure::DoesNotMatch) => Some(language.say(pages::CHANGE_DOES_NOT_MATCH)),
            Some(ChangeFailure::Incomplete) => Some(language.say(pages::CHANGE_INCOMPLETE)),
            Some(ChangeFailure::Broken(_)) | None => None,
        };
        let broken = match failure {
            Some(ChangeFailure::Broken(broken)) => broken.as_slice(),
            _ => &[],
        };
        let min_length = self.rules.min_length(policy);
        let counted = |key| {
            let variables = [("count", Value::from(COUNT)), ("min", Value::from(min_length))];
            language.say_with(key, &variables)
        };
        let title = if failure.is_none() { pages::CHANGE_TITLE } else { pages::CHANGE_TITLE_ERROR };
        let count = broken.len().max(1);
        let template = ChangePage {
            site: self,
            language: &language,
            title: language.say(title),
            typed,
            identity,
            failures: broken.iter().map(|rule| RuleMessage::new(rule, &language)).collect(),
            failures_title: language.say_with(pages::ERRORS_TITLE, &[("count", Value::from(count))]),
            min_length,
            max_length: max_length(policy),
            wants_kinds: policy.min_kinds.is_some(),
            hint: self.hint(policy, &language),
            length_so_far: counted(pages::LENGTH_SO_FAR),
            length_enough: counted(pages::LENGTH_ENOUGH),
        };
        let status = if failure.is_none() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
        Page::new(status, &language, &template)
    }
}

impl ChangePage<'_> {
    fn is_mismatch(&self) -> bool {
        self.failures.iter().any(|failure| failure.is_mismatch)
    }

    fn has_failed(&self) -> bool {
        self.identity.is_some() || !self.failures.is_empty()
    }
}
