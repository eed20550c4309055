//! What every contact directory must do, whichever backend it is.

#![expect(clippy::unwrap_used, reason = "a contract suite is a test: what fails, panics")]

use std::collections::HashSet;
use std::sync::Arc;

use async_trait::async_trait;
use contacts::{Contact, ContactLookup, Found, PasswordWriter, SetPassword};
use keys::{ContactId, NormalisedEmail, PasswordVersion};

/// A contact that a directory is to hold.
#[derive(Clone, Copy)]
pub(super) struct GivenContact {
    /// The id.
    pub(super) id: &'static str,
    /// The name.
    pub(super) name: &'static str,
    /// The primary e-mail.
    pub(super) email: Option<&'static str>,
    /// The language.
    pub(super) language: Option<&'static str>,
    /// Whether they may get links.
    pub(super) active: bool,
}

impl GivenContact {
    /// An active contact without an e-mail.
    pub(super) const fn new(id: &'static str, name: &'static str) -> Self {
        Self { id, name, email: None, language: None, active: true }
    }

    /// The same with an e-mail.
    #[must_use]
    pub(super) const fn with_email(self, email: &'static str) -> Self {
        Self { email: Some(email), ..self }
    }

    /// The same with a language.
    #[must_use]
    pub(super) const fn with_language(self, language: &'static str) -> Self {
        Self { language: Some(language), ..self }
    }

    /// The same, inactive.
    #[must_use]
    pub(super) const fn inactive(self) -> Self {
        Self { active: false, ..self }
    }
}

/// Makes directories of one backend.
#[async_trait]
pub(super) trait ContactsFixture: Send + Sync {
    /// Makes a fresh directory that holds these contacts, none of whom has a password.
    async fn fresh(&self, contacts: &[GivenContact]) -> Box<dyn Directory>;
}

/// A directory under test.
#[async_trait]
pub(super) trait Directory: Send + Sync {
    /// Its reading capability.
    fn lookup(&self) -> Arc<dyn ContactLookup>;
    /// Its writing capability.
    fn writer(&self) -> Arc<dyn PasswordWriter>;
    /// Opens the same directory again, as another process does.
    async fn reopened(&self) -> Box<dyn Directory>;
    /// Changes an e-mail as the organisation would, past the capability under test.
    async fn change_email(&self, id: &str, email: Option<&str>);
    /// Signs in as the organisation's own sign-in would.
    async fn signs_in(&self, id: &str, password: &str) -> bool;
}

/// What every [`ContactLookup`] must do.
///
/// # Panics
/// Where it does not.
pub(super) async fn lookup_contract(fixture: &dyn ContactsFixture) {
    a_contact_is_found_as_it_stands(fixture).await;
    nobody_is_found_by_a_wrong_id(fixture).await;
    an_exact_id_finds_its_contact_beside_look_alikes_and_no_other(fixture).await;
    an_inactive_contact_is_not_found_but_holds_its_email(fixture).await;
    a_shared_email_is_seen_whatever_its_spelling(fixture).await;
    a_changed_email_is_seen_at_once(fixture).await;
    a_search_offers_who_begins_with_what_was_typed(fixture).await;
    a_search_is_ordered_by_how_well_it_matches_and_cut_behind_the_best(fixture).await;
    a_search_shows_no_email_in_full(fixture).await;
    a_search_takes_whatever_is_typed(fixture).await;
}

