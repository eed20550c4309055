use keys::{Receipt, ReceiptOutcome};

use super::state::{RedeemError, RedeemerState};
use crate::ledger::{Claim, Settlement};

impl RedeemerState {
    /// Settles a claim that nobody will finish, by looking: the intended version is there -> redeemed; nothing has changed, in a conditional
    /// directory -> good again once the lease has ended; anything else -> used. `false` where it is not settled yet, or no longer to be settled.
    pub(super) async fn settle(&self, claim: &Claim) -> Result<bool, RedeemError> {
        let contact = self.read(&claim.contact).await?;
        let is_ours = contact
            .as_ref()
            .is_some_and(|contact| Some(&contact.password_version) == claim.intended_version.as_ref());
        let is_unchanged =
            contact.as_ref().is_some_and(|contact| self.is_bound(claim.link_id, claim.binding, contact));
        let settlement = if is_ours {
            Settlement::Spent(self.settled(claim, ReceiptOutcome::Redeemed))
        } else if is_unchanged && self.passwords.is_conditional() {
            Settlement::Usable
        } else {
            Settlement::Spent(self.settled(claim, ReceiptOutcome::Unsettled))
        };
        let settled = self.ledger.settle(claim, &settlement).await?;
        if settled {
            tracing::info!(link_id = %claim.link_id, redeemed = is_ours, good_again = settlement == Settlement::Usable, "an unfinished claim was settled");
            self.receipts_waiting.notify_one();
        }
        Ok(settled)
    }

    fn settled(&self, claim: &Claim, outcome: ReceiptOutcome) -> Receipt {
        Receipt {
            link_id: claim.link_id,
            contact: claim.contact.clone(),
            key_id: Some(claim.key_id.clone()),
            outcome,
            at: keys::wire_time::to_millisecond(self.now()),
            client: None,
        }
    }
}
