//! The table, which is a documented contract (`CONTRACT.md`), and what keeps its search columns right.

use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection, Row};

/// Kept in `PRAGMA user_version`; `SET_VERSION` must agree.
pub(super) const SCHEMA_VERSION: i64 = 1;
const SET_VERSION: &str = "PRAGMA user_version = 1";

/// The first six columns are the contract. The others belong to reset-link: what a contact is searched by, each beside the
/// text that it was computed from. Whoever writes an id or an e-mail, in whatever program, thereby makes `stale` true, and
/// a lookup computes the search columns of stale rows afresh. There is no trigger that a writer could miss or switch off.
const TABLES: &str = r#"
CREATE TABLE contacts (
    id TEXT NOT NULL PRIMARY KEY
        CONSTRAINT "a contact id cannot be empty" CHECK (id <> '')
        CONSTRAINT "a contact id has at most 64 bytes after JSON escaping"
            CHECK (length(CAST(replace(replace(id, '\', '\\'), '"', '\"') AS BLOB)) <= 64)
        CONSTRAINT "a contact id cannot hold control characters" CHECK (
            id NOT GLOB ('*[' || char(1) || '-' || char(31) || char(127) || '-' || char(159) || ']*')
            AND instr(CAST(id AS BLOB), x'00') = 0),
    name TEXT NOT NULL CONSTRAINT "a contact has a name" CHECK (name <> ''),
    email TEXT,
    language TEXT,
    password_hash TEXT,
    active INTEGER NOT NULL DEFAULT 1 CONSTRAINT "active is 0 or 1" CHECK (active IN (0, 1)),

    id_folded TEXT,
    id_folded_of TEXT,
    email_normalised TEXT,
    email_normalised_of TEXT,
    stale INTEGER NOT NULL
        GENERATED ALWAYS AS (id_folded_of IS NOT id OR email_normalised_of IS NOT email) VIRTUAL
) STRICT;
CREATE INDEX contacts_id_folded ON contacts (id_folded);
CREATE INDEX contacts_email_normalised ON contacts (email_normalised) WHERE email_normalised IS NOT NULL;
CREATE INDEX contacts_stale ON contacts (stale) WHERE stale = 1;
CREATE TABLE contacts_rules (rules TEXT NOT NULL) STRICT;
INSERT INTO contacts_rules (rules) VALUES ('');
"#;

/// What a database file holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Holds {
    Nothing,
    Contacts,
    NewerContacts(i64),
    SomethingElse,
}

/// Looks, and writes nothing.
pub(super) async fn inspect(connection: &mut SqliteConnection) -> sqlx::Result<Holds> {
    // Both questions see the same state of a file that another process may just be creating.
    let mut reading = connection.begin().await?;
    let version: i64 = sqlx::query("PRAGMA user_version").fetch_one(&mut *reading).await?.try_get(0)?;
    let (tables, ours): (i64, i64) = sqlx::query_as(
        "SELECT count(*), count(*) FILTER (WHERE name IN ('contacts', 'contacts_rules'))
         FROM sqlite_schema WHERE type = 'table'",
    )
    .fetch_one(&mut *reading)
    .await?;
    reading.rollback().await?;
    Ok(match (version, tables, ours) {
        (0, 0, _) => Holds::Nothing,
        (SCHEMA_VERSION, _, 2) => Holds::Contacts,
        (newer, _, 1..) if newer > SCHEMA_VERSION => Holds::NewerContacts(newer),
        _ => Holds::SomethingElse,
    })
}

/// Creates the table, unless another process was faster.
pub(super) async fn create(connection: &mut SqliteConnection) -> sqlx::Result<()> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    if inspect(&mut transaction).await? == Holds::Nothing {
        sqlx::raw_sql(TABLES).execute(&mut *transaction).await?;
        sqlx::query(SET_VERSION).execute(&mut *transaction).await?;
    }
    transaction.commit().await
}

/// Marks every row stale where the search columns were computed by other rules than these.
pub(super) async fn adopt_rules(connection: &mut SqliteConnection, rules: &str) -> sqlx::Result<()> {
    let adopted = "SELECT count(*) FROM contacts_rules WHERE rules = ?1";
    let (adopted,): (i64,) = sqlx::query_as(adopted).bind(rules).fetch_one(&mut *connection).await?;
    if adopted == 1 {
        return Ok(());
    }
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    sqlx::query("UPDATE contacts SET id_folded_of = NULL").execute(&mut *transaction).await?;
    sqlx::query("DELETE FROM contacts_rules").execute(&mut *transaction).await?;
    sqlx::query("INSERT INTO contacts_rules (rules) VALUES (?1)")
        .bind(rules)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_that_is_written_is_the_version_that_is_read() {
        assert_eq!(SET_VERSION, format!("PRAGMA user_version = {SCHEMA_VERSION}"));
    }
}
