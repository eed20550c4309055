//! Each role reads what it needs, and refuses what only the other one needs.

use std::path::{Path, PathBuf};

use reset_link_config::{
    AllInOne, Bot, ConfigErrors, Environment, KnownKey, NeededBy, Overrides, RedeemServer, Role, Settings,
    from_environment, from_text, known_keys, variable_name,
};

/// Lines 1 to 5, which both halves need; what a test adds begins on line 6.
const COMMON: &str = r#"[organisation]
name = "Example Help Desk"
support = "Call us."
[server]
public_url = "https://reset.example.com"
"#;

fn read<S: Settings>(added: &str) -> Result<S, ConfigErrors> {
    let text = format!("{COMMON}{added}\n");
    from_text("reset-link.toml", &text, &Environment::default(), &Overrides::default())
}

fn refusals<S: Settings>(added: &str) -> Vec<String> {
    let refused = read::<S>(added).err().map(|errors| errors.to_string()).unwrap_or_default();
    refused.lines().map(str::to_owned).collect()
}

fn in_the_environment<S: Settings>(variable: &str) -> String {
    let environment = Environment::from([
        ("RESET_LINK_ORGANISATION_NAME", "Example Help Desk"),
        ("RESET_LINK_ORGANISATION_SUPPORT", "Call us."),
        ("RESET_LINK_SERVER_PUBLIC_URL", "https://reset.example.com"),
        // Of the wrong kind for every key but a path.
        (variable, ""),
    ]);
    let read = from_environment::<S>(&environment, &Overrides::default());
    read.err().map(|errors| errors.to_string()).unwrap_or_default()
}

#[test]
fn each_role_gets_what_it_needs() {
    let bot: Bot = read("[links]\nlifetime = \"20m\"\n[ledger]\ndir = \"used\"").expect("a good config");
    assert_eq!(bot.public_url.as_str(), "https://reset.example.com");
    assert_eq!(bot.ledger_dir, Path::new("used"));
    assert_eq!(bot.audit_file, Path::new("data/audit.jsonl"));
    let redeem: RedeemServer =
        read("[passwords]\nmin_length = 20\n[ledger]\nlease = \"1m\"").expect("a good config");
    assert_eq!((redeem.passwords.min_length, redeem.ledger.dir.as_path()), (20, Path::new("data/ledger")));
    assert_eq!(redeem.audit_file, Path::new("data/redeem-audit.jsonl"));
}

#[test]
fn what_both_need_is_the_same_in_one_process() {
    let both: AllInOne =
        read("[keys]\nsigning_key_file = \"my.k4.secret\"\ntrusted_key_files = [\"old.k4.public\"]")
            .expect("a good config");
    let AllInOne { bot, redeem_server } = both;
    assert_eq!(bot.public_url, redeem_server.server.public_url);
    assert_eq!(bot.ledger_dir, redeem_server.ledger.dir);
    assert_eq!(bot.contacts.sqlite_file(), redeem_server.contacts.sqlite_file());
    assert_eq!(bot.keys.binding_secret_file, redeem_server.keys.binding_secret_file);
    // The redeem server reads the public half alone.
    let public = ["my.k4.public", "old.k4.public"].map(PathBuf::from);
    assert_eq!(redeem_server.keys.public_key_files, public);
}

#[test]
fn a_redeem_server_alone_never_names_the_signing_key() {
    let redeem: RedeemServer = read("").expect("a good config");
    assert_eq!(redeem.keys.public_key_files, [PathBuf::from("data/keys/signing.k4.public")]);
    let redeem: RedeemServer = read("[keys]\ntrusted_key_files = [\"a.k4.public\"]").expect("a good config");
    assert_eq!(redeem.keys.public_key_files, [PathBuf::from("a.k4.public")]);
    assert_eq!(
        refusals::<RedeemServer>("[keys]\nsigning_key_file = \"signing.k4.secret\""),
        [
            "reset-link.toml:7: keys.signing_key_file: is for the bot, and these are the settings of the redeem server; remove it; what redeems links never holds the key that signs them, and trusted_key_files names its public half"
        ]
    );
}

