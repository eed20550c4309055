//! `[contacts]` with tables of another application: what is read, and what is refused, with the exact words.

mod ldap;
mod presets;
mod refusals;
mod urls;

use std::path::Path;

use reset_link_config::{
    AllInOne, Bot, ConfigErrors, Contacts, Environment, HashScheme, Overrides, RedeemServer, Settings,
    SqlContacts, from_text,
};
use tempfile::TempDir;

/// Lines 1 to 5 of a good config file; what a test adds begins on line 6.
const GOOD: &str = r#"[organisation]
name = "Example Help Desk"
support = "Call us."
[server]
public_url = "https://reset.example.com"
"#;

/// Lines 6 to 10: tables of Django.
const DJANGO: &str = r#"[contacts]
kind = "sql"
preset = "django"
url = "postgres://writer:hunter2-writes@db.example.com/site"
reader_url = "postgres://reader:hunter2-reads@db.example.com/site"
"#;

fn read<S: Settings>(added: &str, environment: &Environment) -> Result<S, ConfigErrors> {
    from_text("reset-link.toml", &format!("{GOOD}{added}"), environment, &Overrides::default())
}

fn refusals<S: Settings>(added: &str) -> Vec<String> {
    let refused =
        read::<S>(added, &Environment::default()).err().map(|errors| errors.to_string()).unwrap_or_default();
    assert!(!refused.contains("hunter2"), "{refused}");
    refused.lines().map(str::to_owned).collect()
}

#[track_caller]
fn assert_refused(added: &str, expected: &[&str]) {
    assert_eq!(refusals::<AllInOne>(added), expected, "{added}");
}

fn tables(contacts: &Contacts) -> SqlContacts {
    match contacts {
        Contacts::Sql(tables) => (**tables).clone(),
        other => panic!("{other:?}"),
    }
}

/// What the bot and the redeem server read of the same file.
#[track_caller]
fn both(added: &str) -> [SqlContacts; 2] {
    let config: AllInOne = read(added, &Environment::default()).expect("a good config");
    [tables(&config.bot.contacts), tables(&config.redeem_server.contacts)]
}

#[test]
fn each_half_has_an_account_of_its_own() {
    let [bot, redeem_server] = both(DJANGO);
    assert_eq!(bot.url.expose(), "postgres://reader:hunter2-reads@db.example.com/site");
    assert_eq!(redeem_server.url.expose(), "postgres://writer:hunter2-writes@db.example.com/site");
    assert_eq!((bot.url_key, redeem_server.url_key), ("contacts.reader_url", "contacts.url"));
    assert_eq!(bot.preset.as_deref(), Some("django"));
    assert_eq!((bot.timeout.as_secs(), bot.uses_views, bot.ca_file), (5, false, None));
}

#[test]
fn a_half_alone_holds_the_url_of_its_own_account_and_refuses_the_others() {
    let of = |key: &str| {
        format!(
            "[contacts]\nkind = \"sql\"\npreset = \"django\"\n{key} = \"mysql://a:hunter2-hunter2@127.0.0.1/site\""
        )
    };
    let bot: Bot = read(&of("reader_url"), &Environment::default()).expect("a good config");
    assert_eq!(tables(&bot.contacts).url_key, "contacts.reader_url");
    let redeem_server: RedeemServer = read(&of("url"), &Environment::default()).expect("a good config");
    assert_eq!(tables(&redeem_server.contacts).url_key, "contacts.url");
    assert_eq!(
        refusals::<Bot>(&of("url")),
        [
            r#"reset-link.toml:6: contacts.reader_url_file: is not set; add reader_url_file = "contacts-reader-url" below [contacts], and write the database's URL with the bot's account into that file (chmod 600)"#,
            "reset-link.toml:9: contacts.url: is for the redeem server, and these are the settings of the bot; remove it; the bot's own account is named by reader_url_file",
        ]
    );
    assert_eq!(
        refusals::<RedeemServer>(&of("reader_url")),
        [
            r#"reset-link.toml:6: contacts.url_file: is not set; add url_file = "contacts-writer-url" below [contacts], and write the database's URL with the account that sets passwords into that file (chmod 600)"#,
            "reset-link.toml:9: contacts.reader_url: is for the bot, and these are the settings of the redeem server; remove it; the redeem server's own account is named by url_file",
        ]
    );
}

#[test]
fn a_mapping_of_ones_own_needs_no_preset() {
    let mapping = r#"[contacts.mapping]
table = "shop.customers"
id = "number"
name = ["given name", "surname"]
email = "mail"
language = "lang"
password = "pw"
active = "{deleted_at} IS NULL AND state <> 'gone'"
scheme = "argon2id"
memory_kib = 65536
passes = 3
lanes = 4
also_set = { changed_at = "now()", stamp = ":uuid" }
also_run = "DELETE FROM {shop.sessions} WHERE {customer} = :id;"
also_run_if = { tokens = "DELETE FROM {tokens} WHERE {customer} = :id" }
"#;
    let [bot, redeem_server] =
        both(&format!("{}{mapping}", DJANGO.replace("preset = \"django\"\n", "timeout = \"2s\"\n")));
    assert_eq!(bot.timeout.as_secs(), 2);
    assert_eq!(format!("{:?}", bot.mapping), format!("{:?}", redeem_server.mapping));
    let mapping = bot.mapping;
    assert_eq!((mapping.table.as_str(), mapping.id.as_str()), ("shop.customers", "number"));
    assert_eq!(mapping.name, ["given name", "surname"]);
    assert_eq!((mapping.email.as_deref(), mapping.language.as_deref()), (Some("mail"), Some("lang")));
    assert_eq!(mapping.active.expect("a condition").as_str(), "{deleted_at} IS NULL AND state <> 'gone'");
    assert_eq!((mapping.hash.scheme, mapping.hash.is_said_out_loud), (HashScheme::Argon2id, true));
    assert_eq!(
        (mapping.hash.memory_kib, mapping.hash.passes, mapping.hash.lanes),
        (Some(65536), Some(3), Some(4))
    );
    let set: Vec<_> =
        mapping.also_set.iter().map(|set| (set.column.as_str(), set.expression.as_str())).collect();
    assert_eq!(set, [("changed_at", "now()"), ("stamp", ":uuid")]);
    let run: Vec<_> =
        mapping.also_run.iter().map(|run| (run.if_table.as_deref(), run.statement.as_str())).collect();
    assert_eq!(
        run,
        [
            (None, "DELETE FROM {shop.sessions} WHERE {customer} = :id"),
            (Some("tokens"), "DELETE FROM {tokens} WHERE {customer} = :id")
        ]
    );
}

fn read_in<S: Settings>(folder: &TempDir, added: &str) -> Result<S, ConfigErrors> {
    let name = folder.path().join("reset-link.toml");
    let name: &Path = &name;
    from_text(
        name.to_str().expect("a name"),
        &format!("{GOOD}{added}"),
        &Environment::default(),
        &Overrides::default(),
    )
}

#[test]
fn a_pepper_is_the_redeem_servers_alone() {
    let added = "[contacts.mapping]\npepper = \"hunter2-pepper\"";
    let [bot, redeem_server] = both(&format!("{}{added}", DJANGO.replace("django", "devise")));
    assert!(bot.mapping.hash.pepper.is_none());
    assert_eq!(redeem_server.mapping.hash.pepper.expect("a pepper").expose(), "hunter2-pepper");
}
