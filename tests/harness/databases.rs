//! Fresh databases for tests: of the PostgreSQL and the MariaDB that `tests/with-services` starts, and of SQLite.

use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::path::PathBuf;
use std::str::FromStr as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use sqlx::mysql::MySqlConnection;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, Connection as _, Row as _};
use tempfile::TempDir;
use url::Url;

/// One row, every column as text; `None` is NULL.
pub type TextRow = Vec<Option<String>>;

/// Which database it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatabaseKind {
    /// The server of `TEST_SERVICES_POSTGRES`.
    Postgres,
    /// The server of `TEST_SERVICES_MARIADB`.
    MariaDb,
    /// A file.
    Sqlite,
}

/// Who speaks to a database. SQLite knows no roles: there everybody may do everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatabaseRole {
    /// The application's own account, to which the tables belong.
    Owner,
    /// The bot's: may connect, and whatever a test grants. In MariaDB it cannot name the database before something in it is granted.
    Reader,
    /// The redeem server's: likewise.
    Writer,
}

const ROLES: [DatabaseRole; 3] = [DatabaseRole::Owner, DatabaseRole::Reader, DatabaseRole::Writer];

/// A database of its own with a name by chance and an account for each role. It is gone with this value, with whatever is still connected to it.
#[derive(Debug)]
pub struct TestDatabase {
    kind: DatabaseKind,
    name: String,
    password: String,
    folder: TempDir,
}

impl TestDatabase {
    /// Of the server of `tests/with-services`.
    ///
    /// # Panics
    /// Where that has not started one.
    pub async fn postgres() -> Self {
        Self::fresh(DatabaseKind::Postgres).await
    }

    /// Of the server of `tests/with-services`.
    ///
    /// # Panics
    /// Where that has not started one.
    pub async fn mariadb() -> Self {
        Self::fresh(DatabaseKind::MariaDb).await
    }

    /// A file in a folder of its own.
    ///
    /// # Panics
    /// Where it cannot be made.
    pub async fn sqlite() -> Self {
        Self::fresh(DatabaseKind::Sqlite).await
    }

    /// An empty one.
    ///
    /// # Panics
    /// Where it cannot be made.
    pub async fn fresh(kind: DatabaseKind) -> Self {
        let database = Self {
            kind,
            name: format!("reset_link_{}", by_chance()),
            password: by_chance(),
            folder: TempDir::new().unwrap(),
        };
        let mut admin = database.connect_as_admin().await;
        for statement in database.making() {
            admin.execute(&statement).await.unwrap_or_else(|error| panic!("{statement}: {error}"));
        }
        admin.close().await;
        database
    }

    /// Which database it is.
    pub fn kind(&self) -> DatabaseKind {
        self.kind
    }

    /// The database's name; SQLite has none and calls it `main`.
    pub fn name(&self) -> &str {
        match self.kind {
            DatabaseKind::Postgres | DatabaseKind::MariaDb => &self.name,
            DatabaseKind::Sqlite => "main",
        }
    }

    /// The role's account, for GRANT statements: quoted, and in MariaDB with its host.
    ///
    /// # Panics
    /// With SQLite, which has none.
    pub fn account(&self, role: DatabaseRole) -> String {
        let user = self.user(role);
        match self.kind {
            DatabaseKind::Postgres => format!("\"{user}\""),
            DatabaseKind::MariaDb => format!("'{user}'@'%'"),
            DatabaseKind::Sqlite => panic!("SQLite has no accounts"),
        }
    }

    /// The role's user name.
    pub fn user(&self, role: DatabaseRole) -> String {
        let role = match role {
            DatabaseRole::Owner => "owner",
            DatabaseRole::Reader => "reader",
            DatabaseRole::Writer => "writer",
        };
        format!("{}_{role}", self.name)
    }

    /// The password of every role.
    pub fn password(&self) -> &str {
        &self.password
    }

    /// Where the role connects: `postgres://…`, `mysql://…` or `sqlite:…`, as an operator writes it. It holds the password.
    pub fn url(&self, role: DatabaseRole) -> String {
        let Some(mut url) = self.kind.admin_url() else {
            return format!("sqlite:{}", self.file().display());
        };
        url.set_username(&self.user(role)).unwrap();
        url.set_password(Some(&self.password)).unwrap();
        url.set_path(&self.name);
        url.into()
    }

