mod failures;
mod index;
mod looking;
mod lookup;
mod opening;
mod operations;
mod other_programs;
mod passwords;
mod plans;
mod roles;
mod search;

use keys::{ContactId, NormalisedEmail};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, Connection};
use tempfile::TempDir;
use zeroize::Zeroizing;

use super::{SqliteContactLookup, SqliteOperations, SqlitePasswordWriter};
use crate::{Contact, ContactEntry, ContactLookup, EmailSharing, Found};

/// A directory in a folder of its own, open for every role.
struct TestDirectory {
    folder: TempDir,
    operations: SqliteOperations,
    lookup: SqliteContactLookup,
    writer: SqlitePasswordWriter,
}

impl TestDirectory {
    async fn new(contacts: &[ContactEntry]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let operations = SqliteOperations::create(folder.path().join("contacts.sqlite")).await.unwrap();
        operations.put(contacts).await.unwrap();
        Self::of(folder, operations).await
    }

    async fn of(folder: TempDir, operations: SqliteOperations) -> Self {
        let lookup = SqliteContactLookup::open(operations.path()).await.unwrap();
        let writer = SqlitePasswordWriter::open(operations.path()).await.unwrap();
        Self { folder, operations, lookup, writer }
    }

    fn path(&self) -> &std::path::Path {
        self.operations.path()
    }

    async fn close(&self) {
        self.lookup.close().await;
        crate::PasswordWriter::close(&self.writer).await;
        self.operations.close().await;
    }

    /// Does what another program could do to the file.
    async fn behind_our_back(&self, sql: &str) -> sqlx::Result<()> {
        let mut connection = self.other_program().await;
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await?;
        connection.close().await
    }

    async fn other_program(&self) -> SqliteConnection {
        let options = SqliteConnectOptions::new().filename(self.path());
        SqliteConnection::connect_with(&options).await.unwrap()
    }

    async fn found(&self, typed: &str) -> Vec<String> {
        match self.lookup.find(typed).await.unwrap() {
            Found::Nobody => vec![],
            Found::One(contact) => vec![contact.id.as_str().to_owned()],
            Found::Several(ids) => ids.iter().map(|id| id.as_str().to_owned()).collect(),
        }
    }

    async fn one(&self, typed: &str) -> Contact {
        match self.lookup.find(typed).await.unwrap() {
            Found::One(contact) => contact,
            other => panic!("{typed}: {other:?}"),
        }
    }

    async fn hits(&self, typed: &str, limit: usize) -> Vec<String> {
        let hits = self.lookup.search(typed, limit).await.unwrap();
        hits.iter().map(|hit| hit.id.as_str().to_owned()).collect()
    }

    async fn others(&self, email: &str, except: &str) -> Vec<String> {
        let email = NormalisedEmail::new(email).unwrap();
        let sharing = self.lookup.others_with_email(&email, &id(except)).await.unwrap();
        let EmailSharing::With(others) = sharing else { panic!("{sharing:?}") };
        others.iter().map(|id| id.as_str().to_owned()).collect()
    }
}

fn id(text: &str) -> ContactId {
    ContactId::new(text).unwrap()
}

fn contact(text: &str) -> ContactEntry {
    ContactEntry::new(id(text), format!("Name of {text}"))
}

fn password(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.to_owned())
}
