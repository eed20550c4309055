//! What an operator may set: typed sections, defaults, validation.
//!
//! Touches: the config file, the files that `…_file` keys of secrets and the logo name, `RESET_LINK_…` environment variables. Of an SQLite file that a
//! URL names it looks whether it is there.
//! Never touches: the network, the clock, keys, contacts.

mod accent;
mod contacts_by_role;
mod document;
mod environment;
mod key;
mod languages;
mod layers;
mod load;
mod logo;
mod nearest;
mod overrides;
mod preset_layer;
mod problem;
mod readers;
mod roles;
mod secret;
mod section;
mod sections;
mod several_texts;
mod shown;
mod support;
mod value;
mod web_address;

pub use accent::{Accent, Colour, DARK_GROUNDS, LEAST_CONTRAST, LIGHT_GROUNDS};
pub use environment::{Environment, variable_name};
pub use key::{NeededBy, Role};
pub use languages::LANGUAGES;
pub use load::{from_environment, from_text, load, try_out};
pub use logo::{LARGEST_LOGO, Logo};
pub use overrides::Overrides;
pub use problem::{ConfigErrors, Place, Problem, Refusal};
pub use roles::{AllInOne, Bot, RedeemServer, Settings};
pub use secret::{GivenSecret, Secret};
pub use sections::admins::ConfiguredAdmin;
pub use sections::console::Console;
pub use sections::contacts::{
    ActiveDirectorySettings, AlsoRun, AlsoSet, ConditionalWrite, Contacts, EmbeddedContacts, HashScheme,
    HashSettings, LdapAccountSettings, LdapContacts, LdapFlavour, LdapSecurity, LdapServer, MappedName,
    ProtectedContacts, SqlContacts, SqlMapping, SqlParameter, SqlPart, SqlText, VersionFrom,
};
pub use sections::data::Data;
pub use sections::discord::{Discord, VisibleTo};
pub use sections::keys::{PublicKeys, SigningKeys};
pub use sections::ledger::Ledger;
pub use sections::limits::{IssuingLimits, RequestLimits};
pub use sections::links::{ForProtected, HandOver, Links};
pub use sections::log::Log;
pub use sections::mail::{Mail, MailSecurity};
pub use sections::mattermost::Mattermost;
pub use sections::organisation::Organisation;
pub use sections::passwords::Passwords;
pub use sections::self_service::{Forgot, SelfServicePages};
pub use sections::server::Server;
pub use sections::slack::{Slack, SlackHearing};
pub use support::{Support, SupportPart, support_parts};
pub use web_address::PublicUrl;

/// The commented example file, which is also what `reset-link init` writes. It parses as it stands.
pub const EXAMPLE: &str = include_str!("../reset-link.example.toml");

/// What is known of a key that the config file may hold.
#[derive(Debug, Clone, Copy)]
pub struct KnownKey {
    /// The section, without its brackets.
    pub section: &'static str,
    /// The key.
    pub key: &'static str,
    /// What it takes, in a few words.
    pub takes: &'static str,
    /// What it is for, in one sentence.
    pub about: &'static str,
    /// Which role needs it; the other one refuses it.
    pub needed_by: NeededBy,
    /// Its value is a secret.
    pub is_secret: bool,
}

/// Every key that the config file and the environment may hold, in the order of the example file. `[[admins]]` is not among them.
pub fn known_keys() -> impl Iterator<Item = KnownKey> {
    sections::known_keys().map(|(table, key)| KnownKey {
        section: table.name,
        key: key.name,
        takes: key.takes,
        about: key.about,
        needed_by: key.needed_by,
        is_secret: key.is_secret,
    })
}