    /// The same by way of another host and port: a PgBouncer's, or a host that the server's certificate names.
    pub fn url_at(&self, role: DatabaseRole, host: &str, port: Option<u16>) -> String {
        let mut url = Url::parse(&self.url(role)).unwrap();
        url.set_host(Some(host)).unwrap();
        if port.is_some() {
            url.set_port(port).unwrap();
        }
        url.into()
    }

    /// The same by way of a PgBouncer; `pooling` is `SESSION` or `TRANSACTION`.
    ///
    /// # Panics
    /// Where `tests/with-services` has not started one.
    pub fn url_at_pgbouncer(&self, role: DatabaseRole, pooling: &str) -> String {
        let at = server_url(&format!("TEST_SERVICES_PGBOUNCER_{pooling}"));
        self.url_at(role, at.host_str().unwrap(), at.port())
    }

    /// The same by way of the server's Unix socket.
    ///
    /// # Panics
    /// With SQLite, or where `tests/with-services` has not started the server.
    pub fn url_at_socket(&self, role: DatabaseRole) -> String {
        let mut url = Url::parse(&self.url(role)).unwrap();
        let (parameter, variable) = match self.kind {
            DatabaseKind::Postgres => ("host", "TEST_SERVICES_POSTGRES_SOCKET"),
            DatabaseKind::MariaDb => ("socket", "TEST_SERVICES_MARIADB_SOCKET"),
            DatabaseKind::Sqlite => panic!("SQLite has no sockets"),
        };
        url.query_pairs_mut().append_pair(parameter, &std::env::var(variable).unwrap());
        url.into()
    }

    /// A server of this kind that may only be read, with an account that may do everything else.
    ///
    /// # Panics
    /// With SQLite, or where `tests/with-services` has not started one.
    pub fn replica_url(kind: DatabaseKind) -> String {
        match kind {
            DatabaseKind::Postgres => server_url("TEST_SERVICES_POSTGRES_REPLICA").into(),
            DatabaseKind::MariaDb => server_url("TEST_SERVICES_MARIADB_REPLICA").into(),
            DatabaseKind::Sqlite => panic!("SQLite has no servers"),
        }
    }

    /// The file of SQLite.
    pub fn file(&self) -> PathBuf {
        self.folder.path().join("test.sqlite")
    }

