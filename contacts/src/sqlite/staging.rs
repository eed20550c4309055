//! Rows of an import wait in a temporary table of one connection, on the disk, until all of them are known to be good. Only then is the directory
//! locked for other writers, and they are taken over in one transaction.

use futures_util::TryStreamExt;
use keys::text::{spelled_out, visible};
use sqlx::sqlite::{Sqlite, SqliteConnection};
use sqlx::{Connection, QueryBuilder};

use super::SqliteOperations;
use super::lookup_keys::{ROWS_PER_STATEMENT, mend_stale, normalised_email};
use crate::DirectoryError;
use crate::import::{BadRow, Imported, Row};

/// So many rows are taken over between two calls of `on_progress`.
const ROWS_PER_STEP: i64 = 5_000;

const TABLE: &str = "
    CREATE TEMP TABLE import_rows (
        line INTEGER NOT NULL PRIMARY KEY,
        id TEXT NOT NULL,
        id_folded TEXT NOT NULL,
        name TEXT NOT NULL,
        email TEXT,
        email_normalised TEXT,
        language TEXT
    ) STRICT;
";

/// Each row behind the first of those whose ids a person could not tell apart.
const WITHIN_THE_FILE: &str = "
    SELECT later.line, later.id, first.line, first.id
    FROM (SELECT id_folded, min(line) AS line FROM import_rows GROUP BY id_folded HAVING count(*) > 1) AS alike
    JOIN import_rows AS first ON first.line = alike.line
    JOIN import_rows AS later ON later.id_folded = alike.id_folded AND later.line > alike.line";

/// A contact that is there already stays; only a new one can bring in a look-alike.
const WITH_THE_DIRECTORY: &str = "
    SELECT fresh.line, fresh.id, min(contacts.id)
    FROM import_rows AS fresh JOIN contacts ON contacts.id_folded = fresh.id_folded
    WHERE NOT EXISTS (SELECT 1 FROM contacts AS same WHERE same.id = fresh.id)
        AND NOT EXISTS (
            SELECT 1 FROM import_rows AS other WHERE other.id_folded = fresh.id_folded AND other.line < fresh.line)
    GROUP BY fresh.line";

const COUNT: &str = "
    SELECT count(*) FILTER (WHERE held.id IS NULL),
        count(*) FILTER (WHERE held.id IS NOT NULL AND (held.name, held.email, held.language)
            IS NOT (fresh.name, fresh.email, fresh.language)),
        count(*) FILTER (WHERE fresh.email IS NULL),
        count(*) FILTER (WHERE fresh.email IS NOT NULL AND fresh.email_normalised IS NULL),
        count(*)
    FROM import_rows AS fresh LEFT JOIN contacts AS held ON held.id = fresh.id";

/// Passwords, and whether a contact is active, stay as they are.
const TAKE_OVER: &str = "
    INSERT INTO contacts
        (id, name, email, language, id_folded, id_folded_of, email_normalised, email_normalised_of)
    SELECT id, name, email, language, id_folded, id, email_normalised, email
    FROM import_rows WHERE line > ?1 AND line <= ?2
    ON CONFLICT (id) DO UPDATE SET name = excluded.name, email = excluded.email, language = excluded.language,
        id_folded = excluded.id_folded, id_folded_of = excluded.id_folded_of,
        email_normalised = excluded.email_normalised, email_normalised_of = excluded.email_normalised_of
    WHERE (name, email, language) IS NOT (excluded.name, excluded.email, excluded.language)";

/// Rows whose e-mail somebody else has as well, now that all are there.
const SHARED: &str = "
    SELECT count(*) FROM import_rows AS fresh
    WHERE fresh.email_normalised IS NOT NULL AND EXISTS (
        SELECT 1 FROM contacts WHERE contacts.email_normalised = fresh.email_normalised AND contacts.id <> fresh.id)";

/// Rows that are not in the directory yet. What is dropped has changed nothing.
pub(crate) struct Staging {
    connection: SqliteConnection,
    directory: SqliteOperations,
}

/// Rows on their way into the directory, within a transaction. What is dropped has changed nothing.
pub(crate) struct Merge {
    staging: Staging,
}

impl SqliteOperations {
    /// Makes room for rows that are not to be in the directory yet.
    pub(crate) async fn stage(&self) -> Result<Staging, DirectoryError> {
        self.file.check_in_place().await?;
        // Temporary tables are a connection's own, and end with it.
        let connection = self.file.pool.acquire().await.map_err(|error| self.file.unreachable(error))?;
        let mut staging = Staging { connection: connection.detach(), directory: self.clone() };
        staging.run(TABLE).await?;
        Ok(staging)
    }
}

impl Staging {
    /// Adds these rows.
    pub(crate) async fn add(&mut self, rows: &[Row]) -> Result<(), DirectoryError> {
        // One transaction: it touches nothing but the temporary table, and locks nobody out.
        self.run("BEGIN").await?;
        for rows in rows.chunks(ROWS_PER_STATEMENT) {
            let mut insert = QueryBuilder::<Sqlite>::new(
                "INSERT INTO import_rows (line, id, id_folded, name, email, email_normalised, language) ",
            );
            insert.push_values(rows, |mut values, row| {
                let (id, email) = (&row.entry.id, row.entry.expose_email());
                values.push_bind(i64::try_from(row.line).unwrap_or(i64::MAX)).push_bind(id.as_str());
                values.push_bind(id.folded()).push_bind(&row.entry.name).push_bind(email);
                values.push_bind(normalised_email(email)).push_bind(&row.entry.language);
            });
            let added = insert.build().execute(&mut self.connection).await;
            added.map_err(|error| self.directory.file.unreachable(error))?;
        }
        self.run("COMMIT").await
    }

