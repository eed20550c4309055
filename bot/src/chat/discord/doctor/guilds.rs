//! The servers: whether the bot is in them, and whether its commands are.

use serde::Deserialize;
use serenity::all::{GuildChannel, GuildId, PartialGuild, PartialMember, Permissions, UserId};
use serenity::http::Route;

use super::account::{Account, Application, invitation};
use super::ask::{Asking, id, is_unknown, unanswered};
use super::examination::Examination;
use crate::chat::discord::api::DiscordError;
use crate::chat::discord::incoming::names;
use crate::doctor::Finding;
use crate::words::sanitize;

const GUILDS: &str = "discord.guilds";
const COMMANDS: &str = "discord.commands";

/// A server that the bot is in.
pub(super) struct SeenGuild {
    pub(super) guild: PartialGuild,
    bot_id: UserId,
    /// The bot as a member.
    bot: PartialMember,
    pub(super) channels: Vec<GuildChannel>,
}

impl SeenGuild {
    async fn look(
        asking: &mut Asking<'_>,
        guild_id: GuildId,
        account: &Account,
    ) -> Result<Self, DiscordError> {
        let bot_id = id(&account.id);
        let mut bot: PartialMember = asking.get(Route::GuildMember { guild_id, user_id: bot_id }).await?;
        // Who it is, we know already; the library insists that both agree.
        bot.user = None;
        Ok(Self {
            bot_id,
            bot,
            guild: asking.get(Route::Guild { guild_id }).await?,
            channels: asking.get(Route::GuildChannels { guild_id }).await?,
        })
    }

    /// What the bot may do in all of it, before a channel says otherwise.
    fn permissions(&self) -> Permissions {
        self.guild.partial_member_permissions(self.bot_id, &self.bot)
    }

    /// What the bot may do in one channel.
    pub(super) fn permissions_in(&self, channel: &GuildChannel) -> Permissions {
        self.guild.partial_member_permissions_in(channel, self.bot_id, &self.bot)
    }

    /// `"Example"`, as it is called there.
    pub(super) fn name(&self) -> String {
        format!("\"{}\"", sanitize(&self.guild.name))
    }
}

#[derive(Deserialize)]
struct Command {
    name: String,
}

impl Examination<'_> {
    /// All that the bot is in; of the others a finding says why not.
    pub(super) async fn guilds(
        &mut self,
        account: &Account,
        application: Option<&Application>,
    ) -> Vec<SeenGuild> {
        let mut seen = Vec::new();
        for configured in &self.settings.guilds {
            match SeenGuild::look(&mut self.asking, id(configured), account).await {
                Ok(guild) => {
                    self.find(of_guild(&guild));
                    seen.push(guild);
                }
                Err(failure) if failure == DiscordError::MissingAccess || is_unknown(&failure) => {
                    let cure = format!(
                        "let an administrator of that server open {} , or correct the id (right-click the server, Copy Server ID)",
                        invitation(application)
                    );
                    self.find(Finding::fail(
                        GUILDS,
                        format!("the bot is not in the server {configured}"),
                        cure,
                    ));
                }
                Err(failure) => self.find(unanswered(GUILDS, &failure)),
            }
        }
        seen
    }

    pub(super) async fn commands(&mut self, guilds: &[SeenGuild], application: Option<&Application>) {
        let Some(application) = application else {
            self.find(Finding::not_checked(COMMANDS, "the application could not be asked for"));
            return;
        };
        if guilds.is_empty() {
            self.find(Finding::not_checked(COMMANDS, "no server of discord.guilds could be looked into"));
        }
        for guild in guilds {
            let route =
                Route::GuildCommands { application_id: id(&application.id), guild_id: guild.guild.id };
            let name = guild.name();
            let finding = match self.asking.get::<Vec<Command>>(route).await {
                Ok(known) => of_commands(&name, &known),
                Err(DiscordError::MissingAccess) => Finding::fail(
                    COMMANDS,
                    format!("the bot may have no commands in {name}: it was invited without them"),
                    format!("open {} once more", invitation(Some(application))),
                ),
                Err(failure) => unanswered(COMMANDS, &failure),
            };
            self.find(finding);
        }
    }
}

fn of_guild(seen: &SeenGuild) -> Finding {
    let name = seen.name();
    if seen.permissions().administrator() {
        return Finding::warn(
            GUILDS,
            format!("the bot is an administrator of {name}: far more than it needs"),
            "Server Settings, Roles, the bot's role: switch Administrator off; View Channel and Send Messages in its channels are enough",
        );
    }
    Finding::ok(GUILDS, format!("the bot is in {name} ({})", seen.guild.id))
}

fn of_commands(guild: &str, known: &[Command]) -> Finding {
    let missing: Vec<String> = names()
        .filter(|name| known.iter().all(|command| command.name != *name))
        .map(|name| format!("/{name}"))
        .collect();
    if missing.is_empty() {
        return Finding::ok(COMMANDS, format!("all are registered in {guild}"));
    }
    let cure = "start `reset-link run`, or restart it: they are registered when the bot connects";
    Finding::warn(COMMANDS, format!("not registered in {guild}: {}", missing.join(", ")), cure)
}

/// Whether every server that is set could be looked into: only then is what was not found not there.
pub(super) fn are_all_seen(settings: &config::Discord, guilds: &[SeenGuild]) -> bool {
    guilds.len() == settings.guilds.len()
}

/// Why something was not found although it may be there.
pub(super) const NOT_ALL_SEEN: &str = "not every server of discord.guilds could be looked into";
