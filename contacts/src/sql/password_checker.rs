//! Checking a present password by the hash that the application stores.

use async_trait::async_trait;
use config::{SqlParameter, SqlPart};
use keys::ContactId;
use zeroize::Zeroizing;

use super::contact_lookup::several_have;
use super::error::{is_no_value, unreachable};
use super::password_writer::SqlPasswordWriter;
use super::rows::fingerprint;
use super::statement::Statement;
use crate::hash::{self, HashError, StoredPassword};
use crate::{DirectoryError, PasswordCheck, PasswordChecker, PasswordWriter};

impl SqlPasswordWriter {
    /// Whether the contact is active, which kind of hash is stored, the hash, and its salt and algorithm where they have columns of their own.
    fn stored(&self, id: &ContactId) -> Statement {
        let table = &self.table;
        let text = |column: &str| table.dialect.as_text(column);
        let [salt, algorithm] = [SqlParameter::Salt, SqlParameter::Algorithm]
            .map(|parameter| self.column_of(parameter).map_or_else(|| "NULL".to_owned(), text));
        let select = format!(
            "SELECT {}, {}, {}, {salt}, {algorithm} FROM {} WHERE ",
            table.active,
            table.kind,
            text(&table.password),
            table.table
        );
        let mut statement = Statement::new(table.dialect, select);
        let is_of = table.is_of(&mut statement, Some(id.as_str()));
        statement.push(&is_of)
    }

    /// The column that is set to this and to nothing else.
    fn column_of(&self, parameter: SqlParameter) -> Option<&str> {
        let alone = [SqlPart::Parameter(parameter)];
        self.also_set.iter().find(|(_, text)| text.parts() == alone).map(|(column, _)| column.as_str())
    }
}

#[async_trait]
impl PasswordChecker for SqlPasswordWriter {
    async fn check(
        &self,
        id: &ContactId,
        password: Zeroizing<String>,
    ) -> Result<PasswordCheck, DirectoryError> {
        let rows = match self.database.rows(&self.stored(id)).await {
            Ok(rows) => rows,
            Err(error) if is_no_value(&error) => Vec::new(),
            Err(error) => return Err(unreachable(self.url_key, &error)),
        };
        if rows.len() > 1 {
            return Err(several_have(id.as_str()));
        }
        let (stored, without) = match rows.into_iter().next() {
            None => (None, PasswordCheck::NoSuchContact),
            Some(row) => {
                let mut values = row.into_iter();
                let mut next = || values.next().flatten();
                let (active, kind, stored) = (next(), next(), next());
                let (salt, algorithm) = (next(), next());
                let is_active = active.as_deref() == Some("yes");
                let has_password = !hash::kinds()
                    .iter()
                    .any(|one| kind.as_deref() == Some(one.name) && one.is_no_password());
                let stored = stored.filter(|_| is_active && has_password).map(Zeroizing::new);
                let without = if is_active { PasswordCheck::NoPassword } else { PasswordCheck::Disabled };
                (stored.map(|password| StoredPassword { password, salt, algorithm }), without)
            }
        };
        let version = stored.as_ref().map(|stored| fingerprint(&stored.password));
        match (self.hasher.check(password, stored).await, version) {
            (Ok(Some(true)), Some(version)) => Ok(PasswordCheck::Matches { version }),
            (Ok(Some(_)), _) => Ok(PasswordCheck::Differs),
            (Ok(None), _) => Ok(without),
            (Err(HashError::UnknownHash), _) => Ok(PasswordCheck::UnknownHash),
            (Err(error), _) => Err(DirectoryError::Unreachable(error.to_string())),
        }
    }

    async fn close(&self) {
        PasswordWriter::close(self).await;
    }
}
