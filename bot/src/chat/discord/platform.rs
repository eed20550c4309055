//! Discord as the wiring sees it.

use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use config::ConfiguredAdmin;
use tokio_util::sync::CancellationToken;

use super::adapter::Discord;
use super::api::{Rest, RestSettings};
use super::doctor::examine;
use super::settings::{DiscordSettings, NAME, PLATFORM};
use crate::Clock;
use crate::admin::Platform;
use crate::bot::Bot;
use crate::chat::chat_platform::{
    ChatEnded, ChatPlatform, CommandRoute, ConfiguredChat, Diagnosis, Outgoing, WhoIsAllowed,
};
use crate::policy::{Allowed, People};
use crate::ports::Chat;

/// Guilds on Discord.
pub struct DiscordPlatform;

#[async_trait]
impl ChatPlatform for DiscordPlatform {
    fn platform(&self) -> Platform {
        PLATFORM
    }

    fn name(&self) -> &'static str {
        NAME
    }

    fn allowed(&self, config: &config::Bot) -> Option<Allowed> {
        config.discord.as_ref().map(|discord| Allowed {
            places: discord.guilds.clone(),
            groups: discord.allow_roles.clone(),
            users: discord.allow_users.clone(),
            search: discord.search,
        })
    }

    fn account<'a>(&self, admin: &'a ConfiguredAdmin) -> Option<&'a str> {
        admin.discord.as_deref()
    }

    fn called(&self) -> WhoIsAllowed {
        WhoIsAllowed {
            groups: Some(["role on Discord", "roles on Discord"]),
            users: ["user on Discord", "users on Discord"],
            approvals_key: "discord.approvals_channel",
            cure: "name another one in discord.allow_users or [[admins]], or a role in discord.allow_roles",
        }
    }

    fn approvals_channel<'a>(&self, config: &'a config::Bot) -> Option<&'a str> {
        config.discord.as_ref()?.approvals_channel.as_deref()
    }

    fn help_desk_channel<'a>(&self, config: &'a config::Bot) -> Option<&'a str> {
        config.discord.as_ref()?.help_desk_channel()
    }

    fn build(
        &self,
        config: &config::Bot,
        people: &People,
        bot: &Bot,
        clock: &Clock,
        outgoing: &Outgoing,
    ) -> Result<Option<Box<dyn ConfiguredChat>>, reqwest::Error> {
        let Some(discord) = &config.discord else { return Ok(None) };
        let rest = Rest::by((outgoing.http)(), &rest_settings(discord))?;
        let mut settings = DiscordSettings::new(discord, &config.organisation, people.clone());
        (settings.patience, settings.connecting) = (outgoing.patience, outgoing.connecting.clone());
        let chat = Discord::new(bot.clone(), rest, settings, Clock::clone(clock));
        Ok(Some(Box::new(ConfiguredDiscord(chat))))
    }

    fn command_route(&self, _config: &config::Bot) -> Option<CommandRoute> {
        None
    }

    async fn examine(
        &self,
        config: &config::Bot,
        clock: &Clock,
        outgoing: &Outgoing,
    ) -> Result<Option<Diagnosis>, reqwest::Error> {
        let Some(discord) = &config.discord else { return Ok(None) };
        let rest = Rest::by((outgoing.http)(), &rest_settings(discord))?;
        Ok(Some(examine(discord, &config.admins, rest, clock).await))
    }
}

fn rest_settings(discord: &config::Discord) -> RestSettings {
    RestSettings { token: discord.token.clone(), api_proxy: discord.api_proxy.clone() }
}

struct ConfiguredDiscord(Discord);

#[async_trait]
impl ConfiguredChat for ConfiguredDiscord {
    fn chat(&self) -> Arc<dyn Chat> {
        Arc::new(self.0.clone())
    }

    fn routes(&self) -> Option<Router> {
        None
    }

    async fn run(self: Box<Self>, stop: CancellationToken) -> Result<(), ChatEnded> {
        self.0.run(stop.cancelled()).await.map_err(ChatEnded::because)
    }
}
