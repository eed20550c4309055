//! `/r/{token}`: GET and HEAD show, POST redeems and leads to `/done`.

use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use keys::VerifiedLink;
use keys::spelling::without_glue;
use serde::Deserialize;
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::app::{App, accept_language};
use super::form::read_form;
use super::limits::TooMany;
use super::times::{REDEEMING, SHOWING};
use crate::pages::{Notice, PageRequest};
use crate::redeem::{Dead, Outcome};
use crate::set_password::NewPassword;

/// Two passwords of 1,024 bytes, each byte written as `%FF`, and room to spare.
const MAX_BODY_BYTES: usize = 16 * 1024;

/// For a page that says "a lot is going on".
const BUSY_SECONDS: u64 = 10;

pub(super) async fn show(State(app): State<App>, parts: Parts) -> Response {
    let asked = match LinkRequest::admit(&app, &parts).await {
        Ok(asked) => asked,
        Err(refusal) => return refusal,
    };
    let outcome = timeout(SHOWING, app.0.redemption.show(&asked.link)).await;
    app.answer(&outcome.unwrap_or(Outcome::Busy { retry_after_seconds: BUSY_SECONDS }), &parts)
}

pub(super) async fn redeem(State(app): State<App>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let LinkRequest { link, client } = match LinkRequest::admit(&app, &parts).await {
        Ok(asked) => asked,
        Err(refusal) => return refusal,
    };
    let new = match read_form::<Fields>(&app, &parts, body, MAX_BODY_BYTES).await {
        Ok(fields) => fields.into(),
        Err(refusal) => return refusal,
    };
    // Giving up waiting does not stop it: `Redemption::redeem` runs to its end.
    match timeout(REDEEMING, app.0.redemption.redeem(&link, new, client)).await {
        Ok(Outcome::Done) => app.remember(&link),
        Ok(outcome) => app.answer(&outcome, &parts),
        Err(_) => app.notice(&Notice::Slow, &parts.headers),
    }
}

/// A request that may go on: its token is genuine, within its limit, and not one that this browser has just used.
struct LinkRequest {
    link: VerifiedLink,
    client: IpAddr,
}

impl LinkRequest {
    async fn admit(app: &App, parts: &Parts) -> Result<Self, Response> {
        let now = (app.0.clock)();
        let client = app.client(parts);
        let too_many = |TooMany { seconds }| app.notice(&Notice::TooMany { seconds }, &parts.headers);
        let dead = match app.0.redemption.verify(token_in(parts)) {
            Ok(link) => {
                app.0.limits.link(link.link_id(), now).map_err(too_many)?;
                if app.remembers(link.link_id(), parts) {
                    return Err(app.to_done());
                }
                return Ok(Self { link, client });
            }
            Err(dead) => dead,
        };
        // Before anything is looked up. A link that was genuine once is no sign of somebody guessing.
        match &dead {
            Dead::Damaged => app.0.limits.damaged(client, now).map_err(too_many)?,
            Dead::Expired(expired) | Dead::OfVersion1(expired) => {
                app.0.limits.link(expired.link_id, now).map_err(too_many)?;
                if app.remembers(expired.link_id, parts) {
                    return Err(app.to_done());
                }
            }
        }
        let outcome = timeout(SHOWING, app.0.redemption.dead(&dead)).await;
        Err(app.answer(&outcome.unwrap_or(Outcome::Busy { retry_after_seconds: BUSY_SECONDS }), parts))
    }
}

impl App {
    fn answer(&self, outcome: &Outcome, parts: &Parts) -> Response {
        let request = PageRequest {
            token: token_in(parts),
            accept_language: accept_language(&parts.headers),
            now: (self.0.clock)(),
        };
        self.0.site.answer(outcome, &request, &mut |buffer| (self.0.entropy)(buffer)).into_response()
    }
}

/// Without what a mail program has put behind it; what is left is judged strictly. The path is in our spelling already.
fn token_in(parts: &Parts) -> &str {
    without_glue(parts.uri.path().strip_prefix("/r/").unwrap_or_default())
}

#[derive(Deserialize)]
struct Fields {
    password: String,
    confirm: String,
}

impl From<Fields> for NewPassword {
    fn from(fields: Fields) -> Self {
        Self { password: Zeroizing::new(fields.password), confirm: Zeroizing::new(fields.confirm) }
    }
}
