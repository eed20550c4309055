//! What the bot hears about.

use std::net::IpAddr;

use keys::{Receipt, ReceiptOutcome, VerifiedLink};

use super::outcome::Closed;
use super::state::{RedeemError, RedeemerState};

impl RedeemerState {
    pub(super) async fn report_refusal(
        &self,
        why: Closed,
        link: &VerifiedLink,
        client: IpAddr,
    ) -> Result<(), RedeemError> {
        let outcome = match why {
            Closed::Used => ReceiptOutcome::RefusedUsed,
            Closed::Withdrawn => ReceiptOutcome::RefusedWithdrawn,
            Closed::Overtaken => ReceiptOutcome::RefusedOvertaken,
            Closed::LedgerIsYounger => ReceiptOutcome::RefusedLedgerIsYounger,
            // Nobody's news: an expired link is dead for everybody, a damaged one is nobody's.
            Closed::Expired | Closed::Damaged => return Ok(()),
        };
        self.report(link, outcome, client).await
    }

    pub(super) async fn report(
        &self,
        link: &VerifiedLink,
        outcome: ReceiptOutcome,
        client: IpAddr,
    ) -> Result<(), RedeemError> {
        self.ledger.record(&self.receipt(link, outcome, Some(client))).await?;
        self.receipts_waiting.notify_one();
        Ok(())
    }

    pub(super) fn receipt(
        &self,
        link: &VerifiedLink,
        outcome: ReceiptOutcome,
        client: Option<IpAddr>,
    ) -> Receipt {
        Receipt {
            link_id: link.link_id(),
            contact: link.contact().clone(),
            key_id: Some(link.key_id().clone()),
            outcome,
            at: keys::wire_time::to_millisecond(self.now()),
            client,
        }
    }
}
