//! Two redeem servers with a ledger each and one directory: the conditional write lets one of all redeemers set the password.

use config::{HashScheme, HashSettings};
use contacts::hash::PasswordHasher;
use futures_util::future::join_all;
use reset_link_tests::harness::binary::Process;
use reset_link_tests::harness::databases::{DatabaseKind, DatabaseRole, TestDatabase};
use reset_link_tests::harness::ldap::{LdapAccount, TestTree};
use zeroize::Zeroizing;

use crate::ldap;
use crate::pages::link_for;
use crate::place::{Place, Visitor};

const SETTINGS: &str = "[contacts]\nkind = \"sql\"\npreset = \"plain\"\nreader_url_file = \"contacts-reader-url\"\nurl_file = \"contacts-writer-url\"\n[limits]\nrequests_per_link_and_minute = 1000\n";

fn password(n: usize) -> String {
    format!("quarrel-lantern-otter-{n}-plaza")
}

/// Sixty-four visitors at once, half of them at each server: whose password was set.
async fn one_of_sixty_four(visitor: &Visitor, links: &[String; 2], second: &Process) -> usize {
    for link in links {
        assert_eq!(visitor.get(link).await, 200, "both know the link");
    }
    let redeemed =
        join_all((0..64).map(|n| async move { visitor.redeemed(&links[n % 2], &password(n)).await.0 })).await;
    let winners: Vec<usize> = (0..64).filter(|n| redeemed[*n] == 200).collect();
    let [winner] = winners.as_slice() else { panic!("{redeemed:?}\n{}", second.stderr()) };
    // Used, overtaken, or held by another one right now; and nobody met with an error.
    assert!(redeemed.iter().all(|status| [200, 409, 410, 503].contains(status)), "{redeemed:?}");
    *winner
}

async fn of_sixty_four_redeemers_at_two_servers_one_sets_the_password(kind: DatabaseKind) {
    let database = TestDatabase::fresh(kind).await;
    database
        .run(
            "CREATE TABLE users (id varchar(64) PRIMARY KEY, name varchar(100), email varchar(254), password varchar(255)); \
             INSERT INTO users VALUES ('ada', 'Ada Lovelace', 'ada@example.org', NULL);",
        )
        .await;
    if kind != DatabaseKind::Sqlite {
        let (reader, writer) =
            (database.account(DatabaseRole::Reader), database.account(DatabaseRole::Writer));
        database
            .run(&format!(
                "GRANT SELECT ON users TO {reader}; GRANT SELECT, UPDATE (password) ON users TO {writer};"
            ))
            .await;
    }
    let (reader, writer) = (database.url(DatabaseRole::Reader), database.url(DatabaseRole::Writer));
    let secrets = [("contacts-reader-url", reader.as_str()), ("contacts-writer-url", &writer)];
    let here = Place::on_tables(SETTINGS, &secrets);
    let there = here.twin();
    let mut first = here.start().await;
    let second = there.start().await;
    let link = link_for(&mut first, "ada").await;
    let visitor = Visitor::new();
    let links = [here.link_here(&link), there.link_here(&link)];
    let winner = one_of_sixty_four(&visitor, &links, &second).await;

    let stored = database.value("SELECT password FROM users").await.unwrap();
    let hash = HashSettings {
        scheme: HashScheme::Argon2id,
        is_said_out_loud: false,
        cost: None,
        iterations: None,
        memory_kib: None,
        passes: None,
        lanes: None,
        pepper: None,
    };
    let hasher = PasswordHasher::new(&hash).unwrap();
    let is_behind = async |n: usize| {
        let stored = Zeroizing::new(stored.clone()).into();
        hasher.verify(password(n).into(), stored).await.unwrap()
    };
    assert!(is_behind(winner).await && !is_behind((winner + 1) % 64).await);

    // Each says in its own way that the link is dead, and changes nothing.
    for (n, link) in links.iter().enumerate() {
        let (status, page) = visitor.redeemed(link, &password(n)).await;
        assert_eq!(status, 410, "{page}");
        let said = if n == winner % 2 {
            "This link has already been used"
        } else {
            "has been changed since the link was made"
        };
        assert!(page.contains(said), "{page}");
    }
    assert_eq!(database.value("SELECT password FROM users").await.unwrap(), stored);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_sixty_four_redeemers_on_sqlite_one_sets_the_password() {
    of_sixty_four_redeemers_at_two_servers_one_sets_the_password(DatabaseKind::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL (tests/with-services)"]
async fn of_sixty_four_redeemers_on_postgres_one_sets_the_password() {
    of_sixty_four_redeemers_at_two_servers_one_sets_the_password(DatabaseKind::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs MariaDB (tests/with-services)"]
async fn of_sixty_four_redeemers_on_mariadb_one_sets_the_password() {
    of_sixty_four_redeemers_at_two_servers_one_sets_the_password(DatabaseKind::MariaDb).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs slapd (tests/with-services)"]
async fn of_sixty_four_redeemers_on_openldap_one_sets_the_password() {
    let tree = TestTree::fresh().await;
    let ada =
        tree.add_person(&[("uid", "ada"), ("cn", "Ada"), ("userPassword", "the password of before")]).await;
    let accounts = [LdapAccount::Reader, LdapAccount::Writer].map(LdapAccount::password);
    let secrets = [("ldap-reader-password", accounts[0]), ("ldap-writer-password", accounts[1])];
    let limits = "[limits]\nrequests_per_link_and_minute = 1000\n";
    let here = Place::on_tables(&format!("{}{limits}", ldap::settings("openldap.md", &tree)), &secrets);
    let there = here.twin();
    let mut first = here.start().await;
    let second = there.start().await;
    let link = link_for(&mut first, "ada").await;
    let visitor = Visitor::new();
    let links = [here.link_here(&link), there.link_here(&link)];
    let winner = one_of_sixty_four(&visitor, &links, &second).await;
    for link in &links {
        let (status, page) = visitor.redeemed(link, &password(64)).await;
        assert_eq!(status, 410, "{page}");
    }
    for n in [winner, (winner + 1) % 64, 64] {
        assert_eq!(tree.signs_in(&ada, &password(n)).await, n == winner, "{n}");
    }
}
