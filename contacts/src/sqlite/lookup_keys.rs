//! What contacts are looked up by: computed here, kept in the table, and computed afresh where another program wrote.

use keys::NormalisedEmail;
use keys::text::{folded, unicode_versions};
use sqlx::QueryBuilder;
use sqlx::sqlite::{Sqlite, SqliteConnection};

/// So many rows in one statement; SQLite takes 32,766 values at most.
pub(super) const ROWS_PER_STATEMENT: usize = 500;

/// So many rows are held in memory at once while search columns are computed.
const STALE_AT_ONCE: u32 = 5_000;

/// Raise it whenever `keys::text::folded` or `keys::NormalisedEmail` comes to answer differently: every row is then computed afresh.
const RULES: u32 = 2;

/// The rules by which search columns are computed. Unicode's own tables are part of them: a library's update may change an answer.
pub(super) fn rules() -> String {
    format!("{RULES}; unicode {}", unicode_versions())
}

/// An e-mail as contacts are compared by it; `None` where it cannot be an address.
pub(super) fn normalised_email(email: Option<&str>) -> Option<String> {
    email.and_then(NormalisedEmail::new).map(|email| email.expose().to_owned())
}

/// Writes the search columns of rows that another program wrote, and says of how many. Each row is written only if it still holds the e-mail that
/// was read, so a writer in between is never overruled.
pub(super) async fn mend(
    connection: &mut SqliteConnection,
    rows: &[(String, Option<String>)],
) -> sqlx::Result<u64> {
    let mut written = 0;
    for rows in rows.chunks(ROWS_PER_STATEMENT) {
        let mut update = QueryBuilder::<Sqlite>::new(
            "UPDATE contacts SET id_folded = fresh.column2, id_folded_of = id, \
             email_normalised = fresh.column4, email_normalised_of = email FROM (",
        );
        update.push_values(rows, |mut row, (id, email)| {
            row.push_bind(id).push_bind(folded(id)).push_bind(email);
            row.push_bind(normalised_email(email.as_deref()));
        });
        update.push(") AS fresh WHERE contacts.id = fresh.column1 AND contacts.email IS fresh.column3");
        written += update.build().execute(&mut *connection).await?.rows_affected();
    }
    Ok(written)
}

/// Mends some stale rows, and says whether there are more.
pub(super) async fn mend_some(connection: &mut SqliteConnection) -> sqlx::Result<bool> {
    let stale: Vec<(String, Option<String>)> =
        sqlx::query_as("SELECT id, email FROM contacts WHERE stale = 1 LIMIT ?1")
            .bind(STALE_AT_ONCE)
            .fetch_all(&mut *connection)
            .await?;
    let written = mend(connection, &stale).await?;
    if written > 0 {
        tracing::debug!(rows = written, "search columns of contacts written by another program computed");
    }
    // A row that another writer changed meanwhile is left to the next time.
    Ok(stale.len() == STALE_AT_ONCE as usize && written > 0)
}

/// Mends every stale row, some at a time, however many there are.
pub(super) async fn mend_stale(connection: &mut SqliteConnection) -> sqlx::Result<()> {
    while mend_some(connection).await? {}
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where this fails, an answer of the rules has changed: raise `RULES` with it.
    #[test]
    fn the_rules_answer_as_they_did_when_they_were_numbered() {
        assert_eq!(RULES, 2);
        assert_eq!(folded("\u{feff} Ünïcø\u{200b}dé-ẞ "), "ünïcødé-ss");
        for (email, normalised) in [
            (" Ada@Example.ORG ", Some("ada@example.org")),
            ("Jose\u{301}@example.org", Some("jos\u{e9}@example.org")),
            ("ada@Bücher.example", Some("ada@xn--bcher-kva.example")),
            ("ada@xn--bcher-kva.example", Some("ada@xn--bcher-kva.example")),
            ("n/a", None),
        ] {
            assert_eq!(normalised_email(Some(email)).as_deref(), normalised, "{email}");
        }
    }
}
