//! What came of a request, or of a mail that was tried again, goes to whoever asked.

use std::sync::Arc;

use crate::admin::Admin;
use crate::audit::{About, DeliveryChannel};
use crate::desk::Desk;
use crate::outcome::Issued;
use crate::ports::ChatError;
use crate::use_cases::owed::OwedNews;
use crate::use_cases::withdraw::Withdrawals;

/// Delivers outcomes.
pub(crate) struct OutcomeDelivery {
    desk: Arc<Desk>,
    withdrawals: Arc<Withdrawals>,
    owed: Arc<OwedNews>,
}

/// An outcome did not reach whoever asked.
pub(crate) struct Undelivered {
    /// Whether there was a link in it that is withdrawn now.
    pub(crate) is_withdrawn: bool,
}

impl OutcomeDelivery {
    pub(crate) fn new(desk: &Arc<Desk>, withdrawals: &Arc<Withdrawals>, owed: &Arc<OwedNews>) -> Self {
        Self { desk: Arc::clone(desk), withdrawals: Arc::clone(withdrawals), owed: Arc::clone(owed) }
    }

    /// Brings an admin what came of a request, or of a mail that was tried again, and writes down that they have it. A link that reaches nobody is withdrawn;
    /// what else reaches nobody is owed to them, and told as soon as a way opens.
    pub(crate) async fn deliver(
        &self,
        admin: &Admin,
        about: About,
        issued: &Issued,
    ) -> Result<(), Undelivered> {
        let request = match about {
            About::Request(request) => Some(request),
            About::Link(_) | About::Objection(_) => None,
        };
        let brought = match self.desk.chat(admin.platform) {
            Some(chat) => chat.deliver_outcome(admin, request, issued).await,
            None => Err(ChatError("this process has no such chat".to_owned())),
        };
        if let Err(error) = &brought {
            tracing::warn!(%admin, %error, "an admin could not be told what came of their request");
        }
        match (issued, brought) {
            (Issued::HandedOver(handed_over), Ok(delivered)) => {
                self.withdrawals
                    .shown(handed_over.link.link_id(), admin, delivered.channel, delivered.message)
                    .await;
                Ok(())
            }
            (Issued::HandedOver(handed_over), Err(_)) => {
                let link_id = handed_over.link.link_id();
                let is_withdrawn =
                    self.withdrawals.shown(link_id, admin, DeliveryChannel::Nowhere, None).await;
                Err(Undelivered { is_withdrawn })
            }
            (_, Ok(_)) => {
                self.owed.mark_notified(admin, about).await;
                Ok(())
            }
            (_, Err(_)) => Err(Undelivered { is_withdrawn: false }),
        }
    }
}
