//! Answers on the wire.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Response, header};

use super::Outcome;
use crate::fakes::kit::http::{whole_seconds, with_body};
use crate::fakes::mattermost::world::{Shared, World};

pub(super) fn respond(shared: &Shared, outcome: Outcome) -> Response<Body> {
    let request_id = shared.peek(World::next_id);
    let (status, body) = match outcome {
        Ok(answer) => (answer.status, answer.body),
        Err(refusal) => (refusal.status, refusal.body(&request_id)),
    };
    let version = &shared.settings.version;
    Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, "application/json")
        .header("X-Request-Id", request_id)
        .header("X-Version-Id", format!("{version}.{version}.0123456789abcdef.false"))
        .body(Body::from(body.to_string()))
        .expect("the parts of the answer are our own")
}

/// What a `response_url` answers.
pub(super) fn plain(text: &'static str) -> Response<Body> {
    with_body(200, "text/plain", text)
}

/// 429, as Mattermost says it: no JSON, and all times in whole seconds, rounded up.
pub(super) fn too_many(retry_after: Duration) -> Response<Body> {
    let seconds = whole_seconds(retry_after);
    Response::builder()
        .status(429)
        .header(header::CONTENT_TYPE, "text/plain; charset=utf-8")
        .header("X-RateLimit-Limit", 101)
        .header("X-RateLimit-Remaining", 0)
        .header("X-RateLimit-Reset", &seconds)
        .header(header::RETRY_AFTER, &seconds)
        .body(Body::from("limit exceeded\n"))
        .expect("the parts of the answer are our own")
}

/// What a proxy answers when Mattermost does not.
pub(super) fn proxy_page(status: u16) -> Response<Body> {
    with_body(status, "text/html", "<html><body><h1>The server is not there</h1></body></html>")
}
