//! Ids in columns that compare more loosely than we may, or hold no text at all.

use contacts::{ContactLookup as _, Found, PasswordWriter as _, SetPassword};
use reset_link_tests::harness::databases::DatabaseKind::{self, MariaDb, Postgres, Sqlite};
use reset_link_tests::harness::databases::DatabaseRole;

use super::super::contract::id;
use super::people::{Columns, PLAIN, People, found, set, set_on, unreachable, version};

const EXTENSION: &str = "CREATE EXTENSION citext;";
const LOOSE: &str =
    "CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level1', deterministic = false);";

/// A kind, SQL before the table, and the type of its id: each takes `ceo` and `CEO` for the same.
const LOOSE_TYPES: [(DatabaseKind, &str, &str); 5] = [
    (Postgres, EXTENSION, "citext"),
    (Postgres, LOOSE, "VARCHAR(64) COLLATE loose"),
    (MariaDb, "", "VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci"),
    (MariaDb, "", "VARCHAR(64) CHARACTER SET latin1 COLLATE latin1_swedish_ci"),
    (Sqlite, "", "TEXT COLLATE NOCASE"),
];

/// The id as the row has it counts.
async fn a_loose_column_finds_the_id_as_the_row_has_it(kind: DatabaseKind) {
    for (_, before, type_name) in LOOSE_TYPES.into_iter().filter(|(of, ..)| *of == kind) {
        let columns = Columns { id: type_name, ..PLAIN };
        let people =
            People::after(kind, before, columns, "('ceo', 'Grace', 'grace@example.org', NULL)").await;
        let (lookup, writer) = (people.lookup().await, people.writer().await);
        for typed in ["ceo", "CEO", " Ceo ", "ceo  ", "ceo\u{200b}"] {
            assert_eq!(found(&lookup, typed).await.as_deref(), Some("ceo"), "{type_name}: {typed:?}");
        }
        // An accent makes another id, whatever the collation says.
        for typed in ["c\u{eb}o", "ceo🔑", "ce", "ceo'"] {
            assert_eq!(found(&lookup, typed).await, None, "{type_name}: {typed:?}");
        }
        let expected = version(&writer, "ceo").await;
        for wrong in ["CEO", "ceo ", "c\u{eb}o", "ceo🔑"] {
            assert!(lookup.find_exact(&id(wrong)).await.unwrap().is_none(), "{type_name}: {wrong:?}");
            assert!(writer.read(&id(wrong)).await.unwrap().is_none(), "{type_name}: {wrong:?}");
            let outcome = set_on(&writer, wrong, &expected, "first correct horse").await.unwrap();
            assert_eq!(outcome, SetPassword::VersionChanged, "{type_name}: {wrong:?}");
        }
        assert_eq!(people.passwords().await, [None], "{type_name}");
        assert_eq!(
            set(&writer, "ceo", "first correct horse").await.unwrap(),
            SetPassword::Set,
            "{type_name}"
        );
        let offered = lookup.search("CE", 5).await.unwrap();
        assert_eq!(offered.len(), 1, "{type_name}");
    }
}

/// Where the column lets them stand beside each other.
async fn look_alikes_are_several_and_each_is_set_alone(kind: DatabaseKind) {
    for (_, before, type_name) in LOOSE_TYPES.into_iter().filter(|(of, ..)| *of == kind) {
        let columns = Columns { id: type_name, ..PLAIN };
        let rows = "('CEO', 'Ada', NULL, NULL), ('ceo', 'Bob', NULL, NULL), ('Ceo', 'Cy', NULL, NULL)";
        let people = People::after(kind, before, columns, rows).await;
        let (lookup, writer) = (people.lookup().await, people.writer().await);
        let several = lookup.find("cEO").await.unwrap();
        assert!(matches!(&several, Found::Several(ids) if ids.len() == 3), "{type_name}: {several:?}");
        assert_eq!(lookup.called("cEO").await.unwrap().len(), 3, "{type_name}");
        assert_eq!(found(&lookup, "CEO").await.as_deref(), Some("CEO"), "{type_name}");
        assert_eq!(
            set(&writer, "CEO", "first correct horse").await.unwrap(),
            SetPassword::Set,
            "{type_name}"
        );
        let changed = people.database.rows("SELECT name FROM people WHERE password IS NOT NULL").await;
        assert_eq!(changed, [[Some("Ada".to_owned())]], "{type_name}");
    }
}

