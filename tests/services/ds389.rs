//! Contacts in 389 Directory Server, from the command to a sign-in at the directory.

use std::time::Duration;

use reset_link_tests::harness::database_proxy::{Break, DatabaseProxy};
use reset_link_tests::harness::ds389;
use reset_link_tests::harness::ldap::{LdapAccount, TestServer, TestTree};
use reset_link_tests::wait::{until, until_with};
use url::Url;

use crate::ldap::settings;
use crate::pages::link_for;
use crate::place::{Place, Visitor};

const OLD: &str = "the password of before";
const NEW: &str = "Grüße: quarrel-lantern otter";
const OTHER: &str = "nine-umbrellas-of-a-keeper";

async fn tree_with_ada() -> (TestTree, String) {
    let tree = TestTree::on(TestServer::Ds389).await;
    let mail = ("mail", "ada@example.org");
    let ada = [("uid", "ada"), ("cn", "Ada Lovelace"), mail, ("userPassword", OLD)];
    let ada = tree.add_person(&ada).await;
    (tree, ada)
}

fn place(settings: &str) -> Place {
    let [reader, writer] = [LdapAccount::Reader, LdapAccount::Writer].map(LdapAccount::password);
    Place::on_tables(settings, &[("ldap-reader-password", reader), ("ldap-writer-password", writer)])
}

#[tokio::test]
#[ignore = "needs 389 Directory Server (tests/with-services)"]
async fn a_link_sets_the_password_with_which_389_directory_server_itself_signs_in() {
    let (tree, ada) = tree_with_ada().await;
    tree.add_person(&[("uid", "new"), ("cn", "New")]).await;
    let place = place(&settings("389ds.md", &tree));

    let checked = place.run(&["contacts", "check", "ADA"], "");
    let said = String::from_utf8(checked.stdout).unwrap();
    assert!(checked.status.success(), "{said}");
    for part in ["a…@example.org, which nobody else has", "last set at 20200101000000Z", "is accepted by"] {
        assert!(said.contains(part), "no {part} in:\n{said}");
    }

    let mut process = place.start().await;
    let answer = process.ask("/reset-link contact:new").await;
    assert!(answer.contains("passwordTrackUpdateTime"), "{answer}");
    let first = link_for(&mut process, "ada").await;
    let second = link_for(&mut process, "ada").await;
    let visitor = Visitor::new();
    // What is refused leaves the link as it was.
    assert_eq!(visitor.redeem(&first, "{SSHA}quarrel-lantern otter").await, 422);
    assert!(tree.signs_in(&ada, OLD).await);
    assert_eq!(visitor.redeem(&first, NEW).await, 200, "{}", process.stderr());
    for link in [&first, &second] {
        assert_eq!(visitor.redeem(link, OTHER).await, 410, "{}", process.stderr());
    }
    for (password, is_taken) in [(NEW, true), (OLD, false), (OTHER, false)] {
        assert_eq!(tree.signs_in(&ada, password).await, is_taken, "{password}");
    }
    let log = process.stderr();
    let accounts = [LdapAccount::Reader, LdapAccount::Writer].map(LdapAccount::password);
    for secret in [NEW, OTHER, accounts[0], accounts[1], "ada@example.org"] {
        assert!(!log.contains(secret), "the log holds a secret");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs 389 Directory Server (tests/with-services)"]
async fn a_process_that_dies_while_it_writes_costs_the_link_and_nothing_is_set_twice() {
    // Nobody knows whether the server has heard it.
    tokio::join!(dies_while_it_writes(Break::Silence, false), dies_while_it_writes(Break::CutAnswer, true));
}

async fn dies_while_it_writes(then: Break, is_set: bool) {
    let (tree, ada) = tree_with_ada().await;
    let clear = ds389::clear_url();
    let proxy = DatabaseProxy::before(&clear).await;
    let port = Url::parse(&proxy.url(&clear)).unwrap().port().unwrap();
    let mut settings: String = settings("389ds.md", &tree)
        .lines()
        .filter(|line| !line.starts_with("ca_file"))
        .map(|line| match line.split_once(" = ") {
            Some(("ldap_url", _)) => format!("ldap_url = \"ldap://127.0.0.1:{port}\"\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    settings.push_str(
        "timeout = \"1500ms\"\n[ledger]\nlease = \"10s\"\n[limits]\nrequests_per_link_and_minute = 1000\n",
    );
    let place = place(&settings);
    let mut process = place.start().await;
    let link = link_for(&mut process, "ada").await;
    // Of all requests the modify alone names it.
    proxy.breaks("accountUnlockTime", then, 1);
    let posted = link.clone();
    let redeeming = tokio::spawn(async move { Visitor::new().redeem(&posted, NEW).await });
    until("the password is written", async || proxy.is_done()).await;
    if is_set {
        until("the server has heard it", async || tree.signs_in(&ada, NEW).await).await;
    }
    process.kill().await;
    redeeming.abort();

    let process = place.start().await;
    let visitor = Visitor::new();
    // Held until the lease ends, and then used.
    until_with("the link is over", Duration::from_millis(300), async || {
        match visitor.redeem(&link, OTHER).await {
            410 => true,
            409 | 503 => false,
            other => panic!("{other}: {}", process.stderr()),
        }
    })
    .await;
    for (password, is_taken) in [(NEW, is_set), (OLD, !is_set), (OTHER, false)] {
        assert_eq!(tree.signs_in(&ada, password).await, is_taken, "{then:?}: {password}");
    }
}
