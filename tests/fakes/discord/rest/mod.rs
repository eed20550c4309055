//! The REST half: API version 10, one table of routes.

mod commands;
mod facts;
mod interactions;
mod messages;
mod reply;
mod rules;
mod webhooks;

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, Response, header};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use reply::{edge_page, respond, too_many};

use super::fault::{self, Fault};
use super::refusal::Refusal;
use super::world::{SeenRequest, Shared};
use crate::fakes::kit::door::{Cut, Door};
use crate::harness::clock::date;

/// Bodies here are small; attachments are not taken.
const LARGEST_BODY: usize = 1 << 20;

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

/// Who may call a route.
#[derive(Clone, Copy, PartialEq, Eq)]
enum For {
    Everybody,
    Bot,
}

struct Route {
    method: &'static str,
    template: &'static str,
    whom: For,
    answer: fn(&Call<'_>) -> Outcome,
}

const fn route(
    method: &'static str,
    template: &'static str,
    whom: For,
    answer: fn(&Call<'_>) -> Outcome,
) -> Route {
    Route { method, template, whom, answer }
}

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
const ROUTES: &[Route] = &[
    route("GET", "/gateway", For::Everybody, facts::gateway),
    route("GET", "/gateway/bot", For::Bot, facts::gateway_bot),
    route("GET", "/applications/@me", For::Bot, facts::application),
    route("GET", "/oauth2/applications/@me", For::Bot, facts::application),
    route("GET", "/users/@me", For::Bot, facts::own_user),
    route("GET", "/users/@me/guilds", For::Bot, facts::own_guilds),
    route("POST", "/users/@me/channels", For::Bot, messages::open_direct),
    route("GET", "/users/{user_id}", For::Bot, facts::user),
    route("GET", "/guilds/{guild_id}", For::Bot, facts::guild),
    route("GET", "/guilds/{guild_id}/roles", For::Bot, facts::roles),
    route("GET", "/guilds/{guild_id}/channels", For::Bot, facts::channels),
    route("GET", "/guilds/{guild_id}/members/{user_id}", For::Bot, facts::member),
    route("GET", "/channels/{channel_id}", For::Bot, facts::channel),
    route("POST", MESSAGES, For::Bot, messages::send),
    route("GET", MESSAGE, For::Bot, messages::show),
    route("PATCH", MESSAGE, For::Bot, messages::edit),
    route("DELETE", MESSAGE, For::Bot, messages::delete),
    route("GET", GUILD_COMMANDS, For::Bot, commands::list),
    route("PUT", GUILD_COMMANDS, For::Bot, commands::replace),
    route("POST", GUILD_COMMANDS, For::Bot, commands::add),
    route("GET", GUILD_COMMAND, For::Bot, commands::show),
    route("PATCH", GUILD_COMMAND, For::Bot, commands::change),
    route("DELETE", GUILD_COMMAND, For::Bot, commands::remove),
    route("GET", COMMANDS, For::Bot, commands::list),
    route("PUT", COMMANDS, For::Bot, commands::replace),
    route("POST", COMMANDS, For::Bot, commands::add),
    route("GET", COMMAND, For::Bot, commands::show),
    route("PATCH", COMMAND, For::Bot, commands::change),
    route("DELETE", COMMAND, For::Bot, commands::remove),
    route("POST", CALLBACK, For::Everybody, interactions::callback),
    route("POST", WEBHOOK, For::Everybody, webhooks::follow_up),
    route("GET", ORIGINAL, For::Everybody, webhooks::show),
    route("PATCH", ORIGINAL, For::Everybody, webhooks::edit),
    route("DELETE", ORIGINAL, For::Everybody, webhooks::delete),
    route("GET", FOLLOW_UP, For::Everybody, webhooks::show),
    route("PATCH", FOLLOW_UP, For::Everybody, webhooks::edit),
    route("DELETE", FOLLOW_UP, For::Everybody, webhooks::delete),
];

fn find(method: &str, steps: &[&str]) -> Option<&'static Route> {
    ROUTES.iter().find(|route| {
        let template: Vec<&str> = route.template.split('/').skip(1).collect();
        route.method == method
            && template.len() == steps.len()
            && template.iter().zip(steps).all(|(want, have)| want.starts_with('{') || want == have)
    })
}

/// Serves until the fake stops.
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

/// Every request: faults first, then who asks, then the form of the body, then the route.
async fn take(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(cut): ConnectInfo<Cut>,
    request: Request,
) -> Response<Body> {
    let (head, body) = request.into_parts();
    let method = head.method.as_str().to_owned();
    let query = head.uri.query().unwrap_or_default().to_owned();
    let body = to_bytes(body, LARGEST_BODY).await.unwrap_or_default();
    // discord.js writes `%40original`, others `@original`.
    let path = percent_decode_str(head.uri.path()).decode_utf8_lossy();
    let Some(path) = path.strip_prefix("/api/v10/") else {
        shared.with(|world| world.violations.push(format!("{method}: a path outside /api/v10")));
        return respond(Err(Refusal::no_such_route()), None);
    };
    let steps: Vec<&str> = path.split('/').collect();
    let Some(route) = find(&method, &steps) else {
        shared
            .with(|world| world.violations.push(format!("{method} /{}: no such route here", first(&steps))));
        return respond(Err(Refusal::no_such_route()), None);
    };
    let (seen, fault, standing) = shared.with(|world| {
        world.requests.push(SeenRequest {
            method: method.clone(),
            route: route.template.to_owned(),
            status: 0,
        });
        let path = format!("/{path}");
        let fault = fault::strike(&mut world.rules, &method, &path);
        (world.requests.len() - 1, fault, fault::count(&mut world.limits, &method, &path))
    });
    if matches!(fault, Some(Fault::Hang)) {
        std::future::pending::<()>().await;
    }
    if let Some(Fault::Late(by)) = fault {
        tokio::time::sleep(by).await;
    }
    let outcome = match &fault {
        Some(Fault::Reset) => {
            cut.now();
            return respond(Err(Refusal::no_such_route()), None);
        }
        Some(Fault::Status(status)) => return note(&shared, seen, edge_page(*status)),
        Some(Fault::RateLimited { retry_after, global }) => {
            return note(&shared, seen, too_many(*retry_after, *global, &standing));
        }
        _ if standing.exceeded => {
            return note(&shared, seen, too_many(standing.reset_after, false, &standing));
        }
        Some(fault) if fault.refusal().is_some() => fault.refusal().map_or_else(Answer::nothing, Err),
        _ => admit(&shared, route, &head.headers, &body).and_then(|body| {
            (route.answer)(&Call {
                shared: &shared,
                method: &method,
                steps: &steps,
                query: &query,
                body: &body,
            })
        }),
    };
    check_own(&shared, route, &outcome);
    let reset = (shared.now().as_millisecond(), standing);
    let answer = note(&shared, seen, respond(outcome, Some((route.template, &reset.1, reset.0))));
    if matches!(fault, Some(Fault::LostAnswer)) {
        cut.now();
    }
    answer
}

/// Who asks, and whether the body is one that Discord would take.
fn admit(shared: &Shared, route: &Route, headers: &HeaderMap, bytes: &[u8]) -> Result<Value, Refusal> {
    if route.whom == For::Bot {
        let said = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let known = shared.peek(|world| {
            world
                .token
                .as_deref()
                .is_some_and(|token| said.and_then(|s| s.strip_prefix("Bot ")) == Some(token))
        });
        if !known {
            return Err(Refusal::unauthorized());
        }
    }
    if !matches!(route.method, "POST" | "PUT" | "PATCH") {
        return Ok(Value::Null);
    }
    let is_json = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|kind| kind.starts_with("application/json"));
    let body = serde_json::from_slice::<Value>(bytes).ok().filter(|_| is_json);
    let broken = match &body {
        None => vec!["the body is not JSON, or not called so".to_owned()],
        Some(body) => {
            let mut broken = shared
                .openapi
                .as_ref()
                .map_or_else(Vec::new, |file| file.request(route.template, route.method, body));
            broken.extend(rules::broken(route.template, route.method, body));
            broken
        }
    };
    match body {
        Some(body) if broken.is_empty() => Ok(body),
        _ => {
            shared.with(|world| {
                let rules = broken.join("; ");
                world.violations.push(format!("{} {}: {rules}", route.method, route.template));
            });
            Err(Refusal::invalid_form(&broken))
        }
    }
}

/// Where the settings ask for it, the fake's own answers are held to Discord's file as well.
fn check_own(shared: &Shared, route: &Route, outcome: &Outcome) {
    let Some(file) = shared.openapi.as_ref().filter(|_| shared.settings.check_answers) else { return };
    let Ok(Answer { status, body: Some(body) }) = outcome else { return };
    let broken = file.answer(route.template, route.method, *status, body);
    if !broken.is_empty() {
        shared.with(|world| {
            let rules = broken.join("; ");
            world
                .violations
                .push(format!("the fake's answer to {} {}: {rules}", route.method, route.template));
        });
    }
}

fn note(shared: &Shared, seen: usize, mut answer: Response<Body>) -> Response<Body> {
    answer.headers_mut().insert(header::DATE, date(shared.settings.date_ahead));
    shared.with(|world| {
        if let Some(request) = world.requests.get_mut(seen) {
            request.status = answer.status().as_u16();
        }
    });
    answer
}

/// Enough to find the mistake, and never a token.
fn first<'a>(steps: &[&'a str]) -> &'a str {
    steps.first().copied().unwrap_or_default()
}
