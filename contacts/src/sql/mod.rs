//! Contacts in tables that belong to another application: PostgreSQL, MySQL and MariaDB, SQLite.
//!
//! Which column means what is the config's to say ([`config::SqlMapping`]); it is held against the database's own catalogue when a role opens the
//! directory. Values are always bound; identifiers are always quoted; every column is read as text, whatever its type.
//!
//! | | |
//! | --- | --- |
//! | exact id | compared byte by byte, whatever the collation takes for equal |
//! | version | SHA-256 of the stored hash, computed by the database, so that no role needs to read one |
//! | write | one transaction: `UPDATE … WHERE id = … AND version IS NOT DISTINCT FROM …`, exactly one row or nothing |
//! | who shares an e-mail | candidates by a key that an index answers, compared here; too many of them count as shared |

mod catalogue;
mod check;
mod connection;
mod contact_lookup;
mod database;
mod dialect;
mod duplicates;
mod error;
mod expression;
mod given_sql;
mod grants;
mod password_checker;
mod password_writer;
mod pool;
mod random;
mod row_security;
mod rows;
mod session;
mod statement;
mod table;
mod views;

pub use check::SqlCheck;
pub use contact_lookup::SqlContactLookup;
pub(crate) use duplicates::duplicates;
pub use password_writer::SqlPasswordWriter;
pub use session::sqlite_file;
pub use views::views_sql;
