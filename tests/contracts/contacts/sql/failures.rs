//! A database that goes away, falls silent, undoes a write, or may only be read.

use std::net::Ipv4Addr;
use std::sync::Arc;

use config::SqlContacts;
use contacts::{
    ContactLookup as _, DirectoryError, EmailSharing, OpenError, PasswordWriter as _, SetPassword,
    SqlContactLookup, SqlPasswordWriter,
};
use futures_util::future::join_all;
use keys::{NormalisedEmail, PasswordVersion};
use reset_link::machine;
use reset_link_tests::harness::database_proxy::{Break, DatabaseProxy};
use reset_link_tests::harness::databases::DatabaseKind::{self, MariaDb, Postgres};
use reset_link_tests::harness::databases::{DatabaseRole, TestConnection, TestDatabase};
use reset_link_tests::wait::{in_time, until};
use tokio::net::TcpListener;

use super::super::contract::id;
use super::people::{Columns, PLAIN, People, found, said, set, set_on, unreachable, version};

const ROWS: &str = "('ada', 'Ada', 'ada@example.org', NULL), ('bob', 'Bob', 'bob@example.org', NULL)";

async fn open_writer(settings: &SqlContacts) -> Result<SqlPasswordWriter, OpenError> {
    SqlPasswordWriter::open(settings, machine::entropy()).await
}

/// A writer by way of a proxy, with a statement that runs behind the UPDATE.
async fn by_a_proxy(kind: DatabaseKind) -> (People, DatabaseProxy, SqlPasswordWriter) {
    let people = People::of(kind, PLAIN, ROWS)
        .await
        .with_timeout(2_000)
        .also_run("DELETE FROM sessions WHERE user_id = :id");
    let account = people.database.account(DatabaseRole::Writer);
    people
        .database
        .run(&format!(
            "CREATE TABLE sessions (user_id VARCHAR(64)); GRANT SELECT, DELETE ON sessions TO {account};"
        ))
        .await;
    let url = people.database.url(DatabaseRole::Writer);
    let proxy = DatabaseProxy::before(&url).await;
    let writer = open_writer(&people.at(proxy.url(&url))).await.unwrap();
    (people, proxy, writer)
}

fn begin(kind: DatabaseKind) -> &'static str {
    if kind == Postgres { "BEGIN" } else { "START TRANSACTION" }
}

/// What has not been committed is undone, and the next write connects again.
async fn a_connection_lost_before_commit_changes_nothing(kind: DatabaseKind) {
    for step in [begin(kind), "SELECT", "UPDATE", "DELETE"] {
        for then in [Break::Cut, Break::CutAnswer, Break::Silence] {
            // A connection is sent the text of each statement once: so there is a fresh one for each case, and nobody has read on it.
            let (people, proxy, writer) = by_a_proxy(kind).await;
            let expected = PasswordVersion::new("no-password");
            proxy.breaks(step, then, 1);
            let lost = set_on(&writer, "ada", &expected, "first correct horse").await;
            let text = unreachable(lost);
            assert!(proxy.is_done(), "{step} {then:?}: {text}");
            assert_eq!(people.passwords().await, [None, None], "{step} {then:?}");
            let again = set_on(&writer, "ada", &expected, "second battery staple").await.unwrap();
            assert_eq!(again, SetPassword::Set, "{step} {then:?}");
        }
    }
}

/// Only looking can tell, and it does.
async fn a_lost_answer_to_commit_is_an_unknown_outcome(kind: DatabaseKind) {
    for (then, is_set) in [(Break::Cut, false), (Break::CutAnswer, true), (Break::Silence, false)] {
        let (_people, proxy, writer) = by_a_proxy(kind).await;
        let expected = version(&writer, "ada").await;
        let prepared = writer.prepare("first correct horse".to_owned().into()).await.unwrap();
        let intended = prepared.intended_version.clone().unwrap();
        proxy.breaks("COMMIT", then, 1);
        let outcome = writer.set(&id("ada"), &expected, prepared).await;
        assert!(matches!(outcome, Err(DirectoryError::OutcomeUnknown(_))), "{then:?}: {outcome:?}");
        assert!(proxy.is_done());
        // Whoever is undone lets go of the row in a moment.
        let now = if is_set { &intended } else { &expected };
        until("what was written, or was not", async || version(&writer, "ada").await == *now).await;
        assert_eq!(set_on(&writer, "ada", now, "second battery staple").await.unwrap(), SetPassword::Set);
    }
}

