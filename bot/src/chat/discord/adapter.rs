//! Discord's part of each message, and where it is sent.

use std::collections::HashSet;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::json;
use serenity::all::{
    ChannelId, CreateInteractionResponse, CreateInteractionResponseMessage, GuildId, InteractionId,
    MessageId, UserId,
};
use serenity::http::{LightMethod, Route};
use texts::Key;

use super::api::{ACKNOWLEDGED_BY, DiscordError, Rest, member, with_body};
use super::render::DiscordMessage;
use super::settings::{DiscordSettings, NAME, PLATFORM};
use crate::Clock;
use crate::admin::{Admin, Caller, Platform};
use crate::bot::Bot;
use crate::chat::courier::Courier;
use crate::chat::courier::adapter::{Adapter, Message};
use crate::chat::http::{ANSWER_TIME, REQUEST_TIME};
use crate::chat::retry::{Retry, Retryable as _};
use crate::words::Markup;

/// How often the acknowledgement is tried: the first may be lost on the way there or back.
const TRIES: usize = 2;

/// The chat on Discord. A clone is the same one.
pub type Discord = Courier<DiscordAdapter>;

/// What the courier works with on Discord.
pub struct DiscordAdapter {
    pub(super) bot: Bot,
    /// All that we send goes this way, so that one place knows the rate limits.
    pub(super) rest: Rest,
    pub(super) settings: DiscordSettings,
    /// Guilds in which our commands stand since this process began.
    pub(super) registered: Mutex<HashSet<GuildId>>,
}

impl Discord {
    /// An adapter for this bot.
    pub fn new(bot: Bot, rest: Rest, settings: DiscordSettings, clock: Clock) -> Self {
        let courier = settings.courier.clone();
        let adapter = DiscordAdapter { bot: bot.clone(), rest, settings, registered: Mutex::default() };
        Self::by(adapter, bot, courier, clock)
    }
}

/// An interaction, by which it is answered.
#[derive(Clone)]
pub struct InteractionHandle {
    pub(super) id: InteractionId,
    /// Opens the answer for 15 minutes: belongs in no log.
    pub(super) token: String,
    pub(super) locale: String,
}

/// What Discord has made, as far as it matters here.
#[derive(Deserialize)]
struct Made<T> {
    id: T,
}

#[async_trait]
impl Adapter for DiscordAdapter {
    const PLATFORM: Platform = PLATFORM;
    const NAME: &'static str = NAME;
    const MARKUP: Markup = Markup::Discord;
    /// The library keeps rate limits while it sends.
    const AUDIT_PATIENCE: Duration = Duration::from_secs(60 * 60);

    type AnswerTarget = InteractionHandle;
    type Rendered = DiscordMessage;
    type Error = DiscordError;

