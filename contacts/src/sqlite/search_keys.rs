//! What contacts are searched by: computed here, kept in the table, and computed afresh where another program wrote.

use keys::NormalisedEmail;
use sqlx::sqlite::{Sqlite, SqliteConnection};
use sqlx::{QueryBuilder, SqlitePool};
use unicode_normalization::{UNICODE_VERSION, UnicodeNormalization};

/// So many rows in one statement; SQLite takes 32,766 values at most.
pub(super) const ROWS_PER_STATEMENT: usize = 500;

/// Raise it whenever `folded_id` or `keys::NormalisedEmail` comes to answer differently: every row is then computed afresh.
const RULES: u32 = 1;

/// The rules by which search columns are computed. Unicode's own tables are part of them: a library's update may change an answer.
pub(super) fn rules() -> String {
    let (std, nfc) = (char::UNICODE_VERSION, UNICODE_VERSION);
    format!("{RULES}; unicode {}.{}.{} and {}.{}.{}", std.0, std.1, std.2, nfc.0, nfc.1, nfc.2)
}

/// The loosest form in which two ids count as the same: trimmed, NFC, without case.
pub(crate) fn folded_id(text: &str) -> String {
    folded_chars(text).collect()
}

/// The same, character by character, for comparing beginnings.
pub(super) fn folded_chars(text: &str) -> impl Iterator<Item = char> {
    text.trim().nfc().flat_map(without_case).nfc()
}

/// There and back: `ẞ`, `ß` and `SS`, or `ς` and `σ`, then meet as in Unicode's full case folding.
pub(super) fn without_case(c: char) -> impl Iterator<Item = char> {
    c.to_lowercase().flat_map(char::to_uppercase).flat_map(char::to_lowercase)
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
            row.push_bind(id).push_bind(folded_id(id)).push_bind(email);
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

    #[test]
    fn ids_that_people_take_for_the_same_fold_to_the_same() {
        for (one, other) in [
            ("CEO", "ceo"),
            (" ceo\t", "ceo"),
            ("caf\u{e9}", "CAFE\u{301}"),
            ("Straße", "STRASSE"),
            ("ΟΔΥΣΣΕΥΣ", "οδυσσευς"),
            ("Ǆ", "ǆ"),
        ] {
            assert_eq!(folded_id(one), folded_id(other), "{one} {other}");
        }
    }

    #[test]
    fn different_ids_stay_different() {
        for (one, other) in [("ceo", "cfo"), ("a b", "ab"), ("さくら", "サクラ"), ("o", "ο")] {
            assert_ne!(folded_id(one), folded_id(other), "{one} {other}");
        }
    }

    /// Where this fails, an answer of the rules has changed: raise `RULES` with it.
    #[test]
    fn the_rules_answer_as_they_did_when_they_were_numbered() {
        assert_eq!(RULES, 1);
        assert_eq!(folded_id(" Ünïcødé-ẞ "), "ünïcødé-ss");
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