async fn a_read_whose_connection_is_lost_is_unreachable_and_the_next_connects(kind: DatabaseKind) {
    for then in [Break::Cut, Break::CutAnswer, Break::Silence] {
        let people = People::of(kind, PLAIN, ROWS).await.with_timeout(1_000);
        let url = people.database.url(DatabaseRole::Reader);
        let proxy = DatabaseProxy::before(&url).await;
        let lookup = SqlContactLookup::open(&people.at(proxy.url(&url))).await.unwrap();
        proxy.breaks("people", then, 1);
        unreachable(lookup.find("ada").await);
        assert!(proxy.is_done());
        assert_eq!(found(&lookup, "ada").await.as_deref(), Some("ada"), "{then:?}");
        proxy.breaks("people", then, 1);
        let email = NormalisedEmail::new("ada@example.org").unwrap();
        let sharing = lookup.others_with_email(&email, &id("ada")).await;
        match then {
            Break::Silence | Break::SilentAnswer => {
                assert!(matches!(sharing, Ok(EmailSharing::Undecided(_))), "{sharing:?}")
            }
            Break::Cut | Break::CutAnswer => drop(unreachable(sharing)),
        }
        assert_eq!(lookup.search("ad", 5).await.unwrap().len(), 1, "{then:?}");
    }
}

/// Each place in the pool is free again, although nobody has answered on any of them.
async fn a_server_that_was_silent_is_asked_again(kind: DatabaseKind) {
    let people = People::of(kind, PLAIN, ROWS).await.with_timeout(1_000);
    let url = people.database.url(DatabaseRole::Reader);
    let proxy = DatabaseProxy::before(&url).await;
    let lookup = SqlContactLookup::open(&people.at(proxy.url(&url))).await.unwrap();
    proxy.breaks("people", Break::Silence, 8);
    let asked = join_all((0..8).map(|_| lookup.find("ada"))).await;
    asked.into_iter().for_each(|found| drop(unreachable(found)));
    assert!(proxy.is_done());
    for _ in 0..10 {
        assert_eq!(found(&lookup, "ada").await.as_deref(), Some("ada"));
    }
    // Whoever asks may go away in the middle.
    proxy.breaks("people", Break::Silence, 8);
    for _ in 0..8 {
        let short = std::time::Duration::from_millis(100);
        assert!(
            tokio::time::timeout(
                short,
                lookup.others_with_email(&NormalisedEmail::new("a@b.example").unwrap(), &id("ada"))
            )
            .await
            .is_err()
        );
    }
    assert_eq!(found(&lookup, "ada").await.as_deref(), Some("ada"));
    in_time("closing", lookup.close()).await;
}

/// It takes a connection and says nothing.
async fn a_server_that_never_says_anything_is_given_up_on(kind: DatabaseKind) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let scheme = if kind == Postgres { "postgres" } else { "mysql" };
    let people = People::of(DatabaseKind::Sqlite, PLAIN, ROWS).await.with_timeout(300);
    let settings = people.at(format!("{scheme}://someone:secret@127.0.0.1:{port}/there"));
    let text = in_time("an answer", async { said(SqlContactLookup::open(&settings).await) }).await;
    assert!(text.contains("no answer in time") && !text.contains("secret"), "{text}");
    drop(listener);
    // Nobody listens there any more.
    let text = in_time("an answer", async { said(open_writer(&settings).await) }).await;
    assert!(text.contains("refused"), "{text}");
}

/// Connections that the server has ended are made again without anybody noticing.
async fn connections_that_were_ended_while_idle_are_made_again(kind: DatabaseKind) {
    let people = People::of(kind, PLAIN, ROWS).await;
    let (lookup, writer) = (people.lookup().await, people.writer().await);
    end_connections(&people.database).await;
    assert_eq!(found(&lookup, "ada").await.as_deref(), Some("ada"));
    assert_eq!(set(&writer, "ada", "first correct horse").await.unwrap(), SetPassword::Set);
}

