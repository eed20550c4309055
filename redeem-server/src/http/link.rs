//! `/r/{token}`: GET and HEAD show, POST redeems and leads to `/done`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::rejection::{BytesRejection, FailedToBufferBody, FormRejection};
use axum::extract::{ConnectInfo, DefaultBodyLimit, Form, FromRequest, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use keys::VerifiedLink;
use keys::spelling::without_glue;
use serde::Deserialize;
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::app::{App, accept_language};
use super::client_address::client_address;
use super::limits::TooMany;
use super::origin;
use super::times::{ARRIVAL, REDEEMING, SHOWING};
use crate::pages::{Notice, PageRequest};
use crate::redeem::{Dead, Outcome};
use crate::set_password::NewPassword;

/// How browsers send a form.
const FORM: &str = "application/x-www-form-urlencoded";

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
    if origin::is_from_elsewhere(&parts.headers, &app.0.public_origin) {
        return app.notice(&Notice::FromElsewhere, &parts.headers);
    }
    if !is_form(&parts.headers) {
        return app.notice(&Notice::NotAForm, &parts.headers);
    }
    let mut request = Request::from_parts(parts.clone(), body);
    request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(FORM));
    DefaultBodyLimit::max(MAX_BODY_BYTES).apply(&mut request);
    let new = match timeout(ARRIVAL, Form::<Fields>::from_request(request, &())).await {
        Ok(Ok(Form(fields))) => fields.into(),
        Ok(Err(rejection)) => return app.notice(&unreadable(&rejection), &parts.headers),
        Err(_) => return app.notice(&Notice::TimedOut, &parts.headers),
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
        let client = client_address(peer(parts), &parts.headers, &app.0.trusted_proxies);
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

/// Media types are the same in either letter case (RFC 9110 §8.3.1); axum knows them in lower case alone.
fn is_form(headers: &HeaderMap) -> bool {
    let sent = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = sent.and_then(|sent| sent.split(';').next());
    kind.is_some_and(|kind| kind.trim().eq_ignore_ascii_case(FORM))
}

/// `serve` tells the peer of each connection. Where somebody else runs the router and does not, all visitors count as one.
fn peer(parts: &Parts) -> IpAddr {
    parts
        .extensions
        .get::<ConnectInfo<SocketAddr>>()
        .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(address)| address.ip())
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

fn unreadable(rejection: &FormRejection) -> Notice {
    match rejection {
        FormRejection::BytesRejection(BytesRejection::FailedToBufferBody(
            FailedToBufferBody::LengthLimitError(_),
        )) => Notice::TooLarge,
        _ => Notice::Incomplete,
    }
}
