//! What goes out without an answer being due: news, outcomes of approved requests, and changes of messages that stand.

use async_trait::async_trait;
use keys::ContactId;
use serenity::all::{ChannelId, MessageId, UserId};
use serenity::http::{LightMethod, Route};

use super::Discord;
use super::connection::REQUEST_TIME;
use super::render::Letter;
use super::rest::with_body;
use crate::admin::{Admin, Caller};
use crate::audit::{Fate, Request, RequestState};
use crate::chat::courier;
use crate::outcome::{Delivered, Issued, News, Question};
use crate::ports::{Chat, ChatError};
use crate::request::{Action, RequestId};

#[async_trait]
impl Chat for Discord {
    async fn notify(&self, admin: &Admin, news: &News) -> Result<(), ChatError> {
        let words = self.0.words(None);
        let letter = Letter::new(&words.news(news, self.0.now()));
        let told = self.0.write_to(user(admin)?, &letter).await;
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
        let caller = self.0.member(user(admin)?).await;
        caller.map(Some).map_err(|failure| ChatError(failure.to_string()))
    }

    async fn close_link(&self, message: &str, contact: &ContactId, fate: Fate) -> Result<(), ChatError> {
        let parts = self.0.words(None).link_over(contact, fate, self.0.now());
        self.edit(message, &Letter::new(&parts)).await
    }

    async fn ask(&self, question: &Question) -> Option<Result<String, ChatError>> {
        let channel = self.0.settings.approvals_channel?;
        let words = self.0.words(None);
        let buttons = [Action::Approve(question.request), Action::Decline(question.request)];
        let letter = Letter::new(&words.question(question, self.0.now())).with_buttons(&words, &buttons);
        Some(match self.0.send(channel, &letter, REQUEST_TIME).await {
            Ok(message) => Ok(format!("{channel}/{message}")),
            Err(failure) => Err(ChatError(format!("{failure}; `reset-link doctor` tells more"))),
        })
    }

    async fn close_request(
        &self,
        message: &str,
        request: &Request,
        state: &RequestState,
    ) -> Result<(), ChatError> {
        let parts = self.0.words(None).question_over(request, state);
        self.edit(message, &Letter::new(&parts)).await
    }
}

impl Discord {
    /// Puts something else in place of a message of ours, its buttons too.
    async fn edit(&self, message: &str, letter: &Letter) -> Result<(), ChatError> {
        let (channel, message) =
            names(message).ok_or_else(|| ChatError("the audit names no message of Discord's".to_owned()))?;
        let route = Route::ChannelMessage { channel_id: channel, message_id: message };
        let edited = async {
            let edit = with_body(route, LightMethod::Patch, &letter.edit())?;
            self.0.rest.put(edit, REQUEST_TIME).await
        };
        edited.await.map_err(|failure| ChatError(failure.to_string()))
    }
}

fn user(admin: &Admin) -> Result<UserId, ChatError> {
    let id = admin.user.parse().ok().filter(|id| *id != 0);
    id.map(UserId::new).ok_or_else(|| ChatError(format!("{admin} is nobody on Discord")))
}

/// `channel/message`, as it was written down.
fn names(message: &str) -> Option<(ChannelId, MessageId)> {
    let (channel, message) = message.split_once('/')?;
    let id = |text: &str| text.parse().ok().filter(|id| *id != 0);
    Some((ChannelId::new(id(channel)?), MessageId::new(id(message)?)))
}
