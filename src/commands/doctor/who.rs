use std::collections::BTreeSet;

use bot::chat::ChatPlatform;
use bot::chat::registry::PLATFORMS;
use bot::doctor::Finding;
use config::{AllInOne, ForProtected, Forgot, HandOver};
use nix::errno::Errno;
use nix::unistd::User;
use reset_link::bot_half::{self, FORGOT};

use super::Sheet;

const ADMINS: &str = "admins";
const CONSOLE: &str = "console.allow";

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
    approvers(config).into_iter().chain(help_desk(&config.bot)).for_each(|finding| sheet.put(finding));
}

/// Somebody may issue links.
fn somebody(config: &AllInOne) -> Finding {
    let logins = config.bot.console.allow.len();
    let persons = config.bot.admins.len();
    let on_chats =
        PLATFORMS.iter().filter_map(|platform| Some((platform.called(), platform.allowed(&config.bot)?)));
    let on_chats = on_chats.flat_map(|(called, allowed)| {
        let groups = called.groups.map(|[one, more]| (allowed.groups.len(), one, more));
        let [one, more] = called.users;
        groups.into_iter().chain([(allowed.users.len(), one, more)])
    });
    let named: Vec<String> = [(persons, "person", "persons"), (logins, "login name", "login names")]
        .into_iter()
        .chain(on_chats)
        .filter(|(count, _, _)| *count > 0)
        .map(|(count, one, more)| format!("{count} {}", if count == 1 { one } else { more }))
        .collect();
    if named.is_empty() {
        let cure = "put login names into console.allow, or write [[admins]]";
        return Finding::warn(ADMINS, "nobody may issue links", cure);
    }
    Finding::ok(ADMINS, format!("who may issue links: {}", named.join(", ")))
}

/// A process whose user id has no name is called after the number. A source of names that is installed and not running answers with one of these errors
/// for a name that nobody has (getpwnam(3)).
fn is_unknown(login: &str) -> bool {
    let is_not_found = matches!(
        User::from_name(login),
        Ok(None) | Err(Errno::ENOENT | Errno::ESRCH | Errno::EBADF | Errno::EPERM)
    );
    !login.starts_with("uid-") && is_not_found
}

/// Where the help desk is asked, where contacts may say that they forgot their password.
fn help_desk(config: &config::Bot) -> Option<Finding> {
    if config.forgot == Forgot::Off {
        return None;
    }
    let asked = || {
        let places = bot_half::help_desks(config).join(", ");
        Finding::ok(FORGOT, format!("the help desk is asked on: {places}"))
    };
    Some(bot_half::missing_help_desk(config).unwrap_or_else(asked))
}

/// Where a second person is asked, there must be two. Who has a role or is in a user group is not asked.
fn approvers(config: &AllInOne) -> Vec<Finding> {
    let is_wanted = config.bot.links.hand_over == HandOver::Approve
        || config.bot.links.for_protected == ForProtected::Approve;
    if !is_wanted {
        return Vec::new();
    }
    let alone = PLATFORMS.iter().filter(|platform| is_one_alone(**platform, &config.bot));
    alone
        .map(|platform| one_alone(platform.called().approvals_key, platform.name(), platform.called().cure))
        .collect()
}

/// Whether a second person is asked there, and the users and the persons with an account there are fewer than two.
fn is_one_alone(platform: &dyn ChatPlatform, config: &config::Bot) -> bool {
    let Some(allowed) = platform.allowed(config) else { return false };
    let persons = config.admins.iter().filter_map(|admin| platform.account(admin));
    let all: BTreeSet<&str> = persons.chain(allowed.users.iter().map(String::as_str)).collect();
    platform.approvals_channel(config).is_some() && allowed.groups.is_empty() && all.len() < 2
}

fn one_alone(subject: &'static str, platform: &str, cure: &str) -> Finding {
    let text = format!("a second person must approve, and only one is named on {platform}");
    Finding::fail(subject, text, cure)
}
