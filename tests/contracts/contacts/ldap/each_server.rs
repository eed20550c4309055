//! What holds for every server, by whichever flavour it is spoken to.

use super::*;

/// A test of each name for each server.
macro_rules! on_each_server {
    ($($name:ident)*) => {
        on_each_server!(openldap OPENLDAP "needs slapd (tests/with-services)" $($name)*);
        on_each_server!(generic_on_slapd GENERIC_ON_SLAPD "needs slapd (tests/with-services)" $($name)*);
        on_each_server!(ds389 DS389 "needs 389 Directory Server (tests/with-services)" $($name)*);
        on_each_server!(generic_on_ds389 GENERIC_ON_DS389 "needs 389 Directory Server (tests/with-services)" $($name)*);
    };
    ($server:ident $served:ident $needs:literal $($name:ident)*) => {
        mod $server {
            $(
                #[tokio::test(flavor = "multi_thread")]
                #[ignore = $needs]
                async fn $name() {
                    super::$name(super::$served).await;
                }
            )*
        }
    };
}

on_each_server! {
    it_keeps_the_lookup_contract
    it_keeps_the_writer_contract
    the_old_password_no_longer_signs_in_and_the_new_one_does
    what_the_policy_refuses_is_a_sentence_and_changes_nothing
    of_several_emails_none_is_the_first_and_all_count_as_taken
    an_entry_with_two_ids_and_one_with_too_long_an_id_are_named_with_the_cure
    whatever_is_typed_finds_nobody_else_and_changes_nothing
    names_of_entries_may_hold_whatever_the_server_lets_them
    whom_the_filter_leaves_out_gets_no_link_and_shares_an_email
}

async fn it_keeps_the_lookup_contract(served: Served) {
    lookup_contract(&served).await;
}

async fn it_keeps_the_writer_contract(served: Served) {
    writer_contract(&served).await;
}

async fn the_old_password_no_longer_signs_in_and_the_new_one_does(served: Served) {
    let directory = LdapDirectory::with_people(served, &[("ada", &[])], |settings| settings).await;
    assert!(directory.signs_in("ada", UNKNOWN).await);
    assert_eq!(directory.set("ada", "first correct horse").await, SetPassword::Set);
    assert!(directory.signs_in("ada", "first correct horse").await);
    assert!(!directory.signs_in("ada", UNKNOWN).await);
}

async fn what_the_policy_refuses_is_a_sentence_and_changes_nothing(served: Served) {
    let directory = LdapDirectory::with_people(served, &[("ada", &[])], |settings| settings).await;
    let ada = ContactId::new("ada").unwrap();
    let before = directory.writer.read(&ada).await.unwrap().unwrap().password_version;
    // To those that do not know its words the server says so by a code that means more than one thing.
    let too_short =
        if served == GENERIC_ON_DS389 { PasswordRefusal::TooSimple } else { PasswordRefusal::TooShort };
    for (password, refusal) in
        [("short", too_short), ("{CLEARTEXT}long enough", PasswordRefusal::LooksHashed)]
    {
        assert_eq!(directory.set("ada", password).await, SetPassword::Refused(refusal));
        assert!(!directory.signs_in("ada", password).await);
    }
    assert!(directory.signs_in("ada", UNKNOWN).await);
    assert_eq!(directory.writer.read(&ada).await.unwrap().unwrap().password_version, before);
}

async fn of_several_emails_none_is_the_first_and_all_count_as_taken(served: Served) {
    let directory = LdapDirectory::with_people(
        served,
        &[
            ("ada", &[("mail", "ada@example.org")]),
            ("bob", &[("mail", " ADA@Example.ORG "), ("mail", "bob@example.org")]),
            ("eve", &[("mail", "n/a")]),
        ],
        |settings| settings,
    )
    .await;
    let bob = ContactId::new("bob").unwrap();
    assert_eq!(directory.lookup.find_exact(&bob).await.unwrap().unwrap().primary_email, None);
    assert_eq!(directory.others("ada@example.org", "ada").await, EmailSharing::With(vec![bob]));
    assert_eq!(
        directory.others("jos\u{e9}@b\u{fc}cher.example", "ada").await,
        EmailSharing::With(Vec::new())
    );
}

async fn an_entry_with_two_ids_and_one_with_too_long_an_id_are_named_with_the_cure(served: Served) {
    let long = "a".repeat(65);
    let directory = LdapDirectory::with_people(
        served,
        &[("ada", &[("uid", "countess")]), (&long, &[]), ("one", &[]), ("ONE", &[])],
        |settings| settings,
    )
    .await;
    for (typed, cure) in
        [("countess", "of which each entry has one value"), (long.as_str(), "whose values are short")]
    {
        let refused = directory.lookup.find(typed).await.unwrap_err().to_string();
        assert!(refused.contains("contacts.id_attribute") && refused.contains(cure), "{refused}");
    }
    // The server takes these for one.
    for id in ["one", "ONE"] {
        let found = directory.lookup.find_exact(&ContactId::new(id).unwrap()).await.unwrap().unwrap();
        assert_eq!(found.id.as_str(), id);
    }
    assert!(matches!(directory.lookup.find("One").await.unwrap(), Found::Several(_)));
}

