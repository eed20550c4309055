//! The web half: page, claim, new password, done, receipt; and the ledger that knows which links have been used.
//!
//! Touches: the ledger, the contact directory, the visitor's browser. Never touches: keys that sign, mail, chat. Time and randomness are
//! parameters.

use std::sync::Arc;

pub mod change;
#[cfg(test)]
mod fakes;
pub mod http;
pub mod ledger;
pub mod outbox;
pub mod pages;
pub mod password;
pub mod redeem;
pub mod set_password;
pub mod wishes;

/// What time it is; tests move it.
pub type Clock = Arc<dyn Fn() -> jiff::Timestamp + Send + Sync>;

/// Fills a buffer with random bytes; tests fix them.
pub type Entropy = Arc<dyn Fn(&mut [u8]) + Send + Sync>;
