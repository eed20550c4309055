//! `/forgot`: somebody says that they forgot their password. Whatever they type, the answer is the same; the bot decides what becomes of it.

use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use config::Forgot;
use keys::{Wish, WishId, wire_time};
use serde::Deserialize;

use super::app::{App, accept_language};
use super::form::read_form;
use super::limits::TooMany;
use crate::pages::Notice;
use crate::wishes::Full;

/// The longest address has 254 characters (RFC 5321 §4.5.3.1), each perhaps written as `%FF`, and room to spare.
const MAX_BODY_BYTES: usize = 2 * 1024;

/// For a page that says "a lot is going on".
const BUSY_SECONDS: u64 = 60;

pub(super) async fn show(State(app): State<App>, parts: Parts) -> Response {
    app.0.site.forgot(app.0.self_service.forgot, false, accept_language(&parts.headers)).into_response()
}

/// The same page for whatever was typed, and in the same time: nobody is looked up here.
pub(super) async fn ask(State(app): State<App>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let fields = match read_form::<Fields>(&app, &parts, body, MAX_BODY_BYTES).await {
        Ok(fields) => fields,
        Err(refusal) => return refusal,
    };
    let typed = fields.contact.trim();
    if typed.is_empty() {
        let forgot = app.0.self_service.forgot;
        return app.0.site.forgot(forgot, true, accept_language(&parts.headers)).into_response();
    }
    let client = app.client(&parts);
    if let Err(TooMany { seconds }) = app.0.limits.ask(client, (app.0.clock)()) {
        return app.notice(&Notice::TooOften { seconds }, &parts.headers);
    }
    match app.wish(typed, client, &parts) {
        Ok(()) => app.see("/forgot/asked"),
        Err(Full) => app.notice(&Notice::Busy { seconds: BUSY_SECONDS }, &parts.headers),
    }
}

pub(super) async fn asked(State(app): State<App>, parts: Parts) -> Response {
    let notice = match app.0.self_service.forgot {
        Forgot::Ask => Notice::HelpDeskAsked,
        Forgot::Mail | Forgot::Off => Notice::Asked,
    };
    app.notice(&notice, &parts.headers)
}

impl App {
    fn wish(&self, typed: &str, client: IpAddr, parts: &Parts) -> Result<(), Full> {
        let Some(wishes) = &self.0.wishes else { return Ok(()) };
        let mut random = [0; 16];
        (self.0.entropy)(&mut random);
        wishes.add(Wish {
            id: WishId::from_random(random),
            typed: typed.to_owned(),
            client,
            at: wire_time::to_millisecond((self.0.clock)()),
            language: self.0.site.language_of(accept_language(&parts.headers)),
        })
    }
}

#[derive(Deserialize)]
struct Fields {
    contact: String,
}
