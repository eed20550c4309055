//! What can come of a command, of a button, or by the clock: types alone, for use cases to give and for words to tell.

use std::fmt;
use std::path::PathBuf;

use contacts::{ContactHit, Obstacle};
use jiff::Timestamp;
use keys::{ContactId, LinkId, ResetLink};

use crate::admin::Admin;
use crate::audit::{DeliveryChannel, Fate, Found, HelpState, IssuedLink, Redemption, RequestState, Unsound};
use crate::command::Mistake;
use crate::policy::LimitReached;
use crate::policy::delivery::HandOverReason;
use crate::request::RequestId;

/// What a command is answered with.
#[derive(Debug)]
pub enum Reply {
    /// To `/reset-link`.
    Issue(Issued),
    /// To `/reset-status`.
    Status(Status),
    /// To `/reset-revoke`.
    Revoked {
        /// Whose links.
        contact: ContactId,
        /// What the person is called.
        name: String,
        /// Somebody was setting a password with one of them at that moment.
        in_progress: bool,
    },
    /// To the button that withdraws one link.
    LinkRevoked {
        /// Whose link.
        contact: ContactId,
        /// What the withdrawal found.
        found: Found,
    },
    /// To a button of a link that is over already.
    LinkOver(Fate),
    /// To a button of somebody else's link.
    NotTheirLink,
    /// The operator or the contact's protection lets no mailed link be handed over instead.
    InsteadOff,
    /// The same button was pressed a moment ago.
    BeingDone,
    /// To *Approve*.
    Approved {
        /// Whose password.
        contact: ContactId,
        /// What the person is called, where the directory still knows.
        name: Option<String>,
        /// Who wanted the link.
        admin: Admin,
        /// What came of it.
        outcome: ApprovedOutcome,
    },
    /// To *Approve*, where the contact's password or e-mail has changed since it was asked: the request is closed.
    ContactChanged {
        /// Whose password.
        contact: ContactId,
        /// What the person is called.
        name: String,
        /// Whether another request asks with what is true now.
        is_asked_again: bool,
    },
    /// To *Decline*.
    Declined {
        /// Whose password.
        contact: ContactId,
        /// Who wanted the link.
        admin: Admin,
    },
    /// To a button of a request that has been answered, or has lapsed.
    RequestOver(RequestState),
    /// To a button of a request that is older than anybody remembers.
    NoSuchRequest,
    /// Nobody agrees to a request of their own.
    OwnRequest,
    /// To a button of a request to the help desk that has been answered, or has lapsed.
    HelpOver(HelpState),
    /// To *Dismiss*.
    HelpDismissed {
        /// Whose password.
        contact: ContactId,
    },
    /// A platform did not say who may what.
    TryAgain,
    /// The redeem half cannot be reached.
    RevocationUnavailable,
    /// To any command about a contact.
    Refused(Refused),
    /// Meant for us, and wrong.
    Mistake(Mistake),
    /// To `/help`.
    Help,
}

/// What became of a contact's links.
#[derive(Debug)]
pub struct Status {
    /// Whose links.
    pub contact: ContactId,
    /// What the person is called.
    pub name: String,
    /// Oldest first.
    pub links: Vec<IssuedLink>,
    /// The audit that tells so is not what was written.
    pub unsound: Option<Unsound>,
    /// When this was so.
    pub now: Timestamp,
}

/// What came of a link once it was approved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApprovedOutcome {
    /// Whoever asked has the link.
    HandedOver,
    /// It could be mailed after all, or was to be mailed anyway.
    Mailed,
    /// The mail server does not take it yet: it is tried again.
    Delayed,
    /// It was minted, and reached nobody.
    Undelivered {
        /// Whether it is withdrawn.
        is_withdrawn: bool,
    },
    /// What was approved was a mail, and it cannot be mailed: a second person is asked about a link in hand.
    AskedAgain,
    /// There is none; whoever asked was told why.
    Refused,
}

/// What became of a request for a link.
#[derive(Debug)]
pub enum Issued {
    /// A mail server took it.
    Mailed(Mailed),
    /// The admin has it.
    HandedOver(Box<HandedOver>),
    /// A mail server does not take it yet: it is tried again.
    Delayed(Delayed),
    /// Nobody has one yet: a second person is asked.
    AwaitingApproval(AwaitingApproval),
    /// Nobody has one.
    Refused(Refused),
}

/// A link on its way to the contact.
#[derive(Debug)]
pub struct Mailed {
    /// Whose password.
    pub contact: ContactId,
    /// What the person is called.
    pub name: String,
    /// The masked address.
    pub to: String,
    /// Which server took it.
    pub accepted_by: String,
    /// Which link.
    pub link_id: LinkId,
    /// Until when it is good.
    pub expires_at: Timestamp,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// The whole mail as text, where it went to an outbox folder on this machine (try-out).
    pub outbox: Option<OutboxMail>,
}

/// A mail that went to a folder instead of a server; `Debug` does not show it.
pub struct OutboxMail {
    /// Where it is.
    pub file: PathBuf,
    /// What it says.
    pub text: String,
}

impl fmt::Debug for OutboxMail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutboxMail").field("file", &self.file).finish_non_exhaustive()
    }
}

/// A link for the admin's eyes.
#[derive(Debug)]
pub struct HandedOver {
    /// Whose password.
    pub contact: ContactId,
    /// What the person is called.
    pub name: String,
    /// Why not by mail; never empty.
    pub reasons: Vec<HandOverReason>,
    /// The link.
    pub link: ResetLink,
    /// When it was issued.
    pub issued_at: Timestamp,
}

