//! What platforms that call us, and are called, over HTTP have in common.

use std::error::Error as _;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, StatusCode, header};
use http_body_util::LengthLimitError;
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

/// How long an answer to somebody who waits for it may take, further attempts included.
pub(super) const ANSWER_TIME: Duration = Duration::from_secs(45);

/// Where it asks to wait and does not say how long.
const WAIT: Duration = Duration::from_secs(1);

/// The raw body, where it is of this type and not too long.
pub(super) async fn read(headers: &HeaderMap, body: Body, wanted: &str) -> Result<Vec<u8>, RequestFault> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next());
    if !kind.is_some_and(|kind| kind.trim().eq_ignore_ascii_case(wanted)) {
        return Err(RequestFault::ContentType);
    }
    to_bytes(body, LARGEST).await.map(|body| body.to_vec()).map_err(|error| {
        // One that was cut off, or did not arrive in time, is not a large one.
        let is_large = error.source().is_some_and(|cause| cause.is::<LengthLimitError>());
        if is_large { RequestFault::Oversized } else { RequestFault::Malformed }
    })
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

/// Why there is no answer that says yes or no.
#[derive(Debug)]
pub(super) enum NoAnswer {
    /// The platform takes no more requests for so long (RFC 6585 §4).
    RateLimited(Duration),
    /// It did not answer in time.
    TimedOut,
    /// It did not answer.
    Unreachable,
}

impl From<reqwest::Error> for NoAnswer {
    fn from(error: reqwest::Error) -> Self {
        if error.is_timeout() { Self::TimedOut } else { Self::Unreachable }
    }
}

/// Some senders of 429 say 0.
const SHORTEST_WAIT: Duration = Duration::from_millis(250);

/// Asks once.
pub(super) async fn ask(request: RequestBuilder) -> Result<reqwest::Response, NoAnswer> {
    let answer = request.timeout(REQUEST_TIME).send().await?;
    if answer.status() == StatusCode::TOO_MANY_REQUESTS {
        let told = answer.headers().get(header::RETRY_AFTER);
        return Err(NoAnswer::RateLimited(wait(told.and_then(|told| told.to_str().ok()))));
    }
    Ok(answer)
}

/// How long a platform asks to wait: seconds, of which Discord also sends fractions. Never so short that asking again and again would be a flood.
pub(super) fn wait(retry_after: Option<&str>) -> Duration {
    let told = retry_after.and_then(|told| told.trim().parse().ok());
    told.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()).unwrap_or(WAIT).max(SHORTEST_WAIT)
}

#[cfg(test)]
mod tests {
    use std::io;

    use axum::http::HeaderValue;
    use futures_util::stream;

    use super::*;

    #[test]
    fn a_wait_is_read_in_whole_and_broken_seconds() {
        assert_eq!(wait(Some("30")), Duration::from_secs(30));
        assert_eq!((wait(Some("0")), wait(Some("0.001"))), (SHORTEST_WAIT, SHORTEST_WAIT));
        assert_eq!(wait(Some(" 0.25 ")), Duration::from_millis(250));
        for nonsense in [None, Some(""), Some("-1"), Some("soon"), Some("1e400"), Some("NaN")] {
            assert_eq!(wait(nonsense), WAIT, "{nonsense:?}");
        }
    }

    #[tokio::test]
    async fn a_body_that_is_too_long_is_told_from_one_that_was_cut_off() {
        let mut headers = HeaderMap::new();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("Application/X-WWW-Form-Urlencoded; charset=UTF-8"),
        );
        let read = async |body| read(&headers, body, FORM).await;
        assert_eq!(read(Body::from("a=b")).await, Ok(b"a=b".to_vec()));
        assert_eq!(read(Body::from(vec![b'x'; LARGEST + 1])).await, Err(RequestFault::Oversized));
        let late = || Err::<&str, _>(io::Error::from(io::ErrorKind::TimedOut));
        assert_eq!(
            read(Body::from_stream(stream::iter([Ok("a="), late()]))).await,
            Err(RequestFault::Malformed)
        );
    }
}
