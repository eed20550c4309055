//! The whole circle once for each kind of LDAP server: the command, the mail as it arrives, the page, a sign-in at the directory.

use reset_link_tests::harness::active_directory::TestUnit;
use reset_link_tests::harness::binary::link_in;
use reset_link_tests::harness::ldap::{LdapAccount, TestServer, TestTree};

use crate::mailbox::Mailbox;
use crate::place::{Place, Visitor};
use crate::{active_directory, ldap};

const OLD: &str = "the password of before";
const NEW: &str = "Grüße: quarrel-lantern otter 7";

/// Asks for a link, reads the mail in this mailbox, and sets the new password by its link. The notice of that arrives as well.
async fn by_mail(settings: &str, contact: &str, mailbox: &str) {
    let accounts = [LdapAccount::Reader, LdapAccount::Writer].map(LdapAccount::password);
    let files = [("ldap-reader-password", accounts[0]), ("ldap-writer-password", accounts[1])];
    let place = Place::on_tables_with_mail(settings, &files);
    let mut process = place.start().await;
    let answer = process.ask(&format!("/reset-link contact:{contact}")).await;
    assert!(answer.contains("E-mailed to") && link_in(&answer).is_none(), "{answer}");
    let mailbox = Mailbox::of(mailbox);
    let link = mailbox.receives("Example University: set a new password").await.link().unwrap();
    let visitor = Visitor::new();
    assert_eq!(visitor.get(&link).await, 200);
    assert_eq!(visitor.redeem(&link, NEW).await, 200, "{}", process.stderr());
    assert_eq!(visitor.get(&link).await, 410);
    mailbox.receives("Example University: your password was changed").await;
}

async fn in_tree(tree: &TestTree, page: &str, mailbox: &str) {
    let mail = format!("{mailbox}@example.org");
    let ada = [("uid", "ada"), ("cn", "Ada Lovelace"), ("mail", mail.as_str()), ("userPassword", OLD)];
    let ada = tree.add_person(&ada).await;
    by_mail(&ldap::settings(page, tree), "ada", mailbox).await;
    assert!(tree.signs_in(&ada, NEW).await && !tree.signs_in(&ada, OLD).await);
}

#[tokio::test]
#[ignore = "needs slapd and Postfix (tests/with-services)"]
async fn openldap_signs_in_whoever_set_a_password_by_a_mail() {
    in_tree(&TestTree::fresh().await, "openldap.md", "openldap").await;
}

#[tokio::test]
#[ignore = "needs 389 Directory Server and Postfix (tests/with-services)"]
async fn ds389_signs_in_whoever_set_a_password_by_a_mail() {
    in_tree(&TestTree::on(TestServer::Ds389).await, "389ds.md", "ds389").await;
}

#[tokio::test]
#[ignore = "needs Samba and Postfix (tests/with-services)"]
async fn active_directory_signs_in_whoever_set_a_password_by_a_mail() {
    let unit = TestUnit::fresh().await;
    // Unique in the domain.
    let name = format!("m{}", unit.name());
    let ada = [
        ("sAMAccountName", name.as_str()),
        ("displayName", "Ada Lovelace"),
        ("mail", "domain@example.org"),
        ("unicodePwd", OLD),
    ];
    let ada = unit.add_person(&ada).await;
    by_mail(&active_directory::settings(&unit), &name, "domain").await;
    assert!(unit.signs_in(&ada, NEW).await && !unit.signs_in(&ada, OLD).await);
}
