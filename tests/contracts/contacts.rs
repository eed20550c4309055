//! The contact directories, each held to the same contract.

#![expect(clippy::unwrap_used, reason = "what fails in a fixture fails the test")]

mod contract;

use std::sync::Arc;

use async_trait::async_trait;
use contacts::{ContactEntry, ContactLookup, PasswordCheck, PasswordWriter, SqliteContacts};
use keys::ContactId;
use tempfile::TempDir;

use self::contract::{ContactsFixture, Directory, GivenContact, lookup_contract, writer_contract};

struct Sqlite;

struct SqliteDirectory {
    folder: Arc<TempDir>,
    contacts: SqliteContacts,
}

#[async_trait]
impl ContactsFixture for Sqlite {
    async fn fresh(&self, contacts: &[GivenContact]) -> Box<dyn Directory> {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let directory = SqliteContacts::open(folder.path().join("contacts.sqlite")).await.unwrap();
        let entries: Vec<ContactEntry> = contacts.iter().map(entry).collect();
        directory.put(&entries).await.unwrap();
        Box::new(SqliteDirectory { folder, contacts: directory })
    }
}

#[async_trait]
impl Directory for SqliteDirectory {
    fn lookup(&self) -> Arc<dyn ContactLookup> {
        Arc::new(self.contacts.clone())
    }

    fn writer(&self) -> Arc<dyn PasswordWriter> {
        Arc::new(self.contacts.clone())
    }

    async fn reopened(&self) -> Box<dyn Directory> {
        let contacts = SqliteContacts::open_existing(self.contacts.path()).await.unwrap();
        Box::new(Self { folder: Arc::clone(&self.folder), contacts })
    }

    async fn change_email(&self, id: &str, email: Option<&str>) {
        let id = ContactId::new(id).unwrap();
        let held = self.contacts.show(&id).await.unwrap().unwrap().entry;
        let mut changed = ContactEntry::new(id, held.name);
        if let Some(email) = email {
            changed = changed.with_email(email);
        }
        self.contacts.put(&[changed]).await.unwrap();
    }

    async fn signs_in(&self, id: &str, password: &str) -> bool {
        let id = ContactId::new(id).unwrap();
        let checked = self.contacts.check_password(&id, password.to_owned().into()).await.unwrap();
        checked == PasswordCheck::Matches
    }
}

fn entry(given: &GivenContact) -> ContactEntry {
    let mut entry = ContactEntry::new(ContactId::new(given.id).unwrap(), given.name);
    if let Some(email) = given.email {
        entry = entry.with_email(email);
    }
    if let Some(language) = given.language {
        entry = entry.with_language(language);
    }
    entry.active = given.active;
    entry
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_keeps_the_lookup_contract() {
    lookup_contract(&Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_keeps_the_writer_contract() {
    writer_contract(&Sqlite).await;
}
