//! Answers on the wire.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Response, header};
use serde_json::{Value, json};

use super::{Method, Outcome, Refusal};
use crate::fakes::kit::http::{ErrorWord, whole_seconds, with_body};
use crate::fakes::slack::world::Shared;

/// What Slack calls JSON.
pub(super) const JSON: &str = "application/json; charset=utf-8";

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
        .header(header::CONTENT_TYPE, JSON)
        .header("X-OAuth-Scopes", shared.peek(|world| world.scopes.join(",")));
    if let Some(method) = method.filter(|method| !method.scopes.is_empty()) {
        response = response.header("X-Accepted-OAuth-Scopes", method.scopes.join(","));
    }
    let mut response =
        response.body(Body::from(body.to_string())).expect("the parts of the answer are our own");
    if let Some(error) = error {
        response.extensions_mut().insert(ErrorWord(error));
    }
    response
}

/// 429, and when to come back, in whole seconds.
pub(super) fn too_many(after: Duration) -> Response<Body> {
    let mut response = Response::builder()
        .status(429)
        .header(header::CONTENT_TYPE, JSON)
        .header(header::RETRY_AFTER, whole_seconds(after))
        .body(Body::from(json!({ "ok": false, "error": "ratelimited" }).to_string()))
        .expect("the parts of the answer are our own");
    response.extensions_mut().insert(ErrorWord("ratelimited".to_owned()));
    response
}

/// What the edge in front of Slack answers when Slack does not.
pub(super) fn edge_page(status: u16) -> Response<Body> {
    let page = "<!DOCTYPE html><html><body><h1>Server Error</h1></body></html>";
    with_body(status, "text/html; charset=utf-8", page)
}
