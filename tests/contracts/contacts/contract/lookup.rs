//! What every lookup of contacts must do.

use contacts::Found;

use keys::NormalisedEmail;

use super::{ContactsFixture, Directory, GivenContact, id, one, others};

/// What every [`contacts::ContactLookup`] must do.
///
/// # Panics
/// Where it does not.
pub(in crate::contacts) async fn lookup_contract(fixture: &dyn ContactsFixture) {
    a_contact_is_found_as_it_stands(fixture).await;
    nobody_is_found_by_a_wrong_id(fixture).await;
    an_exact_id_finds_its_contact_beside_look_alikes_and_no_other(fixture).await;
    an_inactive_contact_is_not_found_but_holds_its_email(fixture).await;
    a_shared_email_is_seen_whatever_its_spelling(fixture).await;
    a_changed_email_is_seen_at_once(fixture).await;
    whoever_has_an_email_is_found_by_it(fixture).await;
    a_search_offers_who_begins_with_what_was_typed(fixture).await;
    a_search_is_ordered_by_how_well_it_matches_and_cut_behind_the_best(fixture).await;
    a_search_shows_no_email_in_full(fixture).await;
    a_search_takes_whatever_is_typed(fixture).await;
}

async fn a_contact_is_found_as_it_stands(fixture: &dyn ContactsFixture) {
    let ada = GivenContact::new("ada", "Ada Lovelace").with_email("Ada@Example.org").with_language("en");
    let sakura = GivenContact::new("さくら", "さくら 山田");
    let directory = fixture.fresh(&[ada, sakura]).await;
    let found = one(&*directory, "ada").await;
    assert_eq!((found.id.as_str(), found.name.as_str()), ("ada", "Ada Lovelace"));
    assert_eq!(found.primary_email.as_deref(), Some("Ada@Example.org"));
    assert_eq!(found.language.as_deref(), Some("en"));
    let found = one(&*directory, "さくら").await;
    assert_eq!((found.name.as_str(), found.primary_email, found.language), ("さくら 山田", None, None));
    // However it was typed, the id is the directory's.
    assert_eq!(one(&*directory, " ADA ").await.id.as_str(), "ada");
    assert_eq!(one(&*directory, "\u{feff}a\u{200b}da").await.id.as_str(), "ada");
}

async fn nobody_is_found_by_a_wrong_id(fixture: &dyn ContactsFixture) {
    let directory = fixture.fresh(&[GivenContact::new("ada", "Ada"), GivenContact::new("bob", "Bob")]).await;
    // Among them what other query languages would take for more than a text.
    for typed in [
        "",
        " ",
        "ad",
        "adaa",
        "*",
        "a*",
        "%",
        "a_a",
        "ada' OR '1'='1",
        "ada)(|(uid=*",
        "ada\\",
        "ada\0",
        "Ada Lovelace",
    ] {
        let found = directory.lookup().find(typed).await.unwrap();
        assert!(matches!(found, Found::Nobody), "{typed:?}: {found:?}");
    }
}

async fn an_exact_id_finds_its_contact_beside_look_alikes_and_no_other(fixture: &dyn ContactsFixture) {
    let directory = fixture
        .fresh(&[
            GivenContact::new("ceo", "Plain").with_email("ceo@example.org"),
            GivenContact::new("ceo\u{200b}", "With a space that nobody sees"),
            GivenContact::new("old", "Old").inactive(),
        ])
        .await;
    let lookup = directory.lookup();
    // What a person types may mean either.
    assert!(matches!(lookup.find("ceo\u{200b}").await.unwrap(), Found::Several(_)));
    for (exact, name) in [("ceo", "Plain"), ("ceo\u{200b}", "With a space that nobody sees")] {
        let found = lookup.find_exact(&id(exact)).await.unwrap().unwrap();
        assert_eq!((found.id, found.name.as_str()), (id(exact), name));
    }
    for typed in ["CEO", " ceo", "ceo\u{feff}", "old", "nobody"] {
        assert!(lookup.find_exact(&id(typed)).await.unwrap().is_none(), "{typed:?}");
    }
    let found = lookup.find_exact(&id("ceo")).await.unwrap().unwrap();
    assert_eq!(
        found.password_version,
        directory.writer().read(&id("ceo")).await.unwrap().unwrap().password_version
    );
    assert_eq!(found.primary_email.as_deref(), Some("ceo@example.org"));
}

