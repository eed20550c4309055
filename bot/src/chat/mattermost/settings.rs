//! What the adapter is set to.

use std::time::Duration;

use config::Secret;

use crate::admin::Platform;
use crate::chat::chat_platform::{CommandRoute, PATIENCE};
use crate::chat::courier::CourierSettings;
use crate::policy::People;

/// What the platform calls itself.
pub(super) const NAME: &str = "Mattermost";

/// Where it brings commands, if it calls.
pub const COMMAND_ROUTE: CommandRoute = CommandRoute { platform: NAME, path: "/mattermost/command" };

/// What stands in the audit for it.
pub const PLATFORM: Platform = Platform::Mattermost;

/// What the adapter is set to.
#[derive(Debug, Clone)]
pub struct MattermostSettings {
    /// Where the server is, without a trailing slash.
    pub server_url: String,
    /// The bot account's token.
    pub bot_token: Secret,
    /// The tokens of the slash commands.
    pub command_tokens: Vec<Secret>,
    /// Where the server reaches our listener, without a trailing slash.
    pub callback_url: String,
    /// The team in which commands are taken.
    pub team: String,
    /// What all platforms are set to.
    pub courier: CourierSettings,
    /// How long Mattermost may take for a direct message.
    pub patience: Duration,
}

impl MattermostSettings {
    /// What the operator has set.
    pub fn new(mattermost: &config::Mattermost, organisation: &config::Organisation, people: People) -> Self {
        Self {
            server_url: mattermost.server_url.clone(),
            bot_token: mattermost.bot_token.clone(),
            command_tokens: mattermost.command_tokens.clone(),
            callback_url: mattermost.callback_url.clone(),
            team: mattermost.team.clone(),
            courier: CourierSettings {
                language: organisation.language.clone(),
                time_zone: organisation.time_zone.clone(),
                people,
                approvals_channel: mattermost.approvals_channel.clone(),
                help_desk_channel: mattermost.help_desk_channel().map(str::to_owned),
                audit_channel: mattermost.audit_channel.clone(),
            },
            patience: PATIENCE,
        }
    }
}
