//! Contacts in tables of another application, as an operator meets them: `reset-link contacts check`, `views`, `duplicates`, and `doctor`.

mod bad_input;
mod check;
mod duplicates;
mod rights;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use reset_link_tests::harness::binary::command;
use reset_link_tests::harness::databases::{DatabaseKind, DatabaseRole, TestDatabase};
use tempfile::TempDir;

use crate::process::login;

/// Passwords of contacts as a Laravel application stores them. No output may show one.
const HASH: &str = "$2y$04$abcdefghijklmnopqrstuuJQdFyGDzSTRSjFCdNvgjNTyWnmA6xWm";

/// An operator's machine, whose contacts are in a database.
struct Operator {
    folder: TempDir,
    database: TestDatabase,
}

impl Operator {
    /// Laravel's table of users with a row for Ada, Ben, who has left, and two who share an e-mail; nobody is granted anything yet.
    async fn new(kind: DatabaseKind) -> Self {
        let database = TestDatabase::fresh(kind).await;
        let text = match kind {
            DatabaseKind::MariaDb => " CHARACTER SET utf8mb4",
            DatabaseKind::Postgres | DatabaseKind::Sqlite => "",
        };
        database
            .run(&format!(
                "CREATE TABLE users (id INTEGER PRIMARY KEY, login VARCHAR(200){text}, name VARCHAR(100){text}, email VARCHAR(254){text}, \
                 password VARCHAR(255){text}, remember_token VARCHAR(100), is_active BOOLEAN NOT NULL);\
                 CREATE TABLE sessions (id VARCHAR(40) PRIMARY KEY, user_id INTEGER);\
                 CREATE TABLE orders (id INTEGER PRIMARY KEY, total INTEGER);\
                 INSERT INTO users VALUES (1, 'ada', 'Ada Lovelace', 'ada.lovelace@example.org', '{HASH}', NULL, TRUE),\
                 (2, 'ben', 'Ben', 'ben@example.org', NULL, NULL, FALSE), (3, 'cid', 'Cid', 'info@example.org', '{HASH}', NULL, TRUE),\
                 (4, 'dan', 'Dan', ' Info@Example.org', '{HASH}', NULL, TRUE);"
            ))
            .await;
        let folder = TempDir::new().unwrap();
        let operator = Self { folder, database };
        let made = command(["init", "--dir", operator.folder.path().to_str().unwrap()], "");
        assert!(made.status.success(), "{made:?}");
        operator.put_url("writer-url", &operator.database.url(DatabaseRole::Writer));
        operator.put_url("reader-url", &operator.database.url(DatabaseRole::Reader));
        operator.configure("");
        operator
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn put_url(&self, name: &str, url: &str) {
        fs::write(self.file(name), url).unwrap();
        fs::set_permissions(self.file(name), fs::Permissions::from_mode(0o600)).unwrap();
    }

    /// Laravel's preset; `more` begins below `[contacts]`.
    fn configure(&self, more: &str) {
        self.configure_with(more, "[contacts.mapping]\nactive = \"{is_active}\"\n");
    }

    fn configure_with(&self, more: &str, mapping: &str) {
        self.configure_as("laravel", more, mapping);
    }

    fn configure_as(&self, preset: &str, more: &str, mapping: &str) {
        let login = login();
        let config = format!(
            "[organisation]\nname = \"Example Ltd\"\nsupport = \"Call us.\"\nmail_from = \"help@example.org\"\n\
             [server]\npublic_url = \"http://127.0.0.1:9\"\nlisten = \"127.0.0.1:0\"\n[console]\nallow = [{login:?}]\n[log]\nlevel = \"trace\"\n\
             [contacts]\nkind = \"sql\"\npreset = {preset:?}\nurl_file = \"writer-url\"\nreader_url_file = \"reader-url\"\n{more}\n{mapping}"
        );
        fs::write(self.file("reset-link.toml"), config).unwrap();
    }

    /// Runs what `reset-link contacts views` prints, and turns views on.
    async fn use_views(&self, more: &str) {
        self.configure(more);
        let views = self.ask(&["contacts", "views"]);
        assert_eq!(views.code, Some(0), "{}", views.said);
        let owner = self.database.run_as(DatabaseRole::Owner, &without_absent(&views.said)).await;
        owner.unwrap_or_else(|error| panic!("{error}: {}", views.said));
        self.configure(&format!("{more}\nviews = true"));
    }

    /// What the executable says, and its exit code. It never shows a secret.
    fn ask(&self, arguments: &[&str]) -> Answer {
        self.ask_with(arguments, "")
    }

    /// The same with this on standard input.
    fn ask_with(&self, arguments: &[&str], input: &str) -> Answer {
        let config = self.file("reset-link.toml");
        let output = command(arguments.iter().copied().chain(["--config", config.to_str().unwrap()]), input);
        let said = String::from_utf8(output.stdout).unwrap() + std::str::from_utf8(&output.stderr).unwrap();
        for secret in [self.database.password(), HASH, "ada.lovelace@", "info@example.org"] {
            assert!(!said.contains(secret), "{secret:?} is in:\n{said}");
        }
        Answer { code: output.status.code(), said }
    }

    fn check(&self) -> Answer {
        self.ask(&["contacts", "check"])
    }
}

struct Answer {
    code: Option<i32>,
    said: String,
}

impl Answer {
    /// Makes sure that there is a line with all of these in it.
    #[track_caller]
    fn says(&self, parts: &[&str]) {
        let found = self.said.lines().any(|line| parts.iter().all(|part| line.contains(part)));
        assert!(found, "no line with {parts:?} in:\n{}", self.said);
    }

    /// Lines that begin with `FAIL` or `warn`.
    fn complaints(&self) -> Vec<&str> {
        self.said.lines().filter(|line| line.starts_with("FAIL") || line.starts_with("warn")).collect()
    }

    /// The statements that it prints, for the tables that are there.
    fn sql(&self) -> String {
        let (_, behind) = self.said.split_once("to take away):\n").unwrap_or_default();
        let sql = behind.lines().take_while(|line| !line.ends_with("not checked"));
        without_absent(&sql.collect::<Vec<_>>().join("\n"))
    }
}

/// Laravel's tables that are not here are taken out by hand where the database tells nobody which there are.
fn without_absent(sql: &str) -> String {
    let is_absent = |line: &str| {
        line.ends_with("-- if there is one")
            && ["password_reset", "personal_access"].iter().any(|table| line.contains(table))
    };
    sql.lines().filter(|line| !is_absent(line)).collect::<Vec<_>>().join("\n")
}

/// Of what is printed before any table could be looked at, what is for tables that are there.
fn without_absent_tables(sql: &str) -> String {
    let is_absent =
        |line: &str| ["password_reset", "personal_access"].iter().any(|table| line.contains(table));
    sql.lines().filter(|line| !is_absent(line)).collect::<Vec<_>>().join("\n")
}

/// Only the statements that are about accounts.
fn of_accounts(sql: &str) -> String {
    sql.lines().filter(|line| !line.contains("reset_link_email_key")).collect::<Vec<_>>().join("\n")
}
