use contacts::{Contact, DirectoryError};
use keys::{Receipt, ReceiptOutcome};

use super::state::{RedeemError, RedeemerState};
use crate::ledger::{Claim, Settlement};

impl RedeemerState {
    /// Settles a claim that nobody will finish, by looking: the intended version is there -> redeemed; nothing has changed, in a conditional
    /// directory -> good again once the lease has ended; anything else -> used. `false` where it is not settled yet, or no longer to be settled.
    ///
    /// Where the claim names one of the directory's servers, that one alone is looked at: another may not have heard yet of what was written. While it does not
    /// answer nothing is settled; a link that has expired meanwhile counts as used, since nobody could use it any more.
    pub(super) async fn settle(&self, claim: &Claim) -> Result<bool, RedeemError> {
        let (contact, is_conditional) = match self.look_at_server(claim).await {
            Ok(looked) => looked,
            Err(failure) if claim.server.is_some() && self.now() >= claim.expires_at => {
                tracing::warn!(link_id = %claim.link_id, %failure, "what became of an unfinished claim cannot be told, and its link has expired: it counts as used");
                (None, false)
            }
            Err(failure) => return Err(failure.into()),
        };
        let is_ours = contact
            .as_ref()
            .is_some_and(|contact| Some(&contact.password_version) == claim.intended_version.as_ref());
        let is_unchanged =
            contact.as_ref().is_some_and(|contact| self.is_bound(claim.link_id, claim.binding, contact));
        let settlement = if is_ours {
            Settlement::Spent(self.settled(claim, ReceiptOutcome::Redeemed))
        } else if is_unchanged && is_conditional {
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

    /// The contact as the claim's server has them, and whether a write to them is conditional there.
    async fn look_at_server(&self, claim: &Claim) -> Result<(Option<Contact>, bool), DirectoryError> {
        let directory = self.passwords.at(claim.server.as_ref())?;
        let contact = directory.read(&claim.contact).await?;
        let is_conditional = contact.as_ref().is_some_and(|contact| directory.is_conditional_for(contact));
        Ok((contact, is_conditional))
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
