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
pub mod messages;
pub mod policy;
mod ports;
mod request;
mod use_cases;
pub mod words;

pub use admin::{Admin, Caller, Platform};
pub use bot::{
    Bot, BotSettings, Comparison, Invocation, NoAnswer, NotWithdrawn, Post, RedeemHalf, Withdrawal,
};
pub use policy::people::People;
pub use ports::{Brought, Chat, News, NotTold, Question};
pub use request::{Action, RequestId};
pub use use_cases::approve::{APPROVAL_TIME, Waiting};
pub use use_cases::issue::{HandedOver, Issued, Mailed, OutboxMail, Refused};
pub use use_cases::retry_mail::{Delayed, MailRetry};
pub use words::markup::Markup;
pub use words::sanitize::inert;

/// What time it is; tests move it.
pub type Clock = Arc<dyn Fn() -> jiff::Timestamp + Send + Sync>;

/// Fills a buffer with random bytes; tests fix them.
pub type Entropy = Arc<dyn Fn(&mut [u8]) + Send + Sync>;
