//! A link goes to the admin who asked; the contact hears of it where they could have been mailed.

use std::sync::Arc;

use contacts::Contact;
use jiff::Timestamp;
use keys::{EmailAddress, LinkId, ResetLink};

use crate::admin::{Admin, Platform};
use crate::audit::{About, Event, Fate, Notice};
use crate::desk::{Desk, recipient};
use crate::outcome::{HandedOver, Issued, Refused};
use crate::policy::delivery::{HandOverReason, in_audit, usable_email};
use crate::use_cases::in_progress::InProgress;

/// Hands links over.
pub(crate) struct HandOver {
    desk: Arc<Desk>,
    in_progress: InProgress<About>,
}

impl HandOver {
    pub(crate) fn new(desk: &Arc<Desk>, in_progress: &InProgress<About>) -> Self {
        Self { desk: Arc::clone(desk), in_progress: in_progress.clone() }
    }

    /// The audit's line is on disk before the link leaves. A contact who could have been mailed hears of it.
    pub(crate) async fn to_admin(
        &self,
        admin: &Admin,
        contact: &Contact,
        link: ResetLink,
        issued_at: Timestamp,
        reasons: Vec<HandOverReason>,
    ) -> Result<Issued, Refused> {
        let event = Event::HandedOver {
            link_id: link.link_id(),
            contact: contact.id.clone(),
            admin: admin.clone(),
            reasons: in_audit(&reasons),
        };
        let (link_id, now) = (link.link_id(), self.desk.now());
        self.begin_showing(link_id, admin);
        let written = self.desk.audit.transact(now, move |memory| {
            // It may have been withdrawn while its mail was on the way. A link that has expired meanwhile says so itself.
            let fate = memory.issuer(link_id).map(|link| link.fate(now));
            let is_good = matches!(fate, None | Some(Fate::Outstanding | Fate::Expired));
            (is_good.then_some(event), is_good)
        });
        let refused = match written.await {
            Ok(true) => None,
            Ok(false) => Some(Refused::MailedLinkOver),
            Err(error) => {
                tracing::error!(%error, "the audit cannot be written: the link is not handed over");
                Some(Refused::AuditUnavailable)
            }
        };
        if let Some(refused) = refused {
            self.in_progress.end(&About::Link(link_id));
            return Err(refused);
        }
        if let Some(email) = usable_email(contact)
            && reasons.iter().any(HandOverReason::is_despite_email)
        {
            self.notify_contact(contact.clone(), email, link.link_id(), link.expires_at());
        }
        let (contact, name) = (contact.id.clone(), contact.name.clone());
        Ok(Issued::HandedOver(Box::new(HandedOver { contact, name, reasons, link, issued_at })))
    }

    /// Some chats show a link in several steps: it is being shown until it is written down that it was.
    fn begin_showing(&self, link_id: LinkId, admin: &Admin) {
        if !matches!(admin.platform, Platform::Console | Platform::Shell) {
            self.in_progress.insert(About::Link(link_id));
        }
    }

    /// The contact could have been mailed and was not: they hear that the help desk has a link, as soon as the mail server lets them.
    fn notify_contact(&self, contact: Contact, email: EmailAddress, link_id: LinkId, expires_at: Timestamp) {
        let desk = Arc::clone(&self.desk);
        self.desk.in_background(async move {
            let notice = match desk.mailer() {
                Some(mailer) => {
                    let mail = mailer.branding.handed_over_notice(
                        &recipient(&contact, &email),
                        link_id,
                        expires_at,
                        desk.now(),
                    );
                    match mailer.sender.send(&mail).await {
                        Ok(_) => Notice::Mailed,
                        Err(failure) => Notice::Failed(failure.to_string()),
                    }
                }
                None => Notice::NoMailServer,
            };
            desk.note(Event::HandOverNoticed { link_id, notice }).await;
        });
    }
}
