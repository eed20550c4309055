//! The start page: what contacts can do for themselves.

use askama::Template;
use axum::http::StatusCode;
use texts::{Language, pages};

use super::page::Page;
use super::site::Site;

#[derive(Template)]
#[template(path = "start.html")]
struct StartPage<'a> {
    site: &'a Site,
    language: &'a Language,
    title: String,
    has_forgot: bool,
    has_change: bool,
}

impl Site {
    /// What is on, each with its button.
    pub fn start(&self, has_forgot: bool, has_change: bool, accept_language: Option<&str>) -> Page {
        let language = self.choose(None, accept_language);
        let title = language.say(pages::START_TITLE);
        let template = StartPage { site: self, language: &language, title, has_forgot, has_change };
        Page::new(StatusCode::OK, &language, &template)
    }
}