async fn an_inactive_contact_is_not_found_but_holds_its_email(fixture: &dyn ContactsFixture) {
    let ada = GivenContact::new("ada", "Ada").with_email("ada@example.org");
    let old = GivenContact::new("old", "Old").with_email("ada@example.org").inactive();
    let directory = fixture.fresh(&[ada, old]).await;
    assert!(matches!(directory.lookup().find("old").await.unwrap(), Found::Nobody));
    assert!(directory.writer().read(&id("old")).await.unwrap().is_none());
    assert_eq!(others(&*directory, "ada@example.org", "ada").await, ["old"]);
}

async fn a_shared_email_is_seen_whatever_its_spelling(fixture: &dyn ContactsFixture) {
    let directory = fixture
        .fresh(&[
            GivenContact::new("a", "A").with_email("jos\u{e9}@b\u{fc}cher.example"),
            GivenContact::new("b", "B").with_email("JOSE\u{301}@BU\u{308}CHER.example"),
            GivenContact::new("c", "C").with_email("jos\u{e9}@xn--bcher-kva.example"),
            GivenContact::new("d", "D").with_email("jose@b\u{fc}cher.example"),
            GivenContact::new("e", "E").with_email("n/a"),
            GivenContact::new("f", "F"),
        ])
        .await;
    assert_eq!(others(&*directory, "jos\u{e9}@b\u{fc}cher.example", "a").await, ["b", "c"]);
    assert!(others(&*directory, "jose@b\u{fc}cher.example", "d").await.is_empty());
}

async fn a_changed_email_is_seen_at_once(fixture: &dyn ContactsFixture) {
    let ada = GivenContact::new("ada", "Ada").with_email("ada@example.org");
    let bob = GivenContact::new("bob", "Bob").with_email("bob@example.org");
    let directory = fixture.fresh(&[ada, bob]).await;
    assert!(others(&*directory, "ada@example.org", "ada").await.is_empty());
    directory.change_email("bob", Some("ADA@example.org")).await;
    assert_eq!(others(&*directory, "ada@example.org", "ada").await, ["bob"]);
    assert_eq!(one(&*directory, "bob").await.primary_email.as_deref(), Some("ADA@example.org"));
    directory.change_email("bob", None).await;
    assert!(others(&*directory, "ada@example.org", "ada").await.is_empty());
    assert_eq!(one(&*directory, "bob").await.primary_email, None);
}

async fn a_search_offers_who_begins_with_what_was_typed(fixture: &dyn ContactsFixture) {
    let directory = fixture
        .fresh(&[
            GivenContact::new("emp-1", "Ada Lovelace").with_email("Countess@example.org"),
            GivenContact::new("emp-2", "Zo\u{eb} Kästner").with_email("zk@example.org"),
            GivenContact::new("さくら", "山田 さくら"),
            GivenContact::new("emp-4", "Ada Old").with_email("countess@example.net").inactive(),
        ])
        .await;
    for (typed, found) in [
        ("EMP-1", "emp-1"),
        (" ada", "emp-1"),
        ("LOVE", "emp-1"),
        ("ada love", "emp-1"),
        ("countess@", "emp-1"),
        ("ZOE\u{308}", "emp-2"),
        ("k\u{e4}st", "emp-2"),
        ("さく", "さくら"),
        ("山田", "さくら"),
    ] {
        assert_eq!(hits(&*directory, typed, 25).await, [found], "{typed}");
    }
    if directory.searches_without_accents() {
        for typed in ["zoe", "kast"] {
            assert_eq!(hits(&*directory, typed, 25).await, ["emp-2"], "{typed}");
        }
    }
    assert_eq!(hits(&*directory, "emp", 25).await, ["emp-1", "emp-2"]);
    for typed in ["emp-4", "ada old", "mp-1", "ovelace", "example.org", "emp-11", "ada  x"] {
        assert!(hits(&*directory, typed, 25).await.is_empty(), "{typed}");
    }
    // Whoever is offered is found.
    let offered = directory.lookup().search("zo\u{eb}", 1).await.unwrap().remove(0);
    assert_eq!((offered.id.as_str(), offered.name.as_str()), ("emp-2", "Zo\u{eb} Kästner"));
    assert_eq!(one(&*directory, offered.id.as_str()).await.name, offered.name);
}

