//! A link that was e-mailed is withdrawn, and its admin gets a new one in hand.

use std::sync::Arc;

use contacts::Contact;
use keys::LinkId;

use crate::admin::Caller;
use crate::audit::{Denial, Found, IssuedLink};
use crate::desk::Desk;
use crate::outcome::{Issued, Refused, Reply};
use crate::policy::Needs;
use crate::policy::delivery::HandOverReason;
use crate::use_cases::ask::{Asking, Questions};
use crate::use_cases::find_contact::{find_exactly, refuse_obstacle, refuse_stranger};
use crate::use_cases::hand_over::HandOver;
use crate::use_cases::in_progress::InProgress;
use crate::use_cases::message_updates::MessageUpdates;
use crate::use_cases::mint::Mint;
use crate::use_cases::withdraw::Withdrawals;

/// Puts a link into the hand of whoever had one mailed.
pub(crate) struct HandOverInstead {
    pub(crate) desk: Arc<Desk>,
    /// Links whose button is being seen to: two presses never look at the same state of a link.
    pub(crate) pressed: InProgress<LinkId>,
    pub(crate) withdrawals: Arc<Withdrawals>,
    pub(crate) mint: Arc<Mint>,
    pub(crate) hand_over: Arc<HandOver>,
    pub(crate) questions: Arc<Questions>,
    pub(crate) updates: Arc<MessageUpdates>,
}

impl HandOverInstead {
    /// Only the admin who had the link e-mailed may, and never for a protected contact.
    pub(crate) async fn hand_over_instead(&self, caller: &Caller, link_id: LinkId) -> Reply {
        if let Err(refused) = refuse_stranger(&self.desk, caller).await {
            return Reply::Refused(refused);
        }
        let Some(_press) = self.pressed.begin(link_id) else { return Reply::BeingDone };
        self.exchange(caller, link_id).await.unwrap_or_else(|reply| reply)
    }

    async fn exchange(&self, caller: &Caller, link_id: LinkId) -> Result<Reply, Reply> {
        let link = self.withdrawals.outstanding(link_id).await?;
        // A mail that the server does not take yet may fail altogether: then the link would be handed over anyway.
        if !self.desk.settings.policy.hand_over_instead && !link.is_delayed {
            return Err(Reply::InsteadOff);
        }
        if let Some(why) = self.objection(caller, &link) {
            self.desk.deny(&caller.admin, Some(link.contact), why).await;
            return Err(match why {
                Denial::NotTheirLink => Reply::NotTheirLink,
                _ => Reply::InsteadOff,
            });
        }
        let contact = find_exactly(&self.desk, &link.contact).await.map_err(Reply::Refused)?;
        // Before the mailed link is withdrawn.
        refuse_obstacle(&self.desk, &caller.admin, &contact).await.map_err(Reply::Refused)?;
        let reasons = vec![HandOverReason::AskedInstead];
        let issued = match self.desk.settings.policy.needs(&contact.id, true) {
            Needs::Nothing => {
                // Before the mailed link is withdrawn: the contact would be left without any.
                self.mint.check_limits(&caller.admin, &contact.id).await.map_err(Reply::Refused)?;
                match self
                    .withdrawals
                    .withdraw(link_id, &link.contact, link.expires_at, Some(&caller.admin))
                    .await?
                {
                    Found::Withdrawn => {}
                    found => return Err(Reply::LinkRevoked { contact: link.contact, found }),
                }
                self.hand_over_now(caller, &contact, reasons).await
            }
            // The mailed link stays good until somebody has agreed.
            Needs::Approval => {
                let asking = Asking { reasons, instead_of: Some(link_id), not_withdrawn: None };
                self.questions.ask(&caller.admin, &contact, asking).await.map(Issued::AwaitingApproval)
            }
            Needs::Mail | Needs::Unprotected => return Err(Reply::InsteadOff),
        };
        self.updates.show_links_that_are_over_in_background();
        Ok(Reply::Issue(issued.unwrap_or_else(Issued::Refused)))
    }

    async fn hand_over_now(
        &self,
        caller: &Caller,
        contact: &Contact,
        reasons: Vec<HandOverReason>,
    ) -> Result<Issued, Refused> {
        let (link, issued_at) = self.mint.mint(&caller.admin, contact, None).await?;
        self.hand_over.to_admin(&caller.admin, contact, link, issued_at, reasons).await
    }

    fn objection(&self, caller: &Caller, link: &IssuedLink) -> Option<Denial> {
        let policy = &self.desk.settings.policy;
        if policy.is_protected(&link.contact) {
            Some(Denial::Protected)
        } else if !(link.is_mailed() || link.is_delayed) || !policy.people.is_same(&link.admin, &caller.admin)
        {
            Some(Denial::NotTheirLink)
        } else {
            None
        }
    }
}
