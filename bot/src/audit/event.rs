use std::net::IpAddr;

use jiff::Timestamp;
use keys::{ContactId, KeyId, LinkId, ReceiptOutcome, WishId, wire_time};
use serde::{Deserialize, Serialize};

use crate::admin::{Admin, Platform};
use crate::request::RequestId;

/// One line of the audit.
///
/// Invariant: never a link, a token, a password or a full e-mail address; a contact only by the id that the directory returned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// When it was written.
    #[serde(with = "wire_time")]
    pub at: Timestamp,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// What the audit tells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A link was made; on disk before it leaves.
    Issued {
        /// Which link.
        link_id: LinkId,
        /// Whose password.
        contact: ContactId,
        /// Who asked.
        admin: Admin,
        /// Which key signed it.
        key_id: KeyId,
        /// The link's own time of issue (`iat`).
        #[serde(with = "wire_time")]
        issued_at: Timestamp,
        /// Until when it is good.
        #[serde(with = "wire_time")]
        expires_at: Timestamp,
        /// Which request for approval it answers.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request: Option<RequestId>,
    },
    /// A mail server took the mail with the link.
    Mailed {
        /// Which link.
        link_id: LinkId,
        /// Whose password.
        contact: ContactId,
        /// Who asked.
        admin: Admin,
        /// The masked address.
        to: String,
        /// Which server.
        accepted_by: String,
    },
    /// A mail server does not take the mail with the link yet: it is tried again.
    MailDelayed {
        /// Which link.
        link_id: LinkId,
        /// Whose password.
        contact: ContactId,
        /// Who asked.
        admin: Admin,
        /// The masked address.
        to: String,
        /// The server's own answer, masked and sanitized.
        answer: String,
        /// Until when it is tried.
        #[serde(with = "wire_time")]
        until: Timestamp,
    },
    /// The admin got the link; on disk before they do.
    HandedOver {
        /// Which link.
        link_id: LinkId,
        /// Whose password.
        contact: ContactId,
        /// Who asked, and got it.
        admin: Admin,
        /// Why it did not go by mail.
        reasons: Vec<Reason>,
    },
    /// How the link that was handed over reached the admin's eyes.
    Shown {
        /// Which link.
        link_id: LinkId,
        /// Who got it.
        admin: Admin,
        /// How.
        way: DeliveryChannel,
        /// Names the message on the platform, where it can be changed later.
        #[serde(skip_serializing_if = "Option::is_none")]
        message: Option<String>,
    },
    /// A link that could not be mailed went to nobody, as the operator's setting wants it.
    Withheld {
        /// Which link; absent where none was made.
        link_id: Option<LinkId>,
        /// Whose password.
        contact: ContactId,
        /// Who asked.
        admin: Admin,
        /// Why it did not go by mail.
        reasons: Vec<Reason>,
    },
    /// A second person was asked to agree to a link; on disk before they are.
    ApprovalRequested {
        /// Names the request.
        request: RequestId,
        /// Whose password.
        contact: ContactId,
        /// Who wants the link.
        admin: Admin,
        /// Why it would not go by mail; empty where it would.
        reasons: Vec<Reason>,
        /// The contact is one for whom nobody gets a link alone.
        protected: bool,
        /// The link that was e-mailed, in whose place this one is wanted in hand.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        instead_of: Option<LinkId>,
        /// A fingerprint of whom it is asked for: the contact with their password version and e-mail. Absent in lines of earlier versions.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        binding: Option<String>,
        /// The masked address to which the link would be mailed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<String>,
        /// Unanswered by then, it lapses.
        #[serde(with = "wire_time")]
        lapses_at: Timestamp,
    },
    /// The request stands in a channel.
    ApprovalPosted {
        /// Which request.
        request: RequestId,
        /// On which platform.
        platform: Platform,
        /// Names the message there.
        message: String,
    },
    /// A second person has agreed; on disk before the link is minted.
    Approved {
        /// Which request.
        request: RequestId,
        /// Whose password.
        contact: ContactId,
        /// Who wanted the link.
        admin: Admin,
        /// Who agreed.
        by: Admin,
        /// Whoever wanted the link must hear that it was mailed. Absent in lines of earlier versions.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        tell: bool,
    },
    /// The request has come to nothing.
    ApprovalClosed {
        /// Which request.
        request: RequestId,
        /// Whose password.
        contact: ContactId,
        /// Who wanted the link.
        admin: Admin,
        /// Why.
        why: Closing,
        /// Who turned it down.
        #[serde(skip_serializing_if = "Option::is_none")]
        by: Option<Admin>,
        /// Why no link was issued, where it was approved and then refused: the word for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refusal: Option<String>,
        /// Whoever wanted the link must hear of it. Absent in lines of earlier versions.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        tell: bool,
    },
    /// An admin's chat has taken the message that tells what came of a request or a link of theirs.
    Told {
        /// Who was told.
        admin: Admin,
        /// What came of this request.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request: Option<RequestId>,
        /// What came of this link.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        link_id: Option<LinkId>,
        /// That the contact did not ask for this link.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        objection: Option<LinkId>,
    },
    /// An admin looked for contacts by the first letters; one line for many searches.
    Searched {
        /// Who.
        admin: Admin,
        /// How many searches.
        searches: u32,
        /// How many of them were refused, for lack of rights or because of the limit.
        refused: u32,
        /// How many contacts were shown, repeats counted.
        shown: u32,
        /// When the first of them was.
        #[serde(with = "wire_time")]
        since: Timestamp,
    },
    /// An admin is about to withdraw one link; on disk before the redeem server hears of it.
    LinkRevoking {
        /// Which link.
        link_id: LinkId,
        /// Whose it is.
        contact: ContactId,
        /// Who withdraws it; absent where it is withdrawn because it reached nobody.
        #[serde(skip_serializing_if = "Option::is_none")]
        admin: Option<Admin>,
    },
    /// The redeem server was told to withdraw it.
    LinkRevoked {
        /// Which link.
        link_id: LinkId,
        /// Whose it is.
        contact: ContactId,
        /// Who withdrew it.
        #[serde(skip_serializing_if = "Option::is_none")]
        admin: Option<Admin>,
        /// What it found.
        found: Found,
    },
    /// A platform that calls us has sent this once: a repeat is known by it, after a restart too.
    Taken {
        /// Which platform.
        platform: Platform,
        /// A fingerprint of the platform's own name for it.
        delivery: String,
    },
    /// Somebody sent what did not come from the platform, or came twice; nothing was done.
    RequestRefused {
        /// Which platform it claimed to be.
        platform: Platform,
        /// What was wrong.
        why: RequestFault,
        /// So many more since the last such line: a flood does not fill the disk.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        more: Option<u32>,
    },
    /// A command or a press of a button was refused.
    Denied {
        /// Who asked.
        admin: Admin,
        /// Whose password, where a contact was found.
        contact: Option<ContactId>,
        /// Why.
        why: Denial,
    },
    /// Commands and presses of one admin that were refused beyond those that have lines of their own; one line for many.
    DeniedInBulk {
        /// Who asked.
        admin: Admin,
        /// Why.
        why: Denial,
        /// How often.
        denials: u32,
        /// When the first of them was.
        #[serde(with = "wire_time")]
        since: Timestamp,
    },
    /// What the redeem server reported.
    Receipt {
        /// Names this receipt; repeats are dropped by it.
        receipt: String,
        /// Which link.
        link_id: LinkId,
        /// Whose password.
        contact: ContactId,
        /// Who issued the link, where this audit knows.
        admin: Option<Admin>,
        /// Which key signed it.
        key_id: Option<KeyId>,
        /// What became of the link.
        outcome: ReceiptOutcome,
        /// When, by the redeem server's clock.
        #[serde(with = "wire_time")]
        happened_at: Timestamp,
        /// From which address.
        client: Option<IpAddr>,
    },
    /// What followed a redemption: the admin was told, the contact got a notice, or why not.
    Followed {
        /// Which link.
        link_id: LinkId,
        /// Whether the admin's chat took the message.
        told: bool,
        /// The notice to the contact.
        notice: Notice,
    },
    /// What followed a hand-over of a link that should have been mailed.
    HandOverNoticed {
        /// Which link.
        link_id: LinkId,
        /// The notice to the contact.
        notice: Notice,
    },
    /// An admin is about to withdraw a contact's links; on disk before the redeem server hears of it.
    Revoking {
        /// Whose links.
        contact: ContactId,
        /// Who withdraws them.
        admin: Admin,
        /// Links issued up to then are to be void.
        #[serde(with = "wire_time")]
        issued_up_to: Timestamp,
    },
    /// The redeem server has withdrawn them.
    Revoked {
        /// Whose links.
        contact: ContactId,
        /// Who withdrew them.
        admin: Admin,
        /// Links issued up to then are void.
        #[serde(with = "wire_time")]
        issued_up_to: Timestamp,
        /// Somebody was setting a password with one of them at that moment.
        in_progress: bool,
    },
    /// Somebody said on the page that this contact's password is forgotten, and a link is about to be mailed; on disk before it is made.
    Asked {
        /// Which wish: it is taken once.
        wish: WishId,
        /// Whose password.
        contact: ContactId,
        /// From which address.
        client: IpAddr,
    },
    /// Somebody said so, and the help desk is about to be asked; on disk before it is.
    HelpRequested {
        /// Names the request.
        request: RequestId,
        /// Whose password.
        contact: ContactId,
        /// Which wish; absent where a mail with a link has failed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        wish: Option<WishId>,
        /// From which address.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        client: Option<IpAddr>,
        /// Why no link is mailed; empty where the operator wants the help desk to be asked in any case.
        reasons: Vec<Reason>,
        /// Unanswered by then, it lapses.
        #[serde(with = "wire_time")]
        lapses_at: Timestamp,
    },
    /// Somebody said so, and so many have within the hour that the help desk is not asked about each.
    HelpNotAsked {
        /// Whose password.
        contact: ContactId,
        /// Which wish.
        wish: WishId,
        /// From which address.
        client: IpAddr,
    },
    /// The request to the help desk stands in a channel.
    HelpPosted {
        /// Which request.
        request: RequestId,
        /// On which platform.
        platform: Platform,
        /// Names the message there.
        message: String,
    },
    /// An admin wants no link to be issued on the request.
    HelpDismissed {
        /// Which request.
        request: RequestId,
        /// Whose password.
        contact: ContactId,
        /// Who.
        by: Admin,
    },
    /// The request to the help desk has come to nothing.
    HelpClosed {
        /// Which request.
        request: RequestId,
        /// Whose password.
        contact: ContactId,
        /// Why.
        why: HelpClosing,
    },
    /// An entry of `contacts.protected` names nobody; written at each start.
    ProtectsNobody {
        /// As the settings write it.
        entry: String,
    },
}

