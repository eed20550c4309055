//! Withdrawing links: all of a contact, or one.

use std::sync::Arc;

use jiff::Timestamp;
use keys::{ContactId, LinkId, Revocation, SignedRevocation};

use crate::admin::{Admin, Caller};
use crate::audit::{About, DeliveryChannel, Event, Fate, Found, IssuedLink};
use crate::bot::{Bot, Inner, Withdrawal};
use crate::outcome::{Refused, Reply};
use crate::use_cases::hand_over_instead::Press;

impl Bot {
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
                self.0.close_requests_of(&contact, &caller.admin).await;
                self.0.close_links_behind();
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
        if let Some(refused) = self.0.refuse_stranger(caller).await {
            return refused;
        }
        let Some(_press) = Press::begin(&self.0, link_id) else { return Reply::BeingDone };
        let link = match self.0.looked_up(link_id).await {
            Ok((link, now)) if link.may_be_good(now) => link,
            Ok((link, now)) => return Reply::LinkOver(link.fate(now)),
            Err(reply) => return reply,
        };
        match self.0.withdraw(link_id, &link.contact, link.expires_at, Some(&caller.admin)).await {
            Ok(found) => {
                self.0.close_links_behind();
                Reply::LinkRevoked { contact: link.contact, found }
            }
            Err(reply) => reply,
        }
    }
}

impl Inner {
    /// A link that is still good, as far as the bot knows; otherwise the answer that says what has become of it.
    pub(crate) async fn outstanding(&self, link_id: LinkId) -> Result<IssuedLink, Reply> {
        match self.looked_up(link_id).await? {
            (link, now) if link.fate(now) == Fate::Outstanding => Ok(link),
            (link, now) => Err(Reply::LinkOver(link.fate(now))),
        }
    }

    /// A link as the audit tells of it, and when that was so; otherwise the answer.
    async fn looked_up(&self, link_id: LinkId) -> Result<(IssuedLink, Timestamp), Reply> {
        let now = self.now();
        match self.audit.look(now, move |memory| memory.issuer(link_id).cloned()).await {
            Ok(Some(link)) => Ok((link, now)),
            // Older than the memory, and so older than any link can be.
            Ok(None) => Err(Reply::LinkOver(Fate::Expired)),
            Err(error) => {
                tracing::error!(%error, "the audit cannot be read");
                Err(Reply::Refused(Refused::AuditUnavailable))
            }
        }
    }

    /// Written down first; then withdrawn by the redeem half; then written down what that found.
    pub(crate) async fn withdraw(
        self: &Arc<Self>,
        link_id: LinkId,
        contact: &ContactId,
        expires_at: Timestamp,
        admin: Option<&Admin>,
    ) -> Result<Found, Reply> {
        let _under_way = self.begins(About::Link(link_id));
        let (whose, who) = (contact.clone(), admin.cloned());
        let event = Event::LinkRevoking { link_id, contact: whose.clone(), admin: who.clone() };
        self.audit.write(self.now(), event).await.map_err(|error| {
            tracing::error!(%error, "the audit cannot be written: nothing is withdrawn");
            Reply::Refused(Refused::AuditUnavailable)
        })?;
        self.withdraw_now(link_id, whose, expires_at, who).await
    }

    /// The same, once it is written down.
    async fn withdraw_now(
        &self,
        link_id: LinkId,
        whose: ContactId,
        expires_at: Timestamp,
        who: Option<Admin>,
    ) -> Result<Found, Reply> {
        let redeem_half = self.redeem_half().ok_or(Reply::RevocationUnavailable)?;
        let revocation = Revocation::Link { link_id, contact: whose.clone(), expires_at };
        let signed = SignedRevocation::sign(&self.keyring, &self.settings.public_url, &revocation);
        let found = match redeem_half.revoke(&signed).await {
            Ok(Withdrawal::Done) => Found::Withdrawn,
            Ok(Withdrawal::InProgress) => Found::InProgress,
            Ok(Withdrawal::AlreadyRedeemed) => Found::AlreadyRedeemed,
            Err(error) => {
                tracing::error!(%error, %link_id, "a link could not be withdrawn");
                return Err(Reply::RevocationUnavailable);
            }
        };
        self.note(Event::LinkRevoked { link_id, contact: whose, admin: who, found }).await;
        Ok(found)
    }

    /// Withdraws links that nobody is to have and that could not be withdrawn before: by this process, or by one that does not reach the redeem half.
    pub(crate) async fn withdraw_unwanted(self: &Arc<Self>) {
        if self.redeem_half().is_none() {
            return;
        }
        let now = self.now();
        let unwanted = self.audit.look(now, move |memory| memory.unwanted(now).cloned().collect::<Vec<_>>());
        match unwanted.await {
            Ok(unwanted) => {
                for link in unwanted {
                    if let Some(_under_way) = self.begins(About::Link(link.link_id)) {
                        // What stands in the way is in the log.
                        let _ = self.withdraw_now(link.link_id, link.contact, link.expires_at, None).await;
                    }
                }
            }
            Err(error) => tracing::error!(%error, "the audit cannot be read"),
        }
    }

    /// Writes down how a link that was handed over reached the admin. One that reached nobody is withdrawn, since the platform may deliver it yet: whether
    /// that was done.
    pub(crate) async fn shown(
        self: &Arc<Self>,
        link_id: LinkId,
        admin: &Admin,
        way: DeliveryChannel,
        message: Option<String>,
    ) -> bool {
        self.note(Event::Shown { link_id, admin: admin.clone(), way, message }).await;
        self.ends(About::Link(link_id));
        if way == DeliveryChannel::Nowhere
            && let Ok(link) = self.outstanding(link_id).await
        {
            return self.withdraw(link_id, &link.contact, link.expires_at, None).await.is_ok();
        }
        false
    }
}
