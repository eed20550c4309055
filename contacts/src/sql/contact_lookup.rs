//! Finding contacts, by an account that may read and nothing else.

use std::collections::BTreeSet;

use async_trait::async_trait;
use config::SqlContacts;
use keys::text::folded;
use keys::{ContactId, NormalisedEmail};
use sqlx::Error;
use tokio::time::{Instant, timeout_at};

use super::database::{Database, SEARCH_PATIENCE};
use super::error::{describe, is_no_value, took_too_long, unreachable};
use super::rows::{ContactRow, contact_id};
use super::session::{Access, refusal};
use super::statement::Statement;
use super::table::{ContactTable, Mismatch, Role};
use crate::contact::masked;
use crate::matching::{BestMatches, TypedText};
use crate::typed_id::{Meant, meant};
use crate::{Contact, ContactHit, ContactLookup, DirectoryError, EmailSharing, Found, OpenError};

/// So many rows at most whose id the database takes for the same; more would be a table in which an id names nobody.
const ALIKE: usize = 50;
/// Of more candidates than these nobody says with certainty who has an e-mail.
const CANDIDATES: usize = 1_000;
/// So many rows are ranked for one search.
const RANKED: usize = 500;
/// So many rows beyond ASCII are read for one search, and compared here. In a larger table a search may miss some of these; a full id finds them all the same.
const BEYOND_ASCII: usize = 2_000;

/// Tables of another application, for whoever finds contacts.
pub struct SqlContactLookup {
    pub(super) url_key: &'static str,
    pub(super) database: Database,
    pub(super) searching: Database,
    pub(super) table: ContactTable,
}

impl SqlContactLookup {
    /// Connects, and holds the mapping against the database.
    ///
    /// # Errors
    /// [`OpenError::Sql`] where it cannot be reached, or is not as the config says.
    pub async fn open(settings: &SqlContacts) -> Result<Self, OpenError> {
        let (database, table) = open(settings, Access::Read, Role::Reader).await?;
        let searching = Database::for_searches(settings).map_err(|error| not_opened(settings, &error))?;
        Ok(Self { url_key: settings.url_key, database, searching, table })
    }

    fn unreachable(&self, error: &Error) -> DirectoryError {
        unreachable(self.url_key, error)
    }

    async fn contacts(&self, database: &Database, statement: &Statement) -> Result<Vec<ContactRow>, Error> {
        let rows = database.rows(statement).await?;
        Ok(rows.into_iter().filter_map(|row| ContactRow::of(self.table.dialect, row)).collect())
    }

    /// Everybody whose id the database takes for what was typed, in one of the forms in which people type ids.
    async fn alike(&self, typed: &str) -> Result<Vec<ContactRow>, DirectoryError> {
        let trimmed = typed.trim();
        let mut forms = BTreeSet::from([
            typed.to_owned(),
            trimmed.to_owned(),
            folded(typed),
            trimmed.to_lowercase(),
            trimmed.to_uppercase(),
        ]);
        // No database holds a NUL in a text.
        forms.retain(|form| !form.is_empty() && !form.contains('\0'));
        let together = self.with_id_in(&forms).await;
        if !matches!(&together, Err(error) if is_no_value(error)) {
            return together.map_err(|error| self.unreachable(&error));
        }
        // One of the forms can be nobody's id, which says nothing of the others.
        let mut possible = BTreeSet::new();
        for form in forms {
            let alone = BTreeSet::from([form]);
            match self.with_id_in(&alone).await {
                Ok(_) => possible.extend(alone),
                Err(error) if is_no_value(&error) => {}
                Err(error) => return Err(self.unreachable(&error)),
            }
        }
        self.with_id_in(&possible).await.map_err(|error| self.unreachable(&error))
    }

    async fn with_id_in(&self, forms: &BTreeSet<String>) -> Result<Vec<ContactRow>, Error> {
        if forms.is_empty() {
            return Ok(Vec::new());
        }
        let mut statement = Statement::new(self.table.dialect, self.table.select()).push(" WHERE ");
        let mut separator = format!("{} IN (", self.table.id);
        for form in forms {
            let parameter = statement.parameter(Some(form));
            statement = statement.push(&separator).push(&self.table.cast_id(&parameter));
            separator = ", ".to_owned();
        }
        let rows = self.contacts(&self.database, &statement.push(&format!(") LIMIT {}", ALIKE + 1))).await?;
        if rows.len() > ALIKE {
            // Of those that were cut off, one may be the one that was meant.
            return Err(refusal(
                "the database takes more than 50 ids for the same. To mend: map `id` to a column that is unique",
            ));
        }
        Ok(rows)
    }

