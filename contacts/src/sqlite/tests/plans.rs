//! Nothing that an admin waits for reads the whole directory, however large it is: held without a clock.

use sqlx::Row;

use super::*;
use crate::sqlite::contact_lookup::{ALIKE, WITH_EMAIL};
use crate::sqlite::index::{EMAIL, LATER_WORD};
use crate::sqlite::operations::PAGE;
use crate::sqlite::rows::ROW;
use crate::sqlite::search::{BY_WORD_OF_FEW, BY_WORD_OF_MANY, STATEMENTS};

#[tokio::test]
async fn no_statement_of_a_lookup_reads_a_whole_table() {
    let directory = TestDirectory::new(&[contact("ada")]).await;
    for sql in [ROW, ALIKE, WITH_EMAIL, PAGE].into_iter().chain(STATEMENTS) {
        let plan = sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}")))
            .bind("x")
            .fetch_all(&directory.lookup.file.pool)
            .await
            .unwrap();
        assert!(!plan.is_empty());
        for step in plan {
            let detail: String = step.get("detail");
            // A partial index is scanned as a whole: it holds the stale rows and nothing else. So is the table of those who are not indexed, and what a part
            // of the statement has found.
            let may_scan = [
                "contacts_stale",
                "SCAN contacts_unindexed",
                "SCAN best",
                "SCAN (subquery",
                "SCAN CONSTANT ROW",
            ];
            assert!(
                !detail.starts_with("SCAN") || may_scan.iter().any(|what| detail.contains(what)),
                "{sql}: {detail}"
            );
            // Only few are ever put in order.
            let sorts = detail.contains("TEMP B-TREE");
            assert!(!sorts || sql == BY_WORD_OF_FEW, "{sql}: {detail}");
        }
    }
}

#[tokio::test]
async fn whoever_many_match_is_read_in_the_order_of_the_names_from_the_first_letter_on() {
    let directory = TestDirectory::new(&[]).await;
    let plan = sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {BY_WORD_OF_MANY}")))
        .fetch_all(&directory.lookup.file.pool)
        .await
        .unwrap();
    let details: Vec<String> = plan.iter().map(|step| step.get("detail")).collect();
    let wanted = "SEARCH found USING PRIMARY KEY (kind=? AND initial=?)";
    assert!(details.iter().any(|detail| detail == wanted), "{details:?}");
}

/// Half of all match by their last word alone, and stand behind the other half in the order of the names.
#[tokio::test]
async fn one_letter_that_half_of_all_match_by_reads_no_row_that_does_not_match() {
    let half = |name: &str, word: &str, email: &str| {
        let entry = |n: usize| {
            let entry = ContactEntry::new(id(&format!("{name}{n}")), format!("{name} {n:05} {word}"));
            entry.with_email(format!("{email}{n:05}@example.org"))
        };
        (0..6_000).map(entry).collect::<Vec<_>>()
    };
    let everybody = [half("aa", "Meier", "kunde"), half("bb", "Schneider", "person")].concat();
    let directory = TestDirectory::new(&everybody).await;
    for (typed, kind) in [("s", LATER_WORD), ("schn", LATER_WORD), ("p", EMAIL), ("person0", EMAIL)] {
        let hits = directory.hits(typed, 25).await;
        assert!(hits.len() == 25 && hits.iter().all(|hit| hit.starts_with("bb")), "{typed}: {hits:?}");
        let (read,): (i64,) = sqlx::query_as(
            "SELECT count(*) FROM contacts_words, contacts_search AS last
             WHERE kind = ?1 AND initial = ?2 AND last.id = ?3
                AND (contacts_words.name, contacts_words.id) <= (last.name, last.id)",
        )
        .bind(kind)
        .bind(typed.get(..1))
        .bind(hits.last())
        .fetch_one(&directory.lookup.file.pool)
        .await
        .unwrap();
        assert_eq!(read, 25, "{typed}");
    }
}
