//! Columns and sessions that a database treats in a way of its own: padding, character sets, lengths, modes, no password.

use config::{HashScheme, Secret};
use contacts::{
    ContactLookup as _, PasswordWriter as _, PreparedPassword, SetPassword, SqlContactLookup,
    SqlPasswordWriter,
};
use reset_link::machine;
use reset_link_tests::harness::databases::DatabaseKind::{self, MariaDb, Postgres, Sqlite};
use reset_link_tests::harness::databases::{DatabaseRole, TestConnection};

use super::super::contract::id;
use super::people::{Columns, PLAIN, People, found, is_nobodys, others, said, set, set_on, version};

const ADA: &str = "('ada', 'Ada', 'ada@example.org', NULL)";

/// What `CHAR(n)` pads is not part of a value.
async fn padding_changes_neither_id_nor_version(kind: DatabaseKind) {
    let columns = Columns { id: "CHAR(20) PRIMARY KEY", password: "CHAR(200)", email: "CHAR(60)", ..PLAIN };
    let people = People::of(kind, columns, ADA).await;
    let (lookup, writer) = (people.lookup().await, people.writer().await);
    let prepared = writer.prepare("first correct horse".to_owned().into()).await.unwrap();
    let intended = prepared.intended_version.clone().unwrap();
    let expected = version(&writer, "ada").await;
    assert_eq!(writer.set(&id("ada"), &expected, prepared).await.unwrap(), SetPassword::Set);
    assert_eq!(version(&writer, "ada").await, intended);
    assert_eq!(found(&lookup, "ada").await.as_deref(), Some("ada"));
    assert!(others(&lookup, "ada@example.org", "ada").await.is_empty());
    assert_eq!(set_on(&writer, "ada", &intended, "second battery staple").await.unwrap(), SetPassword::Set);
}

/// MySQL counts rows that were changed, unless the connection asks for those that were found.
async fn writing_the_same_value_again_is_a_write(kind: DatabaseKind) {
    let people = People::of(kind, PLAIN, ADA).await;
    let writer = people.writer().await;
    let prepared = writer.prepare("first correct horse".to_owned().into()).await.unwrap();
    let intended = prepared.intended_version.clone().unwrap();
    let again = PreparedPassword::new(prepared.value.clone(), Some(intended.clone()));
    let expected = version(&writer, "ada").await;
    assert_eq!(writer.set(&id("ada"), &expected, prepared).await.unwrap(), SetPassword::Set);
    assert_eq!(writer.set(&id("ada"), &intended, again).await.unwrap(), SetPassword::Set);
}

/// Each is a state of its own, and ends with the first password.
async fn no_password_is_a_state_that_ends_once(kind: DatabaseKind) {
    let rows =
        "('a', 'A', NULL, NULL), ('b', 'B', NULL, ''), ('c', 'C', NULL, '!unusable'), ('d', 'D', NULL, '*')";
    let people = People::of(kind, PLAIN, rows).await;
    let writer = people.writer().await;
    let mut versions = Vec::new();
    for who in ["a", "b", "c", "d"] {
        let expected = version(&writer, who).await;
        assert_eq!(
            set_on(&writer, who, &expected, "first correct horse").await.unwrap(),
            SetPassword::Set,
            "{who}"
        );
        assert_eq!(
            set_on(&writer, who, &expected, "second battery staple").await.unwrap(),
            SetPassword::VersionChanged,
            "{who}"
        );
        assert!(!versions.contains(&expected), "{who}");
        versions.push(expected);
    }
    assert!(people.passwords().await.iter().all(|stored| stored.as_ref().unwrap().starts_with("$argon2id$")));
}

/// What cannot be verified is left alone, until the operator has named the scheme.
async fn an_unknown_hash_is_left_alone(kind: DatabaseKind) {
    let mut people = People::of(kind, PLAIN, "('ada', 'Ada', NULL, 'rot13:frperg')").await;
    let writer = people.writer().await;
    let refused = super::people::unreachable(set(&writer, "ada", "first correct horse").await);
    assert!(refused.contains("is left alone") && !refused.contains("rot13"), "{refused}");
    assert_eq!(people.passwords().await, [Some("rot13:frperg".to_owned())]);
    people.settings.mapping.hash.is_said_out_loud = true;
    let writer = people.writer().await;
    assert_eq!(set(&writer, "ada", "first correct horse").await.unwrap(), SetPassword::Set);
}

