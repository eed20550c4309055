//! The listener's routes: whose it is, then what it says, then acknowledged at once; the work of a command goes on behind.

use axum::Router;
use axum::extract::{Request as HttpRequest, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::api::Failure;
use super::seal::Context;
use super::{Inner, Mattermost};
use crate::admin::{Admin, Caller, Platform};
use crate::audit::{RequestFault, Way};
use crate::bot::Invocation;
use crate::chat::http::{FORM, JSON, REQUEST_TIME, fingerprint, read, status};
use crate::reply::Reply;
use crate::request::Action;

/// A command, as the server sends it.
struct Command {
    user: String,
    team: String,
    text: String,
    response_url: String,
    delivery: String,
}

/// A press of a button, as the server sends it.
#[derive(Deserialize)]
struct Press {
    user_id: String,
    trigger_id: String,
    context: Context,
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
    let inner = &mattermost.0;
    let command = match inner.command(request).await {
        Ok(command) => command,
        Err(why) => return inner.refuse(why).await,
    };
    let on_it = inner.words().say("mattermost-on-it", &[]);
    let this = mattermost.clone();
    inner.bot.behind(async move { this.0.obey(command).await });
    as_json(&json!({ "response_type": "ephemeral", "text": on_it }))
}

/// A press has no address for a later answer: it is answered when it is done.
async fn on_press(State(mattermost): State<Mattermost>, request: HttpRequest) -> Response {
    let inner = &mattermost.0;
    match inner.pressed(request).await {
        Ok((press, action)) => inner.press(&press, action).await,
        Err(why) => inner.refuse(why).await,
    }
}

impl Inner {
    async fn command(&self, request: HttpRequest) -> Result<Command, RequestFault> {
        let (head, body) = request.into_parts();
        let body = read(&head.headers, body, FORM).await?;
        let field = |name: &str| {
            form_urlencoded::parse(&body).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
        };
        let shown = head.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let shown = shown.and_then(|value| value.strip_prefix("Token ")).map(str::to_owned);
        let token = shown.or_else(|| field("token")).ok_or(RequestFault::Unsigned)?;
        if !self.settings.command_tokens.iter().any(|expected| self.sealer.is_same(&token, expected)) {
            return Err(RequestFault::Tampered);
        }
        let read = || {
            Some(Command {
                user: field("user_id").filter(|user| !user.is_empty())?,
                team: field("team_id")?,
                text: format!("{} {}", field("command")?, field("text").unwrap_or_default()),
                response_url: field("response_url").filter(|url| self.api.is_servers(url))?,
                delivery: fingerprint(&field("trigger_id").filter(|trigger| !trigger.is_empty())?),
            })
        };
        let command = read().ok_or(RequestFault::Malformed)?;
        match self.bot.has_taken(Platform::Mattermost, command.delivery.clone()).await {
            Ok(true) => Err(RequestFault::Replayed),
            Ok(false) | Err(_) => Ok(command),
        }
    }

    async fn pressed(&self, request: HttpRequest) -> Result<(Press, Action), RequestFault> {
        let (head, body) = request.into_parts();
        let body = read(&head.headers, body, JSON).await?;
        let press: Press = serde_json::from_slice(&body).map_err(|_| RequestFault::Malformed)?;
        let action = self.sealer.open(&press.context, self.now()).ok_or(RequestFault::Tampered)?;
        Ok((press, action))
    }

    /// One line in the audit, and a status.
    async fn refuse(&self, why: RequestFault) -> Response {
        self.bot.refuse_request(Platform::Mattermost, why).await;
        status(why).into_response()
    }

    /// `false` where it was taken before, or cannot be written down: then nothing may be done.
    async fn take(&self, delivery: &str) -> bool {
        match self.bot.take(Platform::Mattermost, delivery.to_owned()).await {
            Ok(is_first) => is_first,
            Err(error) => {
                tracing::error!(%error, "the audit cannot be written: a request of Mattermost's is not carried out");
                false
            }
        }
    }

    async fn obey(&self, command: Command) {
        if !self.take(&command.delivery).await {
            return;
        }
        let admin = Admin { platform: Platform::Mattermost, user: command.user };
        let caller = Caller { admin: admin.clone(), place: Some(command.team), groups: Vec::new() };
        let invocation = Invocation { caller, text: command.text };
        let reply = self.bot.handle(&invocation).await.unwrap_or(Reply::Help);
        self.answer(&command.response_url, &admin, &reply).await;
    }

    async fn press(&self, press: &Press, action: Action) -> Response {
        if !self.take(&fingerprint(&press.trigger_id)).await {
            return StatusCode::CONFLICT.into_response();
        }
        let admin = Admin { platform: Platform::Mattermost, user: press.user_id.clone() };
        let reply = match self.caller(&press.user_id).await {
            Ok(Some(caller)) => self.bot.act(&caller, action).await,
            Ok(None) => self.bot.act(&admin.clone().into(), action).await,
            Err(failure) => {
                tracing::warn!(%admin, %failure, "who may could not be asked");
                Reply::TryAgain
            }
        };
        let (letter, link_id) = self.letter(&admin, &reply).await;
        if let Some(link_id) = link_id {
            self.bot.shown(link_id, &admin, Way::PrivateAnswer, None).await;
        }
        as_json(&json!({ "ephemeral_text": letter.text(), "skip_slack_parsing": true }))
    }

    /// A press in a direct message does not tell the team: the server is asked, each time. `None`: not a member.
    pub(super) async fn caller(&self, user: &str) -> Result<Option<Caller>, Failure> {
        // An id goes into an address: nothing else may.
        if user.is_empty() || !user.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Ok(None);
        }
        let team = &self.settings.team;
        match self.api.call(Method::GET, &format!("/teams/{team}/members/{user}"), None, REQUEST_TIME).await {
            Ok(member) if member["delete_at"].as_i64().unwrap_or(0) == 0 => Ok(Some(Caller {
                admin: Admin { platform: Platform::Mattermost, user: user.to_owned() },
                place: Some(team.clone()),
                groups: Vec::new(),
            })),
            Ok(_) | Err(Failure::Refused { status: 404, .. }) => Ok(None),
            Err(failure) => Err(failure),
        }
    }
}

fn as_json(body: &Value) -> Response {
    ([(header::CONTENT_TYPE, JSON)], body.to_string()).into_response()
}
