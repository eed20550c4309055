//! What a database says, for an operator, and what it means for a write.

use std::borrow::Cow;
use std::fmt::Display;
use std::io;

use sqlx::Error;

use crate::DirectoryError;

/// What happened, with its cure where there is a usual one. A database's message names tables, columns and accounts; its details, which may hold a whole
/// row, are left out, and so are values.
pub(super) fn describe(error: &Error) -> String {
    let Some(database) = error.as_database_error() else {
        return match error {
            Error::PoolTimedOut => format!(
                "no answer in time: the database is silent, or all connections to it are busy. To mend: {ADDRESS}"
            ),
            // What rustls has against a certificate comes as data that is invalid.
            Error::Io(error) if error.kind() == io::ErrorKind::InvalidData => tls_failed(error),
            Error::Io(error) => format!("the connection failed: {error}. To mend: {ADDRESS}"),
            Error::Tls(error) => tls_failed(error),
            Error::Configuration(text) => text.to_string(),
            other => other.to_string(),
        };
    };
    let code = code(error);
    let message = without_values(&code, database.message());
    // PostgreSQL gives it the SQLSTATE of a right that lacks.
    let is_row_security = code == "42501" && message.contains("row-level security");
    let cure = match number(error).and_then(cure_of_number) {
        _ if is_row_security => Some(SEES_SOME_ROWS),
        Some(cure) => Some(cure),
        None => cure(&code),
    };
    match cure {
        Some(cure) => format!("{message} ({code}). To mend: {cure}"),
        None => format!("{message} ({code})"),
    }
}

fn tls_failed(error: &dyn Display) -> String {
    format!(
        "TLS failed: {error}. To mend: the server needs a certificate for the host that the URL names; contacts.ca_file trusts a certificate authority of your own"
    )
}

const SEES_SOME_ROWS: &str = "an account that sees some rows cannot tell who shares an e-mail: ALTER ROLE … BYPASSRLS, or use views that belong to the table's owner (views = true)";

const ADDRESS: &str = "check host and port in the URL, and that the database runs and is reached from here";

/// MySQL has few SQLSTATEs, and many a mistake shares one with others.
fn cure_of_number(number: u16) -> Option<&'static str> {
    match number {
        // Unknown, and one that this account may not know of.
        1044 | 1049 => Some("check the name of the database in the URL, and that the account may use it"),
        _ => None,
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
        "26000" | "42P05" => {
            "a pooler in transaction mode lies between: connect directly, or by one in session mode"
        }
        _ => return None,
    })
}

/// Names stay, which are plain. What is quoted and holds anything else may be an e-mail or a hash: `Duplicate entry 'ada@example.org' for key 'email'`. It
/// may hold the mark that ends it, so it goes from the first mark to the last.
fn without_values<'a>(code: &str, message: &'a str) -> Cow<'a, str> {
    // Of syntax, names, rights and logins: there it is SQL, or an account.
    let tells_no_value = ["42", "28", "3D", "08"].iter().any(|class| code.starts_with(class));
    let marks = |c| matches!(c, '\'' | '"' | '\u{201c}' | '\u{201d}' | '\u{ab}' | '\u{bb}');
    let (Some(first), Some(last)) = (message.find(marks), message.rfind(marks)) else {
        return message.into();
    };
    if tells_no_value {
        return message.into();
    }
    let (before, quoted) = message.split_at(first);
    let (quoted, behind) = quoted.split_at(last - first);
    let parts_names = |c: char| c.is_whitespace() || marks(c) || matches!(c, '.' | '`' | '(' | ')');
    let is_name = |name: &str| name.len() <= 40 && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    if quoted.split(parts_names).all(is_name) {
        return message.into();
    }
    format!("{before}'…'{}", behind.trim_start_matches(marks)).into()
}

/// PostgreSQL's and MySQL's SQLSTATE, SQLite's extended result code.
fn code(error: &Error) -> String {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    code.unwrap_or_default().into_owned()
}

/// MySQL's own error number.
fn number(error: &Error) -> Option<u16> {
    error
        .as_database_error()?
        .try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>()
        .map(sqlx::mysql::MySqlDatabaseError::number)
}

/// Whether an error means that a text cannot be a value of a column, so that nobody has it.
pub(super) fn is_no_value(error: &Error) -> bool {
    // Invalid text, out of range, a character that the encoding lacks, a bad date, what the domain of a column excludes.
    matches!(&*code(error), "22P02" | "22003" | "22021" | "22007" | "22008" | "22P05" | "23514")
        // MySQL: no common collation, and in its later releases no common character set.
        || matches!(number(error), Some(1267 | 1270 | 1271 | 3854 | 3988))
}

/// Whether a statement was ended because it took too long.
pub(super) fn took_too_long(error: &Error) -> bool {
    matches!(&*code(error), "57014" | "70100" | "55P03")
        || matches!(number(error), Some(1205 | 1969 | 3024))
        || matches!(error, Error::PoolTimedOut)
}

/// Whether the database has undone a transaction because of another one: tried again, it may go through.
pub(super) fn is_conflict(error: &Error) -> bool {
    // MySQL: a deadlock, or in MariaDB a row that has changed since it was read (`innodb_snapshot_isolation`).
    matches!(&*code(error), "40001" | "40P01") || matches!(number(error), Some(1213 | 1020))
}

/// Whether an answer to COMMIT is one: the database says that it has not committed.
pub(super) fn has_not_committed(error: &Error) -> bool {
    let code = code(error);
    let is_sqlite = error
        .as_database_error()
        .is_some_and(|error| error.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some());
    if is_sqlite {
        // SQLITE_BUSY, in any of its extended forms: somebody has read for too long.
        return code.parse().is_ok_and(|code: i32| code & 0xff == 5);
    }
    is_conflict(error) || is_undone(&code)
}

/// Class 23: a constraint that was checked late; class 40: undone, but for the one that says that nobody knows.
fn is_undone(code: &str) -> bool {
    code.starts_with("23") || code.starts_with("40") && code != "40003"
}

/// MySQL: whether only the plan of a statement may not be shown, because it reads a view.
pub(super) fn may_not_be_explained(error: &Error) -> bool {
    number(error) == Some(1345)
}

/// Nothing was changed.
pub(super) fn unreachable(url_key: &str, error: &Error) -> DirectoryError {
    DirectoryError::Unreachable(format!("{url_key}: {}", describe(error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_whose_completion_is_unknown_is_not_undone() {
        assert!(["40001", "40P01", "40002", "23505"].into_iter().all(is_undone));
        assert!(!["40003", "08007", "57P01"].into_iter().any(is_undone));
    }

    #[test]
    fn names_are_shown_and_values_are_not() {
        for (code, message, shown) in [
            ("23000", "Duplicate entry 'ada@example.org' for key 'users.email'", "Duplicate entry '…'"),
            ("23000", "Duplicate entry 'o'neil@example.org' for key 'email'", "Duplicate entry '…'"),
            (
                "22007",
                "Incorrect value: '$2y$12$abc' for column `a`.`b`",
                "Incorrect value: '…' for column `a`.`b`",
            ),
            ("22P02", "bad integer: \"ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12\"", "bad integer: '…'"),
        ] {
            assert_eq!(without_values(code, message), shown);
        }
        for (code, message) in [
            ("22001", "value too long for type character varying(20)"),
            ("23502", "null value in column \"email\" of relation \"users\" violates not-null constraint"),
            ("23000", "Column 'also_set' cannot be null"),
            ("42703", "column \"a@b\" does not exist"),
        ] {
            assert_eq!(without_values(code, message), message);
        }
    }
}
