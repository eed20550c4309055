//! The outbox's way out: each receipt into the redeem half's own audit, then to the bot, then out of the outbox. At least once.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use keys::Receipt;
use keys::chained_log::{ChainedLog, LogError};
use thiserror::Error;
use tokio::sync::Notify;

use super::contract::{NotDelivered, Outbox, OutboxError, ReceiptSink};
use super::own_audit::OwnAudit;

/// How many receipts are handed on at a time.
const BATCH: usize = 100;

/// Why the outbox could not be emptied.
#[derive(Debug, Error)]
pub enum PumpError {
    /// The outbox itself.
    #[error(transparent)]
    Outbox(#[from] OutboxError),
    /// The redeem half's own audit.
    #[error("the redeem server's audit cannot be written: {0}")]
    Audit(#[from] LogError),
    /// The bot.
    #[error("the bot cannot take receipts: {0}")]
    Bot(#[from] NotDelivered),
}

/// Empties the outbox.
pub struct ReceiptPump {
    outbox: Arc<dyn Outbox>,
    audit: Arc<Mutex<OwnAudit>>,
    sink: Arc<dyn ReceiptSink>,
    /// Whether the last line could not be written to the redeem half's own audit.
    is_failing: Arc<AtomicBool>,
}

impl ReceiptPump {
    /// Puts the pump together.
    pub fn new(outbox: Arc<dyn Outbox>, audit: ChainedLog, sink: Arc<dyn ReceiptSink>) -> Self {
        let audit = Arc::new(Mutex::new(OwnAudit::new(audit)));
        Self { outbox, audit, sink, is_failing: Arc::default() }
    }

    /// Tells at any time whether the redeem half's own audit could be written when it was last tried; a receipt that waits tries it once a minute.
    pub fn can_write(&self) -> impl Fn() -> bool + Send + Sync + 'static {
        let is_failing = Arc::clone(&self.is_failing);
        move || !is_failing.load(Ordering::Relaxed)
    }

    /// Hands on all receipts that wait now; how many there were.
    ///
    /// # Errors
    /// The first error; what has been handed on is out of the outbox.
    pub async fn empty(&self) -> Result<usize, PumpError> {
        let mut handed_on = 0;
        loop {
            let receipts = self.outbox.receipts(BATCH).await?;
            if receipts.is_empty() {
                self.audit.lock().unwrap_or_else(PoisonError::into_inner).forget();
                return Ok(handed_on);
            }
            let mut first_error = None;
            for receipt in receipts {
                // One that cannot be handed on must not keep the others waiting.
                match self.hand_on(&receipt).await {
                    Ok(()) => handed_on += 1,
                    Err(error) => first_error = first_error.or(Some(error)),
                }
            }
            if let Some(error) = first_error {
                return Err(error);
            }
        }
    }

    async fn hand_on(&self, receipt: &Receipt) -> Result<(), PumpError> {
        self.write_down(receipt).await?;
        self.sink.deliver(receipt).await?;
        self.outbox.acknowledge(std::slice::from_ref(receipt)).await?;
        Ok(())
    }

    /// Empties the outbox whenever a receipt comes in, and now and then in case the bot was away, until told to stop; then once more.
    pub async fn run(self, waiting: Arc<Notify>, stop: impl Future<Output = ()>) {
        tokio::pin!(stop);
        // What is wrong with it is said at once, and not with the first receipt.
        if let Err(error) = self.in_audit(|audit| audit.read().map(drop)).await {
            tracing::warn!(%error, "the redeem server's audit cannot be written");
        }
        let mut pause = FIRST_PAUSE;
        loop {
            let wait = match self.empty().await {
                Ok(_) => {
                    pause = FIRST_PAUSE;
                    LONGEST_PAUSE
                }
                Err(error) => {
                    tracing::warn!(%error, again_in = ?pause, "receipts wait in the outbox");
                    let wait = pause;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                    wait
                }
            };
            tokio::select! {
                () = waiting.notified() => {}
                () = tokio::time::sleep(wait) => {}
                () = &mut stop => break,
            }
        }
        if let Err(error) = self.empty().await {
            tracing::warn!(%error, "receipts stay in the outbox until the next start");
        }
    }

    async fn write_down(&self, receipt: &Receipt) -> Result<(), PumpError> {
        let receipt = receipt.clone();
        Ok(self.in_audit(move |audit| audit.write_down(receipt)).await?)
    }

    async fn in_audit<F>(&self, work: F) -> Result<(), LogError>
    where
        F: FnOnce(&mut OwnAudit) -> Result<(), LogError> + Send + 'static,
    {
        let audit = Arc::clone(&self.audit);
        let done = tokio::task::spawn_blocking(move || {
            work(&mut audit.lock().unwrap_or_else(PoisonError::into_inner))
        });
        let done = done.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()));
        self.is_failing.store(done.is_err(), Ordering::Relaxed);
        done
    }
}

const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests;
