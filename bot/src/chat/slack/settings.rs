//! What the adapter is set to.

use std::time::Duration;

use config::Secret;

use crate::admin::Platform;
use crate::chat::chat_platform::{CommandRoute, PATIENCE};
use crate::chat::courier::CourierSettings;
use crate::policy::People;

/// What the platform calls itself.
pub(super) const NAME: &str = "Slack";

/// Where it brings commands, if it calls.
pub const COMMAND_ROUTE: CommandRoute = CommandRoute { platform: NAME, path: "/slack/command" };

/// What stands in the audit for it.
pub const PLATFORM: Platform = Platform::Slack;

/// What the adapter is set to.
#[derive(Debug, Clone)]
pub struct SlackSettings {
    /// The bot user's token.
    pub bot_token: Secret,
    /// The workspace in which commands are taken.
    pub team: String,
    /// User groups whose members are asked for.
    pub groups: Vec<String>,
    /// Whether contacts are offered by name.
    pub search: bool,
    /// What all platforms are set to.
    pub courier: CourierSettings,
    /// How long Slack may take for a direct message.
    pub patience: Duration,
}

impl SlackSettings {
    /// What the operator has set.
    pub fn new(slack: &config::Slack, organisation: &config::Organisation, people: People) -> Self {
        Self {
            bot_token: slack.bot_token.clone(),
            team: slack.team.clone(),
            groups: slack.allow_groups.clone(),
            search: slack.search,
            courier: CourierSettings {
                language: organisation.language.clone(),
                time_zone: organisation.time_zone.clone(),
                people,
                approvals_channel: slack.approvals_channel.clone(),
                help_desk_channel: slack.help_desk_channel().map(str::to_owned),
                audit_channel: slack.audit_channel.clone(),
            },
            patience: PATIENCE,
        }
    }
}
