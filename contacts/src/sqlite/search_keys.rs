//! What contacts are searched by: computed here, kept in the table, and computed afresh where another program wrote.

use keys::NormalisedEmail;
use keys::text::{folded, unicode_versions};
use sqlx::sqlite::{Sqlite, SqliteConnection};
use sqlx::{QueryBuilder, SqlitePool};

/// So many rows in one statement; SQLite takes 32,766 values at most.
pub(super) const ROWS_PER_STATEMENT: usize = 500;

/// Raise it whenever `keys::text::folded` or `keys::NormalisedEmail` comes to answer differently: every row is then computed afresh.
const RULES: u32 = 2;

/// The rules by which search columns are computed. Unicode's own tables are part of them: a library's update may change an answer.
pub(super) fn rules() -> String {
    format!("{RULES}; unicode {}", unicode_versions())
}

/// An e-mail as contacts are compared by it; `None` where it cannot be an address.
pub(crate) fn normalised_email(email: Option<&str>) -> Option<String> {
    email.and_then(NormalisedEmail::new).map(|email| email.expose().to_owned())
}

/// Writes the search columns of rows that another program wrote. Each row is written only if it still holds the e-mail that
/// was read, so a writer in between is never overruled.
pub(super) async fn mend(
    connection: &mut SqliteConnection,
    rows: &[(String, Option<String>)],
) -> sqlx::Result<()> {
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
        update.build().execute(&mut *connection).await?;
    }
    Ok(())
}

/// Mends every stale row. A failure costs time, never a right answer: lookups compute stale rows themselves.
pub(super) async fn mend_all(pool: &SqlitePool) {
    let mended: sqlx::Result<usize> = async {
        let mut connection = pool.acquire().await?;
        let stale: Vec<(String, Option<String>)> =
            sqlx::query_as("SELECT id, email FROM contacts WHERE stale = 1")
                .fetch_all(&mut *connection)
                .await?;
        mend(&mut connection, &stale).await?;
        Ok(stale.len())
    }
    .await;
    match mended {
        Ok(0) => {}
        Ok(rows) => tracing::debug!(rows, "search columns of contacts written by another program computed"),
        Err(error) => tracing::warn!(
            error = super::error::describe(&error),
            "search columns of contacts could not be written; lookups are slower until they can"
        ),
    }
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
