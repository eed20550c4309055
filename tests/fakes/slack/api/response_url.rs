//! Response URLs: the bot's answers to what a person did.

use axum::body::Body;
use axum::http::Response;
use serde_json::{Value, json};

use super::arguments::pairs;
use super::reply::JSON;
use crate::fakes::kit::http::{ErrorWord, with_body};
use crate::fakes::slack::answers;
use crate::fakes::slack::world::Shared;

/// How hooks.slack.com says no.
pub(super) fn refuse(error: &str) -> Response<Body> {
    let status = match error {
        "used_url" | "expired_url" | "no_team" => 404,
        "no_text" | "invalid_payload" | "invalid_blocks" => 400,
        _ => 500,
    };
    let mut response = with_body(status, JSON, json!({ "ok": false, "error": error }).to_string());
    response.extensions_mut().insert(ErrorWord(error.to_owned()));
    response
}

/// JSON, or JSON in the form field `payload`.
fn payload(body: &[u8]) -> Option<Value> {
    let read = || serde_json::from_slice(body).ok();
    let from_form = || {
        let (_, payload) =
            pairs(std::str::from_utf8(body).ok()?).into_iter().find(|(name, _)| name == "payload")?;
        serde_json::from_str(&payload).ok()
    };
    read().or_else(from_form).filter(Value::is_object)
}

pub(super) fn answer(shared: &Shared, path: &str, body: &[u8]) -> Response<Body> {
    let now = shared.now();
    let entered = shared.with(|world| {
        let hook = world.hooks.iter_mut().find(|hook| hook.path == path).ok_or("no_team")?;
        let user_action = hook.enter(now)?;
        let body = payload(body).ok_or_else(|| {
            world.traffic.violations.push("response_url: neither JSON nor a form with a payload".to_owned());
            "invalid_payload"
        })?;
        answers::answer(world, user_action, &body, now, "response_url")
    });
    match entered {
        Err(error) => refuse(error),
        Ok(()) if path.starts_with("/commands/") => with_body(200, "text/plain; charset=utf-8", "ok"),
        Ok(()) => with_body(200, JSON, json!({ "ok": true }).to_string()),
    }
}
