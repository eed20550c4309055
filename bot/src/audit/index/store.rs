use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use keys::chained_log::{Reach, Segment, line_at, lines};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};
use tokio::runtime::Handle;

use super::entries::{IndexError, Log};
use super::key::{keys_of, short_hash, untold_by};
use crate::audit::event::Entry;

/// To be raised with every change of what stands in it: an index of another version is made anew.
const VERSION: i64 = 1;

/// `line`: what tells of what, by the number of its key. `untold`: redemptions that nobody was told of, by the number of the link. `followed`: how far each segment
/// has been read. A place is a segment's ordinal and a position in it.
const SCHEMA: &str = "\
CREATE TABLE IF NOT EXISTS line (key INTEGER NOT NULL, place INTEGER NOT NULL, hash INTEGER NOT NULL, PRIMARY KEY (key, place)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS untold (link INTEGER PRIMARY KEY, place INTEGER NOT NULL, hash INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS followed (segment INTEGER PRIMARY KEY, position INTEGER NOT NULL, last_line INTEGER NOT NULL, hash INTEGER NOT NULL);";

/// How long a statement waits for another process.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// So much of the audit is taken in by one transaction, in bytes: others wait no longer than that.
const BATCH_BYTES: u64 = 4 * 1024 * 1024;

/// So many rows go into the index by one statement.
const ROWS_AT_ONCE: usize = 200;

/// The bits of a place that are the position.
const POSITION_BITS: u32 = 40;

/// A line that tells of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) place: i64,
    pub(super) hash: i64,
}

impl Row {
    fn new(segment: &Segment, position: u64, line: &[u8]) -> Self {
        let place = (u64::from(segment.ordinal()) << POSITION_BITS) | position;
        Self { place: i64::try_from(place).unwrap_or(i64::MAX), hash: short_hash(line) }
    }

    /// The ordinal of the segment in which it stands.
    pub(super) fn segment(self) -> u32 {
        u32::try_from(self.place >> POSITION_BITS).unwrap_or(u32::MAX)
    }

    /// Where it begins there, in bytes.
    pub(super) fn position(self) -> u64 {
        self.place.unsigned_abs() & ((1 << POSITION_BITS) - 1)
    }
}

/// How far a segment has been read.
#[derive(Debug, Clone, Copy)]
struct SegmentProgress {
    segment: u32,
    position: u64,
    /// Where the last line begins, and its hash.
    last_line: u64,
    hash: i64,
}

impl SegmentProgress {
    /// Whether what was read last still stands there.
    fn still_stands(self, log: &Log<'_>, file: &File) -> io::Result<bool> {
        let line = line_at(log.disk, file, self.last_line)?;
        Ok(line.is_some_and(|line| {
            self.last_line + line.len() as u64 + 1 == self.position && short_hash(&line) == self.hash
        }))
    }
}

/// The index's file.
#[derive(Debug)]
pub(super) struct Store {
    file: PathBuf,
    identity: (u64, u64),
    connection: SqliteConnection,
}

