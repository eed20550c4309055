//! `[[admins]]`: one person each, with their accounts.

use crate::key::{Key, KeyInfo, Table};
use crate::problem::Refusal;
use crate::readers::{Text, one_line};
use crate::section::Section;
use crate::sections::discord::snowflake;
use crate::sections::mattermost::id;
use crate::sections::slack::user;
use crate::shown::shown;

pub(crate) const TABLE: Table =
    Table::many("admins", &[NAME.info, CONSOLE.info, DISCORD.info, SLACK.info, MATTERMOST.info]);

const NAME: Key<Text<String>> =
    Key::text("name", "As other admins and the audit channel read it.", one_line).for_bot();
const CONSOLE: Key<Text<String>> =
    Key::text("console", "The login name on this machine.", one_line).for_bot();
const DISCORD: Key<Text<String>> = Key::text("discord", "The user id on Discord.", snowflake).for_bot();
const SLACK: Key<Text<String>> = Key::text("slack", "The user id on Slack.", user).for_bot();
const MATTERMOST: Key<Text<String>> = Key::text("mattermost", "The user id on Mattermost.", id).for_bot();

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
        let name = section.required(&NAME, "Alice Example");
        let console = section.get(&CONSOLE);
        let discord = section.get(&DISCORD);
        let slack = section.get(&SLACK);
        let mattermost = section.get(&MATTERMOST);
        let accounts = TABLE.keys.iter().filter(|key| key.name != NAME.info.name);
        if !accounts.into_iter().any(|account| section.has(*account)) {
            let cure = "add console = \"<login name>\", or discord, slack or mattermost = \"<user id>\", or remove this [[admins]]";
            section.refuse(&NAME, Refusal::new("has no account", cure));
        }
        Some(Self { name: name?, console, discord, slack, mattermost })
    }
}

/// One of the accounts that a person may have.
type Account = fn(&ConfiguredAdmin) -> Option<&str>;

/// Puts on record what the persons have in common: one account belongs to one person, and each has a name of their own.
/// `section` stands for all of them.
pub(crate) fn refuse_doubles(section: &mut Section<'_>, admins: &[ConfiguredAdmin]) {
    let accounts: [(KeyInfo, Account); 5] = [
        (NAME.info, |admin| Some(&admin.name)),
        (CONSOLE.info, |admin| admin.console.as_deref()),
        (DISCORD.info, |admin| admin.discord.as_deref()),
        (SLACK.info, |admin| admin.slack.as_deref()),
        (MATTERMOST.info, |admin| admin.mattermost.as_deref()),
    ];
    for (key, account) in accounts {
        let mut seen = Vec::new();
        for value in admins.iter().filter_map(account) {
            if seen.contains(&value) {
                let cause = format!("two [[admins]] have {}", shown(value));
                section.refuse(key, Refusal::new(cause, "make one person of them, or correct one"));
            }
            seen.push(value);
        }
    }
}
