//! Opens the directory that the config names, for one role: the one place that knows which backends there are.

use std::path::Path;
use std::sync::Arc;

use crate::{
    ContactLookup, OpenError, PasswordWriter, SqliteContactLookup, SqliteOperations, SqlitePasswordWriter,
};

/// What holds the contacts.
enum Backend<'a> {
    /// The embedded directory, in this file.
    Sqlite(&'a Path),
}

impl<'a> From<&'a config::Contacts> for Backend<'a> {
    fn from(settings: &'a config::Contacts) -> Self {
        Self::Sqlite(&settings.sqlite_file)
    }
}

/// For whoever finds contacts and may write none: the bot.
///
/// # Errors
/// See [`OpenError`].
pub async fn lookup(settings: &config::Contacts) -> Result<Arc<dyn ContactLookup>, OpenError> {
    match settings.into() {
        Backend::Sqlite(file) => Ok(Arc::new(SqliteContactLookup::open(file).await?)),
    }
}

/// For whoever sets passwords: the redeem server.
///
/// # Errors
/// See [`OpenError`].
pub async fn password_writer(settings: &config::Contacts) -> Result<Arc<dyn PasswordWriter>, OpenError> {
    match settings.into() {
        Backend::Sqlite(file) => Ok(Arc::new(SqlitePasswordWriter::open(file).await?)),
    }
}

/// For the operator's commands, which only a directory of ours has.
///
/// # Errors
/// See [`OpenError`].
pub async fn operations(settings: &config::Contacts) -> Result<SqliteOperations, OpenError> {
    match settings.into() {
        Backend::Sqlite(file) => SqliteOperations::open(file).await,
    }
}

/// For the operator's commands that make a directory where there is none.
///
/// # Errors
/// See [`OpenError`].
pub async fn operations_or_create(settings: &config::Contacts) -> Result<SqliteOperations, OpenError> {
    match settings.into() {
        Backend::Sqlite(file) => SqliteOperations::create(file).await,
    }
}

/// For whoever checks an installation and changes nothing, not even files that a backend keeps for itself.
///
/// # Errors
/// See [`OpenError`].
pub async fn inspection(settings: &config::Contacts) -> Result<SqliteContactLookup, OpenError> {
    match settings.into() {
        Backend::Sqlite(file) => SqliteContactLookup::look_into(file).await,
    }
}
