//! Reading contacts afresh and setting passwords, by an account that may write nothing else.

use std::time::Duration;

use async_trait::async_trait;
use config::{SqlContacts, SqlText};
use keys::{ContactId, PasswordVersion};
use sqlx::Error;
use tokio::time::{Instant, timeout_at};
use zeroize::Zeroizing;

use super::connection::TextRow;
use super::contact_lookup::{open, read_exact, several_have, who_is};
use super::database::{Database, OpenTransaction};
use super::dialect::Dialect;
use super::error::{
    describe, has_not_committed, is_conflict, is_no_value, may_not_be_explained, unreachable,
};
use super::expression::{Values, push_text};
use super::grants::Applied;
use super::row_security;
use super::rows::{ContactRow, NO_PASSWORD, fingerprint};
use super::session::{Access, refusal};
use super::statement::Statement;
use super::table::{ContactTable, Mismatch, Role, refuse_texts_for_numbers};
use crate::hash::{HashError, PasswordHasher};
use crate::{
    Contact, DirectoryError, Entropy, NotPrepared, OpenError, PasswordWriter, PreparedPassword, SetPassword,
};

/// How often a write is begun anew that the database has undone because of another one. Nobody has been promised anything before it is through.
const ATTEMPTS: usize = 4;

/// Tables of another application, for whoever sets passwords.
pub struct SqlPasswordWriter {
    pub(super) url_key: &'static str,
    pub(super) database: Database,
    pub(super) table: ContactTable,
    pub(super) hasher: PasswordHasher,
    /// Further columns, quoted, each with what it is set to.
    pub(super) also_set: Vec<(String, SqlText)>,
    also_run: Vec<SqlText>,
    /// Whether rows are hidden from this account.
    row_security: Vec<Statement>,
    entropy: Entropy,
    /// How long all of a write may take before its COMMIT, however often it is begun anew. A link is good again when its lease ends: a COMMIT that is sent
    /// later would set a password by a link that was taken back meanwhile. Longer than one statement may take, so that the database's own words arrive.
    patience: Duration,
}

/// How far a write came before its COMMIT.
enum BeforeCommit {
    Written,
    /// The UPDATE has found no row.
    NoRow,
    VersionChanged,
}

/// How a write ended that did not go through. Nothing was written but where that is said.
enum NotWritten {
    /// The database has undone it because of another one.
    Conflict(Error),
    Failed(DirectoryError),
}

impl SqlPasswordWriter {
    /// Connects, and holds the mapping against the database: a trial of all statements, on nobody, is undone.
    ///
    /// # Errors
    /// [`OpenError::Sql`] where it cannot be reached, or is not as the config says.
    pub async fn open(settings: &SqlContacts, entropy: Entropy) -> Result<Self, OpenError> {
        let refused = |text: String| OpenError::Sql(format!("{}: {text}", settings.url_key));
        let (database, table) = open(settings, Access::Write, Role::Writer).await?;
        let applied = Applied::of(&database, &settings.mapping, &table.columns)
            .await
            .map_err(|error| refused(describe(&error)))?;
        let row_security =
            row_security::questions(table.dialect, &table.table, applied.also_run.iter().copied());
        let also_run = applied.also_run.iter().map(|run| run.statement.clone()).collect();
        let also_set = applied
            .also_set
            .iter()
            .map(|set| (table.dialect.quoted(&set.column), set.expression.clone()))
            .collect();
        let hasher = table.hasher.clone();
        let patience = settings.timeout.unsigned_abs() * 3 / 2;
        let url_key = settings.url_key;
        let this =
            Self { url_key, database, table, hasher, also_set, also_run, row_security, entropy, patience };
        if let Err(error) = this.try_statements().await {
            this.database.close().await;
            return Err(refused(describe(&error)));
        }
        if let Err(Mismatch(text)) = refuse_texts_for_numbers(&this.database, settings, &this.also_run).await
        {
            this.database.close().await;
            return Err(refused(text));
        }
        if !applied.left_out.is_empty() && this.table.dialect == Dialect::MySql {
            let left_out = applied.left_out.join(", ");
            tracing::warn!(
                key = url_key,
                left_out,
                "a new password leaves alone what this account may not know of: sessions there do not end"
            );
        }
        Ok(this)
    }

