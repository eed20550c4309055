use async_trait::async_trait;
use keys::text::{self, folded, hides_something};
use keys::{ContactId, NormalisedEmail};

use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row as _};

use super::SqliteContacts;
use crate::argon2id::password_version;
use crate::{Contact, ContactHit, ContactLookup, DirectoryError, Found};

/// A contact as the table holds it.
pub(super) struct Row {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) email: Option<String>,
    pub(super) language: Option<String>,
    pub(super) password_hash: Option<String>,
    pub(super) active: bool,
}

impl FromRow<'_, SqliteRow> for Row {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        Ok(Self {
            id: row.try_get("id")?,
            name: row.try_get("name")?,
            email: row.try_get("email")?,
            language: row.try_get("language")?,
            password_hash: row.try_get("password_hash")?,
            active: row.try_get("active")?,
        })
    }
}

#[async_trait]
impl ContactLookup for SqliteContacts {
    async fn find(&self, typed: &str) -> Result<Found, DirectoryError> {
        self.check_in_place().await?;
        let exact = self.row(typed).await?;
        if let Some(row) = exact.filter(|_| !hides_something(typed)) {
            // An exact id names one contact: where that one is inactive, a look-alike would be somebody else.
            return if row.active { Ok(Found::One(self.contact(row)?)) } else { Ok(Found::Nobody) };
        }
        // A character that nobody sees decides nothing: an id that holds one is found like its look-alikes.
        let alike = self.alike(typed).await?.into_iter().filter(|(id, active)| *active || id == typed);
        let mut alike: Vec<String> = alike.map(|(id, _)| id).collect();
        if alike.len() > 1 {
            return alike.into_iter().map(|id| self.id(id)).collect::<Result<_, _>>().map(Found::Several);
        }
        let Some(id) = alike.pop() else { return Ok(Found::Nobody) };
        match self.row(&id).await? {
            Some(row) if row.active => Ok(Found::One(self.contact(row)?)),
            _ => Ok(Found::Nobody),
        }
    }

    async fn called(&self, typed: &str) -> Result<Vec<ContactId>, DirectoryError> {
        self.check_in_place().await?;
        self.alike(typed).await?.into_iter().map(|(id, _)| self.id(id)).collect()
    }

    async fn others_with_email(
        &self,
        email: &NormalisedEmail,
        except: &ContactId,
    ) -> Result<Vec<ContactId>, DirectoryError> {
        self.check_in_place().await?;
        // One statement, one state of the table: the indexed rows, and beside them the rows that another program wrote.
        let candidates: Vec<(String, Option<String>, bool)> = sqlx::query_as(
            "SELECT id, email, stale FROM contacts WHERE email_normalised = ?1 AND stale = 0
             UNION ALL
             SELECT id, email, stale FROM contacts WHERE stale = 1",
        )
        .bind(email.expose())
        .fetch_all(&self.pool)
        .await
        .map_err(|error| self.unreachable(error))?;

        self.mend_soon(candidates.iter().any(|(_, _, stale)| *stale));
        let mut others = candidates
            .into_iter()
            .filter(|(id, _, _)| id != except.as_str())
            .filter(|(_, held, _)| held.as_deref().and_then(NormalisedEmail::new).as_ref() == Some(email))
            .map(|(id, _, _)| self.id(id))
            .collect::<Result<Vec<_>, _>>()?;
        others.sort();
        Ok(others)
    }

    async fn search(&self, typed: &str, limit: usize) -> Result<Vec<ContactHit>, DirectoryError> {
        self.best_hits(typed, limit).await
    }
}

impl SqliteContacts {
    /// The ids that a person takes for this one, in their order, each with whether its contact is active.
    async fn alike(&self, typed: &str) -> Result<Vec<(String, bool)>, DirectoryError> {
        let folded = folded(typed);
        if folded.is_empty() {
            return Ok(Vec::new());
        }
        let candidates: Vec<(String, bool, bool)> = sqlx::query_as(
            "SELECT id, active, stale FROM contacts WHERE id_folded = ?1 AND stale = 0
             UNION ALL
             SELECT id, active, stale FROM contacts WHERE stale = 1",
        )
        .bind(&folded)
        .fetch_all(&self.pool)
        .await
        .map_err(|error| self.unreachable(error))?;

        self.mend_soon(candidates.iter().any(|(_, _, stale)| *stale));
        let alike = candidates.into_iter().filter(|(id, ..)| text::folded(id) == folded);
        let mut alike: Vec<(String, bool)> = alike.map(|(id, active, _)| (id, active)).collect();
        alike.sort();
        Ok(alike)
    }

    /// The row of exactly this id, active or not.
    pub(super) async fn row(&self, id: &str) -> Result<Option<Row>, DirectoryError> {
        sqlx::query_as("SELECT id, name, email, language, password_hash, active FROM contacts WHERE id = ?1")
            .bind(id)
            .fetch_optional(&self.pool)
            .await
            .map_err(|error| self.unreachable(error))
    }

    pub(super) fn contact(&self, row: Row) -> Result<Contact, DirectoryError> {
        Ok(Contact {
            id: self.id(row.id)?,
            name: row.name,
            primary_email: row.email,
            language: row.language,
            password_version: password_version(row.password_hash.as_deref()),
        })
    }

    /// The table's own checks hold this; a program that switches them off is told of, not believed.
    pub(super) fn id(&self, id: String) -> Result<ContactId, DirectoryError> {
        ContactId::new(id).map_err(|error| {
            let path = self.file.path.display();
            DirectoryError::Unreachable(format!("{path}: a contact has an id that cannot be one ({error})"))
        })
    }
}
