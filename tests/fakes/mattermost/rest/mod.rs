//! The API, version 4, and the addresses at which commands are answered later.

mod door;
mod facts;
mod posts;
mod reply;

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, Response, header};
use serde_json::Value;

pub(super) use door::Door;

use door::Cut;
use reply::{plain, proxy_page, respond, too_many};

use super::command;
use super::fault::{self, Fault};
use super::refusal::Refusal;
use super::world::{SeenRequest, Shared};

/// Bodies here are small; files are not taken.
const LARGEST_BODY: usize = 1 << 20;

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

const HOOK: &str = "/hooks/commands/{hook_id}";

/// The first that fits is taken, so what is spelled out stands before what is a name.
const ROUTES: &[Route] = &[
    route("GET", "/system/ping", For::Everybody, facts::ping),
    route("GET", "/config/client", For::Everybody, facts::config),
    route("GET", "/users/username/{username}", For::Bot, facts::user_by_name),
    route("POST", "/users/ids", For::Bot, facts::users),
    route("GET", "/users/{user_id}", For::Bot, facts::user),
    route("GET", "/users/{user_id}/teams", For::Bot, facts::teams),
    route("GET", "/teams/{team_id}", For::Bot, facts::team),
    route("GET", "/teams/name/{team_name}", For::Bot, facts::team_by_name),
    route("GET", "/teams/{team_id}/members/{user_id}", For::Bot, facts::team_member),
    route("GET", "/teams/{team_id}/channels/name/{channel_name}", For::Bot, facts::channel_by_name),
    route("POST", "/channels/direct", For::Bot, posts::open_direct),
    route("GET", "/channels/{channel_id}", For::Bot, facts::channel),
    route("GET", "/channels/{channel_id}/members", For::Bot, facts::channel_members),
    route("GET", "/channels/{channel_id}/members/{user_id}", For::Bot, facts::channel_member),
    route("POST", "/posts", For::Bot, posts::create),
    route("POST", "/posts/ephemeral", For::Bot, posts::create_ephemeral),
    route("GET", "/posts/{post_id}", For::Bot, posts::show),
    route("PUT", "/posts/{post_id}", For::Bot, posts::update),
    route("PUT", "/posts/{post_id}/patch", For::Bot, posts::patch),
    route("DELETE", "/posts/{post_id}", For::Bot, posts::delete),
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
    let path = head.uri.path().to_owned();
    let bytes = to_bytes(body, LARGEST_BODY).await.unwrap_or_default();
    let hook = path.strip_prefix("/hooks/commands/").filter(|_| method == "POST");
    let api = path.strip_prefix("/api/v4/").unwrap_or_default();
    let steps: Vec<&str> = api.split('/').collect();
    let route = find(&method, &steps);
    let Some(template) = hook.map(|_| HOOK).or(route.map(|route| route.template)) else {
        let first = steps.first().copied().unwrap_or_default();
        shared.with(|world| world.violations.push(format!("{method} /{first}: no such route here")));
        return respond(&shared, Err(Refusal::no_such_page()));
    };
    let (seen, fault) = shared.with(|world| {
        world.requests.push(SeenRequest { method: method.clone(), route: template.to_owned(), status: 0 });
        let path = path.strip_prefix("/api/v4").unwrap_or(&path);
        (world.requests.len() - 1, fault::strike(&mut world.rules, &method, path))
    });
    match &fault {
        Some(Fault::Hang) => std::future::pending::<()>().await,
        Some(Fault::Late(by)) => tokio::time::sleep(*by).await,
        Some(Fault::Reset) => {
            cut.now();
            return proxy_page(502);
        }
        _ => {}
    }
    let answer = match (&fault, hook, route) {
        (Some(Fault::Status(status)), ..) => proxy_page(*status),
        (Some(Fault::RateLimited { retry_after }), ..) => too_many(*retry_after),
        (Some(fault), ..) if fault.refusal().is_some() => {
            respond(&shared, fault.refusal().map_or_else(|| Answer::ok(Value::Null), Err))
        }
        (_, Some(id), _) => match command::later(&shared, id, content_type(&head.headers), &bytes) {
            Ok(()) => plain("ok"),
            Err(refusal) => respond(&shared, Err(refusal)),
        },
        (_, None, Some(route)) => {
            let is_logged_in = shows_token(&shared, &head.headers);
            let outcome = admit(&shared, route, is_logged_in, &bytes).and_then(|body| {
                (route.answer)(&Call {
                    shared: &shared,
                    steps: &steps,
                    query: &query,
                    body: &body,
                    is_logged_in,
                })
            });
            respond(&shared, outcome)
        }
        (_, None, None) => respond(&shared, Err(Refusal::no_such_page())),
    };
    let status = answer.status().as_u16();
    shared.with(|world| {
        if let Some(request) = world.requests.get_mut(seen) {
            request.status = status;
        }
    });
    if matches!(fault, Some(Fault::LostAnswer)) {
        cut.now();
    }
    answer
}

/// Whether the bot asks.
fn shows_token(shared: &Shared, headers: &HeaderMap) -> bool {
    let said = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = said.and_then(|said| {
        let (scheme, token) = said.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token)
    });
    token.is_some() && shared.peek(|world| world.token.as_deref() == token)
}

/// Who asks, and whether the body is JSON.
fn admit(shared: &Shared, route: &Route, is_logged_in: bool, bytes: &[u8]) -> Result<Value, Refusal> {
    if route.whom == For::Bot && !is_logged_in {
        return Err(Refusal::session_expired());
    }
    if !matches!(route.method, "POST" | "PUT") {
        return Ok(Value::Null);
    }
    serde_json::from_slice(bytes).map_err(|_| {
        let what = format!("{} {}", route.method, route.template);
        shared.with(|world| world.report(&what, &["the body is no JSON".to_owned()]));
        Refusal::bad_body("post")
    })
}

fn content_type(headers: &HeaderMap) -> &str {
    headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