async fn a_search_is_ordered_by_how_well_it_matches_and_cut_behind_the_best(fixture: &dyn ContactsFixture) {
    let directory = fixture
        .fresh(&[
            GivenContact::new("1", "Zed").with_email("ada@example.org"),
            GivenContact::new("2", "Byron Ada"),
            GivenContact::new("3", "ada Z"),
            GivenContact::new("4", "\u{c1}da B"),
            GivenContact::new("5", "Ada Z"),
            GivenContact::new("adam", "Yves"),
            GivenContact::new("adab", "Xaver"),
            GivenContact::new("ada", "Willy"),
        ])
        .await;
    let mut all = vec!["ada", "adab", "adam", "4", "3", "5", "2", "1"];
    if !directory.searches_without_accents() {
        all.retain(|id| *id != "4");
    }
    let by_name = ["4", "3", "5", "2", "ada", "adab", "adam", "1"];
    for limit in 0..=by_name.len() {
        assert_eq!(hits(&*directory, "ADA", limit).await, all.get(..limit).unwrap_or(&all));
        assert_eq!(hits(&*directory, " ", limit).await, by_name.get(..limit).unwrap());
    }
    assert_eq!(hits(&*directory, "", usize::MAX).await, by_name);
}

async fn a_search_shows_no_email_in_full(fixture: &dyn ContactsFixture) {
    let directory = fixture
        .fresh(&[
            GivenContact::new("a1", "A").with_email("Ada.Lovelace@Example.org"),
            GivenContact::new("a2", "B"),
            GivenContact::new("a3", "C").with_email("Ada <ada.lovelace@example.org>"),
        ])
        .await;
    let hits = directory.lookup().search("a", 25).await.unwrap();
    let emails: Vec<_> = hits.iter().map(|hit| hit.masked_email.as_deref()).collect();
    assert_eq!(emails.first(), Some(&Some("a…@example.org")));
    assert_eq!(emails.get(1), Some(&None));
    assert!(!format!("{hits:?}").to_lowercase().contains("lovelace"), "{hits:?}");
}

async fn a_search_takes_whatever_is_typed(fixture: &dyn ContactsFixture) {
    let directory = fixture
        .fresh(&[
            GivenContact::new("ada", "Ada").with_email("ada@example.org"),
            GivenContact::new("100%_\\", "P*"),
        ])
        .await;
    // Among them what other query languages would take for more than a text.
    for typed in
        ["%", "_", "a_a", "ad%", "*", "a*", "[a-z]", "ada' OR '1'='1", "ada)(|(uid=*", "ada\\", "ada\0", "\0"]
    {
        assert!(hits(&*directory, typed, 25).await.is_empty(), "{typed:?}");
    }
    for typed in ["100%", "100%_", "100%_\\", "p*"] {
        assert_eq!(hits(&*directory, typed, 25).await, ["100%_\\"], "{typed}");
    }
    for typed in [
        "a".repeat(301),
        "a".repeat(1_000_000),
        "\u{301}".repeat(5000),
        "🔑".repeat(299),
        "\u{fdfa}".repeat(300),
    ] {
        assert!(hits(&*directory, &typed, 25).await.is_empty());
    }
    assert_eq!(hits(&*directory, &format!("{0}ada{0}", " ".repeat(1000)), 25).await, ["ada"]);
}

async fn hits(directory: &dyn Directory, typed: &str, limit: usize) -> Vec<String> {
    let hits = directory.lookup().search(typed, limit).await.unwrap();
    hits.into_iter().map(|hit| String::from(hit.id)).collect()
}

async fn whoever_has_an_email_is_found_by_it(fixture: &dyn ContactsFixture) {
    let directory = fixture
        .fresh(&[
            GivenContact::new("ada", "Ada").with_email(" Ada@Example.org"),
            GivenContact::new("carol", "Carol").with_email("family@example.net"),
            GivenContact::new("bob", "Bob").with_email("Family@Example.NET"),
            GivenContact::new("erin", "Erin").with_email("family@example.net").inactive(),
            GivenContact::new("dora", "Dora").with_email("n/a"),
        ])
        .await;
    let lookup = directory.lookup();
    for (email, limit, expected) in [
        ("ada@example.org", 5, vec!["ada"]),
        ("ADA@EXAMPLE.ORG", 5, vec!["ada"]),
        ("family@example.net", 5, vec!["bob", "carol"]),
        ("family@example.net", 1, vec!["bob"]),
        ("nobody@example.org", 5, vec![]),
        ("*@example.org", 5, vec![]),
        ("%@example.org", 5, vec![]),
        ("_da@example.org", 5, vec![]),
        ("ada@example.or", 5, vec![]),
    ] {
        let Some(email) = NormalisedEmail::new(email) else { continue };
        let found = lookup.with_email(&email, limit).await.unwrap();
        let ids: Vec<_> = found.iter().map(|contact| contact.id.as_str()).collect();
        assert_eq!(ids, expected, "{}", email.expose());
    }
}