async fn end_connections(database: &TestDatabase) {
    let mut admin = database.connect_as_admin().await;
    for role in [DatabaseRole::Reader, DatabaseRole::Writer] {
        let user = database.user(role);
        match database.kind() {
            Postgres => {
                let sql = format!("SELECT pg_terminate_backend(pid, 5000)::text FROM pg_stat_activity WHERE usename = '{user}'");
                admin.rows(&sql).await.map(drop)
            }
            _ => admin.execute(&format!("KILL USER '{user}'@'%'")).await.map(drop),
        }
        .unwrap();
    }
}

/// The other transaction goes through, ours is begun anew, and the password is set once.
async fn a_deadlocks_victim_is_begun_anew(kind: DatabaseKind) {
    let people =
        People::of(kind, PLAIN, ROWS).await.also_run("UPDATE people SET name = 'changed' WHERE id = 'bob'");
    let account = people.database.account(DatabaseRole::Writer);
    people.database.run(&format!("GRANT UPDATE (name) ON people TO {account};")).await;
    let writer = Arc::new(people.writer().await);
    let expected = version(&writer, "ada").await;
    let mut admin = people.database.connect_as_admin().await;
    let mut other = people.database.connect(DatabaseRole::Owner).await.unwrap();
    match kind {
        // Whoever waits so long looks for a deadlock, and ends itself.
        Postgres => {
            let owner = people.database.account(DatabaseRole::Owner);
            admin.execute(&format!("ALTER ROLE {owner} SET deadlock_timeout = '1h'")).await.unwrap();
            other = people.database.connect(DatabaseRole::Owner).await.unwrap();
            other.execute("BEGIN").await.unwrap();
        }
        // Whoever has changed fewer rows is ended.
        _ => {
            other.execute("CREATE TABLE heavy (n INT)").await.unwrap();
            other.execute("START TRANSACTION").await.unwrap();
            other.execute("INSERT INTO heavy SELECT seq FROM seq_1_to_1000").await.unwrap();
        }
    }
    other.execute("UPDATE people SET name = 'Bobby' WHERE id = 'bob'").await.unwrap();
    let ours = tokio::spawn({
        let (writer, expected) = (Arc::clone(&writer), expected.clone());
        async move { set_on(&writer, "ada", &expected, "first correct horse").await }
    });
    until("our write waits for the other one", async || waits(&mut admin, &people.database, "%bob%").await)
        .await;
    // Ours has this row and was not through: so it is the one that was undone.
    other.execute("UPDATE people SET name = 'Countess' WHERE id = 'ada'").await.unwrap();
    other.execute("COMMIT").await.unwrap();
    assert_eq!(in_time("our write", ours).await.unwrap().unwrap(), SetPassword::Set);
    let names = people.database.rows("SELECT name FROM people ORDER BY id").await;
    assert_eq!(names, [[Some("Countess".to_owned())], [Some("changed".to_owned())]]);
    assert_eq!(
        set_on(&writer, "ada", &expected, "second battery staple").await.unwrap(),
        SetPassword::VersionChanged
    );
}

/// Whether the writer waits for a lock, in MariaDB with a statement like this.
async fn waits(admin: &mut TestConnection, database: &TestDatabase, statement: &str) -> bool {
    let user = database.user(DatabaseRole::Writer);
    let sql = match database.kind() {
        Postgres => format!(
            "SELECT 1::text FROM pg_stat_activity WHERE usename = '{user}' AND wait_event_type = 'Lock'"
        ),
        _ => format!(
            "SELECT 1 FROM information_schema.processlist WHERE user = '{user}' AND info LIKE '{statement}'"
        ),
    };
    !admin.rows(&sql).await.unwrap().is_empty()
}

