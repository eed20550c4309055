use std::collections::HashMap;
use std::future::pending;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use contacts::{
    Contact, ContactHit, ContactLookup, DirectoryError, EmailSharing, Found, NotPrepared, PasswordRefusal,
    PasswordWriter, PreparedPassword, SetPassword, SqliteContactLookup, SqlitePasswordWriter,
};
use keys::{ContactId, NormalisedEmail, PasswordVersion};
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::gate::Gate;

/// A test that waits longer than this has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// What goes wrong when a password is set next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// No answer ever, and nothing is written.
    HangsBeforeWriting,
    /// No answer ever, though it is written.
    HangsAfterWriting,
    /// It is written once [`Directory::let_go`] is called.
    Waits,
    /// The directory has a policy of its own.
    Refuses(&'static str),
    /// Nothing is written, and it says so.
    Unreachable,
    /// Nothing is written, and it cannot say so.
    SilentBeforeWriting,
    /// It is written, and it cannot say so.
    SilentAfterWriting,
}

/// Faults of the contact directory; they outlive the process.
#[derive(Clone)]
pub struct Directory(Arc<Inner>);

struct Inner {
    is_conditional: bool,
    fault: Mutex<Option<Fault>>,
    is_away: AtomicBool,
    reached: watch::Sender<usize>,
    may_go: Semaphore,
    gate: Gate,
    gate_to_others: Gate,
    is_silent: AtomicBool,
}

impl Directory {
    pub(super) fn new(is_conditional: bool) -> Self {
        Self(Arc::new(Inner {
            is_conditional,
            fault: Mutex::default(),
            is_away: AtomicBool::new(false),
            reached: watch::Sender::new(0),
            may_go: Semaphore::new(0),
            gate: Gate::default(),
            gate_to_others: Gate::default(),
            is_silent: AtomicBool::new(false),
        }))
    }

    /// The next password that is set meets this fault, and only that one.
    pub fn next(&self, fault: Fault) {
        *self.0.fault.lock().unwrap_or_else(PoisonError::into_inner) = Some(fault);
    }

    /// Waits until a password that is being set has met its fault.
    ///
    /// # Panics
    /// Where that does not come about.
    pub async fn reached(&self) {
        let mut reached = self.0.reached.subscribe();
        let waited = timeout(PATIENCE, reached.wait_for(|count| *count > 0)).await;
        waited.expect("a password is being set").expect("the sender is ours");
        self.0.reached.send_modify(|count| *count -= 1);
    }

    /// Lets one write that waits go on.
    pub fn let_go(&self) {
        self.0.may_go.add_permits(1);
    }

    /// From now on nothing can be read or written, or again.
    pub fn is_away(&self, is_away: bool) {
        self.0.is_away.store(is_away, Ordering::SeqCst);
    }

    /// From now on the bot's questions wait for their answers, or no longer.
    pub fn keeps_waiting(&self, keeps_waiting: bool) {
        self.0.gate.is_shut(keeps_waiting);
    }

    /// Waits until a question of the bot's waits for its answer.
    pub async fn is_asked(&self) {
        self.0.gate.is_waited_at().await;
    }

    /// Waits until the bot waits to hear who else has an e-mail.
    pub async fn is_asked_for_others(&self) {
        self.0.gate_to_others.is_waited_at().await;
    }

    /// From now on the bot gets no answer but that the directory cannot be reached, or again.
    pub fn is_silent(&self, is_silent: bool) {
        self.0.is_silent.store(is_silent, Ordering::SeqCst);
    }

    /// From now on the bot waits to hear who else has an e-mail, or no longer.
    pub fn keeps_waiting_for_others(&self, keeps_waiting: bool) {
        self.0.gate_to_others.is_shut(keeps_waiting);
    }

    /// The directory as the bot asks it.
    pub(super) fn lookup(&self, contacts: SqliteContactLookup) -> SlowLookup {
        SlowLookup { contacts, directory: self.clone() }
    }

    /// The directory, faults and all.
    pub(super) fn of(&self, contacts: SqlitePasswordWriter) -> FaultyWriter {
        FaultyWriter { contacts, directory: self.clone(), versions: Mutex::default() }
    }

    fn check(&self) -> Result<(), DirectoryError> {
        if self.0.is_away.load(Ordering::SeqCst) {
            return Err(DirectoryError::Unreachable("it is away".to_owned()));
        }
        Ok(())
    }
}

pub(super) struct FaultyWriter {
    contacts: SqlitePasswordWriter,
    directory: Directory,
    /// By hash. The embedded directory wants to see the version that it named, also where its caller is not told.
    versions: Mutex<HashMap<String, Option<PasswordVersion>>>,
}

