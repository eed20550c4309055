//! From a command to its answer: at once "on it", for this person alone; then the outcome, and a link in a direct message.

use std::sync::PoisonError;
use std::time::Duration;

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
use crate::audit::Way;
use crate::chat::again::{Again, Failed as _};
use crate::chat::http::ANSWER_TIME;
use crate::issue::{HandedOver, Issued};
use crate::reply::{Part, Reply, Words};
use crate::request::{Action, RequestId};
use crate::tell::Brought;

/// How often the acknowledgement is tried: the first may be lost on the way there or back.
const TRIES: usize = 2;

/// <https://discord.com/developers/docs/interactions/receiving-and-responding#responding-to-an-interaction>
pub(super) const ACKNOWLEDGED_BY: Duration = Duration::from_secs(3);

/// What an answer needs.
pub(super) struct Asked {
    pub(super) id: InteractionId,
    /// Opens the answer for 15 minutes: belongs in no log.
    pub(super) token: String,
    pub(super) user: UserId,
    pub(super) locale: String,
}

/// What Discord has made, as far as it matters here.
#[derive(Deserialize)]
struct Named<T> {
    id: T,
}

/// The answer of somebody who waits for an approval.
pub(super) struct Waiting {
    token: String,
    locale: String,
    lapses_at: Timestamp,
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
    pub(super) async fn answer(&self, asked: &Asked, admin: &Admin, reply: Reply) {
        let words = self.words(Some(&asked.locale));
        if let Reply::Issue(Issued::Waiting(waiting)) = &reply {
            self.remember(waiting.request, asked, waiting.lapses_at);
        }
        match reply {
            Reply::Issue(Issued::HandedOver(handed_over)) => {
                self.hand_over(asked, admin, &words, &handed_over).await;
            }
            reply => {
                let letter = Letter::new(&words.reply(&reply, self.now()))
                    .with_buttons(&words, &self.bot.actions(&reply));
                if let Err(failure) = self.edit_answer(asked, &letter).await {
                    tracing::warn!(interaction = %asked.id, %failure, "an answer did not arrive");
                }
            }
        }
    }

    /// The link in a direct message, and the answer says so; where Discord does not deliver that, the link in the answer.
    async fn hand_over(&self, asked: &Asked, admin: &Admin, words: &Words, handed_over: &HandedOver) {
        let link_id = handed_over.link.link_id();
        let parts = words.handed_over(handed_over);
        let buttons = [Action::Revoke(link_id)];
        let letter = Letter::new(&parts).with_buttons(words, &buttons);
        let direct = self.direct_message(asked.user, &letter).await;
        let (way, parts) = match direct {
            Ok((channel, message)) => {
                let message = Some(format!("{channel}/{message}"));
                self.bot.shown(link_id, admin, Way::DirectMessage, message).await;
                (Way::DirectMessage, words.handed_over_by_direct_message(handed_over))
            }
            Err(failure) => {
                tracing::info!(%link_id, %failure, "no direct message: the link is in the answer");
                let mut with_link = vec![Part::Text(words.say("discord-no-direct-message", &[]))];
                with_link.extend(parts);
                (Way::PrivateAnswer, with_link)
            }
        };
        let answered = self.edit_answer(asked, &Letter::new(&parts).with_buttons(words, &buttons)).await;
        if let Err(failure) = &answered {
            tracing::warn!(interaction = %asked.id, %failure, "an answer did not arrive");
        }
        if way == Way::PrivateAnswer {
            let way = if answered.is_ok() { way } else { Way::Nowhere };
            self.bot.shown(link_id, admin, way, None).await;
        }
    }

    /// The way to somebody who waits for an approval: their answer can be followed up as long as the request lives.
    fn remember(&self, request: RequestId, asked: &Asked, lapses_at: Timestamp) {
        let now = self.now();
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|_, waiting| now < waiting.lapses_at);
        let (token, locale) = (asked.token.clone(), asked.locale.clone());
        waiting.insert(request, Waiting { token, locale, lapses_at });
    }

    /// What became of a request, by direct message; where Discord does not deliver that, below the answer that said "waiting".
    pub(super) async fn bring(
        &self,
        user: UserId,
        request: RequestId,
        outcome: &Issued,
    ) -> Result<Brought, Failure> {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&request);
        let words = self.words(waiting.as_ref().map(|waiting| waiting.locale.as_str()));
        let mut parts = vec![Part::Text(words.say("chat-approved", &[]))];
        parts.extend(words.issued(outcome, self.now()));
        let letter = Letter::new(&parts).with_buttons(&words, &self.bot.actions_below(outcome));
        let failure = match self.direct_message(user, &letter).await {
            Ok((channel, message)) => {
                let message = Some(format!("{channel}/{message}"));
                return Ok(Brought { way: Way::DirectMessage, message });
            }
            Err(failure) => failure,
        };
        let Some(waiting) = waiting else { return Err(failure) };
        tracing::info!(%user, %failure, "no direct message: the outcome is below the answer");
        let route = Route::WebhookFollowupMessages {
            application_id: self.rest.application()?,
            token: &waiting.token,
        };
        let follow_up = with_body(route, LightMethod::Post, &letter.follow_up())?;
        self.rest.answer_once(follow_up, REQUEST_TIME).await?;
        Ok(Brought { way: Way::PrivateAnswer, message: None })
    }

    async fn edit_answer(&self, asked: &Asked, letter: &Letter) -> Result<(), Failure> {
        let route = Route::WebhookOriginalInteractionResponse {
            application_id: self.rest.application()?,
            token: &asked.token,
        };
        self.rest.answer(with_body(route, LightMethod::Patch, &letter.answer())?, ANSWER_TIME).await
    }

    /// A message to one person. Where this fails, it may have arrived all the same.
    pub(super) async fn direct_message(
        &self,
        user: UserId,
        letter: &Letter,
    ) -> Result<(ChannelId, MessageId), Failure> {
        let patience = self.settings.patience;
        let sent = async {
            let recipient = json!({ "recipient_id": user });
            let open = with_body(Route::UserMeDmChannels, LightMethod::Post, &recipient)?;
            let channel: Named<ChannelId> = self.rest.post(open, patience).await?;
            Ok((channel.id, self.send(channel.id, letter, patience).await?))
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
