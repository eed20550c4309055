//! `[contacts]` with tables of another application: what is read, and what is refused, with the exact words.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use reset_link_config::{
    AllInOne, Bot, ConfigErrors, Contacts, Environment, HashScheme, Overrides, RedeemServer, Settings,
    SqlContacts, SqlMapping, SqlPart, SqlText, from_text,
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
        Contacts::Embedded(embedded) => panic!("{embedded:?}"),
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

#[test]
fn urls_stand_in_files_that_others_cannot_read() {
    let folder = folder();
    let added = "[contacts]\nkind = \"sql\"\npreset = \"django\"\nurl_file = \"writer\"\nreader_url_file = \"reader\"";
    let config: AllInOne = read_in(&folder, added).expect("a good config");
    let [bot, redeem_server] = [&config.bot.contacts, &config.redeem_server.contacts].map(tables);
    assert_eq!((bot.url_key, redeem_server.url_key), ("contacts.reader_url_file", "contacts.url_file"));
    assert_eq!(redeem_server.url.expose(), "mysql://writer:hunter2%2Fwrites@localhost/site");
    fs::set_permissions(folder.path().join("reader"), fs::Permissions::from_mode(0o644)).expect("a mode");
    let refused = read_in::<AllInOne>(&folder, added).expect_err("a refusal").to_string();
    assert!(
        refused.contains("contacts.reader_url_file: ") && refused.contains("is open to everybody"),
        "{refused}"
    );
}

fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, url) in [
        ("writer", "mysql://writer:hunter2%2Fwrites@localhost/site\n"),
        ("reader", "mysql://reader:hunter2-reads@localhost/site\n"),
    ] {
        let file = folder.path().join(name);
        fs::write(&file, url).expect("a file");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("a mode");
    }
    folder
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
fn each_kind_refuses_the_keys_of_the_other() {
    let of_tables = r#""sql", and the contacts are in the embedded directory; add kind = "sql" below [contacts], or remove it"#;
    assert_refused(
        "[contacts]\nurl_file = \"x\"\nviews = true\n[contacts.mapping]\ntable = \"users\"",
        &[
            &format!("reset-link.toml:7: contacts.url_file: is for kind = {of_tables}"),
            &format!("reset-link.toml:8: contacts.views: is for kind = {of_tables}"),
            &format!("reset-link.toml:10: contacts.mapping.table: is for kind = {of_tables}"),
        ],
    );
    assert_refused(
        &format!("{DJANGO}sqlite_file = \"x\""),
        &[
            r#"reset-link.toml:11: contacts.sqlite_file: is for kind = "embedded", and the contacts are in tables of another application; remove it; an SQLite file of another application is named by url = "sqlite:…""#,
        ],
    );
}

/// The mapping that comes of a preset and what an operator adds.
#[track_caller]
fn mapping(preset: &str, added: &str) -> SqlMapping {
    let [_, redeem_server] =
        both(&format!("{}{added}", DJANGO.replace("\"django\"", &format!("\"{preset}\""))));
    redeem_server.mapping
}

/// Columns with what they are set to, and whether only if they are present.
fn columns_of(mapping: &SqlMapping) -> Vec<(&str, &str, bool)> {
    let also_set = mapping.also_set.iter();
    also_set.map(|set| (set.column.as_str(), set.expression.as_str(), set.only_if_present)).collect()
}

/// Statements, each with the table without which it is left out.
fn statements_of(mapping: &SqlMapping) -> Vec<(Option<&str>, String)> {
    mapping.also_run.iter().map(|run| (run.if_table.as_deref(), written_out(&run.statement))).collect()
}

/// A statement with its identifiers in square brackets.
fn written_out(text: &SqlText) -> String {
    text.parts()
        .iter()
        .map(|part| match part {
            SqlPart::Verbatim(text) => text.clone(),
            SqlPart::Identifier(name) => format!("[{name}]"),
            SqlPart::Mapped(name) => format!("[{name:?}]"),
            SqlPart::Parameter(parameter) => format!("<{parameter:?}>"),
        })
        .collect()
}

