use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// The contact directory could not be opened. Each text names the file, the cause and the cure.
#[derive(Debug, Error)]
pub enum OpenError {
    /// Nothing at this path.
    #[error(
        "{}: there is no contact directory. Check the path in the configuration (`[contacts] sqlite_file`) or the `--data` folder; `reset-link contacts import FILE.csv` creates one",
        .0.display()
    )]
    Missing(PathBuf),
    /// A database, but not one of ours.
    #[error(
        "{}: this is a database of another program, not a contact directory. Name another file (`[contacts] sqlite_file`); nothing was changed in this one",
        .0.display()
    )]
    Foreign(PathBuf),
    /// Written by a later release.
    #[error(
        "{}: this contact directory has schema version {found}, and this reset-link knows versions up to {known}. Use the newer reset-link that wrote it",
        .path.display()
    )]
    Newer {
        /// The database file.
        path: PathBuf,
        /// The version in the file.
        found: i64,
        /// The latest version that this program knows.
        known: i64,
    },
    /// The file or its folder could not be made or looked at.
    #[error("{}: {source}. Check that the folder exists and that this user may write to it", .path.display())]
    File {
        /// The database file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// SQLite refused.
    #[error("{}: {reason}", .path.display())]
    Database {
        /// The database file.
        path: PathBuf,
        /// What SQLite said, and what usually mends it.
        reason: String,
    },
    /// The contacts are in tables of another application, and that is not so as the config says.
    #[error("{0}")]
    Sql(String),
    /// The contacts are in an LDAP directory, and that is not so as the config says.
    #[error("{0}")]
    Ldap(String),
    /// What was asked for is done to a directory of ours alone.
    #[error(
        "the contacts are in another program's directory (`[contacts] kind`): add, change and list them there. `reset-link contacts check` shows what reset-link sees of them"
    )]
    NotEmbedded,
}
