//! What is particular to 389 Directory Server.

use reset_link_tests::wait::until;

use super::*;

const NEW: &str = "first correct horse";

/// A policy for some people, with these rules beside a lock after three failures.
async fn add_policy(tree: &TestTree, rules: &[(&str, &str)]) -> String {
    let dn = format!("cn=policy,{}", tree.base());
    let mut attributes = vec![
        ("cn", "policy"),
        ("passwordTrackUpdateTime", "on"),
        ("passwordCheckSyntax", "on"),
        ("passwordMinLength", "10"),
        ("passwordMinCategories", "1"),
        ("passwordLockout", "on"),
        ("passwordMaxFailure", "3"),
        ("passwordLockoutDuration", "3600"),
        ("passwordResetFailureCount", "600"),
        ("passwordUnlock", "on"),
    ];
    attributes.extend_from_slice(rules);
    tree.add(&dn, &["ldapsubentry", "passwordpolicy", "extensibleObject"], &attributes).await;
    dn
}

/// Contacts for whom that policy holds.
async fn under_policy(rules: &[(&str, &str)], unlock: bool) -> LdapDirectory {
    let people: [(&str, &[(&str, &str)]); 1] = [("ada", &[("mail", "ada@example.org")])];
    let directory =
        LdapDirectory::with_people(DS389, &people, |settings| LdapContacts { unlock, ..settings }).await;
    let policy = add_policy(&directory.tree, rules).await;
    directory.tree.replace(&directory.dn("ada").await, "pwdpolicysubentry", &[&policy]).await;
    directory
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs 389 Directory Server (tests/with-services)"]
async fn each_rule_that_a_password_breaks_is_told() {
    let directory = under_policy(&[("passwordHistory", "on"), ("passwordInHistory", "3")], true).await;
    assert_eq!(directory.set("ada", NEW).await, SetPassword::Set);
    for (password, refusal) in [
        (NEW, PasswordRefusal::UsedBefore),
        (UNKNOWN, PasswordRefusal::UsedBefore),
        ("ada@example.org", PasswordRefusal::TooSimple),
    ] {
        assert_eq!(directory.set("ada", password).await, SetPassword::Refused(refusal), "{password}");
    }
    directory
        .tree
        .replace(&format!("cn=policy,{}", directory.tree.base()), "passwordMinDigits", &["2"])
        .await;
    let SetPassword::Refused(PasswordRefusal::InOwnWords(words)) =
        directory.set("ada", "no digits at all").await
    else {
        panic!("it has no digits")
    };
    assert!(words.contains("at least 2 digit characters"), "{words}");
    assert!(directory.signs_in("ada", NEW).await);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs 389 Directory Server (tests/with-services)"]
async fn a_password_may_be_too_young_to_be_changed() {
    let directory = under_policy(&[("passwordMinAge", "3600")], true).await;
    assert_eq!(directory.set("ada", NEW).await, SetPassword::Set);
    // The server counts in seconds, and not within the first one.
    directory.until_another_version().await;
    let refused = SetPassword::Refused(PasswordRefusal::TooRecent);
    assert_eq!(directory.set("ada", "second battery staple").await, refused);
    assert!(directory.signs_in("ada", NEW).await);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs 389 Directory Server (tests/with-services)"]
async fn a_reset_ends_a_lock_after_failures() {
    for unlock in [true, false] {
        let directory = under_policy(&[], unlock).await;
        for _ in 0..4 {
            assert!(!directory.signs_in("ada", "not the password").await);
        }
        assert!(!directory.signs_in("ada", UNKNOWN).await, "she is locked");
        // That is when people ask for a link.
        assert!(matches!(directory.lookup.find("ada").await.unwrap(), Found::One(_)));
        assert_eq!(directory.set("ada", NEW).await, SetPassword::Set);
        // The server forgets failures by itself, a moment after its answer.
        assert!(directory.signs_in("ada", NEW).await, "unlock = {unlock}");
        let left = directory.tree.values(&directory.dn("ada").await, "accountUnlockTime").await;
        assert_eq!(left.is_empty(), unlock, "{left:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs 389 Directory Server (tests/with-services)"]
async fn who_is_locked_by_a_role_gets_no_link_either() {
    let directory =
        LdapDirectory::with_people(DS389, &[("ada", &[]), ("bob", &[])], |settings| settings).await;
    let tree = &directory.tree;
    let base = tree.base();
    let role = format!("cn=disabled,{base}");
    let roles = ["LDAPsubentry", "nsRoleDefinition", "nsSimpleRoleDefinition", "nsManagedRoleDefinition"];
    tree.add(&role, &roles, &[("cn", "disabled")]).await;
    let templates = format!("cn=templates,{base}");
    tree.add(&templates, &["nsContainer"], &[("cn", "templates")]).await;
    let template = format!("cn=\"{role}\",{templates}");
    let classes = ["extensibleObject", "costemplate", "ldapsubentry"];
    tree.add(&template, &classes, &[("cn", role.as_str()), ("nsAccountLock", "true")]).await;
    let classes = ["LDAPsubentry", "cosSuperDefinition", "cosClassicDefinition"];
    let lock = [
        ("cn", "lock"),
        ("cosTemplateDn", templates.as_str()),
        ("cosSpecifier", "nsRole"),
        ("cosAttribute", "nsAccountLock operational"),
    ];
    tree.add(&format!("cn=lock,{base}"), &classes, &lock).await;
    tree.replace(&directory.dn("bob").await, "nsRoleDN", &[&role]).await;
    // The server takes roles up in the background.
    until("the role locks", async || !matches!(directory.lookup.find("bob").await.unwrap(), Found::One(_)))
        .await;
    assert!(!directory.signs_in("bob", UNKNOWN).await);
    assert!(matches!(directory.lookup.find("ada").await.unwrap(), Found::One(_)));
    assert!(directory.lookup.search("bob", 25).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs 389 Directory Server (tests/with-services)"]
async fn who_has_no_update_time_gets_no_link_unless_any_change_ends_it() {
    let tree = TestTree::on(TestServer::Ds389).await;
    let dn = tree.add_person(&[("uid", "new"), ("cn", "New")]).await;
    tree.add_person(&[("uid", "ada"), ("cn", "Ada"), ("userPassword", UNKNOWN)]).await;
    let tree = Arc::new(tree);
    let strict = LdapDirectory::served_by(DS389, Arc::clone(&tree), |settings| settings).await;
    let lenient = LdapDirectory::served_by(DS389, Arc::clone(&tree), |settings| LdapContacts {
        version_from: VersionFrom::ModifyTime,
        ..settings
    })
    .await;
    let [new, ada] = ["new", "ada"].map(|id| ContactId::new(id).unwrap());
    let of = async |directory: &LdapDirectory, id: &ContactId| {
        directory.lookup.find_exact(id).await.unwrap().unwrap()
    };
    let found = of(&strict, &new).await;
    assert_eq!(found.obstacle, Some(Obstacle::NoChangeTime));
    let prepared = strict.writer.prepare(NEW.to_owned().into()).await.unwrap();
    let refused = strict.writer.set(&new, &found.password_version, prepared).await.unwrap_err().to_string();
    assert!(refused.contains("when this password was last set"), "{refused}");
    assert!(!strict.signs_in("new", NEW).await);

    let before = of(&lenient, &new).await;
    assert_eq!(before.obstacle, None);
    assert_eq!(of(&lenient, &ada).await.password_version, of(&strict, &ada).await.password_version);
    lenient.until_another_version().await;
    tree.replace(&dn, "description", &["moved to another room"]).await;
    assert_ne!(of(&lenient, &new).await.password_version, before.password_version);
    let prepared = lenient.writer.prepare(NEW.to_owned().into()).await.unwrap();
    let late = lenient.writer.set(&new, &before.password_version, prepared).await.unwrap();
    assert_eq!(late, SetPassword::VersionChanged);
    lenient.until_another_version().await;
    assert_eq!(lenient.set("new", NEW).await, SetPassword::Set);
    assert!(lenient.signs_in("new", NEW).await);
    assert_eq!(of(&strict, &new).await.obstacle, None, "the server has noted it before the answer");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs 389 Directory Server (tests/with-services)"]
async fn more_contacts_than_the_server_lists_at_once_are_read_in_pages() {
    let tree = TestTree::on(TestServer::Ds389).await;
    let shared = [("cn", "Somebody"), ("mail", "family@example.org")];
    tree.add_people(600, &shared).await;
    // So many entries in one answer, and no more.
    tree.replace(&tree.account(LdapAccount::Reader), "nsSizeLimit", &["300"]).await;
    let directory = LdapDirectory::served_by(DS389, Arc::new(tree), |settings| settings).await;
    let EmailSharing::With(others) = directory.others("family@example.org", "u0").await else {
        panic!("there are no more than reset-link will list")
    };
    assert_eq!(others.len(), 599);
    assert_eq!(directory.lookup.search("somebody", 25).await.unwrap().len(), 25);
}
