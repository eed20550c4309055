use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use reset_link_tests::harness::databases::{DatabaseKind, DatabaseRole};

use super::Operator;

/// One mistake, and what is said of it.
struct Mistake {
    name: &'static str,
    /// The writer's URL, where that is wrong.
    url: Option<String>,
    /// Statements of the owner, before and after.
    sql: [String; 2],
    mapping: &'static str,
    views: bool,
    said: &'static [&'static str],
}

impl Mistake {
    fn new(name: &'static str, said: &'static [&'static str]) -> Self {
        Self { name, url: None, sql: [String::new(), String::new()], mapping: "", views: false, said }
    }

    fn url(self, url: &str) -> Self {
        Self { url: Some(url.to_owned()), ..self }
    }

    fn sql(self, before: String, after: String) -> Self {
        Self { sql: [before, after], ..self }
    }

    fn mapping(self, mapping: &'static str) -> Self {
        Self { mapping, ..self }
    }
}

fn mistakes(operator: &Operator) -> Vec<Mistake> {
    let database = &operator.database;
    let url = database.url(DatabaseRole::Writer);
    let nowhere = database.url_at(DatabaseRole::Writer, "127.0.0.1", Some(9));
    let writer = database.account(DatabaseRole::Writer);
    let (update, back) = match database.kind() {
        DatabaseKind::Postgres => ("UPDATE (password)", "GRANT UPDATE (password)"),
        _ => ("UPDATE (password, remember_token)", "GRANT UPDATE (password, remember_token)"),
    };
    vec![
        Mistake::new("a wrong password", &["contacts.url_file", "check user name and password in the URL"])
            .url(&url.replace(database.password(), "hunter2-hunter2")),
        Mistake::new("no such user", &["contacts.url_file", "check user name and password in the URL"])
            .url(&url.replace("_writer", "_stranger")),
        Mistake::new("no such database", &["check the name of the database in the URL"])
            .url(&format!("{}_elsewhere", operator.database.url(DatabaseRole::Writer))),
        Mistake::new("a host that is down", &["contacts.url_file", "check host and port in the URL"])
            .url(&nowhere),
        Mistake::new("no such table", &["there is no table user", "check `table` in the mapping"])
            .mapping("table = \"user\"\n"),
        Mistake::new(
            "no such column",
            &["has no column \"mail\"", "`email` in the mapping", "name one that it has (id, login"],
        )
        .mapping("email = \"mail\"\n"),
        Mistake {
            views: true,
            ..Mistake::new("no such view", &["there is no view reset_link_bot", "reset-link contacts views"])
        },
        Mistake::new("no GRANT to write", &["contacts.url_file", "denied", "GRANT"])
            .sql(format!("REVOKE {update} ON users FROM {writer};"), format!("{back} ON users TO {writer};")),
        Mistake::new(
            "a column that is too short",
            &["takes 40 characters, and a hash of scheme bcrypt-2y has up to 60", "widen the column"],
        )
        .sql(
            match database.kind() {
                DatabaseKind::Postgres => {
                    "ALTER TABLE users ALTER password TYPE VARCHAR(40) USING NULL;".to_owned()
                }
                _ => "UPDATE users SET password = NULL; ALTER TABLE users MODIFY password VARCHAR(40);"
                    .to_owned(),
            },
            match database.kind() {
                DatabaseKind::Postgres => "ALTER TABLE users ALTER password TYPE VARCHAR(255);".to_owned(),
                _ => "ALTER TABLE users MODIFY password VARCHAR(255);".to_owned(),
            },
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL (tests/with-services)"]
async fn on_postgres_each_mistake_is_told_with_cause_and_cure() {
    each_mistake_is_told(DatabaseKind::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs MariaDB (tests/with-services)"]
async fn on_mariadb_each_mistake_is_told_with_cause_and_cure() {
    each_mistake_is_told(DatabaseKind::MariaDb).await;
}

async fn each_mistake_is_told(kind: DatabaseKind) {
    let operator = Operator::new(kind).await;
    let [reader, writer] =
        [DatabaseRole::Reader, DatabaseRole::Writer].map(|role| operator.database.account(role));
    operator
        .database
        .run(&format!(
            "GRANT SELECT ON users TO {reader}; GRANT SELECT, UPDATE (password, remember_token) ON users TO {writer}; GRANT SELECT, DELETE ON sessions TO {writer};"
        ))
        .await;
    let timeout = "timeout = \"2s\"";
    for mistake in mistakes(&operator) {
        let [before, after] = &mistake.sql;
        if let Some(url) = &mistake.url {
            operator.put_url("writer-url", url);
            // The bot's must name the same database.
            if url.ends_with("_elsewhere") {
                operator.put_url("reader-url", &url.replace("_writer", "_reader"));
            }
        }
        if !before.is_empty() {
            operator.database.run(before).await;
        }
        let views = if mistake.views { "\nviews = true" } else { "" };
        operator.configure_with(
            &format!("{timeout}{views}"),
            &format!("[contacts.mapping]\nactive = \"{{is_active}}\"\n{}", mistake.mapping),
        );
        for (arguments, code) in [(&["contacts", "check"][..], 1), (&["doctor"], 1), (&["run"], 5)] {
            let answer = operator.ask(arguments);
            assert_eq!(answer.code, Some(code), "{}: {arguments:?}: {}", mistake.name, answer.said);
            answer.says(mistake.said);
            answer.says(&["To mend: "]);
            assert!(!answer.said.contains("hunter2"), "{}", answer.said);
        }
        if !after.is_empty() {
            operator.database.run(after).await;
        }
        for (name, role) in [("writer-url", DatabaseRole::Writer), ("reader-url", DatabaseRole::Reader)] {
            operator.put_url(name, &operator.database.url(role));
        }
    }
    operator.configure("");
    let check = operator.check();
    assert!(!check.said.contains("FAIL"), "all is as it was: {}", check.said);
}

#[tokio::test]
async fn what_is_wrong_with_urls_is_told_before_anybody_connects() {
    let operator = Operator::new(DatabaseKind::Sqlite).await;
    for (url, said) in [
        ("postgres//app:hunter2-hunter2@localhost/app", "is not the URL of a database"),
        ("postgres://app:hunter2-hunter2@localhost", "names no database"),
        ("postgres://app:hunter2-hunter2@db.example.org/app?sslmode=prefer", "does not verify who answers"),
        ("sqlite:nowhere.sqlite", "cannot be opened"),
    ] {
        operator.put_url("writer-url", url);
        for arguments in [&["contacts", "check"][..], &["doctor"], &["run"]] {
            let answer = operator.ask(arguments);
            answer.says(&["contacts.url_file", said]);
            assert!(!answer.said.contains("hunter2"), "{}", answer.said);
            assert_eq!(answer.code, Some(2), "{arguments:?}: {}", answer.said);
        }
    }
}

#[tokio::test]
async fn a_url_or_a_database_that_is_open_to_everybody_is_refused() {
    let operator = Operator::new(DatabaseKind::Sqlite).await;
    let set_mode = |file, mode| fs::set_permissions(file, fs::Permissions::from_mode(mode)).unwrap();
    for name in ["writer-url", "reader-url"] {
        set_mode(operator.file(name), 0o644);
        for arguments in [&["contacts", "check"][..], &["doctor"], &["run"]] {
            let answer = operator.ask(arguments);
            answer.says(&[name, "is open to everybody on this machine", "chmod 600"]);
            assert_eq!(answer.code, Some(2), "{}", answer.said);
        }
        set_mode(operator.file(name), 0o600);
    }
    set_mode(operator.database.file(), 0o666);
    let run = operator.ask(&["run"]);
    run.says(&["contacts.url_file", "can be written by everybody on this machine"]);
    assert_eq!(run.code, Some(5), "{}", run.said);
    operator.check().says(&["FAIL", "contacts.url_file", "can be written by everybody"]);
}
