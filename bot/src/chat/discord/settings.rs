//! What the adapter is set to.

use std::time::Duration;

use serenity::all::GuildId;

use crate::admin::Platform;
use crate::chat::chat_platform::PATIENCE;
use crate::chat::courier::CourierSettings;
use crate::chat::websocket::Connecting;
use crate::policy::People;

/// What the platform calls itself.
pub(super) const NAME: &str = "Discord";

/// What stands in the audit for it.
pub const PLATFORM: Platform = Platform::Discord;

/// What the adapter is set to.
#[derive(Debug, Clone)]
pub struct DiscordSettings {
    /// In which guilds commands are registered and taken.
    pub guilds: Vec<GuildId>,
    /// Whether contacts are offered while an admin types.
    pub search: bool,
    /// Whom Discord shows the commands.
    pub visible_to: config::VisibleTo,
    /// What all platforms are set to.
    pub courier: CourierSettings,
    /// How long Discord may take for a direct message.
    pub patience: Duration,
    /// How the gateway is reached.
    pub connecting: Connecting,
}

impl DiscordSettings {
    /// What the operator has set.
    pub fn new(discord: &config::Discord, organisation: &config::Organisation, people: People) -> Self {
        // The config has seen that they are numbers above zero.
        let number = |id: &String| id.parse().ok().filter(|id| *id != 0);
        Self {
            guilds: discord.guilds.iter().filter_map(number).map(GuildId::new).collect(),
            search: discord.search,
            visible_to: discord.visible_to,
            courier: CourierSettings {
                language: organisation.language.clone(),
                time_zone: organisation.time_zone.clone(),
                people,
                approvals_channel: discord.approvals_channel.clone(),
                help_desk_channel: discord.help_desk_channel().map(str::to_owned),
                audit_channel: discord.audit_channel.clone(),
            },
            patience: PATIENCE,
            connecting: Connecting::default(),
        }
    }
}
