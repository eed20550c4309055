use std::collections::BTreeSet;

use bot::doctor::Finding;
use config::{AllInOne, ConfiguredAdmin, ForProtected, HandOver};
use nix::unistd::User;

use super::Sheet;

const ADMINS: &str = "admins";
const CONSOLE: &str = "console.allow";
const ON_DISCORD: &str = "discord.approvals_channel";
const ON_SLACK: &str = "slack.approvals_channel";
const ON_MATTERMOST: &str = "mattermost.approvals_channel";

pub(super) fn check(config: &AllInOne, sheet: &mut Sheet) {
    sheet.put(somebody(config));
    let of_persons =
        config.bot.admins.iter().filter_map(|admin| Some(("admins.console", admin.console.as_ref()?)));
    for (subject, login) in config.bot.console.allow.iter().map(|login| (CONSOLE, login)).chain(of_persons) {
        if is_unknown(login) {
            sheet.put(Finding::warn(
                subject,
                format!("{login:?} is no login name of this machine"),
                "write it as `id -un` shows it to that person, or take it out",
            ));
        }
    }
    approvers(config).into_iter().for_each(|finding| sheet.put(finding));
}

/// Somebody may issue links.
fn somebody(config: &AllInOne) -> Finding {
    let logins = config.bot.console.allow.len();
    let persons = config.bot.admins.len();
    let (roles, users) = config
        .bot
        .discord
        .as_ref()
        .map_or((0, 0), |discord| (discord.allow_roles.len(), discord.allow_users.len()));
    let (groups, people) =
        config.bot.slack.as_ref().map_or((0, 0), |slack| (slack.allow_groups.len(), slack.allow_users.len()));
    let members = config.bot.mattermost.as_ref().map_or(0, |mattermost| mattermost.allow_users.len());
    let named: Vec<String> = [
        (persons, "person", "persons"),
        (logins, "login name", "login names"),
        (roles, "role on Discord", "roles on Discord"),
        (users, "user on Discord", "users on Discord"),
        (groups, "user group on Slack", "user groups on Slack"),
        (people, "user on Slack", "users on Slack"),
        (members, "user on Mattermost", "users on Mattermost"),
    ]
    .into_iter()
    .filter(|(count, _, _)| *count > 0)
    .map(|(count, one, more)| format!("{count} {}", if count == 1 { one } else { more }))
    .collect();
    if named.is_empty() {
        let cure = "put login names into console.allow, or write [[admins]]";
        return Finding::warn(ADMINS, "nobody may issue links", cure);
    }
    Finding::ok(ADMINS, format!("who may issue links: {}", named.join(", ")))
}

/// A process whose user id has no name is called after the number.
fn is_unknown(login: &str) -> bool {
    !login.starts_with("uid-") && matches!(User::from_name(login), Ok(None))
}

/// Where a second person is asked, there must be two. Who has a role or is in a user group is not asked.
fn approvers(config: &AllInOne) -> Vec<Finding> {
    let is_wanted = config.bot.links.hand_over == HandOver::Approve
        || config.bot.links.for_protected == ForProtected::Approve;
    if !is_wanted {
        return Vec::new();
    }
    let on_discord = config
        .bot
        .discord
        .as_ref()
        .filter(|discord| discord.approvals_channel.is_some() && discord.allow_roles.is_empty())
        .filter(|discord| alone(config, &discord.allow_users, |admin| admin.discord.as_deref()))
        .map(|_| {
            let cure =
                "name another one in discord.allow_users or [[admins]], or a role in discord.allow_roles";
            one_alone(ON_DISCORD, "Discord", cure)
        });
    let on_slack = config
        .bot
        .slack
        .as_ref()
        .filter(|slack| slack.approvals_channel.is_some() && slack.allow_groups.is_empty())
        .filter(|slack| alone(config, &slack.allow_users, |admin| admin.slack.as_deref()))
        .map(|_| {
            let cure =
                "name another one in slack.allow_users or [[admins]], or a user group in slack.allow_groups";
            one_alone(ON_SLACK, "Slack", cure)
        });
    let on_mattermost = config
        .bot
        .mattermost
        .as_ref()
        .filter(|mattermost| mattermost.approvals_channel.is_some())
        .filter(|mattermost| alone(config, &mattermost.allow_users, |admin| admin.mattermost.as_deref()))
        .map(|_| {
            let cure = "name another one in mattermost.allow_users or [[admins]]";
            one_alone(ON_MATTERMOST, "Mattermost", cure)
        });
    on_discord.into_iter().chain(on_slack).chain(on_mattermost).collect()
}

/// Whether these users and the persons with an account there are fewer than two.
fn alone<'a>(
    config: &'a AllInOne,
    users: &'a [String],
    account: impl Fn(&'a ConfiguredAdmin) -> Option<&'a str>,
) -> bool {
    let persons = config.bot.admins.iter().filter_map(account);
    let all: BTreeSet<&str> = persons.chain(users.iter().map(String::as_str)).collect();
    all.len() < 2
}

fn one_alone(subject: &'static str, platform: &str, cure: &str) -> Finding {
    let text = format!("a second person must approve, and only one is named on {platform}");
    Finding::fail(subject, text, cure)
}