#[test]
fn every_preset_is_a_whole_mapping() {
    for (preset, table, id, scheme, is_email_mapped) in [
        ("django", "auth_user", "username", HashScheme::DjangoPbkdf2Sha256, true),
        ("laravel", "users", "id", HashScheme::Bcrypt2y, true),
        ("devise", "users", "id", HashScheme::Bcrypt2a, true),
        ("wordpress", "wp_users", "ID", HashScheme::WordPressBcrypt, true),
        ("gotrue", "auth.users", "id", HashScheme::Bcrypt2a, true),
        ("aspnet-identity", "AspNetUsers", "Id", HashScheme::AspNetIdentityV3, true),
        ("dovecot", "users", "userid", HashScheme::DovecotBlfCrypt, false),
        ("plain", "users", "id", HashScheme::Argon2id, true),
    ] {
        let mapping = mapping(preset, "");
        assert_eq!((mapping.table.as_str(), mapping.id.as_str()), (table, id), "{preset}");
        assert_eq!((mapping.hash.scheme, mapping.hash.is_said_out_loud), (scheme, false), "{preset}");
        assert_eq!(mapping.email.is_some(), is_email_mapped, "{preset}");
    }
}

#[test]
fn a_preset_ends_what_the_old_password_had_begun() {
    let django = mapping("django", "");
    assert!(
        columns_of(&django).is_empty() && statements_of(&django).is_empty(),
        "a session of Django holds a fingerprint of the hash"
    );
    let laravel = mapping("laravel", "");
    let (set, run) = (columns_of(&laravel), statements_of(&laravel));
    assert_eq!(set, [("remember_token", ":random", true)]);
    let of_email = "WHERE [email] IN (SELECT [Email] FROM [Table] WHERE [Id] = <Id>)";
    assert_eq!(
        run,
        [
            (Some("password_reset_tokens"), format!("DELETE FROM [password_reset_tokens] {of_email}")),
            (Some("password_resets"), format!("DELETE FROM [password_resets] {of_email}")),
            (
                Some("personal_access_tokens"),
                "DELETE FROM [personal_access_tokens] WHERE [tokenable_id] = <Id> AND [tokenable_type] LIKE 'App_Models_User'".to_owned()
            ),
            (Some("sessions"), "DELETE FROM [sessions] WHERE [user_id] = <Id>".to_owned()),
        ]
    );
    let wordpress = mapping("wordpress", "");
    let (set, run) = (columns_of(&wordpress), statements_of(&wordpress));
    assert_eq!(set, [("user_activation_key", "''", false)]);
    assert_eq!(
        run,
        [(
            None,
            "DELETE FROM [wp_usermeta] WHERE [user_id] = <Id> AND [meta_key] = 'session_tokens'".to_owned()
        )]
    );
    let aspnet = mapping("aspnet-identity", "");
    let set = columns_of(&aspnet);
    assert_eq!(
        set,
        [
            ("AccessFailedCount", "0", false),
            ("ConcurrencyStamp", ":uuid", false),
            ("LockoutEnd", "NULL", false),
            ("SecurityStamp", ":uuid", false)
        ]
    );
    assert_eq!(
        written_out(&aspnet.active.expect("a condition")),
        "([LockoutEnd] IS NULL OR [LockoutEnd] < '2100-01-01')"
    );
}

#[test]
fn the_other_tables_of_a_preset_begin_as_the_mapped_one_does() {
    for (preset, table, beside) in [
        ("wordpress", "blog_users", "[blog_usermeta]"),
        ("wordpress", "site.my_blogusers", "[site.my_blogusermeta]"),
        ("wordpress", "site.members", "[site.usermeta]"),
        ("laravel", "users", "[sessions]"),
        ("laravel", "app_users", "[app_sessions]"),
        ("laravel", "members", "[sessions]"),
        ("laravel", "shop.users", "[shop.sessions]"),
    ] {
        let mapping = mapping(preset, &format!("[contacts.mapping]\ntable = \"{table}\""));
        let run = statements_of(&mapping);
        let (if_table, statement) = run.last().expect("a statement");
        assert!(statement.starts_with(&format!("DELETE FROM {beside} ")), "{table}: {statement}");
        if let Some(if_table) = if_table {
            assert_eq!(format!("[{if_table}]"), beside);
        }
    }
}

