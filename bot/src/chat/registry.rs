//! The chat platforms that this program speaks: a line each.

use std::collections::BTreeMap;

use axum::Router;
use config::ConfiguredAdmin;

use super::chat_platform::{ChatPlatform, CommandRoute, ConfiguredChat, Outgoing};
use super::{discord, mattermost, slack};
use crate::Clock;
use crate::admin::{Admin, Platform};
use crate::bot::Bot;
use crate::policy::{Allowed, People};

/// All of them, in the order in which `reset-link doctor` looks at them.
pub const PLATFORMS: [&dyn ChatPlatform; 3] =
    [&discord::DiscordPlatform, &slack::SlackPlatform, &mattermost::MattermostPlatform];

/// Whom the operator allows, on each platform that is configured.
pub fn allowed(config: &config::Bot) -> BTreeMap<Platform, Allowed> {
    let allowed =
        |platform: &&dyn ChatPlatform| platform.allowed(config).map(|allowed| (platform.platform(), allowed));
    PLATFORMS.iter().filter_map(allowed).collect()
}

/// The persons that the operator has named, with their accounts. A login name counts on the console and in a shell.
pub fn people(admins: &[ConfiguredAdmin]) -> People {
    let person = |admin: &ConfiguredAdmin| {
        let local = [Platform::Console, Platform::Shell].map(|platform| (platform, admin.console.as_deref()));
        let chats = PLATFORMS.iter().map(|platform| (platform.platform(), platform.account(admin)));
        let account = |(platform, user): (Platform, Option<&str>)| {
            user.map(|user| Admin { platform, user: user.to_owned() })
        };
        (admin.name.clone(), local.into_iter().chain(chats).filter_map(account).collect())
    };
    admins.iter().map(person).collect()
}

/// A chat that is put together, and the platform that it is on.
pub struct ChatOn {
    /// The platform.
    pub platform: &'static dyn ChatPlatform,
    /// Its chat.
    pub chat: Box<dyn ConfiguredChat>,
}

/// The chats of the platforms that are configured, ready to run.
///
/// # Errors
/// Where an HTTP client cannot be made: the system lacks what it needs for TLS.
pub fn configured(
    config: &config::Bot,
    bot: &Bot,
    clock: &Clock,
    outgoing: &Outgoing,
) -> Result<Vec<ChatOn>, reqwest::Error> {
    let people = people(&config.admins);
    let built = PLATFORMS.into_iter().map(|platform| {
        let chat = platform.build(config, &people, bot, clock, outgoing)?;
        Ok(chat.map(|chat| ChatOn { platform, chat }))
    });
    built.filter_map(Result::transpose).collect()
}

/// What platforms call on the bot's own listener; `None`: none calls.
pub fn routes(chats: &[ChatOn]) -> Option<Router> {
    chats.iter().filter_map(|on| on.chat.routes()).reduce(Router::merge)
}

/// Where platforms bring commands on the bot's own listener.
pub fn command_routes(config: &config::Bot) -> Vec<CommandRoute> {
    PLATFORMS.iter().filter_map(|platform| platform.command_route(config)).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_platforms_have_one_name() {
        let names: HashSet<_> = PLATFORMS.iter().map(|platform| platform.platform()).collect();
        assert_eq!(names.len(), PLATFORMS.len());
        assert!(names.iter().all(|name| !name.is_local()));
    }

    #[test]
    fn a_person_has_their_accounts_on_every_platform() {
        let alice = ConfiguredAdmin {
            name: "Alice".to_owned(),
            console: Some("alice".to_owned()),
            discord: Some("1".to_owned()),
            slack: Some("U1".to_owned()),
            mattermost: Some("m1".to_owned()),
        };
        let people = people(&[alice]);
        let admin = |platform, user: &str| Admin { platform, user: user.to_owned() };
        let accounts = [
            admin(Platform::Console, "alice"),
            admin(Platform::Shell, "alice"),
            admin(discord::PLATFORM, "1"),
            admin(slack::PLATFORM, "U1"),
            admin(mattermost::PLATFORM, "m1"),
        ];
        for one in &accounts {
            assert_eq!(people.name(one), Some("Alice"), "{one}");
            assert!(accounts.iter().all(|other| people.is_same(one, other)), "{one}");
        }
        assert!(!people.knows(&admin(slack::PLATFORM, "1")));
    }
}
