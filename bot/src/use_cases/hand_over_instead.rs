//! A link that was e-mailed is withdrawn, and its admin gets a new one in hand.

use std::sync::{Arc, PoisonError};

use contacts::Contact;
use keys::{ContactId, LinkId};

use crate::admin::{Admin, Caller};
use crate::audit::{Denial, Found, IssuedLink};
use crate::bot::{Bot, Inner};
use crate::outcome::{Issued, Refused, Reply};
use crate::policy::Needs;
use crate::policy::delivery::HandOverReason;
use crate::use_cases::approve::Asking;
use crate::use_cases::issue::{beyond, is_sound};

/// A link whose button is being seen to; let go of when dropped. Two presses never look at the same state of a link.
pub(crate) struct Press {
    inner: Arc<Inner>,
    link_id: LinkId,
}

impl Press {
    /// `None` while another press of the same button is under way.
    pub(crate) fn begin(inner: &Arc<Inner>, link_id: LinkId) -> Option<Self> {
        let is_first = inner.pressed.lock().unwrap_or_else(PoisonError::into_inner).insert(link_id);
        is_first.then(|| Self { inner: Arc::clone(inner), link_id })
    }
}

impl Drop for Press {
    fn drop(&mut self) {
        self.inner.pressed.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.link_id);
    }
}

impl Bot {
    /// Only the admin who had the link e-mailed may, and never for a protected contact.
    pub(crate) async fn hand_over_instead(&self, caller: &Caller, link_id: LinkId) -> Reply {
        if let Some(refused) = self.0.refuse_stranger(caller).await {
            return refused;
        }
        let Some(_press) = Press::begin(&self.0, link_id) else { return Reply::BeingDone };
        self.0.instead(caller, link_id).await.unwrap_or_else(|reply| reply)
    }
}

impl Inner {
    async fn instead(self: &Arc<Self>, caller: &Caller, link_id: LinkId) -> Result<Reply, Reply> {
        let link = self.outstanding(link_id).await?;
        // A mail that the server does not take yet may fail altogether: then the link would be handed over anyway.
        if !self.settings.policy.hand_over_instead && !link.is_delayed {
            return Err(Reply::InsteadOff);
        }
        if let Some(why) = self.stands_against(caller, &link) {
            self.deny(&caller.admin, Some(link.contact), why).await;
            return Err(match why {
                Denial::NotTheirLink => Reply::NotTheirLink,
                _ => Reply::InsteadOff,
            });
        }
        let contact = self.contact(&link.contact).await.map_err(Reply::Refused)?;
        let reasons = vec![HandOverReason::AskedInstead];
        let issued = match self.settings.policy.needs(&contact.id, true) {
            Needs::Nothing => {
                // Before the mailed link is withdrawn: the contact would be left without any.
                self.check_limits(&caller.admin, &contact.id).await.map_err(Reply::Refused)?;
                match self.withdraw(link_id, &link.contact, link.expires_at, Some(&caller.admin)).await? {
                    Found::Withdrawn => {}
                    found => return Err(Reply::LinkRevoked { contact: link.contact, found }),
                }
                self.hand_over_now(caller, &contact, reasons).await
            }
            // The mailed link stays good until somebody has agreed.
            Needs::Approval => {
                let asking = Asking { reasons, instead_of: Some(link_id), not_withdrawn: None };
                self.ask(&caller.admin, &contact, asking).await.map(Issued::AwaitingApproval)
            }
            Needs::Mail | Needs::Unprotected => return Err(Reply::InsteadOff),
        };
        self.close_links_behind();
        Ok(Reply::Issue(issued.unwrap_or_else(Issued::Refused)))
    }

    async fn check_limits(&self, admin: &Admin, contact: &ContactId) -> Result<(), Refused> {
        let now = self.now();
        let (policy, who, whose) = (self.settings.policy.clone(), admin.clone(), contact.clone());
        let checked = self.audit.transact(now, move |memory| {
            if let Err(refused) = is_sound(memory) {
                return (None, Err(refused));
            }
            match policy.check_limits(memory, &who, &whose, now) {
                Ok(()) => (None, Ok(())),
                Err(limit) => {
                    let (event, refused) = beyond(limit, who, whose);
                    (Some(event), Err(refused))
                }
            }
        });
        checked.await.unwrap_or_else(|error| {
            tracing::error!(%error, "the audit cannot be written: nothing is withdrawn");
            Err(Refused::AuditUnavailable)
        })
    }

    async fn hand_over_now(
        self: &Arc<Self>,
        caller: &Caller,
        contact: &Contact,
        reasons: Vec<HandOverReason>,
    ) -> Result<Issued, Refused> {
        let (link, issued_at) = self.mint(&caller.admin, contact, None).await?;
        self.hand_over(&caller.admin, contact, link, issued_at, reasons).await
    }

    fn stands_against(&self, caller: &Caller, link: &IssuedLink) -> Option<Denial> {
        let policy = &self.settings.policy;
        if policy.is_protected(&link.contact) {
            Some(Denial::Protected)
        } else if !(link.is_mailed() || link.is_delayed) || !policy.people.is_same(&link.admin, &caller.admin)
        {
            Some(Denial::NotTheirLink)
        } else {
            None
        }
    }

    /// The contact of exactly this id.
    pub(crate) async fn contact(&self, id: &ContactId) -> Result<Contact, Refused> {
        match self.lookup.find_exact(id).await {
            Ok(Some(contact)) => Ok(contact),
            Ok(None) => Err(Refused::NoSuchContact { near: Vec::new() }),
            Err(error) => {
                tracing::error!(%error, "a contact could not be looked up");
                Err(Refused::DirectoryUnavailable)
            }
        }
    }
}