#[test]
fn what_the_operator_says_stands_in_the_place_of_the_presets() {
    let added = r#"[contacts.mapping]
name = "name"
scheme = "argon2id"
also_set = { changed_at = "now()" }
also_set_if_present = { remember_token = "" }
also_run_if = { "*sessions" = "DELETE FROM {logins} WHERE {user_id} = :id", "*password_resets" = "", tokens = "DELETE FROM {tokens} WHERE {user} = :id" }
"#;
    let laravel = mapping("laravel", added);
    assert_eq!((laravel.table.as_str(), laravel.name.as_slice()), ("users", &["name".to_owned()][..]));
    // How much of bcrypt is no matter of Argon2.
    assert_eq!(
        (laravel.hash.scheme, laravel.hash.is_said_out_loud, laravel.hash.cost),
        (HashScheme::Argon2id, true, None)
    );
    let (set, run) = (columns_of(&laravel), statements_of(&laravel));
    assert_eq!(set, [("changed_at", "now()", false)]);
    let tables: Vec<_> = run.iter().filter_map(|(table, _)| *table).collect();
    assert_eq!(tables, ["password_reset_tokens", "personal_access_tokens", "sessions", "tokens"]);
    assert!(run.contains(&(Some("sessions"), "DELETE FROM [logins] WHERE [user_id] = <Id>".to_owned())));
    // A column counts once, wherever it is named.
    let devise = mapping(
        "devise",
        "[contacts.mapping]\ncost = 13\nalso_set = { locked_at = \"locked_at\", unlock_token = \"\" }",
    );
    assert_eq!((devise.hash.cost, devise.hash.is_said_out_loud), (Some(13), false));
    let set = columns_of(&devise);
    let of = |column: &str| set.iter().filter(|set| set.0 == column).copied().collect::<Vec<_>>();
    assert_eq!(of("locked_at"), [("locked_at", "locked_at", false)]);
    assert!(of("unlock_token").is_empty());
    assert_eq!(of("failed_attempts"), [("failed_attempts", "0", true)]);
    let replaced = mapping("wordpress", "[contacts.mapping]\nalso_run = []\nscheme = \"wordpress\"");
    assert!(replaced.also_run.is_empty() && replaced.hash.scheme == HashScheme::WordPress);
}

#[test]
fn a_mapping_stands_in_the_environment_as_well_but_for_its_tables() {
    let environment = Environment::from([
        ("RESET_LINK_CONTACTS_KIND", "sql"),
        ("RESET_LINK_CONTACTS_PRESET", "django"),
        ("RESET_LINK_CONTACTS_URL", "mysql://a:hunter2-hunter2@localhost/site"),
        ("RESET_LINK_CONTACTS_READER_URL", "mysql://b:hunter2-hunter2@localhost/site"),
        ("RESET_LINK_CONTACTS_MAPPING_TABLE", "accounts_user"),
        ("RESET_LINK_CONTACTS_MAPPING_NAME", "nick,surname"),
        ("RESET_LINK_CONTACTS_MAPPING_ALSO_RUN", "DELETE FROM {a} WHERE {b} IN (1, 2) AND {c} = :id"),
    ]);
    let config: AllInOne = read("", &environment).expect("a good config");
    let mapping = tables(&config.redeem_server.contacts).mapping;
    assert_eq!(
        (mapping.table.as_str(), mapping.id.as_str(), mapping.name.join("+")),
        ("accounts_user", "username", "nick+surname".to_owned())
    );
    assert_eq!(
        statements_of(&mapping),
        [(None, "DELETE FROM [a] WHERE [b] IN (1, 2) AND [c] = <Id>".to_owned())]
    );
    let environment = Environment::from([
        ("RESET_LINK_CONTACTS_MAPPING_ALSO_SET", "{ a = \"1\" }"),
        ("RESET_LINK_CONTACTS_MAPPING_TABEL", "users"),
    ]);
    assert_eq!(
        read::<AllInOne>(DJANGO, &environment).expect_err("a refusal").to_string(),
        "RESET_LINK_CONTACTS_MAPPING_ALSO_SET: contacts.mapping.also_set: is a table, which no variable can hold; write it below [contacts.mapping] in a config file\n\
         RESET_LINK_CONTACTS_MAPPING_TABEL: names no setting; did you mean RESET_LINK_CONTACTS_MAPPING_TABLE?"
    );
}

#[test]
fn a_pepper_is_the_redeem_servers_alone() {
    let added = "[contacts.mapping]\npepper = \"hunter2-pepper\"";
    let [bot, redeem_server] = both(&format!("{}{added}", DJANGO.replace("django", "devise")));
    assert!(bot.mapping.hash.pepper.is_none());
    assert_eq!(redeem_server.mapping.hash.pepper.expect("a pepper").expose(), "hunter2-pepper");
}

