//! What the three databases write differently.

use std::fmt;

/// A kind of database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Postgres,
    /// MySQL and MariaDB.
    MySql,
    Sqlite,
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Postgres => "PostgreSQL",
            Self::MySql => "MySQL or MariaDB",
            Self::Sqlite => "SQLite",
        })
    }
}

impl Dialect {
    /// An identifier as a statement names it.
    pub(super) fn quoted(self, identifier: &str) -> String {
        match self {
            // In MySQL a double quote may begin a text (`sql_mode` decides), in SQLite it does where no column has the name. A backtick never does.
            Self::MySql | Self::Sqlite => format!("`{}`", identifier.replace('`', "``")),
            Self::Postgres => format!("\"{}\"", identifier.replace('"', "\"\"")),
        }
    }

    /// A table, perhaps with its schema before a dot.
    pub(super) fn quoted_table(self, table: &str) -> String {
        table.split('.').map(|part| self.quoted(part)).collect::<Vec<_>>().join(".")
    }

    /// Any value as text, so that one kind of column is read, whatever the table's types are.
    pub(super) fn as_text(self, expression: &str) -> String {
        match self {
            Self::Postgres => format!("({expression})::text"),
            // `CAST … AS CHAR` leaves VARBINARY what it is.
            Self::MySql => format!("CONVERT({expression} USING utf8mb4)"),
            Self::Sqlite => format!("CAST({expression} AS TEXT)"),
        }
    }

    /// Several texts, joined by a space; what is NULL adds nothing.
    pub(super) fn joined(self, expressions: &[String]) -> String {
        match expressions {
            [one] => one.clone(),
            several if self == Self::Sqlite => {
                // `concat_ws` came with SQLite 3.44, later than many an application's file.
                let parts: Vec<_> = several.iter().map(|one| format!("coalesce({one} || ' ', '')")).collect();
                format!("trim({})", parts.join(" || "))
            }
            several => format!("concat_ws(' ', {})", several.join(", ")),
        }
    }

    /// Whether two values are the same, NULL being a value as any other.
    pub(super) fn is_same(self, left: &str, right: &str) -> String {
        match self {
            Self::Postgres => format!("{left} IS NOT DISTINCT FROM {right}"),
            Self::MySql => format!("{left} <=> {right}"),
            Self::Sqlite => format!("{left} IS {right}"),
        }
    }

    /// Whether a text is exactly this one, byte by byte, whatever the column's collation takes for equal.
    pub(super) fn is_exactly(self, text: &str, parameter: &str) -> String {
        match self {
            Self::Postgres => format!("{text} COLLATE \"C\" = {parameter}"),
            Self::MySql => format!("BINARY {text} = BINARY {parameter}"),
            Self::Sqlite => format!("{text} COLLATE BINARY = {parameter}"),
        }
    }

    /// Whether a text is like a pattern in which `!` escapes.
    pub(super) fn is_like(self, text: &str, pattern: &str) -> String {
        match self {
            // Not every collation knows patterns.
            Self::Postgres => format!("{text} COLLATE \"C\" LIKE {pattern} ESCAPE '!'"),
            Self::MySql | Self::Sqlite => format!("{text} LIKE {pattern} ESCAPE '!'"),
        }
    }

    /// The mark of a stored hash, as the database computes it; `None` where it cannot.
    pub(super) fn fingerprint(self, stored: &str) -> Option<String> {
        match self {
            // Not a cast to bytea, which reads a backslash as the beginning of an escape.
            Self::Postgres => Some(format!("encode(sha256(convert_to(({stored})::text, 'UTF8')), 'hex')")),
            // The bytes depend on the character set of the column.
            Self::MySql => Some(format!("SHA2(CONVERT({stored} USING utf8mb4), 256)")),
            Self::Sqlite => None,
        }
    }

    /// The key by which it is decided whose e-mails may be the same: what is ASCII in lower case without outer space, and `*` for whatever is not,
    /// which is compared here. One expression, so that one index answers.
    pub(super) fn email_key(self, email: &str) -> String {
        let text = self.as_text(email);
        match self {
            // `COLLATE "C"` lowers ASCII alone, and in no language differently.
            Self::Postgres => format!(
                "CASE WHEN {email} IS NULL THEN NULL WHEN octet_length({text}) = char_length({text}) \
                 THEN lower(btrim({text}, E' \\t\\n\\x0b\\f\\r') COLLATE \"C\") ELSE '*' END"
            ),
            Self::MySql => {
                let mut spaced = text.clone();
                for control in ["09", "0A", "0B", "0C", "0D"] {
                    spaced = format!("REPLACE({spaced}, CONVERT(X'{control}' USING utf8mb4), ' ')");
                }
                format!(
                    "CASE WHEN {email} IS NULL THEN NULL WHEN LENGTH({text}) = CHAR_LENGTH({text}) \
                     THEN LOWER(TRIM({spaced})) ELSE '*' END"
                )
            }
            Self::Sqlite => format!(
                "CASE WHEN {email} IS NULL THEN NULL WHEN length(CAST({email} AS BLOB)) = length({text}) \
                 THEN lower(trim({text}, ' ' || char(9, 10, 11, 12, 13))) ELSE '*' END"
            ),
        }
    }

    /// Whether a text has a letter beyond ASCII.
    pub(super) fn is_beyond_ascii(self, text: &str) -> String {
        match self {
            Self::Postgres => format!("octet_length({text}) <> char_length({text})"),
            Self::MySql => format!("LENGTH({text}) <> CHAR_LENGTH({text})"),
            Self::Sqlite => format!("length(CAST({text} AS BLOB)) <> length({text})"),
        }
    }

    /// A text that stands in a statement.
    pub(super) fn literal(self, text: &str) -> String {
        match self {
            // Whether a backslash escapes there depends on `sql_mode`; in hexadecimal it cannot.
            Self::MySql if text.contains('\\') => {
                let hex: String = text.bytes().map(|byte| format!("{byte:02X}")).collect();
                format!("CONVERT(X'{hex}' USING utf8mb4)")
            }
            _ => format!("'{}'", text.replace('\'', "''")),
        }
    }
}
