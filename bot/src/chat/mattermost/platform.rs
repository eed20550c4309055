//! Mattermost as the wiring sees it.

use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use config::ConfiguredAdmin;
use tokio_util::sync::CancellationToken;

use super::adapter::Mattermost;
use super::doctor::examine;
use super::settings::{COMMAND_ROUTE, MattermostSettings, NAME, PLATFORM};
use crate::Clock;
use crate::admin::Platform;
use crate::bot::Bot;
use crate::chat::chat_platform::{
    ChatEnded, ChatPlatform, CommandRoute, ConfiguredChat, Diagnosis, Outgoing, WhoIsAllowed,
};
use crate::policy::{Allowed, People};
use crate::ports::Chat;

/// A team on a Mattermost server.
pub struct MattermostPlatform;

#[async_trait]
impl ChatPlatform for MattermostPlatform {
    fn platform(&self) -> Platform {
        PLATFORM
    }

    fn name(&self) -> &'static str {
        NAME
    }

    fn allowed(&self, config: &config::Bot) -> Option<Allowed> {
        config.mattermost.as_ref().map(|mattermost| Allowed {
            places: vec![mattermost.team.clone()],
            groups: Vec::new(),
            users: mattermost.allow_users.clone(),
            search: true,
        })
    }

    fn account<'a>(&self, admin: &'a ConfiguredAdmin) -> Option<&'a str> {
        admin.mattermost.as_deref()
    }

    fn called(&self) -> WhoIsAllowed {
        WhoIsAllowed {
            groups: None,
            users: ["user on Mattermost", "users on Mattermost"],
            approvals_key: "mattermost.approvals_channel",
            cure: "name another one in mattermost.allow_users or [[admins]]",
        }
    }

    fn approvals_channel<'a>(&self, config: &'a config::Bot) -> Option<&'a str> {
        config.mattermost.as_ref()?.approvals_channel.as_deref()
    }

    fn help_desk_channel<'a>(&self, config: &'a config::Bot) -> Option<&'a str> {
        config.mattermost.as_ref()?.help_desk_channel()
    }

    fn build(
        &self,
        config: &config::Bot,
        people: &People,
        bot: &Bot,
        clock: &Clock,
        outgoing: &Outgoing,
    ) -> Result<Option<Box<dyn ConfiguredChat>>, reqwest::Error> {
        let Some(mattermost) = &config.mattermost else { return Ok(None) };
        let mut settings = MattermostSettings::new(mattermost, &config.organisation, people.clone());
        settings.patience = outgoing.patience;
        let chat = Mattermost::new(bot.clone(), outgoing.client()?, settings, Clock::clone(clock));
        Ok(Some(Box::new(ConfiguredMattermost(chat))))
    }

    fn command_route(&self, config: &config::Bot) -> Option<CommandRoute> {
        config.mattermost.is_some().then_some(COMMAND_ROUTE)
    }

    async fn examine(
        &self,
        config: &config::Bot,
        _clock: &Clock,
        outgoing: &Outgoing,
    ) -> Result<Option<Diagnosis>, reqwest::Error> {
        let Some(mattermost) = &config.mattermost else { return Ok(None) };
        let findings = examine(mattermost, &config.admins, outgoing.client()?).await;
        Ok(Some(Diagnosis { findings, time: None, invitation: None }))
    }
}

struct ConfiguredMattermost(Mattermost);

#[async_trait]
impl ConfiguredChat for ConfiguredMattermost {
    fn chat(&self) -> Arc<dyn Chat> {
        Arc::new(self.0.clone())
    }

    fn routes(&self) -> Option<Router> {
        Some(self.0.routes())
    }

    async fn run(self: Box<Self>, stop: CancellationToken) -> Result<(), ChatEnded> {
        self.0.feed_while(stop.cancelled()).await;
        Ok(())
    }
}
