//! The table is a contract: other programs write to it at any time, without knowing of the search columns.

use super::*;
use crate::PasswordWriter;

#[tokio::test]
async fn an_email_changed_by_another_program_is_seen_at_once() {
    let directory = TestDirectory::new(&[
        contact("ada").with_email("ada@example.org"),
        contact("bob").with_email("bob@example.org"),
    ])
    .await;
    assert!(directory.others("ada@example.org", "ada").await.is_empty());
    directory
        .behind_our_back("UPDATE contacts SET email = ' ADA@Example.ORG' WHERE id = 'bob'")
        .await
        .unwrap();
    assert_eq!(directory.others("ada@example.org", "ada").await, ["bob"]);
    assert!(directory.others("bob@example.org", "ada").await.is_empty());
    assert_eq!(directory.one("bob").await.primary_email.as_deref(), Some(" ADA@Example.ORG"));

    directory.behind_our_back("UPDATE contacts SET email = NULL WHERE id = 'bob'").await.unwrap();
    assert!(directory.others("ada@example.org", "ada").await.is_empty());
}

#[tokio::test]
async fn a_contact_added_by_another_program_is_found_and_counted_at_once() {
    let directory = TestDirectory::new(&[contact("ada").with_email("jos\u{e9}@b\u{fc}cher.example")]).await;
    directory
        .behind_our_back("INSERT INTO contacts (id, name, email) VALUES ('Bob', 'Bob', 'JOSE\u{301}@xn--bcher-kva.example')")
        .await
        .unwrap();
    assert_eq!(directory.found("BOB").await, ["Bob"]);
    assert_eq!(directory.others("jos\u{e9}@b\u{fc}cher.example", "ada").await, ["Bob"]);
}

#[tokio::test]
async fn an_id_changed_by_another_program_is_found_by_the_new_one_alone() {
    let directory = TestDirectory::new(&[contact("ada").with_email("ada@example.org")]).await;
    directory.behind_our_back("UPDATE contacts SET id = 'Grace'").await.unwrap();
    assert!(directory.found("ADA").await.is_empty());
    assert_eq!(directory.found("grace").await, ["Grace"]);
    assert_eq!(directory.others("ada@example.org", "ada").await, ["Grace"]);
}

#[tokio::test]
async fn what_another_program_wrote_is_computed_once_and_then_indexed() {
    let directory = TestDirectory::new(&[]).await;
    directory
        .behind_our_back(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200)
             INSERT INTO contacts (id, name, email) SELECT 'C' || i, 'n', 'C' || (i / 2) || '@Example.org' FROM n",
        )
        .await
        .unwrap();
    assert_eq!(directory.others("c17@example.org", "C34").await, ["C35"]);
    directory.lookup.index.as_ref().unwrap().catch_up().await;
    let (indexed,): (i64,) =
        sqlx::query_as("SELECT count(*) FROM contacts WHERE stale = 0 AND id_folded = 'c' || rowid AND email_normalised = 'c' || (rowid / 2) || '@example.org'")
            .fetch_one(&directory.operations.file.pool)
            .await
            .unwrap();
    assert_eq!(indexed, 1200);
    assert_eq!(directory.others("c17@example.org", "C34").await, ["C35"]);
    assert_eq!(directory.found("c1200").await, ["C1200"]);
}

#[tokio::test]
async fn mending_never_overrules_a_writer_in_between() {
    let directory = TestDirectory::new(&[contact("ada").with_email("new@example.org")]).await;
    // What was read before the other program wrote `new@example.org`.
    let read = [("ada".to_owned(), Some("old@example.org".to_owned()))];
    let mut connection = directory.operations.file.pool.acquire().await.unwrap();
    super::super::lookup_keys::mend(&mut connection, &read).await.unwrap();
    drop(connection);
    assert_eq!(directory.others("new@example.org", "bob").await, ["ada"]);
    assert!(directory.others("old@example.org", "bob").await.is_empty());
}

#[tokio::test]
async fn the_table_refuses_what_cannot_be_a_contact() {
    let directory = TestDirectory::new(&[]).await;
    let long = "x".repeat(65);
    let quotes = "\"".repeat(33);
    for id in [
        "''",
        "'a' || char(10)",
        "'a' || char(127)",
        "'a' || char(133)",
        "'a' || char(0) || 'b'",
        "NULL",
        &format!("'{long}'"),
        &format!("'{quotes}'"),
    ] {
        let sql = format!("INSERT INTO contacts (id, name) VALUES ({id}, 'n')");
        assert!(directory.behind_our_back(&sql).await.is_err(), "{id}");
    }
    for values in ["('a', '', 1)", "('a', NULL, 1)", "('a', 'n', 2)", "('a', 'n', NULL)"] {
        let sql = format!("INSERT INTO contacts (id, name, active) VALUES {values}");
        assert!(directory.behind_our_back(&sql).await.is_err(), "{values}");
    }
    for id in [
        format!("'{}'", "x".repeat(64)),
        format!("'{}'", "\"".repeat(32)),
        "'さくら'".to_owned(),
        "'[*?]'".to_owned(),
        "'-'".to_owned(),
    ] {
        let sql = format!("INSERT INTO contacts (id, name) VALUES ({id}, 'n')");
        assert!(directory.behind_our_back(&sql).await.is_ok(), "{id}");
    }
    assert_eq!(directory.operations.list(None, 100).await.unwrap().len(), 5);
}

#[tokio::test]
async fn an_id_that_cannot_be_one_is_reported_and_never_believed() {
    let directory = TestDirectory::new(&[contact("ada").with_email("ada@example.org")]).await;
    directory
        .behind_our_back("PRAGMA ignore_check_constraints = 1; INSERT INTO contacts (id, name, email) VALUES ('a' || char(10), 'n', 'ada@example.org')")
        .await
        .unwrap();
    let email = NormalisedEmail::new("ada@example.org").unwrap();
    let error = directory.lookup.others_with_email(&email, &id("ada")).await.unwrap_err();
    assert!(error.to_string().contains("control characters"), "{error}");
}

#[tokio::test]
async fn a_password_set_by_another_program_changes_the_version() {
    let directory = TestDirectory::new(&[contact("ada")]).await;
    let none = directory.one("ada").await.password_version;
    directory.behind_our_back("UPDATE contacts SET password_hash = '$argon2id$one'").await.unwrap();
    let one = directory.writer.read(&id("ada")).await.unwrap().unwrap().password_version;
    directory.behind_our_back("UPDATE contacts SET password_hash = '$argon2id$two'").await.unwrap();
    let two = directory.writer.read(&id("ada")).await.unwrap().unwrap().password_version;
    assert!(none != one && one != two && two != none);
}

#[tokio::test]
async fn every_statement_that_the_contract_shows_works() {
    let directory = TestDirectory::new(&[contact("ada")]).await;
    let contract = include_str!("../../../CONTRACT.md");
    let statements: Vec<&str> =
        contract.split("```sql\n").skip(1).filter_map(|block| block.split("```").next()).collect();
    assert!(statements.len() > 3);
    for sql in statements {
        assert!(directory.behind_our_back(sql).await.is_ok(), "{sql}");
    }
    let grace = directory.operations.show(&id("grace")).await.unwrap().unwrap().entry;
    assert_eq!(grace.expose_email(), Some("hopper@example.org"));
    assert!(!grace.active);
    assert!(directory.operations.show(&id("ada")).await.unwrap().unwrap().has_password);
}