    /// Of the active contacts those whom the database takes for a match, letter by letter.
    fn beginning_so(&self, typed: &TypedText<'_>) -> Statement {
        let ContactTable { dialect, id_text, name, email, id, .. } = &self.table;
        let mut statement = Statement::new(self.table.dialect, self.table.select())
            .push(" WHERE ")
            .push(&self.table.is_active());
        if !typed.folded.is_empty() {
            let beginning = format!("{}%", literally(&typed.folded));
            let somewhere = format!("%{}%", literally(&typed.bare));
            let mut separator = " AND (";
            for (text, pattern) in [(id_text, &beginning), (name, &somewhere), (email, &beginning)] {
                let pattern = statement.parameter(Some(pattern));
                let is_like = dialect.is_like(&format!("lower({text})"), &pattern);
                statement = statement.push(separator).push(&is_like);
                separator = " OR ";
            }
            statement = statement.push(")");
        }
        statement.push(&format!(" ORDER BY {id} LIMIT {RANKED}"))
    }

    /// Of the active contacts those with a letter beyond ASCII, which databases compare in as many ways as they have collations.
    fn beyond_ascii(&self) -> Statement {
        let ContactTable { id_text, name, email, id, dialect, .. } = &self.table;
        let is_beyond = [id_text, name, email].map(|text| dialect.is_beyond_ascii(text)).join(" OR ");
        let condition =
            format!(" WHERE {} AND ({is_beyond}) ORDER BY {id} LIMIT {BEYOND_ASCII}", self.table.is_active());
        Statement::new(*dialect, self.table.select()).push(&condition)
    }

    /// A person takes these ids for the same: no more than that counts, however loosely the database compares.
    pub(super) async fn called_so(&self, typed: &str) -> Result<Vec<ContactRow>, DirectoryError> {
        let folded_typed = folded(typed);
        let mut rows = self.alike(typed).await?;
        rows.retain(|row| folded(&row.id) == folded_typed);
        rows.sort_by(|one, other| one.id.cmp(&other.id));
        if let Some(twice) = rows.windows(2).find_map(|pair| match pair {
            [one, other] if one.id == other.id => Some(&one.id),
            _ => None,
        }) {
            return Err(several_have(twice));
        }
        Ok(rows)
    }
}

/// Opens the database for a role.
pub(super) async fn open(
    settings: &SqlContacts,
    access: Access,
    role: Role,
) -> Result<(Database, ContactTable), OpenError> {
    let key = settings.url_key;
    let database = Database::new(settings, access).map_err(|error| not_opened(settings, &error))?;
    if let Err(error) = database.refuse_transaction_pooling().await {
        database.close().await;
        return Err(not_opened(settings, &error));
    }
    match ContactTable::of(&database, settings, role).await {
        Ok(table) => Ok((database, table)),
        Err(Mismatch(text)) => {
            database.close().await;
            Err(OpenError::Sql(format!("{key}: {text}")))
        }
    }
}

fn not_opened(settings: &SqlContacts, error: &Error) -> OpenError {
    OpenError::Sql(format!("{}: {}", settings.url_key, describe(error)))
}

pub(super) fn several_have(id: &str) -> DirectoryError {
    DirectoryError::Unusable(format!(
        "several contacts have the id {id}. To mend: map `id` to a column that is unique"
    ))
}

#[async_trait]
impl ContactLookup for SqlContactLookup {
    async fn find(&self, typed: &str) -> Result<Found, DirectoryError> {
        let rows = self.called_so(typed).await?;
        match meant(typed, rows, |row| row.id == typed, |row| row.is_active) {
            Meant::Nobody => Ok(Found::Nobody),
            Meant::One(row) => row.into_contact(&self.table.hasher).map(Found::One),
            Meant::Several(rows) => {
                rows.iter().map(|row| contact_id(&row.id)).collect::<Result<_, _>>().map(Found::Several)
            }
        }
    }

    async fn find_exact(&self, id: &ContactId) -> Result<Option<Contact>, DirectoryError> {
        read_exact(&self.database, &self.table, self.url_key, id).await
    }

    async fn called(&self, typed: &str) -> Result<Vec<ContactId>, DirectoryError> {
        self.called_so(typed).await?.into_iter().map(|row| contact_id(&row.id)).collect()
    }

    async fn others_with_email(
        &self,
        email: &NormalisedEmail,
        except: &ContactId,
    ) -> Result<EmailSharing, DirectoryError> {
        let undecided = |why: &str| Ok(EmailSharing::Undecided(format!("{}: {why}", self.url_key)));
        let candidates = match self.database.rows(&who_has(&self.table, "", email)).await {
            Ok(candidates) => candidates,
            Err(error) if took_too_long(&error) => {
                return undecided(
                    "who else has an e-mail took too long to find. `reset-link contacts check` prints the index that it needs",
                );
            }
            Err(error) => return Err(self.unreachable(&error)),
        };
        if candidates.len() > CANDIDATES {
            return undecided(
                "more than 1,000 contacts have an e-mail with letters beyond ASCII, or this one",
            );
        }
        let mut finds_itself = false;
        let mut others = Vec::new();
        for row in candidates {
            let [id, Some(held)] = row.as_slice() else { continue };
            if NormalisedEmail::new(held).as_ref() != Some(email) {
                continue;
            }
            if id.as_deref() == Some(except.as_str()) {
                finds_itself = true;
                continue;
            }
            // Whoever has no id there is somebody all the same.
            match ContactId::new(id.as_deref().unwrap_or_default()) {
                Ok(id) => others.push(id),
                Err(error) => {
                    return undecided(&format!("a contact has this e-mail whose id cannot be one ({error})"));
                }
            }
        }
        if !finds_itself {
            // Whoever else has it would not be found either.
            return undecided(
                "a contact is not found by its own e-mail: `email_key` is not the key that reset-link compares by (`reset-link contacts check` says so), or the e-mail has just changed",
            );
        }
        others.sort();
        Ok(EmailSharing::With(others))
    }

