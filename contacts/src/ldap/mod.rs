//! Contacts in an LDAP directory: OpenLDAP, with its password policy overlay.
//!
//! Filters hold no text that was not escaped by the library, and what a server finds is compared here once more: a directory compares ids and e-mails
//! more loosely than a link may.
//!
//! | | |
//! | --- | --- |
//! | exact id | the value that the entry holds, byte by byte; several entries that hold it refuse |
//! | version | `pwdChangedTime`: the second in which the password was last set |
//! | write | one modify of `userPassword` under a critical assertion (RFC 4528) over `pwdChangedTime` and over `entryCSN` as just read |
//! | who shares an e-mail | the server's candidates, each value of the attribute compared here; too many of them count as shared |

mod connection;
mod contact_lookup;
mod entry;
mod error;
mod filter;
mod password_writer;
mod policy;
mod probe;
mod tls;

pub use contact_lookup::LdapContactLookup;
pub use password_writer::LdapPasswordWriter;

/// When the password was last set: the password policy overlay keeps it, to the second.
const CHANGED_TIME: &str = "pwdChangedTime";
/// Another one after each change of the entry, a failed sign-in among them.
const ENTRY_CSN: &str = "entryCSN";
/// Since when an account is locked.
const LOCKED_TIME: &str = "pwdAccountLockedTime";
/// The value of it by which an administrator locks an account for good.
const LOCKED_FOR_GOOD: &str = "000001010000Z";
