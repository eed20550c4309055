//! Contacts in OpenLDAP, from the command to a sign-in at the directory.

use std::fs;
use std::path::PathBuf;

use reset_link_tests::harness::ldap::{self, LdapAccount, TestTree};

use crate::pages::link_for;
use crate::place::{Place, Visitor};

const OLD: &str = "the password of before";
const NEW: &str = "Grüße: quarrel-lantern otter";
const OTHER: &str = "nine-umbrellas-of-a-keeper";

/// The settings that this page of docs/directories shows, for this tree.
pub(crate) fn settings(page: &str, tree: &TestTree) -> String {
    let page = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/directories").join(page);
    let page = fs::read_to_string(page).unwrap();
    let (_, block) = page.split_once("```toml\n").unwrap();
    let (block, _) = block.split_once("```").unwrap();
    let mut settings = String::new();
    for line in block.lines().map(str::trim) {
        let value = match line.split(" = ").next().unwrap() {
            "ldap_url" => tree.tls_url(),
            "ca_file" => ldap::ca_file().display().to_string(),
            "base" => tree.base(),
            "reader_dn" => tree.account(LdapAccount::Reader),
            "writer_dn" => tree.account(LdapAccount::Writer),
            "policy_dn" => ldap::POLICY.to_owned(),
            _ => {
                settings.push_str(&format!("{line}\n"));
                continue;
            }
        };
        let key = line.split(" = ").next().unwrap();
        settings.push_str(&format!("{key} = {value:?}\n"));
    }
    settings
}

fn place_with(settings: &str) -> Place {
    let accounts = [LdapAccount::Reader, LdapAccount::Writer].map(LdapAccount::password);
    Place::on_tables(
        settings,
        &[("ldap-reader-password", accounts[0]), ("ldap-writer-password", accounts[1])],
    )
}

/// What a command says to whoever typed it, and whether it ended well.
fn said(place: &Place, arguments: &[&str]) -> (String, bool) {
    let ended = place.run(arguments, "");
    let said = String::from_utf8([ended.stdout, ended.stderr].concat()).unwrap();
    (said, ended.status.success())
}

#[tokio::test]
#[ignore = "needs slapd (tests/with-services)"]
async fn an_operator_is_told_what_the_accounts_may_do_and_a_first_password_is_set_by_a_link() {
    let tree = TestTree::fresh().await;
    tree.add_probe("probe").await;
    let mail = ("mail", "family@example.org");
    tree.add_person(&[("uid", "ada"), ("cn", "Ada Lovelace"), mail, ("userPassword", OLD)]).await;
    let locked = ("pwdAccountLockedTime", "000001010000Z");
    tree.add_person(&[("uid", "bob"), ("cn", "Bob"), mail, ("mail", "bob@example.org"), locked]).await;
    let new = tree.add_person(&[("uid", "new"), ("cn", "New")]).await;
    let place = place_with(&settings("openldap.md", &tree));

    let (told, is_well) = said(&place, &["contacts", "check"]);
    assert!(is_well && told.contains("0 failed, 0 warnings, 0 not checked"), "{told}");
    for part in [
        "sets the password of the entry for trying",
        "hashes the passwords",
        "3 contacts were looked at; 1 inactive",
        "1 of 3 contacts have no password yet",
    ] {
        assert!(told.contains(part), "no {part} in:\n{told}");
    }
    for (id, parts) in [
        (
            "ada",
            &["f…@example.org, which 1 other has", "bob", "last set at 20200101000000Z", "active:   yes"][..],
        ),
        ("bob", &["f…@example.org", "b…@example.org", "administrator has locked it for good"]),
        ("NEW", &["none: links are handed over", "none was set yet"]),
        ("reset-link-probe", &["the entry for trying (contacts.probe_id): no link is issued"]),
    ] {
        let (told, is_well) = said(&place, &["contacts", "check", id]);
        assert!(is_well, "{told}");
        for part in parts {
            assert!(told.contains(part), "no {part} in:\n{told}");
        }
    }
    let (told, is_well) = said(&place, &["contacts", "check", "nobody"]);
    assert!(!is_well && told.contains("Nobody has this id: nobody"), "{told}");
    let (told, is_well) = said(&place, &["contacts", "duplicates"]);
    assert!(is_well && told.contains("f…@example.org\n\tada\n\tbob\tinactive\n1 e-mail is shared"), "{told}");
    let (told, _) = said(&place, &["doctor"]);
    assert!(told.contains("it may set no password"), "{told}");

    let mut process = place.start().await;
    let answer = process.ask("/reset-link contact:reset-link-probe").await;
    assert!(!answer.contains("/r/"), "{answer}");
    let first = link_for(&mut process, "new").await;
    let second = link_for(&mut process, "new").await;
    let visitor = Visitor::new();
    assert_eq!(visitor.redeem(&first, NEW).await, 200, "{}", process.stderr());
    assert_eq!(visitor.redeem(&second, OTHER).await, 410, "{}", process.stderr());
    assert!(tree.signs_in(&new, NEW).await);
    assert!(!process.stderr().contains("finds something to mend"), "{}", process.stderr());
}

#[tokio::test]
#[ignore = "needs slapd (tests/with-services)"]
async fn a_link_sets_the_password_with_which_the_directory_itself_signs_in() {
    let tree = TestTree::fresh().await;
    let mail = ("mail", "ada@example.org");
    let ada = [("uid", "ada"), ("cn", "Ada, \"Countess\" +Lovelace"), mail, ("userPassword", OLD)];
    let ada = tree.add_person(&ada).await;
    tree.add_person(&[("uid", "new"), ("cn", "New")]).await;
    let probe = format!("cn=probe,{}", tree.base());
    let attributes = [("cn", "probe"), ("sn", "x"), ("uid", "reset-link-probe")];
    tree.add(&probe, &["inetOrgPerson"], &attributes).await;
    let untouched = tree.values(&probe, "entryCSN").await;
    let accounts = [LdapAccount::Reader, LdapAccount::Writer].map(LdapAccount::password);
    let settings = settings("openldap.md", &tree);
    let without_probe: String = settings
        .lines()
        .filter(|line| !line.starts_with("probe_id"))
        .map(|line| format!("{line}\n"))
        .collect();
    let place = place_with(&without_probe);

    let checked = place.run(&["contacts", "check", "ADA"], "");
    let said = String::from_utf8(checked.stdout).unwrap();
    assert!(checked.status.success(), "{said}");
    for part in ["a…@example.org, which nobody else has", "last set at 20200101000000Z", "is accepted by"] {
        assert!(said.contains(part), "no {part} in:\n{said}");
    }
    for (command, expected) in [("list", "another program's directory"), ("views", "SQL tables")] {
        let refused = place.run(&["contacts", command], "");
        let said = String::from_utf8(refused.stderr).unwrap();
        assert!(!refused.status.success() && said.contains(expected), "{command}: {said}");
    }

    let mut process = place.start().await;
    process.logged("so they get no link").await;
    assert_eq!(tree.values(&probe, "entryCSN").await, untouched, "a start changes no password");
    let answer = process.ask("/reset-link contact:new").await;
    assert!(answer.contains("ppolicy"), "{answer}");
    let first = link_for(&mut process, "ada").await;
    let second = link_for(&mut process, "ada").await;
    let visitor = Visitor::new();
    // What the policy refuses leaves the link as it was.
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
    for secret in [NEW, OTHER, accounts[0], accounts[1], "ada@example.org"] {
        assert!(!log.contains(secret), "the log holds a secret");
    }
}
