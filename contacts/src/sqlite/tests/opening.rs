use std::fs;
use std::os::unix::fs::PermissionsExt;

use sqlx::Connection;

use super::*;
use crate::OpenError;

fn mode(path: &std::path::Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn a_new_directory_is_for_its_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("made").join("deeper").join("contacts.sqlite");
    let directory = SqliteOperations::create(&path).await.unwrap();
    directory.put(&[contact("ada")]).await.unwrap();
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(&path.with_file_name("contacts.sqlite-wal")), 0o600);
    assert_eq!(mode(path.parent().unwrap()), 0o700);
}

#[tokio::test]
async fn a_directory_keeps_its_contacts_when_it_is_opened_again() {
    let directory = TestDirectory::new(&[contact("ada")]).await;
    directory.close().await;
    let again = SqliteOperations::open(directory.path()).await.unwrap();
    assert_eq!(again.count().await.unwrap(), 1);
    let again = SqliteOperations::create(directory.path()).await.unwrap();
    assert_eq!(again.count().await.unwrap(), 1);
}

#[tokio::test]
async fn opening_an_existing_directory_never_creates_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("contacts.sqlite");
    let error = SqliteOperations::open(&path).await.err().unwrap();
    assert!(matches!(error, OpenError::Missing(_)));
    let text = error.to_string();
    assert!(text.contains(path.to_str().unwrap()) && text.contains("contacts import"), "{text}");
    assert!(!path.exists());

    // What a crash right after the first start leaves behind.
    fs::write(&path, "").unwrap();
    assert!(matches!(SqliteOperations::open(&path).await, Err(OpenError::Missing(_))));
    assert_eq!(fs::metadata(&path).unwrap().len(), 0);
    assert!(SqliteOperations::create(&path).await.is_ok());
}

#[tokio::test]
async fn a_directory_of_a_newer_release_is_refused_by_name_and_left_alone() {
    let directory = TestDirectory::new(&[contact("ada")]).await;
    directory.close().await;
    directory.behind_our_back("PRAGMA user_version = 7").await.unwrap();
    let error = SqliteOperations::create(directory.path()).await.err().unwrap();
    assert!(matches!(error, OpenError::Newer { found: 7, known: 1, .. }), "{error}");
    assert!(error.to_string().contains("version 7"), "{error}");
}

#[tokio::test]
async fn the_database_of_another_program_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.sqlite");
    for version in [0, 1, 9] {
        let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
        let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
        let sql =
            format!("DROP TABLE IF EXISTS orders; CREATE TABLE orders (id); PRAGMA user_version = {version}");
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        let before = fs::read(&path).unwrap();
        assert!(
            matches!(SqliteOperations::create(&path).await, Err(OpenError::Foreign(_))),
            "version {version}"
        );
        assert_eq!(fs::read(&path).unwrap(), before);
    }
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_with_its_name_and_a_cure() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("contacts.sqlite");
    fs::write(&path, "id,name,email,language\n".repeat(100)).unwrap();
    let error = SqliteOperations::create(&path).await.err().unwrap();
    assert!(matches!(error, OpenError::Database { .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains("contacts.sqlite") && text.contains("restore"), "{text}");
}

#[tokio::test]
async fn writes_wait_for_each_other_and_for_the_disk() {
    let directory = TestDirectory::new(&[]).await;
    for (pragma, value) in
        [("journal_mode", "wal"), ("synchronous", "2"), ("foreign_keys", "1"), ("busy_timeout", "5000")]
    {
        let sql = format!("SELECT CAST({pragma} AS TEXT) FROM pragma_{pragma}");
        let sql = if pragma == "busy_timeout" {
            "SELECT CAST(timeout AS TEXT) FROM pragma_busy_timeout".to_owned()
        } else {
            sql
        };
        for pool in [
            &directory.operations.file.pool,
            &directory.writer.file.pool,
            directory.lookup.index.as_ref().unwrap().pool(),
        ] {
            let (found,): (String,) =
                sqlx::query_as(AssertSqlSafe(sql.as_str())).fetch_one(pool).await.unwrap();
            assert_eq!(found, value, "{pragma}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn several_processes_can_create_the_same_directory_at_once() {
    for _ in 0..5 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("contacts.sqlite");
        let opening: Vec<_> = (0..8)
            .map(|n| {
                let path = path.clone();
                tokio::spawn(async move {
                    let directory = SqliteOperations::create(&path).await.unwrap();
                    directory.put(&[contact(&format!("c{n}"))]).await.unwrap();
                })
            })
            .collect();
        for opened in opening {
            opened.await.unwrap();
        }
        assert_eq!(SqliteOperations::create(&path).await.unwrap().count().await.unwrap(), 8);
    }
}

#[tokio::test]
async fn search_columns_computed_by_other_rules_are_computed_afresh() {
    let directory = TestDirectory::new(&[contact("ada").with_email("Ada@Example.org"), contact("bob")]).await;
    directory.close().await;
    directory
        .behind_our_back("UPDATE contacts_rules SET rules = '0'; UPDATE contacts SET email_normalised = 'of old', id_folded = 'of old'")
        .await
        .unwrap();
    let operations = SqliteOperations::create(directory.path()).await.unwrap();
    let again = TestDirectory::of(directory.folder, operations).await;
    assert_eq!(again.others("ada@example.org", "bob").await, ["ada"]);
    assert_eq!(again.found("ADA").await, ["ada"]);
    let (stale,): (i64,) = sqlx::query_as("SELECT count(*) FROM contacts WHERE stale = 1")
        .fetch_one(&again.operations.file.pool)
        .await
        .unwrap();
    assert_eq!(stale, 0);
    assert!(again.folder.path().exists());
}
