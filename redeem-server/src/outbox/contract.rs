//! What the pump takes receipts from, and what it hands them to.

use std::error::Error;

use async_trait::async_trait;
use keys::Receipt;

/// Receipts that wait until the bot has written them down. Survives restarts.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// The receipts that wait, oldest first, at most so many.
    ///
    /// # Errors
    /// Where they cannot be read.
    async fn receipts(&self, at_most: usize) -> Result<Vec<Receipt>, OutboxError>;

    /// The bot has written these down: they leave the outbox, durably before this returns.
    ///
    /// # Errors
    /// Where that cannot be noted; they are handed on once more then.
    async fn acknowledge(&self, receipts: &[Receipt]) -> Result<(), OutboxError>;
}

/// The outbox could not answer, in the words of whatever keeps it.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct OutboxError(pub Box<dyn Error + Send + Sync>);

/// Where receipts go: the bot, in this process or on another machine.
#[async_trait]
pub trait ReceiptSink: Send + Sync {
    /// Returns when the bot has the receipt on disk. May be called again with the same receipt.
    ///
    /// # Errors
    /// Where the bot cannot take it now; it is offered again later.
    async fn deliver(&self, receipt: &Receipt) -> Result<(), NotDelivered>;
}

/// The bot could not take a receipt; the text is for the log.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct NotDelivered(pub String);