    fn locale<'a>(&self, interaction: &'a InteractionHandle) -> Option<&'a str> {
        Some(&interaction.locale)
    }

    /// An interaction's answer goes to Discord, which shows it to this person alone.
    fn above_link(&self, _interaction: &InteractionHandle) -> Option<Key> {
        Some(texts::discord::NO_DIRECT_MESSAGE)
    }

    fn later_target(&self, interaction: &InteractionHandle) -> Option<InteractionHandle> {
        Some(interaction.clone())
    }

    fn render(&self, message: &Message<'_>) -> DiscordMessage {
        DiscordMessage::new(message)
    }

    /// "On it", for this person alone.
    async fn acknowledge(&self, interaction: &InteractionHandle) -> bool {
        let on_it = CreateInteractionResponse::Defer(CreateInteractionResponseMessage::new().ephemeral(true));
        let InteractionHandle { id, token, .. } = interaction;
        for attempt in 1..=TRIES {
            let acknowledged = async {
                let route = Route::InteractionResponse { interaction_id: *id, token };
                self.rest.answer_once(with_body(route, LightMethod::Post, &on_it)?, ACKNOWLEDGED_BY).await
            };
            match acknowledged.await {
                Ok(()) => return true,
                // The first attempt was carried out, and its answer lost.
                Err(DiscordError::AlreadyAcknowledged) if attempt > 1 => return true,
                Err(failure) if failure.retry() == Retry::Soon && attempt < TRIES => {}
                Err(failure) => {
                    tracing::warn!(interaction = %id, %failure, "a command was not acknowledged, and nothing is done");
                    return false;
                }
            }
        }
        false
    }

    async fn caller(&self, admin: &Admin) -> Result<Option<Caller>, DiscordError> {
        let (guilds, user) = (&self.settings.guilds, user(&admin.user)?);
        member(&self.rest, guilds, user, |caller| self.bot.may_issue(caller)).await.map(Some)
    }

    async fn direct_message(&self, to: &str, message: &DiscordMessage) -> Result<String, DiscordError> {
        let patience = self.settings.patience;
        let sent = async {
            let recipient = json!({ "recipient_id": user(to)? });
            let open = with_body(Route::UserMeDmChannels, LightMethod::Post, &recipient)?;
            let channel: Made<ChannelId> = self.rest.post(open, patience).await?;
            self.send(channel.id, message, patience).await
        };
        tokio::time::timeout(patience, sent).await.unwrap_or(Err(DiscordError::TimedOut))
    }

    async fn post(
        &self,
        channel: &str,
        message: &DiscordMessage,
        patience: Duration,
    ) -> Result<String, DiscordError> {
        // The config has seen that it is a number above zero.
        let channel = id(channel).map(ChannelId::new).ok_or(DiscordError::MissingAccess)?;
        self.send(channel, message, patience).await
    }

    async fn edit(&self, name: &str, message: &DiscordMessage) -> Result<(), DiscordError> {
        let (channel_id, message_id) = message_named(name).ok_or(DiscordError::NoSuchMessage)?;
        let route = Route::ChannelMessage { channel_id, message_id };
        self.rest.put(with_body(route, LightMethod::Patch, &message.edit())?, REQUEST_TIME).await
    }

    async fn answer(
        &self,
        interaction: &InteractionHandle,
        message: &DiscordMessage,
    ) -> Result<(), DiscordError> {
        let (application_id, token) = (self.rest.application()?, &interaction.token);
        let route = Route::WebhookOriginalInteractionResponse { application_id, token };
        self.rest.answer(with_body(route, LightMethod::Patch, &message.answer())?, ANSWER_TIME).await
    }

    async fn answer_again(
        &self,
        interaction: &InteractionHandle,
        message: &DiscordMessage,
    ) -> Result<(), DiscordError> {
        let (application_id, token) = (self.rest.application()?, &interaction.token);
        let route = Route::WebhookFollowupMessages { application_id, token };
        let follow_up = with_body(route, LightMethod::Post, &message.follow_up())?;
        self.rest.answer_once(follow_up, REQUEST_TIME).await
    }
}

impl DiscordAdapter {
    /// A message in a channel; names it.
    async fn send(
        &self,
        channel: ChannelId,
        message: &DiscordMessage,
        patience: Duration,
    ) -> Result<String, DiscordError> {
        let route = Route::ChannelMessages { channel_id: channel };
        let message = with_body(route, LightMethod::Post, &message.message())?;
        let made: Made<MessageId> = self.rest.post(message, patience).await?;
        Ok(format!("{channel}/{}", made.id))
    }
}

/// An id of Discord's.
fn id(text: &str) -> Option<u64> {
    text.parse().ok().filter(|id| *id != 0)
}

fn user(text: &str) -> Result<UserId, DiscordError> {
    id(text).map(UserId::new).ok_or_else(|| DiscordError::NoSuchUser(text.to_owned()))
}

/// `channel/message`, as it was written down.
fn message_named(name: &str) -> Option<(ChannelId, MessageId)> {
    let (channel, message) = name.split_once('/')?;
    Some((ChannelId::new(id(channel)?), MessageId::new(id(message)?)))
}
