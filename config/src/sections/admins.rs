//! `[[admins]]`: one person each, with their accounts.

use crate::problem::Refusal;
use crate::section::{Section, one_line};
use crate::sections::discord::snowflake;
use crate::sections::mattermost::id;
use crate::sections::slack::user;

pub(crate) const KEYS: &[&str] = &["name", "console", "discord", "slack", "mattermost"];

/// `[[admins]]`: a person who may issue links, from any of these accounts. Two persons are needed for an approval; two accounts of one person are not enough.
#[derive(Debug, Clone)]
pub struct ConfiguredAdmin {
    /// As other admins and the audit channel read it.
    pub name: String,
    /// The login name on this machine.
    pub console: Option<String>,
    /// The user id on Discord.
    pub discord: Option<String>,
    /// The user id on Slack.
    pub slack: Option<String>,
    /// The user id on Mattermost.
    pub mattermost: Option<String>,
}

impl ConfiguredAdmin {
    /// `None` where the name is missing or refused: that is on record then.
    pub(crate) fn read(section: &mut Section<'_>) -> Option<Self> {
        let name = section.required("name", "Alice Example", one_line);
        let console = section.parsed("console", one_line);
        let discord = section.parsed("discord", snowflake);
        let slack = section.parsed("slack", user);
        let mattermost = section.parsed("mattermost", id);
        if !KEYS.iter().any(|key| *key != "name" && section.has(key)) {
            let cure = "add console = \"<login name>\", or discord, slack or mattermost = \"<user id>\", or remove this [[admins]]";
            section.refuse("name", Refusal::new("has no account", cure));
        }
        Some(Self { name: name?, console, discord, slack, mattermost })
    }
}

/// One of the accounts that a person may have.
type Account = fn(&ConfiguredAdmin) -> Option<&str>;

/// Puts on record what the persons have in common: one account belongs to one person, and each has a name of their own.
pub(crate) fn check_that_they_differ(
    admins: &[ConfiguredAdmin],
    refuse: &mut dyn FnMut(&'static str, Refusal),
) {
    let accounts: [(&'static str, Account); 5] = [
        ("admins.name", |admin| Some(&admin.name)),
        ("admins.console", |admin| admin.console.as_deref()),
        ("admins.discord", |admin| admin.discord.as_deref()),
        ("admins.slack", |admin| admin.slack.as_deref()),
        ("admins.mattermost", |admin| admin.mattermost.as_deref()),
    ];
    for (key, account) in accounts {
        let mut seen = Vec::new();
        for value in admins.iter().filter_map(account) {
            if seen.contains(&value) {
                let cause = format!("two [[admins]] have {}", crate::shown::shown(value));
                refuse(key, Refusal::new(cause, "make one person of them, or correct one"));
            }
            seen.push(value);
        }
    }
}