    /// Tries every statement of a write on nobody, which checks names, types and rights, and undoes it.
    async fn try_statements(&self) -> Result<(), Error> {
        let nobody = Write {
            id: None,
            version: None,
            password: "",
            salt: None,
            algorithm: None,
            intended: &PasswordVersion::new(NO_PASSWORD),
        };
        let cast = |parameter: &str| self.table.cast_id(parameter);
        let values = nobody.values(&self.entropy, &cast);
        let dialect = self.table.dialect;
        let mut trial = self.database.begin().await?;
        // Only a statement that is run is held against the rights to a view, and against a server that may only be read.
        let update = self.update(Statement::new(dialect, ""), &nobody, &values).push(" AND 1 = 0");
        trial.execute(&update).await?;
        for also in &self.also_run {
            let explain = self.push_text(Statement::new(dialect, "EXPLAIN "), also, &values);
            match trial.execute(&explain).await {
                Err(error) if may_not_be_explained(&error) => {
                    trial.prepare(&self.push_text(Statement::new(dialect, ""), also, &values)).await?;
                }
                explained => drop(explained?),
            }
        }
        let hidden = self.hidden_rows(&mut trial).await?;
        trial.rollback().await;
        hidden.map_or(Ok(()), |text| Err(refusal(text)))
    }

    /// Why rows that a write is to reach are hidden from this account, where some are: a policy may have come since the start.
    async fn hidden_rows(&self, open: &mut OpenTransaction) -> Result<Option<String>, Error> {
        let mut answers = Vec::new();
        for question in &self.row_security {
            answers.extend(open.rows(question).await?);
        }
        Ok(row_security::refusal(answers))
    }

    fn update(&self, mut statement: Statement, write: &Write<'_>, values: &Values<'_>) -> Statement {
        let ContactTable { table, password, version, dialect, .. } = &self.table;
        statement = statement.push(&format!("UPDATE {table} SET {password} = ")).bind(Some(write.password));
        for (column, value) in &self.also_set {
            statement = self.push_text(statement.push(&format!(", {column} = ")), value, values);
        }
        let is_of = self.table.is_of(&mut statement, write.id);
        statement = statement.push(&format!(" WHERE {is_of} AND {}", self.table.is_active()));
        if *dialect == Dialect::Sqlite {
            // It has no fingerprint. The transaction has read the version, and nobody else writes until it ends.
            return statement;
        }
        let expected = statement.parameter(write.version);
        statement.push(&format!(" AND {}", dialect.is_same(version, &expected)))
    }

    fn push_text(&self, statement: Statement, text: &SqlText, values: &Values<'_>) -> Statement {
        push_text(statement, text, self.table.dialect, &self.table.names, values)
    }

    /// Writes, and commits only what was through until then.
    async fn write_once(
        &self,
        write: &Write<'_>,
        expected: &PasswordVersion,
        until: Instant,
    ) -> Result<SetPassword, NotWritten> {
        let written = timeout_at(until, async {
            let mut open = self.database.begin().await.map_err(|error| self.not_written(error))?;
            let written = self.write_in(&mut open, write, expected).await;
            Ok((open, written))
        });
        // What is given up on is cut with its connection, and undone.
        let (open, written) = written.await.unwrap_or_else(|_| Err(self.too_slow()))?;
        match written {
            Ok(BeforeCommit::Written) => self.commit(open).await,
            Ok(BeforeCommit::NoRow) => {
                open.rollback().await;
                let why = timeout_at(until, self.why_no_row(write, expected));
                why.await.unwrap_or_else(|_| Err(self.too_slow()))
            }
            Ok(BeforeCommit::VersionChanged) => {
                open.rollback().await;
                Ok(SetPassword::VersionChanged)
            }
            Err(error) => {
                open.rollback().await;
                Err(error)
            }
        }
    }

