//! A Django project with its own accounts, sessions and sign-in.

use reset_link_tests::harness::binary::link_in;
use reset_link_tests::harness::databases::{DatabaseKind, DatabaseRole, TestDatabase};
use serde_json::json;
use url::Url;

use super::application::{Application, python, script};
use super::page::Page;
use super::reset_link_on_tables::{Access, NEW, OLD, OTHER, ResetLink};

/// Iterations as a release of before had them.
const OLD_ROUNDS: u32 = 1_000;

struct Django(Application);

impl Django {
    /// A project whose tables Django has made, with ada in them.
    async fn on(database: &TestDatabase) -> Self {
        let url = Url::parse(&database.url(DatabaseRole::Owner)).unwrap();
        let engine = match database.kind() {
            DatabaseKind::Postgres => "django.db.backends.postgresql",
            DatabaseKind::MariaDb => "django.db.backends.mysql",
            DatabaseKind::Sqlite => unreachable!("no test asks for it"),
        };
        let settings = json!({
            "ENGINE": engine, "HOST": url.host_str(), "PORT": url.port(), "USER": url.username(), "PASSWORD": url.password(), "NAME": database.name(),
        });
        let project = Application::start(
            python().arg(script("django/project.py")).env("TEST_DATABASE", settings.to_string()),
        );
        let mut django = Self(project);
        django.0.ask("migrate", json!({})).await;
        let ada = json!({
            "username": "ada", "password": OLD, "rounds": OLD_ROUNDS, "first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.org",
        });
        django.0.ask("create", ada).await;
        django
    }

    async fn authenticates(&mut self, password: &str) -> bool {
        self.0.is("authenticate", json!({ "username": "ada", "password": password })).await
    }

    async fn signs_in(&mut self, browser: &str, password: &str) -> bool {
        self.0
            .is("sign_in", json!({ "browser_name": browser, "username": "ada", "password": password }))
            .await
    }

    async fn is_signed_in(&mut self, browser: &str) -> bool {
        self.0.is("is_signed_in", json!({ "browser_name": browser })).await
    }

    async fn sets_password(&mut self, password: &str) {
        self.0.ask("set_password", json!({ "username": "ada", "password": password })).await;
    }
}

async fn reset_link_on(database: &TestDatabase, access: Access) -> ResetLink {
    let page = Page::of("django");
    ResetLink::run(database, access, &page, &page.settings(&[0]), &[]).await
}

async fn stored(database: &TestDatabase) -> String {
    database.value("SELECT password FROM auth_user WHERE username = 'ada'").await.unwrap()
}

async fn django_takes_the_new_password_and_ends_sessions(kind: DatabaseKind, access: Access) {
    let database = TestDatabase::fresh(kind).await;
    let mut django = Django::on(&database).await;
    let mut reset_link = reset_link_on(&database, access).await;
    assert!(django.signs_in("before", OLD).await && django.is_signed_in("before").await);

    reset_link.reset("ada", NEW).await;
    assert!(!django.is_signed_in("before").await);
    assert!(!django.authenticates(OLD).await);
    let set = stored(&database).await;
    assert!(django.authenticates(NEW).await);
    assert!(django.signs_in("after", NEW).await && django.is_signed_in("after").await);
    assert_eq!(stored(&database).await, set, "Django finds nothing to improve at the hash");
}

async fn a_change_by_django_kills_a_link(kind: DatabaseKind) {
    let database = TestDatabase::fresh(kind).await;
    let mut django = Django::on(&database).await;
    let mut reset_link = reset_link_on(&database, Access::Table).await;

    let issued_before_the_rehash = reset_link.link("ada").await;
    let old = stored(&database).await;
    assert!(django.signs_in("rehashes", OLD).await);
    assert_ne!(stored(&database).await, old, "Django wants more iterations than that");
    reset_link.refuses(&issued_before_the_rehash).await;

    let issued_before_the_change = reset_link.link("ada").await;
    django.sets_password(NEW).await;
    reset_link.refuses(&issued_before_the_change).await;
    assert!(django.authenticates(NEW).await && !django.authenticates(OTHER).await);
}

#[tokio::test]
#[ignore = "needs PostgreSQL and Django (tests/with-services)"]
async fn django_on_postgres_takes_the_new_password_and_ends_sessions() {
    django_takes_the_new_password_and_ends_sessions(DatabaseKind::Postgres, Access::Table).await;
}

#[tokio::test]
#[ignore = "needs MariaDB and Django (tests/with-services)"]
async fn django_on_mariadb_takes_the_new_password_and_ends_sessions() {
    django_takes_the_new_password_and_ends_sessions(DatabaseKind::MariaDb, Access::Table).await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL and Django (tests/with-services)"]
async fn django_takes_a_password_that_was_set_by_a_view_of_postgres() {
    django_takes_the_new_password_and_ends_sessions(DatabaseKind::Postgres, Access::Views).await;
}

#[tokio::test]
#[ignore = "needs MariaDB and Django (tests/with-services)"]
async fn django_takes_a_password_that_was_set_by_a_view_of_mariadb() {
    django_takes_the_new_password_and_ends_sessions(DatabaseKind::MariaDb, Access::Views).await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL and Django (tests/with-services)"]
async fn a_change_by_django_on_postgres_kills_a_link() {
    a_change_by_django_kills_a_link(DatabaseKind::Postgres).await;
}

#[tokio::test]
#[ignore = "needs MariaDB and Django (tests/with-services)"]
async fn a_change_by_django_on_mariadb_kills_a_link() {
    a_change_by_django_kills_a_link(DatabaseKind::MariaDb).await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL and Django (tests/with-services)"]
async fn whom_django_gave_no_usable_password_gets_the_first_one() {
    let database = TestDatabase::postgres().await;
    let mut django = Django::on(&database).await;
    django.0.ask("set_password", json!({ "username": "ada", "password": null })).await;
    assert!(stored(&database).await.starts_with('!'));
    let mut reset_link = reset_link_on(&database, Access::Table).await;
    reset_link.reset("ada", NEW).await;
    assert!(django.authenticates(NEW).await);
}

#[tokio::test]
#[ignore = "needs PostgreSQL and Django (tests/with-services)"]
async fn whom_django_lets_in_no_more_gets_no_link() {
    let database = TestDatabase::postgres().await;
    let _django = Django::on(&database).await;
    let mut reset_link = reset_link_on(&database, Access::Table).await;
    let issued_before = reset_link.link("ada").await;
    database.run("UPDATE auth_user SET is_active = false;").await;
    let answer = reset_link.process.ask("/reset-link contact:ada").await;
    assert!(link_in(&answer).is_none(), "{answer}");
    reset_link.refuses(&issued_before).await;
}
