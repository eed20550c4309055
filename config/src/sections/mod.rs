//! One file per section: its type, its keys, their defaults and rules.

mod audit;
mod console;
mod contacts;
mod data;
mod keys;
mod ledger;
mod limits;
mod links;
mod log;
mod mail;
mod organisation;
mod passwords;
mod server;

pub use audit::Audit;
pub use console::Console;
pub use contacts::Contacts;
pub use data::Data;
pub use keys::Keys;
pub use ledger::Ledger;
pub use limits::Limits;
pub use links::{HandOver, Links};
pub use log::Log;
pub use mail::{Mail, MailSecurity};
pub use organisation::{LANGUAGES, Organisation};
pub use passwords::Passwords;
pub use server::Server;

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
    ("log", log::KEYS),
];

/// Every key with its section.
pub(crate) fn known() -> impl Iterator<Item = (&'static str, &'static str)> {
    SECTIONS.iter().flat_map(|(section, keys)| keys.iter().map(|key| (*section, *key)))
}
