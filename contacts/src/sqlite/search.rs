//! Searching by the index: each kind of match in its own order, the best kind first, and no more rows than are wanted; beside them, contacts that are not
//! indexed are read as they stand.

use futures_util::TryStreamExt;
use sqlx::Row as _;
use sqlx::query::Query;
use sqlx::sqlite::{Sqlite, SqliteArguments, SqliteConnection};

use super::SqliteContactLookup;
use super::index::{EMAIL, LATER_WORD, initial};
use crate::contact::masked;
use crate::matching::{BestMatches, Candidate, Match, SearchedFields, TypedText};
use crate::{ContactHit, DirectoryError};

/// Where no more contacts than these match, all of them are put in order; of more, the first are met soon enough in the order of the names.
const FEW: i64 = 5_000;

/// Whether anybody is not indexed, and whether they can be.
const NOT_INDEXED: &str = "
    SELECT EXISTS (SELECT 1 FROM contacts_unindexed),
        EXISTS (SELECT 1 FROM contacts_unindexed WHERE unindexable = 0)";

/// Of those who are not indexed whoever may match, and as few others as SQL can tell: its `LIKE` knows the case of ASCII alone, so it judges what is ASCII,
/// and every other row is left to [`TypedText`]. (`length` ends at a NUL, so a text that holds one counts among the others.)
const UNINDEXED: &str = r"
    SELECT contacts.id, contacts.name, contacts.email
    FROM contacts_unindexed CROSS JOIN contacts ON contacts.id = contacts_unindexed.id
    WHERE active = 1 AND (
        ltrim(contacts.id) LIKE ?1 ESCAPE '\'
        OR name LIKE ?2 ESCAPE '\'
        OR ltrim(email, char(9, 10, 11, 12, 13, 32)) LIKE ?1 ESCAPE '\'
        OR length(contacts.id) < octet_length(contacts.id)
        OR length(name) < octet_length(name)
        OR length(email) < octet_length(email)
    )";

const EXACT: &str = "SELECT id, name, email FROM contacts WHERE id = ?1 AND active = 1";

/// `coalesce(…, x'')`: no text comes behind the empty blob.
const BY_ID: &str = "
    SELECT contacts.id, contacts.name, contacts.email FROM (
        SELECT id FROM contacts_search AS found INDEXED BY contacts_search_ids
        WHERE id_folded >= ?1 AND id_folded < coalesce(?2, x'')
            AND NOT EXISTS (SELECT 1 FROM contacts_unindexed WHERE contacts_unindexed.id = found.id)
        ORDER BY id_folded, id LIMIT ?3
    ) AS best CROSS JOIN contacts ON contacts.id = best.id AND active = 1";

const BY_NAME: &str = "
    SELECT contacts.id, contacts.name, contacts.email FROM (
        SELECT id FROM contacts_search AS found INDEXED BY contacts_search_names
        WHERE name >= ?1 AND name < coalesce(?2, x'')
            AND NOT EXISTS (SELECT 1 FROM contacts_unindexed WHERE contacts_unindexed.id = found.id)
        ORDER BY name, id LIMIT ?3
    ) AS best CROSS JOIN contacts ON contacts.id = best.id AND active = 1";

/// How many match by a later word or by the e-mail, as far as it matters.
const HOW_MANY: &str = "
    SELECT count(*) FROM (
        SELECT 1 FROM contacts_words INDEXED BY contacts_words_words
        WHERE kind = ?1 AND word >= ?2 AND word < coalesce(?3, x'') LIMIT ?4)";

pub(super) const BY_WORD_OF_FEW: &str = "
    SELECT contacts.id, contacts.name, contacts.email FROM (
        SELECT DISTINCT name, id FROM contacts_words AS found INDEXED BY contacts_words_words
        WHERE kind = ?1 AND word >= ?2 AND word < coalesce(?3, x'')
            AND NOT EXISTS (SELECT 1 FROM contacts_unindexed WHERE contacts_unindexed.id = found.id)
        ORDER BY name, id LIMIT ?4
    ) AS best CROSS JOIN contacts ON contacts.id = best.id AND active = 1";

/// `+word`: the order of the names, not that of the words.
pub(super) const BY_WORD_OF_MANY: &str = "
    SELECT contacts.id, contacts.name, contacts.email FROM (
        SELECT DISTINCT name, id FROM contacts_words AS found NOT INDEXED
        WHERE kind = ?1 AND initial = ?5 AND +word >= ?2 AND +word < coalesce(?3, x'')
            AND NOT EXISTS (SELECT 1 FROM contacts_unindexed WHERE contacts_unindexed.id = found.id)
        ORDER BY name, id LIMIT ?4
    ) AS best CROSS JOIN contacts ON contacts.id = best.id AND active = 1";

/// Every statement of a search, for holding them to their plans.
#[cfg(test)]
pub(super) const STATEMENTS: [&str; 8] =
    [NOT_INDEXED, UNINDEXED, EXACT, BY_ID, BY_NAME, HOW_MANY, BY_WORD_OF_FEW, BY_WORD_OF_MANY];

