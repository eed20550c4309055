//! What every writer of passwords must do.

use std::collections::HashSet;

use contacts::SetPassword;
use keys::PasswordVersion;

use super::checker::checker_contract;
use super::{ContactsFixture, Directory, GivenContact, id, one, others};

/// What every [`contacts::PasswordWriter`] must do, and whoever checks what it has set; the conditional ones more than the others.
///
/// # Panics
/// Where it does not.
pub(in crate::contacts) async fn writer_contract(fixture: &dyn ContactsFixture) {
    a_password_that_was_set_signs_in(fixture).await;
    only_an_exact_id_is_read(fixture).await;
    a_password_takes_any_unicode(fixture).await;
    checker_contract(fixture).await;
    if fixture.fresh(&[]).await.writer().is_conditional() {
        a_password_is_set_only_once_on_the_same_version(fixture).await;
        of_sixteen_writers_at_once_one_wins(fixture).await;
        two_processes_agree(fixture).await;
        nobody_gets_a_password_who_may_not(fixture).await;
    }
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
    directory.until_another_version().await;
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
            SetPassword::Refused(refusal) => panic!("{refusal:?}"),
        }
    }
    let [winner] = winners.as_slice() else { panic!("winners: {winners:?}") };
    for n in 0..16 {
        assert_eq!(directory.signs_in("ada", &format!("password number {n}")).await, n == *winner, "{n}");
    }
}

async fn two_processes_agree(fixture: &dyn ContactsFixture) {
    let ada = GivenContact::new("ada", "Ada").with_email("ada@example.org");
    let here = fixture.fresh(&[ada, GivenContact::new("bob", "Bob").with_email("king@example.org")]).await;
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
        directory.until_another_version().await;
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

async fn version(directory: &dyn Directory, who: &str) -> PasswordVersion {
    directory.writer().read(&id(who)).await.unwrap().expect("the contact is there").password_version
}

async fn set(directory: &dyn Directory, who: &str, text: &str) {
    let expected = version(directory, who).await;
    let prepared = directory.writer().prepare(text.to_owned().into()).await.unwrap();
    assert_eq!(directory.writer().set(&id(who), &expected, prepared).await.unwrap(), SetPassword::Set);
}
