//! Withdrawing links: all of a contact, or one.

use std::sync::Arc;

use keys::{LinkId, Revocation, SignedRevocation};

use crate::admin::Caller;
use crate::audit::Event;
use crate::desk::Desk;
use crate::outcome::{Refused, Reply};
use crate::ports::Withdrawal;
use crate::use_cases::close_request::RequestClosings;
use crate::use_cases::find_contact::{refuse_stranger, resolve};
use crate::use_cases::in_progress::InProgress;
use crate::use_cases::message_updates::MessageUpdates;
use crate::use_cases::search::Search;
use crate::use_cases::withdraw::Withdrawals;

/// Withdraws links for an admin.
pub(crate) struct Revoke {
    pub(crate) desk: Arc<Desk>,
    pub(crate) search: Arc<Search>,
    /// Links whose button is being seen to: two presses never look at the same state of a link.
    pub(crate) pressed: InProgress<LinkId>,
    pub(crate) withdrawals: Arc<Withdrawals>,
    pub(crate) closings: Arc<RequestClosings>,
    pub(crate) updates: Arc<MessageUpdates>,
}

impl Revoke {
    /// Withdraws every link of the contact that was issued up to now. Written down first, and by whom; then withdrawn by the redeem half; then
    /// written down that it was.
    pub(crate) async fn revoke(&self, caller: &Caller, typed: &str) -> Reply {
        let contact = match resolve(&self.desk, &self.search, caller, typed).await {
            Ok(contact) => contact,
            Err(refused) => return Reply::Refused(refused),
        };
        let Some(redeem_half) = self.desk.redeem_half() else { return Reply::RevocationUnavailable };
        let now = keys::wire_time::to_millisecond(self.desk.now());
        let (whose, who) = (contact.id.clone(), caller.admin.clone());
        let written = self.desk.audit.transact(now, move |memory| {
            // The clock may have gone back since the newest link was issued.
            let issued_up_to = memory.newest_issue(&whose).map_or(now, |newest| now.max(newest));
            (Some(Event::Revoking { contact: whose, admin: who, issued_up_to }), issued_up_to)
        });
        let issued_up_to = match written.await {
            Ok(issued_up_to) => issued_up_to,
            Err(error) => {
                tracing::error!(%error, "the audit cannot be written: nothing is withdrawn");
                return Reply::Refused(Refused::AuditUnavailable);
            }
        };
        let revocation = Revocation::Contact { contact: contact.id.clone(), issued_up_to };
        let signed = SignedRevocation::sign(&self.desk.keyring, &self.desk.settings.public_url, &revocation);
        match redeem_half.revoke(&signed).await {
            Ok(withdrawal) => {
                let in_progress = withdrawal == Withdrawal::InProgress;
                let (contact, name, admin) = (contact.id, contact.name, caller.admin.clone());
                self.desk
                    .note(Event::Revoked { contact: contact.clone(), admin, issued_up_to, in_progress })
                    .await;
                self.closings.close_all_of(&contact, &caller.admin).await;
                self.updates.show_links_that_are_over_in_background();
                Reply::Revoked { contact, name, in_progress }
            }
            Err(error) => {
                tracing::error!(%error, "links could not be withdrawn");
                Reply::RevocationUnavailable
            }
        }
    }

    /// Withdraws one link: any admin may who may issue.
    pub(crate) async fn revoke_link(&self, caller: &Caller, link_id: LinkId) -> Reply {
        if let Err(refused) = refuse_stranger(&self.desk, caller).await {
            return Reply::Refused(refused);
        }
        let Some(_press) = self.pressed.begin(link_id) else { return Reply::BeingDone };
        let link = match self.withdrawals.looked_up(link_id).await {
            Ok((link, now)) if link.may_be_good(now) => link,
            Ok((link, now)) => return Reply::LinkOver(link.fate(now)),
            Err(reply) => return reply,
        };
        match self.withdrawals.withdraw(link_id, &link.contact, link.expires_at, Some(&caller.admin)).await {
            Ok(found) => {
                self.updates.show_links_that_are_over_in_background();
                Reply::LinkRevoked { contact: link.contact, found }
            }
            Err(reply) => reply,
        }
    }
}