async fn whatever_is_typed_finds_nobody_else_and_changes_nothing(served: Served) {
    let directory =
        LdapDirectory::with_people(served, &[("ada", &[]), ("bob", &[])], |settings| settings).await;
    let version =
        directory.writer.read(&ContactId::new("ada").unwrap()).await.unwrap().unwrap().password_version;
    let long = "a".repeat(10_240);
    for typed in
        ["*)(uid=*", "*", "ada)(uid=*", "ada\0", "\0", "\\", "\\61da", "ada)(|(objectClass=*)", long.as_str()]
    {
        assert!(matches!(directory.lookup.find(typed).await.unwrap(), Found::Nobody), "{typed:.20}");
        assert!(directory.lookup.search(typed, 25).await.unwrap().is_empty(), "{typed:.20}");
        let Ok(id) = ContactId::new(typed) else { continue };
        assert!(directory.lookup.find_exact(&id).await.unwrap().is_none(), "{typed:.20}");
        let prepared = directory.writer.prepare("first correct horse".to_owned().into()).await.unwrap();
        assert_eq!(directory.writer.set(&id, &version, prepared).await.unwrap(), SetPassword::VersionChanged);
    }
    for id in ["ada", "bob"] {
        assert!(directory.signs_in(id, UNKNOWN).await, "{id}");
    }
}

async fn names_of_entries_may_hold_whatever_the_server_lets_them(served: Served) {
    let tree = TestTree::on(served.server).await;
    let mut made = Vec::new();
    for (id, name) in [
        ("commas", r"cn=Lovelace\2C Ada \22Countess\22"),
        ("plus", r"cn=a\2Bb \3D c\5C\3B\3C\3E"),
        ("spaces", r"cn=\20 \23both ends\20"),
        ("größe", "cn=Grüße 雪"),
        ("two", "cn=one+sn=x"),
    ] {
        let dn = format!("{name},{}", tree.base());
        let attributes = [("uid", id), ("cn", "one"), ("sn", "x"), ("userPassword", UNKNOWN)];
        tree.add_dated(&dn, &["inetOrgPerson"], &attributes).await;
        made.push((id, dn));
    }
    served.until_made().await;
    let directory = LdapDirectory::served_by(served, Arc::new(tree), |settings| settings).await;
    for (id, dn) in &made {
        let found = directory.lookup.find(id).await.unwrap();
        assert!(matches!(found, Found::One(contact) if contact.id.as_str() == *id), "{dn}");
        assert_eq!(directory.set(id, "first correct horse").await, SetPassword::Set, "{dn}");
        for (others, dn) in &made {
            let is_set =
                made.iter().position(|(one, _)| one == others) <= made.iter().position(|(one, _)| one == id);
            assert_eq!(directory.tree.signs_in(dn, "first correct horse").await, is_set, "{dn}");
        }
    }
}

async fn whom_the_filter_leaves_out_gets_no_link_and_shares_an_email(served: Served) {
    let mail = ("mail", "ada@example.org");
    let people: [(&str, &[(&str, &str)]); 3] =
        [("ada", &[mail]), ("adam", &[mail, ("description", "former")]), ("adele", &[mail, served.locked()])];
    let filter = match served {
        GENERIC_ON_DS389 => "(&(!(description=former))(!(nsAccountLock=true)))",
        _ => "(!(description=former))",
    };
    let directory = LdapDirectory::with_people(served, &people, |settings| LdapContacts {
        active_filter: Some(filter.to_owned()),
        ..settings
    })
    .await;
    let unfiltered = directory.writer.read(&ContactId::new("ada").unwrap()).await.unwrap().unwrap();
    for id in ["adam", "adele"] {
        assert!(matches!(directory.lookup.find(id).await.unwrap(), Found::Nobody), "{id}");
        let id = ContactId::new(id).unwrap();
        assert!(directory.lookup.find_exact(&id).await.unwrap().is_none(), "{id}");
        assert!(directory.writer.read(&id).await.unwrap().is_none(), "{id}");
        let prepared = directory.writer.prepare("first correct horse".to_owned().into()).await.unwrap();
        let set = directory.writer.set(&id, &unfiltered.password_version, prepared).await.unwrap();
        assert_eq!(set, SetPassword::VersionChanged, "{id}");
        // It protects whoever is inactive too, and is nobody else's.
        assert_eq!(directory.lookup.called(id.as_str()).await.unwrap(), [id]);
    }
    let offered = directory.lookup.search("ad", 25).await.unwrap();
    assert_eq!(offered.iter().map(|hit| hit.id.as_str()).collect::<Vec<_>>(), ["ada"]);
    let [adam, adele] = ["adam", "adele"].map(|id| ContactId::new(id).unwrap());
    assert_eq!(directory.others("ada@example.org", "ada").await, EmailSharing::With(vec![adam, adele]));
    assert_eq!(directory.set("ada", "first correct horse").await, SetPassword::Set);

    // What the account may not search is true of nobody: that is told at once, and nobody counts as active by mistake.
    let hidden = LdapContacts {
        active_filter: Some("(!(telephoneNumber=1))".to_owned()),
        ..served.settings(&directory.tree, LdapAccount::Reader)
    };
    let error = LdapContactLookup::open(&hidden).await.err().unwrap().to_string();
    assert!(error.contains("contacts.active_filter"), "{error}");
}
