//! Laravel's tables as its starter makes them, and PHP's own functions, with which it verifies passwords.

use reset_link_tests::harness::databases::TestDatabase;
use serde_json::json;
use tokio::process::Command;

use super::application::{Application, script};
use super::page::Page;
use super::reset_link_on_tables::{Access, NEW, OLD, ResetLink};

/// `database/migrations/0001_01_01_000000_create_users_table.php`, as Laravel 11 has MySQL make them.
const USERS: &str = "CREATE TABLE users (id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, name VARCHAR(255) NOT NULL, \
    email VARCHAR(255) NOT NULL UNIQUE, email_verified_at TIMESTAMP NULL, password VARCHAR(255) NOT NULL, remember_token VARCHAR(100) NULL, \
    created_at TIMESTAMP NULL, updated_at TIMESTAMP NULL); \
    CREATE TABLE password_reset_tokens (email VARCHAR(255) NOT NULL PRIMARY KEY, token VARCHAR(255) NOT NULL, created_at TIMESTAMP NULL);";
const SESSIONS: &str = "CREATE TABLE sessions (id VARCHAR(255) NOT NULL PRIMARY KEY, user_id BIGINT UNSIGNED NULL, ip_address VARCHAR(45) NULL, \
    user_agent TEXT NULL, payload LONGTEXT NOT NULL, last_activity INT NOT NULL, KEY sessions_user_id_index (user_id));";
/// Sanctum's.
const TOKENS: &str = "CREATE TABLE personal_access_tokens (id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, tokenable_type VARCHAR(255) NOT NULL, \
    tokenable_id BIGINT UNSIGNED NOT NULL, name VARCHAR(255) NOT NULL, token VARCHAR(64) NOT NULL UNIQUE, abilities TEXT NULL, last_used_at TIMESTAMP NULL, \
    expires_at TIMESTAMP NULL, created_at TIMESTAMP NULL, updated_at TIMESTAMP NULL);";

/// For whom keeps sessions elsewhere, and has no Sanctum.
fn of_few_tables() -> Page {
    Page::of("laravel").without("sessions").without("personal_access_tokens")
}

/// What verifies and hashes as Laravel does.
fn php() -> Application {
    Application::start(Command::new("php").arg(script("laravel/hashes.php")))
}

/// Ada is 1, and bob is 2.
async fn fill(database: &TestDatabase, php: &mut Application) {
    database.run(USERS).await;
    let stored = php.text("makes", json!({ "password": OLD })).await;
    for (name, email) in [("Ada Lovelace", "ada@example.org"), ("Bob", "bob@example.org")] {
        database
            .run(&format!(
                "INSERT INTO users (name, email, password, remember_token) VALUES ('{name}', '{email}', '{stored}', 'of before'); \
                 INSERT INTO password_reset_tokens (email, token) VALUES ('{email}', 'of before');"
            ))
            .await;
    }
}

async fn reset_link_on(database: &TestDatabase, access: Access, page: &Page) -> ResetLink {
    ResetLink::run(database, access, page, &page.settings(&[0]), &[]).await
}

async fn takes(database: &TestDatabase, php: &mut Application, password: &str) -> bool {
    let stored = database.value("SELECT password FROM users WHERE id = 1").await;
    php.is("takes", json!({ "password": password, "stored": stored })).await
}

/// Of whom a table still has rows, by this column.
async fn whose(database: &TestDatabase, column: &str, table: &str) -> Vec<String> {
    let rows = database.rows(&format!("SELECT {column} FROM {table} ORDER BY 1")).await;
    rows.into_iter().flatten().flatten().collect()
}

async fn php_takes_the_new_password(access: Access) {
    let database = TestDatabase::mariadb().await;
    let mut php = php();
    fill(&database, &mut php).await;
    database.run(&format!("{SESSIONS}{TOKENS}")).await;
    database
        .run(
            "INSERT INTO sessions VALUES ('a', 1, NULL, NULL, '', 0), ('b', 1, NULL, NULL, '', 0), ('c', 2, NULL, NULL, '', 0), ('d', NULL, NULL, NULL, '', 0); \
             INSERT INTO personal_access_tokens (tokenable_type, tokenable_id, name, token) \
             VALUES ('App\\\\Models\\\\User', 1, 'ada', 'a'), ('App\\\\Models\\\\User', 2, 'bob', 'b'), ('App\\\\Models\\\\Machine', 1, 'machine', 'c');",
        )
        .await;
    assert!(takes(&database, &mut php, OLD).await);

    reset_link_on(&database, access, &Page::of("laravel")).await.reset("1", NEW).await;
    assert!(takes(&database, &mut php, NEW).await && !takes(&database, &mut php, OLD).await);
    let stored = database.value("SELECT password FROM users WHERE id = 1").await;
    assert!(!php.is("makes_anew", json!({ "stored": stored })).await, "the cost is Laravel's");
    let tokens = whose(&database, "remember_token", "users WHERE id = 1").await;
    assert_eq!(tokens[0].len(), 60, "as Str::random(60)");
    assert_eq!(whose(&database, "remember_token", "users WHERE id = 2").await, ["of before"]);
    assert_eq!(whose(&database, "id", "sessions").await, ["c", "d"]);
    assert_eq!(whose(&database, "name", "personal_access_tokens").await, ["bob", "machine"]);
    assert_eq!(whose(&database, "email", "password_reset_tokens").await, ["bob@example.org"]);
}

#[tokio::test]
#[ignore = "needs MariaDB and PHP (tests/with-services)"]
async fn laravel_may_keep_its_sessions_elsewhere() {
    let database = TestDatabase::mariadb().await;
    let mut php = php();
    fill(&database, &mut php).await;
    reset_link_on(&database, Access::Table, &of_few_tables()).await.reset("1", NEW).await;
    assert!(takes(&database, &mut php, NEW).await);
}

#[tokio::test]
#[ignore = "needs MariaDB and PHP (tests/with-services)"]
async fn a_change_by_laravel_kills_a_link() {
    let database = TestDatabase::mariadb().await;
    let mut php = php();
    fill(&database, &mut php).await;
    let mut reset_link = reset_link_on(&database, Access::Table, &of_few_tables()).await;
    let link = reset_link.link("1").await;
    let stored = php.text("makes", json!({ "password": NEW })).await;
    database.run(&format!("UPDATE users SET password = '{stored}' WHERE id = 1;")).await;
    reset_link.refuses(&link).await;
    assert!(takes(&database, &mut php, NEW).await);
}

#[tokio::test]
#[ignore = "needs MariaDB and PHP (tests/with-services)"]
async fn php_takes_the_new_password_and_what_the_user_had_of_before_is_gone() {
    php_takes_the_new_password(Access::Table).await;
}

#[tokio::test]
#[ignore = "needs MariaDB and PHP (tests/with-services)"]
async fn php_takes_a_password_of_laravel_that_was_set_by_a_view() {
    php_takes_the_new_password(Access::Views).await;
}
