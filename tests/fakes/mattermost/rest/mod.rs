//! The API, version 4, and the addresses at which commands are answered later.

mod facts;
mod posts;
mod reply;

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, Response, header};
use serde_json::Value;

use reply::{plain, proxy_page, respond, too_many};

use super::refusal::Refusal;
use super::world::Shared;
use super::{Mattermost, command};
use crate::fakes::kit::http::{Access, OverHttp, Route, find, header_text, read, route, with_faults};
use crate::fakes::kit::limit::Budget;
use crate::fakes::kit::listener::Reset;
use crate::fakes::kit::traffic::Destination;

/// What a route answers.
type Outcome = Result<Answer, Refusal>;

/// A success.
struct Answer {
    status: u16,
    body: Value,
}

impl Answer {
    fn ok(body: Value) -> Outcome {
        Ok(Self { status: 200, body })
    }

    fn created(body: Value) -> Outcome {
        Ok(Self { status: 201, body })
    }
}

/// One request, taken apart.
struct Call<'a> {
    shared: &'a Shared,
    steps: &'a [&'a str],
    query: &'a str,
    body: &'a Value,
    is_logged_in: bool,
}

impl Call<'_> {
    /// The id at this step of the path; `me` is the bot.
    fn id(&self, step: usize, name: &str) -> Result<&str, Refusal> {
        match self.steps.get(step).copied().unwrap_or_default() {
            "me" if name == "user_id" => Ok(&self.shared.settings.bot),
            id if super::ids::is_id(id) => Ok(id),
            _ => Err(Refusal::bad_path(name)),
        }
    }
}

/// How a route is answered.
type Handler = fn(&Call<'_>) -> Outcome;

const HOOK: &str = "/hooks/commands/{hook_id}";

/// The first that fits is taken, so what is spelled out stands before what is a name.
const ROUTES: &[Route<Handler>] = &[
    route("GET", "/system/ping", Access::Everybody, facts::ping),
    route("GET", "/config/client", Access::Everybody, facts::config),
    route("GET", "/users/username/{username}", Access::Bot, facts::user_by_name),
    route("POST", "/users/ids", Access::Bot, facts::users),
    route("GET", "/users/{user_id}", Access::Bot, facts::user),
    route("GET", "/users/{user_id}/teams", Access::Bot, facts::teams),
    route("GET", "/teams/{team_id}", Access::Bot, facts::team),
    route("GET", "/teams/name/{team_name}", Access::Bot, facts::team_by_name),
    route("GET", "/teams/{team_id}/members/{user_id}", Access::Bot, facts::team_member),
    route("GET", "/teams/{team_id}/channels/name/{channel_name}", Access::Bot, facts::channel_by_name),
    route("POST", "/channels/direct", Access::Bot, posts::open_direct),
    route("GET", "/channels/{channel_id}", Access::Bot, facts::channel),
    route("GET", "/channels/{channel_id}/members", Access::Bot, facts::channel_members),
    route("GET", "/channels/{channel_id}/members/{user_id}", Access::Bot, facts::channel_member),
    route("POST", "/posts", Access::Bot, posts::create),
    route("POST", "/posts/ephemeral", Access::Bot, posts::create_ephemeral),
    route("GET", "/posts/{post_id}", Access::Bot, posts::show),
    route("PUT", "/posts/{post_id}", Access::Bot, posts::update),
    route("PUT", "/posts/{post_id}/patch", Access::Bot, posts::patch),
    route("DELETE", "/posts/{post_id}", Access::Bot, posts::delete),
];

impl OverHttp for Mattermost {
    /// Which route, faults, who asks, the form of the body, and then the route itself.
    async fn answer(shared: Arc<Shared>, reset: Reset, request: Request) -> Response<Body> {
        let (head, body) = read(request).await;
        let (method, query) = (head.method.as_str(), head.uri.query().unwrap_or_default());
        let path = head.uri.path();
        let hook = path.strip_prefix("/hooks/commands/").filter(|_| method == "POST");
        let below = path.strip_prefix("/api/v4/").unwrap_or_default();
        let steps: Vec<&str> = below.split('/').collect();
        let route = find(ROUTES, method, &steps);
        let Some(template) = hook.map(|_| HOOK).or(route.map(|route| route.template)) else {
            let first = steps.first().copied().unwrap_or_default();
            shared.report(format!("{method} /{first}: no such route here"));
            return respond(&shared, Err(Refusal::no_such_page()));
        };
        let path = path.strip_prefix("/api/v4").unwrap_or(path);
        let usual = |_: &Budget| match (hook, route) {
            (Some(id), _) => {
                let content_type = header_text(&head.headers, &header::CONTENT_TYPE);
                match command::later(&shared, id, &content_type, &body) {
                    Ok(()) => plain("ok"),
                    Err(refusal) => respond(&shared, Err(refusal)),
                }
            }
            (None, Some(route)) => {
                let is_logged_in = shows_token(&shared, &head.headers);
                let outcome = admit(&shared, route, is_logged_in, &body).and_then(|body| {
                    let (shared, steps, body) = (&*shared, steps.as_slice(), &body);
                    (route.answer)(&Call { shared, steps, query, body, is_logged_in })
                });
                respond(&shared, outcome)
            }
            (None, None) => respond(&shared, Err(Refusal::no_such_page())),
        };
        with_faults(&*shared, &reset, Destination { method, route: template, path }, usual).await
    }

    fn unavailable(status: u16) -> Response<Body> {
        proxy_page(status)
    }

    fn too_many(retry_after: Duration, _global: bool, _budget: &Budget) -> Response<Body> {
        too_many(retry_after)
    }

    fn refuse(shared: &Shared, _to: Destination<'_>, refusal: Refusal, _budget: &Budget) -> Response<Body> {
        respond(shared, Err(refusal))
    }
}

/// Whether the bot asks.
fn shows_token(shared: &Shared, headers: &HeaderMap) -> bool {
    let credentials = header_text(headers, &header::AUTHORIZATION);
    let token = credentials.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let token = token.map(|(_, token)| token);
    token.is_some() && shared.peek(|world| world.token.as_deref() == token)
}

/// Who asks, and whether the body is JSON.
fn admit(
    shared: &Shared,
    route: &Route<Handler>,
    is_logged_in: bool,
    bytes: &[u8],
) -> Result<Value, Refusal> {
    if route.access == Access::Bot && !is_logged_in {
        return Err(Refusal::session_expired());
    }
    if !matches!(route.method, "POST" | "PUT") {
        return Ok(Value::Null);
    }
    serde_json::from_slice(bytes).map_err(|_| {
        shared.report(format!("{} {}: the body is no JSON", route.method, route.template));
        Refusal::bad_body("post")
    })
}
