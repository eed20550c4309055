//! Changes of passwords without a link: noted before the write, so that a process that dies behind it leaves no password that nobody tells of.

use keys::Receipt;
use sled::Transactional as _;

use super::mark::{decode, encode};
use super::{SledLedger, transaction_error};
use crate::ledger::contract::{LedgerError, PendingChange};

impl SledLedger {
    pub(super) async fn note_change(&self, change: &PendingChange) -> Result<(), LedgerError> {
        self.flusher.check()?;
        self.changes.insert(change.id.to_string(), encode(change)?)?;
        self.flusher.durable().await
    }

    pub(super) async fn finish_change(
        &self,
        change: &PendingChange,
        receipt: Option<&Receipt>,
    ) -> Result<(), LedgerError> {
        self.flusher.check()?;
        let receipt =
            receipt.map(|receipt| Ok::<_, LedgerError>((receipt.id(), encode(receipt)?))).transpose()?;
        let finished = (&self.changes, &self.receipts).transaction(|(changes, receipts)| {
            changes.remove(change.id.to_string().as_bytes())?;
            if let Some((id, receipt)) = &receipt {
                receipts.insert(id.as_bytes(), receipt.as_slice())?;
            }
            Ok(())
        });
        finished.map_err(transaction_error)?;
        self.flusher.durable().await
    }

    pub(super) async fn unfinished_changes(&self) -> Result<Vec<PendingChange>, LedgerError> {
        self.changes.iter().map(|entry| decode(&entry?.1)).collect()
    }
}
