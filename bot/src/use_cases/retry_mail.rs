//! A mail that the server does not take yet (greylisting, RFC 6647) is tried again behind the answer.
//!
//! Only what was refused for the moment before the mail itself was sent is tried again, so nothing is mailed twice. The admin reads at once that it waits, hears what
//! came of it, and may take a link in hand meanwhile. What a process that has ended left behind is withdrawn, and the admin hears that too.

use std::sync::Arc;
use std::time::Duration;

use contacts::Contact;
use jiff::{SignedDuration, Timestamp};
use keys::{ContactId, EmailAddress, LinkId, ResetLink};

use crate::admin::{Admin, Platform};
use crate::audit::{About, Event, Fate, Reason};
use crate::desk::{Desk, Mailer};
use crate::mail::{Accepted, MailFailure, OutgoingMail};
use crate::outcome::{Delayed, Issued, Mailed, OutboxMail, Refused};
use crate::policy::delivery::{HandOverReason, in_audit};
use crate::use_cases::deliver_outcome::OutcomeDelivery;
use crate::use_cases::find_contact::find_exactly;
use crate::use_cases::hand_over::HandOver;
use crate::use_cases::help_desk::HelpDesk;
use crate::use_cases::hold_back::{Approval, HoldBack};
use crate::use_cases::in_progress::InProgress;
use crate::use_cases::owed::OwedNews;

/// A link that is handed over in the end must be good for so long still.
const LEFT_TO_USE: SignedDuration = SignedDuration::from_mins(2);

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

/// Tries mails again, and sees to those that no server takes.
pub(crate) struct MailRetries {
    pub(crate) desk: Arc<Desk>,
    pub(crate) in_progress: InProgress<About>,
    pub(crate) hold_back: Arc<HoldBack>,
    pub(crate) hand_over: Arc<HandOver>,
    pub(crate) help_desk: Arc<HelpDesk>,
    pub(crate) outcomes: Arc<OutcomeDelivery>,
    pub(crate) owed: Arc<OwedNews>,
}

