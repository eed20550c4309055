//! Answers on the wire, with the headers that tell of limits.

use std::time::Duration;

use axum::body::Body;
use axum::http::response::Builder;
use axum::http::{Response, header};
use serde_json::json;

use super::Outcome;
use crate::fakes::kit::http::{whole_seconds, with_body};
use crate::fakes::kit::limit::Budget;

pub(super) fn respond(outcome: Outcome, limit: Option<(&str, &Budget, i64)>) -> Response<Body> {
    let (status, body) = match outcome {
        Ok(answer) => (answer.status, answer.body),
        Err(refusal) => (refusal.status, Some(refusal.body())),
    };
    let mut response = Response::builder().status(status);
    if let Some((template, budget, now)) = limit {
        response = limit_headers(response, template, budget, now);
    }
    let body = match body {
        Some(body) => {
            response = response.header(header::CONTENT_TYPE, "application/json");
            Body::from(body.to_string())
        }
        None => Body::empty(),
    };
    response.body(body).expect("the parts of the answer are our own")
}

fn limit_headers(response: Builder, template: &str, budget: &Budget, now: i64) -> Builder {
    let bucket = template.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    // Rounded up: whoever comes back at the time that was told must not be early.
    let after = i64::try_from(budget.reset_after.as_micros().div_ceil(1000)).unwrap_or(i64::MAX);
    let milliseconds = now.saturating_add(after);
    response
        .header("X-RateLimit-Limit", budget.limit)
        .header("X-RateLimit-Remaining", budget.remaining)
        .header("X-RateLimit-Reset", format!("{}.{:03}", milliseconds / 1000, milliseconds % 1000))
        .header("X-RateLimit-Reset-After", format!("{}.{:03}", after / 1000, after % 1000))
        .header("X-RateLimit-Bucket", format!("{bucket:016x}"))
}

/// 429, as Discord says it: `Retry-After` in whole seconds, rounded up; the body says it exactly.
pub(super) fn too_many(retry_after: Duration, global: bool, budget: &Budget) -> Response<Body> {
    let seconds = retry_after.as_secs_f64();
    let mut response = Response::builder()
        .status(429)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::RETRY_AFTER, whole_seconds(retry_after))
        .header("X-RateLimit-Limit", budget.limit)
        .header("X-RateLimit-Remaining", 0)
        .header("X-RateLimit-Reset-After", format!("{seconds:.3}"))
        .header("X-RateLimit-Scope", if global { "global" } else { "user" });
    if global {
        response = response.header("X-RateLimit-Global", "true");
    }
    let body = json!({ "message": "You are being rate limited.", "retry_after": seconds, "global": global });
    response.body(Body::from(body.to_string())).expect("the parts of the answer are our own")
}

/// What the edge in front of Discord answers when Discord does not.
pub(super) fn edge_page(status: u16) -> Response<Body> {
    with_body(status, "text/html", "<html><body><h1>The server is not there</h1></body></html>")
}
