//! Who people are and how a password is set: two capabilities, and the backends behind them.
//!
//! Touches: the contact directory. Never touches: keys that sign, the ledger, chat, mail.

mod check;
mod contact;
mod contact_finder;
pub mod duplicates;
pub mod hash;
pub mod import;
mod ldap;
mod lockout;
mod matching;
pub mod open;
mod open_error;
mod password_check;
mod password_policy;
mod sample;
mod sql;
pub mod sqlite;
mod typed_id;

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use keys::{ContactId, NormalisedEmail, PasswordVersion};
use thiserror::Error;
use zeroize::Zeroizing;

pub use check::{
    CheckFinding, CheckVerdict, CheckedContact, CheckedLdapContact, CheckedPasswordTime, SharedEmail,
};
pub use contact::{
    Contact, ContactEntry, ContactHit, ContactRecord, DirectoryServer, EmailSharing, Found, Obstacle,
    PasswordRefusal, PreparedPassword, SetPassword,
};
pub use contact_finder::ContactFinder;
pub use import::{BadRow, BadRows, ImportError, ImportOptions, Imported, Progress, import_csv};
pub use ldap::{LdapCheck, LdapContactLookup, LdapPasswordWriter};
pub use lockout::Lockout;
pub use open_error::OpenError;
pub use password_check::PasswordCheck;
pub use password_policy::PasswordPolicy;
pub use sample::{ensure_sample, sample_contacts};
pub use sql::{SqlCheck, SqlContactLookup, SqlPasswordWriter, sqlite_file, views_sql};
pub use sqlite::{SqliteContactLookup, SqliteOperations, SqlitePasswordWriter};

/// Fills a buffer with random bytes.
pub type Entropy = Arc<dyn Fn(&mut [u8]) + Send + Sync>;

/// Reading capability: all that the bot needs, its directory account cannot write.
#[async_trait]
pub trait ContactLookup: Send + Sync {
    /// Finds an active contact by an id as a person typed it: the exact id first, then one that differs only in surrounding
    /// space, in case, in Unicode form, or in characters that nobody sees ([`keys::text::folded`]). An exact id never falls through
    /// to a looser one, even where its contact is inactive; but one that holds what nobody sees is no more exact than its look-alikes.
    ///
    /// # Errors
    /// Where the directory cannot be asked.
    async fn find(&self, typed: &str) -> Result<Found, DirectoryError>;

    /// The active contact of exactly this id, as the directory itself wrote it: nothing is folded, and no look-alike is found.
    ///
    /// # Errors
    /// Where the directory cannot be asked.
    async fn find_exact(&self, id: &ContactId) -> Result<Option<Contact>, DirectoryError>;

    /// Everybody, active or not, whose id a person takes for this one ([`keys::text::folded`]), in the order of the ids.
    ///
    /// # Errors
    /// Where the directory cannot be asked.
    async fn called(&self, typed: &str) -> Result<Vec<ContactId>, DirectoryError>;

    /// Which other contacts, active or not, hold the same normalised e-mail.
    ///
    /// Security: a contact missing from the answer would mean a link mailed to a stranger. So the answer holds for the directory
    /// as it is now, whoever wrote the e-mails and in whichever spelling.
    ///
    /// # Errors
    /// Where the directory cannot be asked.
    async fn others_with_email(
        &self,
        email: &NormalisedEmail,
        except: &ContactId,
    ) -> Result<EmailSharing, DirectoryError>;

    /// Active contacts whose primary e-mail, normalised, is this one, in the order of their ids, at most `limit` of them.
    ///
    /// # Errors
    /// Where the directory cannot be asked.
    async fn with_email(&self, email: &NormalisedEmail, limit: usize)
    -> Result<Vec<Contact>, DirectoryError>;

    /// Active contacts whose id, e-mail, name or a later word of the name begins with what was typed, at most `limit` of them.
    ///
    /// Ids and e-mails are compared as loosely as [`find`](Self::find) compares ids, names also without accents (`zoe` finds
    /// `Zoë`). Nothing that was typed is a wildcard. Nothing but space finds everybody; more than 300 characters find nobody.
    ///
    /// The order: the exact id, ids that differ from it only in case or Unicode form, ids that begin so, then names, then later
    /// words of names, then e-mails. Those of a kind stand in the order of their ids where these match, else of their names, case
    /// and accents aside, and last by the exact id. So does everybody, where nothing was typed.
    ///
    /// # Errors
    /// Where the directory cannot be asked.
    async fn search(&self, typed: &str, limit: usize) -> Result<Vec<ContactHit>, DirectoryError>;

