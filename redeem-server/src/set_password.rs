//! Sets a new password: the rules, the hash, the conditional write, and what came of it.
//!
//! Below `redeem`: who may set a password, and what must be noted about it, is the caller's to know. The order is in the types: only a password that
//! keeps the rules can be hashed, and only a hashed one can be written, so that no lease runs and no lock is held while it is hashed.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use contacts::{
    Contact, DirectoryError, DirectoryServer, NotPrepared, PasswordPolicy, PasswordRefusal, PasswordWriter,
    PreparedPassword, SetPassword,
};
use jiff::Timestamp;
use keys::{ContactId, PasswordVersion};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use zeroize::Zeroizing;

use crate::password::{BrokenRule, OwnData, Rules};

/// What a person sent with the form.
#[derive(Clone)]
pub struct NewPassword {
    /// As typed.
    pub password: Zeroizing<String>,
    /// As typed again.
    pub confirm: Zeroizing<String>,
}

impl fmt::Debug for NewPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NewPassword(…)")
    }
}

/// How many passwords are set at once, and how long that may take.
#[derive(Debug, Clone, Copy)]
pub struct Capacity {
    /// How many passwords are hashed at once.
    pub hashing_slots: usize,
    /// How long somebody waits for a slot before they are told to come back.
    pub slot_wait: Duration,
    /// How long the directory may take for one answer; well below the ledger's lease.
    pub directory_timeout: Duration,
}

/// Sets passwords in the contact directory.
pub struct PasswordSetter {
    rules: Rules,
    capacity: Capacity,
    directory: Arc<dyn PasswordWriter>,
    slots: Semaphore,
}

/// A new password that keeps the rules.
pub(crate) struct AcceptedPassword(Zeroizing<String>);

/// A new password that is ready to be written.
pub(crate) struct HashedPassword(PreparedPassword);

impl HashedPassword {
    /// The version that writing it will produce, where that is known beforehand.
    pub(crate) fn intended_version(&self) -> Option<&PasswordVersion> {
        self.0.intended_version.as_ref()
    }
}

/// Why a password was not hashed. Nothing has been changed.
#[derive(Debug)]
pub(crate) enum NotHashed {
    /// Too many are being hashed.
    Busy,
    /// The application does not take it: the person may choose another one.
    Broken(BrokenRule),
    /// The directory could not do it.
    Directory(DirectoryError),
}

/// What came of a write.
#[derive(Debug)]
pub(crate) enum WriteOutcome {
    /// The new password holds.
    Set,
    /// Nothing was written: the password is no longer the one that was read, or the contact is gone.
    VersionChanged,
    /// Nothing was written: the directory refuses this password.
    Refused(PasswordRefusal),
    /// Nothing was written.
    NotWritten(DirectoryError),
    /// It may have been written or not: only looking at the directory can tell.
    Unknown(DirectoryError),
}

impl PasswordSetter {
    /// Sets passwords that keep these rules in this directory.
    pub fn new(rules: Rules, capacity: Capacity, directory: Arc<dyn PasswordWriter>) -> Self {
        Self { slots: Semaphore::new(capacity.hashing_slots.max(1)), rules, capacity, directory }
    }

    /// How many passwords are hashed at once.
    pub(crate) fn hashing_slots(&self) -> usize {
        self.capacity.hashing_slots
    }

    /// How long somebody waits for a slot before they are told to come back.
    pub(crate) fn slot_wait(&self) -> Duration {
        self.capacity.slot_wait
    }

    /// What the directory asks of a new password of whoever has no policy of their own, as far as that is known.
    pub(crate) async fn policy_for_anybody(&self, now: Timestamp) -> PasswordPolicy {
        self.directory.password_policy(None, now).await
    }

    /// The rules that a new password breaks whoever it is for.
    pub(crate) async fn check_for_anybody(&self, new: &NewPassword, now: Timestamp) -> Vec<BrokenRule> {
        let policy = self.policy_for_anybody(now).await;
        self.check(new, None, policy).await
    }

    /// Whether the directory would store the same text for both.
    pub(crate) fn is_same(&self, current: &str, new: &NewPassword) -> bool {
        *self.directory.normalised(current) == *self.directory.normalised(&new.password)
    }

    /// How long the directory may take for one answer.
    pub(crate) fn directory_timeout(&self) -> Duration {
        self.capacity.directory_timeout
    }

    /// The directory as one redemption speaks to it: at the server that it began with, or as a whole where that one names no server.
    ///
    /// # Errors
    /// Where the settings no longer name that server.
    pub(crate) fn at(&self, server: Option<&DirectoryServer>) -> Result<PinnedDirectory, DirectoryError> {
        let directory = match server {
            None => Arc::clone(&self.directory),
            Some(server) => self.directory.at(server).ok_or_else(|| {
                DirectoryError::Unreachable(format!(
                    "the settings no longer name {}, where this redemption began",
                    server.as_str()
                ))
            })?,
        };
        Ok(PinnedDirectory { directory, timeout: self.capacity.directory_timeout })
    }

