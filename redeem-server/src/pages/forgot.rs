//! The page for a forgotten password.

use askama::Template;
use axum::http::StatusCode;
use texts::{Language, pages};

use super::page::Page;
use super::site::Site;

#[derive(Template)]
#[template(path = "forgot.html")]
struct ForgotPage<'a> {
    site: &'a Site,
    language: &'a Language,
    title: String,
    /// The form came back with nothing in it.
    is_empty: bool,
}

impl Site {
    /// The form. `is_empty`: it was sent with nothing in it.
    pub fn forgot(&self, is_empty: bool, accept_language: Option<&str>) -> Page {
        let language = self.choose(None, accept_language);
        let title = if is_empty { pages::FORGOT_TITLE_ERROR } else { pages::FORGOT_TITLE };
        let template = ForgotPage { site: self, language: &language, title: language.say(title), is_empty };
        let status = if is_empty { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
        Page::new(status, &language, &template)
    }

    /// In which language somebody of whom nothing is known is answered (BCP 47).
    pub(crate) fn language_of(&self, accept_language: Option<&str>) -> String {
        self.choose(None, accept_language).tag()
    }
}