#[test]
fn urls_and_their_passwords_are_known_as_secrets() {
    let folder = folder();
    let added = "[contacts]\nkind = \"sql\"\npreset = \"devise\"\nurl_file = \"writer\"\nreader_url_file = \"reader\"\n[contacts.mapping]\npepper = \"hunter2-pepper\"";
    let config: AllInOne = read_in(&folder, added).expect("a good config");
    assert!(!format!("{config:?}").contains("hunter2"));
    for (text, key) in [
        ("mysql://writer:hunter2%2Fwrites@localhost/site", "contacts.url"),
        ("writes with hunter2%2Fwrites", "contacts.url"),
        ("writes with hunter2/writes", "contacts.url"),
        ("reads with hunter2-reads", "contacts.reader_url"),
        ("pepper = \"hunter2-pepper\"", "contacts.mapping.pepper"),
    ] {
        let known = config.bot.secrets.iter().find(|secret| secret.stands_in(text));
        assert_eq!(known.map(|secret| secret.key.as_str()), Some(key), "{text}");
    }
    assert!(!config.bot.secrets.iter().any(|secret| secret.stands_in(added.lines().next().expect("a line"))));
    // A short one may be any word.
    let short = DJANGO.replace("hunter2-writes", "sql").replace("hunter2-reads", "sql");
    let config: AllInOne = read(&short, &Environment::default()).expect("a good config");
    let stands = |text: &str| config.bot.secrets.iter().any(|secret| secret.stands_in(text));
    assert!(stands("postgres://x:sql@elsewhere/x") && !stands("kind = \"sql\""));
}

/// Lines 6 to 8; the writer's URL stands on line 9.
fn with_url(url: &str, reader_url: &str) -> String {
    format!("[contacts]\nkind = \"sql\"\npreset = \"django\"\nurl = \"{url}\"\nreader_url = \"{reader_url}\"")
}

#[test]
fn a_url_is_checked_before_anybody_connects() {
    let good = "postgres://reader:hunter2@db.example.com/site";
    let in_password =
        "percent-encode what is special in the password: / is %2F, ? is %3F, # is %23, @ is %40, % is %25";
    for (url, refusal) in [
        (
            "hunter2",
            "is not the URL of a database that reset-link knows; begin it with postgres://, mysql:// or sqlite:".to_owned(),
        ),
        (
            "oracle://a:hunter2@db.example.com/site",
            "is not the URL of a database that reset-link knows; begin it with postgres://, mysql:// or sqlite:".to_owned(),
        ),
        (
            "postgres://a:hunter2/x@db.example.com/site",
            format!("is not a URL (invalid port number); write postgres://user:password@host/database, and {in_password}"),
        ),
        ("postgres://a:12/hunter2@db.example.com/site", format!("has a login that ends too early; {in_password}")),
        ("postgres://a:x?hunter2@db.example.com/site", format!("is not a URL (invalid port number); write postgres://user:password@host/database, and {in_password}")),
        ("postgres://a:1?hunter2@db.example.com/site", format!("has a login that ends too early; {in_password}")),
        ("postgres://a:1#hunter2@db.example.com/site", format!("has a login that ends too early; {in_password}")),
        (
            "postgres://a:hunter2@db.example.com",
            "names no database; write postgres://user:password@host/database".to_owned(),
        ),
        (
            "mysql://a:hunter2@db.example.com/a/b",
            "names no database; write mysql://user:password@host/database".to_owned(),
        ),
        (
            "postgres://a:hunter2@db.example.com/site?sslmode=require",
            "has an sslmode that does not verify who answers, and the server is not on this machine; remove it, or write verify-full: certificate and name are always verified; contacts.ca_file trusts a certificate authority of your own".to_owned(),
        ),
        (
            "mysql://a:hunter2@db.example.com/site?ssl-mode=VERIFY_CA",
            "has an sslmode that does not verify who answers, and the server is not on this machine; remove it, or write VERIFY_IDENTITY: certificate and name are always verified; contacts.ca_file trusts a certificate authority of your own".to_owned(),
        ),
        (
            "postgres://a@db.example.com/site?password=hunter2",
            "has the parameter password; write the login before the host: //user:password@host".to_owned(),
        ),
        (
            "postgres://a@db.example.com/site?sslrootcert=hunter2",
            "has the parameter sslrootcert; set contacts.ca_file instead".to_owned(),
        ),
        (
            "postgres://a@db.example.com/site?options[search_path]=hunter2",
            "has the parameter options; remove it: reset-link sets what it needs; a schema stands before the table's name in contacts.mapping.table".to_owned(),
        ),
        (
            "mysql://a@db.example.com/site?hunter2=1",
            "has a parameter that reset-link does not know; remove it; reset-link knows ssl-mode and socket (a ? in a password is %3F)".to_owned(),
        ),
    ] {
        assert_refused(&with_url(url, good), &[&format!("reset-link.toml:9: contacts.url: {refusal}")]);
    }
}

