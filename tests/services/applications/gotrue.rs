//! GoTrue's tables, and bcrypt by another library.

use reset_link_tests::harness::databases::TestDatabase;
use serde_json::json;

use super::application::Application;
use super::page::Page;
use super::reset_link_on_tables::{Access, NEW, OLD, ResetLink};

const ADA: &str = "9d1c0a4e-2f43-4d5e-8a53-0f0f2f6b1c11";
const BOB: &str = "9d1c0a4e-2f43-4d5e-8a53-0f0f2f6b1c12";

/// The columns of its migrations that count here.
const TABLES: &str = "CREATE SCHEMA auth; \
    CREATE TABLE auth.users (instance_id uuid, id uuid NOT NULL PRIMARY KEY, aud varchar(255), role varchar(255), email varchar(255), \
        encrypted_password varchar(255), recovery_token varchar(255), recovery_sent_at timestamptz, confirmation_token varchar(255), \
        email_change_token_current varchar(255), email_change_token_new varchar(255), phone_change_token text, reauthentication_token varchar(255), raw_user_meta_data jsonb, created_at timestamptz, \
        updated_at timestamptz, banned_until timestamptz, is_sso_user boolean NOT NULL DEFAULT false, deleted_at timestamptz); \
    CREATE UNIQUE INDEX users_email_partial_key ON auth.users (email) WHERE is_sso_user = false; \
    CREATE TABLE auth.sessions (id uuid NOT NULL PRIMARY KEY, user_id uuid NOT NULL REFERENCES auth.users (id) ON DELETE CASCADE, created_at timestamptz); \
    CREATE TABLE auth.one_time_tokens (id uuid NOT NULL PRIMARY KEY, user_id uuid NOT NULL REFERENCES auth.users (id) ON DELETE CASCADE, \
        token_type text NOT NULL, token_hash text NOT NULL); \
    CREATE TABLE auth.refresh_tokens (id bigserial PRIMARY KEY, token varchar(255), user_id varchar(255), \
        session_id uuid REFERENCES auth.sessions (id) ON DELETE CASCADE); \
    ALTER TABLE auth.users ENABLE ROW LEVEL SECURITY; ALTER TABLE auth.sessions ENABLE ROW LEVEL SECURITY; \
    ALTER TABLE auth.one_time_tokens ENABLE ROW LEVEL SECURITY; ALTER TABLE auth.refresh_tokens ENABLE ROW LEVEL SECURITY;";

#[tokio::test]
#[ignore = "needs PostgreSQL and Python (tests/with-services)"]
async fn another_bcrypt_takes_a_password_of_gotrue_that_was_set_by_a_view_and_sessions_end() {
    let mut hashes = Application::hashes();
    let database = TestDatabase::postgres().await;
    database.run(TABLES).await;
    let stored = hashes.text("bcrypt_makes", json!({ "password": OLD, "cost": 4 })).await;
    for (id, email) in [(ADA, "ada@example.org"), (BOB, "bob@example.org")] {
        database
            .run(&format!(
                "INSERT INTO auth.users (id, email, encrypted_password, recovery_token) VALUES ('{id}', '{email}', '{stored}', 'of before'); \
                 INSERT INTO auth.sessions VALUES ('{id}', '{id}', now()); \
                 INSERT INTO auth.one_time_tokens VALUES ('{id}', '{id}', 'recovery_token', 'of before'); \
                 INSERT INTO auth.refresh_tokens (token, user_id, session_id) VALUES ('{email}', '{id}', '{id}');"
            ))
            .await;
    }
    let page = Page::of("gotrue");
    let mut reset_link = ResetLink::run(&database, Access::Views, &page, &page.settings(&[0]), &[]).await;

    reset_link.reset(ADA, NEW).await;
    let now = "SELECT encrypted_password FROM auth.users WHERE email = 'ada@example.org'";
    let now = database.value(now).await.unwrap();
    assert!(now.starts_with("$2a$10$"), "Go's default cost");
    for (password, is_taken) in [(NEW, true), (OLD, false)] {
        let question = json!({ "password": password, "stored": now });
        assert_eq!(hashes.is("bcrypt_takes", question).await, is_taken, "{password}");
    }
    let left = |sql: &'static str| database.rows(sql);
    assert_eq!(left("SELECT user_id FROM auth.sessions").await, [[Some(BOB.to_owned())]]);
    assert_eq!(left("SELECT user_id FROM auth.one_time_tokens").await, [[Some(BOB.to_owned())]]);
    assert_eq!(left("SELECT user_id FROM auth.refresh_tokens").await, [[Some(BOB.to_owned())]]);
    let recovery = left("SELECT recovery_token FROM auth.users ORDER BY id").await;
    assert_eq!(recovery, [[Some(String::new())], [Some("of before".to_owned())]]);
}
