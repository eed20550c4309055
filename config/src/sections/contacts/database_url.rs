//! The URL of a database: what it names is checked before anybody connects.
//!
//! Nothing of a URL is ever shown but the names of known parameters: where a password was not percent-encoded, any part of the URL may be a piece of it.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use url::{Host, Url};

use crate::problem::Refusal;
use crate::secret::Secret;
use crate::web_address::is_loopback;

/// What is not written as it is in the path of an SQLite URL.
const IN_PATHS: &AsciiSet = &CONTROLS.add(b'%').add(b'?').add(b'#').add(b' ');

/// A kind of database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DatabaseKind {
    PostgreSql,
    /// MySQL and MariaDB.
    MySql,
    Sqlite,
}

impl DatabaseKind {
    /// What its URLs begin with.
    pub(crate) fn scheme(self) -> &'static str {
        match self {
            Self::PostgreSql => "postgres:",
            Self::MySql => "mysql:",
            Self::Sqlite => "sqlite:",
        }
    }
}

/// A URL that names a database.
pub(crate) struct DatabaseUrl {
    pub(crate) kind: DatabaseKind,
    /// The name of the database, or the SQLite file.
    pub(crate) database: String,
    /// The URL, to connect with.
    pub(crate) url: Secret,
    /// The password, as it stands in the URL and as it is.
    pub(crate) passwords: Vec<Secret>,
}

/// What an account is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Account {
    Reader,
    Writer,
}

/// Reads a URL. `folder` is what the path of an SQLite file is relative to.
///
/// Checks: the scheme is known; a database is named; nothing weakens how a server beyond this machine is verified; no parameter that is not understood; an
/// SQLite file is there and is not made.
pub(crate) fn parse(text: &str, folder: &Path, account: Account) -> Result<DatabaseUrl, Refusal> {
    let text = text.trim();
    let scheme = text.split_once(':').map_or("", |(scheme, _)| scheme).to_ascii_lowercase();
    match scheme.as_str() {
        "postgres" | "postgresql" => server(text, DatabaseKind::PostgreSql),
        "mysql" | "mariadb" => server(text, DatabaseKind::MySql),
        "sqlite" => sqlite(text, folder, account),
        _ => Err(Refusal::new(
            "is not the URL of a database that reset-link knows",
            "begin it with postgres://, mysql:// or sqlite:",
        )),
    }
}

fn server(text: &str, kind: DatabaseKind) -> Result<DatabaseUrl, Refusal> {
    let example = format!("{}//user:password@host/database", kind.scheme());
    let in_password =
        "percent-encode what is special in the password: / is %2F, ? is %3F, # is %23, @ is %40, % is %25";
    let url = Url::parse(text).map_err(|error| {
        Refusal::new(format!("is not a URL ({error})"), format!("write {example}, and {in_password}"))
    })?;
    // A password with one of these ends the login too early.
    if url.fragment().is_some()
        || url.path().contains('@')
        || url.query().is_some_and(|query| query.contains('@'))
    {
        return Err(Refusal::new("has a login that ends too early", in_password));
    }
    let database = decoded(url.path().trim_start_matches('/')).into_owned();
    if database.is_empty() || database.contains('/') {
        return Err(Refusal::new("names no database", format!("write {example}")));
    }
    let mut is_local = url.host_str().is_none_or(|host| is_local_host(host, kind));
    let mut ssl_mode = None;
    for (name, value) in url.query_pairs() {
        match (&*name, kind) {
            ("sslmode" | "ssl-mode", _) => ssl_mode = Some(value.into_owned()),
            ("host", DatabaseKind::PostgreSql) => is_local = is_local_host(&value, kind),
            ("socket", DatabaseKind::MySql) => is_local = true,
            ("application_name", DatabaseKind::PostgreSql) => {}
            _ => return Err(foreign_parameter(&name, kind)),
        }
    }
    let strict = if kind == DatabaseKind::MySql { "VERIFY_IDENTITY" } else { "verify-full" };
    if let Some(mode) = ssl_mode
        && !is_local
        && !mode.eq_ignore_ascii_case(strict)
    {
        return Err(Refusal::new(
            "has an sslmode that does not verify who answers, and the server is not on this machine",
            format!(
                "remove it, or write {strict}: certificate and name are always verified; contacts.ca_file trusts a certificate authority of your own"
            ),
        ));
    }
    let passwords = url.password().map(|encoded| {
        let mut passwords = vec![Secret::new(encoded)];
        let plain = decoded(encoded);
        if plain != encoded {
            passwords.push(Secret::new(plain));
        }
        passwords
    });
    Ok(DatabaseUrl { kind, database, url: Secret::new(text), passwords: passwords.unwrap_or_default() })
}

