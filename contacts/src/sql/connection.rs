//! One connection to a database of any kind: all values are text.

use futures_util::TryStreamExt as _;
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, Error, Executor as _, Row as _, SqlSafeStr as _,
};

use super::statement::Statement;

/// The columns of a row.
pub(super) type TextRow = Vec<Option<String>>;

/// A connection.
pub(super) enum Connection {
    Postgres(PgConnection),
    MySql(MySqlConnection),
    Sqlite(SqliteConnection),
}

/// Where to connect, as whom, and with which TLS.
pub(super) enum Server {
    Postgres(PgConnectOptions),
    MySql(MySqlConnectOptions),
    Sqlite(SqliteConnectOptions),
}

/// Makes of a statement what sqlx runs.
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

macro_rules! text_row {
    ($row:expr) => {
        (0..$row.len()).map(|column| $row.try_get(column)).collect::<Result<TextRow, Error>>()
    };
}

/// Hands over one row after the other.
macro_rules! each_row {
    ($connection:expr, $statement:expr, $each:expr) => {{
        let mut rows = query!($statement).fetch($connection);
        while let Some(row) = rows.try_next().await? {
            $each(text_row!(row)?);
        }
    }};
}

macro_rules! text_rows {
    ($rows:expr) => {
        $rows.iter().map(|row| text_row!(row)).collect::<Result<Vec<TextRow>, Error>>()
    };
}

impl Server {
    /// The user name in the URL; with SQLite, which has none, the file.
    pub(super) fn login(&self) -> String {
        match self {
            Self::Postgres(options) => options.get_username().to_owned(),
            Self::MySql(options) => options.get_username().to_owned(),
            Self::Sqlite(options) => options.get_filename().display().to_string(),
        }
    }

    pub(super) async fn connect(&self) -> Result<Connection, Error> {
        Ok(match self {
            Self::Postgres(options) => Connection::Postgres(options.connect().await?),
            Self::MySql(options) => Connection::MySql(options.connect().await?),
            Self::Sqlite(options) => Connection::Sqlite(options.connect().await?),
        })
    }
}

impl Connection {
    /// The rows that a statement finds.
    pub(super) async fn rows(&mut self, statement: &Statement) -> Result<Vec<TextRow>, Error> {
        match self {
            Self::Postgres(open) => text_rows!(query!(statement).fetch_all(open).await?),
            Self::MySql(open) => text_rows!(query!(statement).fetch_all(open).await?),
            Self::Sqlite(open) => text_rows!(query!(statement).fetch_all(open).await?),
        }
    }

    /// Hands over the rows that a statement finds one after the other, however many there are.
    pub(super) async fn for_each_row(
        &mut self,
        statement: &Statement,
        mut each: impl FnMut(TextRow),
    ) -> Result<(), Error> {
        match self {
            Self::Postgres(open) => each_row!(open, statement, each),
            Self::MySql(open) => each_row!(open, statement, each),
            Self::Sqlite(open) => each_row!(open, statement, each),
        }
        Ok(())
    }

    /// The lines of `EXPLAIN QUERY PLAN`, which SQLite alone has: its other columns are numbers.
    pub(super) async fn query_plan(&mut self, statement: &Statement) -> Result<Vec<String>, Error> {
        let Self::Sqlite(open) = self else { return Ok(Vec::new()) };
        let rows = query!(statement).fetch_all(open).await?;
        rows.iter().map(|row| row.try_get("detail")).collect()
    }

    /// Runs a statement, and says of how many rows.
    pub(super) async fn execute(&mut self, statement: &Statement) -> Result<u64, Error> {
        Ok(match self {
            Self::Postgres(open) => query!(statement).execute(open).await?.rows_affected(),
            Self::MySql(open) => query!(statement).execute(open).await?.rows_affected(),
            Self::Sqlite(open) => query!(statement).execute(open).await?.rows_affected(),
        })
    }

    /// Has the database check a statement, and does not run it.
    pub(super) async fn prepare(&mut self, statement: &Statement) -> Result<(), Error> {
        let sql = AssertSqlSafe(statement.text.clone()).into_sql_str();
        match self {
            Self::Postgres(open) => open.prepare(sql).await.map(drop),
            Self::MySql(open) => open.prepare(sql).await.map(drop),
            Self::Sqlite(open) => open.prepare(sql).await.map(drop),
        }
    }

    /// Runs SQL of ours that has no parameters, without preparing it.
    pub(super) async fn run(&mut self, sql: &str) -> Result<Vec<TextRow>, Error> {
        let sql = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        match self {
            Self::Postgres(open) => text_rows!(sql.fetch_all(open).await?),
            Self::MySql(open) => text_rows!(sql.fetch_all(open).await?),
            Self::Sqlite(open) => text_rows!(sql.fetch_all(open).await?),
        }
    }

    /// Asks whether somebody still answers.
    pub(super) async fn ping(&mut self) -> Result<(), Error> {
        match self {
            Self::Postgres(open) => open.ping().await,
            Self::MySql(open) => open.ping().await,
            Self::Sqlite(open) => open.ping().await,
        }
    }

    /// Takes leave, so that the server does not log a lost connection.
    pub(super) async fn close(self) -> Result<(), Error> {
        match self {
            Self::Postgres(open) => open.close().await,
            Self::MySql(open) => open.close().await,
            Self::Sqlite(open) => open.close().await,
        }
    }
}
