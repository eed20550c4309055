//! Answers on the wire.

use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderValue, Response, header};
use serde_json::{Value, json};

use super::{Method, Outcome, Refusal};
use crate::fakes::slack::world::Shared;
use crate::harness::clock::date;

/// An error that the answer carries on to whoever notes it.
#[derive(Clone)]
pub(super) struct Said(pub(super) String);

/// 200, whatever it says, with the scopes that the token has and the method takes.
pub(super) fn respond(
    shared: &Shared,
    method: Option<&Method>,
    outcome: Outcome,
    warnings: Vec<&'static str>,
) -> Response<Body> {
    let (mut body, error) = match outcome {
        Ok(mut body) => {
            body["ok"] = json!(true);
            (body, None)
        }
        Err(Refusal { error, more: mut body }) => {
            body["ok"] = json!(false);
            body["error"] = json!(error);
            (body, Some(error))
        }
    };
    let mut all: Vec<Value> = body["warning"].as_str().map(|warning| json!(warning)).into_iter().collect();
    all.extend(warnings.into_iter().map(|warning| json!(warning)));
    if !all.is_empty() {
        let words: Vec<&str> = all.iter().filter_map(Value::as_str).collect();
        body["warning"] = json!(words.join(","));
        body["response_metadata"]["warnings"] = json!(all);
    }
    let mut response = Response::builder()
        .header(header::CONTENT_TYPE, "application/json; charset=utf-8")
        .header("X-OAuth-Scopes", shared.peek(|world| world.scopes.join(",")));
    if let Some(method) = method.filter(|method| !method.scopes.is_empty()) {
        response = response.header("X-Accepted-OAuth-Scopes", method.scopes.join(","));
    }
    let mut response =
        response.body(Body::from(body.to_string())).expect("the parts of the answer are our own");
    if let Some(error) = error {
        response.extensions_mut().insert(Said(error));
    }
    response
}

/// 429, and when to come back, in whole seconds.
pub(super) fn too_many(after: Duration) -> Response<Body> {
    let mut response = Response::builder()
        .status(429)
        .header(header::CONTENT_TYPE, "application/json; charset=utf-8")
        .header(header::RETRY_AFTER, after.as_millis().div_ceil(1000).to_string())
        .body(Body::from(json!({ "ok": false, "error": "ratelimited" }).to_string()))
        .expect("the parts of the answer are our own");
    response.extensions_mut().insert(Said("ratelimited".to_owned()));
    response
}

/// What the edge in front of Slack answers when Slack does not.
pub(super) fn edge_page(status: u16) -> Response<Body> {
    Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, "text/html; charset=utf-8")
        .body(Body::from("<!DOCTYPE html><html><body><h1>Server Error</h1></body></html>"))
        .expect("the parts of the answer are our own")
}

/// Adds what every answer has, and remembers what was answered.
pub(super) fn note(shared: &Shared, seen: usize, mut answer: Response<Body>) -> Response<Body> {
    let error = answer.extensions_mut().remove::<Said>();
    answer.headers_mut().insert(header::DATE, date(shared.settings.date_ahead));
    answer.headers_mut().insert("X-Slack-Req-Id", HeaderValue::from(seen));
    shared.with(|world| {
        if let Some(request) = world.requests.get_mut(seen) {
            request.status = answer.status().as_u16();
            request.error = error.map(|Said(error)| error);
        }
    });
    answer
}
