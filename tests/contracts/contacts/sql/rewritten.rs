//! Tables in which something else than reset-link decides what is stored, or who is found: triggers, bytes, ids and keys that are none.

use contacts::{
    ContactLookup as _, EmailSharing, PasswordWriter as _, SetPassword, SqlCheck, SqlContactLookup,
    SqlPasswordWriter,
};
use keys::NormalisedEmail;
use reset_link::machine;
use reset_link_tests::harness::databases::DatabaseKind::{self, MariaDb, Postgres, Sqlite};
use reset_link_tests::harness::databases::DatabaseRole;

use super::super::contract::id;
use super::people::{Columns, PLAIN, People, said, set, set_on, unreachable, version};

const ADA: &str = "('ada', 'Ada', 'ada@example.org', NULL)";

/// SQL that has `new` stored instead of what an UPDATE sets; `None`: the UPDATE finds no row.
fn trigger(kind: DatabaseKind, new: Option<&str>) -> String {
    match (kind, new) {
        (Postgres, Some(new)) => format!(
            "CREATE FUNCTION changed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.password := {new}; RETURN NEW; END $$; \
             CREATE TRIGGER changed BEFORE UPDATE ON people FOR EACH ROW EXECUTE FUNCTION changed();"
        ),
        (Postgres, None) => {
            "CREATE FUNCTION kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$; \
             CREATE TRIGGER kept BEFORE UPDATE ON people FOR EACH ROW EXECUTE FUNCTION kept();"
                .to_owned()
        }
        (MariaDb, new) => format!(
            "CREATE TRIGGER changed BEFORE UPDATE ON people FOR EACH ROW SET NEW.password = {};",
            new.unwrap()
        ),
        (Sqlite, Some(new)) => format!(
            "CREATE TRIGGER changed AFTER UPDATE OF password ON people BEGIN UPDATE people SET password = {new} WHERE id = NEW.id; END;"
        ),
        (Sqlite, None) => {
            "CREATE TRIGGER kept BEFORE UPDATE ON people BEGIN SELECT RAISE(IGNORE); END;".to_owned()
        }
    }
}

/// One row was written each time, or none, and the person would hear that the password is set, or that somebody else was first.
async fn a_password_that_a_trigger_changes_is_not_set(kind: DatabaseKind) {
    let hashed = match kind {
        Sqlite => "'{hashed}' || hex(NEW.password)",
        _ => "concat('{hashed}', md5(NEW.password))",
    };
    let none = (kind != MariaDb).then_some(None);
    for new in [Some(hashed), Some("OLD.password")].into_iter().chain(none) {
        let people = People::of(kind, PLAIN, ADA).await.also_run("DELETE FROM sessions WHERE user_id = :id");
        let people = with_sessions(people).await;
        let writer = people.writer().await;
        people.database.run(&trigger(kind, new)).await;
        let text = unreachable(set(&writer, "ada", "first correct horse").await);
        assert!(
            text.contains("a trigger, a rule or a policy") && text.contains("To mend"),
            "{new:?}: {text}"
        );
        assert_eq!(people.passwords().await, [None], "{new:?}");
        assert_eq!(people.database.rows("SELECT user_id FROM sessions").await.len(), 1, "{new:?}: undone");
    }
}

async fn with_sessions(people: People) -> People {
    people
        .database
        .run("CREATE TABLE sessions (user_id VARCHAR(64)); INSERT INTO sessions VALUES ('ada');")
        .await;
    if people.database.kind() != Sqlite {
        let account = people.database.account(DatabaseRole::Writer);
        people.database.run(&format!("GRANT SELECT, DELETE ON sessions TO {account};")).await;
    }
    people
}

/// Another column that a trigger sets is the application's matter.
async fn a_trigger_that_leaves_the_hash_alone_is_no_obstacle(kind: DatabaseKind) {
    let people = People::of(kind, PLAIN, ADA).await;
    people.database.run(&trigger(kind, Some("NEW.password"))).await;
    let writer = people.writer().await;
    assert_eq!(set(&writer, "ada", "first correct horse").await.unwrap(), SetPassword::Set);
    assert_eq!(
        set_on(&writer, "ada", &keys::PasswordVersion::new("no-password"), "second battery staple")
            .await
            .unwrap(),
        SetPassword::VersionChanged
    );
}