impl FaultyWriter {
    fn versions(&self) -> MutexGuard<'_, HashMap<String, Option<PasswordVersion>>> {
        self.versions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl PasswordWriter for FaultyWriter {
    async fn read(&self, id: &ContactId) -> Result<Option<Contact>, DirectoryError> {
        self.directory.check()?;
        self.contacts.read(id).await
    }

    fn is_conditional(&self) -> bool {
        self.directory.0.is_conditional
    }

    fn normalised(&self, password: &str) -> Zeroizing<String> {
        self.contacts.normalised(password)
    }

    fn max_password_bytes(&self) -> Option<usize> {
        None
    }

    async fn prepare(&self, password: Zeroizing<String>) -> Result<PreparedPassword, NotPrepared> {
        let prepared = self.contacts.prepare(password).await?;
        let PreparedPassword { value, intended_version, .. } = prepared;
        self.versions().insert(value.to_string(), intended_version.clone());
        Ok(PreparedPassword::new(value, intended_version.filter(|_| self.is_conditional())))
    }

    async fn set(
        &self,
        id: &ContactId,
        expected: &PasswordVersion,
        password: PreparedPassword,
    ) -> Result<SetPassword, DirectoryError> {
        self.directory.check()?;
        let fault = self.directory.0.fault.lock().unwrap_or_else(PoisonError::into_inner).take();
        let reached = || self.directory.0.reached.send_modify(|count| *count += 1);
        let intended_version = self.versions().remove(password.value.as_str()).flatten();
        let write = self.contacts.set(id, expected, PreparedPassword { intended_version, ..password });
        match fault {
            None => write.await,
            Some(Fault::HangsBeforeWriting) => {
                reached();
                pending().await
            }
            Some(Fault::HangsAfterWriting) => {
                write.await?;
                reached();
                pending().await
            }
            Some(Fault::Waits) => {
                reached();
                self.directory.0.may_go.acquire().await.expect("never closed").forget();
                write.await
            }
            Some(Fault::Refuses(reason)) => {
                Ok(SetPassword::Refused(PasswordRefusal::InOwnWords(reason.to_owned())))
            }
            Some(Fault::Unreachable) => Err(DirectoryError::Unreachable("it went away".to_owned())),
            Some(Fault::SilentBeforeWriting) => {
                Err(DirectoryError::OutcomeUnknown("it fell silent".to_owned()))
            }
            Some(Fault::SilentAfterWriting) => {
                write.await?;
                Err(DirectoryError::OutcomeUnknown("it fell silent".to_owned()))
            }
        }
    }
}

pub(super) struct SlowLookup {
    contacts: SqliteContactLookup,
    directory: Directory,
}

#[async_trait]
impl ContactLookup for SlowLookup {
    async fn find(&self, typed: &str) -> Result<Found, DirectoryError> {
        self.directory.0.gate.pass().await;
        if self.directory.0.is_silent.load(Ordering::SeqCst) {
            return Err(DirectoryError::Unreachable("it is silent".to_owned()));
        }
        self.contacts.find(typed).await
    }

    async fn find_exact(&self, id: &ContactId) -> Result<Option<Contact>, DirectoryError> {
        self.directory.0.gate.pass().await;
        if self.directory.0.is_silent.load(Ordering::SeqCst) {
            return Err(DirectoryError::Unreachable("it is silent".to_owned()));
        }
        self.contacts.find_exact(id).await
    }

    async fn called(&self, typed: &str) -> Result<Vec<ContactId>, DirectoryError> {
        self.directory.0.gate.pass().await;
        self.contacts.called(typed).await
    }

    async fn others_with_email(
        &self,
        email: &NormalisedEmail,
        except: &ContactId,
    ) -> Result<EmailSharing, DirectoryError> {
        self.directory.0.gate.pass().await;
        self.directory.0.gate_to_others.pass().await;
        self.contacts.others_with_email(email, except).await
    }

    async fn with_email(
        &self,
        email: &NormalisedEmail,
        limit: usize,
    ) -> Result<Vec<Contact>, DirectoryError> {
        self.directory.0.gate.pass().await;
        if self.directory.0.is_silent.load(Ordering::SeqCst) {
            return Err(DirectoryError::Unreachable("it is silent".to_owned()));
        }
        self.contacts.with_email(email, limit).await
    }

    async fn search(&self, typed: &str, limit: usize) -> Result<Vec<ContactHit>, DirectoryError> {
        self.directory.0.gate.pass().await;
        self.contacts.search(typed, limit).await
    }
}