/// How a link that was handed over reached the admin's eyes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryChannel {
    /// A direct message.
    DirectMessage,
    /// The platform did not deliver that: an answer that only this admin sees.
    PrivateAnswer,
    /// The platform delivered neither; nobody has seen the link.
    Nowhere,
}

/// A hand-over reason in the audit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// The word for it.
    pub reason: String,
    /// Other contacts' ids, or the mail server's answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// Why a command was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Denial {
    /// The admin is not on the allow-list.
    NotAllowed,
    /// Nobody has this id.
    NoSuchContact,
    /// Several contacts have an id like this.
    AmbiguousContact,
    /// The directory knows beforehand that the contact's password cannot be set.
    CannotBeReset,
    /// Too many links by this admin.
    LimitPerAdmin,
    /// Too many links for this contact.
    LimitPerContact,
    /// The contact is protected.
    Protected,
    /// Nobody agrees to a request of their own, from whichever account.
    OwnRequest,
    /// Only the admin who asked for a link may have it handed over instead.
    NotTheirLink,
}

/// What is wrong with a request that claims to come from a platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestFault {
    /// Longer than anything that the platform sends.
    Oversized,
    /// Not the form in which the platform sends.
    ContentType,
    /// Without signature or time.
    Unsigned,
    /// Signed too long ago, or ahead of our clock.
    Stale,
    /// The signature is not the platform's.
    Tampered,
    /// Signed, and yet nothing that makes sense.
    Malformed,
    /// It has been taken before.
    Replayed,
}

