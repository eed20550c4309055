//! Connections to a database of any kind: all values are text.

use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use config::SqlContacts;
use sqlx::mysql::{MySqlConnectOptions, MySqlPoolOptions, MySqlSslMode};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgSslMode};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{
    AssertSqlSafe, Error, Executor as _, MySql, MySqlPool, PgPool, Postgres, Row as _, Sqlite, SqlitePool,
    Transaction,
};
use tokio::time::timeout;

use super::dialect::Dialect;
use super::statement::Statement;

/// The columns of a row.
pub(super) type TextRow = Vec<Option<String>>;

/// So many connections at most. Whatever waits here is short, and databases count connections.
const CONNECTIONS: u32 = 8;

/// What the client waits for longer than the server, so that the server's own words arrive.
const PATIENCE: Duration = Duration::from_secs(2);

/// What a role's connections may do, where the database itself has no accounts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    Write,
}

/// A pool of connections.
#[derive(Clone)]
pub(super) struct Database {
    pool: Pool,
    timeout: Duration,
}

#[derive(Clone)]
enum Pool {
    Postgres(PgPool),
    MySql(MySqlPool),
    Sqlite(SqlitePool),
}

/// A transaction; what is not committed is undone.
pub(super) enum OpenTransaction {
    Postgres(Transaction<'static, Postgres>),
    MySql(Transaction<'static, MySql>),
    Sqlite(Transaction<'static, Sqlite>),
}

/// Runs a statement at an executor of any of the three kinds.
macro_rules! query {
    ($statement:expr) => {{
        let statement: &Statement = $statement;
        let mut query = sqlx::query(AssertSqlSafe(statement.text.clone()));
        for value in &statement.bound {
            query = query.bind(value.clone());
        }
        query
    }};
}

macro_rules! text_rows {
    ($rows:expr) => {
        $rows
            .iter()
            .map(|row| (0..row.len()).map(|column| row.try_get(column)).collect::<Result<TextRow, Error>>())
            .collect::<Result<Vec<TextRow>, Error>>()
    };
}

impl Database {
    /// Makes ready a pool for this URL, whose account is a role's. It connects when it is asked, and again whenever a connection is lost.
    pub(super) fn new(settings: &SqlContacts, access: Access) -> Result<Self, Error> {
        let (url, ca_file) = (settings.url.expose(), settings.ca_file.as_deref());
        let patience = settings.timeout.unsigned_abs();
        let pool = match url.split(':').next() {
            Some("postgres" | "postgresql") => Pool::Postgres(postgres(url, ca_file, patience)?),
            Some("mysql" | "mariadb") => Pool::MySql(mysql(url, ca_file, patience)?),
            _ => Pool::Sqlite(sqlite(url, access, patience)?),
        };
        Ok(Self { pool, timeout: patience })
    }

    pub(super) fn dialect(&self) -> Dialect {
        match self.pool {
            Pool::Postgres(_) => Dialect::Postgres,
            Pool::MySql(_) => Dialect::MySql,
            Pool::Sqlite(_) => Dialect::Sqlite,
        }
    }

    /// The rows that a statement finds.
    pub(super) async fn rows(&self, statement: &Statement) -> Result<Vec<TextRow>, Error> {
        self.in_time(async {
            match &self.pool {
                Pool::Postgres(pool) => text_rows!(query!(statement).fetch_all(pool).await?),
                Pool::MySql(pool) => text_rows!(query!(statement).fetch_all(pool).await?),
                Pool::Sqlite(pool) => text_rows!(query!(statement).fetch_all(pool).await?),
            }
        })
        .await
    }

    /// Begins a transaction that is going to write.
    pub(super) async fn begin(&self) -> Result<OpenTransaction, Error> {
        self.in_time(async {
            Ok(match &self.pool {
                Pool::Postgres(pool) => OpenTransaction::Postgres(pool.begin().await?),
                Pool::MySql(pool) => OpenTransaction::MySql(pool.begin().await?),
                // Two that have read would otherwise both wait to write, and one of them fails.
                Pool::Sqlite(pool) => OpenTransaction::Sqlite(pool.begin_with("BEGIN IMMEDIATE").await?),
            })
        })
        .await
    }

    /// Gives up on a server that has fallen silent.
    pub(super) async fn in_time<T>(
        &self,
        answer: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        timeout(self.timeout.saturating_add(PATIENCE), answer).await.unwrap_or(Err(Error::PoolTimedOut))
    }

    pub(super) async fn close(&self) {
        match &self.pool {
            Pool::Postgres(pool) => pool.close().await,
            Pool::MySql(pool) => pool.close().await,
            Pool::Sqlite(pool) => pool.close().await,
        }
    }
}

impl OpenTransaction {
    pub(super) async fn rows(&mut self, statement: &Statement) -> Result<Vec<TextRow>, Error> {
        match self {
            Self::Postgres(open) => text_rows!(query!(statement).fetch_all(&mut **open).await?),
            Self::MySql(open) => text_rows!(query!(statement).fetch_all(&mut **open).await?),
            Self::Sqlite(open) => text_rows!(query!(statement).fetch_all(&mut **open).await?),
        }
    }

    /// Runs a statement, and says of how many rows.
    pub(super) async fn execute(&mut self, statement: &Statement) -> Result<u64, Error> {
        Ok(match self {
            Self::Postgres(open) => query!(statement).execute(&mut **open).await?.rows_affected(),
            Self::MySql(open) => query!(statement).execute(&mut **open).await?.rows_affected(),
            Self::Sqlite(open) => query!(statement).execute(&mut **open).await?.rows_affected(),
        })
    }

    pub(super) async fn commit(self) -> Result<(), Error> {
        match self {
            Self::Postgres(open) => open.commit().await,
            Self::MySql(open) => open.commit().await,
            Self::Sqlite(open) => open.commit().await,
        }
    }

    pub(super) async fn rollback(self) -> Result<(), Error> {
        match self {
            Self::Postgres(open) => open.rollback().await,
            Self::MySql(open) => open.rollback().await,
            Self::Sqlite(open) => open.rollback().await,
        }
    }
}

fn postgres(url: &str, ca_file: Option<&Path>, patience: Duration) -> Result<PgPool, Error> {
    let mut options = PgConnectOptions::from_str(url)?
        .application_name("reset-link")
        // Poolers refuse a parameter that they do not know.
        .extra_float_digits(None);
    let is_here = options.get_socket().is_some() || is_loopback(options.get_host());
    if let Some(ca_file) = ca_file {
        options = options.ssl_root_cert(ca_file);
    }
    if !is_here || ca_file.is_some() {
        options = options.ssl_mode(PgSslMode::VerifyFull);
    }
    let milliseconds = patience.as_millis();
    let session = format!("SET statement_timeout = {milliseconds}; SET lock_timeout = {milliseconds}");
    let pool = PgPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(patience);
    Ok(pool
        .after_connect(move |connection, _| {
            let session = session.clone();
            Box::pin(async move {
                connection.execute(AssertSqlSafe(session)).await?;
                let (is_replica,): (bool,) =
                    sqlx::query_as("SELECT pg_is_in_recovery()").fetch_one(&mut *connection).await?;
                refuse_replica(is_replica)
            })
        })
        .connect_lazy_with(options))
}

fn mysql(url: &str, ca_file: Option<&Path>, patience: Duration) -> Result<MySqlPool, Error> {
    let mut options = MySqlConnectOptions::from_str(url)?;
    let is_here = options.get_socket().is_some() || is_loopback(options.get_host());
    if let Some(ca_file) = ca_file {
        options = options.ssl_ca(ca_file);
    }
    if !is_here || ca_file.is_some() {
        options = options.ssl_mode(MySqlSslMode::VerifyIdentity);
    }
    let pool = MySqlPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(patience);
    let seconds = patience.as_secs().max(1);
    // Strict: what does not fit is an error, and never cut off. What an operator's server or another client sets is no matter here.
    let session = format!(
        "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,PIPES_AS_CONCAT,ERROR_FOR_DIVISION_BY_ZERO', \
         innodb_lock_wait_timeout = {seconds}"
    );
    // MariaDB counts seconds, for every statement; MySQL milliseconds, for SELECT alone. Each lacks the other's variable.
    let mariadb = format!("SET SESSION max_statement_time = {}", patience.as_secs_f64());
    let mysql = format!("SET SESSION max_execution_time = {}", patience.as_millis());
    Ok(pool
        .after_connect(move |connection, _| {
            let (session, mariadb, mysql) = (session.clone(), mariadb.clone(), mysql.clone());
            Box::pin(async move {
                connection.execute(AssertSqlSafe(session)).await?;
                if connection.execute(AssertSqlSafe(mariadb)).await.is_err() {
                    connection.execute(AssertSqlSafe(mysql)).await?;
                }
                let (is_replica,): (bool,) =
                    sqlx::query_as("SELECT @@global.read_only = 1").fetch_one(&mut *connection).await?;
                refuse_replica(is_replica)
            })
        })
        .connect_lazy_with(options))
}

fn sqlite(url: &str, access: Access, patience: Duration) -> Result<SqlitePool, Error> {
    let options = SqliteConnectOptions::from_str(url)?
        .create_if_missing(false)
        .read_only(access == Access::Read)
        .busy_timeout(patience);
    // Nothing is said of the journal: the file is another application's, and so is the choice.
    Ok(SqlitePoolOptions::new().max_connections(4).acquire_timeout(patience).connect_lazy_with(options))
}

/// Whether this is the machine itself: whoever reads along there has the passwords anyway.
fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// A replica may lag: it would show an e-mail or a password's version of before.
fn refuse_replica(is_replica: bool) -> Result<(), Error> {
    if is_replica {
        return Err(Error::Configuration(
            "this server is a read-only replica, which may lag behind. To mend: name the primary in the URL"
                .into(),
        ));
    }
    Ok(())
}
