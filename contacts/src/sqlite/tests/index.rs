//! The index is true whoever writes, and begins by itself in a file that has none.

use super::*;

impl TestDirectory {
    async fn catch_up(&self) {
        self.lookup.index.as_ref().unwrap().catch_up().await;
    }

    /// How many are searched by the index, how many as they stand, and how many words the index holds.
    async fn counts(&self) -> (i64, i64, i64) {
        let sql = "SELECT (SELECT count(*) FROM contacts_search), (SELECT count(*) FROM contacts_unindexed), (SELECT count(*) FROM contacts_words)";
        sqlx::query_as(sql).fetch_one(&self.operations.file.pool).await.unwrap()
    }

    /// The same is found by the index and without it.
    async fn finds_the_same_unindexed(&self, typed: &[&str]) {
        self.catch_up().await;
        let mut found = Vec::new();
        for typed in typed {
            found.push(self.hits(typed, 25).await);
        }
        self.behind_our_back("DELETE FROM contacts_words; DELETE FROM contacts_search; DELETE FROM contacts_unindexed; INSERT INTO contacts_unindexed (id) SELECT id FROM contacts").await.unwrap();
        for (typed, found) in typed.iter().zip(found) {
            assert_eq!(self.hits(typed, 25).await, found, "{typed}");
        }
        self.catch_up().await;
    }
}

const TYPED: [&str; 12] =
    ["", "a", "ada", "ADA K", "king", "l", "love", "lovelace", "zoe", "ada@", "k@", "grace"];

#[tokio::test]
async fn a_contact_is_found_by_what_it_is_now_before_it_is_indexed_and_after() {
    let directory = TestDirectory::new(&[
        contact("ada").with_email("ada@example.org"),
        ContactEntry::new(id("king"), "Ada King Lovelace").with_email("k@example.org"),
        ContactEntry::new(id("zoe"), "Zo\u{eb} Lovelace"),
        contact("old").inactive(),
    ])
    .await;
    assert_eq!(directory.counts().await, (3, 0, 7));
    for sql in [
        "UPDATE contacts SET name = 'Grace Hopper' WHERE id = 'king'",
        "UPDATE contacts SET email = 'k@example.net' WHERE id = 'zoe'",
        "UPDATE OR REPLACE contacts SET id = 'ada' WHERE id = 'king'",
        "INSERT OR REPLACE INTO contacts (id, name, email) VALUES ('zoe', 'Zelda', 'k@zelda.example')",
        "INSERT INTO contacts (id, name) VALUES ('l1', 'Ada L'), ('l2', 'Ada K')",
        "UPDATE contacts SET active = 1 - active",
        "UPDATE contacts SET active = 1 - active, email = NULL WHERE id = 'l1'",
        "DELETE FROM contacts WHERE id IN ('l2', 'zoe')",
        "INSERT OR ABORT INTO contacts (id, name) VALUES ('l2', 'Lovelace')",
        "PRAGMA recursive_triggers = 1; REPLACE INTO contacts (id, name) VALUES ('l2', 'Grace')",
        "BEGIN; DELETE FROM contacts; ROLLBACK",
        "DELETE FROM contacts",
    ] {
        directory.behind_our_back(sql).await.unwrap();
        directory.finds_the_same_unindexed(&TYPED).await;
    }
    assert_eq!(directory.counts().await, (0, 0, 0));
}

#[tokio::test]
async fn nothing_is_left_in_the_index_of_what_is_no_longer_so() {
    let directory =
        TestDirectory::new(
            &[ContactEntry::new(id("ada"), "Ada King-Lovelace").with_email("ada@example.org")],
        )
        .await;
    assert_eq!(directory.counts().await, (1, 0, 3));
    directory.behind_our_back("UPDATE contacts SET name = 'Ada Byron', email = NULL").await.unwrap();
    assert_eq!(directory.counts().await, (1, 1, 3));
    directory.catch_up().await;
    assert_eq!(directory.counts().await, (1, 0, 1));
    directory.behind_our_back("UPDATE contacts SET active = 0").await.unwrap();
    directory.catch_up().await;
    assert_eq!(directory.counts().await, (0, 0, 0));
}

#[tokio::test]
async fn what_changes_no_form_by_which_a_contact_is_found_marks_nobody() {
    let directory = TestDirectory::new(&[contact("ada").with_email("ada@example.org")]).await;
    directory
        .behind_our_back("UPDATE contacts SET password_hash = '$argon2id$x', language = 'de'; UPDATE contacts SET name = name, active = active")
        .await
        .unwrap();
    assert_eq!(directory.counts().await.1, 0);
}

