//! From a command to its answer: at once "on it", for this person alone; then the outcome, and a link in a direct message.

use serenity::all::{
    ChannelId, CreateInteractionResponse, CreateInteractionResponseMessage, InteractionId, MessageId, UserId,
};

use super::Inner;
use super::connection::REQUEST_TIME;
use super::failure::{Failure, within};
use super::render::Letter;
use crate::admin::Admin;
use crate::audit::Way;
use crate::issue::{HandedOver, Issued};
use crate::reply::{Part, Reply, Words};

/// How often the acknowledgement is tried: the first may be lost on the way there or back.
const TRIES: usize = 2;

/// What an answer needs.
pub(super) struct Asked {
    pub(super) id: InteractionId,
    /// Opens the answer for 15 minutes: belongs in no log.
    pub(super) token: String,
    pub(super) user: UserId,
    pub(super) locale: String,
}

impl Inner {
    /// "On it", for this person alone. Without it nothing is begun: nobody would see what came of it.
    pub(super) async fn acknowledge(&self, asked: &Asked) -> bool {
        let on_it = CreateInteractionResponse::Defer(CreateInteractionResponseMessage::new().ephemeral(true));
        for attempt in 1..=TRIES {
            let request = self.http.create_interaction_response(asked.id, &asked.token, &on_it, Vec::new());
            match within(REQUEST_TIME, request).await {
                Ok(()) => return true,
                // The first attempt was carried out, and its answer lost.
                Err(Failure::AlreadyAcknowledged) if attempt > 1 => return true,
                Err(failure) if failure.is_passing() && attempt < TRIES => {}
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
        match reply {
            Reply::Issue(Issued::HandedOver(handed_over)) => {
                self.hand_over(asked, admin, &words, &handed_over).await;
            }
            reply => {
                let parts = words.reply(&reply, self.now());
                if let Err(failure) = self.edit_answer(asked, &parts).await {
                    tracing::warn!(interaction = %asked.id, %failure, "an answer did not arrive");
                }
            }
        }
    }

    /// The link in a direct message, and the answer says so; where Discord does not deliver that, the link in the answer.
    async fn hand_over(&self, asked: &Asked, admin: &Admin, words: &Words, handed_over: &HandedOver) {
        let link_id = handed_over.link.link_id();
        let parts = words.handed_over(handed_over);
        let direct = self.direct_message(asked.user, &Letter::new(&parts)).await;
        let (way, message, parts) = match direct {
            Ok((channel, message)) => {
                let message = format!("{channel}/{message}");
                (Way::DirectMessage, Some(message), words.handed_over_by_direct_message(handed_over))
            }
            Err(failure) => {
                tracing::info!(%link_id, %failure, "no direct message: the link is in the answer");
                let mut with_link = vec![Part::Text(words.say("discord-no-direct-message", &[]))];
                with_link.extend(parts);
                (Way::PrivateAnswer, None, with_link)
            }
        };
        let answered = self.edit_answer(asked, &parts).await;
        let way = match (&answered, way) {
            (Err(_), Way::PrivateAnswer) => Way::Nowhere,
            (_, way) => way,
        };
        if let Err(failure) = answered {
            tracing::warn!(interaction = %asked.id, %failure, "an answer did not arrive");
        }
        self.bot.shown(link_id, admin, way, message).await;
    }

    async fn edit_answer(&self, asked: &Asked, parts: &[Part]) -> Result<(), Failure> {
        let edit = Letter::new(parts).answer();
        let mut outcome = Ok(());
        for _ in 0..TRIES {
            let request = self.http.edit_original_interaction_response(&asked.token, &edit, Vec::new());
            outcome = within(REQUEST_TIME, request).await.map(|_| ());
            if !outcome.as_ref().is_err_and(Failure::is_passing) {
                break;
            }
        }
        outcome
    }

    /// A message to one person. Where this fails, it may have arrived all the same.
    pub(super) async fn direct_message(
        &self,
        user: UserId,
        letter: &Letter,
    ) -> Result<(ChannelId, MessageId), Failure> {
        within(self.settings.patience, async {
            let channel = user.create_dm_channel(&self.http).await?;
            let message = self.http.send_message(channel.id, Vec::new(), &letter.message()).await?;
            Ok((channel.id, message.id))
        })
        .await
    }
}
