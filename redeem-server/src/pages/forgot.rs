//! The page for a forgotten password.

use askama::Template;
use axum::http::StatusCode;
use config::Forgot;
use texts::{Language, pages};

use super::page::Page;
use super::site::Site;

#[derive(Template)]
#[template(path = "forgot.html")]
struct ForgotPage<'a> {
    site: &'a Site,
    language: &'a Language,
    title: String,
    text: String,
    submit: String,
    /// The form came back with nothing in it.
    is_empty: bool,
}

impl Site {
    /// The form, which says what becomes of it. `is_empty`: it was sent with nothing in it.
    pub fn forgot(&self, forgot: Forgot, is_empty: bool, accept_language: Option<&str>) -> Page {
        let language = self.choose(None, accept_language);
        let title = if is_empty { pages::FORGOT_TITLE_ERROR } else { pages::FORGOT_TITLE };
        let (text, submit) = match forgot {
            Forgot::Ask => (pages::FORGOT_TEXT_ASK, pages::FORGOT_SUBMIT_ASK),
            Forgot::Mail | Forgot::Off => (pages::FORGOT_TEXT, pages::FORGOT_SUBMIT),
        };
        let template = ForgotPage {
            site: self,
            language: &language,
            title: language.say(title),
            text: language.say(text),
            submit: language.say(submit),
            is_empty,
        };
        let status = if is_empty { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
        Page::new(status, &language, &template)
    }

    /// In which language somebody of whom nothing is known is answered (BCP 47).
    pub(crate) fn language_of(&self, accept_language: Option<&str>) -> String {
        self.choose(None, accept_language).tag()
    }
}