impl MailRetries {
    /// A mail server has taken the link.
    pub(crate) async fn mailed(&self, sending: &Sending, accepted: Accepted) -> Mailed {
        let Sending { admin, contact, email, link, issued_at, mail, .. } = sending;
        let event = Event::Mailed {
            link_id: link.link_id(),
            contact: contact.id.clone(),
            admin: admin.clone(),
            to: email.masked(),
            accepted_by: accepted.by.clone(),
        };
        self.desk.note(event).await;
        Mailed {
            contact: contact.id.clone(),
            name: contact.name.clone(),
            to: email.masked(),
            accepted_by: accepted.by,
            link_id: link.link_id(),
            expires_at: link.expires_at(),
            issued_at: *issued_at,
            outbox: accepted.file.map(|file| OutboxMail { file, text: mail.text.clone() }),
        }
    }

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
        let now = self.desk.now();
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
        if let Err(error) = self.desk.audit.write(now, event).await {
            tracing::error!(%error, "the audit cannot be written: a mail is not tried again");
            return Err(Box::new(sending));
        }
        let (retries, mailer, failure) = (Arc::clone(self), Arc::clone(mailer), failure.clone());
        self.desk.in_background(async move {
            retries.try_until(&mailer, sending, failure, retry.every, until).await
        });
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
        let under_way = self.in_progress.begin(About::Link(link_id));
        loop {
            tokio::select! {
                () = tokio::time::sleep(every) => {}
                // The next start withdraws it, and tells the admin.
                () = self.desk.ending.cancelled() => return self.give_up(&sending, &failure).await,
            }
            if !self.is_waited_for(link_id).await {
                return;
            }
            if self.desk.now() >= until {
                break;
            }
            match mailer.sender.send(&sending.mail).await {
                Ok(accepted) => {
                    self.mailed(&sending, accepted).await;
                    drop(under_way);
                    self.owed.notify_about(About::Link(link_id)).await;
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
        let _ = self.outcomes.deliver(&admin, About::Link(link_id), &issued).await;
        drop(under_way);
    }

    async fn give_up(&self, sending: &Sending, failure: &MailFailure) {
        let event = Event::Withheld {
            link_id: Some(sending.link.link_id()),
            contact: sending.contact.id.clone(),
            admin: sending.admin.clone(),
            reasons: in_audit(&[HandOverReason::from(failure)]),
        };
        self.desk.note(event).await;
    }

    /// Whether the link is still good and nobody has it yet. An audit that cannot be read does not say, and the wait goes on.
    async fn is_waited_for(&self, link_id: LinkId) -> bool {
        let now = self.desk.now();
        let looked = self.desk.audit.look(now, move |memory| {
            memory.issuer(link_id).is_none_or(|link| link.fate(now) == Fate::Outstanding)
        });
        looked.await.unwrap_or(true)
    }

    /// What a process that has ended was trying to mail: the link is withdrawn, and whoever asked hears that they must ask again.
    pub(crate) async fn give_up_delayed(&self) {
        let now = self.desk.now();
        let left = self.desk.audit.look(now, move |memory| memory.delayed(now).cloned().collect::<Vec<_>>());
        let left = match left.await {
            Ok(left) => left,
            Err(error) => {
                tracing::error!(%error, "the audit cannot be read");
                return;
            }
        };
        for link in left.into_iter().filter(|link| !self.in_progress.contains(&About::Link(link.link_id))) {
            let asked_on_page = (link.admin.platform == Platform::Page).then(|| link.contact.clone());
            let given_up = self.desk.audit.transact(now, move |memory| {
                let is_left = memory.delayed(now).any(|left| left.link_id == link.link_id);
                let reason = Reason { reason: "mail_failed".to_owned(), detail: None };
                let event = Event::Withheld {
                    link_id: Some(link.link_id),
                    contact: link.contact,
                    admin: link.admin,
                    reasons: vec![reason],
                };
                (is_left.then_some(event), is_left)
            });
            match (given_up.await, asked_on_page) {
                (Ok(true), Some(contact)) => self.ask_help_desk_about(&contact).await,
                (Ok(_), _) => {}
                (Err(error), _) => {
                    tracing::error!(%error, "the audit cannot be written: a link that nobody has stays good");
                }
            }
        }
    }

    /// The mail was not taken: the link is handed over, or what the policy wants instead.
    pub(crate) async fn not_mailed(
        &self,
        sending: Sending,
        failure: &MailFailure,
    ) -> Result<Issued, Refused> {
        let Sending { admin, contact, link, issued_at, approval, .. } = sending;
        let reasons = vec![HandOverReason::from(failure)];
        if admin.platform == Platform::Page {
            return Err(self.ask_help_desk_instead(&contact, link.link_id(), reasons).await);
        }
        let held =
            self.hold_back.check(&admin, &contact, &reasons, Some(link.link_id()), approval.as_ref()).await;
        match held {
            Some(ended) => ended,
            None => self.hand_over.to_admin(&admin, &contact, link, issued_at, reasons).await,
        }
    }
    /// Nobody stands behind what was asked for on the page who could have the link in hand: it is withdrawn, and the help desk is asked.
    async fn ask_help_desk_instead(
        &self,
        contact: &Contact,
        link_id: LinkId,
        reasons: Vec<HandOverReason>,
    ) -> Refused {
        let not_withdrawn = self.hold_back.withhold(&Admin::page(), contact, Some(link_id), &reasons).await;
        if let Err(error) = self.help_desk.ask(contact, reasons.clone(), None).await {
            tracing::error!(%error, "the audit cannot be written: the help desk is not asked");
        }
        let (contact, name) = (contact.id.clone(), contact.name.clone());
        Refused::HandOverOff { contact, name, reasons, not_withdrawn }
    }

    async fn ask_help_desk_about(&self, contact: &ContactId) {
        let Ok(contact) = find_exactly(&self.desk, contact).await else { return };
        let reasons = vec![HandOverReason::MailFailed { answer: "the process ended".to_owned() }];
        if let Err(error) = self.help_desk.ask(&contact, reasons, None).await {
            tracing::error!(%error, "the audit cannot be written: the help desk is not asked");
        }
    }
}