async fn a_column_too_short_for_a_hash_is_refused_at_start(kind: DatabaseKind) {
    for (type_name, scheme, fits) in [
        ("VARCHAR(60)", HashScheme::Bcrypt2b, true),
        ("VARCHAR(59)", HashScheme::Bcrypt2b, false),
        ("CHAR(60)", HashScheme::Argon2id, false),
        ("VARCHAR(128)", HashScheme::DjangoScrypt, true),
        ("VARCHAR(127)", HashScheme::DjangoScrypt, false),
    ] {
        let columns = Columns { password: type_name, ..PLAIN };
        let people = People::of(kind, columns, ADA).await.with_scheme(scheme);
        if fits {
            let writer = people.writer().await;
            assert_eq!(
                set(&writer, "ada", "first correct horse").await.unwrap(),
                SetPassword::Set,
                "{type_name}"
            );
        } else {
            let text = people.refused().await;
            assert!(text.contains("characters, and a hash of scheme"), "{text}");
        }
    }
}

/// Whatever the server's own settings are.
async fn mariadb_sessions_are_strict_and_take_no_mode_from_the_server() {
    let people = People::of(MariaDb, PLAIN, ADA).await.also_set(
        "name",
        "concat(@@sql_mode, '|', if(@@autocommit, 'ON', 'OFF'), '|', @@character_set_client)",
    );
    let writer_account = people.database.account(DatabaseRole::Writer);
    people.database.run(&format!("GRANT UPDATE (name) ON people TO {writer_account};")).await;
    let writer = people.writer().await;
    assert_eq!(set(&writer, "ada", "first correct horse").await.unwrap(), SetPassword::Set);
    let session = people.database.value("SELECT name FROM people").await.unwrap();
    assert!(session.contains("STRICT_ALL_TABLES") && session.ends_with("|ON|utf8mb4"), "{session}");
    assert!(!session.contains("ANSI_QUOTES") && !session.contains("BACKSLASH"), "{session}");
    // What does not fit is an error, and never cut off.
    let people = People::of(MariaDb, PLAIN, ADA).await.also_set("email", ":random");
    people
        .database
        .run(&format!(
            "ALTER TABLE people MODIFY email VARCHAR(50); GRANT UPDATE (email) ON people TO {};",
            people.database.account(DatabaseRole::Writer)
        ))
        .await;
    let writer = people.writer().await;
    super::people::unreachable(set(&writer, "ada", "first correct horse").await);
    assert_eq!(people.passwords().await, [None]);
}

/// Rows that are hidden would be people who share an e-mail; what triggers say may hold one.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL (tests/with-services)"]
async fn postgres_hides_no_rows_and_its_triggers_are_not_heard() {
    let session = "current_setting('client_min_messages') || '|' || current_setting('row_security')";
    let people = People::of(Postgres, PLAIN, ADA).await.also_set("name", session);
    let (reader, writer) =
        (people.database.account(DatabaseRole::Reader), people.database.account(DatabaseRole::Writer));
    people.database.run(&format!("GRANT UPDATE (name) ON people TO {writer};")).await;
    let before = people.lookup().await;
    let redeemer = people.writer().await;
    assert_eq!(set(&redeemer, "ada", "first correct horse").await.unwrap(), SetPassword::Set);
    assert_eq!(people.database.value("SELECT name FROM people").await.as_deref(), Some("error|on"));

    // Whatever the policy says, and from one moment to the next.
    people.database.run("ALTER TABLE people ENABLE ROW LEVEL SECURITY; CREATE POLICY all_of_them ON people USING (id <> 'bob');").await;
    let email = keys::NormalisedEmail::new("ada@example.org").unwrap();
    super::people::unreachable(before.others_with_email(&email, &id("ada")).await);
    for text in
        [said(SqlContactLookup::open(&people.of_role(DatabaseRole::Reader)).await), people.refused().await]
    {
        assert!(text.contains("row-level security") && text.contains("BYPASSRLS"), "{text}");
    }
    let mut admin = people.database.connect_as_admin().await;
    admin.execute(&format!("ALTER ROLE {reader} BYPASSRLS; ALTER ROLE {writer} BYPASSRLS;")).await.unwrap();
    assert_eq!(found(&people.lookup().await, "ada").await.as_deref(), Some("ada"));
    assert_eq!(set(&people.writer().await, "ada", "first correct horse").await.unwrap(), SetPassword::Set);
}

