//! The databases of `tests/with-services` themselves: what tests rest on.

use reset_link_tests::harness::databases::DatabaseRole::{Owner, Reader, Writer};
use reset_link_tests::harness::databases::{DatabaseKind, TestConnection, TestDatabase};

/// Roles that may read or write what they were granted, and nothing else.
async fn roles_may_do_what_they_were_granted(kind: DatabaseKind) {
    let database = TestDatabase::fresh(kind).await;
    let other = TestDatabase::fresh(kind).await;
    database
        .run("CREATE TABLE people (id integer PRIMARY KEY, name varchar(50)); INSERT INTO people VALUES (7, 'Grüße 🔑'), (8, NULL);")
        .await;
    assert!(database.rows_as(Reader, "SELECT id FROM people").await.is_err());
    let (reader, writer) = (database.account(Reader), database.account(Writer));
    database
        .run(&format!(
            "GRANT SELECT ON people TO {reader}; GRANT SELECT, UPDATE (name) ON people TO {writer};"
        ))
        .await;

    let people = database.rows_as(Reader, "SELECT id, name FROM people ORDER BY id").await.unwrap();
    assert_eq!(
        people,
        [vec![Some("7".to_owned()), Some("Grüße 🔑".to_owned())], vec![Some("8".to_owned()), None]]
    );
    assert!(database.run_as(Reader, "UPDATE people SET name = 'x'").await.is_err());
    assert_eq!(database.run_as(Writer, "UPDATE people SET name = 'Ada' WHERE id = 8").await.unwrap(), 1);
    assert!(database.run_as(Writer, "UPDATE people SET id = 9 WHERE id = 8").await.is_err());
    assert_eq!(database.value("SELECT name FROM people WHERE id = 8").await.as_deref(), Some("Ada"));
    assert!(other.rows_as(Owner, "SELECT id FROM people").await.is_err());
}

/// With a transaction still open on it.
async fn a_database_is_gone_with_its_value(kind: DatabaseKind) {
    let database = TestDatabase::fresh(kind).await;
    database.run("CREATE TABLE held (id integer);").await;
    let mut open = database.connect(Owner).await.unwrap();
    open.execute("BEGIN; INSERT INTO held VALUES (1);").await.unwrap();
    let mut admin = database.connect_as_admin().await;
    let name = database.name().to_owned();
    drop(database);
    let left = match kind {
        DatabaseKind::Postgres => format!(
            "SELECT datname FROM pg_database WHERE datname = '{name}' UNION ALL SELECT rolname FROM pg_roles WHERE rolname LIKE '{name}%'"
        ),
        DatabaseKind::MariaDb => format!(
            "SELECT schema_name FROM information_schema.schemata WHERE schema_name = '{name}' UNION ALL SELECT user FROM mysql.user WHERE user LIKE '{name}%'"
        ),
        DatabaseKind::Sqlite => unreachable!("a file goes with its folder"),
    };
    assert_eq!(admin.rows(&left).await.unwrap(), Vec::<Vec<_>>::new());
}

#[tokio::test]
#[ignore = "needs PostgreSQL (tests/with-services)"]
async fn postgres_roles_may_do_what_they_were_granted() {
    roles_may_do_what_they_were_granted(DatabaseKind::Postgres).await;
}

#[tokio::test]
#[ignore = "needs MariaDB (tests/with-services)"]
async fn mariadb_roles_may_do_what_they_were_granted() {
    roles_may_do_what_they_were_granted(DatabaseKind::MariaDb).await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL (tests/with-services)"]
async fn a_postgres_database_is_gone_with_its_value() {
    a_database_is_gone_with_its_value(DatabaseKind::Postgres).await;
}

#[tokio::test]
#[ignore = "needs MariaDB (tests/with-services)"]
async fn a_mariadb_database_is_gone_with_its_value() {
    a_database_is_gone_with_its_value(DatabaseKind::MariaDb).await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL (tests/with-services)"]
async fn both_pools_of_pgbouncer_lead_to_the_same_database() {
    let database = TestDatabase::postgres().await;
    database.run("CREATE TABLE here (id integer); INSERT INTO here VALUES (1);").await;
    for pooling in ["SESSION", "TRANSACTION"] {
        let mut connection =
            TestConnection::open(DatabaseKind::Postgres, &database.url_at_pgbouncer(Owner, pooling))
                .await
                .unwrap();
        assert_eq!(connection.rows("SELECT id FROM here").await.unwrap(), [[Some("1".to_owned())]]);
    }
}
