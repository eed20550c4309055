//! `/change`: a contact who knows their password sets another one.

use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::app::{App, accept_language};
use super::form::read_form;
use super::times::REDEEMING;
use crate::change::{ChangeRequest, Changed, Changer};
use crate::pages::{ChangeFailure, Notice};
use crate::set_password::NewPassword;

/// Three passwords of 1,024 bytes and an address, each byte written as `%FF`, and room to spare.
const MAX_BODY_BYTES: usize = 16 * 1024;

pub(super) async fn show(State(app): State<App>, parts: Parts) -> Response {
    match app.0.changer.clone() {
        Some(changer) => page(&app, &changer, &parts, "", None).await,
        None => app.notice(&Notice::NotFound, &parts.headers),
    }
}

pub(super) async fn change(State(app): State<App>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Some(changer) = app.0.changer.clone() else { return app.notice(&Notice::NotFound, &parts.headers) };
    let fields = match read_form::<Fields>(&app, &parts, body, MAX_BODY_BYTES).await {
        Ok(fields) => fields,
        Err(refusal) => return refusal,
    };
    let typed = fields.contact.trim().to_owned();
    let request = ChangeRequest::from(fields);
    if typed.is_empty() || request.current.is_empty() {
        return page(&app, &changer, &parts, &typed, Some(ChangeFailure::Incomplete)).await;
    }
    // Giving up waiting does not stop it: a change runs to its end.
    let Ok(changed) = timeout(REDEEMING, changer.change(request, app.client(&parts))).await else {
        return app.notice(&Notice::Slow, &parts.headers);
    };
    let failure = match changed {
        Changed::Done => return app.see("/change/done"),
        Changed::DoesNotMatch => ChangeFailure::DoesNotMatch,
        Changed::Rejected(broken) => ChangeFailure::Broken(broken),
        Changed::Overtaken => return app.notice(&Notice::ChangedMeanwhile, &parts.headers),
        Changed::Impossible => return app.notice(&Notice::CannotBeChanged, &parts.headers),
        Changed::Wait { seconds } => return app.notice(&Notice::TooOften { seconds }, &parts.headers),
        Changed::Busy { seconds } => return app.notice(&Notice::Busy { seconds }, &parts.headers),
        Changed::Unavailable { incident } => {
            return app.notice(&Notice::Unavailable { incident }, &parts.headers);
        }
    };
    page(&app, &changer, &parts, &typed, Some(failure)).await
}

pub(super) async fn done(State(app): State<App>, parts: Parts) -> Response {
    app.notice(&Notice::Changed, &parts.headers)
}

async fn page(
    app: &App,
    changer: &Changer,
    parts: &Parts,
    typed: &str,
    failure: Option<ChangeFailure>,
) -> Response {
    let policy = changer.policy().await;
    let language = accept_language(&parts.headers);
    app.0.site.change(typed, failure.as_ref(), &policy, language).into_response()
}

#[derive(Deserialize)]
struct Fields {
    contact: String,
    current: String,
    password: String,
    confirm: String,
}

impl From<Fields> for ChangeRequest {
    fn from(fields: Fields) -> Self {
        let Fields { contact, current, password, confirm } = fields;
        let new = NewPassword { password: Zeroizing::new(password), confirm: Zeroizing::new(confirm) };
        Self { typed: contact.trim().to_owned(), current: Zeroizing::new(current), new }
    }
}
