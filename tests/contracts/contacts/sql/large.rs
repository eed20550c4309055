//! Large tables: an index answers each look-up, by a view too.
//!
//! `TEST_CONTACTS_ROWS=1000000` makes it a measurement: it prints how long each look-up takes in so many rows and in 1,000.

use std::time::Instant;

use contacts::{ContactLookup as _, PasswordWriter as _, SetPassword, SqlContactLookup};
use reset_link_tests::harness::databases::DatabaseKind::{self, MariaDb, Postgres};
use reset_link_tests::harness::databases::DatabaseRole;
use reset_link_tests::wait::until;

use super::super::contract::id;
use super::people::{PLAIN, People, found, is_nobodys, others, set};

/// As `reset-link contacts check` prints it.
const POSTGRES_INDEX: &str = r#"CREATE INDEX people_email_key ON people ((CASE WHEN "email" IS NULL THEN NULL WHEN octet_length(("email")::text) = char_length(("email")::text) THEN lower(btrim(("email")::text, E' \t\n\x0b\f\r') COLLATE "C") ELSE '*' END));"#;

/// A persistent column, which `SELECT *` and INSERT of the application do not see.
const MARIADB_INDEX: &str = "ALTER TABLE people ADD COLUMN email_key VARCHAR(254) \
    AS (CASE WHEN email IS NULL THEN NULL WHEN LENGTH(email) = CHAR_LENGTH(email) THEN LOWER(TRIM(email)) ELSE '*' END) PERSISTENT INVISIBLE, \
    ADD INDEX (email_key);";

async fn large(kind: DatabaseKind, rows: usize) -> People {
    let mut people = People::of(kind, PLAIN, "('first', 'First', 'first@example.org', NULL)").await;
    match kind {
        Postgres => {
            let sql = format!(
                "INSERT INTO people SELECT 'user' || n, 'Name ' || n, 'user' || n || '@example.org', '$argon2id$' || n \
                 FROM generate_series(1, {rows}) n; {POSTGRES_INDEX} ANALYZE people;"
            );
            people.database.run(&sql).await;
        }
        _ => {
            let sql = format!(
                "INSERT INTO people SELECT concat('user', seq), concat('Name ', seq), concat('user', seq, '@example.org'), concat('$argon2id$', seq) \
                 FROM seq_1_to_{rows}; {MARIADB_INDEX} ANALYZE TABLE people;"
            );
            people.database.run(&sql).await;
            people.settings.mapping.email_key = Some("email_key".to_owned());
        }
    }
    people
}

/// The views of an operator, with the rights that each account needs.
async fn with_views(mut people: People) -> People {
    let (kind, database) = (people.database.kind(), &people.database);
    let (key, version) = match kind {
        Postgres => {
            let (_, key) = POSTGRES_INDEX.split_once("((").unwrap();
            (key.trim_end_matches("));"), "encode(sha256(convert_to(password, 'UTF8')), 'hex')")
        }
        _ => ("email_key", "sha2(convert(password using utf8mb4), 256)"),
    };
    let columns = format!(
        "id, name, email, {key} AS email_key, name AS language, 'yes' AS active, {version} AS version, 'argon2id' AS kind"
    );
    let (reader, writer) = (database.account(DatabaseRole::Reader), database.account(DatabaseRole::Writer));
    database
        .run(&format!(
            "CREATE VIEW reset_link_bot AS SELECT {columns} FROM people; \
             CREATE VIEW reset_link_redeem AS SELECT {columns}, password FROM people; \
             REVOKE ALL ON people FROM {reader}; REVOKE ALL ON people FROM {writer}; \
             GRANT SELECT ON reset_link_bot TO {reader}; \
             GRANT SELECT (id, name, email, email_key, language, active, version, kind), UPDATE (password) ON reset_link_redeem TO {writer};"
        ))
        .await;
    people.settings.uses_views = true;
    people.settings.mapping.email_key = None;
    people
}

/// How many rows have been read so far; in PostgreSQL, how often the whole table was.
async fn read_so_far(people: &People) -> u64 {
    let name = people.database.name();
    let sql = match people.database.kind() {
        Postgres => "SELECT seq_scan::text FROM pg_stat_user_tables WHERE relname = 'people'".to_owned(),
        _ => format!(
            "SELECT CONVERT(coalesce(sum(rows_read), 0) USING utf8mb4) FROM information_schema.table_statistics \
             WHERE table_schema = '{name}' AND table_name = 'people'"
        ),
    };
    let mut admin = people.database.connect(DatabaseRole::Owner).await.unwrap();
    if people.database.kind() == MariaDb {
        admin = people.database.connect_as_admin().await;
    }
    let rows = admin.rows(&sql).await.unwrap();
    rows.concat().into_iter().flatten().next().unwrap().parse().unwrap()
}

