//! A mail that the server does not take yet (greylisting, RFC 6647) is tried again behind the answer.
//!
//! Only what was refused for the moment before the mail itself was sent is tried again, so nothing is mailed twice. The admin reads at once that it waits, hears what
//! came of it, and may take a link in hand meanwhile. What a process that has ended left behind is withdrawn, and the admin hears that too.

use std::sync::Arc;
use std::time::Duration;

use contacts::Contact;
use jiff::{SignedDuration, Timestamp};
use keys::{EmailAddress, LinkId, ResetLink};

use crate::admin::{Admin, Platform};
use crate::audit::{About, Event, Fate, Reason};
use crate::bot::{Inner, Mailer};
use crate::mail::{MailFailure, OutgoingMail};
use crate::outcome::{Delayed, Issued, Refused};
use crate::policy::delivery::HandOverReason;
use crate::use_cases::approve::Approval;
use crate::use_cases::issue::in_audit;

/// A link that is handed over in the end must be good for so long still.
const LEFT_TO_USE: SignedDuration = SignedDuration::from_mins(2);

/// How mails are tried again that the server does not take yet.
#[derive(Debug, Clone, Copy)]
pub struct MailRetry {
    /// For how long; never so long that too little of the link's time is left.
    pub within: SignedDuration,
    /// How long each wait is.
    pub every: Duration,
}

/// A mail with a link, on its way to the server.
#[derive(Debug)]
pub(crate) struct Sending {
    pub(crate) admin: Admin,
    pub(crate) contact: Contact,
    pub(crate) email: EmailAddress,
    pub(crate) link: ResetLink,
    pub(crate) issued_at: Timestamp,
    pub(crate) mail: OutgoingMail,
    pub(crate) approval: Option<Approval>,
}

impl Inner {
    /// Where the operator wants it and the server may take it later: tries again behind the answer.
    ///
    /// # Errors
    /// The sending as it was, where it is not to be tried again.
    pub(crate) async fn delay(
        self: &Arc<Self>,
        mailer: &Arc<Mailer>,
        sending: Sending,
        failure: &MailFailure,
    ) -> Result<Delayed, Box<Sending>> {
        let now = self.now();
        let Some(retry) = mailer.retry.filter(|_| {
            // A command in a shell ends with its answer.
            failure.is_passing() && sending.admin.platform != Platform::Shell
        }) else {
            return Err(Box::new(sending));
        };
        let until =
            keys::wire_time::to_millisecond(now + retry.within).min(sending.link.expires_at() - LEFT_TO_USE);
        if until <= now {
            return Err(Box::new(sending));
        }
        let delayed = Delayed {
            contact: sending.contact.id.clone(),
            name: sending.contact.name.clone(),
            to: sending.email.masked(),
            answer: failure.to_string(),
            link_id: sending.link.link_id(),
            issued_at: sending.issued_at,
            until,
        };
        let event = Event::MailDelayed {
            link_id: delayed.link_id,
            contact: delayed.contact.clone(),
            admin: sending.admin.clone(),
            to: delayed.to.clone(),
            answer: delayed.answer.clone(),
            until,
        };
        if let Err(error) = self.audit.write(now, event).await {
            tracing::error!(%error, "the audit cannot be written: a mail is not tried again");
            return Err(Box::new(sending));
        }
        let (inner, mailer, failure) = (Arc::clone(self), Arc::clone(mailer), failure.clone());
        self.behind
            .spawn(async move { inner.try_until(&mailer, sending, failure, retry.every, until).await });
        Ok(delayed)
    }

    async fn try_until(
        self: Arc<Self>,
        mailer: &Mailer,
        sending: Sending,
        mut failure: MailFailure,
        every: Duration,
        until: Timestamp,
    ) {
        let link_id = sending.link.link_id();
        let under_way = self.begins(About::Link(link_id));
        loop {
            tokio::select! {
                () = tokio::time::sleep(every) => {}
                // The next start withdraws it, and tells the admin.
                () = self.ending.cancelled() => return self.give_up(&sending, &failure).await,
            }
            if !self.is_waited_for(link_id).await {
                return;
            }
            if self.now() >= until {
                break;
            }
            match mailer.sender.send(&sending.mail).await {
                Ok(accepted) => {
                    self.mailed(&sending, accepted).await;
                    drop(under_way);
                    self.tell_of(About::Link(link_id)).await;
                    return;
                }
                Err(again) => {
                    tracing::info!(%link_id, failure = %again, "a mail was not accepted this time either");
                    let is_passing = again.is_passing();
                    failure = again;
                    if !is_passing {
                        break;
                    }
                }
            }
        }
        // It may have been withdrawn while the last attempt was on its way.
        if !self.is_waited_for(link_id).await {
            return;
        }
        let admin = sending.admin.clone();
        let issued = self.not_mailed(sending, &failure).await.unwrap_or_else(Issued::Refused);
        // Where it reaches nobody, that is seen to.
        let _ = self.bring_outcome(&admin, About::Link(link_id), &issued).await;
        drop(under_way);
    }

    async fn give_up(&self, sending: &Sending, failure: &MailFailure) {
        let event = Event::Withheld {
            link_id: Some(sending.link.link_id()),
            contact: sending.contact.id.clone(),
            admin: sending.admin.clone(),
            reasons: in_audit(&[HandOverReason::from(failure)]),
        };
        self.note(event).await;
    }

    /// Whether the link is still good and nobody has it yet. An audit that cannot be read does not say, and the wait goes on.
    async fn is_waited_for(&self, link_id: LinkId) -> bool {
        let now = self.now();
        let looked = self.audit.look(now, move |memory| {
            memory.issuer(link_id).is_none_or(|link| link.fate(now) == Fate::Outstanding)
        });
        looked.await.unwrap_or(true)
    }

    /// What a process that has ended was trying to mail: the link is withdrawn, and whoever asked hears that they must ask again.
    pub(crate) async fn give_up_delayed(&self) {
        let now = self.now();
        let left = self.audit.look(now, move |memory| memory.delayed(now).cloned().collect::<Vec<_>>());
        let left = match left.await {
            Ok(left) => left,
            Err(error) => {
                tracing::error!(%error, "the audit cannot be read");
                return;
            }
        };
        for link in left.into_iter().filter(|link| !self.is_under_way(About::Link(link.link_id))) {
            let given_up = self.audit.transact(now, move |memory| {
                let is_left = memory.delayed(now).any(|left| left.link_id == link.link_id);
                let reason = Reason { reason: "mail_failed".to_owned(), detail: None };
                let event = Event::Withheld {
                    link_id: Some(link.link_id),
                    contact: link.contact,
                    admin: link.admin,
                    reasons: vec![reason],
                };
                (is_left.then_some(event), ())
            });
            if let Err(error) = given_up.await {
                tracing::error!(%error, "the audit cannot be written: a link that nobody has stays good");
            }
        }
    }

    /// The mail was not taken: the link is handed over, or what the policy wants instead.
    pub(crate) async fn not_mailed(
        self: &Arc<Self>,
        sending: Sending,
        failure: &MailFailure,
    ) -> Result<Issued, Refused> {
        let Sending { admin, contact, link, issued_at, approval, .. } = sending;
        let reasons = vec![HandOverReason::from(failure)];
        let held = self.hold_back(&admin, &contact, &reasons, Some(link.link_id()), approval.as_ref()).await;
        match held {
            Some(ended) => ended,
            None => self.hand_over(&admin, &contact, link, issued_at, reasons).await,
        }
    }
}
