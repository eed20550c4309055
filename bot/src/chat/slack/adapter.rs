//! Slack's part of each message, and where it is sent.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;
use texts::Key;
use url::Url;

use super::api::{Groups, SlackError, WebApi};
use super::render::{SlackMessage, modal};
use super::settings::{NAME, PLATFORM, SlackSettings};
use crate::Clock;
use crate::admin::{Admin, Caller, Platform};
use crate::bot::Bot;
use crate::chat::courier::Courier;
use crate::chat::courier::adapter::{Adapter, Message};
use crate::chat::http::{ANSWER_TIME, REQUEST_TIME};
use crate::command::CommandName;
use crate::outcome::HandedOver;
use crate::words::{Markup, Part, Words};

/// The chat on Slack. A clone is the same one.
pub type Slack = Courier<SlackAdapter>;

/// What the courier works with on Slack.
pub struct SlackAdapter {
    bot: Bot,
    pub(super) api: WebApi,
    pub(super) settings: SlackSettings,
    groups: Groups,
    clock: Clock,
}

impl Slack {
    /// An adapter for this bot. The client finds Slack, and trusts its certificate.
    pub fn new(bot: Bot, client: reqwest::Client, settings: SlackSettings, clock: Clock) -> Self {
        let api = WebApi::new(client, settings.bot_token.clone());
        let courier = settings.courier.clone();
        let adapter = SlackAdapter {
            bot: bot.clone(),
            api,
            settings,
            groups: Groups::default(),
            clock: Clock::clone(&clock),
        };
        Self::by(adapter, bot, courier, clock)
    }
}

/// Where an answer goes.
#[derive(Clone)]
pub enum AnswerTarget {
    /// To the address that came with the request. It opens the answer for 30 minutes: belongs in no log.
    ResponseUrl(Url),
    /// Into a modal of ours.
    Modal {
        /// Slack's id of it.
        id: String,
        /// The command that it was opened for.
        about: CommandName,
    },
}

#[async_trait]
impl Adapter for SlackAdapter {
    const PLATFORM: Platform = PLATFORM;
    const NAME: &'static str = NAME;
    const MARKUP: Markup = Markup::Slack;

    type AnswerTarget = AnswerTarget;
    type Rendered = SlackMessage;
    type Error = SlackError;

    /// The address came signed, and leads to Slack alone; a modal is ours.
    fn above_link(&self, _target: &AnswerTarget) -> Option<Key> {
        Some(texts::slack::NO_DIRECT_MESSAGE)
    }

    /// A command can be answered for half an hour; a modal is closed by then.
    fn later_target(&self, target: &AnswerTarget) -> Option<AnswerTarget> {
        matches!(target, AnswerTarget::ResponseUrl(_)).then(|| target.clone())
    }

    /// A modal shows the link as well: it stays open until it is closed.
    fn beside_direct_message(&self, target: &AnswerTarget, words: &Words, link: &HandedOver) -> Vec<Part> {
        match target {
            AnswerTarget::ResponseUrl(_) => words.handed_over_by_direct_message(link),
            AnswerTarget::Modal { .. } => {
                let also = Part::Text(words.say(texts::slack::ALSO_DIRECT_MESSAGE, &[]));
                words.handed_over(link).into_iter().chain([also]).collect()
            }
        }
    }

    fn render(&self, message: &Message<'_>) -> SlackMessage {
        SlackMessage::new(message)
    }

    /// By the user groups that Slack says they are in.
    async fn caller(&self, admin: &Admin) -> Result<Option<Caller>, SlackError> {
        let place = Some(self.settings.team.clone());
        let mut caller = Caller { admin: admin.clone(), place, groups: Vec::new() };
        let mut unsaid = None;
        for group in &self.settings.groups {
            if self.bot.may_issue(&caller) {
                break;
            }
            match self.groups.members(&self.api, group, (self.clock)()).await {
                Ok(members) if members.contains(&admin.user) => caller.groups.push(group.clone()),
                Ok(_) => {}
                Err(failure) => {
                    tracing::error!(group, %failure, "who is in a user group could not be learned");
                    unsaid = Some(failure);
                }
            }
        }
        match unsaid {
            Some(failure) if !self.bot.may_issue(&caller) => Err(failure),
            _ => Ok(Some(caller)),
        }
    }

    async fn direct_message(&self, user: &str, message: &SlackMessage) -> Result<String, SlackError> {
        let patience = self.settings.patience;
        let both = async {
            let opened = self.api.call("conversations.open", &json!({ "users": user }), patience).await?;
            let channel = opened["channel"]["id"].as_str().ok_or(SlackError::Unreachable)?;
            self.post(channel, message, REQUEST_TIME).await
        };
        tokio::time::timeout(patience, both).await.unwrap_or(Err(SlackError::TimedOut))
    }

    async fn post(
        &self,
        channel: &str,
        message: &SlackMessage,
        patience: Duration,
    ) -> Result<String, SlackError> {
        let body = message.body(&json!({ "channel": channel }));
        let posted = self.api.call_once("chat.postMessage", &body, patience).await?;
        let ts = posted["ts"].as_str().ok_or(SlackError::Unreachable)?;
        let channel = posted["channel"].as_str().unwrap_or(channel);
        Ok(format!("{channel}/{ts}"))
    }

    async fn edit(&self, name: &str, message: &SlackMessage) -> Result<(), SlackError> {
        let (channel, ts) = name.split_once('/').ok_or(SlackError::NoSuchMessage)?;
        let body = message.body(&json!({ "channel": channel, "ts": ts }));
        self.api.call("chat.update", &body, REQUEST_TIME).await.map(|_| ())
    }

    /// What only whoever asked sees.
    async fn answer(&self, target: &AnswerTarget, message: &SlackMessage) -> Result<(), SlackError> {
        match target {
            AnswerTarget::ResponseUrl(url) => self.api.respond(url, &message.private()).await,
            AnswerTarget::Modal { id, about } => {
                let words = self.settings.courier.words(Self::MARKUP, None);
                let body = json!({ "view_id": id, "view": modal::outcome(&words, *about, message) });
                self.api.call("views.update", &body, ANSWER_TIME).await.map(|_| ())
            }
        }
    }
}
