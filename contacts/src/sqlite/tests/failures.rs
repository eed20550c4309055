use std::fs;
use std::time::Duration;

use sqlx::Executor;

use super::*;
use crate::sqlite::error::write_failed;
use crate::{DirectoryError, PasswordWriter};

#[tokio::test]
async fn a_locked_directory_refuses_a_password_and_nothing_was_written() {
    let directory = TestDirectory::new(&[contact("ada")]).await;
    let impatience = Duration::from_millis(10);
    let impatient = SqlitePasswordWriter::open_within(directory.path(), impatience).await.unwrap();
    let impatient_operator =
        SqliteOperations::open_within(directory.path(), false, impatience).await.unwrap();
    let version = directory.one("ada").await.password_version;
    let prepared = impatient.prepare(password("correct horse")).await.unwrap();

    let mut writer = directory.other_program().await;
    writer.execute("BEGIN IMMEDIATE").await.unwrap();
    let error = impatient.set(&id("ada"), &version, prepared).await.unwrap_err();
    assert!(matches!(error, DirectoryError::Unreachable(_)), "{error}");
    assert!(error.to_string().contains("another program"), "{error}");
    assert!(impatient_operator.put(&[contact("bob")]).await.is_err());

    // Who only reads does not wait for a writer, not even where search columns are to be computed.
    writer.execute("INSERT INTO contacts (id, name) VALUES ('Carol', 'Carol')").await.unwrap();
    assert_eq!(directory.found("ADA").await, ["ada"]);
    assert_eq!(directory.hits("a", 25).await, ["ada"]);
    assert!(directory.found("carol").await.is_empty());
    writer.execute("COMMIT").await.unwrap();
    assert_eq!(directory.found("carol").await, ["Carol"]);
    assert!(!directory.operations.show(&id("ada")).await.unwrap().unwrap().has_password);
}

#[tokio::test]
async fn a_file_put_in_the_place_of_the_directory_takes_no_password() {
    let directory = TestDirectory::new(&[contact("ada")]).await;
    let version = directory.one("ada").await.password_version;
    let prepared = directory.writer.prepare(password("correct horse")).await.unwrap();
    let backup = directory.folder.path().join("backup");
    fs::copy(directory.path(), &backup).unwrap();
    fs::rename(&backup, directory.path()).unwrap();
    for error in [
        directory.writer.read(&id("ada")).await.unwrap_err(),
        directory.writer.set(&id("ada"), &version, prepared).await.unwrap_err(),
    ] {
        assert!(matches!(error, DirectoryError::Unreachable(_)), "{error}");
        assert!(error.to_string().contains("put in its place"), "{error}");
    }
    fs::remove_file(directory.path()).unwrap();
    assert!(matches!(directory.writer.read(&id("ada")).await, Err(DirectoryError::Unreachable(_))));
}

#[tokio::test]
async fn a_missing_table_is_an_unreachable_directory() {
    let directory = TestDirectory::new(&[contact("ada")]).await;
    directory.behind_our_back("DROP TABLE contacts").await.unwrap();
    assert!(matches!(directory.lookup.find("ada").await, Err(DirectoryError::Unreachable(_))));
    assert!(matches!(directory.lookup.search("ada", 25).await, Err(DirectoryError::Unreachable(_))));
    let email = NormalisedEmail::new("ada@example.org").unwrap();
    assert!(matches!(
        directory.lookup.others_with_email(&email, &id("ada")).await,
        Err(DirectoryError::Unreachable(_))
    ));
    assert!(matches!(directory.writer.read(&id("ada")).await, Err(DirectoryError::Unreachable(_))));
}

#[tokio::test]
async fn a_damaged_file_is_an_unreachable_directory() {
    let everybody: Vec<_> = (0..2000).map(|n| contact(&format!("c{n}"))).collect();
    let directory = TestDirectory::new(&everybody).await;
    directory.close().await;
    let mut bytes = fs::read(directory.path()).unwrap();
    let first_page = 4096;
    bytes.iter_mut().skip(first_page).for_each(|byte| *byte = 0x5a);
    fs::write(directory.path(), bytes).unwrap();
    match SqliteContactLookup::open(directory.path()).await {
        Err(error) => assert!(error.to_string().contains("restore"), "{error}"),
        Ok(directory) => {
            let error = directory.find("c1").await.unwrap_err();
            assert!(matches!(error, DirectoryError::Unreachable(_)), "{error}");
            assert!(error.to_string().contains("restore"), "{error}");
        }
    }
}

/// A connection that breaks while it writes may have written: only SQLite's own refusals are definite.
#[test]
fn only_a_definite_refusal_counts_as_not_written() {
    let path = std::path::Path::new("contacts.sqlite");
    for (error, unknown) in [
        (sqlx::Error::WorkerCrashed, true),
        (sqlx::Error::Io(std::io::Error::other("broken")), true),
        (sqlx::Error::PoolTimedOut, false),
        (sqlx::Error::PoolClosed, false),
    ] {
        let failed = write_failed(path, &error);
        assert_eq!(matches!(failed, DirectoryError::OutcomeUnknown(_)), unknown, "{error}");
    }
}
