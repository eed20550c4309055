//! What Slack answers: the Web API, response URLs, and the requests that become WebSockets.

mod arguments;
mod chat;
mod facts;
mod reply;
mod response_url;
mod views;

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Response, header};
use serde_json::{Value, json};

use arguments::Arguments;
use reply::{edge_page, respond, too_many};

use super::world::Shared;
use super::{Slack, socket};
use crate::fakes::kit::clock::date;
use crate::fakes::kit::http::{OverHttp, header_text, read, with_faults};
use crate::fakes::kit::limit::Budget;
use crate::fakes::kit::listener::Reset;
use crate::fakes::kit::traffic::Destination;

/// How requests to hooks.slack.com are named among all.
const RESPONSE_URL: &str = "response_url";

/// What a method answers: fields beside `"ok": true`, or what is wrong.
type Outcome = Result<Value, Refusal>;

/// `"ok": false`.
struct Refusal {
    error: String,
    /// Fields beside the error.
    more: Value,
}

impl Refusal {
    fn with(error: &str, more: Value) -> Self {
        Self { error: error.to_owned(), more }
    }
}

impl From<&str> for Refusal {
    fn from(error: &str) -> Self {
        Self::with(error, json!({}))
    }
}

/// One call of a method.
struct Call<'a> {
    shared: &'a Shared,
    arguments: &'a Arguments,
    token: Token,
}

/// Whose token came with it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Token {
    Bot,
    App,
}

struct Method {
    name: &'static str,
    token: Option<Token>,
    /// One of these is needed, if there is any.
    scopes: &'static [&'static str],
    /// Whether arguments are taken as JSON too.
    takes_json: bool,
    answer: fn(&Call<'_>) -> Outcome,
}

const fn method(
    name: &'static str,
    scopes: &'static [&'static str],
    takes_json: bool,
    answer: fn(&Call<'_>) -> Outcome,
) -> Method {
    Method { name, token: Some(Token::Bot), scopes, takes_json, answer }
}

const METHODS: &[Method] = &[
    Method { name: "auth.test", token: None, scopes: &[], takes_json: true, answer: facts::auth_test },
    Method {
        name: "apps.connections.open",
        token: Some(Token::App),
        scopes: &["connections:write"],
        takes_json: true,
        answer: facts::connections_open,
    },
    method(
        "conversations.open",
        &["im:write", "channels:manage", "mpim:write"],
        true,
        facts::conversations_open,
    ),
    method(
        "conversations.info",
        &["channels:read", "groups:read", "im:read"],
        false,
        facts::conversations_info,
    ),
    method("users.info", &["users:read"], false, facts::users_info),
    method("usergroups.list", &["usergroups:read"], false, facts::usergroups_list),
    method("usergroups.users.list", &["usergroups:read"], false, facts::usergroups_users_list),
    method("chat.postMessage", &["chat:write"], true, chat::post_message),
    method("chat.postEphemeral", &["chat:write"], true, chat::post_ephemeral),
    method("chat.update", &["chat:write"], true, chat::update),
    method("chat.delete", &["chat:write"], true, chat::delete),
    method("views.open", &[], true, views::open),
    method("views.push", &[], true, views::push),
    method("views.update", &[], true, views::update),
];

impl OverHttp for Slack {
    /// Which of Slack's names it is for, faults, who asks, the arguments, and then the method.
    async fn answer(shared: Arc<Shared>, reset: Reset, mut request: Request) -> Response<Body> {
        let path = request.uri().path().to_owned();
        let host = header_text(request.headers(), &header::HOST);
        let host = host.split(':').next().unwrap_or_default();
        let is_for = |name: &str| host == name || !host.ends_with("slack.com");
        if path == "/link/" && is_for("wss-primary.slack.com") {
            return socket::welcome(&shared, &mut request, reset);
        }
        let is_hook = path.starts_with("/commands/") || path.starts_with("/actions/");
        let route = match path.strip_prefix("/api/") {
            Some(name) if is_for("slack.com") && !name.is_empty() => name,
            _ if is_for("hooks.slack.com") && is_hook => RESPONSE_URL,
            _ => {
                shared.report("a request to where Slack has nothing");
                return edge_page(404);
            }
        };
        let (head, body) = read(request).await;
        let to = Destination { method: head.method.as_str(), route, path: route };
        let usual = |_: &Budget| match route {
            RESPONSE_URL => response_url::answer(&shared, &path, &body),
            _ => call(&shared, route, &head, &body),
        };
        with_faults(&*shared, &reset, to, usual).await
    }

    fn unavailable(status: u16) -> Response<Body> {
        edge_page(status)
    }

    fn too_many(retry_after: Duration, _global: bool, _budget: &Budget) -> Response<Body> {
        too_many(retry_after)
    }

    fn refuse(shared: &Shared, to: Destination<'_>, error: String, _budget: &Budget) -> Response<Body> {
        match to.route {
            RESPONSE_URL => response_url::refuse(&error),
            _ => respond(shared, None, Err(error.as_str().into()), Vec::new()),
        }
    }

    fn complete(shared: &Shared, seen: usize, answer: &mut Response<Body>) {
        answer.headers_mut().insert(header::DATE, date(shared.settings.date_ahead));
        answer.headers_mut().insert("X-Slack-Req-Id", HeaderValue::from(seen));
    }
}

/// One call of the Web API.
fn call(shared: &Shared, name: &str, head: &Parts, body: &[u8]) -> Response<Body> {
    let Some(method) = METHODS.iter().find(|method| method.name == name) else {
        shared.report(format!("{name}: no such method here"));
        return respond(
            shared,
            None,
            Err(Refusal::with("unknown_method", json!({ "req_method": name }))),
            Vec::new(),
        );
    };
    let arguments = match Arguments::read(head, body, method.takes_json) {
        Ok(arguments) => arguments,
        Err(error) => {
            shared.report(format!("{name}: {error}"));
            return respond(shared, Some(method), Err(error.into()), Vec::new());
        }
    };
    for wrong in &arguments.violations {
        shared.report(format!("{name}: {wrong}"));
    }
    let outcome = admit(shared, method, head, &arguments)
        .and_then(|token| (method.answer)(&Call { shared, arguments: &arguments, token }));
    respond(shared, Some(method), outcome, arguments.warnings.clone())
}

/// Who asks, and whether they may.
fn admit(shared: &Shared, method: &Method, head: &Parts, arguments: &Arguments) -> Result<Token, Refusal> {
    let said = head.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let said = match said {
        Some(said) => said.strip_prefix("Bearer ").unwrap_or_default().to_owned(),
        None => arguments.text("token").unwrap_or_default(),
    };
    if said.is_empty() {
        return Err("not_authed".into());
    }
    let (token, scopes) = shared.peek(|world| {
        let same = |known: &Option<String>| known.as_deref() == Some(said.as_str());
        if same(&world.bot_token) {
            Ok((Token::Bot, world.scopes.clone()))
        } else if same(&world.app_token) {
            Ok((Token::App, shared.settings.app_scopes.clone()))
        } else {
            Err(Refusal::from("invalid_auth"))
        }
    })?;
    if method.token.is_some_and(|wanted| wanted != token) {
        return Err("not_allowed_token_type".into());
    }
    let is_granted = |scope: &&str| scopes.iter().any(|granted| granted == scope);
    if !method.scopes.is_empty() && !method.scopes.iter().any(is_granted) {
        let needed = method.scopes.first().copied().unwrap_or_default();
        return Err(Refusal::with(
            "missing_scope",
            json!({ "needed": needed, "provided": scopes.join(",") }),
        ));
    }
    Ok(token)
}