#[test]
fn a_server_on_this_machine_need_not_be_verified_and_others_always_are() {
    for url in [
        "postgres://a:hunter2@localhost/site?sslmode=disable",
        "postgresql://a:hunter2@127.0.0.1:5433/site?sslmode=prefer&application_name=x",
        "postgres://a:hunter2@[::1]/site?sslmode=disable",
        "postgres://a:hunter2@%2Frun%2Fpostgresql/site?sslmode=disable",
        "postgres:///site?host=/run/postgresql&sslmode=disable",
        "postgres://a:hunter2@db.example.com/site?sslmode=verify-full",
        "mysql://a:hunter2@db.example.com/site?ssl-mode=verify_identity",
        "mariadb://a:hunter2@db.example.com/site",
        "mysql://a:hunter2@db.example.com/site?socket=/run/mysqld/mysqld.sock&ssl-mode=DISABLED",
    ] {
        assert_refused(&with_url(url, url), &[]);
    }
    for url in [
        "postgres://a:hunter2@10.0.0.1/site?sslmode=disable",
        "postgres://a:hunter2@localhost/site?host=db.example.com&sslmode=disable",
        "postgres://a:hunter2@localhost.example.com/site?sslmode=allow",
        "mysql://a:hunter2@%2Frun%2Fmysqld/site?ssl-mode=DISABLED",
    ] {
        let refused = refusals::<AllInOne>(&with_url(url, "postgres://a@localhost/site")).concat();
        assert!(refused.contains("does not verify who answers"), "{url}: {refused}");
    }
}

#[test]
fn both_halves_have_one_database() {
    let writer = "postgres://writer:hunter2@db.example.com/site";
    assert_refused(&with_url(writer, "postgresql://reader:hunter2@pooler.example.com:6432/site"), &[]);
    for (reader, refusal) in [
        ("mysql://reader:hunter2@db.example.com/site", "begins with mysql:, and contacts.url with postgres:"),
        ("postgres://reader:hunter2@db.example.com/other", "names another database than contacts.url"),
    ] {
        assert_refused(
            &with_url(writer, reader),
            &[&format!(
                "reset-link.toml:10: contacts.reader_url: {refusal}; name one database in both, with an account for each"
            )],
        );
    }
}

#[test]
fn a_file_of_sqlite_is_there_already_and_its_path_is_relative_to_the_config() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("app 1.sqlite"), "").expect("a file");
    let read = |url: &str, reader_url: &str| read_in::<AllInOne>(&folder, &with_url(url, reader_url));
    let file = folder.path().join("app 1.sqlite");
    let file = file.to_str().expect("a name").replace(' ', "%20");
    for (url, reader_url) in [
        ("sqlite:app 1.sqlite", "sqlite:app 1.sqlite?mode=ro"),
        ("sqlite://app%201.sqlite?mode=rw", &format!("sqlite://{file}")),
    ] {
        let config = read(url, reader_url).expect("a good config");
        let read = [tables(&config.redeem_server.contacts), tables(&config.bot.contacts)];
        for contacts in read {
            let expected = format!("sqlite:{file}");
            assert_eq!(contacts.url.expose().split('?').next(), Some(expected.as_str()));
        }
    }
    for (url, refusal) in [
        ("sqlite:", "names no file; write sqlite: and the path of the application's file"),
        ("sqlite::memory:", "names no file; write sqlite: and the path of the application's file"),
        (
            "sqlite:other.sqlite",
            "names /etc/other.sqlite, which cannot be opened (entity not found); write sqlite: and the path of the application's file; a relative one begins at the config's folder",
        ),
        (
            "sqlite:.",
            "names /etc/., which is not a file; write sqlite: and the path of the application's file",
        ),
        (
            "sqlite:app 1.sqlite?mode=rwc",
            "has a mode that would make a new database; remove it: the application's own file must be there already",
        ),
        (
            "sqlite:app 1.sqlite?mode=ro",
            "opens the file to be read alone; remove mode=ro: passwords are written",
        ),
        (
            "sqlite:app 1.sqlite?cache=shared",
            "has a parameter that reset-link does not know; remove it; reset-link knows mode (a ? in a password is %3F)",
        ),
    ] {
        let refused = read(url, "sqlite:app 1.sqlite").expect_err("a refusal").to_string();
        let refused = refused.replace(folder.path().to_str().expect("a name"), "/etc");
        assert_eq!(refused, format!("/etc/reset-link.toml:9: contacts.url: {refusal}"));
    }
}

