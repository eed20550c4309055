//! What an operator may set: typed sections, defaults, validation.
//!
//! Touches: the config file, the files that `…_file` keys of secrets and the logo name, `RESET_LINK_…` environment variables.
//! Never touches: the network, the clock, keys, contacts.

mod accent;
mod document;
mod environment;
mod given;
mod layers;
mod load;
mod logo;
mod nearest;
mod problem;
mod secret;
mod section;
mod sections;
mod shown;
mod support;
mod web_address;

pub use accent::{Accent, Colour, DARK_GROUNDS, LEAST_CONTRAST, LIGHT_GROUNDS};
pub use environment::Environment;
pub use load::Overrides;
pub use logo::{LARGEST_LOGO, Logo};
pub use problem::{ConfigErrors, Place, Problem, Refusal};
pub use secret::Secret;
pub use section::LANGUAGES;
pub use sections::{
    Audit, Bot, ConfiguredAdmin, Console, Contacts, Data, Discord, ForProtected, HandOver, Keys, Ledger,
    Limits, Links, Log, Mail, MailSecurity, Mattermost, Organisation, Passwords, Server, Slack, SlackHearing,
    VisibleTo,
};
pub use support::{Support, SupportPart, support_parts};
pub use web_address::PublicUrl;

/// The commented example file, which is also what `reset-link init` writes. It parses as it stands.
pub const EXAMPLE: &str = include_str!("../reset-link.example.toml");

/// Everything an operator may set, checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// In whose name pages and mails speak.
    pub organisation: Organisation,
    /// The redeem server.
    pub server: Server,
    /// Where everything that has no path of its own is kept.
    pub data: Data,
    /// The key that signs links, and those whose links are accepted.
    pub keys: Keys,
    /// How long a link lives, and what becomes of one that cannot be e-mailed.
    pub links: Links,
    /// How many links, and how many requests.
    pub limits: Limits,
    /// Absent: no mail server is configured, every link is handed over.
    pub mail: Option<Mail>,
    /// The contact directory.
    pub contacts: Contacts,
    /// The rules for a new password.
    pub passwords: Passwords,
    /// Which links have been used.
    pub ledger: Ledger,
    /// Where the two halves write what happened.
    pub audit: Audit,
    /// A chat on standard input.
    pub console: Console,
    /// Persons with accounts on several platforms.
    pub admins: Vec<ConfiguredAdmin>,
    /// Absent: no bot on Discord.
    pub discord: Option<Discord>,
    /// The bot's own listener.
    pub bot: Bot,
    /// Absent: no app on Slack.
    pub slack: Option<Slack>,
    /// Absent: no bot on Mattermost.
    pub mattermost: Option<Mattermost>,
    /// How much is logged.
    pub log: Log,
}

/// Every key that the config file may hold, as (section, key), in the order of the example file.
pub fn known_keys() -> impl Iterator<Item = (&'static str, &'static str)> {
    sections::known()
}

/// The environment variable that overrides a key: `RESET_LINK_<SECTION>_<KEY>`.
pub fn variable_name(section: &str, key: &str) -> String {
    layers::variable_name(section, key)
}
