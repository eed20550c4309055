//! A contact who knows their password sets another one, without a link.
//!
//! The order is the safety: a slot, the attempt in the ledger, the check, the rules, the hash, and a write on the very version that was checked. Whoever does not
//! know the password learns nothing: not who exists, and not what is wrong.

use std::collections::HashSet;
use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use contacts::{Contact, ContactFinder, DirectoryError, PasswordChecker, PasswordPolicy, PasswordRefusal};
use jiff::{SignedDuration, Timestamp};
use keys::text::folded;
use keys::{ContactId, LinkId, PasswordVersion, Receipt, ReceiptOutcome, wire_time};
use net::client_network;
use tokio::sync::{Notify, Semaphore};
use tokio::time::timeout;
use tokio_util::task::TaskTracker;
use zeroize::Zeroizing;

use crate::ledger::{Attempt, AttemptLimits, Ledger, LedgerError, PendingChange, Reserved};
use crate::password::BrokenRule;
use crate::set_password::{HashedPassword, NewPassword, NotHashed, PasswordSetter, WriteOutcome};
use crate::{Clock, Entropy};

/// So many attempts for one contact in 15 minutes, where the directory locks nobody out sooner.
pub const ATTEMPTS_PER_CONTACT: u32 = 5;

/// A change that a process left is settled by looking after this long: what it sent may land until then.
const SETTLED_AFTER: SignedDuration = SignedDuration::from_mins(1);

/// How long to wait where too much is going on, in seconds.
const BUSY_SECONDS: u64 = 5;

/// What a contact sends to change their password.
#[derive(Clone)]
pub struct ChangeRequest {
    /// An id or an e-mail, as typed.
    pub typed: String,
    /// The present password, as typed.
    pub current: Zeroizing<String>,
    /// The new one.
    pub new: NewPassword,
}

impl fmt::Debug for ChangeRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChangeRequest(…)")
    }
}

/// What came of it.
#[derive(Debug, PartialEq)]
pub enum Changed {
    /// The new password holds.
    Done,
    /// Nobody has this id or e-mail, or the password is not theirs, or they may not sign in: one answer for all of it.
    DoesNotMatch,
    /// The new password breaks these rules.
    Rejected(Vec<BrokenRule>),
    /// Somebody else has just set another password.
    Overtaken,
    /// The directory knows that this contact's password cannot be set here.
    Impossible,
    /// So many attempts that nothing is checked before then.
    Wait {
        /// From now on.
        seconds: u64,
    },
    /// Too many at once. Nothing has been changed.
    Busy {
        /// Until it is worth another try.
        seconds: u64,
    },
    /// Something is broken; the log knows it by this name.
    Unavailable {
        /// The name.
        incident: String,
    },
}

/// What a changer is put together from.
pub struct ChangeParts {
    /// Whom somebody means.
    pub finder: ContactFinder,
    /// Whether a password is theirs.
    pub checker: Arc<dyn PasswordChecker>,
    /// How often somebody may try.
    pub limits: AttemptLimits,
}

/// Changes passwords. A clone shares everything.
#[derive(Clone)]
pub struct Changer(Arc<ChangerState>);

struct ChangerState {
    parts: ChangeParts,
    passwords: Arc<PasswordSetter>,
    ledger: Arc<dyn Ledger>,
    /// Half of those that hash: whoever opens a link comes first.
    slots: Semaphore,
    receipts_waiting: Arc<Notify>,
    /// What this process is at.
    under_way: Mutex<HashSet<LinkId>>,
    running: TaskTracker,
    clock: Clock,
    entropy: Entropy,
}

/// A change did not come to its end.
#[derive(Debug, thiserror::Error)]
enum ChangeError {
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    #[error("a change of password ended early (panicked: {0})")]
    Panic(bool),
}

impl Changer {
    /// Puts the use case together.
    pub fn new(
        parts: ChangeParts,
        passwords: Arc<PasswordSetter>,
        ledger: Arc<dyn Ledger>,
        receipts_waiting: Arc<Notify>,
        clock: Clock,
        entropy: Entropy,
    ) -> Self {
        let slots = Semaphore::new((passwords.hashing_slots() / 2).max(1));
        let running = TaskTracker::new();
        Self(Arc::new(ChangerState {
            parts,
            passwords,
            ledger,
            slots,
            receipts_waiting,
            under_way: Mutex::default(),
            running,
            clock,
            entropy,
        }))
    }