    async fn with_email(
        &self,
        email: &NormalisedEmail,
        limit: usize,
    ) -> Result<Vec<Contact>, DirectoryError> {
        let candidates = self
            .database
            .rows(&who_has(&self.table, "", email))
            .await
            .map_err(|error| self.unreachable(&error))?;
        let mut ids = BTreeSet::new();
        for row in candidates {
            let [Some(id), Some(held)] = row.as_slice() else { continue };
            if NormalisedEmail::new(held).as_ref() == Some(email) {
                ids.insert(contact_id(id)?);
            }
        }
        let mut contacts = Vec::new();
        for id in ids {
            if contacts.len() == limit {
                break;
            }
            contacts.extend(self.find_exact(&id).await?);
        }
        Ok(contacts)
    }

    async fn search(&self, typed: &str, limit: usize) -> Result<Vec<ContactHit>, DirectoryError> {
        let Some(typed) = TypedText::new(typed).filter(|_| limit > 0) else { return Ok(Vec::new()) };
        if typed.as_it_stands.contains('\0') {
            return Ok(Vec::new());
        }
        let mut best = BestMatches::of(limit);
        let until = Instant::now() + SEARCH_PATIENCE;
        let mut statements = vec![self.beginning_so(&typed)];
        if !typed.folded.is_empty() {
            statements.push(self.beyond_ascii());
            // By the index: whoever was named in full is offered, however large the table.
            let mut named = self.alike(typed.as_it_stands).await?;
            named.retain(|row| row.is_active);
            named.iter().for_each(|row| row.offer_to(&mut best, &typed));
        }
        for statement in statements {
            let found = timeout_at(until, self.contacts(&self.searching, &statement)).await;
            match found.unwrap_or(Err(Error::PoolTimedOut)) {
                Ok(rows) => rows.iter().for_each(|row| row.offer_to(&mut best, &typed)),
                // Whoever types waits for suggestions, and has the full id as well.
                Err(error) if took_too_long(&error) => {
                    tracing::warn!(
                        key = self.url_key,
                        "a search took too long and offers only whom it has found so far"
                    );
                    break;
                }
                Err(error) => return Err(self.unreachable(&error)),
            }
        }
        // Nobody can be sent a link whose id cannot be one.
        let hits = best.in_order().filter_map(|found| {
            let id = ContactId::new(&found.id).ok()?;
            Some(ContactHit { id, name: found.name, masked_email: found.email.as_deref().map(masked) })
        });
        Ok(hits.collect())
    }

    async fn close(&self) {
        self.searching.close().await;
        self.database.close().await;
    }
}

/// Whoever may have this e-mail; the statement begins with what is given.
pub(super) fn who_has(table: &ContactTable, begin: &str, email: &NormalisedEmail) -> Statement {
    let ContactTable { dialect, id_text, email: email_text, email_key, table, .. } = table;
    let mut statement = Statement::new(
        *dialect,
        format!("{begin}SELECT {id_text}, {email_text} FROM {table} WHERE {email_key} IN ('*'"),
    );
    // Whoever has an e-mail with letters beyond ASCII is found by the other key, and a column may not take such letters.
    if email.expose().is_ascii() {
        statement = statement.push(", ").bind(Some(email.expose()));
    }
    statement.push(&format!(") LIMIT {}", CANDIDATES + 1))
}

/// Whoever has exactly this id, active or not; the statement begins with what is given.
pub(super) fn who_is(table: &ContactTable, begin: &str, id: &str) -> Statement {
    let mut statement = Statement::new(table.dialect, format!("{begin}{}", table.select())).push(" WHERE ");
    let is_of = table.is_of(&mut statement, Some(id));
    statement.push(&is_of)
}

/// The active contact of exactly this id.
pub(super) async fn read_exact(
    database: &Database,
    table: &ContactTable,
    url_key: &str,
    id: &ContactId,
) -> Result<Option<Contact>, DirectoryError> {
    let rows = match database.rows(&who_is(table, "", id.as_str())).await {
        Ok(rows) => rows,
        Err(error) if is_no_value(&error) => return Ok(None),
        Err(error) => return Err(unreachable(url_key, &error)),
    };
    let mut rows: Vec<ContactRow> =
        rows.into_iter().filter_map(|row| ContactRow::of(table.dialect, row)).collect();
    match (rows.pop(), rows.is_empty()) {
        (Some(row), true) if row.is_active => row.into_contact(&table.hasher).map(Some),
        (Some(_), false) => Err(several_have(id.as_str())),
        _ => Ok(None),
    }
}

/// A pattern of `LIKE … ESCAPE '!'` in which this text means itself.
fn literally(text: &str) -> String {
    text.replace('!', "!!").replace('%', "!%").replace('_', "!_")
}