#[test]
fn a_section_of_the_other_role_is_refused_once() {
    assert_eq!(
        refusals::<Bot>("[passwords]\nmin_length = 20\nmin_strength = 4"),
        [
            "reset-link.toml:6: passwords: is for the redeem server, and these are the settings of the bot; remove it; [passwords] belongs into the settings of the redeem server"
        ]
    );
    assert_eq!(
        refusals::<RedeemServer>(
            "[mail]\nhost = \"mail.example.com\"\n[[admins]]\nname = \"Alice\"\nconsole = \"alice\""
        ),
        [
            "reset-link.toml:6: mail: is for the bot, and these are the settings of the redeem server; remove it; [mail] belongs into the settings of the bot",
            "reset-link.toml:8: admins: is for the bot, and these are the settings of the redeem server; remove it; [[admins]] belongs into the settings of the bot"
        ]
    );
}

#[test]
fn a_key_of_the_other_role_is_refused_in_a_section_of_both() {
    assert_eq!(
        refusals::<Bot>("[ledger]\ncache_mb = 32"),
        [
            "reset-link.toml:7: ledger.cache_mb: is for the redeem server, and these are the settings of the bot; remove it; it belongs into the settings of the redeem server"
        ]
    );
    assert_eq!(
        in_the_environment::<RedeemServer>("RESET_LINK_CONTACTS_PROTECTED"),
        "RESET_LINK_CONTACTS_PROTECTED: contacts.protected: is for the bot, and these are the settings of the redeem server; remove it; it belongs into the settings of the bot"
    );
}

#[test]
fn what_was_probably_meant_is_something_that_the_role_needs() {
    assert_eq!(
        refusals::<RedeemServer>("[limits]\nlinks_per_admin = 1"),
        [
            "reset-link.toml:7: limits.links_per_admin: no such key; remove it; [limits] has damaged_links_per_client_and_minute, requests_per_link_and_minute"
        ]
    );
    assert_eq!(
        refusals::<RedeemServer>("[smtp]\nhost = \"mail.example.com\""),
        [
            "reset-link.toml:6: smtp: no such section; remove it; there are [organisation], [server], [data], [keys], [limits], [self_service], [contacts], [contacts.mapping], [passwords], [ledger], [audit], [log]"
        ]
    );
}

#[test]
fn every_key_is_read_by_whoever_needs_it_and_refused_by_the_other() {
    for KnownKey { section, key, needed_by, about, .. } in known_keys() {
        let variable = variable_name(section, key);
        let [bot, redeem, both] = [
            in_the_environment::<Bot>(&variable),
            in_the_environment::<RedeemServer>(&variable),
            in_the_environment::<AllInOne>(&variable),
        ];
        let is_foreign = |refused: &str| refused.contains("is for the");
        assert_eq!(is_foreign(&bot), needed_by == NeededBy::RedeemServer, "{section}.{key} ({about}) {bot}");
        assert_eq!(is_foreign(&redeem), needed_by == NeededBy::Bot, "{section}.{key} ({about}) {redeem}");
        assert!(!is_foreign(&both), "{section}.{key} {both}");
    }
}

#[test]
fn the_command_line_says_where_each_role_listens() {
    let elsewhere = "192.0.2.1:9000".parse().expect("an address");
    let overrides = Overrides { data: None, listen: Some(elsewhere) };
    let read = |role: Role| match role {
        Role::Bot => {
            from_text::<Bot>("x.toml", COMMON, &Environment::default(), &overrides).map(|bot| bot.listen)
        }
        Role::RedeemServer => {
            from_text::<RedeemServer>("x.toml", COMMON, &Environment::default(), &overrides)
                .map(|redeem| redeem.server.listen)
        }
        Role::AllInOne => from_text::<AllInOne>("x.toml", COMMON, &Environment::default(), &overrides)
            .map(|both| both.redeem_server.server.listen),
    };
    for role in [Role::AllInOne, Role::Bot, Role::RedeemServer] {
        assert_eq!(read(role).expect("a good config"), elsewhere);
    }
}