    /// What the directory asks of anybody's new password, for the form.
    pub async fn policy(&self) -> PasswordPolicy {
        self.0.passwords.policy_for_anybody((self.0.clock)()).await
    }

    /// Changes the password. Runs to its end even where the caller is dropped.
    pub async fn change(&self, request: ChangeRequest, client: IpAddr) -> Changed {
        let state = Arc::clone(&self.0);
        let task = self.0.running.spawn(async move {
            match state.change(&request, client).await {
                Ok(changed) => changed,
                Err(failure) => state.failed(&failure),
            }
        });
        match task.await {
            Ok(changed) => changed,
            Err(error) => self.0.failed(&ChangeError::Panic(error.is_panic())),
        }
    }

    /// Settles changes that a former process began and did not end, by looking at the directory. Those whose directory cannot be reached stay for the next time.
    ///
    /// # Errors
    /// The ledger's.
    pub async fn settle_all(&self) -> Result<usize, LedgerError> {
        let mut settled = 0;
        for change in self.0.ledger.pending_changes().await? {
            let is_young = self.0.now().duration_since(change.at) < SETTLED_AFTER;
            if is_young || self.0.lock_under_way().contains(&change.id) {
                continue;
            }
            match self.0.settle(&change).await {
                Ok(()) => settled += 1,
                Err(ChangeError::Ledger(error)) => return Err(error),
                Err(failure) => {
                    tracing::warn!(%failure, "a change of password stays unsettled until the directory answers");
                }
            }
        }
        Ok(settled)
    }

    /// Waits for changes under way; none may begin any more.
    pub async fn drain(&self) {
        self.0.running.close();
        self.0.running.wait().await;
    }
}

impl ChangerState {
    async fn change(&self, request: &ChangeRequest, client: IpAddr) -> Result<Changed, ChangeError> {
        let Ok(Ok(_slot)) = timeout(self.passwords.slot_wait(), self.slots.acquire()).await else {
            return Ok(Changed::Busy { seconds: BUSY_SECONDS });
        };
        // What is wrong with the new password whoever it is for costs nobody an attempt.
        let broken = self.passwords.check_for_anybody(&request.new, (self.clock)()).await;
        if !broken.is_empty() {
            return Ok(Changed::Rejected(broken));
        }
        let found = self.parts.finder.find(&request.typed).await?;
        let found = match self.reserve(found.as_ref(), &request.typed, client).await? {
            Reserved::Yes => found,
            Reserved::Wait { until } => {
                let seconds = until.duration_since((self.clock)()).as_secs().unsigned_abs().max(1);
                return Ok(Changed::Wait { seconds });
            }
            Reserved::Unchecked => None,
        };
        let id = found.unwrap_or_else(|| self.nobody());
        let check = self.parts.checker.check(&id, request.current.clone()).await?;
        match check.version() {
            Some(version) => self.set(&id, version, request, client).await,
            None => Ok(Changed::DoesNotMatch),
        }
    }

    /// What was typed is counted, and told. Whoever is known is counted by their id as well, however they are called, and that is not told: a wait that came
    /// sooner for two names of one contact would tell that there is such a contact.
    async fn reserve(
        &self,
        found: Option<&ContactId>,
        typed: &str,
        client: IpAddr,
    ) -> Result<Reserved, LedgerError> {
        let (typed, client) = (folded(typed), client_network(client).to_string());
        let attempt = Attempt { typed: &typed, contact: found, client: &client };
        self.ledger.reserve_attempt(&attempt, self.parts.limits).await
    }

    /// An id that nobody has: checking a password for it costs what checking one for somebody does.
    fn nobody(&self) -> ContactId {
        let mut random = [0; 24];
        (self.entropy)(&mut random);
        ContactId::new(LinkId::from_random(random).to_string()).expect("32 letters and digits are an id")
    }