impl SqliteContactLookup {
    pub(super) async fn best_hits(
        &self,
        typed: &str,
        limit: usize,
    ) -> Result<Vec<ContactHit>, DirectoryError> {
        self.file.check_in_place().await?;
        let Some(typed) = TypedText::new(typed).filter(|_| limit > 0) else { return Ok(Vec::new()) };
        let search = async {
            // All statements see one state of the directory.
            let mut reading = self.file.pool.begin().await?;
            let mut search = Search::of(&mut reading, &typed, limit);
            search.run().await?;
            let (best, some_are_not_indexed) = (search.best, search.some_can_be_indexed);
            reading.rollback().await?;
            self.index_soon(some_are_not_indexed);
            Ok(best)
        };
        let best = search.await.map_err(|error| self.file.unreachable(error))?;
        best.in_order().map(|candidate| self.hit(candidate)).collect()
    }

    fn hit(&self, candidate: Candidate) -> Result<ContactHit, DirectoryError> {
        let Candidate { id, name, email, .. } = candidate;
        Ok(ContactHit { id: self.file.id(id)?, name, masked_email: email.as_deref().map(masked) })
    }
}

struct Search<'a> {
    connection: &'a mut SqliteConnection,
    typed: &'a TypedText<'a>,
    limit: i64,
    best: BestMatches,
    some_can_be_indexed: bool,
}

impl<'a> Search<'a> {
    fn of(connection: &'a mut SqliteConnection, typed: &'a TypedText<'a>, limit: usize) -> Self {
        let best = BestMatches::of(limit);
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        Self { connection, typed, limit, best, some_can_be_indexed: false }
    }

    /// Of a kind of match as many are read as are wanted in all: fewer than that are among the better kinds already, or the search has ended.
    async fn run(&mut self) -> sqlx::Result<()> {
        let TypedText { as_it_stands, folded, bare } = self.typed;
        self.not_indexed().await?;
        if folded.is_empty() {
            return self.offer(sqlx::query(BY_NAME).bind("").bind(None::<String>).bind(self.limit)).await;
        }
        self.offer(sqlx::query(EXACT).bind(as_it_stands)).await?;
        self.offer(sqlx::query(BY_ID).bind(folded).bind(behind(folded)).bind(self.limit)).await?;
        if self.best.is_full_of(Match::IdBegins) {
            return Ok(());
        }
        // An accent on its own was typed, and no name begins with it.
        if !bare.is_empty() {
            self.offer(sqlx::query(BY_NAME).bind(bare).bind(behind(bare)).bind(self.limit)).await?;
            if self.best.is_full_of(Match::NameBegins) {
                return Ok(());
            }
            self.words(LATER_WORD, bare).await?;
            if self.best.is_full_of(Match::LaterWordBegins) {
                return Ok(());
            }
        }
        self.words(EMAIL, folded).await
    }

    async fn not_indexed(&mut self) -> sqlx::Result<()> {
        let (some, some_can_be): (bool, bool) =
            sqlx::query_as(NOT_INDEXED).fetch_one(&mut *self.connection).await?;
        self.some_can_be_indexed = some_can_be;
        if !some {
            return Ok(());
        }
        let beginning = format!("{}%", literally(&self.typed.folded));
        let somewhere = format!("%{}%", literally(&self.typed.bare));
        self.offer(sqlx::query(UNINDEXED).bind(beginning).bind(somewhere)).await
    }

    async fn words(&mut self, kind: i64, word: &str) -> sqlx::Result<()> {
        let behind = behind(word);
        let (count,): (i64,) = sqlx::query_as(HOW_MANY)
            .bind(kind)
            .bind(word)
            .bind(&behind)
            .bind(FEW + 1)
            .fetch_one(&mut *self.connection)
            .await?;
        match count {
            0 => Ok(()),
            1..=FEW => {
                let query = sqlx::query(BY_WORD_OF_FEW).bind(kind).bind(word).bind(behind);
                self.offer(query.bind(self.limit)).await
            }
            _ => {
                let query = sqlx::query(BY_WORD_OF_MANY).bind(kind).bind(word).bind(behind);
                self.offer(query.bind(self.limit).bind(initial(word))).await
            }
        }
    }

    async fn offer(&mut self, query: Query<'_, Sqlite, SqliteArguments>) -> sqlx::Result<()> {
        let mut rows = query.fetch(&mut *self.connection);
        while let Some(row) = rows.try_next().await? {
            let held = SearchedFields { id: row.try_get(0)?, name: row.try_get(1)?, email: row.try_get(2)? };
            self.best.offer(self.typed, held);
        }
        Ok(())
    }
}

/// The first text that does not begin with this one and comes behind all that do; `None` where no text does.
fn behind(beginning: &str) -> Option<String> {
    let mut behind = beginning.to_owned();
    while let Some(last) = behind.pop() {
        if let Some(next) = (last..=char::MAX).nth(1) {
            behind.push(next);
            return Some(behind);
        }
    }
    None
}

/// A pattern of `LIKE … ESCAPE '\'` in which this text means itself.
fn literally(text: &str) -> String {
    text.replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_behind_a_beginning_comes_behind_all_that_begin_so() {
        assert_eq!(behind("ab").as_deref(), Some("ac"));
        assert_eq!(behind("a\u{d7ff}").as_deref(), Some("a\u{e000}"));
        assert_eq!(behind("a\u{10ffff}").as_deref(), Some("b"));
        assert_eq!(behind("\u{10ffff}"), None);
        for beginning in ["a", "Z", "é", "\u{7f}", "\u{7ff}", "\u{ffff}", "さ"] {
            let behind = behind(beginning).unwrap();
            assert!(behind.as_str() > format!("{beginning}\u{10ffff}\u{10ffff}").as_str(), "{beginning}");
            assert!(!behind.starts_with(beginning));
        }
    }
}
