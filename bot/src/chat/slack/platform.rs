//! Slack as the wiring sees it.

use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use config::{ConfiguredAdmin, SlackHearing};
use tokio_util::sync::CancellationToken;

use super::adapter::Slack;
use super::doctor::examine;
use super::settings::{COMMAND_ROUTE, NAME, PLATFORM, SlackSettings};
use crate::Clock;
use crate::admin::Platform;
use crate::bot::Bot;
use crate::chat::chat_platform::{
    ChatEnded, ChatPlatform, CommandRoute, ConfiguredChat, Diagnosis, Outgoing, WhoIsAllowed,
};
use crate::chat::websocket::Connecting;
use crate::policy::{Allowed, People};
use crate::ports::Chat;

/// A workspace on Slack.
pub struct SlackPlatform;

#[async_trait]
impl ChatPlatform for SlackPlatform {
    fn platform(&self) -> Platform {
        PLATFORM
    }

    fn name(&self) -> &'static str {
        NAME
    }

    fn allowed(&self, config: &config::Bot) -> Option<Allowed> {
        config.slack.as_ref().map(|slack| Allowed {
            places: vec![slack.team.clone()],
            groups: slack.allow_groups.clone(),
            users: slack.allow_users.clone(),
            search: slack.search,
        })
    }

    fn account<'a>(&self, admin: &'a ConfiguredAdmin) -> Option<&'a str> {
        admin.slack.as_deref()
    }

    fn called(&self) -> WhoIsAllowed {
        WhoIsAllowed {
            groups: Some(["user group on Slack", "user groups on Slack"]),
            users: ["user on Slack", "users on Slack"],
            approvals_key: "slack.approvals_channel",
            cure: "name another one in slack.allow_users or [[admins]], or a user group in slack.allow_groups",
        }
    }

    fn approvals_channel<'a>(&self, config: &'a config::Bot) -> Option<&'a str> {
        config.slack.as_ref()?.approvals_channel.as_deref()
    }

    fn help_desk_channel<'a>(&self, config: &'a config::Bot) -> Option<&'a str> {
        config.slack.as_ref()?.help_desk_channel()
    }

    fn build(
        &self,
        config: &config::Bot,
        people: &People,
        bot: &Bot,
        clock: &Clock,
        outgoing: &Outgoing,
    ) -> Result<Option<Box<dyn ConfiguredChat>>, reqwest::Error> {
        let Some(slack) = &config.slack else { return Ok(None) };
        let mut settings = SlackSettings::new(slack, &config.organisation, people.clone());
        settings.patience = outgoing.patience;
        let chat = Slack::new(bot.clone(), outgoing.client()?, settings, Clock::clone(clock));
        let (hearing, connecting) = (slack.hearing.clone(), outgoing.connecting.clone());
        Ok(Some(Box::new(ConfiguredSlack { chat, hearing, connecting })))
    }

    /// In Socket Mode it does not call.
    fn command_route(&self, config: &config::Bot) -> Option<CommandRoute> {
        let slack = config.slack.as_ref()?;
        matches!(slack.hearing, SlackHearing::Requests(_)).then_some(COMMAND_ROUTE)
    }

    async fn examine(
        &self,
        config: &config::Bot,
        clock: &Clock,
        outgoing: &Outgoing,
    ) -> Result<Option<Diagnosis>, reqwest::Error> {
        let Some(slack) = &config.slack else { return Ok(None) };
        Ok(Some(examine(slack, &config.admins, outgoing.client()?, clock).await))
    }
}

struct ConfiguredSlack {
    chat: Slack,
    hearing: SlackHearing,
    connecting: Connecting,
}

#[async_trait]
impl ConfiguredChat for ConfiguredSlack {
    fn chat(&self) -> Arc<dyn Chat> {
        Arc::new(self.chat.clone())
    }

    fn routes(&self) -> Option<Router> {
        match &self.hearing {
            SlackHearing::Requests(signing_secret) => Some(self.chat.routes(signing_secret.clone())),
            SlackHearing::Socket(_) => None,
        }
    }

    async fn run(self: Box<Self>, stop: CancellationToken) -> Result<(), ChatEnded> {
        let Self { chat, hearing, connecting } = *self;
        match hearing {
            SlackHearing::Requests(_) => {
                chat.feed_while(stop.cancelled()).await;
                Ok(())
            }
            SlackHearing::Socket(app_token) => {
                let listening = chat.run_socket(app_token, connecting, stop.cancelled());
                chat.feed_while(listening).await.map_err(ChatEnded::because)
            }
        }
    }
}