/// A link whose mail the server does not take yet.
#[derive(Debug)]
pub struct Delayed {
    /// Whose password.
    pub contact: ContactId,
    /// What the person is called.
    pub name: String,
    /// The masked address.
    pub to: String,
    /// The server's own answer, addresses masked, sanitized.
    pub answer: String,
    /// Which link.
    pub link_id: LinkId,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// Until when it is tried again.
    pub until: Timestamp,
}

/// A request that waits for a second person.
#[derive(Debug)]
pub struct AwaitingApproval {
    /// Names the request.
    pub request: RequestId,
    /// Whose password.
    pub contact: ContactId,
    /// What the person is called.
    pub name: String,
    /// Why the link would not go by mail; empty where it would.
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

/// Why there is no link.
#[derive(Debug)]
pub enum Refused {
    /// The admin is not on the allow-list.
    NotAllowed,
    /// Nobody has this id.
    NoSuchContact {
        /// Contacts whose id or name begins alike, for those who may search.
        near: Vec<ContactHit>,
    },
    /// Several contacts have an id like this.
    AmbiguousContact(Vec<ContactId>),
    /// The directory knows beforehand that the contact's password cannot be set.
    CannotBeReset {
        /// Whose password.
        contact: ContactId,
        /// What the person is called.
        name: String,
        /// Why not.
        obstacle: Obstacle,
    },
    /// Too many for now.
    Limit(LimitReached, ContactId),
    /// It cannot be mailed, and the operator does not want it handed over.
    HandOverOff {
        /// Whose password.
        contact: ContactId,
        /// What the person is called.
        name: String,
        /// Why not by mail.
        reasons: Vec<HandOverReason>,
        /// The mail may have arrived all the same, and its link could not be withdrawn yet: it is good until then.
        not_withdrawn: Option<Timestamp>,
    },
    /// The contact is protected, and gets no link.
    Protected {
        /// Whose password.
        contact: ContactId,
        /// What the person is called.
        name: String,
    },
    /// A second person must agree, and whoever asks from a shell cannot wait for them.
    NeedsApproval,
    /// A second person must agree, and no chat took the question.
    NobodyToAsk,
    /// The e-mailed link in whose place one was wanted in hand is over already.
    MailedLinkOver,
    /// The request that was approved has been closed meanwhile.
    RequestOver,
    /// A link would have had to be withdrawn first, and the redeem half cannot be reached.
    RedeemServerUnavailable,
    /// The contact directory cannot be asked.
    DirectoryUnavailable,
    /// The contact directory gives no answer that can be used, and will not before somebody mends it.
    DirectoryUnusable,
    /// The audit cannot be written.
    AuditUnavailable,
    /// The audit is not what was written.
    AuditUnsound(Box<Unsound>),
    /// The clock has gone back behind a revocation of this contact's links: a link issued now would be void, or too far ahead.
    ClockBehind,
    /// The redeem half holds another binding secret: every link would be dead.
    BindingSecretsDiffer,
    /// The operator's settings make no link that fits.
    CannotMint,
}

impl Refused {
    /// The word in the audit and in JSON.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::NotAllowed => "not_allowed",
            Self::NoSuchContact { .. } => "no_such_contact",
            Self::AmbiguousContact(_) => "ambiguous_contact",
            Self::CannotBeReset { .. } => "cannot_be_reset",
            Self::Limit(LimitReached::PerAdmin { .. }, _) => "limit_per_admin",
            Self::Limit(LimitReached::PerContact { .. }, _) => "limit_per_contact",
            Self::HandOverOff { .. } => "hand_over_off",
            Self::Protected { .. } => "protected",
            Self::NeedsApproval => "needs_approval",
            Self::NobodyToAsk => "nobody_to_ask",
            Self::MailedLinkOver => "mailed_link_over",
            Self::RequestOver => "request_over",
            Self::RedeemServerUnavailable => "redeem_server_unavailable",
            Self::DirectoryUnavailable => "directory_unavailable",
            Self::DirectoryUnusable => "directory_unusable",
            Self::AuditUnavailable => "audit_unavailable",
            Self::AuditUnsound(_) => "audit_unsound",
            Self::ClockBehind => "clock_behind",
            Self::BindingSecretsDiffer => "binding_secrets_differ",
            Self::CannotMint => "cannot_mint",
        }
    }
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
    /// The contact says that they did not ask for a link of theirs, and the links of the contact are withdrawn.
    Objected {
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
pub struct Delivered {
    /// How.
    pub channel: DeliveryChannel,
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

/// What the help desk is asked, since somebody said on the page that they forgot their password.
#[derive(Debug, Clone)]
pub struct HelpQuestion {
    /// Names the request.
    pub request: RequestId,
    /// Whose password.
    pub contact: ContactId,
    /// What the person is called.
    pub name: String,
    /// Why no link was mailed; empty where one can be.
    pub reasons: Vec<HandOverReason>,
    /// The masked address to which a link would be mailed; `None`: it cannot be.
    pub to: Option<String>,
    /// The contact is one for whom nobody gets a link alone.
    pub is_protected: bool,
    /// Their password cannot be set.
    pub obstacle: Option<Obstacle>,
    /// Whether the link may be handed to the admin who answers.
    pub may_be_handed_over: bool,
    /// Unanswered by then, it lapses.
    pub lapses_at: Timestamp,
}