/// Tables from before there was emoji.
async fn mariadb_columns_of_old_character_sets_find_nobody_where_they_cannot_hold_it() {
    for table in ["CHARACTER SET latin1", "CHARACTER SET utf8mb3", "CHARACTER SET latin1 COLLATE latin1_bin"]
    {
        let columns = Columns { table, ..PLAIN };
        let rows = "('jos\u{e9}', 'Jos\u{e9}', 'jos\u{e9}@example.org', NULL), ('ada', 'Ada', 'ada@b\u{fc}cher.example', NULL)";
        let people = People::of(MariaDb, columns, rows).await;
        let (lookup, writer) = (people.lookup().await, people.writer().await);
        assert_eq!(found(&lookup, "jos\u{e9}").await.as_deref(), Some("jos\u{e9}"), "{table}");
        assert_eq!(found(&lookup, "ada\u{200b}").await.as_deref(), Some("ada"), "{table}");
        for typed in ["🔑", "ada🔑", "さくら"] {
            assert_eq!(found(&lookup, typed).await, None, "{table}: {typed}");
            assert!(lookup.search(typed, 5).await.unwrap().is_empty(), "{table}: {typed}");
            assert!(writer.read(&id(typed)).await.unwrap().is_none(), "{table}: {typed}");
            assert!(is_nobodys(&lookup, &format!("{typed}@example.org")).await, "{table}: {typed}");
        }
        assert!(others(&lookup, "JOSE\u{301}@example.org", "jos\u{e9}").await.is_empty(), "{table}");
        assert!(others(&lookup, "ada@xn--bcher-kva.example", "ada").await.is_empty(), "{table}");
        let hits = lookup.search("jos\u{e9}", 5).await.unwrap();
        assert_eq!(hits.first().map(|hit| hit.name.as_str()), Some("Jos\u{e9}"), "{table}");
        assert_eq!(
            set(&writer, "jos\u{e9}", "first correct horse").await.unwrap(),
            SetPassword::Set,
            "{table}"
        );
    }
}

/// In such a database two e-mails may be the same that are not.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL (tests/with-services)"]
async fn a_postgres_database_that_is_not_in_utf8_is_refused() {
    let people = People::of(Postgres, PLAIN, ADA).await;
    let mut admin = people.database.connect_as_admin().await;
    let (name, owner) = (people.database.name(), people.database.account(DatabaseRole::Owner));
    admin
        .execute(&format!(
            "CREATE DATABASE {name}_latin OWNER {owner} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0"
        ))
        .await
        .unwrap();
    let url = people.database.url(DatabaseRole::Reader) + "_latin";
    let text = said(SqlContactLookup::open(&people.at(url)).await);
    assert!(text.contains("encoding is LATIN1"), "{text}");
    admin.execute(&format!("DROP DATABASE {name}_latin")).await.unwrap();
}

/// Each is found out at start, and takes no connection with it.
async fn statements_of_an_operator_are_tried_at_start(kind: DatabaseKind) {
    let people = || async {
        let people = People::of(kind, PLAIN, ADA).await;
        people.database.run("CREATE TABLE sessions (user_id VARCHAR(64), token VARCHAR(64));").await;
        people
    };
    for statement in [
        "DELETE FROM sesions WHERE user_id = :id",
        "DELETE FROM sessions WHERE user = :id AND no_such_column = 1",
        "DELETE FROM sessions WERE user_id = :id",
    ] {
        let people = people().await.also_run(statement);
        let text = people.refused().await;
        assert!(text.starts_with("contacts.url: "), "{text}");
    }
    assert!(people().await.also_set("nick", ":random").try_writer().await.is_err());
    if kind != DatabaseKind::Sqlite {
        // The right to end sessions is missing.
        let people = people().await.also_run("DELETE FROM sessions WHERE user_id = :id");
        let text = people.refused().await;
        assert!(text.contains("denied"), "{text}");
        let writer = people.database.account(DatabaseRole::Writer);
        people.database.run(&format!("GRANT SELECT, DELETE ON sessions TO {writer};")).await;
        people.database.run("INSERT INTO sessions VALUES ('ada', 'x'), ('bob', 'y');").await;
        let writer = people.writer().await;
        assert_eq!(set(&writer, "ada", "first correct horse").await.unwrap(), SetPassword::Set);
        assert_eq!(people.database.rows("SELECT user_id FROM sessions").await, [[Some("bob".to_owned())]]);
    }
}

