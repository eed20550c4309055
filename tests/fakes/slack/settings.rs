//! What stands in the fake before a test begins: a workspace, its people, groups and channels, and the app.

use std::fmt;
use std::time::Duration;

use jiff::SignedDuration;

use crate::fakes::kit::{Now, clock};

/// A person of the workspace.
#[derive(Debug, Clone)]
pub struct SlackUser {
    /// `U…`.
    pub id: String,
    /// The name without spaces, as commands carry it.
    pub name: String,
    /// The name as shown.
    pub real_name: String,
    /// The language of this person's client, `en-GB`.
    pub locale: String,
    /// Whether an app's direct messages arrive; otherwise `user_disabled` and `messages_tab_disabled`.
    pub takes_direct_messages: bool,
    /// A deactivated account.
    pub is_deleted: bool,
}

impl SlackUser {
    /// Somebody who speaks British English and takes direct messages.
    pub fn new(id: &str, name: &str) -> Self {
        Self {
            id: id.to_owned(),
            name: name.to_owned(),
            real_name: name.to_owned(),
            locale: "en-GB".to_owned(),
            takes_direct_messages: true,
            is_deleted: false,
        }
    }
}

/// A user group.
#[derive(Debug, Clone)]
pub struct SlackGroup {
    /// `S…`.
    pub id: String,
    /// What is behind the `@`.
    pub handle: String,
    /// The ids of its members.
    pub members: Vec<String>,
}

/// A channel.
#[derive(Debug, Clone)]
pub struct SlackChannel {
    /// `C…`.
    pub id: String,
    /// Without `#`.
    pub name: String,
    /// Whether only members can see it.
    pub is_private: bool,
    /// Whether nobody writes in it any more.
    pub is_archived: bool,
    /// Whether the app's bot has been added.
    pub has_bot: bool,
}

/// How the fake is set up.
#[derive(Clone)]
pub struct SlackSettings {
    /// The bot token that is taken, `xoxb-…`.
    pub bot_token: String,
    /// The app-level token that is taken, `xapp-…`.
    pub app_token: String,
    /// What requests to the bot are signed with.
    pub signing_secret: String,
    /// The older proof that requests carry, which no bot should believe.
    pub verification_token: String,
    /// `T…`.
    pub team: String,
    /// What is in front of `.slack.com`.
    pub team_domain: String,
    /// `E…` of the organisation (Enterprise Grid) that has installed the app for all its workspaces.
    pub organisation: Option<String>,
    /// `A…`.
    pub app: String,
    /// `U…` of the bot.
    pub bot_user: String,
    /// `B…` of the bot.
    pub bot: String,
    /// What the bot token may do.
    pub scopes: Vec<String>,
    /// What the app-level token may do.
    pub app_scopes: Vec<String>,
    /// Everybody else.
    pub users: Vec<SlackUser>,
    /// User groups.
    pub groups: Vec<SlackGroup>,
    /// Channels.
    pub channels: Vec<SlackChannel>,
    /// How long Slack waits for the answer to what it sends.
    pub acknowledge_within: Duration,
    /// How often a WebSocket is pinged.
    pub ping_interval: Duration,
    /// By how much Slack's clock differs from this machine's, in the `Date` of its answers.
    pub date_ahead: SignedDuration,
    /// The time of messages and signatures, and of how long triggers and response URLs are good.
    pub now: Now,
}

impl SlackSettings {
    /// No people, groups or channels; the scopes of a bot with commands and direct messages; a clock that begins on
    /// 1 March 2026 and runs.
    pub fn new(bot_token: &str, app_token: &str, signing_secret: &str) -> Self {
        let scopes = ["commands", "chat:write", "im:write", "users:read", "usergroups:read", "channels:read"];
        Self {
            bot_token: bot_token.to_owned(),
            app_token: app_token.to_owned(),
            signing_secret: signing_secret.to_owned(),
            verification_token: "gIkuvaNzQIHg97ATvDxqgjtO".to_owned(),
            team: "T0FAKE001".to_owned(),
            team_domain: "example".to_owned(),
            organisation: None,
            app: "A0FAKE001".to_owned(),
            bot_user: "U0FAKEBOT".to_owned(),
            bot: "B0FAKEBOT".to_owned(),
            scopes: scopes.map(str::to_owned).to_vec(),
            app_scopes: vec!["connections:write".to_owned()],
            users: Vec::new(),
            groups: Vec::new(),
            channels: Vec::new(),
            acknowledge_within: Duration::from_secs(3),
            ping_interval: Duration::from_secs(10),
            date_ahead: SignedDuration::ZERO,
            now: clock::from_march(),
        }
    }

    /// With one more person.
    #[must_use]
    pub fn user(mut self, user: SlackUser) -> Self {
        self.users.push(user);
        self
    }

    /// With one more user group.
    #[must_use]
    pub fn group(mut self, id: &str, handle: &str, members: &[&str]) -> Self {
        let members = members.iter().map(|&member| member.to_owned()).collect();
        self.groups.push(SlackGroup { id: id.to_owned(), handle: handle.to_owned(), members });
        self
    }

    /// With one more public channel.
    #[must_use]
    pub fn channel(self, id: &str, name: &str, has_bot: bool) -> Self {
        self.channel_with(SlackChannel {
            id: id.to_owned(),
            name: name.to_owned(),
            is_private: false,
            is_archived: false,
            has_bot,
        })
    }

    /// With one more channel of any kind.
    #[must_use]
    pub fn channel_with(mut self, channel: SlackChannel) -> Self {
        self.channels.push(channel);
        self
    }
}

impl fmt::Debug for SlackSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SlackSettings")
            .field("team", &self.team)
            .field("app", &self.app)
            .field("users", &self.users)
            .field("groups", &self.groups)
            .field("channels", &self.channels)
            .finish_non_exhaustive()
    }
}
