//! "It wasn't me": what happened, and what a press does.

use askama::Template;
use axum::http::StatusCode;
use keys::{ObjectionSubject, VerifiedObjection};
use texts::{Language, Value, date_time, pages};

use super::page::{Page, PageRequest};
use super::site::Site;

#[derive(Template)]
#[template(path = "objection.html")]
struct ObjectionPage<'a> {
    site: &'a Site,
    language: &'a Language,
    title: String,
    contact: &'a str,
    what: String,
    does: String,
    action: String,
}

impl Site {
    /// What somebody may object to, and what that does.
    pub fn objection(&self, objection: &VerifiedObjection, request: &PageRequest<'_>) -> Page {
        let language = self.choose(None, request.accept_language);
        let at = date_time(&language, objection.at(), &self.time_zone);
        let (what, does) = match objection.subject() {
            ObjectionSubject::Link => (pages::OBJECT_LINK, pages::OBJECT_LINK_DOES),
            ObjectionSubject::Change => (pages::OBJECT_CHANGE, pages::OBJECT_CHANGE_DOES),
        };
        let template = ObjectionPage {
            site: self,
            language: &language,
            title: language.say(pages::OBJECT_TITLE),
            contact: objection.contact().as_str(),
            what: language.say_with(what, &[("at", Value::from(at))]),
            does: language.say(does),
            action: format!("{}/n/{}", self.prefix, request.token),
        };
        Page::new(StatusCode::OK, &language, &template)
    }
}