impl Store {
    /// Opens the index, or begins one (mode 0600).
    pub(super) fn open(file: &Path) -> Result<Self, IndexError> {
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(file) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error.into()),
            Ok(_) | Err(_) => {}
        }
        let identity = identity(file)?;
        let options = SqliteConnectOptions::new()
            .filename(file)
            .busy_timeout(BUSY_TIMEOUT)
            .journal_mode(SqliteJournalMode::Wal)
            // It may lose its newest rows, as it may lose all of them; what is left fits together.
            .synchronous(SqliteSynchronous::Normal)
            .pragma("cache_size", "-16000")
            .disable_statement_logging();
        let connection = wait_for(async {
            let mut connection = SqliteConnection::connect_with(&options).await?;
            let (version,): (i64,) = sqlx::query_as("PRAGMA user_version").fetch_one(&mut connection).await?;
            match version {
                VERSION => {}
                0 => {
                    sqlx::raw_sql(SCHEMA).execute(&mut connection).await?;
                    let version = format!("PRAGMA user_version = {VERSION}");
                    sqlx::raw_sql(AssertSqlSafe(version)).execute(&mut connection).await?;
                }
                _ => return Err(IndexError::Stale),
            }
            Ok::<_, IndexError>(connection)
        })?;
        Ok(Self { file: file.to_owned(), identity, connection })
    }

    /// Removes an index that cannot be used.
    pub(super) fn remove(file: &Path) {
        for suffix in ["", "-wal", "-shm"] {
            let mut name = file.to_owned().into_os_string();
            name.push(suffix);
            let _ = fs::remove_file(name);
        }
    }

    /// Whether its file is still the one that has this name.
    pub(super) fn is_in_place(&self) -> bool {
        identity(&self.file).is_ok_and(|found| found == self.identity)
    }

    /// Compares each segment that is there with what was read of it, except the newest, which [`Store::follow`] looks at.
    pub(super) fn check(&mut self, log: &Log<'_>) -> Result<(), IndexError> {
        let followed = self.followed()?;
        let Some(newest) = followed.last().map(|followed| followed.segment) else { return Ok(()) };
        for segment in log.segments()?.iter().filter(|segment| segment.ordinal() < newest) {
            let file = File::open(&segment.path)?;
            let known = followed.iter().find(|followed| followed.segment == segment.ordinal());
            let known = known.ok_or(IndexError::Stale)?;
            if known.position != file.metadata()?.len() || !known.still_stands(log, &file)? {
                return Err(IndexError::Stale);
            }
        }
        Ok(())
    }

    /// Takes in the next batch of the audit; `true` where it has come up to `reach`.
    pub(super) fn follow(&mut self, log: &Log<'_>, reach: &Reach) -> Result<bool, IndexError> {
        let segments = log.segments()?;
        // What another process takes in meanwhile is not taken in twice.
        let mut transaction = wait_for(self.connection.begin_with("BEGIN IMMEDIATE"))?;
        let newest = wait_for(followed(&mut transaction))?.pop();
        let (first, mut from) = next_to_read(log, &segments, newest)?;
        for segment in segments.iter().skip(first) {
            let is_newest = segment == &reach.segment;
            if !is_newest && segment.ordinal() > reach.segment.ordinal() {
                break;
            }
            let to = if is_newest { reach.position } else { u64::MAX };
            let batch = Batch::read(log, segment, from, to)?;
            // Nothing is left in this one.
            let Some((_, position, _)) = batch.reached else {
                from = 0;
                continue;
            };
            wait_for(batch.write(&mut transaction, segment))?;
            wait_for(transaction.commit())?;
            return Ok(is_newest && position >= to);
        }
        Ok(true)
    }

    /// What tells of this.
    pub(super) fn rows(&mut self, key: i64) -> Result<Vec<Row>, IndexError> {
        let query = sqlx::query_as("SELECT place, hash FROM line WHERE key = ?1 ORDER BY place").bind(key);
        self.all(query)
    }

    /// Redemptions that nobody was told of.
    pub(super) fn untold(&mut self) -> Result<Vec<Row>, IndexError> {
        self.all(sqlx::query_as("SELECT place, hash FROM untold"))
    }

    /// Lets go of everything.
    pub(super) fn clear(&mut self) -> Result<(), IndexError> {
        let sql = "BEGIN IMMEDIATE; DELETE FROM line; DELETE FROM untold; DELETE FROM followed; COMMIT";
        wait_for(sqlx::raw_sql(sql).execute(&mut self.connection))?;
        Ok(())
    }

    fn all(&mut self, query: Query<'_>) -> Result<Vec<Row>, IndexError> {
        let rows: Vec<(i64, i64)> = wait_for(query.fetch_all(&mut self.connection))?;
        Ok(rows.into_iter().map(|(place, hash)| Row { place, hash }).collect())
    }

    fn followed(&mut self) -> Result<Vec<SegmentProgress>, IndexError> {
        Ok(wait_for(followed(&mut self.connection))?)
    }
}

type Query<'a> = sqlx::query::QueryAs<'a, sqlx::Sqlite, (i64, i64), sqlx::sqlite::SqliteArguments>;

/// Of each segment, in order.
async fn followed(connection: &mut SqliteConnection) -> sqlx::Result<Vec<SegmentProgress>> {
    let rows: Vec<(i64, i64, i64, i64)> =
        sqlx::query_as("SELECT segment, position, last_line, hash FROM followed ORDER BY segment")
            .fetch_all(connection)
            .await?;
    let followed = rows.into_iter().map(|(segment, position, last_line, hash)| SegmentProgress {
        segment: u32::try_from(segment).unwrap_or(u32::MAX),
        position: position.unsigned_abs(),
        last_line: last_line.unsigned_abs(),
        hash,
    });
    Ok(followed.collect())
}

