//! The listener's routes: whose it is, then what it says, then acknowledged at once; the work of a command goes on behind.

use std::sync::Mutex;
use texts::mattermost;

use axum::Router;
use axum::extract::{Request as HttpRequest, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::oneshot;
use url::form_urlencoded;

use super::answer::Place;
use super::api::Failure;
use super::hook::HookId;
use super::render::Letter;
use super::seal::Context;
use super::{Inner, Mattermost};
use crate::admin::{Admin, Caller, Platform};
use crate::audit::RequestFault;
use crate::bot::Invocation;
use crate::chat::courier;
use crate::chat::http::{FORM, JSON, REQUEST_TIME, fingerprint, read, status};
use crate::outcome::Reply;
use crate::request::Action;

/// A command, as the server sends it.
struct Command {
    user: String,
    team: String,
    text: String,
    hook: HookId,
    delivery: String,
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
        Err(Unread::Refused(why)) => return inner.refuse(why).await,
        Err(Unread::NotNow) => return private(&inner.words().say(mattermost::NOT_NOW, &[])),
    };
    let on_it = inner.words().say(mattermost::ON_IT, &[]);
    let this = mattermost.clone();
    inner.bot.behind(async move { this.0.obey(command).await });
    private(&on_it)
}

/// A press has no address for a later answer: it is answered when it is done. It is carried out to its end whether the server waits for that or hangs up.
async fn on_press(State(mattermost): State<Mattermost>, request: HttpRequest) -> Response {
    let inner = &mattermost.0;
    let (press, action) = match inner.pressed(request).await {
        Ok(pressed) => pressed,
        Err(why) => return inner.refuse(why).await,
    };
    let (answer, answered) = oneshot::channel();
    let this = mattermost.clone();
    inner.bot.behind(async move { this.0.press(press, action, answer).await });
    match answered.await {
        Ok(letter) => as_json(&json!({ "ephemeral_text": letter.text(), "skip_slack_parsing": true })),
        // It was taken before.
        Err(_) => StatusCode::CONFLICT.into_response(),
    }
}

impl Inner {
    async fn command(&self, request: HttpRequest) -> Result<Command, Unread> {
        let (head, body) = request.into_parts();
        let body = read(&head.headers, body, FORM).await?;
        let field = |name: &str| {
            form_urlencoded::parse(&body).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
        };
        let shown = head.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let shown = shown.and_then(|value| value.strip_prefix("Token ")).map(str::to_owned);
        let token = shown.or_else(|| field("token")).ok_or(RequestFault::Unsigned)?;
        if !self.settings.command_tokens.iter().any(|expected| self.sealer.is_same(&token, expected)) {
            return Err(RequestFault::Tampered.into());
        }
        let filled =
            |name: &str| field(name).filter(|value| !value.is_empty()).ok_or(RequestFault::Malformed);
        let (user, team, name) = (filled("user_id")?, filled("team_id")?, filled("command")?);
        let delivery = fingerprint(&filled("trigger_id")?);
        let hook = match self.hook(&filled("response_url")?).await {
            Ok(Some(hook)) => hook,
            Ok(None) => return Err(RequestFault::Malformed.into()),
            Err(failure) => {
                tracing::warn!(%failure, "the server did not say by which address it is known: a command was not begun");
                return Err(Unread::NotNow);
            }
        };
        if let Ok(true) = self.bot.is_duplicate(Platform::Mattermost, delivery.clone()).await {
            return Err(RequestFault::Replayed.into());
        }
        let text = format!("{name} {}", field("text").unwrap_or_default());
        Ok(Command { user, team, text, hook, delivery })
    }

    async fn pressed(&self, request: HttpRequest) -> Result<(Press, Action), RequestFault> {
        let (head, body) = request.into_parts();
        let body = read(&head.headers, body, JSON).await?;
        let press: Press = serde_json::from_slice(&body).map_err(|_| RequestFault::Malformed)?;
        let action =
            self.sealer.open(&press.context, &press.user_id, self.now()).ok_or(RequestFault::Tampered)?;
        Ok((press, action))
    }

    /// One line in the audit, and a status.
    async fn refuse(&self, why: RequestFault) -> Response {
        self.bot.refuse_request(Platform::Mattermost, why).await;
        status(why).into_response()
    }

    /// `false` where it was taken before, or cannot be written down: then nothing may be done.
    async fn take(&self, delivery: &str) -> bool {
        match self.bot.deduplicate(Platform::Mattermost, delivery.to_owned()).await {
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
        courier::answer(self, &admin, &Place::Hook(command.hook), reply).await;
    }

    async fn press(&self, press: Press, action: Action, answer: oneshot::Sender<Letter>) {
        if !self.take(&fingerprint(&press.trigger_id)).await {
            return;
        }
        let admin = Admin { platform: Platform::Mattermost, user: press.user_id };
        let reply = match self.caller(&admin.user).await {
            Ok(Some(caller)) => self.bot.act(&caller, action).await,
            Ok(None) => self.bot.act(&admin.clone().into(), action).await,
            Err(failure) => {
                tracing::warn!(%admin, %failure, "who may could not be asked");
                Reply::TryAgain
            }
        };
        courier::answer(self, &admin, &Place::Press(Mutex::new(Some(answer))), reply).await;
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
            Ok(_) => Ok(None),
            // Without the server's own word for it, a 404 may come from anything on the way there.
            Err(Failure::Refused { status: 404, id }) if id.ends_with("get_member.missing.app_error") => {
                Ok(None)
            }
            Err(failure) => Err(failure),
        }
    }
}

/// An answer that only whoever typed sees.
fn private(text: &str) -> Response {
    as_json(&json!({ "response_type": "ephemeral", "text": text }))
}

fn as_json(body: &Value) -> Response {
    ([(header::CONTENT_TYPE, JSON)], body.to_string()).into_response()
}
