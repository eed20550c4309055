//! What a chat platform can do for us beside answering.

use async_trait::async_trait;
use keys::ContactId;
use thiserror::Error;

use crate::admin::{Admin, Caller};
use crate::audit::{Fate, Request, RequestState};
use crate::outcome::{Delivered, Issued, News, Question};
use crate::request::RequestId;

/// Capability of a chat: messages to one admin, on their own, never into a channel; and requests for approval where a second person sees them.
#[async_trait]
pub trait Chat: Send + Sync {
    /// Returns when the platform has taken the message.
    ///
    /// # Errors
    /// Where it did not; the text is for the log.
    async fn notify(&self, admin: &Admin, news: &News) -> Result<(), ChatError>;

    /// Brings an admin what became of a request of theirs that was approved, or without one of a mail that was tried again in vain: perhaps a link, for their
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
}

/// The chat did not take the message.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct ChatError(pub String);
