//! Contacts in tables of another application: where they are, and which column means what.

use std::path::PathBuf;

use jiff::SignedDuration;

use crate::secret::Secret;
use crate::sections::contacts::hash::HashSettings;
use crate::sections::contacts::sql_text::SqlText;

/// Tables that exist already and belong to another application.
#[derive(Debug, Clone)]
pub struct SqlContacts {
    /// `postgres://…`, `mysql://…` or `sqlite:…`, with the account of this role.
    pub url: Secret,
    /// The key that gave it, for messages: `contacts.url_file`, say.
    pub url_key: &'static str,
    /// PEM; trusted beside the system's roots.
    pub ca_file: Option<PathBuf>,
    /// How long connecting, waiting for a connection, or one statement may take; default 5 s.
    pub timeout: SignedDuration,
    /// Whose tables they are, where that was said: the name of a preset.
    pub preset: Option<String>,
    /// Whether the roles use the views that reset-link names, `reset_link_bot` and `reset_link_redeem`, rather than the table.
    pub uses_views: bool,
    /// Which column means what.
    pub mapping: SqlMapping,
}

/// Which column of which table means what. Identifiers are as the database writes them, and are quoted wherever they are used.
#[derive(Debug, Clone)]
pub struct SqlMapping {
    /// The table, perhaps with its schema before a dot.
    pub table: String,
    /// What names a contact.
    pub id: String,
    /// What a contact is called: one column, or several that are joined by a space.
    pub name: Vec<String>,
    /// The primary e-mail; absent: nobody has one.
    pub email: Option<String>,
    /// A column that holds the key by which e-mails are compared, where the database computes one.
    pub email_key: Option<String>,
    /// BCP 47; absent: nobody has one.
    pub language: Option<String>,
    /// The stored hash.
    pub password: String,
    /// A condition without parameters; absent: everybody is active.
    pub active: Option<SqlText>,
    /// How the application hashes passwords.
    pub hash: HashSettings,
    /// Columns that change with the password; none of them twice.
    pub also_set: Vec<AlsoSet>,
    /// Statements in the same transaction: those that always run, then the others in the order of their tables' names.
    pub also_run: Vec<AlsoRun>,
}

/// A column that changes in the UPDATE that sets a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlsoSet {
    /// The column.
    pub column: String,
    /// What it is set to.
    pub expression: SqlText,
    /// Where the table has no such column, it is left out.
    pub only_if_present: bool,
}

/// A statement that runs in the transaction that sets a password: it ends sessions, say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlsoRun {
    /// The statement.
    pub statement: SqlText,
    /// Where the database has no such table, the statement is left out; absent: it always runs. Perhaps with its schema before a dot.
    pub if_table: Option<String>,
}
