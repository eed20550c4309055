//! From a command to its answer: at once "on it", for this person alone; then the outcome, and a message to one person.

use std::time::Duration;
use texts::{Key, discord};

use async_trait::async_trait;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;
use serenity::all::{
    ChannelId, CreateInteractionResponse, CreateInteractionResponseMessage, InteractionId, MessageId, UserId,
};
use serenity::http::{LightMethod, Route};

use super::Inner;
use super::connection::REQUEST_TIME;
use super::failure::Failure;
use super::render::Letter;
use super::rest::with_body;
use crate::admin::Admin;
use crate::bot::Bot;
use crate::chat::again::{Again, Failed as _};
use crate::chat::courier::{self, Message, Platform, Waiting};
use crate::chat::http::ANSWER_TIME;
use crate::outcome::Reply;
use crate::words::Words;

/// How often the acknowledgement is tried: the first may be lost on the way there or back.
const TRIES: usize = 2;

/// <https://discord.com/developers/docs/interactions/receiving-and-responding#responding-to-an-interaction>
pub(super) const ACKNOWLEDGED_BY: Duration = Duration::from_secs(3);

/// What an answer needs.
#[derive(Clone)]
pub(super) struct Asked {
    pub(super) id: InteractionId,
    /// Opens the answer for 15 minutes: belongs in no log.
    pub(super) token: String,
    pub(super) locale: String,
}

/// What Discord has made, as far as it matters here.
#[derive(Deserialize)]
struct Named<T> {
    id: T,
}

#[async_trait]
impl Platform for Inner {
    type Place = Asked;
    type Failure = Failure;

    fn bot(&self) -> &Bot {
        &self.bot
    }

    fn now(&self) -> Timestamp {
        (self.clock)()
    }

    fn waiting(&self) -> &Waiting<Asked> {
        &self.waiting
    }

    fn words(&self, asked: Option<&Asked>) -> Words {
        self.words(asked.map(|asked| asked.locale.as_str()))
    }

    /// An interaction's answer goes to Discord, which shows it to this person alone.
    fn above_link(&self, _asked: &Asked) -> Option<Key> {
        Some(discord::NO_DIRECT_MESSAGE)
    }

    fn later(&self, asked: &Asked) -> Option<Asked> {
        Some(asked.clone())
    }

    async fn direct_message(&self, user: &str, message: &Message<'_>) -> Result<String, Failure> {
        let user = user.parse().ok().filter(|id| *id != 0).map(UserId::new);
        self.write_to(user.ok_or(Failure::Unreachable("no id of Discord's"))?, &letter(message)).await
    }

    async fn answer(&self, asked: &Asked, message: &Message<'_>) -> Result<(), Failure> {
        self.edit_answer(asked, &letter(message)).await
    }

    async fn answer_again(&self, asked: &Asked, message: &Message<'_>) -> Result<(), Failure> {
        let route =
            Route::WebhookFollowupMessages { application_id: self.rest.application()?, token: &asked.token };
        let follow_up = with_body(route, LightMethod::Post, &letter(message).follow_up())?;
        self.rest.answer_once(follow_up, REQUEST_TIME).await
    }
}

fn letter(message: &Message<'_>) -> Letter {
    Letter::new(message.parts).with_buttons(message.words, message.actions)
}

impl Inner {
    /// "On it", for this person alone. Without it nothing is begun: nobody would see what came of it.
    pub(super) async fn acknowledge(&self, asked: &Asked) -> bool {
        let on_it = CreateInteractionResponse::Defer(CreateInteractionResponseMessage::new().ephemeral(true));
        for attempt in 1..=TRIES {
            let route = Route::InteractionResponse { interaction_id: asked.id, token: &asked.token };
            let acknowledged = async {
                let on_it = with_body(route, LightMethod::Post, &on_it)?;
                self.rest.answer_once(on_it, ACKNOWLEDGED_BY).await
            };
            match acknowledged.await {
                Ok(()) => return true,
                // The first attempt was carried out, and its answer lost.
                Err(Failure::AlreadyAcknowledged) if attempt > 1 => return true,
                Err(failure) if failure.again() == Again::Soon && attempt < TRIES => {}
                Err(failure) => {
                    tracing::warn!(interaction = %asked.id, %failure, "a command was not acknowledged, and nothing is done");
                    return false;
                }
            }
        }
        false
    }

    /// The outcome, in place of "on it".
    pub(super) async fn reply(&self, asked: &Asked, admin: &Admin, reply: Reply) {
        courier::answer(self, admin, asked, reply).await;
    }

    async fn edit_answer(&self, asked: &Asked, letter: &Letter) -> Result<(), Failure> {
        let route = Route::WebhookOriginalInteractionResponse {
            application_id: self.rest.application()?,
            token: &asked.token,
        };
        self.rest.answer(with_body(route, LightMethod::Patch, &letter.answer())?, ANSWER_TIME).await
    }

    /// A message to one person; names it. Where this fails, it may have arrived all the same.
    pub(super) async fn write_to(&self, user: UserId, letter: &Letter) -> Result<String, Failure> {
        let patience = self.settings.patience;
        let sent = async {
            let recipient = json!({ "recipient_id": user });
            let open = with_body(Route::UserMeDmChannels, LightMethod::Post, &recipient)?;
            let channel: Named<ChannelId> = self.rest.post(open, patience).await?;
            Ok(format!("{}/{}", channel.id, self.send(channel.id, letter, patience).await?))
        };
        tokio::time::timeout(patience, sent).await.unwrap_or(Err(Failure::TimedOut))
    }

    /// A message in a channel; names it.
    pub(super) async fn send(
        &self,
        channel: ChannelId,
        letter: &Letter,
        patience: Duration,
    ) -> Result<MessageId, Failure> {
        let route = Route::ChannelMessages { channel_id: channel };
        let message = with_body(route, LightMethod::Post, &letter.message())?;
        Ok(self.rest.post::<Named<MessageId>>(message, patience).await?.id)
    }
}
