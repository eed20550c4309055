//! The REST half: API version 10, one table of routes.

mod commands;
mod facts;
mod interactions;
mod messages;
mod reply;
mod rules;
mod webhooks;

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, Response, header};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use reply::{edge_page, respond, too_many};

use super::Discord;
use super::refusal::Refusal;
use super::world::Shared;
use crate::fakes::kit::clock::date;
use crate::fakes::kit::http::{Access, OverHttp, Route, find, header_text, read, route, with_faults};
use crate::fakes::kit::limit::Budget;
use crate::fakes::kit::listener::Reset;
use crate::fakes::kit::traffic::Destination;

/// What a route answers.
type Outcome = Result<Answer, Refusal>;

/// A success.
struct Answer {
    status: u16,
    body: Option<Value>,
}

impl Answer {
    fn ok(body: Value) -> Outcome {
        Ok(Self { status: 200, body: Some(body) })
    }

    fn created(body: Value) -> Outcome {
        Ok(Self { status: 201, body: Some(body) })
    }

    fn nothing() -> Outcome {
        Ok(Self { status: 204, body: None })
    }
}

/// One request, taken apart.
struct Call<'a> {
    shared: &'a Shared,
    method: &'a str,
    steps: &'a [&'a str],
    query: &'a str,
    body: &'a Value,
}

impl Call<'_> {
    /// The id at this step of the path. An id that is no number is known nowhere.
    fn id(&self, step: usize) -> u64 {
        self.steps.get(step).and_then(|step| step.parse().ok()).unwrap_or(0)
    }

    fn step(&self, step: usize) -> &str {
        self.steps.get(step).copied().unwrap_or_default()
    }

    fn asks_for(&self, flag: &str) -> bool {
        self.query.split('&').any(|pair| pair.strip_prefix(flag) == Some("=true"))
    }
}

