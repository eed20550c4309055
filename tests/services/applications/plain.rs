//! A table of the operator's own, and Argon2 by another library.

use reset_link_tests::harness::databases::{DatabaseKind, TestDatabase};
use serde_json::json;

use super::application::Application;
use super::page::Page;
use super::reset_link_on_tables::{Access, NEW, OLD, ResetLink};

async fn another_argon2_takes_the_new_password(kind: DatabaseKind) {
    let mut hashes = Application::hashes();
    let database = TestDatabase::fresh(kind).await;
    let stored = hashes.text("argon2_makes", json!({ "password": OLD })).await;
    database
        .run(&format!(
            "CREATE TABLE users (id varchar(64) PRIMARY KEY, name varchar(100), email varchar(254), password varchar(255)); \
             INSERT INTO users VALUES ('ada', 'Ada Lovelace', 'ada@example.org', '{stored}'), ('bob', 'Bob', NULL, NULL);"
        ))
        .await;
    let page = Page::of("plain");
    let mut reset_link = ResetLink::run(&database, Access::Table, &page, &page.settings(&[0]), &[]).await;

    // Bob has had no password so far.
    for contact in ["ada", "bob"] {
        reset_link.reset(contact, NEW).await;
        let now = database.value(&format!("SELECT password FROM users WHERE id = '{contact}'")).await;
        for (password, is_taken) in [(NEW, true), (OLD, false)] {
            let question = json!({ "password": password, "stored": now });
            assert_eq!(hashes.is("argon2_takes", question).await, is_taken, "{contact}: {password}");
        }
    }
}

#[tokio::test]
#[ignore = "needs PostgreSQL and Python (tests/with-services)"]
async fn another_argon2_takes_the_new_password_in_postgres() {
    another_argon2_takes_the_new_password(DatabaseKind::Postgres).await;
}

#[tokio::test]
#[ignore = "needs MariaDB and Python (tests/with-services)"]
async fn another_argon2_takes_the_new_password_in_mariadb() {
    another_argon2_takes_the_new_password(DatabaseKind::MariaDb).await;
}

#[tokio::test]
#[ignore = "needs Python (tests/with-services)"]
async fn another_argon2_takes_the_new_password_in_sqlite() {
    another_argon2_takes_the_new_password(DatabaseKind::Sqlite).await;
}