async fn an_index_answers_each_look_up(people: &People, rows: usize) {
    if people.database.kind() == MariaDb {
        people.database.connect_as_admin().await.execute("SET GLOBAL userstat = 1").await.unwrap();
    } else {
        let counted = "SELECT n_live_tup::text FROM pg_stat_user_tables WHERE relname = 'people'";
        until("the rows are counted", async || {
            people.database.value(counted).await.is_some_and(|count| count.parse::<usize>().unwrap() >= rows)
        })
        .await;
    }
    let (lookup, writer) = (people.lookup().await, people.writer().await);
    let before = read_so_far(people).await;
    for typed in ["user77", "USER77 ", "nobody"] {
        drop(found(&lookup, typed).await);
    }
    assert!(lookup.find_exact(&id("user77")).await.unwrap().is_some());
    assert_eq!(lookup.called("user77").await.unwrap().len(), 1);
    assert!(others(&lookup, "USER77@example.org", "user77").await.is_empty());
    assert!(is_nobodys(&lookup, "nobody@example.org").await);
    assert!(writer.read(&id("user77")).await.unwrap().is_some());
    assert_eq!(set(&writer, "user77", "first correct horse").await.unwrap(), SetPassword::Set);
    lookup.close().await;
    writer.close().await;
    // What a connection has read is counted when it ends.
    let read = |so_far: u64| so_far - before;
    match people.database.kind() {
        Postgres => {
            let searched = "SELECT idx_scan::text FROM pg_stat_user_tables WHERE relname = 'people'";
            until("the scans are counted", async || {
                people.database.value(searched).await.unwrap().parse::<u64>().unwrap() >= 8
            })
            .await;
            assert_eq!(read(read_so_far(people).await), 0, "the whole table was read");
        }
        _ => {
            until("the rows are counted", async || read_so_far(people).await > before).await;
            let read = read(read_so_far(people).await);
            assert!(read < 100, "{read} rows were read");
        }
    }
}

/// The medians in each of the tables, in microseconds: by id, who shares an e-mail, a search that finds few. The tables take turns, and what is asked for
/// has been asked for before.
async fn medians(tables: [(&SqlContactLookup, usize); 2]) -> [[u128; 3]; 2] {
    let mut times = [const { [const { Vec::new() }; 3] }; 2];
    for n in (0..300).chain(0..300) {
        for ((lookup, rows), times) in tables.iter().zip(&mut times) {
            let who = format!("user{}", 1 + n * 7919 % rows);
            let begun = Instant::now();
            assert!(found(lookup, &who).await.is_some());
            times[0].push(begun.elapsed().as_micros());
            let begun = Instant::now();
            assert!(others(lookup, &format!("{who}@example.org"), &who).await.is_empty());
            times[1].push(begun.elapsed().as_micros());
        }
    }
    // Last, for they read the whole table: what was read before is no longer in memory then.
    for ((lookup, _), times) in tables.iter().zip(&mut times) {
        for _ in 0..3 {
            let begun = Instant::now();
            lookup.search("user77", 25).await.unwrap();
            times[2].push(begun.elapsed().as_micros());
        }
    }
    times.map(|times| {
        times.map(|mut times| {
            times.drain(..times.len() / 2);
            times.sort_unstable();
            times[times.len() / 2]
        })
    })
}

#[expect(clippy::print_stdout, reason = "a measurement is read by whoever asked for it")]
async fn large_tables_are_looked_up_by_an_index(kind: DatabaseKind) {
    let rows = std::env::var("TEST_CONTACTS_ROWS").map_or(5_000, |rows| rows.parse().unwrap());
    let people = large(kind, rows).await;
    an_index_answers_each_look_up(&people, rows).await;
    if rows > 100_000 {
        if kind == MariaDb {
            // What is measured is an index, not a disk.
            let mut admin = people.database.connect_as_admin().await;
            admin.execute("SET GLOBAL innodb_buffer_pool_size = 805306368").await.unwrap();
        }
        let small = large(kind, 1_000).await;
        let (few, many) = (small.lookup().await, people.lookup().await);
        let [few, many] = medians([(&few, 1_000), (&many, rows)]).await;
        println!("{kind:?}, microseconds by id, e-mail, search: {few:?} in 1,000 rows, {many:?} in {rows}");
    }
    let people = with_views(people).await;
    an_index_answers_each_look_up(&people, rows).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL (tests/with-services)"]
async fn a_large_table_of_postgres_is_looked_up_by_an_index() {
    large_tables_are_looked_up_by_an_index(Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs MariaDB (tests/with-services)"]
async fn a_large_table_of_mariadb_is_looked_up_by_an_index() {
    large_tables_are_looked_up_by_an_index(MariaDb).await;
}