    /// All of a write but its end.
    async fn write_in(
        &self,
        open: &mut OpenTransaction,
        write: &Write<'_>,
        expected: &PasswordVersion,
    ) -> Result<BeforeCommit, NotWritten> {
        let cast = |parameter: &str| self.table.cast_id(parameter);
        let values = write.values(&self.entropy, &cast);
        let dialect = self.table.dialect;

        if let Some(text) = self.hidden_rows(open).await.map_err(|error| self.not_written(error))? {
            return Err(self.not_written(refusal(text)));
        }
        let found = match open.rows(&self.who_is(write)).await {
            Err(error) if is_no_value(&error) => return Ok(BeforeCommit::VersionChanged),
            found => found.map_err(|error| self.not_written(error))?,
        };
        if found.len() > 1 {
            return Err(NotWritten::Failed(several_have(write.id.unwrap_or_default())));
        }
        let row = self.only(found).filter(|row| row.is_active && row.version == *expected);
        let Some(row) = row else { return Ok(BeforeCommit::VersionChanged) };
        if !self.hasher.may_replace(Some(&row.kind)) {
            return Err(NotWritten::Failed(DirectoryError::Unreachable(format!(
                "the stored password of {} is of kind \"{}\", beside which the application may not take what would be written; it is left alone. To mend: set `scheme` in the mapping, which says that it may be replaced",
                row.id, row.kind
            ))));
        }

        // This statement decides: of any number of writers that have read the same version, one finds it still there.
        let statement = self.update(Statement::new(dialect, ""), write, &values);
        match open.execute(&statement).await.map_err(|error| self.not_written(error))? {
            1 => {}
            0 => return Ok(BeforeCommit::NoRow),
            // All of them are undone.
            _ => return Err(NotWritten::Failed(several_have(&row.id))),
        }
        for also in &self.also_run {
            let statement = self.push_text(Statement::new(dialect, ""), also, &values);
            open.execute(&statement).await.map_err(|error| self.not_written(error))?;
        }

        // A row that was written need not hold what was written.
        let found = open.rows(&self.who_is(write)).await.map_err(|error| self.not_written(error))?;
        if self.only(found).is_none_or(|row| row.version != *write.intended) {
            return Err(self.changed_on_the_way());
        }
        Ok(BeforeCommit::Written)
    }

    fn who_is(&self, write: &Write<'_>) -> Statement {
        who_is(&self.table, "", write.id.unwrap_or_default())
    }

    fn only(&self, found: Vec<TextRow>) -> Option<ContactRow> {
        found.into_iter().find_map(|row| ContactRow::of(self.table.dialect, row))
    }

    /// Somebody else was first, or the database lets nobody write this row. Asked once the transaction is over: MySQL shows it the rows of its beginning.
    async fn why_no_row(
        &self,
        write: &Write<'_>,
        expected: &PasswordVersion,
    ) -> Result<SetPassword, NotWritten> {
        let found = self.database.rows(&self.who_is(write)).await.map_err(|error| self.not_written(error))?;
        match self.only(found).filter(|row| row.is_active && row.version == *expected) {
            Some(_) => Err(self.changed_on_the_way()),
            None => Ok(SetPassword::VersionChanged),
        }
    }

    fn changed_on_the_way(&self) -> NotWritten {
        NotWritten::Failed(DirectoryError::Unreachable(format!(
            "{}: a trigger, a rule or a policy of {} changes what is written to {}, or keeps it from being written; all was undone. To mend: let the trigger leave alone what this account writes: it is a hash already",
            self.url_key, self.table.table, self.table.password
        )))
    }

    fn too_slow(&self) -> NotWritten {
        NotWritten::Failed(DirectoryError::Unreachable(format!(
            "{}: a password was not through within {:?}, and all was undone: the database is slow, or a lock is held on what is written",
            self.url_key, self.patience
        )))
    }

