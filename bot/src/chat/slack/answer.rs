//! The outcome where it was asked for, and a link in a direct message.

use std::sync::PoisonError;

use jiff::Timestamp;
use serde_json::json;
use url::Url;

use super::Inner;
use super::api::Failure;
use super::render::Letter;
use super::request::{Asked, Place};
use super::view;
use crate::admin::Admin;
use crate::audit::Way;
use crate::chat::http::{ANSWER_TIME, REQUEST_TIME};
use crate::issue::{HandedOver, Issued};
use crate::reply::{Part, Reply, Words};
use crate::request::{Action, RequestId};
use crate::tell::Brought;

/// The address at which somebody waits for an approval.
pub(super) struct Waiting {
    response_url: Url,
    lapses_at: Timestamp,
}

impl Inner {
    pub(super) async fn answer(&self, asked: &Asked, admin: &Admin, reply: Reply) {
        let words = self.words();
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
                let mut answered = self.respond(&asked.place, &letter).await;
                // A view may have been closed before its answer comes.
                if answered.is_err() && matches!(asked.place, Place::View { .. }) {
                    answered = self.direct_message(&asked.user, &letter).await.map(|_| ());
                }
                if let Err(failure) = answered {
                    tracing::warn!(%admin, %failure, "an answer did not arrive");
                }
            }
        }
    }

    /// The link in a direct message, and the answer says so; in a view of ours, and where Slack does not deliver that, the link in the answer.
    async fn hand_over(&self, asked: &Asked, admin: &Admin, words: &Words, handed_over: &HandedOver) {
        let link_id = handed_over.link.link_id();
        let parts = words.handed_over(handed_over);
        let buttons = [Action::Revoke(link_id)];
        let letter = Letter::new(&parts).with_buttons(words, &buttons);
        let (way, parts) = match self.direct_message(&asked.user, &letter).await {
            Ok(message) => {
                self.bot.shown(link_id, admin, Way::DirectMessage, Some(message)).await;
                let parts = match asked.place {
                    Place::Address(_) => words.handed_over_by_direct_message(handed_over),
                    Place::View { .. } => {
                        let also = Part::Text(words.say("slack-also-direct-message", &[]));
                        parts.into_iter().chain([also]).collect()
                    }
                };
                (Way::DirectMessage, parts)
            }
            Err(failure) => {
                tracing::info!(%link_id, %failure, "no direct message: the link is in the answer");
                let mut with_link = vec![Part::Text(words.say("slack-no-direct-message", &[]))];
                with_link.extend(parts);
                (Way::PrivateAnswer, with_link)
            }
        };
        let letter = Letter::new(&parts).with_buttons(words, &buttons);
        let answered = self.respond(&asked.place, &letter).await;
        if let Err(failure) = &answered {
            tracing::warn!(%admin, %failure, "an answer did not arrive");
        }
        if way == Way::PrivateAnswer {
            let way = if answered.is_ok() { way } else { Way::Nowhere };
            self.bot.shown(link_id, admin, way, None).await;
        }
    }

    /// What only whoever asked sees.
    async fn respond(&self, place: &Place, letter: &Letter) -> Result<(), Failure> {
        match place {
            Place::Address(url) => self.api.respond(url, &letter.private()).await,
            Place::View { id, about } => {
                let body = json!({ "view_id": id, "view": view::outcome(&self.words(), *about, letter) });
                self.api.call("views.update", &body, ANSWER_TIME).await.map(|_| ())
            }
        }
    }

    /// The way to somebody who waits for an approval: their command can be answered as long as the request lives. A view is closed by then.
    fn remember(&self, request: RequestId, asked: &Asked, lapses_at: Timestamp) {
        let Place::Address(response_url) = &asked.place else { return };
        let now = self.now();
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|_, waiting| now < waiting.lapses_at);
        waiting.insert(request, Waiting { response_url: response_url.clone(), lapses_at });
    }

    /// What became of a request, by direct message; where Slack does not deliver that, as one more answer.
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
        let letter = Letter::new(&parts).with_buttons(&words, &self.bot.actions_below(outcome));
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
        let both = async {
            let opened = self
                .api
                .call("conversations.open", &json!({ "users": user }), self.settings.patience)
                .await?;
            let channel = opened["channel"]["id"].as_str().ok_or(Failure::Unreachable)?;
            self.post(channel, letter).await
        };
        tokio::time::timeout(self.settings.patience, both).await.unwrap_or(Err(Failure::TimedOut))
    }

    /// A message in a channel; names it.
    pub(super) async fn post(&self, channel: &str, letter: &Letter) -> Result<String, Failure> {
        let body = letter.body(&json!({ "channel": channel }));
        let posted = self.api.call_once("chat.postMessage", &body, REQUEST_TIME).await?;
        let ts = posted["ts"].as_str().ok_or(Failure::Unreachable)?;
        let channel = posted["channel"].as_str().unwrap_or(channel);
        Ok(format!("{channel}/{ts}"))
    }
}
