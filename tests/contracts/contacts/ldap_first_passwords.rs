//! Contacts of OpenLDAP who have no password yet.

use std::sync::Arc;

use config::LdapContacts;
use contacts::{
    ContactLookup as _, DirectoryError, LdapContactLookup, LdapPasswordWriter, Obstacle, PasswordWriter as _,
    SetPassword,
};
use keys::{ContactId, PasswordVersion};
use reset_link_tests::harness::ldap::{self, LdapAccount, TestTree};

use super::ldap::settings;

const PROBE: &str = "reset-link-probe";
/// The database below which there is another one, `ou=contractors`, without a password policy.
const GLUED: &str = "dc=glued,dc=org";

async fn set(
    writer: &LdapPasswordWriter,
    id: &ContactId,
    version: &PasswordVersion,
    password: &str,
) -> Result<SetPassword, DirectoryError> {
    let prepared = writer.prepare(password.to_owned().into()).await.unwrap();
    writer.set(id, version, prepared).await
}

/// Where the entry for trying is, of which the server does not know yet when its password was set.
async fn add_probe(tree: &TestTree) -> String {
    let dn = format!("cn=probe,{}", tree.base());
    tree.add(&dn, &["inetOrgPerson"], &[("cn", "probe"), ("sn", "x"), ("uid", PROBE)]).await;
    dn
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs slapd (tests/with-services)"]
async fn a_first_password_that_the_server_does_not_note_is_the_last() {
    let tree = TestTree::fresh_in(GLUED).await;
    let probe = add_probe(&tree).await;
    tree.replace(&probe, "pwdChangedTime", &["20200101000000Z"]).await;
    let contractors = format!("ou=contractors,{GLUED}");
    tree.add(&contractors, &["organizationalUnit"], &[("ou", "contractors")]).await;
    let dn = format!("uid=kim,{contractors}");
    tree.add(&dn, &["inetOrgPerson"], &[("uid", "kim"), ("cn", "Kim"), ("sn", "x")]).await;
    let of = |account| LdapContacts {
        base: GLUED.to_owned(),
        probe_id: Some(PROBE.to_owned()),
        ..settings(&tree, account)
    };
    let kim = ContactId::new("kim").unwrap();
    let lookup = LdapContactLookup::open(&of(LdapAccount::Reader)).await.unwrap();
    let link = lookup.find_exact(&kim).await.unwrap().unwrap();
    assert_eq!(link.obstacle, None, "the entry for trying says that this server keeps times");

    let writer = Arc::new(LdapPasswordWriter::open(&of(LdapAccount::Writer)).await.unwrap());
    assert!(writer.is_conditional() && !writer.is_conditional_for(&link), "a lost answer is a used link");
    let both = ["first correct horse", "second correct horse"].map(|password| {
        let (writer, kim, version) = (Arc::clone(&writer), kim.clone(), link.password_version.clone());
        tokio::spawn(async move { (password, set(&writer, &kim, &version, password).await) })
    });
    let mut stored = Vec::new();
    for one in both {
        match one.await.unwrap() {
            (password, Ok(SetPassword::Set)) => stored.push(password),
            (_, Err(DirectoryError::Unreachable(_))) => {}
            (_, other) => panic!("{other:?}"),
        }
    }
    assert_eq!(stored.len(), 1, "{stored:?}");
    let refused = set(&writer, &kim, &link.password_version, "third correct horse").await;
    assert!(matches!(refused, Err(DirectoryError::Unreachable(_))), "{refused:?}");
    assert_eq!(tree.values(&dn, "userPassword").await, stored);
    assert_eq!(writer.read(&kim).await.unwrap().unwrap().obstacle, Some(Obstacle::NoChangeTime));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs slapd (tests/with-services)"]
async fn a_writer_that_has_not_seen_that_times_are_kept_calls_no_link_overtaken() {
    let tree = TestTree::fresh_in(ldap::COMPLETE).await;
    let probe = add_probe(&tree).await;
    tree.add_person(&[("uid", "new"), ("cn", "New")]).await;
    let of = |account| LdapContacts { probe_id: Some(PROBE.to_owned()), ..settings(&tree, account) };
    let writer = LdapPasswordWriter::open(&of(LdapAccount::Writer)).await.unwrap();
    tree.replace(&probe, "pwdChangedTime", &["20200101000000Z"]).await;
    let lookup = LdapContactLookup::open(&of(LdapAccount::Reader)).await.unwrap();
    let new = ContactId::new("new").unwrap();
    let link = lookup.find_exact(&new).await.unwrap().unwrap();
    assert_eq!(link.obstacle, None);
    let read = writer.read(&new).await.unwrap().unwrap();
    assert_eq!(read.obstacle, Some(Obstacle::NoChangeTime));
    assert_eq!(read.password_version, link.password_version);
    let refused = set(&writer, &new, &link.password_version, "first correct horse").await;
    assert!(matches!(refused, Err(DirectoryError::Unreachable(_))), "{refused:?}");
    // Started anew, it has seen it.
    let writer = LdapPasswordWriter::open(&of(LdapAccount::Writer)).await.unwrap();
    let done = set(&writer, &new, &link.password_version, "first correct horse").await;
    assert_eq!(done.unwrap(), SetPassword::Set);
}
