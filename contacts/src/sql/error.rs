//! What a database says, for an operator, and what it means for a write.

use sqlx::Error;

use crate::DirectoryError;

/// What happened, with its cure where there is a usual one. A database's message names tables, columns and accounts; its details, which may hold a whole
/// row, are left out.
pub(super) fn describe(error: &Error) -> String {
    let Some(database) = error.as_database_error() else {
        return match error {
            Error::PoolTimedOut => {
                "no connection in time: the database does not answer, or all connections are busy".to_owned()
            }
            Error::Io(error) => format!("the connection failed: {error}"),
            Error::Tls(error) => format!("TLS failed: {error}"),
            other => other.to_string(),
        };
    };
    let code = database.code().unwrap_or_default();
    let message = database.message();
    match cure(&code) {
        Some(cure) => format!("{message} ({code}). To mend: {cure}"),
        None => format!("{message} ({code})"),
    }
}

/// PostgreSQL: appendix A of its manual; MySQL: SQLSTATE, which sqlx gives as the code.
fn cure(code: &str) -> Option<&'static str> {
    Some(match code {
        "28P01" | "28000" => "check user name and password in the URL",
        "3D000" => "check the name of the database in the URL",
        "42501" | "42000" => "see docs/directories/sql.md for the GRANTs that each account needs",
        "42P01" | "42S02" => "check `table` in the mapping, and its schema",
        "42703" | "42S22" => "check the names of the columns in the mapping",
        "53300" | "08004" => "the database has no place for more connections",
        "57014" | "70100" => {
            "a statement took too long; `reset-link contacts check` says which look-up has no index"
        }
        "26000" => "a pooler in transaction mode lies between: connect directly, or by one in session mode",
        _ => return None,
    })
}

/// Whether an error means that a text cannot be a value of a column, so that nobody has it.
pub(super) fn is_no_value(error: &Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    // Invalid text, out of range, a character that the encoding lacks, a bad date. HY000 is MySQL's 1267: no common collation.
    matches!(code.as_deref(), Some("22P02" | "22003" | "22021" | "22007" | "22008" | "22P05"))
        || is_collation_mix(error)
}

fn is_collation_mix(error: &Error) -> bool {
    number(error) == Some(1267)
}

/// MySQL's own error number.
fn number(error: &Error) -> Option<u16> {
    error
        .as_database_error()?
        .try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>()
        .map(sqlx::mysql::MySqlDatabaseError::number)
}

/// Whether a statement was ended because it took too long.
pub(super) fn took_too_long(error: &Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    matches!(code.as_deref(), Some("57014" | "70100"))
        || matches!(number(error), Some(1969 | 3024))
        || matches!(error, Error::PoolTimedOut)
}

/// Whether the database has undone a transaction because of another one: tried again, it may go through.
pub(super) fn is_conflict(error: &Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    matches!(code.as_deref(), Some("40001" | "40P01")) || number(error) == Some(1213)
}

/// Whether an answer to COMMIT is one: the database says that it has not committed.
pub(super) fn has_not_committed(error: &Error) -> bool {
    let Some(database) = error.as_database_error() else { return false };
    // Class 23: a constraint that was checked late; class 40: undone.
    database.code().is_some_and(|code| code.starts_with("23") || code.starts_with("40"))
}

/// Nothing was changed.
pub(super) fn unreachable(url_key: &str, error: &Error) -> DirectoryError {
    DirectoryError::Unreachable(format!("{url_key}: {}", describe(error)))
}
