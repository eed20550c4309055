//! The audit's events in a sentence each, for a channel that reads along: no link, no address in full. Pure.

use keys::text::spelled_out;
use keys::{ContactId, ReceiptOutcome};
use texts::{Key, Value, feed};

use crate::admin::Admin;
use crate::audit::{Closing, Denial, Entry, Event, Found, HelpClosing, Reason, RequestFault};
use crate::words::{Words, sanitize};

impl Words {
    /// The sentence; `None` for what only our own bookkeeping needs.
    pub fn feed(&self, entry: &Entry) -> Option<String> {
        Some(match &entry.event {
            Event::Issued { contact, admin, request: None, .. } => {
                self.say(feed::ISSUED, &[self.of(contact), self.by(admin)])
            }
            Event::Issued { contact, admin, request: Some(_), .. } => {
                self.say(feed::ISSUED_APPROVED, &[self.of(contact), self.by(admin)])
            }
            Event::Mailed { contact, to, accepted_by, .. } => self.say(
                feed::MAILED,
                &[self.of(contact), ("to", self.escaped(to)), ("server", self.escaped(accepted_by))],
            ),
            Event::MailDelayed { contact, to, answer, .. } => self.say(
                feed::MAIL_DELAYED,
                &[self.of(contact), ("to", self.escaped(to)), ("answer", self.sanitized(answer))],
            ),
            Event::HandedOver { contact, admin, reasons, .. } => self.say(
                feed::HANDED_OVER,
                &[self.of(contact), self.by(admin), ("reasons", self.feed_reasons(reasons))],
            ),
            Event::Withheld { contact, admin, reasons, .. } => self.say(
                feed::WITHHELD,
                &[self.of(contact), self.by(admin), ("reasons", self.feed_reasons(reasons))],
            ),
            Event::ApprovalRequested { contact, admin, .. } => {
                self.say(feed::REQUESTED, &[self.of(contact), self.by(admin)])
            }
            Event::Approved { contact, admin, by, .. } => {
                self.say(feed::APPROVED, &[self.of(contact), self.by(admin), ("second", self.admin(by))])
            }
            Event::ApprovalClosed { contact, admin, why, by, .. } => {
                let key = match why {
                    Closing::Declined => feed::DECLINED,
                    Closing::Lapsed => feed::LAPSED,
                    Closing::NotPosted => feed::NOT_POSTED,
                    Closing::RequesterMayNoLonger => feed::REQUESTER_MAY_NO_LONGER,
                    Closing::Revoked => feed::REQUEST_REVOKED,
                    Closing::Interrupted => feed::REQUEST_INTERRUPTED,
                    Closing::ContactChanged => feed::REQUEST_CONTACT_CHANGED,
                    Closing::Refused => feed::REQUEST_CAME_TO_NOTHING,
                    Closing::AskedAgain => feed::REQUEST_ASKED_AGAIN,
                };
                let second = by.as_ref().map_or_else(|| "?".into(), |by| self.admin(by));
                self.say(key, &[self.of(contact), self.by(admin), ("second", second)])
            }
            Event::Denied { admin, contact, why } => {
                let id = contact.as_ref().map_or_else(|| ("id", "?".into()), |contact| self.of(contact));
                self.say(denial(*why), &[id, self.by(admin)])
            }
            Event::Receipt { contact, admin, outcome, .. } => {
                let admin = admin.as_ref().map_or_else(|| "?".into(), |admin| self.admin(admin));
                self.say(receipt(*outcome), &[self.of(contact), ("admin", admin)])
            }
            Event::Revoked { contact, admin, .. } => {
                self.say(feed::REVOKED, &[self.of(contact), self.by(admin)])
            }
            Event::LinkRevoked { contact, admin, found, .. } => {
                let admin = admin.as_ref().map_or_else(|| "reset-link".into(), |admin| self.admin(admin));
                let key = match found {
                    Found::Withdrawn => feed::LINK_REVOKED,
                    Found::InProgress => feed::LINK_IN_PROGRESS,
                    Found::AlreadyRedeemed => feed::LINK_REDEEMED,
                };
                self.say(key, &[self.of(contact), ("admin", admin)])
            }
            Event::Searched { admin, searches, refused, .. } => self.say(
                feed::SEARCHED,
                &[self.by(admin), ("count", (*searches).into()), ("refused", (*refused).into())],
            ),
            Event::DeniedInBulk { admin, denials, .. } => {
                self.say(feed::DENIED_IN_BULK, &[self.by(admin), ("count", (*denials).into())])
            }
            Event::RequestRefused { platform, why, .. } => {
                let key = match why {
                    RequestFault::Replayed => feed::REQUEST_REPLAYED,
                    _ => feed::REQUEST_REFUSED,
                };
                self.say(key, &[("platform", self.escaped(&platform.to_string()))])
            }
            Event::HelpRequested { contact, .. } => self.say(feed::HELP_REQUESTED, &[self.of(contact)]),
            Event::HelpNotAsked { contact, .. } => self.say(feed::HELP_NOT_ASKED, &[self.of(contact)]),
            Event::HelpDismissed { contact, by, .. } => {
                self.say(feed::HELP_DISMISSED, &[self.of(contact), self.by(by)])
            }
            Event::HelpClosed { contact, why: HelpClosing::Lapsed, .. } => {
                self.say(feed::HELP_LAPSED, &[self.of(contact)])
            }
            Event::HelpClosed { contact, why: HelpClosing::NotPosted, .. } => {
                self.say(feed::HELP_NOT_POSTED, &[self.of(contact)])
            }
            Event::ProtectsNobody { entry } => {
                let entry = self.markup.id(&sanitize(&spelled_out(entry)));
                self.say(feed::PROTECTS_NOBODY, &[("entry", entry.into())])
            }
            Event::Taken { .. }
            | Event::Told { .. }
            | Event::Shown { .. }
            | Event::ApprovalPosted { .. }
            | Event::Asked { .. }
            | Event::HelpPosted { .. }
            | Event::Followed { .. }
            | Event::HandOverNoticed { .. }
            | Event::Revoking { .. }
            | Event::LinkRevoking { .. } => return None,
        })
    }

