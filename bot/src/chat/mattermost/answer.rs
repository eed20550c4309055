//! The outcome at the address that came with the command, and a link in a direct message.

use std::sync::PoisonError;

use jiff::Timestamp;
use reqwest::Method;
use serde_json::json;

use super::Inner;
use super::api::Failure;
use super::render::{Buttons, Letter};
use crate::admin::Admin;
use crate::audit::Way;
use crate::chat::http::REQUEST_TIME;
use crate::issue::{HandedOver, Issued};
use crate::reply::{Part, Reply, Words};
use crate::request::{Action, RequestId};
use crate::tell::Brought;

/// The address at which somebody waits for an approval.
pub(super) struct Waiting {
    response_url: String,
    lapses_at: Timestamp,
}

impl Inner {
    pub(super) fn buttons<'a>(&'a self, words: &'a Words) -> Buttons<'a> {
        Buttons { words, sealer: &self.sealer, callback_url: &self.settings.callback_url, now: self.now() }
    }

    /// The answer as a letter; a link is brought to the admin by direct message first, and is in the letter where that fails.
    pub(super) async fn letter(&self, admin: &Admin, reply: &Reply) -> (Letter, Option<keys::LinkId>) {
        let words = self.words();
        match reply {
            Reply::Issue(Issued::HandedOver(handed_over)) => self.hand_over(admin, &words, handed_over).await,
            reply => {
                let contact = match reply {
                    Reply::Issue(Issued::Mailed(mailed)) => mailed.contact.as_str(),
                    _ => "",
                };
                let letter = Letter::new(&words.reply(reply, self.now()));
                (letter.with_buttons(&self.buttons(&words), &self.bot.actions(reply), contact), None)
            }
        }
    }

    async fn hand_over(
        &self,
        admin: &Admin,
        words: &Words,
        handed_over: &HandedOver,
    ) -> (Letter, Option<keys::LinkId>) {
        let (link_id, contact) = (handed_over.link.link_id(), handed_over.contact.as_str());
        let (buttons, actions) = (self.buttons(words), [Action::Revoke(link_id)]);
        let parts = words.handed_over(handed_over);
        let direct = Letter::new(&parts).with_buttons(&buttons, &actions, contact);
        match self.direct_message(&admin.user, &direct).await {
            Ok(message) => {
                self.bot.shown(link_id, admin, Way::DirectMessage, Some(message)).await;
                let parts = words.handed_over_by_direct_message(handed_over);
                (Letter::new(&parts).with_buttons(&buttons, &actions, contact), None)
            }
            Err(failure) => {
                tracing::info!(%link_id, %failure, "no direct message: the link is in the answer");
                let mut with_link = vec![Part::Text(words.say("mattermost-no-direct-message", &[]))];
                with_link.extend(parts);
                (Letter::new(&with_link).with_buttons(&buttons, &actions, contact), Some(link_id))
            }
        }
    }

    pub(super) async fn answer(&self, response_url: &str, admin: &Admin, reply: &Reply) {
        if let Reply::Issue(Issued::Waiting(waiting)) = reply {
            self.remember(waiting.request, response_url, waiting.lapses_at);
        }
        let (letter, link_id) = self.letter(admin, reply).await;
        let answered = self.api.respond(response_url, &letter.private()).await;
        if let Err(failure) = &answered {
            tracing::warn!(%admin, %failure, "an answer did not arrive");
        }
        if let Some(link_id) = link_id {
            let way = if answered.is_ok() { Way::PrivateAnswer } else { Way::Nowhere };
            self.bot.shown(link_id, admin, way, None).await;
        }
    }

    /// The way to somebody who waits for an approval: their command can be answered as long as the request lives.
    fn remember(&self, request: RequestId, response_url: &str, lapses_at: Timestamp) {
        let now = self.now();
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|_, waiting| now < waiting.lapses_at);
        waiting.insert(request, Waiting { response_url: response_url.to_owned(), lapses_at });
    }

    /// What became of a request, by direct message; where that is not delivered, as one more answer.
    pub(super) async fn bring(
        &self,
        user: &str,
        request: RequestId,
        outcome: &Issued,
    ) -> Result<Brought, Failure> {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&request);
        let words = self.words();
        let mut parts = vec![Part::Text(words.say("chat-approved", &[]))];
        parts.extend(words.issued(outcome, self.now()));
        let contact = match outcome {
            Issued::HandedOver(handed_over) => handed_over.contact.as_str(),
            Issued::Mailed(mailed) => mailed.contact.as_str(),
            Issued::Waiting(_) | Issued::Refused(_) => "",
        };
        let letter = Letter::new(&parts).with_buttons(
            &self.buttons(&words),
            &self.bot.actions_below(outcome),
            contact,
        );
        let failure = match self.direct_message(user, &letter).await {
            Ok(message) => return Ok(Brought { way: Way::DirectMessage, message: Some(message) }),
            Err(failure) => failure,
        };
        let Some(waiting) = waiting else { return Err(failure) };
        tracing::info!(user, %failure, "no direct message: the outcome is one more answer");
        self.api.respond(&waiting.response_url, &letter.private()).await?;
        Ok(Brought { way: Way::PrivateAnswer, message: None })
    }

    /// A message to one person; names it. Where this fails, it may have arrived all the same.
    pub(super) async fn direct_message(&self, user: &str, letter: &Letter) -> Result<String, Failure> {
        let patience = self.settings.patience;
        let both = async {
            let own = self.api.call(Method::GET, "/users/me", None, patience).await?;
            let own = own["id"].as_str().ok_or(Failure::Unreachable)?;
            let pair = json!([own, user]);
            let channel = self.api.call(Method::POST, "/channels/direct", Some(&pair), patience).await?;
            self.post(channel["id"].as_str().ok_or(Failure::Unreachable)?, letter).await
        };
        tokio::time::timeout(patience, both).await.unwrap_or(Err(Failure::TimedOut))
    }

    /// A post in a channel; names it.
    pub(super) async fn post(&self, channel: &str, letter: &Letter) -> Result<String, Failure> {
        let posted = self.api.call(Method::POST, "/posts", Some(&letter.post(channel)), REQUEST_TIME).await?;
        posted["id"].as_str().map(str::to_owned).ok_or(Failure::Unreachable)
    }
}