    async fn commit(&self, open: OpenTransaction) -> Result<SetPassword, NotWritten> {
        match open.commit().await {
            Ok(()) => Ok(SetPassword::Set),
            Err(error) if has_not_committed(&error) => Err(self.not_written(error)),
            Err(error) => Err(NotWritten::Failed(DirectoryError::OutcomeUnknown(format!(
                "{}: {}",
                self.url_key,
                describe(&error)
            )))),
        }
    }

    fn not_written(&self, error: Error) -> NotWritten {
        match is_conflict(&error) {
            true => NotWritten::Conflict(error),
            false => NotWritten::Failed(unreachable(self.url_key, &error)),
        }
    }
}

/// One password for one contact.
struct Write<'a> {
    /// Whose; absent: nobody's.
    id: Option<&'a str>,
    version: Option<&'a str>,
    password: &'a str,
    salt: Option<&'a str>,
    algorithm: Option<&'a str>,
    /// The version of the password.
    intended: &'a PasswordVersion,
}

impl<'a> Write<'a> {
    fn values(&'a self, entropy: &'a Entropy, cast_id: &'a (dyn Fn(&str) -> String + Sync)) -> Values<'a> {
        let Self { id, salt, algorithm, .. } = *self;
        Values { id, cast_id, entropy, salt, algorithm }
    }
}

#[async_trait]
impl PasswordWriter for SqlPasswordWriter {
    async fn read(&self, id: &ContactId) -> Result<Option<Contact>, DirectoryError> {
        read_exact(&self.database, &self.table, self.url_key, id).await
    }

    fn is_conditional(&self) -> bool {
        true
    }

    fn normalised(&self, password: &str) -> Zeroizing<String> {
        self.hasher.normalised(password)
    }

    fn max_password_bytes(&self) -> Option<usize> {
        self.hasher.max_password_bytes()
    }

    async fn prepare(&self, password: Zeroizing<String>) -> Result<PreparedPassword, NotPrepared> {
        let stored = self.hasher.hash(password).await.map_err(|error| match error {
            HashError::TooLong { max_bytes } => NotPrepared::TooLong { max_bytes },
            error => DirectoryError::Unreachable(error.to_string()).into(),
        })?;
        Ok(PreparedPassword {
            intended_version: Some(fingerprint(&stored.password)),
            value: stored.password,
            salt: stored.salt,
            algorithm: stored.algorithm,
        })
    }

    async fn set(
        &self,
        id: &ContactId,
        expected: &PasswordVersion,
        password: PreparedPassword,
    ) -> Result<SetPassword, DirectoryError> {
        let intended = fingerprint(&password.value);
        if password.intended_version.as_ref() != Some(&intended) {
            // Whatever it is, it is not a hash of ours: a password as it was typed must never land in the table.
            return Err(DirectoryError::Unreachable(
                "this password was not prepared by this directory".to_owned(),
            ));
        }
        let write = Write {
            id: Some(id.as_str()),
            version: Some(expected.as_str()).filter(|version| *version != NO_PASSWORD),
            password: &password.value,
            salt: password.salt.as_deref(),
            algorithm: password.algorithm.as_deref(),
            intended: &intended,
        };
        let until = Instant::now() + self.patience;
        let mut attempt = 1;
        loop {
            match self.write_once(&write, expected, until).await {
                Ok(outcome) => return Ok(outcome),
                Err(NotWritten::Failed(error)) => return Err(error),
                Err(NotWritten::Conflict(error)) if attempt >= ATTEMPTS => {
                    return Err(unreachable(self.url_key, &error));
                }
                Err(NotWritten::Conflict(error)) => {
                    tracing::info!(error = describe(&error), attempt, "a password's write is begun anew");
                    attempt += 1;
                }
            }
        }
    }

    async fn close(&self) {
        self.database.close().await;
    }
}