/// Why a request for approval has come to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Closing {
    /// Somebody turned it down.
    Declined,
    /// Nobody answered in time.
    Lapsed,
    /// It could not be posted where a second person would see it.
    NotPosted,
    /// Whoever made it may not issue links any more.
    RequesterMayNoLonger,
    /// All links of the contact were withdrawn, and with them what was asked for.
    Revoked,
    /// It was approved, and the process ended before a link was minted; or the process ended before anybody could be asked.
    Interrupted,
    /// The contact's password or e-mail has changed since it was asked.
    ContactChanged,
    /// It was approved, and then no link could be issued.
    Refused,
    /// What was approved was a mail, and it could not be mailed: another request asks about a link in hand.
    AskedAgain,
}

impl Closing {
    /// Whether whoever made the request must hear of it; where somebody turned it down, unless that was they themselves.
    pub(crate) fn is_news_to(self, admin: &Admin, by: Option<&Admin>) -> bool {
        match self {
            Self::Declined | Self::Revoked => by != Some(admin),
            Self::Lapsed | Self::Interrupted | Self::ContactChanged | Self::Refused | Self::AskedAgain => {
                true
            }
            // The first was the answer to their command; the second are not told what they may not ask for.
            Self::NotPosted | Self::RequesterMayNoLonger => false,
        }
    }
}

/// Why a request to the help desk has come to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HelpClosing {
    /// Nobody answered in time.
    Lapsed,
    /// No chat has a place where it could be posted, or none took it in time.
    NotPosted,
}

/// What the withdrawal of one link found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Found {
    /// It opens nothing any more.
    Withdrawn,
    /// It opens nothing any more, but somebody is setting a password with it at this moment.
    InProgress,
    /// Too late.
    AlreadyRedeemed,
}

/// What became of a notice to the contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// A mail server took it.
    Mailed,
    /// No mail server is configured.
    NoMailServer,
    /// The contact has no usable e-mail of their own.
    NoAddress,
    /// The mail server did not take it.
    Failed(String),
    /// The contact could not be looked up.
    ContactUnknown,
}
