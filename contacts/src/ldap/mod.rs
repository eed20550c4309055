//! Contacts in an LDAP directory. What differs from server to server is in `flavour`.
//!
//! Filters hold no text that was not escaped by the library, and what a server finds is compared here once more: a directory compares ids and e-mails
//! more loosely than a link may.
//!
//! | | |
//! | --- | --- |
//! | exact id | the value that the entry holds, byte by byte; several entries that hold it refuse |
//! | version | what the server keeps of when a password was set: the flavour's own attribute, or where the settings say so when the entry was changed |
//! | active | by the flavour's own attributes, and by the server where the settings give a filter |
//! | write | one modify, which the flavour makes conditional where the server can, or the operation that LDAP has for passwords |
//! | who shares an e-mail | the server's candidates, each value of the attribute compared here; too many of them count as shared |

mod check;
mod connection;
mod contact_lookup;
mod directory_policy;
mod duplicates;
mod entry;
mod error;
mod examination;
mod filter;
mod first_passwords;
mod flavour;
mod paging;
mod password_checker;
mod password_writer;
mod policy;
mod probe;
mod result_entry;
mod server;
mod server_order;
mod tls;

pub use check::LdapCheck;
pub use contact_lookup::LdapContactLookup;
pub(crate) use duplicates::duplicates;
pub use password_writer::LdapPasswordWriter;
