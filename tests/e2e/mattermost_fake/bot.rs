//! Bots by hand: one that greets, and one that says what it is told to say.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::post;
use axum::{Form, Router};
use reqwest::{Method, Response};
use reset_link_tests::fakes::kit::client;
use reset_link_tests::fakes::mattermost::{FakeMattermost, id};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::{COMMAND_TOKEN, TOKEN};

/// A request to the API as the bot makes it. Each has a connection of its own, so that none is tried again in silence.
pub(super) async fn call(
    url: &str,
    method: Method,
    path: &str,
    body: Option<&Value>,
) -> reqwest::Result<Response> {
    let client = client::in_the_clear().pool_max_idle_per_host(0).build().unwrap();
    let mut request =
        client.request(method, format!("{url}{path}")).header("Authorization", format!("Bearer {TOKEN}"));
    if let Some(body) = body {
        request = request.header("Content-Type", "application/json").body(body.to_string());
    }
    request.send().await
}

/// A bot, listening. It stops when dropped.
pub(super) struct Bot {
    pub(super) url: String,
    task: JoinHandle<()>,
}

impl Drop for Bot {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn listen(fake: &FakeMattermost, router: Router) -> Bot {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    fake.connect(&url);
    Bot { url, task }
}

#[derive(Clone)]
struct Greeter {
    mattermost: String,
    own: Arc<Mutex<String>>,
}

/// Says one moment, writes a direct message with a button, and then says how it went.
pub(super) async fn greeter(fake: &FakeMattermost) -> Bot {
    let own = Arc::new(Mutex::new(String::new()));
    let greeter = Greeter { mattermost: fake.url().to_owned(), own: Arc::clone(&own) };
    let router = Router::new()
        .route("/mattermost/command", post(command))
        .route("/mattermost/interactive", post(interactive))
        .with_state(greeter);
    let bot = listen(fake, router).await;
    own.lock().unwrap().clone_from(&bot.url);
    bot
}

fn is_genuine(headers: &HeaderMap, form: &HashMap<String, String>) -> bool {
    let header = headers.get("Authorization").map(|value| value.to_str().unwrap());
    form.get("token").map(String::as_str) == Some(COMMAND_TOKEN)
        && header.is_none_or(|header| header == format!("Token {COMMAND_TOKEN}"))
}

fn answer(body: &Value) -> axum::response::Response {
    ([("Content-Type", "application/json")], body.to_string()).into_response()
}

async fn command(
    State(greeter): State<Greeter>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> axum::response::Response {
    if !is_genuine(&headers, &form) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    tokio::spawn(greet(greeter, form));
    answer(&json!({ "response_type": "ephemeral", "text": "One moment." }))
}

async fn greet(greeter: Greeter, form: HashMap<String, String>) {
    let url = &greeter.mattermost;
    let pair = json!([id("the bot"), form["user_id"]]);
    let opened = call(url, Method::POST, "/api/v4/channels/direct", Some(&pair)).await.unwrap();
    let said = if opened.status() == 201 {
        let channel: Value = serde_json::from_slice(&opened.bytes().await.unwrap()).unwrap();
        let own = greeter.own.lock().unwrap().clone();
        let action = json!({
            "id": "wave",
            "name": "Wave",
            "type": "button",
            "style": "primary",
            "integration": { "url": format!("{own}/mattermost/interactive"), "context": { "seal": "secret" } },
        });
        let direct = json!({
            "channel_id": channel["id"],
            "message": format!("Hello, {}", form["text"]),
            "props": { "attachments": [{ "text": "Do you see me?", "actions": [action] }] },
        });
        call(url, Method::POST, "/api/v4/posts", Some(&direct)).await.unwrap();
        "I have written to you.".to_owned()
    } else {
        format!("No direct message ({}). Hello, {}", opened.status().as_u16(), form["text"])
    };
    let later = json!({ "response_type": "ephemeral", "text": said });
    let path = form["response_url"].strip_prefix(url.as_str()).unwrap();
    // A test that lets the address lapse has nobody to tell.
    let _ = call(url, Method::POST, path, Some(&later)).await;
}

async fn interactive(body: String) -> axum::response::Response {
    let press: Value = serde_json::from_str(&body).unwrap();
    if press["context"]["seal"] != "secret" {
        return StatusCode::FORBIDDEN.into_response();
    }
    answer(&json!({ "update": { "message": "Waved.", "props": {} }, "ephemeral_text": "Thank you." }))
}

type Scripted = (u16, &'static str, String);

/// Says this to everything: status, content type, body.
pub(super) async fn saying(
    fake: &FakeMattermost,
    status: u16,
    kind: &'static str,
    body: impl Into<String>,
) -> Bot {
    let script: Scripted = (status, kind, body.into());
    let router = Router::new().fallback(say).with_state(script);
    listen(fake, router).await
}

async fn say(State((status, kind, body)): State<Scripted>) -> axum::response::Response {
    (StatusCode::from_u16(status).unwrap(), [("Content-Type", kind)], body).into_response()
}

/// Takes connections and never says a word.
pub(super) async fn silent(fake: &FakeMattermost) -> Bot {
    let router = Router::new().fallback(std::future::pending::<StatusCode>);
    listen(fake, router).await
}
