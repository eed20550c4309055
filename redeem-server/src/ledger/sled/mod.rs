//! The ledger of one redeem server, on sled 0.34.
//!
//! Layout: tree `meta` (format, created_at, prune_floor, epoch: the number of starts, ledger_epoch, done_page_key, flushes), a tree of marks for each
//! minute of expiry, tree `withdrawn` (contact id -> links issued up to then are void), tree `receipts` (the outbox, receipt id -> receipt),
//! tree `attempts` (fingerprint -> times of attempts to change a password), tree `changes` (those that have begun and not ended).

mod attempts;
mod changes;
mod claims;
mod database;
mod disk;
mod error;
mod flusher;
mod lock;
mod mark;
mod open;
mod outbox;
mod prune;
mod salvage;
#[cfg(test)]
mod tests;
mod withdrawals;
mod witness;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use async_trait::async_trait;
use contacts::DirectoryServer;
use jiff::{SignedDuration, Timestamp};
use keys::{BindingSecret, LedgerEpoch, MAX_CLOCK_SKEW, PasswordVersion, Receipt, Revocation, VerifiedLink};
use sled::transaction::TransactionError;
use tokio::sync::RwLock;

pub use self::error::OpenError;

use self::disk::LedgerDisk;
use self::flusher::Flusher;
use self::mark::ExpiryMinute;
use super::contract::{
    Attempt, AttemptLimits, Claim, Claimed, FenceError, Ledger, LedgerError, LinkState, PendingChange,
    Reserved, Settlement, Withdrawal,
};
use super::published::{PublishError, Published};
use super::unwell::{Unwell, clock_behind};
use crate::Clock;

/// How a ledger is opened.
#[derive(Debug, Clone)]
pub struct SledSettings {
    /// A folder of its own.
    pub folder: PathBuf,
    /// 16 to 64 MB is plenty.
    pub cache_bytes: u64,
    /// How long one redeemer alone holds a link.
    pub lease: SignedDuration,
}

/// A ledger in a folder that this process alone has open.
pub struct SledLedger {
    db: sled::Db,
    meta: sled::Tree,
    withdrawn: sled::Tree,
    receipts: sled::Tree,
    attempts: sled::Tree,
    changes: sled::Tree,
    /// Claims, spends and releases hold it shared; revoking a contact and pruning hold it alone.
    minutes: RwLock<BTreeMap<ExpiryMinute, sled::Tree>>,
    flusher: Flusher,
    lease: SignedDuration,
    folder: PathBuf,
    created_at: Timestamp,
    ledger_epoch: LedgerEpoch,
    done_page_key: [u8; 32],
    /// How often this ledger has been opened; part of each fencing number.
    starts: u64,
    /// How many fencing numbers this process has given out.
    claims: AtomicU64,
    clock: Clock,
    disk: Arc<dyn LedgerDisk>,
}

impl SledLedger {
    /// Tells those who issue links, by a file in the ledger's folder, for which ledger and with which binding secret they must be made.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn publish(&self, secret: &BindingSecret) -> Result<Published, PublishError> {
        let published = Published {
            ledger_epoch: self.ledger_epoch,
            began_at: self.created_at,
            binding_secret: secret.fingerprint(),
        };
        published.write(&*self.disk, &self.folder)?;
        Ok(published)
    }

    /// Whether every write so far has reached the disk, and the clock is one that the ledger can believe.
    ///
    /// # Errors
    /// What is wrong, with its cure.
    pub fn condition(&self) -> Result<(), Unwell> {
        match self.flusher.check() {
            Err(LedgerError::Stopped(cause)) => Err(Unwell::Stopped(cause)),
            _ => self.clock_trouble(self.now()).map_or(Ok(()), Err),
        }
    }

    /// A clock that the ledger cannot believe. Clocks may differ by a minute.
    fn clock_trouble(&self, now: Timestamp) -> Option<Unwell> {
        let floor = self.floor().ok().flatten().map(ExpiryMinute::end);
        let ahead = floor.filter(|floor| floor.duration_since(now) > MAX_CLOCK_SKEW);
        clock_behind(self.created_at, now).or(ahead.map(|floor| Unwell::FloorAhead { floor, now }))
    }

    /// Whether there is nothing wrong with it.
    pub fn is_sound(&self) -> bool {
        self.condition().is_ok()
    }

    fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// The tree for a minute, made where there is none yet.
    async fn tree_for(&self, expires_at: Timestamp) -> Result<sled::Tree, LedgerError> {
        let minute = ExpiryMinute::of(expires_at);
        if let Some(tree) = self.minutes.read().await.get(&minute) {
            return Ok(tree.clone());
        }
        let mut minutes = self.minutes.write().await;
        if let Some(tree) = minutes.get(&minute) {
            return Ok(tree.clone());
        }
        let tree = self.db.open_tree(minute.tree_name())?;
        minutes.insert(minute, tree.clone());
        Ok(tree)
    }
}

