//! Who is inactive in an LDAP directory, and gets no link.

use contacts::{ContactLookup as _, Found, LdapContactLookup};
use reset_link_tests::harness::ldap::{LdapAccount, TestTree};

use super::ldap::settings;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs slapd (tests/with-services)"]
async fn a_lock_for_good_is_one_in_each_spelling_of_its_time() {
    let tree = TestTree::fresh().await;
    for (id, locked) in
        [("minutes", "000001010000Z"), ("seconds", "00000101000000Z"), ("a while", "20200101000000Z")]
    {
        tree.add_person(&[("uid", id), ("cn", id), ("pwdAccountLockedTime", locked)]).await;
    }
    let lookup = LdapContactLookup::open(&settings(&tree, LdapAccount::Reader)).await.unwrap();
    for id in ["minutes", "seconds"] {
        assert!(matches!(lookup.find(id).await.unwrap(), Found::Nobody), "{id}");
    }
    assert!(matches!(lookup.find("a while").await.unwrap(), Found::One(_)));
}