/// Ours has read the version of before, and waits for the row.
async fn a_password_that_the_application_sets_meanwhile_stays(kind: DatabaseKind) {
    let people = People::of(kind, PLAIN, ROWS).await;
    let writer = Arc::new(people.writer().await);
    let expected = version(&writer, "ada").await;
    let mut admin = people.database.connect_as_admin().await;
    let mut other = people.database.connect(DatabaseRole::Owner).await.unwrap();
    other.execute("BEGIN").await.unwrap();
    other.execute("UPDATE people SET password = 'of the application' WHERE id = 'ada'").await.unwrap();
    let ours = tokio::spawn({
        let writer = Arc::clone(&writer);
        async move { set_on(&writer, "ada", &expected, "first correct horse").await }
    });
    until("our write waits", async || waits(&mut admin, &people.database, "UPDATE%").await).await;
    other.execute("COMMIT").await.unwrap();
    assert_eq!(in_time("our write", ours).await.unwrap().unwrap(), SetPassword::VersionChanged);
    assert_eq!(people.passwords().await, [Some("of the application".to_owned()), None]);
}

async fn a_row_that_stays_locked_is_given_up_on(kind: DatabaseKind) {
    let people = People::of(kind, PLAIN, ROWS).await.with_timeout(1_000);
    let writer = people.writer().await;
    let expected = version(&writer, "ada").await;
    let mut other = people.database.connect(DatabaseRole::Owner).await.unwrap();
    other.execute("BEGIN").await.unwrap();
    other.execute("UPDATE people SET name = 'x' WHERE id = 'ada'").await.unwrap();
    unreachable(set_on(&writer, "ada", &expected, "first correct horse").await);
    other.execute("ROLLBACK").await.unwrap();
    assert_eq!(people.passwords().await, [None, None]);
    assert_eq!(set_on(&writer, "ada", &expected, "first correct horse").await.unwrap(), SetPassword::Set);
}

/// A link to a stranger could not be taken back.
async fn an_email_that_takes_too_long_to_compare_counts_as_shared(kind: DatabaseKind) {
    let people = People::of(kind, PLAIN, ROWS).await.with_timeout(500);
    let lookup = people.lookup().await;
    let mut other = people.database.connect(DatabaseRole::Owner).await.unwrap();
    let lock = match kind {
        Postgres => "BEGIN; LOCK TABLE people IN ACCESS EXCLUSIVE MODE",
        _ => "LOCK TABLES people WRITE",
    };
    other.execute(lock).await.unwrap();
    let email = NormalisedEmail::new("ada@example.org").unwrap();
    let sharing = lookup.others_with_email(&email, &id("ada")).await.unwrap();
    let EmailSharing::Undecided(why) = sharing else { panic!("{sharing:?}") };
    assert!(why.contains("took too long") && !why.contains("example.org"), "{why}");
    // Suggestions are left out.
    drop(lookup.search("ad", 5).await);
    other.close().await;
    let sharing = lookup.others_with_email(&email, &id("ada")).await.unwrap();
    assert_eq!(sharing, EmailSharing::With(Vec::new()));
}

/// More candidates than can be compared, or one whose id no link can carry.
async fn an_email_that_cannot_be_compared_counts_as_shared(kind: DatabaseKind) {
    let mut rows: Vec<String> =
        (0..1_001).map(|n| format!("('{n}', 'N', '\u{e9}{n}@example.org', NULL)")).collect();
    let people = People::of(kind, Columns { id: "VARCHAR(100)", ..PLAIN }, &rows.join(", ")).await;
    let lookup = people.lookup().await;
    let email = NormalisedEmail::new("ada@example.org").unwrap();
    let sharing = lookup.others_with_email(&email, &id("ada")).await.unwrap();
    assert!(
        matches!(&sharing, EmailSharing::Undecided(why) if why.contains("more than 1,000")),
        "{sharing:?}"
    );

    rows = vec![format!("('{}', 'Long', 'ada@example.org', NULL)", "x".repeat(65))];
    let people = People::of(kind, Columns { id: "VARCHAR(100)", ..PLAIN }, &rows.join(", ")).await;
    let lookup = people.lookup().await;
    let sharing = lookup.others_with_email(&email, &id("ada")).await.unwrap();
    assert!(matches!(&sharing, EmailSharing::Undecided(why) if why.contains("cannot be one")), "{sharing:?}");
    assert!(lookup.search("x", 5).await.unwrap().is_empty());
}

