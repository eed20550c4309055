//! The tables of the index, and the triggers that mark what is written.

use sqlx::Connection;
use sqlx::sqlite::SqliteConnection;

use crate::sqlite::lookup_keys;

/// Raise it whenever [`super::entries`] or `crate::matching` comes to answer differently: everything is then indexed afresh.
const RULES: u32 = 1;

/// `contacts_search` holds a row for each active contact that is indexed, and `contacts_words` one for each later word of its name and for its e-mail,
/// ordered in two ways: by the words, for what few contacts match, and by the names, for what many match. `name` is in its searched form in both.
/// `contacts_unindexed` names the contacts that the other tables do not hold as they are now.
const TABLES: &str = "
CREATE TABLE contacts_search (
    id TEXT NOT NULL PRIMARY KEY,
    id_folded TEXT NOT NULL,
    name TEXT NOT NULL,
    email_initial TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX contacts_search_ids ON contacts_search (id_folded, id);
CREATE INDEX contacts_search_names ON contacts_search (name, id);
CREATE TABLE contacts_words (
    kind INTEGER NOT NULL,
    initial TEXT NOT NULL,
    name TEXT NOT NULL,
    id TEXT NOT NULL,
    word TEXT NOT NULL,
    PRIMARY KEY (kind, initial, name, id, word)
) STRICT, WITHOUT ROWID;
CREATE INDEX contacts_words_words ON contacts_words (kind, word, name, id);
CREATE TABLE contacts_unindexed (
    id TEXT NOT NULL PRIMARY KEY,
    unindexable INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE TABLE contacts_search_rules (rules TEXT NOT NULL) STRICT;
INSERT INTO contacts_search_rules (rules) VALUES ('');
";

/// Deleted and inserted, since an `INSERT OR IGNORE` of a trigger is no longer one where the statement that fires it says `OR` something else.
const TRIGGERS: &str = "
CREATE TRIGGER contacts_search_inserted AFTER INSERT ON contacts BEGIN
    DELETE FROM contacts_unindexed WHERE id = new.id;
    INSERT INTO contacts_unindexed (id) VALUES (new.id);
END;
CREATE TRIGGER contacts_search_updated AFTER UPDATE OF id, name, email, active ON contacts
WHEN (new.id, new.name, new.email, new.active) IS NOT (old.id, old.name, old.email, old.active) BEGIN
    DELETE FROM contacts_unindexed WHERE id IN (old.id, new.id);
    INSERT INTO contacts_unindexed (id) SELECT new.id UNION SELECT old.id;
END;
CREATE TRIGGER contacts_search_deleted AFTER DELETE ON contacts BEGIN
    DELETE FROM contacts_unindexed WHERE id = old.id;
    INSERT INTO contacts_unindexed (id) VALUES (old.id);
END;
";

/// How many of the above are there.
const COUNT: &str = "
SELECT count(*) FROM sqlite_schema WHERE (type, name) IN (VALUES
    ('table', 'contacts_search'), ('index', 'contacts_search_ids'), ('index', 'contacts_search_names'),
    ('table', 'contacts_words'), ('index', 'contacts_words_words'),
    ('table', 'contacts_unindexed'), ('table', 'contacts_search_rules'),
    ('trigger', 'contacts_search_inserted'), ('trigger', 'contacts_search_updated'),
    ('trigger', 'contacts_search_deleted'))";
const WHOLE: i64 = 10;

const DROP: &str = "
DROP TRIGGER IF EXISTS contacts_search_inserted;
DROP TRIGGER IF EXISTS contacts_search_updated;
DROP TRIGGER IF EXISTS contacts_search_deleted;
DROP TABLE IF EXISTS contacts_search;
DROP TABLE IF EXISTS contacts_words;
DROP TABLE IF EXISTS contacts_unindexed;
DROP TABLE IF EXISTS contacts_search_rules;
";

/// Everybody is searched as they stand until they are indexed.
const MARK_ALL: &str = "
DELETE FROM contacts_search;
DELETE FROM contacts_words;
DELETE FROM contacts_unindexed;
INSERT INTO contacts_unindexed (id) SELECT id FROM contacts ORDER BY id;
";

/// Begins an index where there is none, or one by other rules. It takes a second for a million contacts, who are indexed later: a file of a former release
/// has no index, and one that a part is missing of is worth nothing.
pub(in crate::sqlite) async fn ensure(connection: &mut SqliteConnection) -> sqlx::Result<()> {
    if is_current(connection).await? {
        return Ok(());
    }
    let mut writing = connection.begin_with("BEGIN IMMEDIATE").await?;
    if !is_whole(&mut writing).await? {
        sqlx::raw_sql(DROP).execute(&mut *writing).await?;
        sqlx::raw_sql(TABLES).execute(&mut *writing).await?;
        sqlx::raw_sql(TRIGGERS).execute(&mut *writing).await?;
    }
    // Another process may have been faster.
    if !is_current(&mut writing).await? {
        sqlx::raw_sql(MARK_ALL).execute(&mut *writing).await?;
        sqlx::query("UPDATE contacts_search_rules SET rules = ?1")
            .bind(rules())
            .execute(&mut *writing)
            .await?;
    }
    writing.commit().await
}

async fn is_current(connection: &mut SqliteConnection) -> sqlx::Result<bool> {
    if !is_whole(connection).await? {
        return Ok(false);
    }
    let (adopted,): (i64,) = sqlx::query_as("SELECT count(*) FROM contacts_search_rules WHERE rules = ?1")
        .bind(rules())
        .fetch_one(connection)
        .await?;
    Ok(adopted == 1)
}

async fn is_whole(connection: &mut SqliteConnection) -> sqlx::Result<bool> {
    let (found,): (i64,) = sqlx::query_as(COUNT).fetch_one(connection).await?;
    Ok(found == WHOLE)
}

/// How ids are folded is a part of how they are searched.
fn rules() -> String {
    format!("{RULES}; {}", lookup_keys::rules())
}