    /// Tells of every row whose id a person could not tell from that of a row before it.
    pub(crate) async fn look_alikes(&mut self, mut on_row: impl FnMut(BadRow)) -> Result<(), DirectoryError> {
        self.run("CREATE INDEX temp.import_rows_folded ON import_rows (id_folded)").await?;
        let mut found =
            sqlx::query_as::<_, (i64, String, i64, String)>(WITHIN_THE_FILE).fetch(&mut self.connection);
        let unreachable = |error| self.directory.file.unreachable(error);
        while let Some((line, id, first, first_id)) = found.try_next().await.map_err(unreachable)? {
            let reason = if id == first_id {
                format!("the same id is on line {first}")
            } else {
                format!("the id differs from the one on line {first} {}", only_in(&id, &first_id))
            };
            on_row(BadRow { line: line.unsigned_abs(), reason });
        }
        Ok(())
    }

    /// From here to the end of the merge nobody else writes.
    pub(crate) async fn begin_merge(mut self) -> Result<Merge, DirectoryError> {
        // What other programs wrote is indexed first, before it would keep others waiting.
        // A failure costs time: it is done again below.
        let _ = mend_stale(&mut self.connection).await;
        self.directory.file.check_in_place().await?;
        self.run("BEGIN IMMEDIATE").await?;
        mend_stale(&mut self.connection).await.map_err(|error| self.directory.file.unreachable(error))?;
        Ok(Merge { staging: self })
    }

    async fn run(&mut self, statement: &'static str) -> Result<(), DirectoryError> {
        let ran = sqlx::raw_sql(statement).execute(&mut self.connection).await;
        ran.map(|_| ()).map_err(|error| self.directory.file.unreachable(error))
    }
}

impl Merge {
    /// Tells of every row whose id a person could not tell from that of another contact in the directory.
    pub(crate) async fn look_alikes(&mut self, mut on_row: impl FnMut(BadRow)) -> Result<(), DirectoryError> {
        let Staging { connection, directory } = &mut self.staging;
        let mut found = sqlx::query_as::<_, (i64, String, String)>(WITH_THE_DIRECTORY).fetch(connection);
        while let Some((line, id, other)) =
            found.try_next().await.map_err(|error| directory.file.unreachable(error))?
        {
            let (only, other) = (only_in(&id, &other), spelled_out(&other));
            let reason = format!("the id differs from `{other}`, which is in the directory, {only}");
            on_row(BadRow { line: line.unsigned_abs(), reason });
        }
        Ok(())
    }

    /// Takes all rows over, and says what that changed.
    pub(crate) async fn all(mut self, mut on_progress: impl FnMut(u64)) -> Result<Imported, DirectoryError> {
        let merged = self.take_over(&mut on_progress).await;
        let Staging { mut connection, directory } = self.staging;
        let imported = merged.map_err(|error| directory.file.unreachable(error))?;
        let committed = sqlx::raw_sql("COMMIT").execute(&mut connection).await;
        committed.map_err(|error| directory.file.write_failed(error))?;
        // What is written is written, whatever becomes of the connection.
        let _ = connection.close().await;
        Ok(imported)
    }

    async fn take_over(&mut self, on_progress: &mut impl FnMut(u64)) -> sqlx::Result<Imported> {
        let connection = &mut self.staging.connection;
        let (added, updated, without_email, unusable_email, rows): (i64, i64, i64, i64, i64) =
            sqlx::query_as(COUNT).fetch_one(&mut *connection).await?;
        let (mut behind, mut done) = (i64::MIN, 0);
        loop {
            let (last, found): (Option<i64>, i64) = sqlx::query_as(
                "SELECT max(line), count(*) FROM (SELECT line FROM import_rows WHERE line > ?1 ORDER BY line LIMIT ?2)",
            )
            .bind(behind)
            .bind(ROWS_PER_STEP)
            .fetch_one(&mut *connection)
            .await?;
            let Some(last) = last else { break };
            sqlx::query(TAKE_OVER).bind(behind).bind(last).execute(&mut *connection).await?;
            behind = last;
            done += found.unsigned_abs();
            on_progress(done);
        }
        let (shared_email,): (i64,) = sqlx::query_as(SHARED).fetch_one(&mut *connection).await?;
        Ok(Imported {
            added: added.unsigned_abs(),
            updated: updated.unsigned_abs(),
            unchanged: (rows - added - updated).unsigned_abs(),
            without_email: without_email.unsigned_abs(),
            unusable_email: unusable_email.unsigned_abs(),
            shared_email: shared_email.unsigned_abs(),
            ignored_columns: Vec::new(),
        })
    }
}

/// In what two ids differ that a person takes for the same.
fn only_in(one: &str, other: &str) -> &'static str {
    if visible(one) == visible(other) {
        "only in characters that nobody sees"
    } else {
        "only in case or Unicode form"
    }
}
