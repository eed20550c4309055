//! The outbox: receipts that wait for the bot, and their way there.
//!
//! Whoever notes a redemption puts its receipt in by the same write; nothing here knows the ledger.

mod contract;
mod own_audit;
mod pump;

pub use self::contract::{NotDelivered, Outbox, OutboxError, ReceiptSink};
pub use self::pump::{PumpError, ReceiptPump};
