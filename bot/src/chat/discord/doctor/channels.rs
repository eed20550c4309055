//! The channels that the bot writes to: whether they are there, and whether it may.

use serde::Deserialize;
use serenity::all::{ChannelType, GuildChannel};
use serenity::http::Route;

use super::account::Account;
use super::ask::{id, is_unknown, unanswered};
use super::examination::Examination;
use super::guilds::{NOT_ALL_SEEN, SeenGuild, are_all_seen};
use crate::chat::discord::api::DiscordError;
use crate::doctor::Finding;
use crate::words::sanitize;

pub(super) const APPROVALS: &str = "discord.approvals_channel";
pub(super) const REQUESTS: &str = "discord.requests_channel";
pub(super) const AUDIT: &str = "discord.audit_channel";

/// A channel that is none of those that were looked for: of interest is only that it is there.
#[derive(Deserialize)]
struct Elsewhere {}

impl Examination<'_> {
    pub(super) async fn channels(&mut self, guilds: &[SeenGuild], account: &Account) {
        let settings = self.settings;
        for (subject, channel) in [
            (APPROVALS, &settings.approvals_channel),
            (REQUESTS, &settings.requests_channel),
            (AUDIT, &settings.audit_channel),
        ] {
            let Some(channel) = channel else { continue };
            let finding = self.channel(subject, channel, guilds, account).await;
            self.find(finding);
        }
    }

    async fn channel(
        &mut self,
        subject: &'static str,
        configured: &str,
        guilds: &[SeenGuild],
        account: &Account,
    ) -> Finding {
        let channel_id = id(configured);
        let found = guilds.iter().find_map(|seen| {
            seen.channels.iter().find(|channel| channel.id == channel_id).map(|channel| (seen, channel))
        });
        if let Some((seen, channel)) = found {
            return of_channel(subject, seen, channel, account);
        }
        if !are_all_seen(self.settings, guilds) {
            return Finding::not_checked(
                subject,
                format_args!("{configured} was not found, but {NOT_ALL_SEEN}"),
            );
        }
        let cure = "right-click a text channel of a server in discord.guilds, Copy Channel ID";
        match self.asking.get::<Elsewhere>(Route::Channel { channel_id }).await {
            Ok(Elsewhere {}) | Err(DiscordError::MissingAccess) => Finding::fail(
                subject,
                format!("{configured} is not a channel of a server in discord.guilds"),
                cure,
            ),
            Err(failure) if is_unknown(&failure) => {
                Finding::fail(subject, format!("there is no channel {configured}"), cure)
            }
            Err(failure) => unanswered(subject, &failure),
        }
    }
}

fn of_channel(subject: &'static str, seen: &SeenGuild, channel: &GuildChannel, account: &Account) -> Finding {
    let name = format!("#{} in {}", sanitize(&channel.name), seen.name());
    if !matches!(channel.kind, ChannelType::Text | ChannelType::News) {
        let cure = "name a text channel: right-click it, Copy Channel ID";
        return Finding::fail(subject, format!("{name} is not a text channel"), cure);
    }
    let permissions = seen.permissions_in(channel);
    let cannot = match (permissions.view_channel(), permissions.send_messages()) {
        (true, true) => return Finding::ok(subject, format!("the bot may write to {name}")),
        (true, false) => "the bot may not write to",
        (false, _) => "the bot cannot see",
    };
    let cure =
        format!("Edit Channel, Permissions: add {}, allow View Channel and Send Messages", account.name());
    Finding::fail(subject, format!("{cannot} {name}"), cure)
}
