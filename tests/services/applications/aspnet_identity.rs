//! ASP.NET Core Identity's table as Entity Framework makes it, and its format by Python's hashlib.

use reset_link_tests::harness::databases::TestDatabase;
use serde_json::json;

use super::application::Application;
use super::page::Page;
use super::reset_link_on_tables::{Access, NEW, OLD, OTHER, ResetLink};

/// As the migrations of Npgsql.EntityFrameworkCore.PostgreSQL make it.
const USERS: &str = r#"CREATE TABLE "AspNetUsers" ("Id" text NOT NULL PRIMARY KEY, "UserName" varchar(256), "NormalizedUserName" varchar(256) UNIQUE,
    "Email" varchar(256), "NormalizedEmail" varchar(256), "EmailConfirmed" boolean NOT NULL, "PasswordHash" text, "SecurityStamp" text,
    "ConcurrencyStamp" text, "PhoneNumber" text, "PhoneNumberConfirmed" boolean NOT NULL, "TwoFactorEnabled" boolean NOT NULL,
    "LockoutEnd" timestamp with time zone, "LockoutEnabled" boolean NOT NULL, "AccessFailedCount" integer NOT NULL);"#;

const STAMPS: &str =
    r#"SELECT "SecurityStamp", "ConcurrencyStamp", "LockoutEnd", "AccessFailedCount" FROM "AspNetUsers""#;

/// With ada, who is locked out for a while.
async fn filled(hashes: &mut Application) -> TestDatabase {
    let database = TestDatabase::postgres().await;
    database.run(USERS).await;
    let stored = hashes.text("aspnet_identity_makes", json!({ "password": OLD })).await;
    let insert = format!(
        r#"INSERT INTO "AspNetUsers" VALUES ('6f9619ff-8b86-d011-b42d-00cf4fc964ff', 'ada', 'ADA', 'ada@example.org', 'ADA@EXAMPLE.ORG', true, '{stored}', 'of before', 'of before',
            NULL, false, false, now() + interval '5 minutes', true, 4);"#
    );
    database.run(&insert).await;
    database
}

async fn stored(database: &TestDatabase) -> String {
    database.value(r#"SELECT "PasswordHash" FROM "AspNetUsers""#).await.unwrap()
}

async fn hashlib_takes_the_new_password_and_stamps_are_renewed(access: Access) {
    let mut hashes = Application::hashes();
    let database = filled(&mut hashes).await;
    let page = Page::of("aspnet-identity");
    let mut reset_link = ResetLink::run(&database, access, &page, &page.settings(&[0]), &[]).await;

    reset_link.reset("ada", NEW).await;
    let now = stored(&database).await;
    assert_eq!(now.len(), 84);
    for (password, is_taken) in [(NEW, true), (OLD, false)] {
        let question = json!({ "password": password, "stored": now });
        assert_eq!(hashes.is("aspnet_identity_takes", question).await, is_taken, "{password}");
    }
    let row = database.rows(STAMPS).await.remove(0);
    let [Some(security), Some(concurrency), None, Some(failed)] = row.as_slice() else { panic!("{row:?}") };
    assert_ne!(security, concurrency);
    for stamp in [security, concurrency] {
        assert!(stamp.len() == 36 && stamp.split('-').count() == 5, "{stamp}");
    }
    assert_eq!(failed, "0");
}

#[tokio::test]
#[ignore = "needs PostgreSQL and Python (tests/with-services)"]
async fn a_change_by_aspnet_kills_a_link() {
    let mut hashes = Application::hashes();
    let database = filled(&mut hashes).await;
    let page = Page::of("aspnet-identity");
    let mut reset_link = ResetLink::run(&database, Access::Table, &page, &page.settings(&[0]), &[]).await;
    let link = reset_link.link("ada").await;
    let changed = hashes.text("aspnet_identity_makes", json!({ "password": OTHER })).await;
    database.run(&format!(r#"UPDATE "AspNetUsers" SET "PasswordHash" = '{changed}';"#)).await;
    reset_link.refuses(&link).await;
    assert_eq!(stored(&database).await, changed);
}

#[tokio::test]
#[ignore = "needs PostgreSQL and Python (tests/with-services)"]
async fn hashlib_takes_the_new_password_in_the_format_of_aspnet_and_stamps_are_renewed() {
    hashlib_takes_the_new_password_and_stamps_are_renewed(Access::Table).await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL and Python (tests/with-services)"]
async fn hashlib_takes_a_password_of_aspnet_that_was_set_by_a_view() {
    hashlib_takes_the_new_password_and_stamps_are_renewed(Access::Views).await;
}
