//! The start page: what contacts can do for themselves.

use askama::Template;
use axum::http::StatusCode;
use config::Forgot;
use texts::{Language, pages};

use super::page::Page;
use super::site::Site;

#[derive(Template)]
#[template(path = "start.html")]
struct StartPage<'a> {
    site: &'a Site,
    language: &'a Language,
    title: String,
    /// What is said beside the button for a forgotten password; `None`: there is no such page.
    forgot: Option<String>,
    has_change: bool,
}

impl Site {
    /// What is on, each with its button.
    pub fn start(&self, forgot: Forgot, has_change: bool, accept_language: Option<&str>) -> Page {
        let language = self.choose(None, accept_language);
        let title = language.say(pages::START_TITLE);
        let forgot = match forgot {
            Forgot::Off => None,
            Forgot::Mail => Some(language.say(pages::START_FORGOT)),
            Forgot::Ask => Some(language.say(pages::START_FORGOT_ASK)),
        };
        let template = StartPage { site: self, language: &language, title, forgot, has_change };
        Page::new(StatusCode::OK, &language, &template)
    }
}