/// Nobody knows whose e-mail counts, and whose password.
async fn two_rows_with_one_id_are_refused(kind: DatabaseKind) {
    for second in ["NULL", "'$argon2id$v=19$other'"] {
        let columns = Columns { id: "VARCHAR(64)", ..PLAIN };
        let rows =
            format!("('ada', 'Ada', 'a@example.org', NULL), ('ada', 'Eve', 'e@example.org', {second})");
        let people = People::of(kind, columns, &rows).await;
        let before = people.passwords().await;
        let (lookup, writer) = (people.lookup().await, people.writer().await);
        let expected = keys::PasswordVersion::new("no-password");
        for text in [
            unreachable(lookup.find("ada").await),
            unreachable(lookup.find_exact(&id("ada")).await),
            unreachable(writer.read(&id("ada")).await),
            unreachable(set_on(&writer, "ada", &expected, "first correct horse").await),
        ] {
            assert!(text.contains("several contacts have the id ada"), "{text}");
        }
        assert_eq!(people.passwords().await, before);
    }
}

/// A type, an id that the one row has, and what is nobody's: found by a looser comparison, or no value of the type.
const TYPES: [(DatabaseKind, &str, &str, &str, &[&str]); 16] = [
    (Postgres, "", "integer", "7", &["007", "7abc", "+7", "7.0", "0x7", "9223372036854775808", "\u{a0}"]),
    (Postgres, "", "bigint", "9007199254740993", &["9007199254740992", "9007199254740994", "1e3"]),
    (Postgres, "", "numeric", "7", &["007", "7.0", "NaN", "1e400000"]),
    (
        Postgres,
        "",
        "uuid",
        "b5d9ff0e-6b5e-4a3f-9d5c-2f0e3a1c9b11",
        &["not-a-uuid", "b5d9ff0e6b5e4a3f9d5c2f0e3a1c9b11", "{b5d9ff0e-6b5e-4a3f-9d5c-2f0e3a1c9b11}"],
    ),
    (Postgres, "", "char(20)", "ada", &["adam", "a"]),
    (Postgres, "CREATE TYPE who AS ENUM ('ada', 'bob');", "who", "ada", &["carol", "ad"]),
    (Postgres, "CREATE DOMAIN short AS text CHECK (length(VALUE) < 5);", "short", "ada", &["carol", "adal"]),
    (Postgres, EXTENSION, "citext", "ada", &["adam", "\u{e1}da"]),
    (MariaDb, "", "INT", "7", &["007", "7abc", "+7", "7.0", "0x7", "9223372036854775808", "7 x"]),
    (MariaDb, "", "BIGINT", "9007199254740993", &["9007199254740992", "9007199254740994", "1e3"]),
    (MariaDb, "", "DECIMAL(20,0)", "7", &["007", "7.0", "7abc"]),
    (
        MariaDb,
        "",
        "UUID",
        "b5d9ff0e-6b5e-4a3f-9d5c-2f0e3a1c9b11",
        &["not-a-uuid", "b5d9ff0e6b5e4a3f9d5c2f0e3a1c9b11"],
    ),
    (MariaDb, "", "CHAR(20)", "ada", &["adam", "a"]),
    (MariaDb, "", "ENUM('ada', 'bob')", "ada", &["carol", "1", "0"]),
    (Sqlite, "", "INTEGER", "7", &["007", "7abc", "+7", "7.0", "9223372036854775808"]),
    (Sqlite, "", "CHAR(20)", "ada", &["adam", "a"]),
];

async fn an_id_is_compared_as_its_column_holds_it(kind: DatabaseKind) {
    for (_, before, type_name, held, nobodies) in TYPES.into_iter().filter(|(of, ..)| *of == kind) {
        let columns = Columns { id: type_name, ..PLAIN };
        let people = People::after(kind, before, columns, &format!("('{held}', 'Ada', NULL, NULL)")).await;
        let (lookup, writer) = (people.lookup().await, people.writer().await);
        for typed in [held.to_owned(), format!(" {held}\t"), held.to_uppercase()] {
            assert_eq!(found(&lookup, &typed).await.as_deref(), Some(held), "{type_name}: {typed:?}");
        }
        for typed in nobodies.iter().copied().chain(["🔑", "-1", "%", "NULL", "0"]) {
            assert_eq!(found(&lookup, typed).await, None, "{type_name}: {typed:?}");
            lookup.search(typed, 5).await.unwrap();
            let Ok(exact) = keys::ContactId::new(typed) else { continue };
            assert!(lookup.find_exact(&exact).await.unwrap().is_none(), "{type_name}: {typed:?}");
            assert!(writer.read(&exact).await.unwrap().is_none(), "{type_name}: {typed:?}");
            let expected = keys::PasswordVersion::new("no-password");
            let outcome = set_on(&writer, typed, &expected, "first correct horse").await.unwrap();
            assert_eq!(outcome, SetPassword::VersionChanged, "{type_name}: {typed:?}");
        }
        let upper = held.to_uppercase();
        assert_eq!(lookup.find_exact(&id(&upper)).await.unwrap().is_some(), upper == held, "{type_name}");
        assert_eq!(set(&writer, held, "first correct horse").await.unwrap(), SetPassword::Set, "{type_name}");
        assert_eq!(lookup.search(held, 5).await.unwrap().len(), 1, "{type_name}");
    }
}