/// Where the index goes on: in which of the segments, and from which position in it.
fn next_to_read(
    log: &Log<'_>,
    segments: &[Segment],
    newest: Option<SegmentProgress>,
) -> Result<(usize, u64), IndexError> {
    let Some(newest) = newest else { return Ok((0, 0)) };
    let (Ok(same) | Err(same)) = segments.binary_search_by_key(&newest.segment, |segment| segment.ordinal());
    match segments.get(same) {
        Some(segment) if segment.ordinal() == newest.segment => {
            if newest.still_stands(log, &File::open(&segment.path)?)? {
                Ok((same, newest.position))
            } else {
                Err(IndexError::Stale)
            }
        }
        // It was moved away, and this is the next one.
        Some(_) => Ok((same, 0)),
        // Nothing follows: this is the index of another audit.
        None => Err(IndexError::Stale),
    }
}

/// What a batch of the audit brings.
#[derive(Default)]
struct Batch {
    lines: Vec<(i64, Row)>,
    untold: BTreeMap<i64, Option<Row>>,
    /// Where the last line begins and ends, and its hash.
    reached: Option<(u64, u64, i64)>,
}

impl Batch {
    fn read(log: &Log<'_>, segment: &Segment, from: u64, to: u64) -> io::Result<Self> {
        let mut batch = Self::default();
        for line in lines(log.disk, &File::open(&segment.path)?, from, to) {
            let (position, line) = line?;
            let row = Row::new(segment, position, &line);
            batch.take_in(row, &line);
            batch.reached = Some((position, position + line.len() as u64 + 1, row.hash));
            if position - from > BATCH_BYTES {
                break;
            }
        }
        Ok(batch)
    }

    fn take_in(&mut self, row: Row, line: &[u8]) {
        // What cannot be read is left to `audit verify`.
        let Ok(Entry { event, .. }) = serde_json::from_slice(line) else { return };
        self.lines.extend(keys_of(&event).iter().map(|key| (key.number(), row)));
        match untold_by(&event) {
            Some((link, true)) => {
                self.untold.insert(link, Some(row));
            }
            Some((link, false)) => {
                let is_of_this_part = self.untold.remove(&link).flatten().is_some();
                if !is_of_this_part {
                    self.untold.insert(link, None);
                }
            }
            None => {}
        }
    }

    async fn write(mut self, connection: &mut SqliteConnection, segment: &Segment) -> sqlx::Result<()> {
        // Neighbours in the table go in together.
        self.lines.sort_unstable_by_key(|(key, row)| (*key, row.place));
        for rows in self.lines.chunks(ROWS_AT_ONCE) {
            let values = vec!["(?, ?, ?)"; rows.len()].join(", ");
            let sql = format!("INSERT OR REPLACE INTO line VALUES {values}");
            let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(rows.len() == ROWS_AT_ONCE);
            for (key, row) in rows {
                query = query.bind(*key).bind(row.place).bind(row.hash);
            }
            query.execute(&mut *connection).await?;
        }
        for (link, row) in self.untold {
            let query = match row {
                Some(row) => sqlx::query("INSERT OR REPLACE INTO untold VALUES (?, ?, ?)")
                    .bind(link)
                    .bind(row.place)
                    .bind(row.hash),
                None => sqlx::query("DELETE FROM untold WHERE link = ?").bind(link),
            };
            query.execute(&mut *connection).await?;
        }
        if let Some((last_line, position, hash)) = self.reached {
            sqlx::query("INSERT OR REPLACE INTO followed VALUES (?, ?, ?, ?)")
                .bind(i64::from(segment.ordinal()))
                .bind(i64::try_from(position).unwrap_or(i64::MAX))
                .bind(i64::try_from(last_line).unwrap_or(i64::MAX))
                .bind(hash)
                .execute(connection)
                .await?;
        }
        Ok(())
    }
}

fn identity(file: &Path) -> io::Result<(u64, u64)> {
    let found = fs::metadata(file)?;
    Ok((found.dev(), found.ino()))
}

/// SQLite works in a thread of its own; the audit's work blocks another.
fn wait_for<T>(work: impl Future<Output = T>) -> T {
    Handle::current().block_on(work)
}
