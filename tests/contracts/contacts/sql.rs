//! Tables of another application, in each of the three databases.

mod columns;
mod failures;
mod ids;
mod injection;
mod large;
mod people;
mod rewritten;
mod row_security;
mod tls;

use std::sync::Arc;

use async_trait::async_trait;
use config::{HashScheme, HashSettings, Secret, SqlContacts, SqlMapping};
use contacts::hash::PasswordHasher;
use contacts::{
    ContactLookup, Obstacle, PasswordChecker, PasswordWriter, SqlContactLookup, SqlPasswordWriter, views_sql,
};
use jiff::SignedDuration;
use keys::ContactId;
use reset_link::machine;
use reset_link_tests::harness::databases::{DatabaseKind, DatabaseRole, TestDatabase};

use super::contract::{ContactsFixture, Directory, GivenContact, lookup_contract, writer_contract};

struct Sql {
    kind: DatabaseKind,
    /// The column takes ids that differ in case for the same.
    is_loose: bool,
    /// Both roles use the views that reset-link prints.
    uses_views: bool,
}

struct SqlDirectory {
    database: Arc<TestDatabase>,
    uses_views: bool,
    lookup: Arc<SqlContactLookup>,
    writer: Arc<SqlPasswordWriter>,
}

impl SqlDirectory {
    async fn of(database: Arc<TestDatabase>, uses_views: bool) -> Self {
        let [reader, writer] = settings(&database, uses_views);
        let lookup = SqlContactLookup::open(&reader).await.unwrap();
        let writer = SqlPasswordWriter::open(&writer, machine::entropy()).await.unwrap();
        Self { database, uses_views, lookup: Arc::new(lookup), writer: Arc::new(writer) }
    }
}

/// Those of the bot and of the redeem server.
fn settings(database: &TestDatabase, uses_views: bool) -> [SqlContacts; 2] {
    [DatabaseRole::Reader, DatabaseRole::Writer].map(|role| SqlContacts {
        url: Secret::new(database.url(role)),
        url_key: "contacts.url",
        ca_file: None,
        timeout: SignedDuration::from_secs(10),
        preset: None,
        uses_views,
        mapping: SqlMapping {
            table: "users".to_owned(),
            id: "login".to_owned(),
            name: vec!["first_name".to_owned(), "last_name".to_owned()],
            email: Some("email".to_owned()),
            email_key: None,
            language: Some("locale".to_owned()),
            password: "password".to_owned(),
            active: Some("is_active".parse().unwrap()),
            hash: hash(),
            also_set: Vec::new(),
            also_run: Vec::new(),
        },
    })
}

fn on(kind: DatabaseKind) -> Sql {
    Sql { kind, is_loose: false, uses_views: false }
}

fn in_views_on(kind: DatabaseKind) -> Sql {
    Sql { kind, is_loose: false, uses_views: true }
}

fn loosely_on(kind: DatabaseKind) -> Sql {
    Sql { is_loose: true, ..on(kind) }
}

fn hash() -> HashSettings {
    HashSettings {
        scheme: HashScheme::Argon2id,
        is_said_out_loud: false,
        cost: None,
        iterations: None,
        memory_kib: Some(1_024),
        passes: Some(1),
        lanes: None,
        pepper: None,
    }
}

impl Sql {
    async fn filled(&self, contacts: &[GivenContact]) -> TestDatabase {
        let database = TestDatabase::fresh(self.kind).await;
        let id = match (self.kind, self.is_loose) {
            (DatabaseKind::Postgres | DatabaseKind::Sqlite, false) => "VARCHAR(64)",
            (DatabaseKind::MariaDb, false) => "VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
            (DatabaseKind::Postgres, true) => "citext",
            (DatabaseKind::MariaDb, true) => "VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci",
            (DatabaseKind::Sqlite, true) => "TEXT COLLATE NOCASE",
        };
        if id == "citext" {
            database.run("CREATE EXTENSION citext;").await;
        }
        let text = match self.kind {
            DatabaseKind::Postgres | DatabaseKind::Sqlite => "",
            DatabaseKind::MariaDb => " CHARACTER SET utf8mb4",
        };
        let mut sql = format!(
            "CREATE TABLE users (login {id} PRIMARY KEY, first_name VARCHAR(100){text}, last_name VARCHAR(100){text}, \
             email VARCHAR(254){text}, locale VARCHAR(10), password VARCHAR(255), is_active BOOLEAN NOT NULL);"
        );
        for contact in contacts {
            let (first, last) = contact.name.split_once(' ').unwrap_or((contact.name, ""));
            let active = if contact.active { "TRUE" } else { "FALSE" };
            sql.push_str(&format!(
                "INSERT INTO users VALUES ({}, {}, {}, {}, {}, NULL, {active});",
                literal(self.kind, Some(contact.id)),
                literal(self.kind, Some(first)),
                literal(self.kind, Some(last).filter(|last| !last.is_empty())),
                literal(self.kind, contact.email),
                literal(self.kind, contact.language),
            ));
        }
        database.run(&sql).await;
        match self.kind {
            DatabaseKind::Sqlite => {}
            DatabaseKind::Postgres | DatabaseKind::MariaDb if self.uses_views => {
                let [reader, writer] = settings(&database, false);
                database.run(&views_sql(&reader, &writer).await.unwrap()).await;
            }
            DatabaseKind::Postgres | DatabaseKind::MariaDb => {
                let (reader, writer) =
                    (database.account(DatabaseRole::Reader), database.account(DatabaseRole::Writer));
                database
                    .run(&format!(
                        "GRANT SELECT ON users TO {reader}; GRANT SELECT, UPDATE (password) ON users TO {writer};"
                    ))
                    .await;
            }
        }
        database
    }
}