/// What every [`PasswordWriter`] must do; the conditional ones more than the others.
///
/// # Panics
/// Where it does not.
pub(super) async fn writer_contract(fixture: &dyn ContactsFixture) {
    a_password_that_was_set_signs_in(fixture).await;
    only_an_exact_id_is_read(fixture).await;
    a_password_takes_any_unicode(fixture).await;
    if fixture.fresh(&[]).await.writer().is_conditional() {
        a_password_is_set_only_once_on_the_same_version(fixture).await;
        of_sixteen_writers_at_once_one_wins(fixture).await;
        two_processes_agree(fixture).await;
        nobody_gets_a_password_who_may_not(fixture).await;
    }
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
        ("zoe", "emp-2"),
        ("ZOE\u{308}", "emp-2"),
        ("kast", "emp-2"),
        ("さく", "さくら"),
        ("山田", "さくら"),
    ] {
        assert_eq!(hits(&*directory, typed, 25).await, [found], "{typed}");
    }
    assert_eq!(hits(&*directory, "emp", 25).await, ["emp-1", "emp-2"]);
    for typed in ["emp-4", "ada old", "mp-1", "ovelace", "example.org", "emp-11", "ada  x"] {
        assert!(hits(&*directory, typed, 25).await.is_empty(), "{typed}");
    }
    // Whoever is offered is found.
    let offered = directory.lookup().search("zoe", 1).await.unwrap().remove(0);
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
    let all = ["ada", "adab", "adam", "4", "3", "5", "2", "1"];
    let by_name = ["4", "3", "5", "2", "ada", "adab", "adam", "1"];
    for limit in 0..=all.len() {
        assert_eq!(hits(&*directory, "ADA", limit).await, all.get(..limit).unwrap());
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

async fn a_password_that_was_set_signs_in(fixture: &dyn ContactsFixture) {
    let directory = fixture.fresh(&[GivenContact::new("ada", "Ada"), GivenContact::new("bob", "Bob")]).await;
    let before = version(&*directory, "ada").await;
    let bob_before = version(&*directory, "bob").await;

    let prepared = directory.writer().prepare("first correct horse".to_owned().into()).await.unwrap();
    let intended = prepared.intended_version.clone();
    let set = directory.writer().set(&id("ada"), &before, prepared).await.unwrap();
    assert_eq!(set, SetPassword::Set);
    let after = version(&*directory, "ada").await;
    assert_ne!(after, before, "a new password is a new version");
    if let Some(intended) = intended {
        assert_eq!(after, intended, "the version that was announced is the one that it became");
    }
    assert!(directory.signs_in("ada", "first correct horse").await);
    assert!(!directory.signs_in("ada", "First correct horse").await);

    // The same password once more is another version all the same: a link from before is dead.
    let prepared = directory.writer().prepare("first correct horse".to_owned().into()).await.unwrap();
    assert_eq!(directory.writer().set(&id("ada"), &after, prepared).await.unwrap(), SetPassword::Set);
    assert_ne!(version(&*directory, "ada").await, after);

    assert_eq!(version(&*directory, "bob").await, bob_before, "nobody else's password changed");
    assert!(!directory.signs_in("bob", "first correct horse").await);
}

async fn only_an_exact_id_is_read(fixture: &dyn ContactsFixture) {
    let directory = fixture.fresh(&[GivenContact::new("ada", "Ada")]).await;
    let read = directory.writer().read(&id("ada")).await.unwrap().unwrap();
    assert_eq!(read.password_version, one(&*directory, "ada").await.password_version);
    // Whether a directory finds `ADA` or not, it never says that this is the contact's id.
    if let Some(contact) = directory.writer().read(&id("ADA")).await.unwrap() {
        assert_eq!(contact.id.as_str(), "ada");
    }
    assert!(directory.writer().read(&id("nobody")).await.unwrap().is_none());
}

async fn a_password_takes_any_unicode(fixture: &dyn ContactsFixture) {
    let directory = fixture.fresh(&[GivenContact::new("ada", "Ada")]).await;
    for text in [
        "  spaces around it  ",
        "パスワードを忘れた人",
        "na\u{ef}ve ca\u{fb00}\u{e9} 🔑🗝️",
        "quotes \" ' \\ $1 %s {} <b>",
        "ｐａｓｓｗｏｒｄ１２３４",
    ] {
        let stored = directory.writer().normalised(text);
        if directory.writer().max_password_bytes().is_some_and(|limit| stored.len() > limit) {
            continue;
        }
        set(&*directory, "ada", text).await;
        assert!(directory.signs_in("ada", text).await, "{text}");
        assert!(directory.signs_in("ada", &stored).await, "{text}: what the rules see is what is stored");
        assert_eq!(directory.writer().normalised(&stored), stored, "{text}");
        assert!(!directory.signs_in("ada", &format!("{text} ")).await, "{text}: nothing is trimmed");
    }
}

async fn a_password_is_set_only_once_on_the_same_version(fixture: &dyn ContactsFixture) {
    let directory = fixture.fresh(&[GivenContact::new("ada", "Ada")]).await;
    let before = version(&*directory, "ada").await;
    let first = directory.writer().prepare("first correct horse".to_owned().into()).await.unwrap();
    let second = directory.writer().prepare("second battery staple".to_owned().into()).await.unwrap();
    assert_eq!(directory.writer().set(&id("ada"), &before, first).await.unwrap(), SetPassword::Set);
    assert_eq!(
        directory.writer().set(&id("ada"), &before, second).await.unwrap(),
        SetPassword::VersionChanged
    );
    assert!(directory.signs_in("ada", "first correct horse").await);
    assert!(!directory.signs_in("ada", "second battery staple").await);
}

async fn of_sixteen_writers_at_once_one_wins(fixture: &dyn ContactsFixture) {
    let directory = fixture.fresh(&[GivenContact::new("ada", "Ada")]).await;
    let before = version(&*directory, "ada").await;
    let mut prepared = Vec::new();
    for n in 0..16 {
        prepared.push(directory.writer().prepare(format!("password number {n}").into()).await.unwrap());
    }
    let writing: Vec<_> = prepared
        .into_iter()
        .map(|prepared| {
            let (writer, before) = (directory.writer(), before.clone());
            tokio::spawn(async move { writer.set(&id("ada"), &before, prepared).await.unwrap() })
        })
        .collect();
    let mut winners = Vec::new();
    for (n, written) in writing.into_iter().enumerate() {
        match written.await.unwrap() {
            SetPassword::Set => winners.push(n),
            SetPassword::VersionChanged => {}
            SetPassword::Refused(reason) => panic!("refused: {reason}"),
        }
    }
    let [winner] = winners.as_slice() else { panic!("winners: {winners:?}") };
    for n in 0..16 {
        assert_eq!(directory.signs_in("ada", &format!("password number {n}")).await, n == *winner, "{n}");
    }
}

async fn two_processes_agree(fixture: &dyn ContactsFixture) {
    let here = fixture.fresh(&[GivenContact::new("ada", "Ada").with_email("ada@example.org")]).await;
    let there = here.reopened().await;
    let before = version(&*here, "ada").await;
    assert_eq!(version(&*there, "ada").await, before);

    set(&*there, "ada", "first correct horse").await;
    assert_eq!(version(&*here, "ada").await, version(&*there, "ada").await);
    let late = here.writer().prepare("second battery staple".to_owned().into()).await.unwrap();
    assert_eq!(here.writer().set(&id("ada"), &before, late).await.unwrap(), SetPassword::VersionChanged);
    assert!(here.signs_in("ada", "first correct horse").await);

    there.change_email("ada", Some("king@example.org")).await;
    assert_eq!(others(&*here, "king@example.org", "bob").await, ["ada"]);
    // Versions belong to one password each, whoever computes them.
    let mut seen = HashSet::from([before]);
    for directory in [&here, &there, &here] {
        set(&**directory, "ada", "first correct horse").await;
        assert!(seen.insert(version(&*here, "ada").await));
    }
}

async fn nobody_gets_a_password_who_may_not(fixture: &dyn ContactsFixture) {
    let directory =
        fixture.fresh(&[GivenContact::new("ada", "Ada"), GivenContact::new("old", "Old").inactive()]).await;
    let expected = version(&*directory, "ada").await;
    for who in ["old", "nobody"] {
        let prepared = directory.writer().prepare("first correct horse".to_owned().into()).await.unwrap();
        let set = directory.writer().set(&id(who), &expected, prepared).await.unwrap();
        assert_eq!(set, SetPassword::VersionChanged, "{who}");
        assert!(!directory.signs_in(who, "first correct horse").await, "{who}");
    }
}

async fn one(directory: &dyn Directory, typed: &str) -> Contact {
    match directory.lookup().find(typed).await.unwrap() {
        Found::One(contact) => contact,
        other => panic!("{typed}: {other:?}"),
    }
}

async fn hits(directory: &dyn Directory, typed: &str, limit: usize) -> Vec<String> {
    let hits = directory.lookup().search(typed, limit).await.unwrap();
    hits.into_iter().map(|hit| String::from(hit.id)).collect()
}

async fn others(directory: &dyn Directory, email: &str, except: &str) -> Vec<String> {
    let email = NormalisedEmail::new(email).expect("the tests ask for addresses");
    let mut others = directory.lookup().others_with_email(&email, &id(except)).await.unwrap();
    others.sort();
    others.into_iter().map(String::from).collect()
}

async fn version(directory: &dyn Directory, who: &str) -> PasswordVersion {
    directory.writer().read(&id(who)).await.unwrap().expect("the contact is there").password_version
}

async fn set(directory: &dyn Directory, who: &str, text: &str) {
    let expected = version(directory, who).await;
    let prepared = directory.writer().prepare(text.to_owned().into()).await.unwrap();
    assert_eq!(directory.writer().set(&id(who), &expected, prepared).await.unwrap(), SetPassword::Set);
}

fn id(text: &str) -> ContactId {
    ContactId::new(text).expect("the tests use plain ids")
}
