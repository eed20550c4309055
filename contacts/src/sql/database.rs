//! A database of any kind, as a role uses it: what takes too long is given up on, and what is not committed is undone.

use std::time::Duration;

use config::SqlContacts;
use sqlx::Error;
use tokio::time::timeout;

use super::connection::TextRow;
use super::dialect::Dialect;
use super::pool::{HeldConnection, Pool};
use super::session::{Access, Target, refusal};
use super::statement::Statement;

/// So many connections at most. Whatever waits here is short, and databases count connections.
const CONNECTIONS: u32 = 8;

/// So many searches at once at most, on connections of their own: they read far more than one row, and what decides does not wait for them.
const SEARCHING: u32 = 2;

/// How long a search may take. Discord takes no suggestions after three seconds.
pub(super) const SEARCH_PATIENCE: Duration = Duration::from_secs(2);

/// What the client waits for longer than the server, so that the server's own words arrive.
const PATIENCE: Duration = Duration::from_secs(2);

/// Connections of one role. A clone shares them.
#[derive(Clone)]
pub(super) struct Database {
    pool: Pool,
    /// How long one statement may take.
    patience: Duration,
}

/// A transaction; what is not committed is undone.
pub(super) struct OpenTransaction {
    held: HeldConnection,
    patience: Duration,
    /// Whether every statement was answered to its end.
    is_sound: bool,
}

impl Database {
    /// Makes ready for this URL, whose account is a role's.
    pub(super) fn new(settings: &SqlContacts, access: Access) -> Result<Self, Error> {
        Self::of(settings, access, CONNECTIONS, settings.timeout.unsigned_abs())
    }

    /// The same database for searches, which decide nothing.
    pub(super) fn for_searches(settings: &SqlContacts) -> Result<Self, Error> {
        let patience = settings.timeout.unsigned_abs().min(SEARCH_PATIENCE);
        Self::of(settings, Access::Read, SEARCHING, patience)
    }

    fn of(settings: &SqlContacts, access: Access, size: u32, patience: Duration) -> Result<Self, Error> {
        let target = Target::new(settings.url.expose(), settings.ca_file.as_deref(), access, patience)?;
        Ok(Self { pool: Pool::new(target, size, patience), patience })
    }

    pub(super) fn dialect(&self) -> Dialect {
        self.pool.target().dialect()
    }

    /// The rows that a statement finds.
    pub(super) async fn rows(&self, statement: &Statement) -> Result<Vec<TextRow>, Error> {
        let mut held = self.pool.acquire().await?;
        let found = in_time(self.patience, held.connection().rows(statement)).await;
        if leaves_it_sound(&found) {
            held.release();
        }
        found
    }

    /// Hands over the rows that a statement finds one after the other, however many there are.
    pub(super) async fn for_each_row(
        &self,
        statement: &Statement,
        each: impl FnMut(TextRow),
    ) -> Result<(), Error> {
        let mut held = self.pool.acquire().await?;
        let read = in_time(self.patience, held.connection().for_each_row(statement, each)).await;
        if read.is_ok() {
            held.release();
        }
        read
    }

    /// The lines of `EXPLAIN QUERY PLAN`, which SQLite alone has.
    pub(super) async fn query_plan(&self, statement: &Statement) -> Result<Vec<String>, Error> {
        let mut held = self.pool.acquire().await?;
        let lines = in_time(self.patience, held.connection().query_plan(statement)).await;
        if leaves_it_sound(&lines) {
            held.release();
        }
        lines
    }

    /// The user name in the URL; with SQLite, which has none, the file.
    pub(super) fn login(&self) -> String {
        self.pool.target().login()
    }

    /// Begins a transaction that is going to write.
    pub(super) async fn begin(&self) -> Result<OpenTransaction, Error> {
        let mut held = self.pool.acquire().await?;
        let begin = match self.dialect() {
            Dialect::Postgres => "BEGIN",
            Dialect::MySql => "START TRANSACTION",
            // Two that have read would otherwise both wait to write, and one of them fails.
            Dialect::Sqlite => "BEGIN IMMEDIATE",
        };
        in_time(self.patience, held.connection().run(begin)).await?;
        Ok(OpenTransaction { held, patience: self.patience, is_sound: true })
    }

    /// PostgreSQL: refuses a pooler that gives each transaction another connection of the server. What is set for a session, and statements that are
    /// prepared, would then be those of others.
    pub(super) async fn refuse_transaction_pooling(&self) -> Result<(), Error> {
        if self.dialect() != Dialect::Postgres {
            return Ok(());
        }
        // Of two connections that are open at the same time each is a process of the server of its own, and stays it.
        let process = "SELECT pg_backend_pid()::text";
        let mut one = self.pool.acquire().await?;
        let before = in_time(self.patience, one.connection().run(process)).await?;
        let mut other = self.begin().await?;
        let meanwhile = in_time(self.patience, other.held.connection().run(process)).await?;
        let is_pooled =
            before == meanwhile || before != in_time(self.patience, one.connection().run(process)).await?;
        other.rollback().await;
        one.release();
        if is_pooled {
            return Err(refusal(
                "a pooler in transaction mode lies between, which mixes up what belongs to a session. To mend: connect directly, or by a pool in session mode (PgBouncer: pool_mode = session)",
            ));
        }
        Ok(())
    }

    pub(super) async fn close(&self) {
        self.pool.close().await;
    }
}

impl OpenTransaction {
    /// The rows that a statement finds.
    pub(super) async fn rows(&mut self, statement: &Statement) -> Result<Vec<TextRow>, Error> {
        let found = in_time(self.patience, self.held.connection().rows(statement)).await;
        self.is_sound &= leaves_it_sound(&found);
        found
    }

    /// Runs a statement, and says of how many rows.
    pub(super) async fn execute(&mut self, statement: &Statement) -> Result<u64, Error> {
        let executed = in_time(self.patience, self.held.connection().execute(statement)).await;
        self.is_sound &= leaves_it_sound(&executed);
        executed
    }

    /// Has the database check a statement, and does not run it.
    pub(super) async fn prepare(&mut self, statement: &Statement) -> Result<(), Error> {
        let prepared = in_time(self.patience, self.held.connection().prepare(statement)).await;
        self.is_sound &= leaves_it_sound(&prepared);
        prepared
    }

    /// # Errors
    /// Whatever it is but a refusal by the database itself, the transaction may be committed or not.
    pub(super) async fn commit(self) -> Result<(), Error> {
        self.end("COMMIT").await
    }

    /// Undoes it. Where that cannot be said any more, the connection is cut, which undoes it as well.
    pub(super) async fn rollback(self) {
        if self.is_sound {
            drop(self.end("ROLLBACK").await);
        }
    }

    async fn end(mut self, how: &str) -> Result<(), Error> {
        in_time(self.patience, self.held.connection().run(how)).await?;
        self.held.release();
        Ok(())
    }
}

/// Gives up on a server that has fallen silent.
async fn in_time<T>(patience: Duration, answer: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    timeout(patience.saturating_add(PATIENCE), answer).await.unwrap_or(Err(Error::PoolTimedOut))
}

/// Whether a connection can be used again: it has been answered to its end.
fn leaves_it_sound<T>(answer: &Result<T, Error>) -> bool {
    matches!(answer, Ok(_) | Err(Error::Database(_) | Error::ColumnDecode { .. }))
}