#[tokio::test]
async fn names_too_long_to_index_and_bytes_that_are_no_text_are_no_hindrance() {
    let directory = TestDirectory::new(&[contact("ada"), contact("bob")]).await;
    directory
        .behind_our_back("UPDATE contacts SET name = 'Long ' || printf('%.*c', 100000, 'x') || ' y' WHERE id = 'ada'; INSERT INTO contacts (id, name) VALUES ('odd', CAST(x'ff' AS TEXT))")
        .await
        .unwrap();
    directory.catch_up().await;
    let (indexed, unindexed, _) = directory.counts().await;
    assert_eq!((indexed, unindexed), (1, 2));
    directory.behind_our_back("DELETE FROM contacts WHERE id = 'odd'").await.unwrap();
    directory.catch_up().await;
    for typed in ["long", "y", "ada"] {
        assert_eq!(directory.hits(typed, 25).await, ["ada"], "{typed}");
    }
    directory.behind_our_back("UPDATE contacts SET name = 'Short' WHERE id = 'ada'").await.unwrap();
    directory.catch_up().await;
    assert_eq!(directory.counts().await, (2, 0, 2));
    assert_eq!(directory.hits("sho", 25).await, ["ada"]);
}

#[tokio::test]
async fn an_e_mail_that_is_no_text_keeps_nobody_else_from_the_index() {
    let directory = TestDirectory::new(&[contact("ada")]).await;
    let odd = "INSERT INTO contacts (id, name, email) VALUES ('odd', 'Odd', CAST(x'ff' AS TEXT)), ('bob', 'Bob', 'b@example.org')";
    directory.behind_our_back(odd).await.unwrap();
    directory.catch_up().await;
    let (indexed, unindexed, _) = directory.counts().await;
    assert_eq!((indexed, unindexed), (2, 1));
}

/// What the releases before the index left behind.
#[tokio::test]
async fn a_file_without_an_index_or_with_a_part_of_one_gets_a_whole_one_when_it_is_opened() {
    let everybody: Vec<_> =
        (0..5_000).map(|n| contact(&format!("c{n}")).with_email(format!("e{n}@x"))).collect();
    let mut directory = TestDirectory::new(&everybody).await;
    for (lost, how_many) in [
        ("DROP TABLE contacts_search", 1),
        ("DROP TRIGGER contacts_search_updated", 1),
        ("UPDATE contacts_search_rules SET rules = 'of old'", 1),
        (
            "DROP TRIGGER contacts_search_inserted; DROP TRIGGER contacts_search_updated; DROP TRIGGER contacts_search_deleted;
             DROP TABLE contacts_search; DROP TABLE contacts_words; DROP TABLE contacts_unindexed; DROP TABLE contacts_search_rules",
            1,
        ),
    ] {
        directory.close().await;
        directory.behind_our_back(lost).await.unwrap();
        let operations = SqliteOperations::open(directory.path()).await.unwrap();
        // Everybody waits to be indexed, and is found meanwhile.
        let (waiting,): (i64,) = sqlx::query_as("SELECT count(*) FROM contacts_unindexed")
            .fetch_one(&operations.file.pool)
            .await
            .unwrap();
        assert_eq!(waiting, 5_000, "{lost}");
        directory = TestDirectory::of(directory.folder, operations).await;
        assert_eq!(directory.hits("c4999", 25).await.len(), how_many, "{lost}");
        directory.catch_up().await;
        assert_eq!(directory.counts().await, (5_000, 0, 15_000), "{lost}");
        directory.behind_our_back("UPDATE contacts SET name = 'Zoe' WHERE id = 'c1'").await.unwrap();
        assert_eq!(directory.hits("zo", 25).await, ["c1"], "{lost}");
        directory.behind_our_back("UPDATE contacts SET name = 'Name of c1' WHERE id = 'c1'").await.unwrap();
        directory.catch_up().await;
    }
}

#[tokio::test]
async fn an_import_leaves_everybody_indexed() {
    let directory = TestDirectory::new(&[contact("ada")]).await;
    let rows: String = (0..4_500).map(|n| format!("c{n},Contact {n},,\n")).collect();
    let file = format!("id,name,email,language\n{rows}ada,Ada King,,\n");
    crate::import_csv(file.as_bytes(), &directory.operations, crate::ImportOptions::default(), |_| {})
        .await
        .unwrap();
    assert_eq!(directory.counts().await, (4_501, 0, 4_501));
    assert_eq!(directory.hits("king", 25).await, ["ada"]);
}

/// An index that another process brings up to date is not there twice.
#[tokio::test(flavor = "multi_thread")]
async fn several_processes_may_index_at_once() {
    let directory = TestDirectory::new(&[]).await;
    directory
        .behind_our_back(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6000)
             INSERT INTO contacts (id, name, email) SELECT 'C' || i, 'Name ' || i, 'e' || i || '@x' FROM n",
        )
        .await
        .unwrap();
    let others: Vec<_> = (0..3)
        .map(|_| {
            let path = directory.path().to_owned();
            tokio::spawn(async move {
                let lookup = SqliteContactLookup::open(path).await.unwrap();
                lookup.index.as_ref().unwrap().catch_up().await;
                lookup.close().await;
            })
        })
        .collect();
    for other in others {
        other.await.unwrap();
    }
    directory.catch_up().await;
    assert_eq!(directory.counts().await, (6_000, 0, 12_000));
}