/// What is refused of a mapping that stands on line 12 and below. `preset` is the last line before it.
#[track_caller]
fn assert_mapping_refused(preset: &str, added: &str, expected: &[&str]) {
    let added = format!("{}[contacts.mapping]\n{added}", DJANGO.replace("django", preset));
    let expected: Vec<String> = expected.iter().map(|refusal| format!("reset-link.toml:{refusal}")).collect();
    assert_eq!(refusals::<AllInOne>(&added), expected, "{added}");
}

#[test]
fn a_section_within_another_one_has_lines_and_keys_of_its_own() {
    assert_mapping_refused(
        "django",
        "tabel = \"users\"\nid = 7\ncolour = \"blue\"\nalso_set = \"x\"\nalso_run_if = { a = 1, \"b\\\"\" = \"DELETE\" }",
        &[
            "12: contacts.mapping.tabel: no such key; did you mean table?",
            "13: contacts.mapping.id: is a number, not text; put it in quotes",
            "14: contacts.mapping.colour: no such key; remove it; [contacts.mapping] has table, id, name, email, email_key, language, password, active, scheme, cost, iterations, memory_kib, passes, lanes, pepper, pepper_file, also_set, also_set_if_present, also_run, also_run_if",
            r#"15: contacts.mapping.also_set: is text, not a table; write it as a table, like { name = "…" }"#,
            r#"16: contacts.mapping.also_run_if: "a" is a number, not text; put it in quotes"#,
            r#"16: contacts.mapping.also_run_if: "b"" is not the plain name of a table or a column; write the name as the database lists it, without quotation marks: reset-link quotes it"#,
        ],
    );
    assert_mapping_refused(
        "django",
        "[contacts.mapping.also_set]\nstamp = \"now()\"\npassword = \":uuid\"\n[contacts.maping]\ntable = \"x\"",
        &[
            r#"12: contacts.mapping.also_set: sets "password", the column that holds the hash; remove it; reset-link writes the hash itself"#,
            "15: contacts.maping: no such key; did you mean mapping?",
        ],
    );
    assert_refused(
        &format!("{DJANGO}mapping = \"users\"\ntable = \"users\""),
        &[
            "reset-link.toml:11: contacts.mapping: is text, not a section; write [contacts.mapping] on a line of its own, and its keys below",
            "reset-link.toml:12: contacts.table: no such key; it belongs below [contacts.mapping]",
        ],
    );
    assert_refused(
        "[mapping]\ntable = \"users\"",
        &["reset-link.toml:6: mapping: no such section; did you mean [contacts.mapping]?"],
    );
}

#[test]
fn a_mapping_that_lacks_something_says_what() {
    let own = DJANGO.replace("preset = \"django\"\n", "");
    assert_refused(
        &own,
        &[
            r#"reset-link.toml:6: contacts.preset: is not set, and neither is a mapping of your own; add preset = "django" or another one, or [contacts.mapping] with at least table, id, name, password and scheme"#,
        ],
    );
    assert_refused(
        &format!("{own}[contacts.mapping]\ntable = \"users\""),
        &[
            r#"reset-link.toml:10: contacts.mapping.id: is not set; add id = "id" below [contacts.mapping]"#,
            r#"reset-link.toml:10: contacts.mapping.name: is not set; add name = "name" below [contacts.mapping]"#,
            r#"reset-link.toml:10: contacts.mapping.password: is not set; add password = "password" below [contacts.mapping]"#,
            r#"reset-link.toml:10: contacts.mapping.scheme: is not set; add scheme = "argon2id" below [contacts.mapping]"#,
        ],
    );
}

