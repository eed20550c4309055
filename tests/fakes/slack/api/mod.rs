//! What Slack answers: the Web API, response URLs, and the door to the WebSockets.

mod arguments;
mod chat;
mod facts;
mod reply;
mod response_url;
mod views;

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::request::Parts;
use axum::http::{Response, header};
use serde_json::{Value, json};

use arguments::Arguments;
use reply::{edge_page, note, respond, too_many};

use super::fault::{self, Fault};
use super::socket;
use super::world::{SeenRequest, Shared};
use crate::fakes::kit::door::{Cut, Door};

/// Views and messages are small; files are not taken.
const LARGEST_BODY: usize = 1 << 20;

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

/// Answers until the fake stops.
pub(super) async fn serve(door: Door, shared: Arc<Shared>) {
    let stop = shared.stop.clone();
    let routes = Router::new().fallback(take).with_state(shared);
    let served = axum::serve(door, routes.into_make_service_with_connect_info::<Cut>());
    tokio::select! {
        () = stop.cancelled() => {}
        // It ends only with the process.
        _ = served => {}
    }
}

/// Every request: which of Slack's names it is for, faults, who asks, the arguments, and then the method.
async fn take(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(cut): ConnectInfo<Cut>,
    request: Request,
) -> Response<Body> {
    let (mut head, body) = request.into_parts();
    let path = head.uri.path().to_owned();
    let host =
        head.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default().to_owned();
    let host = host.split(':').next().unwrap_or_default();
    let is_for = |name: &str| host == name || !host.ends_with("slack.com");
    if path == "/link/" && is_for("wss-primary.slack.com") {
        return socket::welcome(&shared, &mut head, cut);
    }
    let body = to_bytes(body, LARGEST_BODY).await.unwrap_or_default();
    let name = match path.strip_prefix("/api/") {
        Some(name) if is_for("slack.com") && !name.is_empty() => name,
        _ if is_for("hooks.slack.com")
            && (path.starts_with("/commands/") || path.starts_with("/actions/")) =>
        {
            "response_url"
        }
        _ => {
            shared.with(|world| world.violations.push("a request to where Slack has nothing".to_owned()));
            return edge_page(404);
        }
    };
    let (seen, fault, too_soon) = shared.with(|world| {
        world.requests.push(SeenRequest { method: name.to_owned(), status: 0, error: None });
        let fault = fault::strike(&mut world.rules, name);
        (world.requests.len() - 1, fault, fault::count(&mut world.limits, name))
    });
    match &fault {
        Some(Fault::Hang) => std::future::pending::<()>().await,
        Some(Fault::Late(by)) => tokio::time::sleep(*by).await,
        _ => {}
    }
    let answer = match &fault {
        Some(Fault::Reset) => {
            cut.now();
            return edge_page(503);
        }
        Some(Fault::Status(status)) => edge_page(*status),
        Some(Fault::RateLimited(after)) => too_many(*after),
        Some(Fault::Error(error)) if name == "response_url" => response_url::refuse(error),
        Some(Fault::Error(error)) => respond(&shared, None, Err(error.as_str().into()), Vec::new()),
        _ if too_soon.is_some() => too_many(too_soon.unwrap_or_default()),
        _ if name == "response_url" => response_url::take(&shared, &path, &body),
        _ => call(&shared, name, &head, &body),
    };
    let answer = note(&shared, seen, answer);
    if matches!(fault, Some(Fault::LostAnswer)) {
        cut.now();
    }
    answer
}

/// One call of the Web API.
fn call(shared: &Shared, name: &str, head: &Parts, body: &[u8]) -> Response<Body> {
    let Some(method) = METHODS.iter().find(|method| method.name == name) else {
        shared.with(|world| world.violations.push(format!("{name}: no such method here")));
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
            shared.with(|world| world.violations.push(format!("{name}: {error}")));
            return respond(shared, Some(method), Err(error.into()), Vec::new());
        }
    };
    for wrong in &arguments.violations {
        shared.with(|world| world.violations.push(format!("{name}: {wrong}")));
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
