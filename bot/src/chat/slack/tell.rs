//! What goes out without an answer being due: news, outcomes of approved requests, changes of messages that stand, and the audit channel.

use async_trait::async_trait;
use keys::ContactId;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::Slack;
use super::render::Letter;
use crate::admin::{Admin, Caller};
use crate::audit::{Fate, Request, RequestState};
use crate::chat::courier;
use crate::chat::feed::{Reader, post_until_taken, with_last_words};
use crate::chat::http::REQUEST_TIME;
use crate::outcome::{Delivered, Issued, News, Question};
use crate::ports::{Chat, ChatError};
use crate::request::{Action, RequestId};

#[async_trait]
impl Chat for Slack {
    async fn notify(&self, admin: &Admin, news: &News) -> Result<(), ChatError> {
        let letter = Letter::new(&self.0.words().news(news, self.0.now()));
        let told = self.0.send(&admin.user, &letter).await;
        told.map(|_| ()).map_err(|failure| ChatError(failure.to_string()))
    }

    async fn deliver_outcome(
        &self,
        admin: &Admin,
        request: Option<RequestId>,
        outcome: &Issued,
    ) -> Result<Delivered, ChatError> {
        courier::deliver_outcome(&*self.0, admin, request, outcome).await
    }

    async fn caller(&self, admin: &Admin) -> Result<Option<Caller>, ChatError> {
        let caller = self.0.caller(&admin.user, &self.0.settings.team).await;
        caller.map(Some).map_err(|failure| ChatError(failure.to_string()))
    }

    async fn close_link(&self, message: &str, contact: &ContactId, fate: Fate) -> Result<(), ChatError> {
        let parts = self.0.words().link_over(contact, fate, self.0.now());
        self.edit(message, &Letter::new(&parts)).await
    }

    async fn ask(&self, question: &Question) -> Option<Result<String, ChatError>> {
        let channel = self.0.settings.approvals_channel.as_deref()?;
        let words = self.0.words();
        let buttons = [Action::Approve(question.request), Action::Decline(question.request)];
        let letter = Letter::new(&words.question(question, self.0.now())).with_buttons(&words, &buttons);
        let posted = self.0.post(channel, &letter).await;
        Some(posted.map_err(|failure| ChatError(failure.to_string())))
    }

    async fn close_request(
        &self,
        message: &str,
        request: &Request,
        state: &RequestState,
    ) -> Result<(), ChatError> {
        let parts = self.0.words().question_over(request, state);
        self.edit(message, &Letter::new(&parts)).await
    }
}

impl Slack {
    /// Tells the audit channel, where there is one, of each event until `stop`, and then of what has come until then.
    pub async fn feed(&self, stop: CancellationToken) {
        let Some(channel) = self.0.settings.audit_channel.clone() else { return };
        let events = self.0.bot.follow_audit();
        let mut reader = Reader::new(self.0.words(), events);
        let feed = async {
            while let Some(lines) = reader.next(&stop).await {
                self.tell_channel(&channel, &Letter::new(&lines), &stop).await;
            }
        };
        with_last_words(feed, &stop).await;
    }

    async fn tell_channel(&self, channel: &str, letter: &Letter, stop: &CancellationToken) {
        let post = || self.0.post(channel, letter);
        if let Err(failure) = post_until_taken(post, stop).await {
            tracing::error!(channel, %failure, "the audit channel was not told of an event; the audit has it");
        }
    }

    /// Puts something else in place of a message of ours, its buttons too.
    async fn edit(&self, message: &str, letter: &Letter) -> Result<(), ChatError> {
        let (channel, ts) = message
            .split_once('/')
            .ok_or_else(|| ChatError("the audit names no message of Slack's".to_owned()))?;
        let body = letter.body(&json!({ "channel": channel, "ts": ts }));
        let edited = self.0.api.call("chat.update", &body, REQUEST_TIME).await;
        edited.map(|_| ()).map_err(|failure| ChatError(failure.to_string()))
    }
}
