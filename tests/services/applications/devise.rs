//! Ruby's Devise on a table as its generator makes one.

use reset_link_tests::harness::databases::{DatabaseRole, TestDatabase};
use serde_json::{Value, json};
use tokio::process::Command;

use super::application::{Application, script};
use super::page::Page;
use super::reset_link_on_tables::{Access, NEW, OLD, OTHER, ResetLink};

const PEPPER: &str = "a pepper of Devise";

struct Devise(Application);

impl Devise {
    /// With ada in its table, whose id is 1.
    async fn on(database: &TestDatabase, pepper: Option<&str>) -> Self {
        let mut ruby = Command::new("ruby");
        ruby.arg(script("devise/users.rb")).env("TEST_DATABASE", database.url(DatabaseRole::Owner));
        if let Some(pepper) = pepper {
            ruby.env("TEST_PEPPER", pepper);
        }
        let mut devise = Self(Application::start(&mut ruby));
        devise.0.ask("migrate", json!({})).await;
        let ada = json!({ "first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.org", "password": OLD });
        assert_eq!(devise.0.ask("create", ada).await, 1);
        devise
    }

    async fn of_ada(&mut self, does: &str) -> Value {
        self.0.ask(does, json!({ "id": 1 })).await
    }

    async fn signs_in(&mut self, password: &str) -> bool {
        self.0.is("signs_in", json!({ "id": 1, "password": password })).await
    }
}

async fn reset_link_on(database: &TestDatabase, access: Access) -> ResetLink {
    let page = Page::of("devise");
    ResetLink::run(database, access, &page, &page.settings(&[0]), &[]).await
}

async fn devise_takes_the_new_password(access: Access) {
    let database = TestDatabase::postgres().await;
    let mut devise = Devise::on(&database, None).await;
    assert!(devise.signs_in(OLD).await);
    let session = devise.of_ada("session").await;
    let cookie = devise.of_ada("remember").await;
    let token = devise.of_ada("forget").await;
    assert!(devise.0.is("is_session", json!({ "session": session })).await);
    assert!(devise.0.is("is_remembered", json!({ "cookie": cookie })).await);

    reset_link_on(&database, access).await.reset("1", NEW).await;
    assert!(devise.signs_in(NEW).await && !devise.signs_in(OLD).await);
    assert!(!devise.0.is("is_session", json!({ "session": session })).await);
    assert!(!devise.0.is("is_remembered", json!({ "cookie": cookie })).await);
    let by_token = json!({ "token": token, "password": OTHER });
    assert!(!devise.0.is("reset", by_token).await, "Devise's own link is spent");
    let left =
        "SELECT num_nonnulls(reset_password_token, reset_password_sent_at, remember_created_at) FROM users";
    assert_eq!(database.value(left).await.as_deref(), Some("0"));
}

#[tokio::test]
#[ignore = "needs PostgreSQL and Devise (tests/with-services)"]
async fn who_was_locked_out_by_devise_signs_in_after_a_reset() {
    let database = TestDatabase::postgres().await;
    let mut devise = Devise::on(&database, None).await;
    devise.of_ada("lock").await;
    assert!(!devise.signs_in(OLD).await);
    reset_link_on(&database, Access::Table).await.reset("1", NEW).await;
    assert!(devise.signs_in(NEW).await);
    let left = "SELECT failed_attempts + num_nonnulls(locked_at, unlock_token) FROM users";
    assert_eq!(database.value(left).await.as_deref(), Some("0"));
}

#[tokio::test]
#[ignore = "needs PostgreSQL and Devise (tests/with-services)"]
async fn a_change_by_devise_kills_a_link() {
    let database = TestDatabase::postgres().await;
    let mut devise = Devise::on(&database, None).await;
    let mut reset_link = reset_link_on(&database, Access::Table).await;
    let link = reset_link.link("1").await;
    devise.0.ask("set_password", json!({ "id": 1, "password": NEW })).await;
    reset_link.refuses(&link).await;
    assert!(devise.signs_in(NEW).await);
}

#[tokio::test]
#[ignore = "needs PostgreSQL and Devise (tests/with-services)"]
async fn devise_with_a_pepper_takes_the_new_password() {
    let database = TestDatabase::postgres().await;
    let mut devise = Devise::on(&database, Some(PEPPER)).await;
    let page = Page::of("devise");
    let pepper = [("devise-pepper", PEPPER)];
    let mut reset_link =
        ResetLink::run(&database, Access::Table, &page, &page.settings(&[0, 1]), &pepper).await;
    reset_link.reset("1", NEW).await;
    assert!(devise.signs_in(NEW).await && !devise.signs_in(OLD).await);
}

#[tokio::test]
#[ignore = "needs PostgreSQL and Devise (tests/with-services)"]
async fn devise_takes_the_new_password_and_forgets_all_of_before() {
    devise_takes_the_new_password(Access::Table).await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL and Devise (tests/with-services)"]
async fn devise_takes_a_password_that_was_set_by_a_view() {
    devise_takes_the_new_password(Access::Views).await;
}
