//! Mattermost's part of each message, and where it is sent.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use serde_json::json;
use texts::Key;
use tokio::sync::oneshot;

use super::api::{Api, HookId, MattermostError, ServerAddresses};
use super::button_mac::ButtonMac;
use super::render::{ButtonSettings, MattermostPost};
use super::settings::{MattermostSettings, NAME, PLATFORM};
use crate::Clock;
use crate::admin::{Admin, Caller, Platform};
use crate::bot::Bot;
use crate::chat::courier::Courier;
use crate::chat::courier::adapter::{Adapter, Message};
use crate::chat::http::REQUEST_TIME;
use crate::words::Markup;

/// The chat on Mattermost. A clone is the same one.
pub type Mattermost = Courier<MattermostAdapter>;

/// What the courier works with on Mattermost.
pub struct MattermostAdapter {
    bot: Bot,
    pub(super) api: Api,
    pub(super) button_mac: ButtonMac,
    pub(super) settings: MattermostSettings,
    pub(super) addresses: ServerAddresses,
}

impl Mattermost {
    /// An adapter for this bot.
    pub fn new(bot: Bot, client: reqwest::Client, settings: MattermostSettings, clock: Clock) -> Self {
        let courier = settings.courier.clone();
        let adapter = MattermostAdapter {
            bot: bot.clone(),
            api: Api::new(client, &settings.server_url, settings.bot_token.clone()),
            button_mac: ButtonMac::new(settings.bot_token.clone()),
            addresses: ServerAddresses::of(&settings.server_url),
            settings,
        };
        Self::by(adapter, bot, courier, clock)
    }
}

/// Where an answer goes.
pub enum AnswerTarget {
    /// To the hook that was made for the command.
    Hook(HookId),
    /// Back to the server, which waits for the answer to a press; empty once it is answered.
    Press(Mutex<Option<oneshot::Sender<String>>>),
}

#[async_trait]
impl Adapter for MattermostAdapter {
    const PLATFORM: Platform = PLATFORM;
    const NAME: &'static str = NAME;
    const MARKUP: Markup = Markup::Mattermost;

    type AnswerTarget = AnswerTarget;
    type Rendered = MattermostPost;
    type Error = MattermostError;

    /// Invariant: no link goes to an address that came with a request, nor down the connection on which it came. A command is known by a token that every request
    /// shows, a press by a context that the server stores, and neither is a signature over who asks; and the server may hang up before it has read an answer.
    fn above_link(&self, _target: &AnswerTarget) -> Option<Key> {
        None
    }

    fn later_target(&self, target: &AnswerTarget) -> Option<AnswerTarget> {
        match target {
            AnswerTarget::Hook(hook) => Some(AnswerTarget::Hook(hook.clone())),
            AnswerTarget::Press(_) => None,
        }
    }

    /// The post has a name of its own. For half a minute the server takes a second post of the same name for the same post
    /// (<https://github.com/mattermost/mattermost/blob/master/server/channels/app/post.go>, `deduplicateCreatePost`), so that it may be sent again.
    fn render(&self, message: &Message<'_>) -> MattermostPost {
        let mut random = [0; 16];
        self.bot.random(&mut random);
        let with = ButtonSettings { mac: &self.button_mac, callback_url: &self.settings.callback_url };
        MattermostPost::new(message, &with, URL_SAFE_NO_PAD.encode(random))
    }

    /// A press in a direct message does not tell the team: the server is asked, each time. `None`: not a member.
    async fn caller(&self, admin: &Admin) -> Result<Option<Caller>, MattermostError> {
        let (team, user) = (&self.settings.team, &admin.user);
        // An id goes into an address: nothing else may.
        if user.is_empty() || !user.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Ok(None);
        }
        match self.api.call(Method::GET, &format!("/teams/{team}/members/{user}"), None, REQUEST_TIME).await {
            Ok(member) if member["delete_at"].as_i64().unwrap_or(0) == 0 => {
                Ok(Some(Caller { admin: admin.clone(), place: Some(team.clone()), groups: Vec::new() }))
            }
            Ok(_) => Ok(None),
            // Without the server's own word for it, a 404 may come from anything on the way there.
            Err(MattermostError::Refused { status: 404, id })
                if id.ends_with("get_member.missing.app_error") =>
            {
                Ok(None)
            }
            Err(failure) => Err(failure),
        }
    }

    async fn direct_message(&self, user: &str, message: &MattermostPost) -> Result<String, MattermostError> {
        let patience = self.settings.patience;
        let both = async {
            let own = self.api.call(Method::GET, "/users/me", None, patience).await?;
            let own = own["id"].as_str().ok_or(MattermostError::Unreachable)?;
            let pair = json!([own, user]);
            let channel = self.api.call(Method::POST, "/channels/direct", Some(&pair), patience).await?;
            let channel = channel["id"].as_str().ok_or(MattermostError::Unreachable)?;
            self.post(channel, message, REQUEST_TIME).await
        };
        tokio::time::timeout(patience, both).await.unwrap_or(Err(MattermostError::TimedOut))
    }

    async fn post(
        &self,
        channel: &str,
        message: &MattermostPost,
        patience: Duration,
    ) -> Result<String, MattermostError> {
        let posted = self.api.call(Method::POST, "/posts", Some(&message.post(channel)), patience).await?;
        posted["id"].as_str().map(str::to_owned).ok_or(MattermostError::Unreachable)
    }

    async fn edit(&self, name: &str, message: &MattermostPost) -> Result<(), MattermostError> {
        if !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(MattermostError::NoSuchPost);
        }
        let route = format!("/posts/{name}/patch");
        self.api.call(Method::PUT, &route, Some(&message.patch()), REQUEST_TIME).await.map(|_| ())
    }

    async fn answer(&self, target: &AnswerTarget, message: &MattermostPost) -> Result<(), MattermostError> {
        match target {
            AnswerTarget::Hook(hook) => self.api.respond(hook, &message.private()).await,
            AnswerTarget::Press(waits) => {
                let waits = waits.lock().unwrap_or_else(PoisonError::into_inner).take();
                let text = message.text().to_owned();
                waits.and_then(|waits| waits.send(text).ok()).ok_or(MattermostError::HungUp)
            }
        }
    }
}
