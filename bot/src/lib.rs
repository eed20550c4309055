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
mod desk;
pub mod doctor;
pub mod mail;
mod outcome;
pub mod policy;
mod ports;
mod request;
mod use_cases;
pub mod words;

pub use admin::{Admin, Caller, Platform};
pub use bot::{Bot, Invocation};
pub use desk::{BotSettings, MailRetry, Mailer};
pub use outcome::{
    ApprovedOutcome, AwaitingApproval, Delayed, Delivered, HandedOver, HelpQuestion, Issued, Mailed, News,
    OutboxMail, Question, Refused, Reply, Status,
};
pub use ports::{Chat, ChatError, Comparison, NoAnswer, NotWithdrawn, RedeemHalf, Withdrawal};
pub use request::{Action, RequestId};
pub use use_cases::ask::APPROVAL_TIME;
pub use use_cases::help_desk::HELP_TIME;
pub use use_cases::self_service::NotTaken;

/// What time it is; tests move it.
pub type Clock = Arc<dyn Fn() -> jiff::Timestamp + Send + Sync>;

/// Fills a buffer with random bytes; tests fix them.
pub type Entropy = Arc<dyn Fn(&mut [u8]) + Send + Sync>;