#[async_trait]
impl ContactsFixture for Sql {
    async fn fresh(&self, contacts: &[GivenContact]) -> Box<dyn Directory> {
        let database = Arc::new(self.filled(contacts).await);
        Box::new(SqlDirectory::of(database, self.uses_views).await)
    }
}

#[async_trait]
impl Directory for SqlDirectory {
    fn lookup(&self) -> Arc<dyn ContactLookup> {
        Arc::clone(&self.lookup) as Arc<dyn ContactLookup>
    }

    fn writer(&self) -> Arc<dyn PasswordWriter> {
        Arc::clone(&self.writer) as Arc<dyn PasswordWriter>
    }

    /// By the views nobody can read a hash.
    fn checker(&self) -> Option<Arc<dyn PasswordChecker>> {
        (!self.uses_views).then(|| Arc::clone(&self.writer) as Arc<dyn PasswordChecker>)
    }

    async fn reopened(&self) -> Box<dyn Directory> {
        Box::new(Self::of(Arc::clone(&self.database), self.uses_views).await)
    }

    async fn change_email(&self, id: &str, email: Option<&str>) {
        let kind = self.database.kind();
        let (id, email) = (literal(kind, Some(id)), literal(kind, email));
        self.database.run(&format!("UPDATE users SET email = {email} WHERE login = {id};")).await;
    }

    async fn signs_in(&self, id: &str, password: &str) -> bool {
        let id = literal(self.database.kind(), Some(id));
        let rows =
            self.database.rows(&format!("SELECT password FROM users WHERE login = {id} AND is_active")).await;
        let Some(stored) = rows.into_iter().flatten().next().flatten() else { return false };
        PasswordHasher::new(&hash())
            .unwrap()
            .verify(password.to_owned().into(), zeroize::Zeroizing::new(stored).into())
            .await
            .unwrap()
    }
}

fn literal(kind: DatabaseKind, text: Option<&str>) -> String {
    match text {
        None => "NULL".to_owned(),
        // MariaDB reads a backslash as an escape.
        Some(text) if kind == DatabaseKind::MariaDb => {
            format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
        }
        Some(text) => format!("'{}'", text.replace('\'', "''")),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hash_of_a_form_that_is_not_known_is_left_alone() {
    let fixture = on(DatabaseKind::Sqlite);
    let database = fixture.filled(&[GivenContact::new("ada", "Ada")]).await;
    database.run("UPDATE users SET password = '5f4dcc3b5aa765d61d8327deb882cf99'").await;
    let directory = SqlDirectory::of(Arc::new(database), false).await;
    let ada = ContactId::new("ada").unwrap();
    let found = directory.lookup.find_exact(&ada).await.unwrap().unwrap();
    assert_eq!(found.obstacle, Some(Obstacle::OtherHash));
    let prepared = directory.writer.prepare("correct horse".to_owned().into()).await.unwrap();
    let refused = directory.writer.set(&ada, &found.password_version, prepared).await.unwrap_err();
    assert!(refused.to_string().contains("set `scheme`"), "{refused}");
    assert_eq!(
        directory.database.value("SELECT password FROM users").await.as_deref(),
        Some("5f4dcc3b5aa765d61d8327deb882cf99")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_tables_keep_the_lookup_contract() {
    lookup_contract(&on(DatabaseKind::Sqlite)).await;
    lookup_contract(&loosely_on(DatabaseKind::Sqlite)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_tables_keep_the_writer_contract() {
    writer_contract(&on(DatabaseKind::Sqlite)).await;
    writer_contract(&loosely_on(DatabaseKind::Sqlite)).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL (tests/with-services)"]
async fn postgres_keeps_the_lookup_contract() {
    lookup_contract(&on(DatabaseKind::Postgres)).await;
    lookup_contract(&loosely_on(DatabaseKind::Postgres)).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL (tests/with-services)"]
async fn postgres_keeps_the_writer_contract() {
    writer_contract(&on(DatabaseKind::Postgres)).await;
    writer_contract(&loosely_on(DatabaseKind::Postgres)).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs MariaDB (tests/with-services)"]
async fn mariadb_keeps_the_lookup_contract() {
    lookup_contract(&on(DatabaseKind::MariaDb)).await;
    lookup_contract(&loosely_on(DatabaseKind::MariaDb)).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs MariaDB (tests/with-services)"]
async fn mariadb_keeps_the_writer_contract() {
    writer_contract(&on(DatabaseKind::MariaDb)).await;
    writer_contract(&loosely_on(DatabaseKind::MariaDb)).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL (tests/with-services)"]
async fn views_on_postgres_keep_the_lookup_contract() {
    lookup_contract(&in_views_on(DatabaseKind::Postgres)).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL (tests/with-services)"]
async fn views_on_postgres_keep_the_writer_contract() {
    writer_contract(&in_views_on(DatabaseKind::Postgres)).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs MariaDB (tests/with-services)"]
async fn views_on_mariadb_keep_the_lookup_contract() {
    lookup_contract(&in_views_on(DatabaseKind::MariaDb)).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs MariaDB (tests/with-services)"]
async fn views_on_mariadb_keep_the_writer_contract() {
    writer_contract(&in_views_on(DatabaseKind::MariaDb)).await;
}
