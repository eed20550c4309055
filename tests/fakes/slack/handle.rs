//! One thing that a person did, as that person experiences it.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::deliver::dispatch;
use super::message::SlackMessage;
use super::user_action::{Acknowledgement, UserAction};
use super::world::{Shared, World};
use crate::fakes::kit::TooLate;

/// A choice that the bot offers while somebody types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// As shown.
    pub text: String,
    /// What is sent when it is chosen.
    pub value: String,
}

/// A command that was typed, a button that was pressed, a form that was sent. A clone is the same one.
#[derive(Clone)]
pub struct SlashHandle {
    pub(super) shared: Arc<Shared>,
    pub(super) user_action: usize,
}

impl std::fmt::Debug for SlashHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SlashHandle").field("user_action", &self.user_action).finish_non_exhaustive()
    }
}

impl SlashHandle {
    fn look<R>(&self, look: impl FnOnce(&UserAction) -> R) -> R {
        self.shared.peek(|world| look(world.user_actions.get(self.user_action).expect("the fake made it")))
    }

    fn messages(world: &World, user_action: usize) -> Vec<SlackMessage> {
        let answers = world
            .user_actions
            .get(user_action)
            .map(|user_action| user_action.answers.clone())
            .unwrap_or_default();
        answers.iter().filter_map(|answer| world.messages.get(*answer).cloned()).collect()
    }

    /// Waits for what the bot says first.
    ///
    /// # Errors
    ///
    /// When nothing has come by then.
    pub async fn acknowledged(&self, within: Duration) -> Result<Acknowledgement, TooLate> {
        self.shared
            .until("acknowledgement", within, |world| {
                world.user_actions.get(self.user_action)?.acknowledgements.first().cloned()
            })
            .await
    }

    /// Waits until Slack tells this person that the bot has failed: `operation_timeout`, `dispatch_failed`, `http_service_error`.
    ///
    /// # Errors
    ///
    /// When it has not by then.
    pub async fn failed(&self, within: Duration) -> Result<String, TooLate> {
        self.shared
            .until("failure", within, |world| world.user_actions.get(self.user_action)?.failure.clone())
            .await
    }

    /// Waits for a message in answer, in the acknowledgement or at the response URL.
    ///
    /// # Errors
    ///
    /// When there is none by then.
    pub async fn answer(&self, within: Duration) -> Result<SlackMessage, TooLate> {
        self.answer_that(within, |_| true).await
    }

    /// Waits for a message in answer that is as described, new or replaced.
    ///
    /// # Errors
    ///
    /// When there is none by then.
    pub async fn answer_that(
        &self,
        within: Duration,
        fits: impl Fn(&SlackMessage) -> bool,
    ) -> Result<SlackMessage, TooLate> {
        self.shared
            .until("answer", within, |world| {
                Self::messages(world, self.user_action)
                    .into_iter()
                    .find(|answer| !answer.deleted && fits(answer))
            })
            .await
    }

    /// Waits for so many messages in answer.
    ///
    /// # Errors
    ///
    /// When there are fewer by then.
    pub async fn answers(&self, count: usize, within: Duration) -> Result<Vec<SlackMessage>, TooLate> {
        self.shared
            .until("answers", within, |world| {
                Some(Self::messages(world, self.user_action)).filter(|answers| answers.len() >= count)
            })
            .await
    }

    /// The messages in answer so far, deleted ones too.
    pub fn answers_now(&self) -> Vec<SlackMessage> {
        self.shared.peek(|world| Self::messages(world, self.user_action))
    }

    /// Waits for what is offered to somebody who types, groups dissolved.
    ///
    /// # Errors
    ///
    /// When nothing has come by then.
    pub async fn choices(&self, within: Duration) -> Result<Vec<Choice>, TooLate> {
        let offered = self.acknowledged(within).await?.json();
        let groups = offered["option_groups"].as_array().into_iter().flatten().map(|group| &group["options"]);
        let lists = std::iter::once(&offered["options"]).chain(groups);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let choice =
            |option: &Value| Choice { text: text(&option["text"]["text"]), value: text(&option["value"]) };
        Ok(lists.filter_map(Value::as_array).flatten().map(choice).collect())
    }

    /// Every acknowledgement, those of replays too.
    pub fn acknowledgements(&self) -> Vec<Acknowledgement> {
        self.look(|user_action| user_action.acknowledgements.clone())
    }

    /// Waits for so many acknowledgements, those of replays too.
    ///
    /// # Errors
    ///
    /// When there are fewer by then.
    pub async fn acknowledgements_that(
        &self,
        count: usize,
        within: Duration,
    ) -> Result<Vec<Acknowledgement>, TooLate> {
        self.shared
            .until("acknowledgements", within, |world| {
                let all = &world.user_actions.get(self.user_action)?.acknowledgements;
                (all.len() >= count).then(|| all.clone())
            })
            .await
    }

    /// What the bot was told: a command's fields, or the payload.
    pub fn payload(&self) -> Value {
        self.look(|user_action| user_action.payload.clone())
    }

    /// Where answers go; empty where there is no such place. It belongs in no log.
    pub fn response_url(&self) -> String {
        self.look(|user_action| user_action.payload["response_url"].as_str().unwrap_or_default().to_owned())
    }

    /// What lets the bot open a view, once and for three seconds. It belongs in no log.
    pub fn trigger_id(&self) -> String {
        self.look(|user_action| user_action.payload["trigger_id"].as_str().unwrap_or_default().to_owned())
    }

    /// Tells the bot of this very thing once more, signed anew.
    pub fn replay(&self) {
        dispatch(&self.shared, self.user_action);
    }

    /// The response URL is no good from now on, as after thirty minutes.
    pub fn lapse(&self) {
        self.shared.with(|world| {
            for hook in world.hooks.iter_mut().filter(|hook| hook.user_action == self.user_action) {
                hook.created = Timestamp::MIN;
            }
        });
    }
}
