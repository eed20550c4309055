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
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Console => "console",
            Self::Shell => "shell",
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
    /// The one person behind accounts on this machine: a login name counts as the same admin on the console and in a shell.
    pub fn is_same_person(&self, other: &Self) -> bool {
        self.user == other.user
    }
}

impl fmt::Display for Admin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.platform, self.user)
    }
}
