//! A small table `people` whose columns a test chooses, and the two roles on it, each with the least rights.

use std::fmt::Debug;

use config::{AlsoRun, AlsoSet, HashScheme, Secret, SqlContacts, SqlMapping};
use contacts::{
    ContactLookup as _, DirectoryError, EmailSharing, Found, OpenError, PasswordWriter as _, SetPassword,
    SqlContactLookup, SqlPasswordWriter,
};
use jiff::SignedDuration;
use keys::{NormalisedEmail, PasswordVersion};
use reset_link::machine;
use reset_link_tests::harness::databases::{DatabaseKind, DatabaseRole, TestDatabase};

use super::super::contract::id;
use super::hash;

/// The columns of the table; what is not said is a plain text.
#[derive(Clone, Copy)]
pub(super) struct Columns {
    pub(super) id: &'static str,
    pub(super) email: &'static str,
    pub(super) password: &'static str,
    /// Behind the columns: `CHARACTER SET …`.
    pub(super) table: &'static str,
}

pub(super) const PLAIN: Columns =
    Columns { id: "VARCHAR(64) PRIMARY KEY", email: "VARCHAR(254)", password: "VARCHAR(255)", table: "" };

/// The table `people (id, name, email, password)`.
pub(super) struct People {
    pub(super) database: TestDatabase,
    pub(super) settings: SqlContacts,
}

impl People {
    /// With these rows: `('ada', 'Ada', 'ada@example.org', NULL), …`.
    pub(super) async fn of(kind: DatabaseKind, columns: Columns, rows: &str) -> Self {
        Self::after(kind, "", columns, rows).await
    }

    /// The same, once this SQL has run.
    pub(super) async fn after(kind: DatabaseKind, before: &str, columns: Columns, rows: &str) -> Self {
        let database = TestDatabase::fresh(kind).await;
        let Columns { id, email, password, table } = columns;
        let text = "VARCHAR(100)";
        database
            .run(&format!(
                "{before} CREATE TABLE people (id {id}, name {text}, email {email}, password {password}) {table}; \
                 INSERT INTO people VALUES {rows};"
            ))
            .await;
        if kind != DatabaseKind::Sqlite {
            let (reader, writer) =
                (database.account(DatabaseRole::Reader), database.account(DatabaseRole::Writer));
            database
                .run(&format!(
                    "GRANT SELECT ON people TO {reader}; GRANT SELECT, UPDATE (password) ON people TO {writer};"
                ))
                .await;
        }
        let settings = SqlContacts {
            url: Secret::new(""),
            url_key: "contacts.url",
            ca_file: None,
            timeout: SignedDuration::from_secs(20),
            preset: None,
            uses_views: false,
            mapping: SqlMapping {
                table: "people".to_owned(),
                id: "id".to_owned(),
                name: vec!["name".to_owned()],
                email: Some("email".to_owned()),
                email_key: None,
                language: None,
                password: "password".to_owned(),
                active: None,
                hash: hash(),
                also_set: Vec::new(),
                also_run: Vec::new(),
            },
        };
        Self { database, settings }
    }

    pub(super) fn with_scheme(mut self, scheme: HashScheme) -> Self {
        self.settings.mapping.hash.scheme = scheme;
        self
    }

    pub(super) fn with_timeout(mut self, milliseconds: i64) -> Self {
        self.settings.timeout = SignedDuration::from_millis(milliseconds);
        self
    }

    pub(super) fn also_run(mut self, statement: &str) -> Self {
        let statement = statement.parse().unwrap();
        self.settings.mapping.also_run.push(AlsoRun { statement, if_table: None });
        self
    }

    pub(super) fn also_set(mut self, column: &str, expression: &str) -> Self {
        let (column, expression) = (column.to_owned(), expression.parse().unwrap());
        self.settings.mapping.also_set.push(AlsoSet { column, expression, only_if_present: false });
        self
    }

