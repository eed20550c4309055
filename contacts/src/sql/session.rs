//! How a connection is made, and what is set on it and asked of its server before anything else.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use config::SqlContacts;
use sqlx::Error;
use sqlx::mysql::{MySqlConnectOptions, MySqlSslMode};
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::sqlite::SqliteConnectOptions;

use super::connection::{Connection, Server};
use super::dialect::Dialect;

/// What a role's connections may do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    Write,
}

/// Where to connect, and what each connection is made of.
pub(super) struct Target {
    server: Server,
    access: Access,
    /// How long one statement, or the wait for one lock, may take.
    patience: Duration,
}

impl Target {
    pub(super) fn new(
        url: &str,
        ca_file: Option<&Path>,
        access: Access,
        patience: Duration,
    ) -> Result<Self, Error> {
        let server = match url.split(':').next() {
            Some("postgres" | "postgresql") => Server::Postgres(postgres(url, ca_file)?),
            Some("mysql" | "mariadb") => Server::MySql(mysql(url, ca_file)?),
            _ => Server::Sqlite(sqlite(url, access, patience)?),
        };
        Ok(Self { server, access, patience })
    }

    pub(super) fn dialect(&self) -> Dialect {
        match self.server {
            Server::Postgres(_) => Dialect::Postgres,
            Server::MySql(_) => Dialect::MySql,
            Server::Sqlite(_) => Dialect::Sqlite,
        }
    }

    /// The user name in the URL; with SQLite, which has none, the file.
    pub(super) fn login(&self) -> String {
        self.server.login()
    }

    /// A connection that is ready. Its server is no replica, and lets a writer write.
    pub(super) async fn connect(&self) -> Result<Connection, Error> {
        let mut connection = self.server.connect().await?;
        match self.server {
            Server::Postgres(_) => self.prepare_postgres(&mut connection).await?,
            Server::MySql(_) => self.prepare_mysql(&mut connection).await?,
            Server::Sqlite(_) => {}
        }
        Ok(connection)
    }

    async fn prepare_postgres(&self, connection: &mut Connection) -> Result<(), Error> {
        let milliseconds = self.patience.as_millis();
        // Row-level security would hide rows, and with them who shares an e-mail: with this off, it is an error. A writer may be let in by policies, which
        // are looked at with each write. What triggers have to say may hold an e-mail, and would be logged.
        let row_security = if self.access == Access::Write { "on" } else { "off" };
        connection
            .run(&format!(
                "SET statement_timeout = {milliseconds}; SET lock_timeout = {milliseconds}; SET row_security = {row_security}; \
                 SET client_min_messages = error"
            ))
            .await?;
        let question = "SELECT pg_is_in_recovery()::text, current_setting('transaction_read_only')";
        let found = connection.run(question).await?;
        let [in_recovery, read_only] = answers(&found);
        refuse_replica(in_recovery != Some("false"))?;
        if self.access == Access::Write && read_only != Some("off") {
            return Err(refusal(
                "this account, or this database, may only be read (default_transaction_read_only is on). To mend: ALTER ROLE … RESET default_transaction_read_only",
            ));
        }
        Ok(())
    }

    async fn prepare_mysql(&self, connection: &mut Connection) -> Result<(), Error> {
        let seconds = self.patience.as_secs().max(1);
        // Strict: what does not fit is an error, and never cut off. With autocommit off, all that a connection ever reads would be as it was at first,
        // and so it would be where each COMMIT begins a transaction.
        // What an operator's server or another client sets is no matter here.
        connection
            .run(&format!(
                "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,PIPES_AS_CONCAT,ERROR_FOR_DIVISION_BY_ZERO', \
                 autocommit = 1, completion_type = 'NO_CHAIN', innodb_lock_wait_timeout = {seconds}, lock_wait_timeout = {seconds}"
            ))
            .await?;
        // MariaDB counts seconds, for every statement; MySQL milliseconds, for SELECT alone. Each lacks the other's variable.
        let mariadb = format!("SET SESSION max_statement_time = {}", self.patience.as_secs_f64());
        if connection.run(&mariadb).await.is_err() {
            let milliseconds = self.patience.as_millis();
            connection.run(&format!("SET SESSION max_execution_time = {milliseconds}")).await?;
        }
        // A number, or a word in later releases.
        let found = connection.run("SELECT CONVERT(@@global.read_only USING utf8mb4)").await?;
        let [read_only] = answers(&found);
        refuse_replica(!matches!(read_only, Some("0" | "OFF")))
    }
}

/// The columns of the one row.
fn answers<const N: usize>(rows: &[Vec<Option<String>>]) -> [Option<&str>; N] {
    let row = rows.first();
    std::array::from_fn(|column| row?.get(column)?.as_deref())
}

fn postgres(url: &str, ca_file: Option<&Path>) -> Result<PgConnectOptions, Error> {
    let mut options = without_options(PgConnectOptions::from_str(url)?)?
        .application_name("reset-link")
        // Poolers refuse a parameter that they do not know.
        .extra_float_digits(None);
    if let Some(ca_file) = ca_file {
        options = options.ssl_root_cert(ca_file);
    }
    if options.get_socket().is_some() {
        options = options.ssl_mode(PgSslMode::Disable);
    } else if ca_file.is_some() || !is_loopback(options.get_host()) {
        options = options.ssl_mode(PgSslMode::VerifyFull);
    }
    Ok(options)
}

/// sqlx takes `PGOPTIONS` from the environment, and nothing takes it back: it could set whatever a session of ours must not have.
fn without_options(options: PgConnectOptions) -> Result<PgConnectOptions, Error> {
    match options.get_options() {
        None => Ok(options),
        Some(_) => Err(refusal(
            "PGOPTIONS is set in the environment. To mend: unset it; reset-link sets what it needs",
        )),
    }
}

fn mysql(url: &str, ca_file: Option<&Path>) -> Result<MySqlConnectOptions, Error> {
    let mut options = MySqlConnectOptions::from_str(url)?;
    if let Some(ca_file) = ca_file {
        options = options.ssl_ca(ca_file);
    }
    if options.get_socket().is_some() {
        options = options.ssl_mode(MySqlSslMode::Disabled);
    } else if ca_file.is_some() || !is_loopback(options.get_host()) {
        options = options.ssl_mode(MySqlSslMode::VerifyIdentity);
    }
    Ok(options)
}

/// The file of an SQLite database, where that is what a URL names.
pub fn sqlite_file(settings: &SqlContacts) -> Option<PathBuf> {
    let url = settings.url.expose();
    if !url.starts_with("sqlite:") {
        return None;
    }
    Some(SqliteConnectOptions::from_str(url).ok()?.get_filename().to_owned())
}

/// Nothing is said of the journal: the file is another application's, and so is the choice.
fn sqlite(url: &str, access: Access, patience: Duration) -> Result<SqliteConnectOptions, Error> {
    Ok(SqliteConnectOptions::from_str(url)?
        .create_if_missing(false)
        .read_only(access == Access::Read)
        .busy_timeout(patience))
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
        return Err(refusal(
            "this server is a read-only replica, which may lag behind. To mend: name the primary in the URL",
        ));
    }
    Ok(())
}

/// What a server is not used for.
pub(super) fn refusal(text: impl Into<Box<str>>) -> Error {
    Error::Configuration(text.into().into_string().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_of_the_environment_are_refused() {
        let plain = PgConnectOptions::new_without_pgpass();
        assert!(without_options(plain.clone()).is_ok());
        let text = without_options(plain.options([("search_path", "elsewhere")])).unwrap_err().to_string();
        assert!(text.contains("PGOPTIONS"), "{text}");
    }
}
