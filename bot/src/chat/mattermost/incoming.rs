//! The listener's routes: whose it is, then what it says, then acknowledged at once; the work of a command goes on behind.

use std::sync::Mutex;

use axum::Router;
use axum::extract::{Request as HttpRequest, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::oneshot;
use url::form_urlencoded;

use super::adapter::{AnswerTarget, Mattermost};
use super::api::HookId;
use super::button_mac::ButtonContext;
use super::settings::PLATFORM;
use crate::admin::{Admin, Caller};
use crate::audit::RequestFault;
use crate::chat::courier::adapter::{Ask, Delivery, Incoming, Sender};
use crate::chat::http::{FORM, JSON, fingerprint, read, status};
use crate::request::Action;

/// A command, as the server sends it.
struct Command {
    user: String,
    team: String,
    text: String,
    hook: HookId,
    fingerprint: String,
}

/// Why a command is not begun.
enum Unread {
    /// It is not the server's, or makes no sense.
    Refused(RequestFault),
    /// Whether it is the server's could not be learned from it.
    NotNow,
}

impl From<RequestFault> for Unread {
    fn from(why: RequestFault) -> Self {
        Self::Refused(why)
    }
}

/// A press of a button, as the server sends it.
#[derive(Deserialize)]
struct Press {
    user_id: String,
    trigger_id: String,
    context: ButtonContext,
}

impl Mattermost {
    /// `POST /mattermost/command` and `/mattermost/interactive`, for the bot's own listener.
    pub fn routes(&self) -> Router {
        Router::new()
            .route("/mattermost/command", post(on_command))
            .route("/mattermost/interactive", post(on_press))
            .with_state(self.clone())
    }
}

async fn on_command(State(mattermost): State<Mattermost>, request: HttpRequest) -> Response {
    let command = match mattermost.command(request).await {
        Ok(command) => command,
        Err(Unread::Refused(why)) => return mattermost.refuse_with_status(why).await,
        Err(Unread::NotNow) => return private(&mattermost.words(None).say(texts::mattermost::NOT_NOW, &[])),
    };
    let on_it = mattermost.words(None).say(texts::mattermost::ON_IT, &[]);
    let this = mattermost.clone();
    let (incoming, text) = command.taken_apart();
    mattermost.bot().in_background(async move { this.carry_out(incoming, Ask::Text(text)).await });
    private(&on_it)
}

/// A press has no address for a later answer: it is answered when it is done. It is carried out to its end whether the server waits for that or hangs up.
async fn on_press(State(mattermost): State<Mattermost>, request: HttpRequest) -> Response {
    let (press, action) = match mattermost.pressed(request).await {
        Ok(pressed) => pressed,
        Err(why) => return mattermost.refuse_with_status(why).await,
    };
    let (answer, answered) = oneshot::channel();
    let incoming = Incoming {
        delivery: Delivery::Noted(fingerprint(&press.trigger_id)),
        sender: Sender::Unknown(Admin { platform: PLATFORM, user: press.user_id }),
        target: AnswerTarget::Press(Mutex::new(Some(answer))),
    };
    let this = mattermost.clone();
    mattermost.bot().in_background(async move { this.carry_out(incoming, Ask::Press(Some(action))).await });
    match answered.await {
        Ok(text) => as_json(&json!({ "ephemeral_text": text, "skip_slack_parsing": true })),
        // It was begun before.
        Err(_) => StatusCode::CONFLICT.into_response(),
    }
}

impl Command {
    /// What the courier takes, and what was typed.
    fn taken_apart(self) -> (Incoming<AnswerTarget>, String) {
        let admin = Admin { platform: PLATFORM, user: self.user };
        let caller = Caller { admin, place: Some(self.team), groups: Vec::new() };
        let incoming = Incoming {
            delivery: Delivery::Noted(self.fingerprint),
            sender: Sender::Known(caller),
            target: AnswerTarget::Hook(self.hook),
        };
        (incoming, self.text)
    }
}

impl Mattermost {
    async fn command(&self, request: HttpRequest) -> Result<Command, Unread> {
        let adapter = self.adapter();
        let (head, body) = request.into_parts();
        let body = read(&head.headers, body, FORM).await?;
        let field = |name: &str| {
            form_urlencoded::parse(&body).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
        };
        let shown = head.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let shown = shown.and_then(|value| value.strip_prefix("Token ")).map(str::to_owned);
        let token = shown.or_else(|| field("token")).ok_or(RequestFault::Unsigned)?;
        let tokens = &adapter.settings.command_tokens;
        if !tokens.iter().any(|expected| adapter.button_mac.is_same(&token, expected)) {
            return Err(RequestFault::Tampered.into());
        }
        let filled =
            |name: &str| field(name).filter(|value| !value.is_empty()).ok_or(RequestFault::Malformed);
        let (user, team, name) = (filled("user_id")?, filled("team_id")?, filled("command")?);
        let fingerprint = fingerprint(&filled("trigger_id")?);
        let response_url = filled("response_url")?;
        let hook = match adapter.addresses.hook(&adapter.api, &response_url, self.now()).await {
            Ok(Some(hook)) => hook,
            Ok(None) => return Err(RequestFault::Malformed.into()),
            Err(failure) => {
                tracing::warn!(%failure, "the server did not say by which address it is known: a command was not begun");
                return Err(Unread::NotNow);
            }
        };
        if self.is_repeat(&fingerprint).await {
            return Err(RequestFault::Replayed.into());
        }
        let text = format!("{name} {}", field("text").unwrap_or_default());
        Ok(Command { user, team, text, hook, fingerprint })
    }

    async fn pressed(&self, request: HttpRequest) -> Result<(Press, Action), RequestFault> {
        let (head, body) = request.into_parts();
        let body = read(&head.headers, body, JSON).await?;
        let press: Press = serde_json::from_slice(&body).map_err(|_| RequestFault::Malformed)?;
        let mac = &self.adapter().button_mac;
        let action = mac.verify(&press.context, &press.user_id, self.now()).ok_or(RequestFault::Tampered)?;
        Ok((press, action))
    }

    /// One line in the audit, and a status.
    async fn refuse_with_status(&self, why: RequestFault) -> Response {
        self.refuse(why).await;
        status(why).into_response()
    }
}

/// An answer that only whoever typed sees.
fn private(text: &str) -> Response {
    as_json(&json!({ "response_type": "ephemeral", "text": text }))
}

fn as_json(body: &Value) -> Response {
    ([(header::CONTENT_TYPE, JSON)], body.to_string()).into_response()
}
