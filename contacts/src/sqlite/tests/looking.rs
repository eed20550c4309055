use std::collections::BTreeMap;
use std::fs;

use super::*;
use crate::OpenError;

/// What is in the folder; of the index that processes share over the log, only that it is there.
fn state(directory: &TestDirectory) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(directory.folder.path()).unwrap();
    entries
        .map(|entry| {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            let content = if name.ends_with("-shm") { Vec::new() } else { fs::read(entry.path()).unwrap() };
            (name, content)
        })
        .collect()
}

async fn look(directory: &TestDirectory) -> Vec<bool> {
    let looking = SqliteContactLookup::look_into(directory.path()).await.unwrap();
    let mut found = Vec::new();
    for typed in ["ada", "ADA", "zoe"] {
        found.push(!matches!(looking.find(typed).await.unwrap(), Found::Nobody));
    }
    looking.close().await;
    found
}

#[tokio::test]
async fn looking_sees_what_others_have_just_written_and_writes_nothing() {
    let directory = TestDirectory::new(&[contact("ada")]).await;
    // What another program writes leaves search columns to be computed.
    directory.behind_our_back("INSERT INTO contacts (id, name) VALUES ('zoe', 'Zoe')").await.unwrap();
    let before = state(&directory);
    assert!(before.contains_key("contacts.sqlite-wal"));
    assert_eq!(look(&directory).await, [true, true, true]);
    assert_eq!(state(&directory), before);
}

#[tokio::test]
async fn looking_at_a_directory_that_nobody_has_open_makes_no_file() {
    let directory = TestDirectory::new(&[contact("ada")]).await;
    directory.close().await;
    let before = state(&directory);
    assert_eq!(before.keys().collect::<Vec<_>>(), ["contacts.sqlite"]);
    assert_eq!(look(&directory).await, [true, true, false]);
    assert_eq!(state(&directory), before);
}

#[tokio::test]
async fn looking_for_a_directory_makes_none_and_takes_no_other_for_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("contacts.sqlite");
    assert!(matches!(SqliteContactLookup::look_into(&path).await, Err(OpenError::Missing(_))));
    assert!(!path.exists());
    let directory = TestDirectory::new(&[]).await;
    directory.close().await;
    directory.behind_our_back("DROP TABLE contacts_rules").await.unwrap();
    let error = SqliteContactLookup::look_into(directory.path()).await.err().unwrap();
    assert!(matches!(error, OpenError::Foreign(_)), "{error}");
}