/// Somebody without an id is somebody.
async fn an_email_of_somebody_without_an_id_counts_as_shared(kind: DatabaseKind) {
    let rows = "('ada', 'Ada', 'ada@example.org', NULL), (NULL, 'Eve', 'Ada@example.org', NULL)";
    let people = People::of(kind, Columns { id: "VARCHAR(64)", ..PLAIN }, rows).await;
    let lookup = people.lookup().await;
    let email = NormalisedEmail::new("ada@example.org").unwrap();
    let sharing = lookup.others_with_email(&email, &id("ada")).await.unwrap();
    assert!(matches!(sharing, EmailSharing::Undecided(_)), "{sharing:?}");
    assert_eq!(found(&lookup, "ada").await.as_deref(), Some("ada"));
}

/// Whoever waits for a write can go away: it is undone, and lets go of what it holds.
async fn a_write_that_is_dropped_in_the_middle_is_undone(kind: DatabaseKind) {
    let people = People::of(kind, PLAIN, ROWS)
        .await
        .with_timeout(3_000)
        .also_run("UPDATE people SET name = 'changed' WHERE id = 'bob'");
    let account = people.database.account(DatabaseRole::Writer);
    people.database.run(&format!("GRANT UPDATE (name) ON people TO {account};")).await;
    let writer = Arc::new(people.writer().await);
    let expected = version(&writer, "ada").await;
    let mut admin = people.database.connect_as_admin().await;
    let mut other = people.database.connect(DatabaseRole::Owner).await.unwrap();
    other.execute("BEGIN").await.unwrap();
    other.execute("UPDATE people SET name = 'Bobby' WHERE id = 'bob'").await.unwrap();
    let ours = tokio::spawn({
        let (writer, expected) = (Arc::clone(&writer), expected.clone());
        async move { set_on(&writer, "ada", &expected, "first correct horse").await }
    });
    until("our write waits for the other one", async || waits(&mut admin, &people.database, "%bob%").await)
        .await;
    ours.abort();
    drop(ours.await);
    other.execute("ROLLBACK").await.unwrap();
    // It may have to wait until the server has noticed.
    let mut outcome = set_on(&writer, "ada", &expected, "second battery staple").await;
    if outcome.is_err() {
        outcome = set_on(&writer, "ada", &expected, "second battery staple").await;
    }
    assert_eq!(outcome.unwrap(), SetPassword::Set);
    let names = people.database.rows("SELECT name FROM people ORDER BY id").await;
    assert_eq!(names, [[Some("Ada".to_owned())], [Some("changed".to_owned())]]);
}

/// A replica would show an e-mail, or a password's version, of before.
async fn a_server_that_may_only_be_read_is_refused(kind: DatabaseKind) {
    let people = People::of(kind, PLAIN, ROWS).await;
    let replica = people.at(TestDatabase::replica_url(kind));
    for text in [said(SqlContactLookup::open(&replica).await), said(open_writer(&replica).await)] {
        assert!(text.contains("read-only replica") && text.contains("To mend"), "{text}");
    }
}

/// On each new connection, too.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL (tests/with-services)"]
async fn a_postgres_account_that_may_only_read_is_refused_as_a_writer() {
    let people = People::of(Postgres, PLAIN, ROWS).await;
    let writer = people.writer().await;
    let account = people.database.account(DatabaseRole::Writer);
    let mut admin = people.database.connect_as_admin().await;
    admin.execute(&format!("ALTER ROLE {account} SET default_transaction_read_only = on")).await.unwrap();
    let text = people.refused().await;
    assert!(text.contains("default_transaction_read_only is on"), "{text}");
    end_connections(&people.database).await;
    let text = unreachable(writer.read(&id("ada")).await);
    assert!(text.contains("default_transaction_read_only is on"), "{text}");
    // A reader may be bound so.
    let account = people.database.account(DatabaseRole::Reader);
    admin.execute(&format!("ALTER ROLE {account} SET default_transaction_read_only = on")).await.unwrap();
    assert_eq!(found(&people.lookup().await, "ada").await.as_deref(), Some("ada"));
}

