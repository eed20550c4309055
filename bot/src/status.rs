//! What became of a contact's links, and withdrawing them.

use keys::{Revocation, SignedRevocation};

use crate::admin::Caller;
use crate::audit::Event;
use crate::bot::{Bot, Withdrawal};
use crate::issue::Refused;
use crate::reply::{Reply, Status};

impl Bot {
    pub(crate) async fn status(&self, caller: &Caller, typed: &str) -> Reply {
        let contact = match self.0.resolve(caller, typed).await {
            Ok(contact) => contact,
            Err(refused) => return Reply::Refused(refused),
        };
        let now = self.0.now();
        match self.0.audit.history(&contact.id, now).await {
            Ok(links) => Reply::Status(Status { contact: contact.id, name: contact.name, links, now }),
            Err(error) => {
                tracing::error!(%error, "the audit cannot be read");
                Reply::Refused(Refused::AuditUnavailable)
            }
        }
    }

    /// Withdraws every link of the contact that was issued up to now. Written down first, and by whom; then withdrawn by the redeem half; then
    /// written down that it was.
    pub(crate) async fn revoke(&self, caller: &Caller, typed: &str) -> Reply {
        let contact = match self.0.resolve(caller, typed).await {
            Ok(contact) => contact,
            Err(refused) => return Reply::Refused(refused),
        };
        let Some(redeem_half) = self.0.redeem_half() else { return Reply::RevocationUnavailable };
        let now = keys::wire_time::to_millisecond(self.0.now());
        let (whose, who) = (contact.id.clone(), caller.admin.clone());
        let written = self.0.audit.transact(now, move |memory| {
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
        let signed = SignedRevocation::sign(&self.0.keyring, &self.0.settings.public_url, &revocation);
        match redeem_half.revoke(&signed).await {
            Ok(withdrawal) => {
                let in_progress = withdrawal == Withdrawal::InProgress;
                let (contact, name, admin) = (contact.id, contact.name, caller.admin.clone());
                self.0
                    .note(Event::Revoked { contact: contact.clone(), admin, issued_up_to, in_progress })
                    .await;
                Reply::Revoked { contact, name, in_progress }
            }
            Err(error) => {
                tracing::error!(%error, "links could not be withdrawn");
                Reply::RevocationUnavailable
            }
        }
    }
}
