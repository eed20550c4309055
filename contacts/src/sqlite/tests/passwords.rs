use super::*;
use crate::{
    DirectoryError, PasswordCheck, PasswordChecker as _, PasswordWriter, PreparedPassword, SetPassword,
};

#[tokio::test]
async fn a_password_that_was_set_is_the_one_that_matches() {
    let directory = TestDirectory::new(&[contact("ada")]).await;
    let before = directory.one("ada").await.password_version;
    assert_eq!(
        directory.writer.check(&id("ada"), password("correct horse")).await.unwrap(),
        PasswordCheck::NoPassword
    );

    let prepared = directory.writer.prepare(password("correct horse")).await.unwrap();
    let intended = prepared.intended_version.clone().unwrap();
    assert_eq!(directory.writer.set(&id("ada"), &before, prepared).await.unwrap(), SetPassword::Set);
    assert_eq!(directory.writer.read(&id("ada")).await.unwrap().unwrap().password_version, intended);

    assert_eq!(
        directory.writer.check(&id("ada"), password("correct horse")).await.unwrap(),
        PasswordCheck::Matches { version: directory.one("ada").await.password_version }
    );
    assert_eq!(
        directory.writer.check(&id("ada"), password("correct house")).await.unwrap(),
        PasswordCheck::Differs
    );
    assert_eq!(
        directory.writer.check(&id("bob"), password("correct horse")).await.unwrap(),
        PasswordCheck::NoSuchContact
    );
    directory.behind_our_back("UPDATE contacts SET password_hash = '{SSHA}x'").await.unwrap();
    assert_eq!(
        directory.writer.check(&id("ada"), password("correct horse")).await.unwrap(),
        PasswordCheck::UnknownHash
    );
    directory.behind_our_back("UPDATE contacts SET active = 0").await.unwrap();
    assert_eq!(
        directory.writer.check(&id("ada"), password("correct horse")).await.unwrap(),
        PasswordCheck::Disabled
    );
}

#[tokio::test]
async fn a_password_is_set_only_while_its_version_is_the_expected_one() {
    let directory = TestDirectory::new(&[contact("ada"), contact("old").inactive()]).await;
    let before = directory.one("ada").await.password_version;
    directory
        .behind_our_back("UPDATE contacts SET password_hash = '$argon2id$theirs' WHERE id = 'ada'")
        .await
        .unwrap();
    for who in ["ada", "old", "nobody"] {
        let prepared = directory.writer.prepare(password("correct horse")).await.unwrap();
        assert_eq!(
            directory.writer.set(&id(who), &before, prepared).await.unwrap(),
            SetPassword::VersionChanged,
            "{who}"
        );
    }
    let records = directory.operations.list(None, 10).await.unwrap();
    assert_eq!(records.iter().filter(|record| record.has_password).count(), 1);
}

#[tokio::test]
async fn only_the_named_contact_gets_the_password() {
    let directory = TestDirectory::new(&[contact("ada"), contact("bob")]).await;
    let prepared = directory.writer.prepare(password("correct horse")).await.unwrap();
    let version = directory.one("ada").await.password_version;
    assert_eq!(directory.writer.set(&id("ada"), &version, prepared).await.unwrap(), SetPassword::Set);
    assert!(!directory.operations.show(&id("bob")).await.unwrap().unwrap().has_password);
}

#[tokio::test]
async fn what_this_directory_did_not_prepare_is_never_stored() {
    let directory = TestDirectory::new(&[contact("ada")]).await;
    let version = directory.one("ada").await.password_version;
    let raw = PreparedPassword::new(password("correct horse"), None);
    let error = directory.writer.set(&id("ada"), &version, raw).await.unwrap_err();
    assert!(matches!(error, DirectoryError::Unreachable(_)));
    assert!(!error.to_string().contains("correct horse"));
    assert!(!directory.operations.show(&id("ada")).await.unwrap().unwrap().has_password);
}

/// Ids and e-mails are not stale after a password was set: nothing of them changed.
#[tokio::test]
async fn setting_a_password_leaves_the_search_columns_alone() {
    let directory = TestDirectory::new(&[contact("ada").with_email("ada@example.org")]).await;
    let version = directory.one("ada").await.password_version;
    let prepared = directory.writer.prepare(password("correct horse")).await.unwrap();
    directory.writer.set(&id("ada"), &version, prepared).await.unwrap();
    let (stale,): (i64,) = sqlx::query_as("SELECT count(*) FROM contacts WHERE stale = 1")
        .fetch_one(&directory.operations.file.pool)
        .await
        .unwrap();
    assert_eq!(stale, 0);
}
