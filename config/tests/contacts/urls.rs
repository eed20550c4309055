//! URLs of databases, and the accounts in them as secrets.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use reset_link_config::{AllInOne, Environment};
use tempfile::TempDir;

use super::{DJANGO, assert_refused, read, read_in, refusals, tables};

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

#[test]
fn a_timeout_that_does_not_fit_into_a_lease_is_refused() {
    let config: AllInOne =
        read(&format!("{DJANGO}timeout = \"4s\"\n[ledger]\nlease = \"24s\""), &Environment::default())
            .expect("a good config");
    assert_eq!(tables(&config.redeem_server.contacts).timeout.as_secs(), 4);
    for (added, refusal) in [
        (
            "timeout = \"6s\"",
            "11: contacts.timeout: is 6s, and ledger.lease 30s: a password could be written after its link is good again; set timeout to at most 5s",
        ),
        (
            "[ledger]\nlease = \"12s\"",
            "6: contacts.timeout: is 5s, and ledger.lease 12s: a password could be written after its link is good again; set timeout to at most 2s",
        ),
    ] {
        let refused = format!("reset-link.toml:{refusal}, a sixth of the lease, or a longer lease");
        assert_refused(&format!("{DJANGO}{added}"), &[&refused]);
    }
}
