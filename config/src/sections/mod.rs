//! One file per section: its type, its keys, their defaults and rules.

pub(crate) mod admins;
pub(crate) mod audit;
pub(crate) mod bot;
pub(crate) mod chat;
pub(crate) mod console;
pub(crate) mod contacts;
pub(crate) mod data;
pub(crate) mod discord;
pub(crate) mod keys;
pub(crate) mod ledger;
pub(crate) mod limits;
pub(crate) mod links;
pub(crate) mod log;
pub(crate) mod mail;
pub(crate) mod mattermost;
pub(crate) mod organisation;
pub(crate) mod passwords;
pub(crate) mod self_service;
pub(crate) mod server;
pub(crate) mod slack;

use crate::key::{KeyInfo, Table, Times};

/// Every section, in the order of the example file.
pub(crate) const TABLES: &[Table] = &[
    organisation::TABLE,
    server::TABLE,
    data::TABLE,
    keys::TABLE,
    links::TABLE,
    limits::TABLE,
    self_service::TABLE,
    mail::TABLE,
    contacts::TABLE,
    contacts::mapping::TABLE,
    passwords::TABLE,
    ledger::TABLE,
    audit::TABLE,
    console::TABLE,
    discord::TABLE,
    bot::TABLE,
    slack::TABLE,
    mattermost::TABLE,
    log::TABLE,
    admins::TABLE,
];

/// Every key that the environment has a name for, with its section.
pub(crate) fn known_keys() -> impl Iterator<Item = (&'static Table, &'static KeyInfo)> {
    TABLES
        .iter()
        .filter(|table| table.times == Times::Once)
        .flat_map(|table| table.keys.iter().map(move |key| (table, key)))
}

/// The section that goes by this name in other programs' configs.
pub(crate) fn called_elsewhere(name: &str) -> Option<&'static Table> {
    TABLES.iter().find(|table| table.elsewhere.contains(&name))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn what_other_programs_say_names_one_section_of_ours() {
        for (word, section) in [
            ("smtp", "mail"),
            ("database", "contacts"),
            ("http", "server"),
            ("company", "organisation"),
            ("storage", "data"),
            ("logs", "log"),
        ] {
            assert_eq!(called_elsewhere(word).map(|table| table.name), Some(section));
        }
        assert!(called_elsewhere("colour").is_none());
        let mut seen = BTreeSet::new();
        for name in TABLES.iter().flat_map(|table| table.elsewhere.iter().chain([&table.name])) {
            assert!(seen.insert(name), "{name} names two sections");
        }
    }

    #[test]
    fn no_section_has_a_key_twice_and_each_key_says_what_it_is_for() {
        for table in TABLES {
            let names: BTreeSet<&str> = table.keys.iter().map(|key| key.name).collect();
            assert_eq!(names.len(), table.keys.len(), "{}", table.heading());
            for key in table.keys {
                assert!(key.about.ends_with('.'), "{}.{} says nothing", table.name, key.name);
            }
        }
    }

    #[test]
    fn a_secret_may_stand_in_a_file_of_its_own() {
        let mut secrets = 0;
        for (table, key) in known_keys().filter(|(_, key)| key.is_secret) {
            let file = format!("{}_file", key.name);
            let beside = table.keys.iter().find(|other| other.name == file);
            assert_eq!(
                beside.map(|file| (file.takes, file.is_secret, file.needed_by)),
                Some(("a path", false, key.needed_by)),
                "{}.{file}",
                table.name
            );
            secrets += 1;
        }
        assert!(secrets >= 7);
    }
}
