//! The chat half: command, decision, link, mail or hand-over, audit.
//!
//! Touches: the signing key, the mail server, the audit, the contact directory (reading only), chat platforms. Never touches: the ledger, passwords.
//! Pure decisions stand in `command`, `policy` and `delivery`; `issue`, `receipts` and `status` have the effects.

use std::sync::Arc;

mod admin;
mod approval;
pub mod audit;
mod bot;
pub mod chat;
pub mod command;
pub mod delivery;
pub mod doctor;
mod feed;
mod inert;
mod instead;
mod issue;
mod keep;
pub mod mail;
mod markup;
pub mod messages;
mod owed;
mod people;
pub mod policy;
mod protection;
mod receipts;
mod refusals;
pub mod reply;
mod request;
mod retry;
mod revoke;
mod search;
mod status;
mod tell;

pub use admin::{Admin, Caller, Platform};
pub use approval::{APPROVAL_TIME, Waiting};
pub use bot::{
    Bot, BotSettings, Comparison, Invocation, NoAnswer, NotWithdrawn, Post, RedeemHalf, Withdrawal,
};
pub use inert::inert;
pub use issue::{HandedOver, Issued, Mailed, OutboxMail, Refused};
pub use markup::Markup;
pub use people::People;
pub use request::{Action, RequestId};
pub use retry::{Delayed, MailRetry};
pub use tell::{Brought, Chat, News, NotTold, Question};

/// What time it is; tests move it.
pub type Clock = Arc<dyn Fn() -> jiff::Timestamp + Send + Sync>;

/// Fills a buffer with random bytes; tests fix them.
pub type Entropy = Arc<dyn Fn(&mut [u8]) + Send + Sync>;