/// More than there are connections; each gets its turn.
async fn of_sixty_four_writers_one_sets_the_password(kind: DatabaseKind) {
    let people = People::of(kind, PLAIN, ROWS).await;
    let writers = [people.writer().await, people.writer().await];
    let expected = version(&writers[0], "ada").await;
    let written = join_all((0..64).map(|n| {
        let (writer, expected) = (&writers[n % 2], &expected);
        async move { set_on(writer, "ada", expected, &format!("password number {n}")).await.unwrap() }
    }))
    .await;
    assert_eq!(written.iter().filter(|outcome| **outcome == SetPassword::Set).count(), 1);
}

macro_rules! on_both {
    ($($name:ident: $postgres:ident, $mariadb:ident;)*) => {$(
        #[tokio::test(flavor = "multi_thread")]
        #[ignore = "needs PostgreSQL (tests/with-services)"]
        async fn $postgres() {
            $name(Postgres).await;
        }

        #[tokio::test(flavor = "multi_thread")]
        #[ignore = "needs MariaDB (tests/with-services)"]
        async fn $mariadb() {
            $name(MariaDb).await;
        }
    )*};
}

on_both! {
    a_connection_lost_before_commit_changes_nothing:
        postgres_changes_nothing_without_commit, mariadb_changes_nothing_without_commit;
    a_lost_answer_to_commit_is_an_unknown_outcome:
        a_lost_answer_of_postgres_to_commit_is_an_unknown_outcome, a_lost_answer_of_mariadb_to_commit_is_an_unknown_outcome;
    a_read_whose_connection_is_lost_is_unreachable_and_the_next_connects:
        a_lost_read_of_postgres_is_unreachable, a_lost_read_of_mariadb_is_unreachable;
    a_server_that_was_silent_is_asked_again:
        a_silent_postgres_is_asked_again, a_silent_mariadb_is_asked_again;
    connections_that_were_ended_while_idle_are_made_again:
        postgres_connections_are_made_again, mariadb_connections_are_made_again;
    a_deadlocks_victim_is_begun_anew: a_deadlock_of_postgres_is_survived, a_deadlock_of_mariadb_is_survived;
    a_password_that_the_application_sets_meanwhile_stays:
        a_password_that_is_set_meanwhile_stays_in_postgres, a_password_that_is_set_meanwhile_stays_in_mariadb;
    a_row_that_stays_locked_is_given_up_on: a_locked_row_of_postgres_is_given_up_on, a_locked_row_of_mariadb_is_given_up_on;
    an_email_that_takes_too_long_to_compare_counts_as_shared:
        an_email_that_takes_postgres_too_long_counts_as_shared, an_email_that_takes_mariadb_too_long_counts_as_shared;
    an_email_that_cannot_be_compared_counts_as_shared:
        an_email_that_postgres_cannot_compare_counts_as_shared, an_email_that_mariadb_cannot_compare_counts_as_shared;
    an_email_of_somebody_without_an_id_counts_as_shared:
        an_email_of_somebody_without_an_id_in_postgres_counts_as_shared, an_email_of_somebody_without_an_id_in_mariadb_counts_as_shared;
    a_write_that_is_dropped_in_the_middle_is_undone:
        a_write_to_postgres_that_is_dropped_is_undone, a_write_to_mariadb_that_is_dropped_is_undone;
    a_server_that_may_only_be_read_is_refused:
        a_read_only_postgres_is_refused, a_read_only_mariadb_is_refused;
    of_sixty_four_writers_one_sets_the_password:
        of_sixty_four_writers_to_postgres_one_sets_the_password, of_sixty_four_writers_to_mariadb_one_sets_the_password;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_a_word_is_given_up_on() {
    a_server_that_never_says_anything_is_given_up_on(Postgres).await;
    a_server_that_never_says_anything_is_given_up_on(MariaDb).await;
}
