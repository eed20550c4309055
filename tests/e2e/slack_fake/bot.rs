//! A small bot by hand, on axum and reqwest: it checks signatures, answers a command at its response URL, writes a direct
//! message with a button, opens a view, offers choices.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use percent_encoding::percent_decode_str;
use reset_link_tests::fakes::slack::{FakeSlack, signature};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{BOT_TOKEN, SECRET};

/// What the bot does with Slack.
pub(super) struct RawClient {
    pub(super) client: reqwest::Client,
}

impl RawClient {
    pub(super) fn of(fake: &FakeSlack) -> Self {
        Self { client: fake.client() }
    }

    /// One call with a JSON body, and its answer.
    pub(super) async fn call(&self, method: &str, body: &Value) -> Value {
        let url = format!("https://slack.com/api/{method}");
        let asked = self.client.post(url).bearer_auth(BOT_TOKEN);
        let asked = asked.header("content-type", "application/json; charset=utf-8").body(body.to_string());
        asked.send().await.unwrap().json().await.unwrap()
    }

    /// One call with a form, and its answer.
    pub(super) async fn ask(&self, method: &str, fields: &[(&str, &str)]) -> Value {
        let url = format!("https://slack.com/api/{method}");
        let asked = self.client.post(url).bearer_auth(BOT_TOKEN).form(fields);
        asked.send().await.unwrap().json().await.unwrap()
    }

    pub(super) async fn respond(&self, url: &str, body: &Value) -> (u16, String) {
        let response = self.client.post(url).json(body).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    /// A direct message with a button.
    pub(super) async fn write_to(&self, user: &str, text: &str) -> Value {
        let opened = self.call("conversations.open", &json!({ "users": user })).await;
        let button = json!({ "type": "button", "action_id": "wave", "value": text, "text": { "type": "plain_text", "text": "Wave" } });
        let body = json!({
            "channel": opened["channel"]["id"],
            "text": text,
            "unfurl_links": false,
            "unfurl_media": false,
            "blocks": [
                { "type": "section", "text": { "type": "mrkdwn", "text": text } },
                { "type": "actions", "elements": [button] },
            ],
        });
        self.call("chat.postMessage", &body).await
    }
}

/// A view with a menu whose choices the bot offers, and a text.
pub(super) fn form() -> Value {
    let plain = |text: &str| json!({ "type": "plain_text", "text": text });
    let menu = json!({ "type": "external_select", "action_id": "who", "min_query_length": 1 });
    json!({
        "type": "modal",
        "callback_id": "greeting",
        "private_metadata": "kept",
        "title": plain("Greet somebody"),
        "submit": plain("Greet"),
        "blocks": [
            { "type": "input", "block_id": "whom", "label": plain("Whom"), "element": menu },
            {
                "type": "input",
                "block_id": "words",
                "optional": true,
                "label": plain("Words"),
                "element": { "type": "plain_text_input", "action_id": "text" },
            },
        ],
    })
}

/// The bot, running. It stops when dropped.
pub(super) struct Bot {
    pub(super) url: String,
    _stop: DropGuard,
}

impl Bot {
    /// Starts it and tells the fake where it is.
    pub(super) async fn start(fake: &FakeSlack) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let routes = Router::new()
            .route("/slack/command", post(command))
            .route("/slack/interactive", post(interactive))
            .route("/slack/options", post(options))
            .with_state(Arc::new(RawClient::of(fake)));
        let stop = CancellationToken::new();
        let served = axum::serve(listener, routes).into_future();
        tokio::spawn(stop.clone().run_until_cancelled_owned(served));
        fake.connect(&url);
        Self { url, _stop: stop.drop_guard() }
    }
}

fn fields(form: &str) -> Vec<(String, String)> {
    let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8().unwrap().into_owned();
    form.split('&')
        .map(|pair| pair.split_once('=').unwrap())
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

/// The fields, if Slack has signed them.
fn signed(headers: &HeaderMap, body: &Bytes) -> Result<Vec<(String, String)>, StatusCode> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let timestamp = header("x-slack-request-timestamp").parse().map_err(|_| StatusCode::UNAUTHORIZED)?;
    if header("x-slack-signature") != signature(SECRET, timestamp, body) {
        return Err(StatusCode::UNAUTHORIZED);
    }
    Ok(fields(std::str::from_utf8(body).unwrap()))
}

fn saying(answer: &Value) -> Response {
    ([(CONTENT_TYPE, "application/json")], answer.to_string()).into_response()
}

fn field(fields: &[(String, String)], wanted: &str) -> String {
    fields.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone()).unwrap_or_default()
}

async fn command(State(hands): State<Arc<RawClient>>, headers: HeaderMap, body: Bytes) -> Response {
    // Slack's look at the certificate is not signed.
    if field(&fields(std::str::from_utf8(&body).unwrap()), "ssl_check") == "1" {
        return StatusCode::OK.into_response();
    }
    let fields = match signed(&headers, &body) {
        Ok(fields) => fields,
        Err(status) => return status.into_response(),
    };
    let text = field(&fields, "text");
    match text.as_str() {
        "shout" => {
            return saying(&json!({ "response_type": "in_channel", "text": "Heard!" }));
        }
        "form" => {
            let trigger = field(&fields, "trigger_id");
            hands.call("views.open", &json!({ "trigger_id": trigger, "view": form() })).await;
            return StatusCode::OK.into_response();
        }
        "break" => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        "sleep" => std::future::pending::<()>().await,
        _ => {}
    }
    tokio::spawn(async move {
        let written = hands.write_to(&field(&fields, "user_id"), &format!("Hello, {text}")).await;
        let said = match written["error"].as_str() {
            None => "I have written to you.".to_owned(),
            Some(error) => format!("No direct message ({error}). Hello, {text}"),
        };
        hands.respond(&field(&fields, "response_url"), &json!({ "text": said })).await;
    });
    StatusCode::OK.into_response()
}

async fn interactive(State(hands): State<Arc<RawClient>>, headers: HeaderMap, body: Bytes) -> Response {
    let fields = signed(&headers, &body).unwrap();
    let payload: Value = serde_json::from_str(&field(&fields, "payload")).unwrap();
    if payload["type"] == "view_submission" {
        let values = &payload["view"]["state"]["values"];
        if values["words"]["text"]["value"] == "rude" {
            let errors = json!({ "words": "Be kind." });
            return saying(&json!({ "response_action": "errors", "errors": errors }));
        }
        let who = values["whom"]["who"]["selected_option"]["value"].as_str().unwrap().to_owned();
        let user = payload["user"]["id"].as_str().unwrap().to_owned();
        tokio::spawn(async move { hands.write_to(&user, &format!("Greeted {who}")).await });
        return StatusCode::OK.into_response();
    }
    let url = payload["response_url"].as_str().unwrap().to_owned();
    tokio::spawn(
        async move { hands.respond(&url, &json!({ "replace_original": true, "text": "Waved." })).await },
    );
    StatusCode::OK.into_response()
}

async fn options(headers: HeaderMap, body: Bytes) -> Response {
    let fields = signed(&headers, &body).unwrap();
    let payload: Value = serde_json::from_str(&field(&fields, "payload")).unwrap();
    let typed = payload["value"].as_str().unwrap();
    let option = json!({ "text": { "type": "plain_text", "text": format!("{typed}!") }, "value": typed });
    saying(&json!({ "options": [option] }))
}