/// What a session has set, and what it has prepared, would be another session's.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PgBouncer (tests/with-services)"]
async fn pgbouncer_is_refused_in_transaction_mode_and_serves_in_session_mode() {
    let people = People::of(Postgres, PLAIN, ADA).await;
    let by = |role, pooling| people.at(people.database.url_at_pgbouncer(role, pooling));
    for _ in 0..3 {
        let text = said(SqlContactLookup::open(&by(DatabaseRole::Reader, "TRANSACTION")).await);
        assert!(
            text.contains("a pooler in transaction mode lies between") && text.contains("To mend"),
            "{text}"
        );
        let writer = by(DatabaseRole::Writer, "TRANSACTION");
        let opened = SqlPasswordWriter::open(&writer, machine::entropy()).await;
        assert!(said(opened).contains("transaction mode"));
    }
    // While others use it as well.
    let mut busy =
        TestConnection::open(Postgres, &people.database.url_at_pgbouncer(DatabaseRole::Owner, "TRANSACTION"))
            .await
            .unwrap();
    busy.execute("BEGIN; SELECT 1;").await.unwrap();
    let text = said(SqlContactLookup::open(&by(DatabaseRole::Reader, "TRANSACTION")).await);
    assert!(text.contains("transaction mode"), "{text}");
    busy.close().await;

    let lookup = SqlContactLookup::open(&by(DatabaseRole::Reader, "SESSION")).await.unwrap();
    let writer = by(DatabaseRole::Writer, "SESSION");
    let writer = SqlPasswordWriter::open(&writer, machine::entropy()).await.unwrap();
    for _ in 0..20 {
        assert_eq!(found(&lookup, "ADA").await.as_deref(), Some("ada"));
        assert_eq!(set(&writer, "ada", "first correct horse").await.unwrap(), SetPassword::Set);
    }
    // The pools of PgBouncer let go of the database.
    lookup.close().await;
    writer.close().await;
}

async fn a_wrong_url_is_told_with_its_cure(kind: DatabaseKind) {
    let people = People::of(kind, PLAIN, ADA).await;
    let url = people.database.url(DatabaseRole::Reader);
    let (name, password) = (people.database.name(), people.database.password());
    for (wrong, cause) in [
        (url.replace(password, "wrong-secret"), "check user name and password"),
        (url.replace(&format!("/{name}"), "/no_such_database"), "To mend"),
    ] {
        let text = said(SqlContactLookup::open(&people.at(wrong)).await);
        assert!(text.contains(cause) && text.starts_with("contacts.url: "), "{text}");
        assert!(!text.contains("wrong-secret") && !text.contains(password), "{text}");
    }
    let mut settings = people.of_role(DatabaseRole::Reader);
    settings.mapping.table = "peeple".to_owned();
    assert!(said(SqlContactLookup::open(&settings).await).contains("there is no table peeple"));
    let mut settings = people.of_role(DatabaseRole::Reader);
    settings.mapping.email = Some("mail".to_owned());
    let text = said(SqlContactLookup::open(&settings).await);
    assert!(text.contains("no column \"mail\"") && text.contains("(id, name, email, password)"), "{text}");
    settings.url = Secret::new(people.database.url(DatabaseRole::Reader));
}

async fn every_database(kind: DatabaseKind) {
    padding_changes_neither_id_nor_version(kind).await;
    writing_the_same_value_again_is_a_write(kind).await;
    no_password_is_a_state_that_ends_once(kind).await;
    an_unknown_hash_is_left_alone(kind).await;
    statements_of_an_operator_are_tried_at_start(kind).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_columns_hold_no_surprises() {
    every_database(Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL (tests/with-services)"]
async fn postgres_columns_hold_no_surprises() {
    every_database(Postgres).await;
    a_column_too_short_for_a_hash_is_refused_at_start(Postgres).await;
    a_wrong_url_is_told_with_its_cure(Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs MariaDB (tests/with-services)"]
async fn mariadb_columns_hold_no_surprises() {
    every_database(MariaDb).await;
    a_column_too_short_for_a_hash_is_refused_at_start(MariaDb).await;
    a_wrong_url_is_told_with_its_cure(MariaDb).await;
    mariadb_sessions_are_strict_and_take_no_mode_from_the_server().await;
    mariadb_columns_of_old_character_sets_find_nobody_where_they_cannot_hold_it().await;
}
