//! Who else has an e-mail in an LDAP directory: whoever is missed would get a link that is another contact's.

use contacts::{ContactLookup as _, EmailSharing, LdapContactLookup};
use keys::{ContactId, NormalisedEmail};
use reset_link_tests::harness::ldap::{LdapAccount, TestTree};

use super::ldap::settings;

const SHARED: &str = "ada@example.org";

/// A tree with Ada.
struct WithAda {
    tree: TestTree,
    lookup: LdapContactLookup,
}

impl WithAda {
    async fn fresh() -> Self {
        let tree = TestTree::fresh().await;
        tree.add_person(&[("uid", "ada"), ("cn", "Ada"), ("mail", SHARED)]).await;
        let lookup = LdapContactLookup::open(&settings(&tree, LdapAccount::Reader)).await.unwrap();
        let directory = Self { tree, lookup };
        assert_eq!(directory.others().await, EmailSharing::With(Vec::new()));
        directory
    }

    async fn others(&self) -> EmailSharing {
        let ada = ContactId::new("ada").unwrap();
        self.lookup.others_with_email(&NormalisedEmail::new(SHARED).unwrap(), &ada).await.unwrap()
    }

    async fn undecided(&self) -> String {
        match self.others().await {
            EmailSharing::Undecided(why) => why,
            EmailSharing::With(others) => panic!("{others:?}"),
        }
    }

    async fn add(&self, name: &str, classes: &[&str], attributes: &[(&str, &str)]) {
        let mut all = vec![("ou", name)];
        all.extend_from_slice(attributes);
        self.tree.add(&format!("ou={name},{}", self.tree.base()), classes, &all).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs slapd (tests/with-services)"]
async fn who_has_an_email_in_a_branch_at_another_server_is_not_known() {
    let directory = WithAda::fresh().await;
    let elsewhere = ("ref", "ldap://elsewhere.example.org/ou=elsewhere,dc=example,dc=org");
    directory.add("elsewhere", &["referral", "extensibleObject"], &[elsewhere]).await;
    let why = directory.undecided().await;
    assert!(why.contains("at another server"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs slapd (tests/with-services)"]
async fn an_email_is_shared_with_whoever_the_filter_for_contacts_leaves_out() {
    let directory = WithAda::fresh().await;
    let classes = ["organizationalUnit", "extensibleObject"];
    directory.add("list", &classes, &[("uid", "list"), ("mail", SHARED)]).await;
    assert_eq!(directory.others().await, EmailSharing::With(vec![ContactId::new("list").unwrap()]));
    // It is not to be taken for herself.
    directory.add("namesake", &classes, &[("uid", "ada"), ("mail", SHARED)]).await;
    assert!(directory.undecided().await.contains("have one id"));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs slapd (tests/with-services)"]
async fn an_email_is_shared_with_a_group_that_has_no_id() {
    let directory = WithAda::fresh().await;
    directory.add("team", &["organizationalUnit", "extensibleObject"], &[("mail", SHARED)]).await;
    assert!(directory.undecided().await.contains("no id"));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs slapd (tests/with-services)"]
async fn an_email_with_a_language_is_an_email() {
    let directory = WithAda::fresh().await;
    directory.tree.add_person(&[("uid", "eve"), ("cn", "Eve"), ("mail;lang-de", SHARED)]).await;
    assert_eq!(directory.others().await, EmailSharing::With(vec![ContactId::new("eve").unwrap()]));
}