    /// Settings that lead elsewhere.
    pub(super) fn at(&self, url: String) -> SqlContacts {
        SqlContacts { url: Secret::new(url), ..self.settings.clone() }
    }

    pub(super) fn of_role(&self, role: DatabaseRole) -> SqlContacts {
        self.at(self.database.url(role))
    }

    pub(super) async fn lookup(&self) -> SqlContactLookup {
        SqlContactLookup::open(&self.of_role(DatabaseRole::Reader)).await.unwrap()
    }

    pub(super) async fn writer(&self) -> SqlPasswordWriter {
        self.try_writer().await.unwrap()
    }

    pub(super) async fn try_writer(&self) -> Result<SqlPasswordWriter, OpenError> {
        SqlPasswordWriter::open(&self.of_role(DatabaseRole::Writer), machine::entropy()).await
    }

    /// Why the writer cannot be opened.
    pub(super) async fn refused(&self) -> String {
        said(self.try_writer().await)
    }

    /// What is stored, by row.
    pub(super) async fn passwords(&self) -> Vec<Option<String>> {
        let rows = self.database.rows("SELECT password FROM people ORDER BY id, name").await;
        rows.into_iter().map(|row| row.into_iter().next().unwrap()).collect()
    }
}

/// Why something could not be opened.
pub(super) fn said<T>(opened: Result<T, OpenError>) -> String {
    match opened {
        Ok(_) => panic!("it opens"),
        Err(error) => error.to_string(),
    }
}

/// The id of the one contact that a typed id finds.
pub(super) async fn found(lookup: &SqlContactLookup, typed: &str) -> Option<String> {
    match lookup.find(typed).await.unwrap() {
        Found::Nobody => None,
        Found::One(contact) => Some(contact.id.into()),
        Found::Several(ids) => panic!("{typed}: {ids:?}"),
    }
}

/// Who else has an e-mail that somebody has.
pub(super) async fn others(lookup: &SqlContactLookup, email: &str, who: &str) -> Vec<String> {
    let email = NormalisedEmail::new(email).unwrap();
    match lookup.others_with_email(&email, &id(who)).await.unwrap() {
        EmailSharing::With(ids) => ids.into_iter().map(String::from).collect(),
        undecided @ EmailSharing::Undecided(_) => panic!("{undecided:?}"),
    }
}

/// Whether the database finds nobody at all who has an e-mail.
pub(super) async fn is_nobodys(lookup: &SqlContactLookup, email: &str) -> bool {
    let email = NormalisedEmail::new(email).unwrap();
    let sharing = lookup.others_with_email(&email, &id("nobody")).await.unwrap();
    matches!(sharing, EmailSharing::Undecided(why) if why.contains("is not found by its own e-mail"))
}

pub(super) async fn version(writer: &SqlPasswordWriter, who: &str) -> PasswordVersion {
    writer.read(&id(who)).await.unwrap().expect("the contact is there").password_version
}

/// Sets a password on the version that is there.
pub(super) async fn set(
    writer: &SqlPasswordWriter,
    who: &str,
    password: &str,
) -> Result<SetPassword, DirectoryError> {
    let expected = version(writer, who).await;
    set_on(writer, who, &expected, password).await
}

/// Sets a password on this version.
pub(super) async fn set_on(
    writer: &SqlPasswordWriter,
    who: &str,
    expected: &PasswordVersion,
    password: &str,
) -> Result<SetPassword, DirectoryError> {
    let prepared = writer.prepare(password.to_owned().into()).await.unwrap();
    writer.set(&id(who), expected, prepared).await
}

/// The text of a failure before which nothing was changed.
pub(super) fn unreachable<T: Debug>(done: Result<T, DirectoryError>) -> String {
    match done {
        Err(DirectoryError::Unreachable(text) | DirectoryError::Unusable(text)) => text,
        other => panic!("{other:?}"),
    }
}
