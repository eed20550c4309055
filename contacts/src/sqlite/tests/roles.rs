//! Each role can write what it needs and nothing else.

use sqlx::SqlitePool;

use super::*;
use crate::{PasswordWriter, SetPassword};

/// The columns of the contract, each with a value that it would take.
const COLUMNS: [(&str, &str); 6] = [
    ("id", "'other'"),
    ("name", "'Other'"),
    ("email", "'other@example.org'"),
    ("language", "'de'"),
    ("password_hash", "'$argon2id$other'"),
    ("active", "0"),
];

const SEARCH_COLUMNS: [&str; 4] = ["id_folded", "id_folded_of", "email_normalised", "email_normalised_of"];

async fn runs(pool: &SqlitePool, sql: &str) -> sqlx::Result<()> {
    sqlx::query(AssertSqlSafe(sql)).execute(pool).await.map(|_| ())
}

/// The statements that would change a column of the contract.
fn changes(column: &str, value: &str) -> Vec<String> {
    vec![
        format!("UPDATE contacts SET {column} = {value}"),
        format!("UPDATE OR REPLACE contacts SET {column} = {value} WHERE id = 'ada'"),
        format!("UPDATE contacts SET id_folded = 'x', {column} = {value}"),
        format!("UPDATE contacts SET {column} = {column}"),
        format!(
            "INSERT INTO contacts (id, name) VALUES ('ada', 'Ada') ON CONFLICT (id) DO UPDATE SET {column} = {value}"
        ),
    ]
}

const ADD_OR_DELETE: [&str; 3] = [
    "INSERT INTO contacts (id, name, password_hash) VALUES ('eve', 'Eve', '$argon2id$eve')",
    "REPLACE INTO contacts (id, name, password_hash) VALUES ('ada', 'Ada', '$argon2id$eve')",
    "DELETE FROM contacts",
];

#[tokio::test]
async fn the_bots_connections_can_write_no_column_of_the_contract() {
    let directory = TestDirectory::new(&[contact("ada").with_email("ada@example.org")]).await;
    let before = directory.operations.list(None, 10).await.unwrap();
    let version = directory.one("ada").await.password_version;
    let reading = &directory.lookup.file.pool;
    let writing = directory.lookup.index.as_ref().unwrap().pool();
    for (column, value) in COLUMNS {
        for sql in changes(column, value) {
            let error = runs(reading, &sql).await.unwrap_err();
            assert!(error.to_string().contains("readonly"), "{sql}: {error}");
            let error = runs(writing, &sql).await.unwrap_err();
            assert!(error.to_string().contains("this connection writes the index"), "{sql}: {error}");
        }
    }
    for sql in ADD_OR_DELETE {
        assert!(runs(reading, sql).await.unwrap_err().to_string().contains("readonly"), "{sql}");
        let error = runs(writing, sql).await.unwrap_err();
        assert!(error.to_string().contains("this connection writes the index"), "{sql}: {error}");
    }
    // The reading connections cannot give themselves the right, nor open the file a second time with it.
    let file = directory.path().display();
    let _ = runs(reading, "PRAGMA query_only = 0").await;
    let again = format!("ATTACH 'file:{file}?mode=rw' AS again");
    assert!(runs(reading, &again).await.is_err());
    for sql in ["DROP TABLE contacts", "DROP TABLE contacts_search", "UPDATE contacts SET id_folded = NULL"] {
        assert!(runs(reading, sql).await.unwrap_err().to_string().contains("readonly"), "{sql}");
    }
    assert_eq!(directory.operations.list(None, 10).await.unwrap(), before);
    assert_eq!(directory.one("ada").await.password_version, version);
    for column in SEARCH_COLUMNS {
        runs(writing, &format!("UPDATE contacts SET {column} = NULL")).await.unwrap();
    }
}

#[tokio::test]
async fn the_redeem_halfs_connections_can_write_passwords_and_nothing_else() {
    let directory = TestDirectory::new(&[contact("ada").with_email("ada@example.org")]).await;
    let before = directory.operations.list(None, 10).await.unwrap();
    let pool = &directory.writer.file.pool;
    let others = COLUMNS.into_iter().filter(|(column, _)| *column != "password_hash");
    for (column, value) in others.chain(SEARCH_COLUMNS.map(|column| (column, "'x'"))) {
        for sql in changes(column, value) {
            let error = runs(pool, &sql).await.unwrap_err();
            assert!(error.to_string().contains("this connection sets passwords"), "{sql}: {error}");
        }
    }
    for sql in ADD_OR_DELETE {
        let error = runs(pool, sql).await.unwrap_err();
        assert!(error.to_string().contains("this connection sets passwords"), "{sql}: {error}");
    }
    assert_eq!(directory.operations.list(None, 10).await.unwrap(), before);
    let version = directory.one("ada").await.password_version;
    let prepared = directory.writer.prepare(password("correct horse")).await.unwrap();
    assert_eq!(directory.writer.set(&id("ada"), &version, prepared).await.unwrap(), SetPassword::Set);
}

/// Every connection of a pool has its refusals, not the first alone.
#[tokio::test]
async fn each_connection_of_a_role_refuses() {
    let directory = TestDirectory::new(&[contact("ada")]).await;
    let mut held = Vec::new();
    for _ in 0..4 {
        let mut connection = directory.writer.file.pool.acquire().await.unwrap();
        assert!(sqlx::query("UPDATE contacts SET active = 0").execute(&mut *connection).await.is_err());
        held.push(connection);
    }
}
