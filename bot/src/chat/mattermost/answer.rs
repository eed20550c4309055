//! The outcome where it was asked for, and a link in a direct message and nowhere else.

use std::sync::PoisonError;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use reqwest::Method;
use serde_json::json;

use super::Inner;
use super::api::Failure;
use super::hook::HookId;
use super::render::{Buttons, Letter};
use crate::admin::Admin;
use crate::audit::Way;
use crate::chat::http::REQUEST_TIME;
use crate::issue::{HandedOver, Issued};
use crate::reply::{Part, Reply, Words};
use crate::request::{Action, RequestId};
use crate::tell::Brought;

/// Where somebody who waits for an approval can be answered.
pub(super) struct Waiting {
    hook: HookId,
    lapses_at: Timestamp,
}

impl Inner {
    /// Buttons below what `reader` reads; `None`: whoever is in the channel.
    pub(super) fn buttons<'a>(&'a self, words: &'a Words, reader: Option<&'a str>) -> Buttons<'a> {
        let (sealer, callback_url) = (&self.sealer, self.settings.callback_url.as_str());
        Buttons { words, sealer, callback_url, reader, now: self.now() }
    }

    /// The answer as a letter, never with a link: that is brought to the admin by direct message.
    ///
    /// Invariant: no link goes to an address that came with a request, nor down the connection on which it came. A command is known by a token that every request
    /// shows, a press by a context that the server stores, and neither is a signature over who asks.
    pub(super) async fn letter(&self, admin: &Admin, reply: &Reply) -> Letter {
        let words = self.words();
        match reply {
            Reply::Issue(Issued::HandedOver(handed_over)) => self.hand_over(admin, &words, handed_over).await,
            reply => {
                let contact = match reply {
                    Reply::Issue(Issued::Mailed(mailed)) => mailed.contact.as_str(),
                    _ => "",
                };
                let letter = Letter::new(&words.reply(reply, self.now()));
                letter.with_buttons(
                    &self.buttons(&words, Some(&admin.user)),
                    &self.bot.actions(reply),
                    contact,
                )
            }
        }
    }

    async fn hand_over(&self, admin: &Admin, words: &Words, handed_over: &HandedOver) -> Letter {
        let (link_id, contact) = (handed_over.link.link_id(), handed_over.contact.as_str());
        let (buttons, actions) = (self.buttons(words, Some(&admin.user)), [Action::Revoke(link_id)]);
        let direct = Letter::new(&words.handed_over(handed_over)).with_buttons(&buttons, &actions, contact);
        match self.direct_message(&admin.user, &direct).await {
            Ok(message) => {
                self.bot.shown(link_id, admin, Way::DirectMessage, Some(message)).await;
                let parts = words.handed_over_by_direct_message(handed_over);
                Letter::new(&parts).with_buttons(&buttons, &actions, contact)
            }
            Err(failure) => {
                tracing::warn!(%admin, %link_id, %failure, "no direct message: the link is withdrawn");
                let is_withdrawn = self.bot.shown(link_id, admin, Way::Nowhere, None).await;
                Letter::new(&[words.not_handed_over(&handed_over.contact, is_withdrawn)])
            }
        }
    }

    pub(super) async fn answer(&self, hook: &HookId, admin: &Admin, reply: &Reply) {
        if let Reply::Issue(Issued::Waiting(waiting)) = reply {
            self.remember(waiting.request, hook, waiting.lapses_at);
        }
        let letter = self.letter(admin, reply).await;
        if let Err(failure) = self.api.respond(hook, &letter.private()).await {
            tracing::warn!(%admin, %failure, "an answer did not arrive");
        }
    }

    /// The way to somebody who waits for an approval: their command can be answered as long as the request lives.
    fn remember(&self, request: RequestId, hook: &HookId, lapses_at: Timestamp) {
        let now = self.now();
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|_, waiting| now < waiting.lapses_at);
        waiting.insert(request, Waiting { hook: hook.clone(), lapses_at });
    }

    /// What became of a request, by direct message. Where that is not delivered, what holds no link is one more answer; a link reaches nobody.
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
            &self.buttons(&words, Some(user)),
            &self.bot.actions_below(outcome),
            contact,
        );
        let failure = match self.direct_message(user, &letter).await {
            Ok(message) => return Ok(Brought { way: Way::DirectMessage, message: Some(message) }),
            Err(failure) => failure,
        };
        let (Some(waiting), false) = (waiting, matches!(outcome, Issued::HandedOver(_))) else {
            return Err(failure);
        };
        tracing::info!(user, %failure, "no direct message: the outcome is one more answer");
        self.api.respond(&waiting.hook, &letter.private()).await?;
        Ok(Brought { way: Way::PrivateAnswer, message: None })
    }

    /// A message to one person; names it. Where this fails, it may have arrived all the same.
    pub(super) async fn direct_message(&self, user: &str, letter: &Letter) -> Result<String, Failure> {
        let patience = self.settings.patience;
        let name = self.name_post();
        let both = async {
            let own = self.api.call(Method::GET, "/users/me", None, patience).await?;
            let own = own["id"].as_str().ok_or(Failure::Unreachable)?;
            let pair = json!([own, user]);
            let channel = self.api.call(Method::POST, "/channels/direct", Some(&pair), patience).await?;
            self.post(channel["id"].as_str().ok_or(Failure::Unreachable)?, &name, letter).await
        };
        tokio::time::timeout(patience, both).await.unwrap_or(Err(Failure::TimedOut))
    }

    /// A name for a post that is yet to be written. For half a minute the server takes a second post of the same name for the same post
    /// (<https://github.com/mattermost/mattermost/blob/master/server/channels/app/post.go>, `deduplicateCreatePost`), so that it may be sent again.
    pub(super) fn name_post(&self) -> String {
        let mut random = [0; 16];
        self.bot.random(&mut random);
        URL_SAFE_NO_PAD.encode(random)
    }

    /// A post in a channel; names it.
    pub(super) async fn post(&self, channel: &str, name: &str, letter: &Letter) -> Result<String, Failure> {
        let post = letter.post(channel, name);
        let posted = self.api.call(Method::POST, "/posts", Some(&post), REQUEST_TIME).await?;
        posted["id"].as_str().map(str::to_owned).ok_or(Failure::Unreachable)
    }
}