    /// Closes all connections, once what is under way has ended.
    async fn close(&self) {}
}

/// Writing capability: what the redeem server needs.
#[async_trait]
pub trait PasswordWriter: Send + Sync {
    /// Reads an active contact afresh, from the primary, by the exact id.
    ///
    /// # Errors
    /// Where the directory cannot be asked.
    async fn read(&self, id: &ContactId) -> Result<Option<Contact>, DirectoryError>;

    /// The same directory at this server alone; `None` where the settings name no such server, or the directory is one place.
    ///
    /// Security: servers that copy each other lag behind. What was read at one of them holds there alone, so all steps of one redemption talk to one.
    fn at(&self, _server: &DirectoryServer) -> Option<Arc<dyn PasswordWriter>> {
        None
    }

    /// Whether `set` can say "only if the version is still v" in one statement.
    fn is_conditional(&self) -> bool;

    /// Whether that holds for a write to this contact, as they were read. Where it does not, a link whose outcome is not known counts as used.
    fn is_conditional_for(&self, _contact: &Contact) -> bool {
        self.is_conditional()
    }

    /// The text that the directory stores, or hashes, where somebody types this password: what the rules for a new password must look at. The same
    /// for a text that it has answered.
    fn normalised(&self, password: &str) -> Zeroizing<String>;

    /// The longest password the directory takes, in bytes of UTF-8 once it is [`normalised`](Self::normalised), where it has a limit of its own.
    fn max_password_bytes(&self) -> Option<usize>;

    /// What the directory asks of a new password of this contact, or of whoever has no policy of their own: told on the form, so that nobody has to try.
    ///
    /// What cannot be read within a second is not told. `now` decides how old an answer may be that was read before.
    async fn password_policy(&self, _contact: Option<&Contact>, _now: Timestamp) -> PasswordPolicy {
        PasswordPolicy { max_bytes: self.max_password_bytes(), ..PasswordPolicy::default() }
    }

    /// Does the costly part (hashing) before any lease runs.
    ///
    /// # Errors
    /// Where it cannot be done; nothing has been changed.
    async fn prepare(&self, password: Zeroizing<String>) -> Result<PreparedPassword, NotPrepared>;

    /// Sets the password if its version is still `expected`.
    ///
    /// # Errors
    /// [`DirectoryError::Unreachable`] where nothing was changed, [`DirectoryError::OutcomeUnknown`] where that cannot be said.
    async fn set(
        &self,
        id: &ContactId,
        expected: &PasswordVersion,
        password: PreparedPassword,
    ) -> Result<SetPassword, DirectoryError>;

    /// Closes all connections, once what is under way has ended.
    async fn close(&self) {}
}

/// Checking capability: whether somebody knows a contact's present password.
#[async_trait]
pub trait PasswordChecker: Send + Sync {
    /// Checks a password as it was typed.
    ///
    /// Security: an unknown contact, and an inactive one, cost what a known one costs: in a directory of ours and in tables the same hashing, in an LDAP directory a
    /// bind that fails. An LDAP directory counts a wrong password as a failed sign-in: see [`lockout`](Self::lockout).
    ///
    /// # Errors
    /// Where the directory cannot be asked.
    async fn check(
        &self,
        id: &ContactId,
        password: Zeroizing<String>,
    ) -> Result<PasswordCheck, DirectoryError>;

    /// After how many wrong passwords the directory locks a contact out, since it counts each check that fails.
    async fn lockout(&self) -> Lockout {
        Lockout::Never
    }

    /// Closes all connections, once what is under way has ended.
    async fn close(&self) {}
}

/// A password could not be made ready to be stored.
#[derive(Debug, Error)]
pub enum NotPrepared {
    /// It is within [`PasswordWriter::max_password_bytes`], and too long all the same once the application has prepared it.
    #[error("the password is too long for the application")]
    TooLong {
        /// In bytes of what the application hashes.
        max_bytes: usize,
    },
    /// The directory could not do it.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
}

/// The directory could not do it.
#[derive(Debug, Error)]
pub enum DirectoryError {
    /// Nothing was changed; the text is for the operator.
    #[error("the contact directory cannot be reached: {0}")]
    Unreachable(String),
    /// It answers, and nothing can be made of the answer until somebody mends it; nothing was changed. The text is for the operator.
    #[error("the contact directory gives no answer that can be used: {0}")]
    Unusable(String),
    /// It may have been changed or not.
    #[error("the contact directory did not say whether it wrote: {0}")]
    OutcomeUnknown(String),
}