    fn of(&self, contact: &ContactId) -> (&'static str, Value<'static>) {
        ("id", self.id(contact))
    }

    fn by(&self, admin: &Admin) -> (&'static str, Value<'static>) {
        ("admin", self.admin(admin))
    }

    fn feed_reasons(&self, reasons: &[Reason]) -> Value<'static> {
        let word = |reason: &Reason| {
            let key = match reason.reason.as_str() {
                "mail_server_not_configured" => feed::REASON_NO_SERVER,
                "no_primary_email" => feed::REASON_NO_EMAIL,
                "email_shared" => feed::REASON_SHARED,
                "email_sharing_undecided" => feed::REASON_SHARING_UNDECIDED,
                "mail_failed" => feed::REASON_FAILED,
                "mail_outcome_unknown" => feed::REASON_UNKNOWN,
                "asked_instead" | "asked_in_hand" => feed::REASON_INSTEAD,
                _ => feed::REASON_OTHER,
            };
            self.say(key, &[])
        };
        reasons.iter().map(word).collect::<Vec<_>>().join(", ").into()
    }
}

fn denial(why: Denial) -> Key {
    match why {
        Denial::NotAllowed => feed::DENIED_NOT_ALLOWED,
        Denial::NoSuchContact => feed::DENIED_NO_SUCH_CONTACT,
        Denial::AmbiguousContact => feed::DENIED_AMBIGUOUS,
        Denial::CannotBeReset => feed::DENIED_CANNOT_BE_RESET,
        Denial::LimitPerAdmin => feed::DENIED_LIMIT_ADMIN,
        Denial::LimitPerContact => feed::DENIED_LIMIT_CONTACT,
        Denial::Protected => feed::DENIED_PROTECTED,
        Denial::OwnRequest => feed::DENIED_OWN_REQUEST,
        Denial::NotTheirLink => feed::DENIED_NOT_THEIR_LINK,
    }
}

fn receipt(outcome: ReceiptOutcome) -> Key {
    match outcome {
        ReceiptOutcome::Redeemed => feed::REDEEMED,
        ReceiptOutcome::Unsettled => feed::UNSETTLED,
        ReceiptOutcome::RefusedUsed => feed::REFUSED_USED,
        ReceiptOutcome::RefusedWithdrawn => feed::REFUSED_WITHDRAWN,
        ReceiptOutcome::RefusedOvertaken => feed::REFUSED_OVERTAKEN,
        ReceiptOutcome::RefusedLedgerIsYounger => feed::REFUSED_LEDGER,
        ReceiptOutcome::RefusedByDirectory => feed::REFUSED_DIRECTORY,
        ReceiptOutcome::Revoked => feed::REVOCATION_RECEIVED,
        ReceiptOutcome::Changed => feed::CHANGED,
        ReceiptOutcome::Objected => feed::OBJECTED,
    }
}
