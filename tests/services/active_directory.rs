//! Contacts in Active Directory, from the command to a sign-in at the domain controller.

use std::fs;
use std::path::PathBuf;

use reset_link_tests::harness::active_directory::{self, TestPolicy, TestUnit};
use reset_link_tests::harness::ldap::LdapAccount;

use crate::pages::link_for;
use crate::place::{Place, Visitor};

const OLD: &str = "the password of before";
const NEW: &str = "Grüße: quarrel-lantern otter 7";
const OTHER: &str = "Nine-umbrellas-of-a-keeper 7";

/// The settings that docs/directories/active-directory.md shows, for this unit.
pub(crate) fn settings(unit: &TestUnit) -> String {
    let page = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/directories/active-directory.md");
    let page = fs::read_to_string(page).unwrap();
    let (_, block) = page.split_once("```toml\n").unwrap();
    let (block, _) = block.split_once("```").unwrap();
    let mut settings = String::new();
    for line in block.lines().map(str::trim) {
        let key = line.split(" = ").next().unwrap();
        let value = match key {
            "ldap_url" => active_directory::tls_url(),
            "ca_file" => active_directory::ca_file().display().to_string(),
            "base" => unit.base(),
            "reader_dn" => unit.account(LdapAccount::Reader),
            "writer_dn" => unit.account(LdapAccount::Writer),
            _ => {
                settings.push_str(&format!("{line}\n"));
                continue;
            }
        };
        settings.push_str(&format!("{key} = {value:?}\n"));
    }
    settings
}

#[tokio::test]
#[ignore = "needs Samba (tests/with-services)"]
async fn a_link_sets_the_password_with_which_the_domain_itself_signs_in() {
    let unit = TestUnit::fresh().await;
    // Unique in the domain.
    let name = format!("a{}", unit.name());
    let dn = format!("CN=Lovelace\\, Ada \\22Countess\\22 \\+1,{}", unit.base());
    let ada = [
        ("sAMAccountName", name.as_str()),
        ("displayName", "Ada, \"Countess\" +Lovelace"),
        ("mail", "ada@example.org"),
        ("unicodePwd", OLD),
    ];
    unit.add_person_at(&dn, &ada).await;
    unit.hold_to(&dn, TestPolicy { min_length: 12, is_complex: true, lockout_threshold: 0 }).await;
    unit.replace(&dn, "pwdLastSet", &["0"]).await;
    let disabled = format!("b{}", unit.name());
    unit.add_person(&[("sAMAccountName", &disabled), ("unicodePwd", OLD), ("userAccountControl", "514")])
        .await;
    unit.add_person(&[("sAMAccountName", "reset-link-probe"), ("unicodePwd", OLD)]).await;
    let accounts = [LdapAccount::Reader, LdapAccount::Writer].map(LdapAccount::password);
    let files = [("ldap-reader-password", accounts[0]), ("ldap-writer-password", accounts[1])];
    let place = Place::on_tables(&settings(&unit), &files);

    let checked = place.run(&["contacts", "check", &name.to_uppercase()], "");
    let said = String::from_utf8(checked.stdout).unwrap();
    assert!(checked.status.success(), "{said}");
    for part in [
        "a…@example.org, which nobody else has",
        "Ada, \"Countess\" +Lovelace",
        "is accepted by",
        "last set at a time that is not kept",
        "must be changed at the next sign-in",
        "refused where another password was set meanwhile",
        "only while it is the one that the link was issued for: the server is Samba",
    ] {
        assert!(said.contains(part), "no {part} in:\n{said}");
    }

    let mut process = place.start().await;
    let answer = process.ask(&format!("/reset-link contact:{disabled}")).await;
    assert!(!answer.contains("/r/"), "{answer}");
    let first = link_for(&mut process, &name).await;
    let second = link_for(&mut process, &name).await;
    let visitor = Visitor::new();
    // What the policy refuses leaves the link as it was.
    let (status, page) = visitor.redeemed(&first, "quarrel lantern otter").await;
    assert_eq!(status, 422, "{page}");
    assert_eq!(unit.sign_in(&dn, OLD).await.as_deref(), Some("773"));
    assert_eq!(visitor.redeem(&first, NEW).await, 200, "{}", process.stderr());
    for link in [&first, &second] {
        assert_eq!(visitor.redeem(link, OTHER).await, 410, "{}", process.stderr());
    }
    for (password, is_taken) in [(NEW, true), (OLD, false), (OTHER, false)] {
        assert_eq!(unit.signs_in(&dn, password).await, is_taken, "{password}");
    }
    let log = process.stderr();
    assert!(log.contains("the server is Samba"), "{log}");
    for secret in [NEW, OTHER, accounts[0], accounts[1], "ada@example.org"] {
        assert!(!log.contains(secret), "the log holds a secret");
    }
}