/// How a route is answered.
type Handler = fn(&Call<'_>) -> Outcome;

const GUILD_COMMANDS: &str = "/applications/{application_id}/guilds/{guild_id}/commands";
const GUILD_COMMAND: &str = "/applications/{application_id}/guilds/{guild_id}/commands/{command_id}";
const COMMANDS: &str = "/applications/{application_id}/commands";
const COMMAND: &str = "/applications/{application_id}/commands/{command_id}";
const MESSAGES: &str = "/channels/{channel_id}/messages";
const MESSAGE: &str = "/channels/{channel_id}/messages/{message_id}";
const CALLBACK: &str = "/interactions/{interaction_id}/{interaction_token}/callback";
const WEBHOOK: &str = "/webhooks/{webhook_id}/{webhook_token}";
const ORIGINAL: &str = "/webhooks/{webhook_id}/{webhook_token}/messages/@original";
const FOLLOW_UP: &str = "/webhooks/{webhook_id}/{webhook_token}/messages/{message_id}";

/// The first that fits is taken, so what is spelled out stands before what is a name.
const ROUTES: &[Route<Handler>] = &[
    route("GET", "/gateway", Access::Everybody, facts::gateway),
    route("GET", "/gateway/bot", Access::Bot, facts::gateway_bot),
    route("GET", "/applications/@me", Access::Bot, facts::application),
    route("GET", "/oauth2/applications/@me", Access::Bot, facts::application),
    route("GET", "/users/@me", Access::Bot, facts::own_user),
    route("GET", "/users/@me/guilds", Access::Bot, facts::own_guilds),
    route("POST", "/users/@me/channels", Access::Bot, messages::open_direct),
    route("GET", "/users/{user_id}", Access::Bot, facts::user),
    route("GET", "/guilds/{guild_id}", Access::Bot, facts::guild),
    route("GET", "/guilds/{guild_id}/roles", Access::Bot, facts::roles),
    route("GET", "/guilds/{guild_id}/channels", Access::Bot, facts::channels),
    route("GET", "/guilds/{guild_id}/members/{user_id}", Access::Bot, facts::member),
    route("GET", "/channels/{channel_id}", Access::Bot, facts::channel),
    route("POST", MESSAGES, Access::Bot, messages::send),
    route("GET", MESSAGE, Access::Bot, messages::show),
    route("PATCH", MESSAGE, Access::Bot, messages::edit),
    route("DELETE", MESSAGE, Access::Bot, messages::delete),
    route("GET", GUILD_COMMANDS, Access::Bot, commands::list),
    route("PUT", GUILD_COMMANDS, Access::Bot, commands::replace),
    route("POST", GUILD_COMMANDS, Access::Bot, commands::add),
    route("GET", GUILD_COMMAND, Access::Bot, commands::show),
    route("PATCH", GUILD_COMMAND, Access::Bot, commands::change),
    route("DELETE", GUILD_COMMAND, Access::Bot, commands::remove),
    route("GET", COMMANDS, Access::Bot, commands::list),
    route("PUT", COMMANDS, Access::Bot, commands::replace),
    route("POST", COMMANDS, Access::Bot, commands::add),
    route("GET", COMMAND, Access::Bot, commands::show),
    route("PATCH", COMMAND, Access::Bot, commands::change),
    route("DELETE", COMMAND, Access::Bot, commands::remove),
    route("POST", CALLBACK, Access::Everybody, interactions::callback),
    route("POST", WEBHOOK, Access::Everybody, webhooks::follow_up),
    route("GET", ORIGINAL, Access::Everybody, webhooks::show),
    route("PATCH", ORIGINAL, Access::Everybody, webhooks::edit),
    route("DELETE", ORIGINAL, Access::Everybody, webhooks::delete),
    route("GET", FOLLOW_UP, Access::Everybody, webhooks::show),
    route("PATCH", FOLLOW_UP, Access::Everybody, webhooks::edit),
    route("DELETE", FOLLOW_UP, Access::Everybody, webhooks::delete),
];

impl OverHttp for Discord {
    /// Which route, faults, who asks, the form of the body, and then the route itself.
    async fn answer(shared: Arc<Shared>, reset: Reset, request: Request) -> Response<Body> {
        let (head, body) = read(request).await;
        let (method, query) = (head.method.as_str(), head.uri.query().unwrap_or_default());
        // discord.js writes `%40original`, others `@original`.
        let path = percent_decode_str(head.uri.path()).decode_utf8_lossy();
        let Some(path) = path.strip_prefix("/api/v10").filter(|path| path.starts_with('/')) else {
            shared.report(format!("{method}: a path outside /api/v10"));
            return respond(Err(Refusal::no_such_route()), None);
        };
        let steps: Vec<&str> = path.split('/').skip(1).collect();
        let Some(route) = find(ROUTES, method, &steps) else {
            // Enough to find the mistake, and never a token.
            let first = steps.first().copied().unwrap_or_default();
            shared.report(format!("{method} /{first}: no such route here"));
            return respond(Err(Refusal::no_such_route()), None);
        };
        let to = Destination { method, route: route.template, path };
        let usual = |budget: &Budget| {
            let outcome = admit(&shared, route, &head.headers, &body).and_then(|body| {
                (route.answer)(&Call { shared: &shared, method, steps: &steps, query, body: &body })
            });
            check_own(&shared, route, &outcome);
            respond(outcome, Some((route.template, budget, shared.now().as_millisecond())))
        };
        with_faults(&*shared, &reset, to, usual).await
    }

    fn unavailable(status: u16) -> Response<Body> {
        edge_page(status)
    }

    fn too_many(retry_after: Duration, global: bool, budget: &Budget) -> Response<Body> {
        too_many(retry_after, global, budget)
    }

    fn refuse(shared: &Shared, to: Destination<'_>, refusal: Refusal, budget: &Budget) -> Response<Body> {
        respond(Err(refusal), Some((to.route, budget, shared.now().as_millisecond())))
    }

    fn complete(shared: &Shared, _seen: usize, answer: &mut Response<Body>) {
        answer.headers_mut().insert(header::DATE, date(shared.settings.date_ahead));
    }
}

/// Who asks, and whether the body is one that Discord would take.
fn admit(
    shared: &Shared,
    route: &Route<Handler>,
    headers: &HeaderMap,
    bytes: &[u8],
) -> Result<Value, Refusal> {
    if route.access == Access::Bot {
        let credentials = header_text(headers, &header::AUTHORIZATION);
        let token = credentials.strip_prefix("Bot ");
        if token.is_none() || shared.peek(|world| world.token.as_deref() != token) {
            return Err(Refusal::unauthorized());
        }
    }
    if !matches!(route.method, "POST" | "PUT" | "PATCH") {
        return Ok(Value::Null);
    }
    let is_json = header_text(headers, &header::CONTENT_TYPE).starts_with("application/json");
    let body = serde_json::from_slice::<Value>(bytes).ok().filter(|_| is_json);
    let broken = match &body {
        None => vec!["the body is not JSON, or not called so".to_owned()],
        Some(body) => {
            let file = shared.endpoints.openapi.as_ref();
            let mut broken =
                file.map_or_else(Vec::new, |file| file.request(route.template, route.method, body));
            broken.extend(rules::broken(route.template, route.method, body));
            broken
        }
    };
    match body {
        Some(body) if broken.is_empty() => Ok(body),
        _ => {
            shared.report(format!("{} {}: {}", route.method, route.template, broken.join("; ")));
            Err(Refusal::invalid_form(&broken))
        }
    }
}

/// Where the settings ask for it, the fake's own answers are held to Discord's file as well.
fn check_own(shared: &Shared, route: &Route<Handler>, outcome: &Outcome) {
    let Some(file) = shared.endpoints.openapi.as_ref().filter(|_| shared.settings.check_answers) else {
        return;
    };
    let Ok(Answer { status, body: Some(body) }) = outcome else { return };
    let broken = file.answer(route.template, route.method, *status, body);
    if !broken.is_empty() {
        let rules = broken.join("; ");
        shared.report(format!("the fake's answer to {} {}: {rules}", route.method, route.template));
    }
}
