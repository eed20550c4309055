use std::fmt;

use serde::{Deserialize, Serialize};

/// Where an admin types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Platform {
    /// Standard input of the running process.
    Console,
    /// `reset-link issue` from a shell.
    Shell,
    /// A guild on Discord.
    Discord,
    /// A workspace on Slack.
    Slack,
    /// A team on Mattermost.
    Mattermost,
    /// The page for a forgotten password: no admin at all, and no chat.
    Page,
}

impl Platform {
    /// Whether it is this machine, where an admin is known by a login name, and no chat platform.
    pub fn is_local(self) -> bool {
        matches!(self, Self::Console | Self::Shell)
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Console => "console",
            Self::Shell => "shell",
            Self::Discord => "discord",
            Self::Slack => "slack",
            Self::Mattermost => "mattermost",
            Self::Page => "page",
        })
    }
}

/// The person who types the command: known by platform and user id, never by a display name or e-mail.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Admin {
    /// Where.
    pub platform: Platform,
    /// The platform's own, unchanging id.
    pub user: String,
}

impl Admin {
    /// Who is written down where somebody asked on the page: anybody may have.
    pub(crate) fn page() -> Self {
        Self { platform: Platform::Page, user: "anyone".to_owned() }
    }
}

impl fmt::Display for Admin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.platform, self.user)
    }
}

/// An admin at the moment of asking: who, where, and with which roles there. The platform vouches for all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Who.
    pub admin: Admin,
    /// The guild (Discord) workspace (Slack) or team (Mattermost) in which they ask; absent on the console, in a shell, and in direct messages.
    pub place: Option<String>,
    /// The ids of their roles or user groups there.
    pub groups: Vec<String>,
}

impl From<Admin> for Caller {
    fn from(admin: Admin) -> Self {
        Self { admin, place: None, groups: Vec::new() }
    }
}
