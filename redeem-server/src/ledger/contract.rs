//! What every ledger promises.

use std::net::IpAddr;

use async_trait::async_trait;
use contacts::DirectoryServer;
use jiff::{SignedDuration, Timestamp};
use keys::{
    Binding, ContactId, KeyId, LedgerEpoch, LinkId, PasswordVersion, Receipt, Revocation, VerifiedLink,
    wire_time,
};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// How long a mark is kept behind the link's expiry and the longest lease, for clocks that differ.
pub const MARK_MARGIN: SignedDuration = SignedDuration::from_secs(60);

/// A ledger's promise that one redeemer alone holds a link until the lease ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Which link.
    pub link_id: LinkId,
    /// Whose password.
    pub contact: ContactId,
    /// Who signed the link.
    pub key_id: KeyId,
    /// What the contact's password and e-mail must still be.
    pub binding: Binding,
    /// The version that the write will produce, where that is known.
    pub intended_version: Option<PasswordVersion>,
    /// Which of the directory's servers the redemption speaks to, where the directory says so: that one alone can tell what became of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<DirectoryServer>,
    /// The link's own expiry.
    #[serde(with = "wire_time")]
    pub expires_at: Timestamp,
    /// When the lease ends.
    #[serde(with = "wire_time")]
    pub lease_until: Timestamp,
    /// Later claims carry larger numbers; `spend` and `release` compare it.
    pub fence: u64,
}

/// What the ledger knows of a link, without writing anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkState {
    /// Nobody holds or has used it.
    Unused,
    /// Somebody holds it right now.
    Claimed,
    /// Somebody held it, and the lease ended without a word: to be settled by looking.
    Lapsed(Box<Claim>),
    /// As `Lapsed`, and an admin has withdrawn the link: whatever looking shows, it is not good again.
    LapsedAndWithdrawn(Box<Claim>),
    /// Used.
    Spent,
    /// Withdrawn by an admin.
    Withdrawn,
    /// Made for another ledger than this one, most likely one that was lost or moved away: what that one knew of it, this one cannot know.
    LedgerIsYounger,
    /// Past its expiry by the ledger's clock, or at or below the prune floor.
    Expired,
}

/// What a claim comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claimed {
    /// Ours alone until the lease ends.
    Ours(Claim),
    /// Not ours, and why.
    Not(LinkState),
}

/// What a revocation found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Withdrawal {
    /// Nothing can be redeemed any more.
    Done,
    /// Too late: it has been redeemed.
    AlreadyRedeemed,
    /// Somebody is setting a password with it at this moment.
    InProgress,
}

/// How a claim that nobody finished was settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settlement {
    /// The directory shows that the password was set, or cannot rule it out: used, with this receipt.
    Spent(Receipt),
    /// The directory shows that nothing was written: good again.
    Usable,
}

/// The holder no longer holds: the lease ended, or somebody settled it.
#[derive(Debug, Error)]
pub enum FenceError {
    /// Nothing was written.
    #[error("the claim is no longer ours: its lease has ended")]
    Lost,
    /// The ledger itself.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// The ledger could not answer. Whatever the cause, no link is redeemed without it.
#[derive(Debug, Error)]
pub enum LedgerError {
    /// Writing to disk failed once: what is on disk is no longer certain, so nothing is answered until a restart.
    #[error("the ledger could not write to disk and has stopped ({0}); see to the disk, then restart")]
    Stopped(String),
    /// An entry that no version of ours writes.
    #[error("the ledger holds an entry that cannot be read: {0}")]
    Entry(String),
    /// The storage's own error.
    #[error("the ledger's storage failed: {0}")]
    Storage(String),
}

/// The window of [`AttemptLimits::per_contact`].
pub const ATTEMPTS_PER_CONTACT_WINDOW: SignedDuration = SignedDuration::from_mins(15);

/// The window of [`AttemptLimits::per_client`].
pub const ATTEMPTS_PER_CLIENT_WINDOW: SignedDuration = SignedDuration::from_hours(1);

/// An attempt to change a password: who is meant, and from where. The ledger keeps fingerprints of both.
#[derive(Clone, Copy)]
pub struct Attempt<'a> {
    /// What was typed, folded.
    pub typed: &'a str,
    /// Whose password, where it is somebody's.
    pub contact: Option<&'a ContactId>,
    /// From which network.
    pub client: &'a str,
}