/// One form in which an id is looked for cannot be one; another can.
async fn a_form_that_cannot_be_an_id_hides_no_other(kind: DatabaseKind) {
    let columns = Columns { id: "INTEGER PRIMARY KEY", ..PLAIN };
    let people = People::of(kind, columns, "(7, 'Ada', NULL, NULL)").await;
    assert_eq!(found(&people.lookup().await, "7\u{200b}").await.as_deref(), Some("7"));
}

/// Somebody's name may be the number of somebody else.
async fn an_id_that_is_text_is_compared_with_no_number(kind: DatabaseKind) {
    let rows = "('5', 'Ada', 'ada@example.org', NULL), ('bob', 'Bob', 'bob@example.org', NULL)";
    for (statement, is_refused) in [
        ("DELETE FROM {sessions} WHERE {who} = :id", true),
        ("DELETE FROM {sessions} WHERE {who} IN (SELECT {number} FROM {numbers} WHERE {name} = :id)", false),
    ] {
        let people = People::of(kind, PLAIN, rows).await.also_run(statement);
        people
            .database
            .run(
                "CREATE TABLE sessions (who INTEGER); INSERT INTO sessions VALUES (5), (6); \
                 CREATE TABLE numbers (name VARCHAR(64), number INTEGER); INSERT INTO numbers VALUES ('5', 6), ('bob', 5);",
            )
            .await;
        if kind != Sqlite {
            let account = people.database.account(DatabaseRole::Writer);
            let grants = format!(
                "GRANT SELECT, DELETE ON sessions TO {account}; GRANT SELECT ON numbers TO {account};"
            );
            people.database.run(&grants).await;
        }
        if is_refused {
            let text = people.refused().await;
            assert!(text.contains("compares who of sessions, a number (int"), "{text}");
            continue;
        }
        assert_eq!(set(&people.writer().await, "5", "first correct horse").await.unwrap(), SetPassword::Set);
        assert_eq!(people.database.value("SELECT who FROM sessions").await.as_deref(), Some("5"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_compares_ids_exactly() {
    a_loose_column_finds_the_id_as_the_row_has_it(Sqlite).await;
    look_alikes_are_several_and_each_is_set_alone(Sqlite).await;
    two_rows_with_one_id_are_refused(Sqlite).await;
    an_id_is_compared_as_its_column_holds_it(Sqlite).await;
    a_form_that_cannot_be_an_id_hides_no_other(Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL (tests/with-services)"]
async fn postgres_finds_the_id_as_a_loose_column_has_it() {
    a_loose_column_finds_the_id_as_the_row_has_it(Postgres).await;
    look_alikes_are_several_and_each_is_set_alone(Postgres).await;
    two_rows_with_one_id_are_refused(Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL (tests/with-services)"]
async fn postgres_compares_ids_of_every_type_as_they_are_held() {
    an_id_is_compared_as_its_column_holds_it(Postgres).await;
    a_form_that_cannot_be_an_id_hides_no_other(Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs MariaDB (tests/with-services)"]
async fn mariadb_finds_the_id_as_a_loose_column_has_it() {
    a_loose_column_finds_the_id_as_the_row_has_it(MariaDb).await;
    look_alikes_are_several_and_each_is_set_alone(MariaDb).await;
    two_rows_with_one_id_are_refused(MariaDb).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs MariaDB (tests/with-services)"]
async fn mariadb_compares_ids_of_every_type_as_they_are_held() {
    an_id_is_compared_as_its_column_holds_it(MariaDb).await;
    a_form_that_cannot_be_an_id_hides_no_other(MariaDb).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_of_sqlite_that_is_text_is_compared_with_no_number() {
    an_id_that_is_text_is_compared_with_no_number(Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs MariaDB (tests/with-services)"]
async fn an_id_of_mariadb_that_is_text_is_compared_with_no_number() {
    an_id_that_is_text_is_compared_with_no_number(MariaDb).await;
}
