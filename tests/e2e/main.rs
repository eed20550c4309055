//! The whole house, driven from outside.

#![expect(clippy::unwrap_used, reason = "a test may panic, and so may what it is made of")]

mod crashes;
mod issuing;
mod limits;
mod mail;
mod receipts;
mod redeeming;
mod revoking;