/// Parameters that are known and refused, each with what is done instead.
const REFUSED: &[(&[&str], &str)] = &[
    (&["sslrootcert", "ssl-root-cert", "ssl-ca", "sslca"], "set contacts.ca_file instead"),
    (&["sslcert", "ssl-cert", "sslkey", "ssl-key"], "reset-link signs in by password: remove it"),
    (&["user", "password"], "write the login before the host: //user:password@host"),
    (&["hostaddr", "port", "dbname"], "write //user:password@host:port/database"),
    (&["charset", "collation"], "remove it: reset-link always speaks UTF-8"),
    (
        &["options", "statement-cache-capacity", "timezone", "time-zone", "connect_timeout"],
        "remove it: reset-link sets what it needs; a schema stands before the table's name in contacts.mapping.table",
    ),
];

fn foreign_parameter(name: &str, kind: DatabaseKind) -> Refusal {
    let name = if name.starts_with("options[") { "options" } else { name };
    let known = REFUSED.iter().find_map(|(names, cure)| {
        let known = names.iter().find(|known| **known == name)?;
        Some(Refusal::new(format!("has the parameter {known}"), *cure))
    });
    known.unwrap_or_else(|| {
        let understood = match kind {
            DatabaseKind::PostgreSql => "sslmode, host and application_name",
            DatabaseKind::MySql => "ssl-mode and socket",
            DatabaseKind::Sqlite => "mode",
        };
        Refusal::new(
            "has a parameter that reset-link does not know",
            format!("remove it; reset-link knows {understood} (a ? in a password is %3F)"),
        )
    })
}

fn decoded(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
}

/// Whether a connection to it stays on this machine: loopback, or for PostgreSQL the folder of a Unix socket.
fn is_local_host(host: &str, kind: DatabaseKind) -> bool {
    let host = decoded(host);
    if host.is_empty() {
        return true;
    }
    if host.starts_with('/') {
        return kind == DatabaseKind::PostgreSql;
    }
    // A URL of a scheme that is not the web's holds addresses as names.
    is_loopback(Host::parse(&host).ok())
}

fn sqlite(text: &str, folder: &Path, account: Account) -> Result<DatabaseUrl, Refusal> {
    let cure = "write sqlite: and the path of the application's file";
    let rest = text.split_once(':').map_or("", |(_, rest)| rest);
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    let (path, parameters) = rest.split_once('?').unwrap_or((rest, ""));
    if path.is_empty() || path == ":memory:" {
        return Err(Refusal::new("names no file", cure));
    }
    let mut mode = None;
    for (name, value) in url::form_urlencoded::parse(parameters.as_bytes()) {
        match (&*name, &*value, account) {
            ("mode", "rw", _) | ("mode", "ro", Account::Reader) => mode = Some(value.into_owned()),
            ("mode", "ro", Account::Writer) => {
                return Err(Refusal::new(
                    "opens the file to be read alone",
                    "remove mode=ro: passwords are written",
                ));
            }
            ("mode", ..) => {
                return Err(Refusal::new(
                    "has a mode that would make a new database",
                    "remove it: the application's own file must be there already",
                ));
            }
            _ => return Err(foreign_parameter(&name, DatabaseKind::Sqlite)),
        }
    }
    let file: PathBuf = folder.join(&*decoded(path));
    let shown = file.display();
    match std::fs::metadata(&file) {
        Ok(metadata) if metadata.is_file() => {}
        Ok(_) => return Err(Refusal::new(format!("names {shown}, which is not a file"), cure)),
        Err(error) => {
            return Err(Refusal::new(
                format!("names {shown}, which cannot be opened ({})", error.kind()),
                format!("{cure}; a relative one begins at the config's folder"),
            ));
        }
    }
    let database = file.to_string_lossy().into_owned();
    let mut url = format!("sqlite:{}", utf8_percent_encode(&database, IN_PATHS));
    if let Some(mode) = mode {
        url.push_str("?mode=");
        url.push_str(&mode);
    }
    Ok(DatabaseUrl { kind: DatabaseKind::Sqlite, database, url: Secret::new(url), passwords: Vec::new() })
}
