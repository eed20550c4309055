//! Withdrawing one link by the redeem half's hand; also those that nobody is to have.

use std::sync::Arc;

use jiff::Timestamp;
use keys::{ContactId, LinkId, Revocation, SignedRevocation};

use crate::admin::Admin;
use crate::audit::{About, DeliveryChannel, Event, Fate, Found, IssuedLink};
use crate::desk::Desk;
use crate::outcome::{Refused, Reply};
use crate::ports::Withdrawal;
use crate::use_cases::in_progress::InProgress;

/// Withdraws links.
pub(crate) struct Withdrawals {
    desk: Arc<Desk>,
    in_progress: InProgress<About>,
}

impl Withdrawals {
    pub(crate) fn new(desk: &Arc<Desk>, in_progress: &InProgress<About>) -> Self {
        Self { desk: Arc::clone(desk), in_progress: in_progress.clone() }
    }

    /// A link that is still good, as far as the bot knows; otherwise the answer that says what has become of it.
    pub(crate) async fn outstanding(&self, link_id: LinkId) -> Result<IssuedLink, Reply> {
        match self.looked_up(link_id).await? {
            (link, now) if link.fate(now) == Fate::Outstanding => Ok(link),
            (link, now) => Err(Reply::LinkOver(link.fate(now))),
        }
    }

    /// A link as the audit tells of it, and when that was so; otherwise the answer.
    pub(crate) async fn looked_up(&self, link_id: LinkId) -> Result<(IssuedLink, Timestamp), Reply> {
        let now = self.desk.now();
        match self.desk.audit.look(now, move |memory| memory.issuer(link_id).cloned()).await {
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
        &self,
        link_id: LinkId,
        contact: &ContactId,
        expires_at: Timestamp,
        admin: Option<&Admin>,
    ) -> Result<Found, Reply> {
        let _under_way = self.in_progress.begin(About::Link(link_id));
        let (whose, who) = (contact.clone(), admin.cloned());
        let event = Event::LinkRevoking { link_id, contact: whose.clone(), admin: who.clone() };
        self.desk.audit.write(self.desk.now(), event).await.map_err(|error| {
            tracing::error!(%error, "the audit cannot be written: nothing is withdrawn");
            Reply::Refused(Refused::AuditUnavailable)
        })?;
        self.withdraw_now(link_id, whose, expires_at, who).await
    }

    /// Withdraws a link once it is written down that it is to be.
    async fn withdraw_now(
        &self,
        link_id: LinkId,
        whose: ContactId,
        expires_at: Timestamp,
        who: Option<Admin>,
    ) -> Result<Found, Reply> {
        let redeem_half = self.desk.redeem_half().ok_or(Reply::RevocationUnavailable)?;
        let revocation = Revocation::Link { link_id, contact: whose.clone(), expires_at };
        let signed = SignedRevocation::sign(&self.desk.keyring, &self.desk.settings.public_url, &revocation);
        let found = match redeem_half.revoke(&signed).await {
            Ok(Withdrawal::Done) => Found::Withdrawn,
            Ok(Withdrawal::InProgress) => Found::InProgress,
            Ok(Withdrawal::AlreadyRedeemed) => Found::AlreadyRedeemed,
            Err(error) => {
                tracing::error!(%error, %link_id, "a link could not be withdrawn");
                return Err(Reply::RevocationUnavailable);
            }
        };
        self.desk.note(Event::LinkRevoked { link_id, contact: whose, admin: who, found }).await;
        Ok(found)
    }

    /// Withdraws links that nobody is to have and that could not be withdrawn before: by this process, or by one that does not reach the redeem half.
    pub(crate) async fn withdraw_unwanted(&self) {
        if self.desk.redeem_half().is_none() {
            return;
        }
        let now = self.desk.now();
        let unwanted =
            self.desk.audit.look(now, move |memory| memory.unwanted(now).cloned().collect::<Vec<_>>());
        match unwanted.await {
            Ok(unwanted) => {
                for link in unwanted {
                    if let Some(_under_way) = self.in_progress.begin(About::Link(link.link_id)) {
                        // Why it could not be done is in the log.
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
        &self,
        link_id: LinkId,
        admin: &Admin,
        way: DeliveryChannel,
        message: Option<String>,
    ) -> bool {
        self.desk.note(Event::Shown { link_id, admin: admin.clone(), way, message }).await;
        self.in_progress.end(&About::Link(link_id));
        if way == DeliveryChannel::Nowhere
            && let Ok(link) = self.outstanding(link_id).await
        {
            return self.withdraw(link_id, &link.contact, link.expires_at, None).await.is_ok();
        }
        false
    }
}
