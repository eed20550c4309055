//! One file per section: its type, its keys, their defaults and rules.

mod admins;
mod audit;
mod bot;
mod console;
mod contacts;
mod data;
mod discord;
mod keys;
mod ledger;
mod limits;
mod links;
mod log;
mod mail;
mod mattermost;
mod organisation;
mod passwords;
mod server;
mod slack;

pub use admins::ConfiguredAdmin;
pub(crate) use admins::check_that_they_differ;
pub use audit::Audit;
pub use bot::Bot;
pub use console::Console;
pub use contacts::Contacts;
pub use data::Data;
pub use discord::{Discord, VisibleTo};
pub use keys::Keys;
pub use ledger::Ledger;
pub use limits::Limits;
pub use links::{ForProtected, HandOver, Links};
pub use log::Log;
pub use mail::{Mail, MailSecurity};
pub use mattermost::Mattermost;
pub use organisation::Organisation;
pub use passwords::Passwords;
pub use server::Server;
pub use slack::{Slack, SlackHearing};

/// Every section with its keys, in the order of the example file.
pub(crate) const SECTIONS: &[(&str, &[&str])] = &[
    ("organisation", organisation::KEYS),
    ("server", server::KEYS),
    ("data", data::KEYS),
    ("keys", keys::KEYS),
    ("links", links::KEYS),
    ("limits", limits::KEYS),
    ("mail", mail::KEYS),
    ("contacts", contacts::KEYS),
    ("passwords", passwords::KEYS),
    ("ledger", ledger::KEYS),
    ("audit", audit::KEYS),
    ("console", console::KEYS),
    ("discord", discord::KEYS),
    ("bot", bot::KEYS),
    ("slack", slack::KEYS),
    ("mattermost", mattermost::KEYS),
    ("log", log::KEYS),
];

/// Sections that may stand several times, with their keys. The environment has no names for these.
pub(crate) const LISTS: &[(&str, &[&str])] = &[("admins", admins::KEYS)];

/// How a section is headed in the file.
pub(crate) fn heading(section: &str) -> String {
    if LISTS.iter().any(|(list, _)| *list == section) {
        format!("[[{section}]]")
    } else {
        format!("[{section}]")
    }
}

/// Every key with its section.
pub(crate) fn known() -> impl Iterator<Item = (&'static str, &'static str)> {
    SECTIONS.iter().flat_map(|(section, keys)| keys.iter().map(|key| (*section, *key)))
}