    /// Runs statements as the owner, each ended by a semicolon.
    ///
    /// # Panics
    /// Where one fails.
    pub async fn run(&self, sql: &str) {
        self.run_as(DatabaseRole::Owner, sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// Runs statements as this role, and says how many rows they changed.
    ///
    /// # Errors
    /// The database's.
    pub async fn run_as(&self, role: DatabaseRole, sql: &str) -> Result<u64, sqlx::Error> {
        let mut connection = self.connect(role).await?;
        let changed = connection.execute(sql).await;
        connection.close().await;
        changed
    }

    /// What a query of the owner finds.
    ///
    /// # Panics
    /// Where it fails.
    pub async fn rows(&self, sql: &str) -> Vec<TextRow> {
        self.rows_as(DatabaseRole::Owner, sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// What a query of this role finds.
    ///
    /// # Errors
    /// The database's.
    pub async fn rows_as(&self, role: DatabaseRole, sql: &str) -> Result<Vec<TextRow>, sqlx::Error> {
        let mut connection = self.connect(role).await?;
        let rows = connection.rows(sql).await;
        connection.close().await;
        rows
    }

    /// The one value that a query of the owner finds.
    ///
    /// # Panics
    /// Where it fails, or finds anything but one row of one column.
    pub async fn value(&self, sql: &str) -> Option<String> {
        let rows = self.rows(sql).await;
        let [row] = <[TextRow; 1]>::try_from(rows).unwrap_or_else(|rows| panic!("{sql}: {rows:?}"));
        let [value] = <[Option<String>; 1]>::try_from(row).unwrap_or_else(|row| panic!("{sql}: {row:?}"));
        value
    }

    /// A connection of this role, for what spans several statements.
    ///
    /// # Errors
    /// The database's.
    pub async fn connect(&self, role: DatabaseRole) -> Result<TestConnection, sqlx::Error> {
        TestConnection::open(self.kind, &self.url(role)).await
    }

    /// A connection that may do everything: end connections of others, say.
    ///
    /// # Panics
    /// Where the server is not there.
    pub async fn connect_as_admin(&self) -> TestConnection {
        let url = match self.kind.admin_url() {
            Some(mut url) if self.kind == DatabaseKind::Postgres => {
                // Its socket asks for no password, whose many rounds take long where nothing is optimised.
                let folder = std::env::var("TEST_SERVICES_POSTGRES_SOCKET").unwrap();
                url.query_pairs_mut().append_pair("host", &folder);
                url.into()
            }
            Some(url) => url.into(),
            None => format!("sqlite:{}?mode=rwc", self.file().display()),
        };
        TestConnection::open(self.kind, &url).await.unwrap()
    }

    /// The same within this database.
    ///
    /// # Panics
    /// Where the server is not there.
    pub async fn connect_as_admin_here(&self) -> TestConnection {
        let Some(mut url) = self.kind.admin_url() else { return self.connect_as_admin().await };
        url.set_path(&self.name);
        TestConnection::open(self.kind, url.as_str()).await.unwrap()
    }

    fn making(&self) -> Vec<String> {
        let Self { name, password, .. } = self;
        let users = ROLES.map(|role| self.user(role));
        match self.kind {
            DatabaseKind::Postgres => users
                .iter()
                .map(|user| format!("CREATE ROLE {user} LOGIN PASSWORD '{}'", scram_secret(password)))
                .chain([format!("CREATE DATABASE {name} OWNER {}", users[0])])
                .collect(),
            DatabaseKind::MariaDb => users
                .iter()
                .map(|user| format!("CREATE USER {user}@'%' IDENTIFIED BY '{password}'"))
                .chain([
                    format!("CREATE DATABASE {name}"),
                    format!("GRANT ALL ON {name}.* TO {}@'%' WITH GRANT OPTION", users[0]),
                ])
                .collect(),
            DatabaseKind::Sqlite => Vec::new(),
        }
    }

    fn removing(&self) -> Vec<String> {
        let Self { name, .. } = self;
        let users = ROLES.map(|role| self.user(role));
        match self.kind {
            DatabaseKind::Postgres => {
                let roles = users.iter().map(|user| format!("DROP ROLE {user}"));
                [format!("DROP DATABASE {name} WITH (FORCE)")].into_iter().chain(roles).collect()
            }
            // A transaction that is still open would keep its tables from being dropped.
            DatabaseKind::MariaDb => users
                .iter()
                .flat_map(|user| [format!("KILL USER {user}@'%'"), format!("DROP USER {user}@'%'")])
                .chain([format!("DROP DATABASE {name}")])
                .collect(),
            DatabaseKind::Sqlite => Vec::new(),
        }
    }

    async fn remove(&self) -> Result<(), sqlx::Error> {
        let mut admin = self.connect_as_admin().await;
        for statement in self.removing() {
            admin.execute(&statement).await?;
        }
        admin.close().await;
        Ok(())
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if self.kind == DatabaseKind::Sqlite {
            return;
        }
        // A destructor may run within another runtime.
        let removed = std::thread::scope(|scope| {
            let removing = scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(self.remove())
            });
            removing.join()
        });
        // What goes wrong here must not hide why a test failed.
        if !std::thread::panicking() {
            removed.expect("it is removed").unwrap_or_else(|error| panic!("{}: {error}", self.name));
        }
    }
}

impl DatabaseKind {
    /// Of an account that may do everything; SQLite has none.
    fn admin_url(self) -> Option<Url> {
        let variable = match self {
            Self::Postgres => "TEST_SERVICES_POSTGRES",
            Self::MariaDb => "TEST_SERVICES_MARIADB",
            Self::Sqlite => return None,
        };
        Some(server_url(variable))
    }
}

fn server_url(variable: &str) -> Url {
    let url = std::env::var(variable);
    let url = url.unwrap_or_else(|_| panic!("{variable} is not set: run tests/with-services"));
    Url::parse(&url).unwrap()
}

/// A connection that runs SQL given as text.
pub enum TestConnection {
    /// To PostgreSQL.
    Postgres(PgConnection),
    /// To MariaDB.
    MariaDb(MySqlConnection),
    /// To a file.
    Sqlite(SqliteConnection),
}

impl fmt::Debug for TestConnection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("TestConnection").finish_non_exhaustive()
    }
}

