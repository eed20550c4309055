//! A database beyond this machine is spoken to by TLS alone, and only where an authority that is trusted says that it is that host.

use reset_link_tests::harness::databases::DatabaseRole::{Reader, Writer};
use reset_link_tests::harness::databases::{DatabaseKind, TestDatabase};

use crate::pages::link_for;
use crate::place::{Place, Visitor, service};

const PASSWORD: &str = "quarrel-lantern-otter-plaza";

/// A table with ada, and accounts that the server lets in by TLS alone.
async fn database(kind: DatabaseKind) -> TestDatabase {
    let database = TestDatabase::fresh(kind).await;
    let (reader, writer) = (database.account(Reader), database.account(Writer));
    database
        .run(&format!(
            "CREATE TABLE users (id varchar(64) PRIMARY KEY, name varchar(100), email varchar(254), password varchar(255)); \
             INSERT INTO users VALUES ('ada', 'Ada Lovelace', NULL, NULL); \
             GRANT SELECT ON users TO {reader}; GRANT SELECT, UPDATE (password) ON users TO {writer};"
        ))
        .await;
    if kind == DatabaseKind::MariaDb {
        // PostgreSQL of tests/with-services asks for it at these addresses by itself.
        let mut admin = database.connect_as_admin().await;
        for account in [reader, writer] {
            admin.execute(&format!("ALTER USER {account} REQUIRE SSL")).await.unwrap();
        }
    }
    database
}

/// With this host in both URLs.
fn place(database: &TestDatabase, host: &str, trusts_the_ca: bool) -> Place {
    let mut config =
        "[contacts]\nkind = \"sql\"\npreset = \"plain\"\nurl_file = \"writer\"\nreader_url_file = \"reader\"\n"
            .to_owned();
    if trusts_the_ca {
        config += &format!("ca_file = {:?}\n", service("CA"));
    }
    let (reader, writer) = (database.url_at(Reader, host, None), database.url_at(Writer, host, None));
    Place::on_tables(&config, &[("reader", &reader), ("writer", &writer)])
}

async fn is_taken(kind: DatabaseKind, host: &str) {
    let database = database(kind).await;
    let place = place(&database, host, true);
    let mut process = place.start().await;
    let link = link_for(&mut process, "ada").await;
    assert_eq!(Visitor::new().redeem(&link, PASSWORD).await, 200, "{}", process.stderr());
    assert!(database.value("SELECT password FROM users").await.unwrap().starts_with("$argon2id$"));
}

async fn is_refused(kind: DatabaseKind, host: &str, trusts_the_ca: bool, why: &str) {
    let database = database(kind).await;
    let place = place(&database, host, trusts_the_ca);
    let mut process = place.starting();
    assert!(!process.ended().await.success());
    let log = process.stderr();
    assert!(log.contains("contacts.") && log.contains(why), "{log}");
    assert!(!log.contains(database.password()), "{log}");
}

#[tokio::test]
#[ignore = "needs PostgreSQL (tests/with-services)"]
async fn postgres_is_taken_by_the_host_and_the_authority_of_its_certificate() {
    is_taken(DatabaseKind::Postgres, &service("NAMED_HOST")).await;
}

#[tokio::test]
#[ignore = "needs MariaDB (tests/with-services)"]
async fn mariadb_is_taken_by_the_host_and_the_authority_of_its_certificate() {
    is_taken(DatabaseKind::MariaDb, &service("NAMED_HOST")).await;
    is_taken(DatabaseKind::MariaDb, "localhost").await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL (tests/with-services)"]
async fn postgres_is_refused_by_an_authority_that_nobody_trusts_and_by_another_host() {
    is_refused(DatabaseKind::Postgres, &service("NAMED_HOST"), false, "UnknownIssuer").await;
    is_refused(DatabaseKind::Postgres, &service("UNNAMED_HOST"), true, "not valid for name").await;
    // With an authority of its own, a server on this machine is held to its certificate as well.
    is_refused(DatabaseKind::Postgres, "127.0.0.1", true, "not valid for name").await;
}

#[tokio::test]
#[ignore = "needs MariaDB (tests/with-services)"]
async fn mariadb_is_refused_by_an_authority_that_nobody_trusts_and_by_another_host() {
    is_refused(DatabaseKind::MariaDb, &service("NAMED_HOST"), false, "UnknownIssuer").await;
    is_refused(DatabaseKind::MariaDb, &service("UNNAMED_HOST"), true, "not valid for name").await;
    is_refused(DatabaseKind::MariaDb, "127.0.0.1", true, "not valid for name").await;
}
