//! The contact directories, each held to the same contract.

#![expect(clippy::unwrap_used, reason = "what fails in a fixture fails the test")]

mod active_directory;
mod active_directory_check;
mod contract;
mod ldap;
mod ldap_check;
mod ldap_first_passwords;
mod ldap_inactive;
mod ldap_servers;
mod ldap_sharing;
mod ldap_tls;
mod sql;

use std::sync::Arc;

use async_trait::async_trait;
use contacts::{
    ContactEntry, ContactLookup, PasswordCheck, PasswordChecker, PasswordWriter, SqliteContactLookup,
    SqliteOperations, SqlitePasswordWriter,
};
use keys::ContactId;
use tempfile::TempDir;

use self::contract::{ContactsFixture, Directory, GivenContact, lookup_contract, writer_contract};

struct Sqlite;

struct SqliteDirectory {
    folder: Arc<TempDir>,
    contacts: SqliteOperations,
    lookup: SqliteContactLookup,
    writer: SqlitePasswordWriter,
}

impl SqliteDirectory {
    async fn of(folder: Arc<TempDir>, contacts: SqliteOperations) -> Self {
        let lookup = SqliteContactLookup::open(contacts.path()).await.unwrap();
        let writer = SqlitePasswordWriter::open(contacts.path()).await.unwrap();
        Self { folder, contacts, lookup, writer }
    }
}

#[async_trait]
impl ContactsFixture for Sqlite {
    async fn fresh(&self, contacts: &[GivenContact]) -> Box<dyn Directory> {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let directory = SqliteOperations::create(folder.path().join("contacts.sqlite")).await.unwrap();
        let entries: Vec<ContactEntry> = contacts.iter().map(entry).collect();
        directory.put(&entries).await.unwrap();
        Box::new(SqliteDirectory::of(folder, directory).await)
    }
}

#[async_trait]
impl Directory for SqliteDirectory {
    fn lookup(&self) -> Arc<dyn ContactLookup> {
        Arc::new(self.lookup.clone())
    }

    fn writer(&self) -> Arc<dyn PasswordWriter> {
        Arc::new(self.writer.clone())
    }

    fn checker(&self) -> Option<Arc<dyn PasswordChecker>> {
        Some(Arc::new(self.writer.clone()))
    }

    async fn reopened(&self) -> Box<dyn Directory> {
        let contacts = SqliteOperations::open(self.contacts.path()).await.unwrap();
        Box::new(Self::of(Arc::clone(&self.folder), contacts).await)
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
        let checked = self.writer.check(&id, password.to_owned().into()).await.unwrap();
        matches!(checked, PasswordCheck::Matches { .. })
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
