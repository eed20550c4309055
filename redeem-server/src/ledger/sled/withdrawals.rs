//! Withdrawing links: one link, or all of a contact's that were issued up to a time.

use jiff::Timestamp;
use keys::{ContactId, LinkId, Receipt, ReceiptOutcome};
use sled::Transactional as _;
use sled::transaction::ConflictableTransactionError;

use super::mark::{ExpiryMinute, Mark, encode, key};
use super::{SledLedger, transaction_error};
use crate::ledger::contract::{LedgerError, Withdrawal};

impl SledLedger {
    pub(super) async fn revoke_link(
        &self,
        link_id: LinkId,
        contact: &ContactId,
        expires_at: Timestamp,
    ) -> Result<Withdrawal, LedgerError> {
        if self.is_below_floor(expires_at)? {
            // Long expired: nothing to withdraw.
            return Ok(Withdrawal::Done);
        }
        let tree = self.tree_for(expires_at).await?;
        let minutes = self.minutes.read().await;
        if !minutes.contains_key(&ExpiryMinute::of(expires_at)) {
            return Ok(Withdrawal::Done);
        }
        let receipt = self.revoked(link_id, contact);
        let receipt_bytes = encode(&receipt)?;
        let link = key(&link_id);
        let result = (&tree, &self.receipts).transaction(|(marks, receipts)| {
            let mark = marks
                .get(link)?
                .map(|bytes| Mark::decode(&bytes))
                .transpose()
                .map_err(ConflictableTransactionError::Abort)?;
            let (mark, withdrawal) = match mark {
                Some(Mark::Spent) => return Ok(Withdrawal::AlreadyRedeemed),
                Some(Mark::Withdrawn) => return Ok(Withdrawal::Done),
                Some(Mark::Claimed { claim, .. }) => {
                    (Mark::Claimed { claim, withdrawn: true }, Withdrawal::InProgress)
                }
                None => (Mark::Withdrawn, Withdrawal::Done),
            };
            marks.insert(link, mark.encode().map_err(ConflictableTransactionError::Abort)?)?;
            if withdrawal == Withdrawal::Done {
                receipts.insert(receipt.id().as_bytes(), receipt_bytes.as_slice())?;
            }
            Ok(withdrawal)
        });
        drop(minutes);
        let withdrawal = result.map_err(transaction_error)?;
        self.flusher.durable().await?;
        Ok(withdrawal)
    }

    pub(super) async fn revoke_contact(
        &self,
        contact: &ContactId,
        issued_up_to: Timestamp,
    ) -> Result<Withdrawal, LedgerError> {
        let mut withdrawal = Withdrawal::Done;
        {
            // Alone: no claim can pass its check before this mark and land behind it.
            let minutes = self.minutes.write().await;
            if !self.is_withdrawn(contact, issued_up_to)? {
                self.withdrawn.insert(contact.as_str(), &issued_up_to.as_millisecond().to_be_bytes())?;
            }
            let now = self.now();
            for tree in minutes.values() {
                for entry in tree {
                    if let Mark::Claimed { claim, .. } = Mark::decode(&entry?.1)?
                        && claim.contact == *contact
                        && now < claim.lease_until
                    {
                        withdrawal = Withdrawal::InProgress;
                    }
                }
            }
        }
        self.flusher.durable().await?;
        Ok(withdrawal)
    }

    pub(super) fn is_withdrawn(
        &self,
        contact: &ContactId,
        issued_at: Timestamp,
    ) -> Result<bool, LedgerError> {
        let Some(bytes) = self.withdrawn.get(contact.as_str())? else { return Ok(false) };
        let bytes = bytes.as_ref().try_into().map_err(|_| LedgerError::Entry("withdrawn".to_owned()))?;
        Ok(issued_at.as_millisecond() <= i64::from_be_bytes(bytes))
    }

    pub(super) fn revoked(&self, link_id: LinkId, contact: &ContactId) -> Receipt {
        Receipt {
            link_id,
            contact: contact.clone(),
            key_id: None,
            outcome: ReceiptOutcome::Revoked,
            at: self.now(),
            client: None,
        }
    }
}