#[test]
fn a_preset_that_there_is_not_or_that_would_break_its_application_is_refused() {
    for (preset, refusal) in [
        ("djagno", r#""djagno" is not one of the presets; did you mean "django"?"#.to_owned()),
        (
            "moodle",
            r#""moodle" is not one of the presets; use "django", "laravel", "devise", "wordpress", "gotrue", "aspnet-identity", "dovecot", "plain"; or remove preset, and say all of it in [contacts.mapping]"#.to_owned(),
        ),
        (
            "Keycloak",
            "Keycloak keeps users in a cache of its process; have passwords set by its own API and not by SQL; docs/directories/README.md says more".to_owned(),
        ),
        (
            "nextcloud",
            "Nextcloud keeps keys under the password, which a change of the hash alone would lose; have passwords set by its own API and not by SQL; docs/directories/README.md says more".to_owned(),
        ),
    ] {
        assert_refused(
            &DJANGO.replace("django", preset),
            &[&format!("reset-link.toml:8: contacts.preset: {refusal}")],
        );
    }
    for preset in ["synapse", "drupal"] {
        assert_eq!(refusals::<AllInOne>(&DJANGO.replace("django", preset)).len(), 1);
    }
}

#[test]
fn columns_that_cannot_be_meant_are_refused() {
    for (added, refusal) in [
        (
            "table = \"a.b.c\"",
            r#"table: "a.b.c" has more than one dot; write the table alone, or its schema, a dot and the table"#,
        ),
        (
            "email = \"users.email\"",
            r#"email: "users.email" has a dot; write the column alone: all columns are those of the one table; a view can join several"#,
        ),
        (
            "id = '\"Id\"'",
            r#"id: ""Id"" is not the plain name of a table or a column; write the name as the database lists it, without quotation marks: reset-link quotes it"#,
        ),
        ("language = \"\"", "language: is empty; write a name"),
        ("name = [\"a\", \"b\", \"a\"]", "name: names a column twice; name each column once, at least one"),
        ("name = []", "name: names no column; name each column once, at least one"),
        (
            "name = \"password\"",
            r#"password: "password" is also mapped to what reset-link shows; name the column with the hash here, and nowhere else"#,
        ),
        (
            "also_set = { username = \":uuid\" }",
            r#"also_set: sets "username", the column that names the contact; remove it; reset-link writes the hash itself"#,
        ),
        (
            "also_set = { a = \"1\" }\nalso_set_if_present = { a = \"2\" }",
            r#"also_set_if_present: has "a", and so has also_set; keep one of them"#,
        ),
        (
            "also_set = { a = \"coalesce(a, 1), is_staff = true\" }",
            r#"also_set: "a" is more than one expression; give each column an expression of its own"#,
        ),
        (
            "active = \"{is_active} AND {id} <> :id\"",
            "active: holds a parameter; write a condition on the columns of the row alone",
        ),
    ] {
        let refused = refusals::<AllInOne>(&format!("{DJANGO}[contacts.mapping]\n{added}"));
        let [refused] = &refused[..] else { panic!("{added}: {refused:?}") };
        assert!(refused.ends_with(&format!(": contacts.mapping.{refusal}")), "{added}: {refused}");
    }
    let own = r#"[contacts.mapping]
table = "users"
id = "id"
name = "name"
password = "password"
scheme = "argon2id"
email_key = "email_key"
also_run = "DELETE FROM {a} WHERE {b} IN (SELECT {=email} FROM {=table} WHERE {=id} = :id)"
"#;
    assert_refused(
        &format!("{}{own}", DJANGO.replace("preset = \"django\"", "views = true")),
        &[
            "reset-link.toml:17: contacts.mapping.email_key: is set, and email is not; set email, or remove email_key",
            "reset-link.toml:17: contacts.mapping.email_key: is set, and contacts.views is on: the views have an email_key of their own; remove email_key, or contacts.views",
            "reset-link.toml:18: contacts.mapping.also_run: names {=email}, and no email is mapped; set email, or remove it",
        ],
    );
}

#[test]
fn statements_are_of_one_contact_and_within_the_transaction() {
    for (statement, refusal) in [
        ("DELETE FROM sessions", "would change the rows of everybody; say whose they are: WHERE … = :id"),
        ("update users set a = 1", "would change the rows of everybody; say whose they are: WHERE … = :id"),
        (
            "COMMIT",
            r#""COMMIT" cannot run in the transaction that sets a password; begin it with DELETE, UPDATE, INSERT, REPLACE, WITH, SELECT"#,
        ),
        (
            "TRUNCATE sessions",
            r#""TRUNCATE sessions" cannot run in the transaction that sets a password; begin it with DELETE, UPDATE, INSERT, REPLACE, WITH, SELECT"#,
        ),
        (
            "DELETE FROM a WHERE b = :id; COMMIT",
            "holds several statements; write each of them as an item of its own list",
        ),
        ("", "is empty; write the SQL, or remove it"),
        (
            "DELETE FROM a WHERE b = :id AND c = :salt",
            "takes :salt or :algorithm, and django-pbkdf2-sha256 keeps both in the hash; remove it",
        ),
    ] {
        assert_mapping_refused(
            "django",
            &format!("also_run = [\n  \"{statement}\",\n]"),
            &[&format!(
                "{}: contacts.mapping.also_run: {refusal}",
                if refusal.contains(":algorithm") { 12 } else { 13 }
            )],
        );
    }
    // A preset's own statements compare numbers, and MySQL takes the text "7abc" for 7.
    assert_mapping_refused(
        "wordpress",
        "id = \"user_login\"",
        &[
            r#"12: contacts.mapping.id: is "user_login", and a statement of the preset (in also_run) compares :id with "ID"; remove id, or give also_run yourself"#,
        ],
    );
    assert_mapping_refused(
        "wordpress",
        "id = \"user_login\"\nalso_run = [\"DELETE FROM {*usermeta} WHERE {user_id} IN (SELECT {ID} FROM {=table} WHERE {=id} = :id)\"]",
        &[],
    );
}

#[test]
fn a_scheme_has_its_own_settings_and_their_ranges() {
    for (preset, added, refusal) in [
        (
            "plain",
            "cost = 12",
            "cost: is set, and the scheme argon2id takes none; remove it; it is for bcrypt-2a, bcrypt-2b, bcrypt-2y, django-bcrypt-sha256, django-scrypt, wordpress, wordpress-bcrypt, dovecot-blf-crypt",
        ),
        (
            "django",
            "pepper = \"x\"",
            "pepper: is set, and the scheme django-pbkdf2-sha256 takes none; remove it; it is for bcrypt-2a",
        ),
        (
            "devise",
            "iterations = 1000",
            "iterations: is set, and the scheme bcrypt-2a takes none; remove it; it is for sha512-crypt, django-pbkdf2-sha256, aspnet-identity-v3, dovecot-sha512-crypt, discourse, gitea",
        ),
        ("devise", "cost = 3", "cost: 3 is out of range; use 4 to 20 (a logarithm to the base 2)"),
        ("devise", "cost = 19", "cost: 19 is out of range for bcrypt-2a; use 4 to 18"),
        (
            "django",
            "scheme = \"django-scrypt\"\ncost = 9",
            "cost: 9 is out of range for django-scrypt; use 10 to 20",
        ),
        ("django", "iterations = 999", "iterations: 999 is out of range; use 1000 to 20000000 rounds"),
        ("plain", "memory_kib = 1024\nlanes = 64", ""),
        ("plain", "passes = 65", "passes: 65 is out of range; use 1 to 64 passes"),
        (
            "plain",
            "scheme = \"discourse\"\nalso_set = { password_algorithm = \":algorithm\" }",
            "scheme: discourse keeps more than the hash, and nothing takes :salt; add the column below [contacts.mapping.also_set], like <column> = \":salt\"",
        ),
        (
            "plain",
            "scheme = \"gitea\"\nalso_set = { salt = \":salt\", passwd_hash_algo = \":algorithm\" }",
            "",
        ),
    ] {
        let refused =
            refusals::<AllInOne>(&format!("{}[contacts.mapping]\n{added}", DJANGO.replace("django", preset)));
        let expected = if refusal.is_empty() { vec![] } else { vec![refusal] };
        let told: Vec<_> = refused
            .iter()
            .filter_map(|refused| refused.split_once(": contacts.mapping."))
            .map(|(_, told)| told)
            .collect();
        assert_eq!(told, expected, "{added}: {refused:?}");
    }
}