/// In upper case, as ASP.NET Core Identity keeps it, it would find nobody: so nobody would share an e-mail.
async fn an_email_key_that_finds_nobody_leaves_it_undecided(kind: DatabaseKind) {
    let rows = "('ada', 'Ada', 'ada@example.org', NULL), ('bob', 'Bob', 'ada@example.org', NULL)";
    let mut people = People::of(kind, PLAIN, rows).await;
    people
        .database
        .run("ALTER TABLE people ADD COLUMN wanted VARCHAR(254); UPDATE people SET wanted = upper(email);")
        .await;
    people.settings.mapping.email_key = Some("wanted".to_owned());
    let lookup = people.lookup().await;
    let email = NormalisedEmail::new("ada@example.org").unwrap();
    let is_told = |sharing: &EmailSharing| matches!(sharing, EmailSharing::Undecided(why) if why.contains("email_key") && !why.contains("example"));
    // A collation of MariaDB takes both for equal.
    let sharing = lookup.others_with_email(&email, &id("ada")).await.unwrap();
    match kind {
        MariaDb => assert_eq!(sharing, EmailSharing::With(vec![id("bob")])),
        Postgres | Sqlite => assert!(is_told(&sharing), "{sharing:?}"),
    }
    people.database.run("UPDATE people SET wanted = NULL").await;
    let sharing = lookup.others_with_email(&email, &id("ada")).await.unwrap();
    assert!(is_told(&sharing), "{sharing:?}");
    let is_checked = async || {
        let [reader, writer] = [DatabaseRole::Reader, DatabaseRole::Writer].map(|role| people.of_role(role));
        let check = SqlCheck::open(&reader, &writer, machine::entropy()).await;
        let findings = check.findings().await;
        check.close().await;
        findings.iter().any(|finding| finding.text.contains("not found by their own e-mails"))
    };
    assert!(is_checked().await);
    people.database.run("UPDATE people SET wanted = lower(email)").await;
    assert!(!is_checked().await);
    let sharing = lookup.others_with_email(&email, &id("ada")).await.unwrap();
    assert_eq!(sharing, EmailSharing::With(vec![id("bob")]));
}

/// Somebody without an id may read the e-mail all the same.
async fn whoever_has_no_id_shares_an_email(kind: DatabaseKind) {
    let rows = "('ada', 'Ada', 'ada@example.org', NULL), (NULL, 'A', 'ADA@example.org', NULL), ('bob', 'Bob', 'bob@example.org', NULL)";
    let people = People::of(kind, Columns { id: "VARCHAR(64)", ..PLAIN }, rows).await;
    let lookup = people.lookup().await;
    let email = NormalisedEmail::new("ada@example.org").unwrap();
    let sharing = lookup.others_with_email(&email, &id("ada")).await.unwrap();
    assert!(matches!(sharing, EmailSharing::Undecided(_)), "{sharing:?}");
    let settings = config::Contacts::Sql(Box::new(people.of_role(DatabaseRole::Reader)));
    let mut shared = Vec::new();
    let count = contacts::duplicates::list(&settings, |found| shared.push(found)).await.unwrap();
    assert_eq!((count, shared.len()), (1, 3), "{shared:?}");
}

/// Read as text, different bytes may be the same, and so would be their versions.
async fn a_password_in_bytes_is_refused(kind: DatabaseKind) {
    let types: &[&str] = match kind {
        Postgres => &["BYTEA"],
        MariaDb => &["VARBINARY(255)", "TINYBLOB", "LONGBLOB"],
        Sqlite => &["BLOB"],
    };
    for type_name in types {
        let people = People::of(kind, Columns { password: type_name, ..PLAIN }, ADA).await;
        let reader = SqlContactLookup::open(&people.of_role(DatabaseRole::Reader)).await;
        for text in [said(reader), people.refused().await] {
            assert!(text.contains("column \"password\" holds bytes"), "{type_name}: {text}");
        }
    }
}

