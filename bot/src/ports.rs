//! What the use cases need of the outside: what a chat can do beside answering, and the redeem half.

use async_trait::async_trait;
use jiff::Timestamp;
use keys::{ContactId, SignedRevocation};
use thiserror::Error;

use crate::admin::{Admin, Caller};
use crate::audit::{Fate, HelpRequest, HelpState, Request, RequestState};
use crate::outcome::{Delivered, HelpQuestion, Issued, News, Question};
use crate::request::RequestId;

/// Capability of a chat: messages to one admin, on their own, never into a channel; and requests for approval where a second person sees them.
#[async_trait]
pub trait Chat: Send + Sync {
    /// Returns when the platform has taken the message.
    ///
    /// # Errors
    /// Where it did not; the text is for the log.
    async fn notify(&self, admin: &Admin, news: &News) -> Result<(), ChatError>;

    /// Brings an admin what became of a request of theirs that was approved, or without one of a mail that was tried again without success: perhaps a link, for their
    /// eyes alone.
    ///
    /// # Errors
    /// Where the platform delivered it in no way.
    async fn deliver_outcome(
        &self,
        admin: &Admin,
        request: Option<RequestId>,
        outcome: &Issued,
    ) -> Result<Delivered, ChatError>;

    /// With which roles this admin comes now; `None`: they are not there any more.
    ///
    /// # Errors
    /// Where the platform does not say.
    async fn caller(&self, admin: &Admin) -> Result<Option<Caller>, ChatError>;

    /// Changes the message in which a link stands: the link is over.
    ///
    /// # Errors
    /// Where the platform did not do it.
    async fn close_link(&self, message: &str, contact: &ContactId, fate: Fate) -> Result<(), ChatError>;

    /// Asks a second person, where this chat has a place for it; names the message. `None`: it has none.
    async fn ask(&self, question: &Question) -> Option<Result<String, ChatError>>;

    /// Changes the message that asked: the request has been answered, or has lapsed.
    ///
    /// # Errors
    /// Where the platform did not do it.
    async fn close_request(
        &self,
        message: &str,
        request: &Request,
        state: &RequestState,
    ) -> Result<(), ChatError>;

    /// Asks the help desk, where this chat has a place for it; names the message. `None`: it has none.
    async fn ask_help_desk(&self, question: &HelpQuestion) -> Option<Result<String, ChatError>>;

    /// Tells the help desk that so many have asked within the hour that nobody else is asked about before then. `None`: it has no place for it.
    async fn tell_of_flood(&self, asked: usize, until: Timestamp) -> Option<Result<(), ChatError>>;

    /// Changes the message that asked the help desk: the request has been answered, or has lapsed.
    ///
    /// # Errors
    /// Where the platform did not do it.
    async fn close_help_request(
        &self,
        message: &str,
        request: &HelpRequest,
        state: &HelpState,
    ) -> Result<(), ChatError>;
}

/// The chat did not take the message.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct ChatError(pub String);

/// Capability of the redeem half, in this process or on another machine: it withdraws links on our signed word.
#[async_trait]
pub trait RedeemHalf: Send + Sync {
    /// Returns when the withdrawal is on disk.
    ///
    /// # Errors
    /// Where the redeem half cannot be reached or refuses; nothing is certain then.
    async fn revoke(&self, revocation: &SignedRevocation) -> Result<Withdrawal, NotWithdrawn>;

    /// Answers a challenge of 32 random bytes with the binding secret that it holds (`BindingSecret::answer`).
    ///
    /// # Errors
    /// Where the redeem half cannot be reached.
    async fn answer(&self, challenge: &[u8; 32]) -> Result<[u8; 32], NoAnswer>;
}

/// The redeem half did not say which binding secret it holds.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct NoAnswer(pub String);

/// What came of comparing the binding secrets of both halves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// Both hold the same.
    Same,
    /// They hold different ones: each link would be dead before it is opened, so none is issued.
    Different,
}

/// What a withdrawal found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Withdrawal {
    /// No link of these opens anything any more.
    Done,
    /// No link of these opens anything any more, but somebody is setting a password with one of them at this moment.
    InProgress,
    /// Too late.
    AlreadyRedeemed,
}

/// The redeem half did not say that it has withdrawn anything.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct NotWithdrawn(pub String);
