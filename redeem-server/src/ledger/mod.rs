//! The ledger: which links have been used.
//!
//! One contract suite (`tests/contracts/ledger.rs`) holds every implementation to what stands in `contract`.

mod contract;
mod published;
mod sled;
mod unwell;

pub use self::contract::{
    ATTEMPTS_PER_CLIENT_WINDOW, ATTEMPTS_PER_CONTACT_WINDOW, Attempt, AttemptLimits, Claim, Claimed,
    FenceError, Ledger, LedgerError, LinkState, MARK_MARGIN, PendingChange, Reserved, Settlement, Withdrawal,
};
pub use self::published::{PublishError, Published};
pub use self::sled::{OpenError, SledLedger, SledSettings};
pub use self::unwell::Unwell;
