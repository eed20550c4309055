//! Opens the directory that the config names, for one role: the one place that knows which backends there are.

use std::sync::Arc;

use config::Contacts;

use crate::{
    ContactLookup, Entropy, LdapContactLookup, LdapPasswordWriter, OpenError, PasswordChecker,
    PasswordWriter, SqlContactLookup, SqlPasswordWriter, SqliteContactLookup, SqliteOperations,
    SqlitePasswordWriter,
};

/// For whoever finds contacts and may write none: the bot.
///
/// # Errors
/// See [`OpenError`].
pub async fn lookup(settings: &Contacts) -> Result<Arc<dyn ContactLookup>, OpenError> {
    match settings {
        Contacts::Embedded(embedded) => Ok(Arc::new(SqliteContactLookup::open(&embedded.sqlite_file).await?)),
        Contacts::Sql(sql) => Ok(Arc::new(SqlContactLookup::open(sql).await?)),
        Contacts::Ldap(ldap) => Ok(Arc::new(LdapContactLookup::open(ldap).await?)),
    }
}

/// For whoever sets passwords: the redeem server. What an application renews with a password is drawn from `entropy`.
///
/// # Errors
/// See [`OpenError`].
pub async fn password_writer(
    settings: &Contacts,
    entropy: Entropy,
) -> Result<Arc<dyn PasswordWriter>, OpenError> {
    match settings {
        Contacts::Embedded(embedded) => {
            Ok(Arc::new(SqlitePasswordWriter::open(&embedded.sqlite_file).await?))
        }
        Contacts::Sql(sql) => Ok(Arc::new(SqlPasswordWriter::open(sql, entropy).await?)),
        Contacts::Ldap(ldap) => Ok(Arc::new(LdapPasswordWriter::open(ldap).await?)),
    }
}

/// For whoever checks a present password: with the account that sets passwords, which alone may read a hash.
///
/// # Errors
/// See [`OpenError`].
pub async fn password_checker(
    settings: &Contacts,
    entropy: Entropy,
) -> Result<Arc<dyn PasswordChecker>, OpenError> {
    match settings {
        Contacts::Embedded(embedded) => {
            Ok(Arc::new(SqlitePasswordWriter::open(&embedded.sqlite_file).await?))
        }
        Contacts::Sql(sql) if sql.uses_views => Err(OpenError::Sql(format!(
            "{}: with contacts.views no account can read a hash, so that no password can be checked here. Sign in at the application instead",
            sql.url_key
        ))),
        Contacts::Sql(sql) => Ok(Arc::new(SqlPasswordWriter::open(sql, entropy).await?)),
        Contacts::Ldap(ldap) => Ok(Arc::new(LdapPasswordWriter::open(ldap).await?)),
    }
}

/// For the operator's commands, which only a directory of ours has.
///
/// # Errors
/// [`OpenError::NotEmbedded`] where it is not ours, or see [`OpenError`].
pub async fn operations(settings: &Contacts) -> Result<SqliteOperations, OpenError> {
    match settings {
        Contacts::Embedded(embedded) => SqliteOperations::open(&embedded.sqlite_file).await,
        Contacts::Sql(_) | Contacts::Ldap(_) => Err(OpenError::NotEmbedded),
    }
}

/// For the operator's commands that make a directory where there is none.
///
/// # Errors
/// [`OpenError::NotEmbedded`] where it is not ours, or see [`OpenError`].
pub async fn operations_or_create(settings: &Contacts) -> Result<SqliteOperations, OpenError> {
    match settings {
        Contacts::Embedded(embedded) => SqliteOperations::create(&embedded.sqlite_file).await,
        Contacts::Sql(_) | Contacts::Ldap(_) => Err(OpenError::NotEmbedded),
    }
}

/// For whoever checks an installation and changes nothing, not even files that a backend keeps for itself.
///
/// # Errors
/// [`OpenError::NotEmbedded`] where it is not ours, or see [`OpenError`].
pub async fn inspection(settings: &Contacts) -> Result<SqliteContactLookup, OpenError> {
    match settings {
        Contacts::Embedded(embedded) => SqliteContactLookup::look_into(&embedded.sqlite_file).await,
        Contacts::Sql(_) | Contacts::Ldap(_) => Err(OpenError::NotEmbedded),
    }
}
