//! The audit's events in a sentence each, for a channel that reads along: no link, no address in full. Pure.

use keys::text::spelled_out;
use keys::{ContactId, ReceiptOutcome};

use crate::admin::Admin;
use crate::audit::{Closing, Denial, Entry, Event, Found, Reason, RequestFault};
use crate::messages::Value;
use crate::words::{Words, sanitize};

impl Words {
    /// The sentence; `None` for what only our own bookkeeping needs.
    pub fn feed(&self, entry: &Entry) -> Option<String> {
        Some(match &entry.event {
            Event::Issued { contact, admin, request: None, .. } => {
                self.say("feed-issued", &[self.of(contact), self.by(admin)])
            }
            Event::Issued { contact, admin, request: Some(_), .. } => {
                self.say("feed-issued-approved", &[self.of(contact), self.by(admin)])
            }
            Event::Mailed { contact, to, accepted_by, .. } => self.say(
                "feed-mailed",
                &[self.of(contact), ("to", self.escaped(to)), ("server", self.escaped(accepted_by))],
            ),
            Event::MailDelayed { contact, to, answer, .. } => self.say(
                "feed-mail-delayed",
                &[self.of(contact), ("to", self.escaped(to)), ("answer", self.sanitized(answer))],
            ),
            Event::HandedOver { contact, admin, reasons, .. } => self.say(
                "feed-handed-over",
                &[self.of(contact), self.by(admin), ("reasons", self.feed_reasons(reasons))],
            ),
            Event::Withheld { contact, admin, reasons, .. } => self.say(
                "feed-withheld",
                &[self.of(contact), self.by(admin), ("reasons", self.feed_reasons(reasons))],
            ),
            Event::ApprovalRequested { contact, admin, .. } => {
                self.say("feed-requested", &[self.of(contact), self.by(admin)])
            }
            Event::Approved { contact, admin, by, .. } => {
                self.say("feed-approved", &[self.of(contact), self.by(admin), ("second", self.admin(by))])
            }
            Event::ApprovalClosed { contact, admin, why, by, .. } => {
                let key = match why {
                    Closing::Declined => "feed-declined",
                    Closing::Lapsed => "feed-lapsed",
                    Closing::NotPosted => "feed-not-posted",
                    Closing::RequesterMayNoLonger => "feed-requester-may-no-longer",
                    Closing::Revoked => "feed-request-revoked",
                    Closing::Interrupted => "feed-request-interrupted",
                    Closing::ContactChanged => "feed-request-contact-changed",
                    Closing::Refused => "feed-request-came-to-nothing",
                    Closing::AskedAgain => "feed-request-asked-again",
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
                self.say("feed-revoked", &[self.of(contact), self.by(admin)])
            }
            Event::LinkRevoked { contact, admin, found, .. } => {
                let admin = admin.as_ref().map_or_else(|| "reset-link".into(), |admin| self.admin(admin));
                let key = match found {
                    Found::Withdrawn => "feed-link-revoked",
                    Found::InProgress => "feed-link-in-progress",
                    Found::AlreadyRedeemed => "feed-link-redeemed",
                };
                self.say(key, &[self.of(contact), ("admin", admin)])
            }
            Event::Searched { admin, searches, refused, .. } => self.say(
                "feed-searched",
                &[self.by(admin), ("count", (*searches).into()), ("refused", (*refused).into())],
            ),
            Event::DeniedInBulk { admin, denials, .. } => {
                self.say("feed-denied-in-bulk", &[self.by(admin), ("count", (*denials).into())])
            }
            Event::RequestRefused { platform, why, .. } => {
                let key = match why {
                    RequestFault::Replayed => "feed-request-replayed",
                    _ => "feed-request-refused",
                };
                self.say(key, &[("platform", self.escaped(&platform.to_string()))])
            }
            Event::ProtectsNobody { entry } => {
                let entry = self.markup.id(&sanitize(&spelled_out(entry)));
                self.say("feed-protects-nobody", &[("entry", entry.into())])
            }
            Event::Taken { .. }
            | Event::Told { .. }
            | Event::Shown { .. }
            | Event::ApprovalPosted { .. }
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
                "mail_server_not_configured" => "feed-reason-no-server",
                "no_primary_email" => "feed-reason-no-email",
                "email_shared" => "feed-reason-shared",
                "mail_failed" => "feed-reason-failed",
                "mail_outcome_unknown" => "feed-reason-unknown",
                "asked_instead" => "feed-reason-instead",
                _ => "feed-reason-other",
            };
            self.say(key, &[])
        };
        reasons.iter().map(word).collect::<Vec<_>>().join(", ").into()
    }
}

fn denial(why: Denial) -> &'static str {
    match why {
        Denial::NotAllowed => "feed-denied-not-allowed",
        Denial::NoSuchContact => "feed-denied-no-such-contact",
        Denial::AmbiguousContact => "feed-denied-ambiguous",
        Denial::LimitPerAdmin => "feed-denied-limit-admin",
        Denial::LimitPerContact => "feed-denied-limit-contact",
        Denial::Protected => "feed-denied-protected",
        Denial::OwnRequest => "feed-denied-own-request",
        Denial::NotTheirLink => "feed-denied-not-their-link",
    }
}

fn receipt(outcome: ReceiptOutcome) -> &'static str {
    match outcome {
        ReceiptOutcome::Redeemed => "feed-redeemed",
        ReceiptOutcome::Unsettled => "feed-unsettled",
        ReceiptOutcome::RefusedUsed => "feed-refused-used",
        ReceiptOutcome::RefusedWithdrawn => "feed-refused-withdrawn",
        ReceiptOutcome::RefusedOvertaken => "feed-refused-overtaken",
        ReceiptOutcome::RefusedLedgerIsYounger => "feed-refused-ledger",
        ReceiptOutcome::RefusedByDirectory => "feed-refused-directory",
        ReceiptOutcome::Revoked => "feed-revocation-received",
    }
}
