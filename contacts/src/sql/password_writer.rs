//! Reading contacts afresh and setting passwords, by an account that may write nothing else.

use async_trait::async_trait;
use config::{SqlContacts, SqlText};
use keys::{ContactId, PasswordVersion};
use sqlx::Error;
use zeroize::Zeroizing;

use super::contact_lookup::{open, read_exact, several_have};
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
use crate::hash::PasswordHasher;
use crate::{Contact, DirectoryError, Entropy, OpenError, PasswordWriter, PreparedPassword, SetPassword};

/// How often a write is begun anew that the database has undone because of another one. Nobody has been promised anything before it is through.
const ATTEMPTS: usize = 4;

/// Tables of another application, for whoever sets passwords.
pub struct SqlPasswordWriter {
    url_key: &'static str,
    pub(super) database: Database,
    pub(super) table: ContactTable,
    hasher: PasswordHasher,
    /// Further columns, quoted, each with what it is set to.
    also_set: Vec<(String, SqlText)>,
    also_run: Vec<SqlText>,
    /// Whether rows are hidden from this account.
    row_security: Vec<Statement>,
    entropy: Entropy,
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
        let url_key = settings.url_key;
        let this = Self { url_key, database, table, hasher, also_set, also_run, row_security, entropy };
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
        let nobody = Write { id: None, version: None, password: "", salt: None, algorithm: None };
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

    async fn write_once(
        &self,
        write: &Write<'_>,
        expected: &PasswordVersion,
    ) -> Result<SetPassword, NotWritten> {
        let mut open = self.database.begin().await.map_err(|error| self.not_written(error))?;
        match self.write_in(&mut open, write, expected).await {
            Ok(SetPassword::Set) => self.commit(open).await,
            unwritten => {
                open.rollback().await;
                unwritten
            }
        }
    }

    /// All of a write but its end.
    async fn write_in(
        &self,
        open: &mut OpenTransaction,
        write: &Write<'_>,
        expected: &PasswordVersion,
    ) -> Result<SetPassword, NotWritten> {
        let cast = |parameter: &str| self.table.cast_id(parameter);
        let values = write.values(&self.entropy, &cast);
        let dialect = self.table.dialect;

        if let Some(text) = self.hidden_rows(open).await.map_err(|error| self.not_written(error))? {
            return Err(self.not_written(refusal(text)));
        }
        let mut statement = Statement::new(dialect, self.table.select()).push(" WHERE ");
        let is_of = self.table.is_of(&mut statement, write.id);
        let found = match open.rows(&statement.push(&is_of)).await {
            Err(error) if is_no_value(&error) => return Ok(SetPassword::VersionChanged),
            found => found.map_err(|error| self.not_written(error))?,
        };
        if found.len() > 1 {
            return Err(NotWritten::Failed(several_have(write.id.unwrap_or_default())));
        }
        let row = found.into_iter().find_map(|row| ContactRow::of(dialect, row));
        let Some(row) = row.filter(|row| row.is_active && row.version == *expected) else {
            return Ok(SetPassword::VersionChanged);
        };
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
            0 => return Ok(SetPassword::VersionChanged),
            // All of them are undone.
            _ => return Err(NotWritten::Failed(several_have(&row.id))),
        }
        for also in &self.also_run {
            let statement = self.push_text(Statement::new(dialect, ""), also, &values);
            open.execute(&statement).await.map_err(|error| self.not_written(error))?;
        }
        Ok(SetPassword::Set)
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

    async fn prepare(&self, password: Zeroizing<String>) -> Result<PreparedPassword, DirectoryError> {
        let stored = self
            .hasher
            .hash(password)
            .await
            .map_err(|error| DirectoryError::Unreachable(error.to_string()))?;
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
        if password.intended_version != Some(fingerprint(&password.value)) {
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
        };
        let mut attempt = 1;
        loop {
            match self.write_once(&write, expected).await {
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