    async fn set(
        &self,
        id: &ContactId,
        version: &PasswordVersion,
        request: &ChangeRequest,
        client: IpAddr,
    ) -> Result<Changed, ChangeError> {
        let Some(contact) = self.passwords.read(id).await? else { return Ok(Changed::DoesNotMatch) };
        if contact.obstacle.is_some() {
            return Ok(Changed::Impossible);
        }
        if contact.password_version != *version {
            return Ok(Changed::Overtaken);
        }
        if self.passwords.is_same(&request.current, &request.new) {
            return Ok(Changed::Rejected(vec![BrokenRule::DirectoryRefuses(PasswordRefusal::UsedBefore)]));
        }
        let accepted = match self.passwords.accept(&request.new, &contact, (self.clock)()).await {
            Ok(accepted) => accepted,
            Err(broken) => return Ok(Changed::Rejected(broken)),
        };
        let hashed = match self.passwords.hash(accepted).await {
            Ok(hashed) => hashed,
            Err(NotHashed::Busy) => return Ok(Changed::Busy { seconds: BUSY_SECONDS }),
            Err(NotHashed::Broken(rule)) => return Ok(Changed::Rejected(vec![rule])),
            Err(NotHashed::Directory(error)) => return Err(error.into()),
        };
        self.write(&contact, hashed, client).await
    }

    /// Everything below ends in a change that is told of, one that was not made, or one that is left to be settled.
    async fn write(
        &self,
        contact: &Contact,
        hashed: HashedPassword,
        client: IpAddr,
    ) -> Result<Changed, ChangeError> {
        let mut random = [0; 24];
        (self.entropy)(&mut random);
        let change = PendingChange {
            id: LinkId::from_random(random),
            contact: contact.id.clone(),
            version: contact.password_version.clone(),
            server: contact.server.clone(),
            at: self.now(),
            client,
        };
        let directory = self.passwords.at(contact.server.as_ref())?;
        self.lock_under_way().insert(change.id);
        let noted = self.ledger.begin_change(&change).await;
        let changed = match noted {
            Ok(()) => match directory.write(contact, hashed).await {
                WriteOutcome::Set => {
                    self.end(&change, true).await;
                    Ok(Changed::Done)
                }
                WriteOutcome::VersionChanged => {
                    self.end(&change, false).await;
                    Ok(Changed::Overtaken)
                }
                WriteOutcome::Refused(refusal) => {
                    self.end(&change, false).await;
                    Ok(Changed::Rejected(vec![BrokenRule::DirectoryRefuses(refusal)]))
                }
                WriteOutcome::NotWritten(error) => {
                    self.end(&change, false).await;
                    Err(error.into())
                }
                // It is settled by looking.
                WriteOutcome::Unknown(error) => Err(error.into()),
            },
            Err(error) => Err(error.into()),
        };
        self.lock_under_way().remove(&change.id);
        changed
    }

    /// By looking: another version means that a password was set.
    async fn settle(&self, change: &PendingChange) -> Result<(), ChangeError> {
        let contact = self.passwords.at(change.server.as_ref())?.read(&change.contact).await?;
        let is_changed = contact.is_some_and(|contact| contact.password_version != change.version);
        let receipt = is_changed.then(|| receipt_of(change));
        self.ledger.end_change(change, receipt.as_ref()).await?;
        self.receipts_waiting.notify_one();
        Ok(())
    }

    fn lock_under_way(&self) -> MutexGuard<'_, HashSet<LinkId>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where the ledger cannot take it, the change is settled at the next start; the person hears what is so.
    async fn end(&self, change: &PendingChange, is_changed: bool) {
        let receipt = is_changed.then(|| receipt_of(change));
        if let Err(error) = self.ledger.end_change(change, receipt.as_ref()).await {
            tracing::error!(%error, "what became of a change of password could not be noted; it is settled by looking");
        }
        self.receipts_waiting.notify_one();
    }

    fn now(&self) -> Timestamp {
        wire_time::to_millisecond((self.clock)())
    }

    fn failed(&self, failure: &ChangeError) -> Changed {
        let mut bytes = [0; 4];
        (self.entropy)(&mut bytes);
        let incident = format!("{:08x}", u32::from_be_bytes(bytes));
        tracing::error!(%incident, %failure, "a password was not changed");
        Changed::Unavailable { incident }
    }
}

fn receipt_of(change: &PendingChange) -> Receipt {
    Receipt {
        link_id: change.id,
        contact: change.contact.clone(),
        key_id: None,
        outcome: ReceiptOutcome::Changed,
        at: change.at,
        client: Some(change.client),
    }
}
