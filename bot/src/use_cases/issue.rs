//! Decide, mint, deliver one link.

use std::sync::Arc;

use contacts::{Contact, EmailSharing};
use keys::ObjectionSubject;

use crate::admin::{Admin, Caller, Platform};
use crate::desk::{Desk, objection, recipient};
use crate::mail::{AskedBy, MailedLink};
use crate::outcome::{Issued, Refused};
use crate::policy::delivery::{Delivery, HandOverReason, decide, usable_email};
use crate::use_cases::find_contact::{email_sharing, refuse_obstacle, resolve};
use crate::use_cases::hand_over::HandOver;
use crate::use_cases::hold_back::{Approval, HoldBack};
use crate::use_cases::mint::Mint;
use crate::use_cases::retry_mail::{MailRetries, Sending};
use crate::use_cases::search::Search;

/// Issues links.
pub(crate) struct Issue {
    pub(crate) desk: Arc<Desk>,
    pub(crate) search: Arc<Search>,
    pub(crate) hold_back: Arc<HoldBack>,
    pub(crate) mint: Arc<Mint>,
    pub(crate) hand_over: Arc<HandOver>,
    pub(crate) retries: Arc<MailRetries>,
}

impl Issue {
    /// Issues a link for the contact that was named, if this admin may.
    ///
    /// Order: allowed, found, decided, limits and the audit's `issued` line in one step, and only then does the link leave.
    pub(crate) async fn issue(&self, caller: &Caller, typed: &str) -> Result<Issued, Refused> {
        let contact = resolve(&self.desk, &self.search, caller, typed).await?;
        let sharing = email_sharing(&self.desk, &contact).await?;
        self.issue_for(&caller.admin, &contact, sharing, None).await
    }

    /// Decides, and does it. What needs approval is asked for, unless this is the answer to such a request.
    pub(crate) async fn issue_for(
        &self,
        admin: &Admin,
        contact: &Contact,
        sharing: EmailSharing,
        approval: Option<&Approval>,
    ) -> Result<Issued, Refused> {
        refuse_obstacle(&self.desk, admin, contact).await?;
        let mailer = self.desk.mailer();
        let delivery = match approval {
            Some(approval) if approval.is_instead => Delivery::HandOver(vec![HandOverReason::AskedInstead]),
            _ => decide(mailer.is_some(), usable_email(contact), sharing),
        };
        let reasons = match &delivery {
            Delivery::HandOver(reasons) => reasons.clone(),
            Delivery::Mail(_) => Vec::new(),
        };
        if let Some(ended) = self.hold_back.check(admin, contact, &reasons, None, approval).await {
            return ended;
        }
        let (link, issued_at) =
            self.mint.mint(admin, contact, approval.map(|approval| approval.request)).await?;
        let (Delivery::Mail(email), Some(mailer)) = (&delivery, &mailer) else {
            return self.hand_over.to_admin(admin, contact, link, issued_at, reasons).await;
        };
        let objection = objection(&self.desk, &contact.id, link.link_id(), ObjectionSubject::Link, issued_at);
        let asked_by = match admin.platform {
            Platform::Page => AskedBy::Page,
            _ => AskedBy::HelpDesk(self.desk.settings.policy.people.name(admin)),
        };
        let mailed = MailedLink {
            link: link.expose(),
            link_id: link.link_id(),
            issued_at,
            expires_at: link.expires_at(),
            asked_by,
            objection: objection.expose(),
        };
        let mail = mailer.branding.reset_mail(&recipient(contact, email), &mailed, issued_at);
        let sent = mailer.sender.send(&mail).await;
        let sending = Sending {
            admin: admin.clone(),
            contact: contact.clone(),
            email: email.clone(),
            link,
            issued_at,
            mail,
            approval: approval.cloned(),
        };
        match sent {
            Ok(accepted) => Ok(Issued::Mailed(self.retries.mailed(&sending, accepted).await)),
            Err(failure) => {
                let link_id = sending.link.link_id();
                tracing::warn!(%link_id, %failure, "a mail was not accepted");
                match self.retries.delay(mailer, sending, &failure).await {
                    Ok(delayed) => Ok(Issued::Delayed(delayed)),
                    Err(sending) => self.retries.not_mailed(*sending, &failure).await,
                }
            }
        }
    }
}
