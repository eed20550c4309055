//! What a chat platform can do for us beside answering.

use async_trait::async_trait;
use jiff::Timestamp;
use keys::ContactId;
use thiserror::Error;

use crate::admin::{Admin, Caller};
use crate::audit::{Fate, Redemption, Request, RequestState, Way};
use crate::policy::delivery::HandOverReason;
use crate::request::RequestId;
use crate::use_cases::issue::Issued;

/// Capability of a chat: messages to one admin, on their own, never into a channel; and requests for approval where a second person sees them.
#[async_trait]
pub trait Chat: Send + Sync {
    /// Returns when the platform has taken the message.
    ///
    /// # Errors
    /// Where it did not; the text is for the log.
    async fn tell(&self, admin: &Admin, news: &News) -> Result<(), NotTold>;

    /// Brings an admin what became of a request of theirs that was approved, or without one of a mail that was tried again in vain: perhaps a link, for their
    /// eyes alone.
    ///
    /// # Errors
    /// Where the platform delivered it in no way.
    async fn bring(
        &self,
        admin: &Admin,
        request: Option<RequestId>,
        outcome: &Issued,
    ) -> Result<Brought, NotTold>;

    /// With which roles this admin comes now; `None`: they are not there any more.
    ///
    /// # Errors
    /// Where the platform does not say.
    async fn caller(&self, admin: &Admin) -> Result<Option<Caller>, NotTold>;

    /// Changes the message in which a link stands: the link is over.
    ///
    /// # Errors
    /// Where the platform did not do it.
    async fn close_link(&self, message: &str, contact: &ContactId, fate: Fate) -> Result<(), NotTold>;

    /// Asks a second person, where this chat has a place for it; names the message. `None`: it has none.
    async fn ask(&self, question: &Question) -> Option<Result<String, NotTold>>;

    /// Changes the message that asked: the request has been answered, or has lapsed.
    ///
    /// # Errors
    /// Where the platform did not do it.
    async fn close_request(
        &self,
        message: &str,
        request: &Request,
        state: &RequestState,
    ) -> Result<(), NotTold>;
}

/// What an admin is told without having asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// A link of theirs was used.
    Redeemed(Redemption),
    /// A request of theirs was turned down.
    Declined {
        /// Whose password.
        contact: ContactId,
        /// Who turned it down.
        by: Admin,
    },
    /// Nobody answered a request of theirs in time.
    Lapsed {
        /// Whose password.
        contact: ContactId,
    },
    /// What they asked for came to nothing, and they must ask again: the process ended in the middle, or the contact's links were withdrawn.
    AskAgain {
        /// Whose password.
        contact: ContactId,
    },
    /// A link that was for their eyes was shown to nobody, and is withdrawn.
    NotShown {
        /// Whose password.
        contact: ContactId,
    },
    /// What they asked for was approved, and the link was e-mailed.
    Mailed {
        /// Whose password.
        contact: ContactId,
    },
    /// The mail server has taken a link of theirs that it did not take at first.
    MailAccepted {
        /// Whose password.
        contact: ContactId,
    },
    /// What they asked for was approved, and no link could be issued.
    Refused {
        /// Whose password.
        contact: ContactId,
    },
    /// The contact's password or e-mail has changed since they asked.
    ContactChanged {
        /// Whose password.
        contact: ContactId,
    },
    /// What they asked for is asked once more, since it is not what a second person was asked about before.
    AskedAgain {
        /// Whose password.
        contact: ContactId,
    },
}

/// How an outcome reached an admin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brought {
    /// How.
    pub way: Way,
    /// Names the message, where it can be changed later.
    pub message: Option<String>,
}

/// What a second person is asked.
#[derive(Debug, Clone)]
pub struct Question {
    /// Names the request.
    pub request: RequestId,
    /// Whose password.
    pub contact: ContactId,
    /// What the person is called.
    pub name: String,
    /// Who wants the link.
    pub admin: Admin,
    /// Why it would not go by mail; empty where it would.
    pub reasons: Vec<HandOverReason>,
    /// The masked address to which it would go by mail.
    pub to: Option<String>,
    /// The link that was e-mailed before, and may arrive yet, is not withdrawn: it is good until then.
    pub not_withdrawn: Option<Timestamp>,
    /// The contact is one for whom nobody gets a link alone.
    pub is_protected: bool,
    /// Unanswered by then, it lapses.
    pub lapses_at: Timestamp,
}

/// The chat did not take the message.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct NotTold(pub String);