/// SQLite takes a name in double quotes that no column has for a text.
#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_sqlite_does_not_know_is_refused() {
    let people = || async { with_sessions(People::of(Sqlite, PLAIN, ADA).await).await };
    for statement in ["DELETE FROM sessions WHERE {uidd} = :id", "DELETE FROM {sesions} WHERE user_id = :id"]
    {
        let text = people().await.also_run(statement).refused().await;
        assert!(text.contains("no such"), "{text}");
    }
    let mut people = people().await;
    people.settings.mapping.active = Some("NOT {is_lockd}".parse().unwrap());
    let reader = SqlContactLookup::open(&people.of_role(DatabaseRole::Reader)).await;
    for text in [said(reader), people.refused().await] {
        assert!(text.contains("is_lockd"), "{text}");
    }
}

/// Each statement is quick, and all of them together are not: a COMMIT must not come after the lease of the link.
async fn a_write_that_is_too_slow_as_a_whole_is_undone(kind: DatabaseKind) {
    let (slow, statements, timeout) = match kind {
        Postgres => ("SELECT CAST(:id AS text), pg_sleep(0.6)", 4, 1_000),
        MariaDb => ("SELECT :id, SLEEP(0.6)", 4, 1_000),
        // Counting takes a while, on any machine.
        Sqlite => (
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000) SELECT max(i), :id FROM n",
            100,
            1_000,
        ),
    };
    let people = People::of(kind, PLAIN, ADA).await;
    let writer = |statements: usize, timeout: i64| {
        let mut settings = people.of_role(DatabaseRole::Writer);
        settings.timeout = jiff::SignedDuration::from_millis(timeout);
        let run = config::AlsoRun { statement: slow.parse().unwrap(), if_table: None };
        settings.mapping.also_run = vec![run; statements];
        async move { SqlPasswordWriter::open(&settings, machine::entropy()).await.unwrap() }
    };
    let too_slow = writer(statements, timeout).await;
    let text = unreachable(set(&too_slow, "ada", "first correct horse").await);
    assert!(text.contains("was not through within"), "{text}");
    too_slow.close().await;
    assert_eq!(people.passwords().await, [None]);
    let patient = writer(1, 20_000).await;
    assert_eq!(set(&patient, "ada", "first correct horse").await.unwrap(), SetPassword::Set);
    assert!(version(&patient, "ada").await.as_str() != "no-password");
}

async fn every_database(kind: DatabaseKind) {
    a_password_that_a_trigger_changes_is_not_set(kind).await;
    a_trigger_that_leaves_the_hash_alone_is_no_obstacle(kind).await;
    an_email_key_that_finds_nobody_leaves_it_undecided(kind).await;
    whoever_has_no_id_shares_an_email(kind).await;
    a_password_in_bytes_is_refused(kind).await;
    a_write_that_is_too_slow_as_a_whole_is_undone(kind).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_stores_what_was_written_and_finds_who_shares_or_it_is_told() {
    every_database(Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL (tests/with-services)"]
async fn postgres_stores_what_was_written_and_finds_who_shares_or_it_is_told() {
    every_database(Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs MariaDB (tests/with-services)"]
async fn mariadb_stores_what_was_written_and_finds_who_shares_or_it_is_told() {
    every_database(MariaDb).await;
}

/// A server may begin a transaction with each COMMIT: all that a connection reads from then on would be of before.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs MariaDB (tests/with-services)"]
async fn a_mariadb_that_chains_transactions_leaves_none_open() {
    let people = People::of(MariaDb, PLAIN, ADA).await.also_set("name", "@@completion_type");
    let account = people.database.account(DatabaseRole::Writer);
    people.database.run(&format!("GRANT UPDATE (name) ON people TO {account};")).await;
    let mut admin = people.database.connect_as_admin().await;
    admin.execute("SET GLOBAL completion_type = 'CHAIN'").await.unwrap();
    let done = {
        let writer = people.writer().await;
        set(&writer, "ada", "first correct horse").await
    };
    admin.execute("SET GLOBAL completion_type = 'NO_CHAIN'").await.unwrap();
    assert_eq!(done.unwrap(), SetPassword::Set);
    assert_eq!(people.database.value("SELECT name FROM people").await.as_deref(), Some("NO_CHAIN"));
}