fn transaction_error(error: TransactionError<LedgerError>) -> LedgerError {
    match error {
        TransactionError::Abort(error) => error,
        TransactionError::Storage(error) => error.into(),
    }
}

#[async_trait]
impl Ledger for SledLedger {
    fn ledger_epoch(&self) -> LedgerEpoch {
        self.ledger_epoch
    }

    fn done_page_key(&self) -> [u8; 32] {
        self.done_page_key
    }

    async fn look(&self, link: &VerifiedLink) -> Result<LinkState, LedgerError> {
        self.look_at(link).await
    }

    async fn claim(
        &self,
        link: &VerifiedLink,
        intended_version: Option<&PasswordVersion>,
        server: Option<&DirectoryServer>,
    ) -> Result<Claimed, LedgerError> {
        self.claim_link(link, intended_version, server).await
    }

    async fn spend(&self, claim: &Claim, receipt: &Receipt) -> Result<(), FenceError> {
        self.finish(claim, Some(receipt)).await
    }

    async fn release(&self, claim: &Claim) -> Result<(), FenceError> {
        self.finish(claim, None).await
    }

    async fn unsettled(&self) -> Result<Vec<Claim>, LedgerError> {
        self.unfinished_claims().await
    }

    async fn settle(&self, claim: &Claim, settlement: &Settlement) -> Result<bool, LedgerError> {
        self.settle_claim(claim, settlement).await
    }

    async fn revoke(&self, revocation: &Revocation) -> Result<Withdrawal, LedgerError> {
        self.flusher.check()?;
        match revocation {
            Revocation::Link { link_id, contact, expires_at } => {
                self.revoke_link(*link_id, contact, *expires_at).await
            }
            Revocation::Contact { contact, issued_up_to } => {
                self.revoke_contact(contact, *issued_up_to).await
            }
        }
    }

    async fn record(&self, receipt: &Receipt) -> Result<(), LedgerError> {
        self.record_receipt(receipt).await
    }

    async fn reserve_attempt(
        &self,
        attempt: &Attempt<'_>,
        limits: AttemptLimits,
    ) -> Result<Reserved, LedgerError> {
        self.reserve(attempt, limits).await
    }

    async fn begin_change(&self, change: &PendingChange) -> Result<(), LedgerError> {
        self.note_change(change).await
    }

    async fn end_change(&self, change: &PendingChange, receipt: Option<&Receipt>) -> Result<(), LedgerError> {
        self.finish_change(change, receipt).await
    }

    async fn pending_changes(&self) -> Result<Vec<PendingChange>, LedgerError> {
        self.unfinished_changes().await
    }

    async fn prune(&self) -> Result<usize, LedgerError> {
        self.forget_what_is_past().await
    }
}

impl From<sled::Error> for LedgerError {
    fn from(error: sled::Error) -> Self {
        Self::Storage(error.to_string())
    }
}