impl TestConnection {
    /// To a database at this URL.
    ///
    /// # Errors
    /// The database's.
    pub async fn open(kind: DatabaseKind, url: &str) -> Result<Self, sqlx::Error> {
        Ok(match kind {
            DatabaseKind::Postgres => {
                // PgBouncer refuses what sqlx would set.
                let options = PgConnectOptions::from_str(url)?.extra_float_digits(None);
                Self::Postgres(PgConnection::connect_with(&options).await?)
            }
            DatabaseKind::MariaDb => Self::MariaDb(MySqlConnection::connect(url).await?),
            DatabaseKind::Sqlite => Self::Sqlite(SqliteConnection::connect(url).await?),
        })
    }

    /// Takes leave, so that the server does not log a connection that was lost.
    pub async fn close(self) {
        // Whoever cannot take leave is gone.
        let _ = match self {
            Self::Postgres(connection) => connection.close().await,
            Self::MariaDb(connection) => connection.close().await,
            Self::Sqlite(connection) => connection.close().await,
        };
    }

    /// Runs statements, each ended by a semicolon, and says how many rows they changed.
    ///
    /// # Errors
    /// The database's.
    pub async fn execute(&mut self, sql: &str) -> Result<u64, sqlx::Error> {
        let sql = sqlx::raw_sql(AssertSqlSafe(sql));
        Ok(match self {
            Self::Postgres(connection) => sql.execute(connection).await?.rows_affected(),
            Self::MariaDb(connection) => sql.execute(connection).await?.rows_affected(),
            Self::Sqlite(connection) => sql.execute(connection).await?.rows_affected(),
        })
    }

    /// What a query finds.
    ///
    /// # Errors
    /// The database's.
    pub async fn rows(&mut self, sql: &str) -> Result<Vec<TextRow>, sqlx::Error> {
        let sql = sqlx::raw_sql(AssertSqlSafe(sql));
        // Without a prepared statement every value comes as text.
        match self {
            Self::Postgres(connection) => {
                let rows = sql.fetch_all(connection).await?;
                rows.iter().map(|row| (0..row.len()).map(|at| row.try_get_unchecked(at)).collect()).collect()
            }
            Self::MariaDb(connection) => {
                let rows = sql.fetch_all(connection).await?;
                rows.iter().map(|row| (0..row.len()).map(|at| row.try_get_unchecked(at)).collect()).collect()
            }
            Self::Sqlite(connection) => {
                let rows = sql.fetch_all(connection).await?;
                rows.iter().map(|row| (0..row.len()).map(|at| row.try_get_unchecked(at)).collect()).collect()
            }
        }
    }
}

/// What PostgreSQL stores of a password for SCRAM-SHA-256 (RFC 5802, section 3), with one round where it would take 4,096: tests connect often, and nothing
/// is optimised.
fn scram_secret(password: &str) -> String {
    let salt = by_chance();
    let salted = hmac(password.as_bytes(), &[salt.as_bytes(), &1_u32.to_be_bytes()].concat());
    let stored_key = BASE64.encode(Sha256::digest(hmac(&salted, b"Client Key")));
    let server_key = BASE64.encode(hmac(&salted, b"Server Key"));
    format!("SCRAM-SHA-256$1:{}${stored_key}:{server_key}", BASE64.encode(salt))
}

fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.chain_update(message).finalize().into_bytes().into()
}

/// 16 hexadecimal digits that no other test has: not secret, and all the same not to be guessed by another run.
fn by_chance() -> String {
    format!("{:016x}", RandomState::new().hash_one(std::process::id()))
}
