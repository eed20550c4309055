//! What stands in the fake before a test begins: the team, its people and channels, the bot's account and its command.

use std::fmt;
use std::time::Duration;

use super::ids::id;
use crate::fakes::kit::{Now, clock};

/// A person, as far as Mattermost knows them.
#[derive(Debug, Clone)]
pub struct FakeUser {
    /// 26 letters and digits.
    pub id: String,
    /// Unique name, in lower case.
    pub username: String,
    /// What they call themselves.
    pub nickname: String,
    /// Their address, as other members see it.
    pub email: String,
    /// The language of this person's client.
    pub locale: String,
    /// Whether the bot may open direct messages with them; otherwise it may not see them, and is told 403.
    pub takes_direct_messages: bool,
    /// Whether they belong to the team.
    pub is_in_team: bool,
    /// Whether they are there from outside.
    pub is_guest: bool,
    /// Whether they look after the team.
    pub is_team_admin: bool,
}

impl FakeUser {
    /// A member of the team who speaks English and takes direct messages.
    pub fn new(id: &str, username: &str) -> Self {
        Self {
            id: id.to_owned(),
            username: username.to_owned(),
            nickname: String::new(),
            email: format!("{username}@example.org"),
            locale: "en".to_owned(),
            takes_direct_messages: true,
            is_in_team: true,
            is_guest: false,
            is_team_admin: false,
        }
    }
}

/// A channel of the team.
#[derive(Debug, Clone)]
pub struct FakeChannel {
    /// 26 letters and digits.
    pub id: String,
    /// As in links; it is shown as well.
    pub name: String,
    /// Whether only those who are in it can see it.
    pub is_private: bool,
    /// Whether the bot is in it.
    pub bot_is_member: bool,
    /// Who else is in it; `None` for everybody in the team.
    pub members: Option<Vec<String>>,
}

impl FakeChannel {
    /// An open channel with everybody in it, the bot too.
    pub fn new(id: &str, name: &str) -> Self {
        Self {
            id: id.to_owned(),
            name: name.to_owned(),
            is_private: false,
            bot_is_member: true,
            members: None,
        }
    }

    /// A private channel with these people in it, without the bot.
    pub fn private(id: &str, name: &str, members: &[&str]) -> Self {
        let members = Some(members.iter().map(|&member| member.to_owned()).collect());
        Self { is_private: true, bot_is_member: false, members, ..Self::new(id, name) }
    }
}

/// What the server takes for its own address (`ServiceSettings.SiteURL`), by which people reach it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SiteUrl {
    /// Where it listens.
    OwnAddress,
    /// This one; no slash at its end.
    At(String),
    /// None: it was never set.
    Unset,
}

/// How the fake is set up.
#[derive(Clone)]
pub struct MattermostSettings {
    /// The bot's access token.
    pub token: String,
    /// The bot's own user id.
    pub bot: String,
    /// The bot's name.
    pub bot_name: String,
    /// The token that Mattermost made for the slash command and sends with it.
    pub command_token: String,
    /// The team's id.
    pub team: String,
    /// The team's name, as in links: `team_domain`.
    pub team_name: String,
    /// Everybody else.
    pub users: Vec<FakeUser>,
    /// The team's channels.
    pub channels: Vec<FakeChannel>,
    /// Whether the bot's role has the permission `create_post_ephemeral`, which only administrators have by default.
    pub may_post_ephemeral: bool,
    /// Whether `Authorization: Token …` goes along with a command. Older servers send none, and proxies take it off.
    pub sends_authorization: bool,
    /// `ServiceSettings.SiteURL`, by which people reach the server. The fake itself is at [`FakeMattermost::url`], as a server
    /// that a bot reaches by an internal name.
    ///
    /// [`FakeMattermost::url`]: super::FakeMattermost::url
    pub site_url: SiteUrl,
    /// How long Mattermost waits for a bot: `OutgoingIntegrationRequestsTimeout`.
    pub outgoing_timeout: Duration,
    /// The server's version.
    pub version: String,
    /// The time.
    pub now: Now,
}

impl MattermostSettings {
    /// A bot, no people, no channels; a clock that begins on 1 March 2026 and runs.
    pub fn new(token: &str, command_token: &str) -> Self {
        Self {
            token: token.to_owned(),
            bot: id("the bot"),
            bot_name: "reset-link".to_owned(),
            command_token: command_token.to_owned(),
            team: id("the team"),
            team_name: "example".to_owned(),
            users: Vec::new(),
            channels: Vec::new(),
            may_post_ephemeral: false,
            sends_authorization: true,
            site_url: SiteUrl::OwnAddress,
            outgoing_timeout: Duration::from_secs(30),
            version: "10.5.2".to_owned(),
            now: clock::from_march(),
        }
    }

    /// With one more person.
    #[must_use]
    pub fn user(mut self, user: FakeUser) -> Self {
        self.users.push(user);
        self
    }

    /// With one more channel.
    #[must_use]
    pub fn channel(mut self, channel: FakeChannel) -> Self {
        self.channels.push(channel);
        self
    }
}

impl fmt::Debug for MattermostSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MattermostSettings")
            .field("bot", &self.bot)
            .field("team", &self.team)
            .field("users", &self.users)
            .field("channels", &self.channels)
            .finish_non_exhaustive()
    }
}
