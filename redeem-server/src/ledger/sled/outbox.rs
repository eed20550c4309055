//! The receipts that wait: the ledger puts them in, whoever hands them on takes them out.

use async_trait::async_trait;
use keys::Receipt;

use super::SledLedger;
use super::mark::{decode, encode};
use crate::ledger::contract::LedgerError;
use crate::outbox::{Outbox, OutboxError};

impl SledLedger {
    pub(super) async fn record_receipt(&self, receipt: &Receipt) -> Result<(), LedgerError> {
        self.flusher.check()?;
        self.receipts.insert(receipt.id(), encode(receipt)?)?;
        self.flusher.durable().await
    }
}

#[async_trait]
impl Outbox for SledLedger {
    async fn receipts(&self, at_most: usize) -> Result<Vec<Receipt>, OutboxError> {
        let mut receipts = Vec::new();
        for entry in &self.receipts {
            let (id, bytes) = entry.map_err(LedgerError::from)?;
            match decode::<Receipt>(&bytes) {
                Ok(receipt) => receipts.push(receipt),
                // One receipt that cannot be read must not keep all others waiting.
                Err(error) => {
                    tracing::error!(id = %String::from_utf8_lossy(&id), %error, "a receipt cannot be read")
                }
            }
        }
        receipts.sort_by_key(|receipt| receipt.at);
        receipts.truncate(at_most);
        Ok(receipts)
    }

    async fn acknowledge(&self, receipts: &[Receipt]) -> Result<(), OutboxError> {
        for receipt in receipts {
            self.receipts.remove(receipt.id()).map_err(LedgerError::from)?;
        }
        Ok(self.flusher.durable().await?)
    }
}

impl From<LedgerError> for OutboxError {
    fn from(error: LedgerError) -> Self {
        Self(Box::new(error))
    }
}
