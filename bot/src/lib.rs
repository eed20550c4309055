//! The chat half: command, decision, link, mail or hand-over, audit.
//!
//! Touches: the signing key, the mail server, the audit, the contact directory (reading only), chat platforms. Never touches: the ledger, passwords.
//! Pure decisions stand in `command`, `policy` and `words`; `use_cases` have the effects.

use std::sync::Arc;

mod admin;
pub mod audit;
mod bot;
pub mod chat;
pub mod command;
pub mod doctor;
pub mod mail;
mod outcome;
pub mod policy;
mod ports;
mod request;
mod use_cases;
pub mod words;

pub use admin::{Admin, Caller, Platform};
pub use bot::{
    Bot, BotSettings, Comparison, Invocation, Mailer, NoAnswer, NotWithdrawn, RedeemHalf, Withdrawal,
};
pub use outcome::{
    ApprovedOutcome, AwaitingApproval, Delayed, Delivered, HandedOver, Issued, Mailed, News, OutboxMail,
    Question, Refused, Reply, Status,
};
pub use ports::{Chat, ChatError};
pub use request::{Action, RequestId};
pub use use_cases::approve::APPROVAL_TIME;
pub use use_cases::retry_mail::MailRetry;

/// What time it is; tests move it.
pub type Clock = Arc<dyn Fn() -> jiff::Timestamp + Send + Sync>;

/// Fills a buffer with random bytes; tests fix them.
pub type Entropy = Arc<dyn Fn(&mut [u8]) + Send + Sync>;