    /// What the directory asks of a new password of this contact, as far as that is known.
    pub(crate) async fn policy(&self, contact: &Contact, now: Timestamp) -> PasswordPolicy {
        self.directory.password_policy(Some(contact), now).await
    }

    /// The contact as the directory has them now; `None` where there is no active one of this id.
    ///
    /// # Errors
    /// Where the directory cannot be asked, or does not answer in time.
    pub(crate) async fn read(&self, id: &ContactId) -> Result<Option<Contact>, DirectoryError> {
        read(&*self.directory, id, self.capacity.directory_timeout).await
    }

    /// Holds a new password to our rules and to what is known of the directory's.
    ///
    /// # Errors
    /// Every rule that it breaks, all at once.
    pub(crate) async fn accept(
        &self,
        new: &NewPassword,
        contact: &Contact,
        now: Timestamp,
    ) -> Result<AcceptedPassword, Vec<BrokenRule>> {
        let policy = self.policy(contact, now).await;
        let broken = self.check(new, Some(contact.clone()), policy).await;
        if broken.is_empty() { Ok(AcceptedPassword(new.password.clone())) } else { Err(broken) }
    }

    async fn check(
        &self,
        new: &NewPassword,
        contact: Option<Contact>,
        policy: PasswordPolicy,
    ) -> Vec<BrokenRule> {
        let rules = self.rules;
        // The text that will be stored, however it was typed: full-width letters are no stronger than others.
        let password = self.directory.normalised(&new.password);
        let confirm = self.directory.normalised(&new.confirm);
        // The strength estimate takes milliseconds of CPU time: not on a thread that serves requests.
        let check = tokio::task::spawn_blocking(move || {
            let own = match &contact {
                Some(contact) => OwnData {
                    id: contact.id.as_str(),
                    name: &contact.name,
                    email: contact.primary_email.as_deref(),
                },
                None => OwnData { id: "", name: "", email: None },
            };
            rules.check(&password, &confirm, own, &policy)
        });
        check.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
    }

    /// Does the costly part, at most so many at once.
    ///
    /// # Errors
    /// Too many at once, or the directory's own; nothing has been changed.
    pub(crate) async fn hash(&self, password: AcceptedPassword) -> Result<HashedPassword, NotHashed> {
        let Ok(Ok(_slot)) = timeout(self.capacity.slot_wait, self.slots.acquire()).await else {
            return Err(NotHashed::Busy);
        };
        self.directory.prepare(password.0).await.map(HashedPassword).map_err(|error| match error {
            NotPrepared::TooLong { max_bytes } => NotHashed::Broken(BrokenRule::TooLong { max_bytes }),
            NotPrepared::Directory(error) => NotHashed::Directory(error),
        })
    }
}

/// The directory at the one server that a redemption speaks to.
///
/// Security: servers that copy each other lag behind. What was read at one holds there alone, and only the one that was written to can say whether it was.
pub(crate) struct PinnedDirectory {
    directory: Arc<dyn PasswordWriter>,
    timeout: Duration,
}

impl PinnedDirectory {
    /// Whether a write to this contact says "only if the password is still the one that was read".
    pub(crate) fn is_conditional_for(&self, contact: &Contact) -> bool {
        self.directory.is_conditional_for(contact)
    }

    /// The contact as this server has them now; `None` where there is no active one of this id.
    ///
    /// # Errors
    /// Where the server cannot be asked, or does not answer in time.
    pub(crate) async fn read(&self, id: &ContactId) -> Result<Option<Contact>, DirectoryError> {
        read(&*self.directory, id, self.timeout).await
    }

    /// Writes it where the contact's password is still the one that was read with `contact`.
    ///
    /// Awaited to its real end: a write that is given up on may land all the same, and nobody would know.
    pub(crate) async fn write(&self, contact: &Contact, password: HashedPassword) -> WriteOutcome {
        match self.directory.set(&contact.id, &contact.password_version, password.0).await {
            Ok(SetPassword::Set) => WriteOutcome::Set,
            Ok(SetPassword::VersionChanged) => WriteOutcome::VersionChanged,
            Ok(SetPassword::Refused(refusal)) => WriteOutcome::Refused(refusal),
            Err(error @ (DirectoryError::Unreachable(_) | DirectoryError::Unusable(_))) => {
                WriteOutcome::NotWritten(error)
            }
            Err(error @ DirectoryError::OutcomeUnknown(_)) => WriteOutcome::Unknown(error),
        }
    }
}

async fn read(
    directory: &dyn PasswordWriter,
    id: &ContactId,
    patience: Duration,
) -> Result<Option<Contact>, DirectoryError> {
    timeout(patience, directory.read(id))
        .await
        .unwrap_or_else(|_| Err(DirectoryError::Unreachable("no answer in time".to_owned())))
}
