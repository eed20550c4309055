//! `/n/{token}`: GET and HEAD say what a press does, POST does it and leads to `/n/done`.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use keys::{ObjectionError, VerifiedObjection};
use serde::Deserialize;

use super::app::{App, accept_language};
use super::form::read_form;
use super::limits::TooMany;
use crate::ledger::Withdrawal;
use crate::pages::{Notice, PageRequest};

/// The form has a button and nothing else.
const MAX_BODY_BYTES: usize = 1024;

pub(super) async fn show(State(app): State<App>, parts: Parts) -> Response {
    match admit(&app, &parts).await {
        Ok(objection) => {
            let request = PageRequest {
                token: token_in(&parts),
                accept_language: accept_language(&parts.headers),
                now: (app.0.clock)(),
            };
            app.0.site.objection(&objection, &request).into_response()
        }
        Err(refusal) => refusal,
    }
}

pub(super) async fn object(State(app): State<App>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let objection = match admit(&app, &parts).await {
        Ok(objection) => objection,
        Err(refusal) => return refusal,
    };
    if let Err(refusal) = read(&app, &parts, body).await {
        return refusal;
    }
    match app.0.redemption.object(&objection, app.client(&parts)).await {
        Ok(Withdrawal::InProgress) => app.notice(&Notice::ObjectedLate, &parts.headers),
        Ok(Withdrawal::Done | Withdrawal::AlreadyRedeemed) => app.see("/n/done"),
        Err(error) => {
            let incident = app.incident();
            tracing::error!(%incident, %error, "an objection could not be noted");
            app.notice(&Notice::Unavailable { incident }, &parts.headers)
        }
    }
}

pub(super) async fn done(State(app): State<App>, parts: Parts) -> Response {
    app.notice(&Notice::Objected, &parts.headers)
}

async fn read(app: &App, parts: &Parts, body: Body) -> Result<Fields, Response> {
    read_form(app, parts, body, MAX_BODY_BYTES).await
}

/// Genuine, within its time and its limit. A request with a genuine objection is counted by what it is about alone.
async fn admit(app: &App, parts: &Parts) -> Result<VerifiedObjection, Response> {
    let now = (app.0.clock)();
    let too_many = |TooMany { seconds }| app.notice(&Notice::TooMany { seconds }, &parts.headers);
    match app.0.redemption.verify_objection(token_in(parts)) {
        Ok(objection) => {
            app.0.limits.link(objection.event(), now).map_err(too_many)?;
            Ok(objection)
        }
        Err(ObjectionError::Expired) => Err(app.notice(&Notice::ObjectionExpired, &parts.headers)),
        Err(_) => {
            app.0.limits.damaged(app.client(parts), now).map_err(too_many)?;
            Err(app.notice(&Notice::Damaged, &parts.headers))
        }
    }
}

/// The path is in our spelling already.
fn token_in(parts: &Parts) -> &str {
    parts.uri.path().strip_prefix("/n/").unwrap_or_default()
}

#[derive(Deserialize)]
struct Fields {}
