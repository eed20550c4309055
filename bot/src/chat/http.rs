//! What platforms that call us, and are called, over HTTP have in common.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, StatusCode, header};
use keys::Id128;
use reqwest::RequestBuilder;
use sha2::{Digest as _, Sha256};

use crate::audit::RequestFault;

pub(super) const FORM: &str = "application/x-www-form-urlencoded";

pub(super) const JSON: &str = "application/json";

/// Bytes of a request; the platforms' own are far smaller.
pub(super) const LARGEST: usize = 64 * 1024;

/// How long one request of ours may take.
pub(super) const REQUEST_TIME: Duration = Duration::from_secs(20);

/// Waits that a platform asks for are kept, and bounded.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Where it asks to wait and does not say how long.
const WAIT: Duration = Duration::from_secs(1);

/// The raw body, where it is of this type and not too long.
pub(super) async fn read(headers: &HeaderMap, body: Body, wanted: &str) -> Result<Vec<u8>, RequestFault> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next());
    if !kind.is_some_and(|kind| kind.trim().eq_ignore_ascii_case(wanted)) {
        return Err(RequestFault::ContentType);
    }
    to_bytes(body, LARGEST).await.map(|body| body.to_vec()).map_err(|_| RequestFault::Oversized)
}

/// With what a request is refused, without a word.
pub(super) fn status(why: RequestFault) -> StatusCode {
    match why {
        RequestFault::Oversized => StatusCode::PAYLOAD_TOO_LARGE,
        RequestFault::ContentType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        RequestFault::Unsigned | RequestFault::Stale | RequestFault::Tampered => StatusCode::UNAUTHORIZED,
        RequestFault::Malformed => StatusCode::BAD_REQUEST,
        RequestFault::Replayed => StatusCode::CONFLICT,
    }
}

/// Trigger ids open dialogs: what stands in the audit is not one.
pub(super) fn fingerprint(trigger_id: &str) -> String {
    let digest = Sha256::digest(trigger_id.as_bytes());
    let mut first = [0; 16];
    first.iter_mut().zip(digest.iter()).for_each(|(to, from)| *to = *from);
    Id128::new(first).to_string()
}

/// Asks, and asks again where the platform says to wait (RFC 6585 §4), for as long as the caller has patience.
pub(super) async fn patiently(
    request: impl Fn() -> RequestBuilder,
) -> Result<reqwest::Response, reqwest::Error> {
    loop {
        let answer = request().timeout(REQUEST_TIME).send().await?;
        if answer.status() != StatusCode::TOO_MANY_REQUESTS {
            return Ok(answer);
        }
        let told = answer.headers().get(header::RETRY_AFTER);
        let told = told.and_then(|value| value.to_str().ok()).and_then(|text| text.trim().parse().ok());
        tokio::time::sleep(told.map_or(WAIT, Duration::from_secs).min(LONGEST_WAIT)).await;
    }
}
