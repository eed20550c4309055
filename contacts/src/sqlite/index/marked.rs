//! Contacts that somebody has written are indexed as they are now.

use sqlx::sqlite::{Sqlite, SqliteConnection, SqliteRow};
use sqlx::{Connection, QueryBuilder, Row as _};

use super::entries::{Entries, initial, initials};
use crate::sqlite::lookup_keys::ROWS_PER_STATEMENT;

/// So many are indexed in one transaction, which keeps other writers waiting for some tenths of a second.
pub(super) const AT_ONCE: u32 = 2_000;

const ANY: &str = "SELECT EXISTS (SELECT 1 FROM contacts_unindexed WHERE unindexable = 0)";

/// Each with what stands in the table now, and with what it is indexed by. A contact that was deleted has neither name nor activity.
const MARKED: &str = "
    SELECT marked.id, contacts.name, contacts.email, coalesce(contacts.active, 0) AS active,
        contacts_search.name AS old_name, contacts_search.email_initial AS old_initial
    FROM (SELECT id FROM contacts_unindexed WHERE unindexable = 0 LIMIT ?1) AS marked
    LEFT JOIN contacts ON contacts.id = marked.id
    LEFT JOIN contacts_search ON contacts_search.id = marked.id";

/// What stands in the table.
struct Marked {
    id: Vec<u8>,
    /// Absent where the contact is gone or inactive, or cannot be indexed.
    entries: Option<Entries>,
    /// What it was indexed by.
    old: Option<(String, Option<String>)>,
    is_unindexable: bool,
}

impl Marked {
    fn of(row: &SqliteRow) -> sqlx::Result<Self> {
        let id: Vec<u8> = row.try_get("id")?;
        let old_name: Option<String> = row.try_get("old_name")?;
        let old_initial = row.try_get("old_initial")?;
        let is_active: bool = row.try_get("active")?;
        let entries = if is_active { Self::entries(row, &id)? } else { None };
        Ok(Self {
            id,
            is_unindexable: is_active && entries.is_none(),
            entries,
            old: old_name.map(|name| (name, old_initial)),
        })
    }

    /// SQLite keeps whatever bytes another program gives it for a text.
    fn entries(row: &SqliteRow, id: &[u8]) -> sqlx::Result<Option<Entries>> {
        let (name, email): (Option<Vec<u8>>, Option<Vec<u8>>) = (row.try_get("name")?, row.try_get("email")?);
        let (Ok(id), Ok(name)) = (str::from_utf8(id), str::from_utf8(name.as_deref().unwrap_or_default()))
        else {
            return Ok(None);
        };
        let Ok(email) = email.as_deref().map(str::from_utf8).transpose() else { return Ok(None) };
        Ok(Entries::of(id, name, email))
    }
}

/// Indexes some contacts that are marked, and says whether more are.
pub(super) async fn index_some(connection: &mut SqliteConnection) -> sqlx::Result<bool> {
    index_up_to(AT_ONCE, connection).await.map(|indexed| indexed == AT_ONCE as usize)
}

/// Indexes some contacts that are marked, and says how many.
async fn index_up_to(limit: u32, connection: &mut SqliteConnection) -> sqlx::Result<usize> {
    let (any,): (bool,) = sqlx::query_as(ANY).fetch_one(&mut *connection).await?;
    if !any {
        return Ok(0);
    }
    // From here nobody else writes, so what is read is what is indexed.
    let mut writing = connection.begin_with("BEGIN IMMEDIATE").await?;
    let rows = sqlx::query(MARKED).bind(limit).fetch_all(&mut *writing).await?;
    let marked = rows.iter().map(Marked::of).collect::<sqlx::Result<Vec<_>>>()?;
    remove(&mut writing, &marked).await?;
    let mut entries: Vec<&Entries> = marked.iter().filter_map(|marked| marked.entries.as_ref()).collect();
    // Neighbours in the tables, one behind the other.
    entries.sort_by(|one, other| (&one.name, &one.id).cmp(&(&other.name, &other.id)));
    add(&mut writing, &entries).await?;
    unmark(&mut writing, &marked).await?;
    writing.commit().await?;
    Ok(marked.len())
}

/// Indexes all contacts that are marked; `on_progress` hears of how many.
pub(in crate::sqlite) async fn index_all(
    connection: &mut SqliteConnection,
    mut on_progress: impl FnMut(u64),
) -> sqlx::Result<()> {
    let mut indexed = 0;
    loop {
        let more = index_up_to(AT_ONCE, connection).await?;
        if more == 0 {
            return Ok(());
        }
        indexed += more as u64;
        on_progress(indexed);
    }
}

async fn remove(connection: &mut SqliteConnection, marked: &[Marked]) -> sqlx::Result<()> {
    for Marked { id, old, .. } in marked {
        let Some((name, email_initial)) = old else { continue };
        for (kind, initial) in initials(name, email_initial.as_deref()) {
            sqlx::query(
                "DELETE FROM contacts_words WHERE kind = ?1 AND initial = ?2 AND name = ?3 AND id = CAST(?4 AS TEXT)",
            )
            .bind(kind)
            .bind(initial)
            .bind(name)
            .bind(id)
            .execute(&mut *connection)
            .await?;
        }
        sqlx::query("DELETE FROM contacts_search WHERE id = CAST(?1 AS TEXT)")
            .bind(id)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

async fn add(connection: &mut SqliteConnection, entries: &[&Entries]) -> sqlx::Result<()> {
    for entries in entries.chunks(ROWS_PER_STATEMENT) {
        let mut insert =
            QueryBuilder::<Sqlite>::new("INSERT INTO contacts_search (id, id_folded, name, email_initial) ");
        insert.push_values(entries, |mut row, entry| {
            row.push_bind(&entry.id).push_bind(&entry.id_folded).push_bind(&entry.name);
            row.push_bind(entry.email_initial());
        });
        insert.build().execute(&mut *connection).await?;
    }
    let of_all = entries.iter().flat_map(|entry| entry.words().map(|(kind, word)| (kind, word, *entry)));
    let mut words: Vec<(i64, &str, &Entries)> = of_all.collect();
    words.sort_by_key(|(kind, word, entry)| (*kind, initial(word), &*entry.name, &*entry.id));
    for words in words.chunks(ROWS_PER_STATEMENT) {
        let mut insert =
            QueryBuilder::<Sqlite>::new("INSERT INTO contacts_words (kind, initial, name, id, word) ");
        insert.push_values(words, |mut row, (kind, word, entry)| {
            row.push_bind(*kind).push_bind(initial(word)).push_bind(&entry.name).push_bind(&entry.id);
            row.push_bind(*word);
        });
        insert.build().execute(&mut *connection).await?;
    }
    Ok(())
}

async fn unmark(connection: &mut SqliteConnection, marked: &[Marked]) -> sqlx::Result<()> {
    for marked in marked.chunks(ROWS_PER_STATEMENT) {
        let mut delete = QueryBuilder::<Sqlite>::new("DELETE FROM contacts_unindexed WHERE id IN (");
        let mut ids = delete.separated(", ");
        for marked in marked.iter().filter(|marked| !marked.is_unindexable) {
            ids.push("CAST(").push_bind_unseparated(&marked.id).push_unseparated(" AS TEXT)");
        }
        ids.push_unseparated(")");
        delete.build().execute(&mut *connection).await?;
    }
    for Marked { id, .. } in marked.iter().filter(|marked| marked.is_unindexable) {
        sqlx::query("UPDATE contacts_unindexed SET unindexable = 1 WHERE id = CAST(?1 AS TEXT)")
            .bind(id)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}