/// How often somebody may try to change a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttemptLimits {
    /// For one contact, and for one text that was typed, within [`ATTEMPTS_PER_CONTACT_WINDOW`].
    pub per_contact: u32,
    /// From one network within [`ATTEMPTS_PER_CLIENT_WINDOW`].
    pub per_client: u32,
}

/// Whether somebody may try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reserved {
    /// Yes, and it counts.
    Yes,
    /// It counts, and nothing is to be checked: the contact has been tried so often by other names.
    Unchecked,
    /// Not before then; nothing was counted.
    Wait {
        /// When again.
        until: Timestamp,
    },
}

/// A change of password without a link that has begun: what there is to tell of it, should its process end in between.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingChange {
    /// Random bits that name it; its receipt has them too.
    pub id: LinkId,
    /// Whose password.
    pub contact: ContactId,
    /// The version that it takes the place of.
    pub version: PasswordVersion,
    /// Which of the directory's servers is written to, where the directory says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<DirectoryServer>,
    /// When it began.
    #[serde(with = "wire_time")]
    pub at: Timestamp,
    /// From which address.
    pub client: IpAddr,
}

/// Which links have been used. Each method that writes is durable before it answers.
#[async_trait]
pub trait Ledger: Send + Sync {
    /// The name that links for this ledger carry; it never changes while the ledger lives.
    fn ledger_epoch(&self) -> LedgerEpoch;

    /// The key for what the done page shows to the browser that set a password: 32 random bytes, kept for as long as the ledger is.
    fn done_page_key(&self) -> [u8; 32];

    /// Looks, and writes nothing.
    async fn look(&self, link: &VerifiedLink) -> Result<LinkState, LedgerError>;

    /// One atomic step that checks expiry against the ledger's clock and prune floor, revocations, and that nobody holds or has used the link. The claim keeps
    /// the version that the write will produce, and the server that is written to.
    async fn claim(
        &self,
        link: &VerifiedLink,
        intended_version: Option<&PasswordVersion>,
        server: Option<&DirectoryServer>,
    ) -> Result<Claimed, LedgerError>;

    /// The password is set: the link is used for good, and the receipt waits in the outbox, in one write.
    async fn spend(&self, claim: &Claim, receipt: &Receipt) -> Result<(), FenceError>;

    /// Nothing was written: the link is good again.
    async fn release(&self, claim: &Claim) -> Result<(), FenceError>;

    /// Claims that nobody will finish: those that a former process left behind, and those whose lease has ended.
    async fn unsettled(&self) -> Result<Vec<Claim>, LedgerError>;

    /// Settles such a claim by what looking at the directory showed. `Usable` takes effect only once the lease has ended (`false` until then).
    async fn settle(&self, claim: &Claim, settlement: &Settlement) -> Result<bool, LedgerError>;

    /// Withdraws links; the receipt of a withdrawn link waits in the outbox.
    async fn revoke(&self, revocation: &Revocation) -> Result<Withdrawal, LedgerError>;

    /// Puts a receipt into the outbox (a refusal).
    async fn record(&self, receipt: &Receipt) -> Result<(), LedgerError>;

    /// Counts an attempt to change a password, before anything is checked.
    async fn reserve_attempt(
        &self,
        attempt: &Attempt<'_>,
        limits: AttemptLimits,
    ) -> Result<Reserved, LedgerError>;

    /// A password is about to be changed without a link.
    async fn begin_change(&self, change: &PendingChange) -> Result<(), LedgerError>;

    /// It is changed, and its receipt waits in the outbox, in one write; without a receipt: it is not.
    async fn end_change(&self, change: &PendingChange, receipt: Option<&Receipt>) -> Result<(), LedgerError>;

    /// Changes that have begun and not ended.
    async fn pending_changes(&self) -> Result<Vec<PendingChange>, LedgerError>;

    /// Forgets marks of links that are past expiry, lease and margin. Returns how many groups of marks were dropped.
    async fn prune(&self) -> Result<usize, LedgerError>;
}
