//! Setting passwords, by an account that may do nothing else.

use async_trait::async_trait;
use config::LdapContacts;
use keys::{ContactId, PasswordVersion};
use zeroize::Zeroizing;

use super::connection::ModifyError;
use super::contact_lookup::LdapDirectory;
use super::entry::ContactEntry;
use super::error::describe_result;
use super::policy::{self, Refusal};
use super::probe::{Role, assertion};
use super::{CHANGED_TIME, ENTRY_CSN, filter};
use crate::{Contact, DirectoryError, NotPrepared, OpenError, PasswordWriter, PreparedPassword, SetPassword};

/// How often an entry that changes for another reason than its password, such as a failed sign-in, is read anew.
const ATTEMPTS: u32 = 5;

/// An LDAP directory, for whoever sets passwords.
pub struct LdapPasswordWriter {
    directory: LdapDirectory,
}

/// What one modify came to.
enum Modified {
    Settled(SetPassword),
    /// The entry is no longer as it was read.
    EntryChanged,
}

impl LdapPasswordWriter {
    /// Connects, and holds the settings against the server.
    ///
    /// # Errors
    /// [`OpenError::Ldap`] where it cannot be reached, or is not as the config says.
    pub async fn open(settings: &LdapContacts) -> Result<Self, OpenError> {
        Ok(Self { directory: LdapDirectory::open(settings, Role::Writer).await? })
    }

    /// Sets the password of an entry that is still as it was read.
    async fn modify(
        &self,
        entry: &ContactEntry,
        changed: &str,
        password: &str,
    ) -> Result<Modified, DirectoryError> {
        let Some(csn) = &entry.csn else {
            return Err(self.directory.unreachable(
                "this account may not read entryCSN. To mend: see docs/directories/openldap.md for the rights of each account",
            ));
        };
        // Two passwords set in one second have the same time, but not the same entryCSN.
        let is_as_read = filter::all(&[filter::equal(CHANGED_TIME, changed), filter::equal(ENTRY_CSN, csn)]);
        let controls = vec![assertion(&is_as_read), policy::request()];
        let answer = self.directory.connection.replace(&entry.dn, "userPassword", password, controls).await;
        let result = answer.map_err(|error| match error {
            ModifyError::NotSent(text) => self.directory.unreachable(&text),
            ModifyError::AnswerLost(text) => self.outcome_unknown(&text),
        })?;
        match result.rc {
            0 => Ok(Modified::Settled(SetPassword::Set)),
            // The entry is gone.
            32 => Ok(Modified::Settled(SetPassword::VersionChanged)),
            122 => Ok(Modified::EntryChanged),
            // "Other": the server itself does not say what became of it.
            80 => Err(self.outcome_unknown(&describe_result(&result))),
            _ => match policy::refusal(&result) {
                Refusal::Password(text) => Ok(Modified::Settled(SetPassword::Refused(text))),
                Refusal::Operator(text) => Err(self.directory.unreachable(&text)),
            },
        }
    }

    fn outcome_unknown(&self, text: &str) -> DirectoryError {
        DirectoryError::OutcomeUnknown(format!("{}: {text}", self.directory.settings.account_key))
    }
}

#[async_trait]
impl PasswordWriter for LdapPasswordWriter {
    async fn read(&self, id: &ContactId) -> Result<Option<Contact>, DirectoryError> {
        self.directory.read(id).await
    }

    fn is_conditional(&self) -> bool {
        true
    }

    fn normalised(&self, password: &str) -> Zeroizing<String> {
        Zeroizing::new(password.to_owned())
    }

    fn max_password_bytes(&self) -> Option<usize> {
        None
    }

    /// The server hashes.
    async fn prepare(&self, password: Zeroizing<String>) -> Result<PreparedPassword, NotPrepared> {
        Ok(PreparedPassword::new(password, None))
    }

    async fn set(
        &self,
        id: &ContactId,
        expected: &PasswordVersion,
        password: PreparedPassword,
    ) -> Result<SetPassword, DirectoryError> {
        if policy::looks_hashed(&password.value) {
            return Ok(SetPassword::Refused(
                "The directory takes no password that begins with a word in braces.".to_owned(),
            ));
        }
        for _ in 0..ATTEMPTS {
            let entry = self.directory.entry(id).await?;
            let Some(entry) = entry.filter(|entry| entry.is_active && entry.version() == *expected) else {
                return Ok(SetPassword::VersionChanged);
            };
            let Some(changed) = entry.changed.clone() else {
                return Err(self.directory.unreachable(
                    "the directory does not say when this password was last set, so it is left alone. To mend: set one with the directory's own tools, under the password policy overlay",
                ));
            };
            match self.modify(&entry, &changed, &password.value).await? {
                Modified::Settled(outcome) => return Ok(outcome),
                Modified::EntryChanged => {}
            }
        }
        Err(self.directory.unreachable("the entry kept changing while its password was to be set: try again"))
    }

    async fn close(&self) {
        self.directory.connection.close().await;
    }
}
