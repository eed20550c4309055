//! What is typed, or stands in a table, is never more than a text.

use contacts::{ContactLookup as _, Found, PasswordWriter as _, SetPassword};
use keys::{ContactId, NormalisedEmail, PasswordVersion};
use reset_link_tests::harness::databases::DatabaseKind::{self, MariaDb, Postgres, Sqlite};
use reset_link_tests::harness::databases::DatabaseRole;

use super::super::contract::id;
use super::literal;
use super::people::{PLAIN, People, found, is_nobodys, others, set, set_on};

/// Each may begin or end something in one of the three languages.
const FRAGMENTS: [&str; 28] = [
    "'",
    "''",
    "\"",
    "`",
    "\\",
    "\\'",
    "--",
    "-- ",
    "#",
    "/*",
    "*/",
    ";",
    "%",
    "_",
    "!",
    "?",
    "$1",
    ":id",
    "{=id}",
    "$$",
    "' OR '1'='1",
    "ada' OR 1=1 -- ",
    "'; DROP TABLE people; --",
    "') OR sleep(10) OR ('",
    "\u{2019}",
    "\u{ff07} OR 1=1",
    "E'\\x27'",
    "\u{0}",
];

/// Texts of these fragments, always the same ones.
fn texts(count: usize) -> impl Iterator<Item = String> {
    let mut state: u32 = 1;
    let mut next = move |below: usize| {
        // Numerical Recipes' generator: any will do.
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as usize % below
    };
    (0..count).map(move |n| match FRAGMENTS.get(n) {
        Some(fragment) => (*fragment).to_owned(),
        None => (0..=next(4)).map(|_| FRAGMENTS[next(FRAGMENTS.len())]).collect(),
    })
}

async fn what_is_typed_finds_nobody_and_changes_nothing(kind: DatabaseKind, count: usize) {
    let people = People::of(kind, PLAIN, "('ada', 'Ada', 'ada@example.org', NULL)").await;
    let people = people.also_run("DELETE FROM sessions WHERE user_id = :id");
    people
        .database
        .run("CREATE TABLE sessions (user_id VARCHAR(64)); INSERT INTO sessions VALUES ('ada');")
        .await;
    if kind != Sqlite {
        let account = people.database.account(DatabaseRole::Writer);
        people.database.run(&format!("GRANT SELECT, DELETE ON sessions TO {account};")).await;
    }
    let (lookup, writer) = (people.lookup().await, people.writer().await);
    let expected = PasswordVersion::new("no-password");
    for text in texts(count) {
        assert!(matches!(lookup.find(&text).await.unwrap(), Found::Nobody), "{text:?}");
        assert!(lookup.called(&text).await.unwrap().is_empty(), "{text:?}");
        assert!(lookup.search(&text, 5).await.unwrap().is_empty(), "{text:?}");
        let email = format!("{text}@example.org");
        if NormalisedEmail::new(&email).is_some() {
            assert!(is_nobodys(&lookup, &email).await, "{text:?}");
        }
        let Ok(exact) = ContactId::new(&*text) else { continue };
        assert!(lookup.find_exact(&exact).await.unwrap().is_none(), "{text:?}");
        assert!(writer.read(&exact).await.unwrap().is_none(), "{text:?}");
        // The hash is always the same: it is not what is tried here.
        let prepared = contacts::PreparedPassword::new(
            "x".to_owned().into(),
            Some(PasswordVersion::new("2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881")),
        );
        let outcome = writer.set(&exact, &expected, prepared).await.unwrap();
        assert_eq!(outcome, SetPassword::VersionChanged, "{text:?}");
        // Nor does a version say more than it is.
        if let Ok(outcome) = set_on_text(&writer, &text).await {
            assert_eq!(outcome, SetPassword::VersionChanged, "{text:?}");
        }
    }
    let rows = people.database.rows("SELECT id, name, email, password FROM people").await;
    let ada = ["ada", "Ada", "ada@example.org"].map(|text| Some(text.to_owned()));
    assert_eq!(rows, [[ada.as_slice(), &[None]].concat()]);
    assert_eq!(people.database.rows("SELECT user_id FROM sessions").await.len(), 1);
}

async fn set_on_text(
    writer: &contacts::SqlPasswordWriter,
    version: &str,
) -> Result<SetPassword, contacts::DirectoryError> {
    let prepared = contacts::PreparedPassword::new(
        "x".to_owned().into(),
        Some(PasswordVersion::new("2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881")),
    );
    writer.set(&id("ada"), &PasswordVersion::new(version), prepared).await
}

/// Whoever has such an id is one contact like any other.
async fn what_stands_in_the_table_is_a_text_as_well(kind: DatabaseKind) {
    let strange = ["'; DROP TABLE people; --", "ada\\", "100%_!", "\"ada\"", "$1 ? :id", "`ada`"];
    let rows: Vec<String> = strange
        .iter()
        .enumerate()
        .map(|(n, text)| {
            let text = literal(kind, Some(text));
            format!("({text}, {text}, 'o''neil{n}@example.org', NULL)")
        })
        .chain(["('ada', 'Ada', 'ada@example.org', NULL)".to_owned()])
        .collect();
    let people = People::of(kind, PLAIN, &rows.join(", ")).await;
    let (lookup, writer) = (people.lookup().await, people.writer().await);
    for (n, text) in strange.iter().enumerate() {
        assert_eq!(found(&lookup, text).await.as_deref(), Some(*text), "{text}");
        assert!(others(&lookup, &format!("O'Neil{n}@example.org"), text).await.is_empty(), "{text}");
        let hits = lookup.search(text, 9).await.unwrap();
        assert!(hits.iter().any(|hit| hit.id.as_str() == *text), "{text}: {hits:?}");
        assert_eq!(set(&writer, text, "first correct horse").await.unwrap(), SetPassword::Set, "{text}");
        let stored = people.passwords().await.into_iter().flatten().count();
        assert_eq!(stored, n + 1, "{text}");
    }
    let expected = PasswordVersion::new("no-password");
    assert_eq!(set_on(&writer, "ada", &expected, "first correct horse").await.unwrap(), SetPassword::Set);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_is_typed_reaches_sqlite_as_sql() {
    what_is_typed_finds_nobody_and_changes_nothing(Sqlite, 500).await;
    what_stands_in_the_table_is_a_text_as_well(Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL (tests/with-services)"]
async fn nothing_that_is_typed_reaches_postgres_as_sql() {
    what_is_typed_finds_nobody_and_changes_nothing(Postgres, 100).await;
    what_stands_in_the_table_is_a_text_as_well(Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs MariaDB (tests/with-services)"]
async fn nothing_that_is_typed_reaches_mariadb_as_sql() {
    what_is_typed_finds_nobody_and_changes_nothing(MariaDb, 100).await;
    what_stands_in_the_table_is_a_text_as_well(MariaDb).await;
}
