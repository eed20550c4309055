//! The outbox's way out: each receipt into the redeem half's own audit, then to the bot, then out of the outbox. At least once.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use keys::Receipt;
use keys::chained_log::{ChainedLog, LogError};
use serde::Serialize;
use thiserror::Error;
use tokio::sync::Notify;

use crate::ledger::{Ledger, LedgerError};

/// How many receipts are handed on at a time.
const BATCH: usize = 100;

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
#[derive(Debug, Error)]
#[error("{0}")]
pub struct NotDelivered(pub String);

/// Why the outbox could not be emptied.
#[derive(Debug, Error)]
pub enum PumpError {
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The redeem half's own audit.
    #[error("the redeem server's audit cannot be written: {0}")]
    Audit(#[from] LogError),
    /// The bot.
    #[error("the bot cannot take receipts: {0}")]
    Bot(#[from] NotDelivered),
}

/// Empties the outbox.
pub struct ReceiptPump {
    ledger: Arc<dyn Ledger>,
    audit: Arc<Mutex<OwnAudit>>,
    sink: Arc<dyn ReceiptSink>,
}

struct OwnAudit {
    log: ChainedLog,
    /// Written by this process and not yet acknowledged by the bot: not written twice while the bot is away.
    written: HashSet<String>,
}

impl ReceiptPump {
    /// Puts the pump together.
    pub fn new(ledger: Arc<dyn Ledger>, audit: ChainedLog, sink: Arc<dyn ReceiptSink>) -> Self {
        Self { ledger, audit: Arc::new(Mutex::new(OwnAudit { log: audit, written: HashSet::new() })), sink }
    }

    /// Hands on all receipts that wait now; how many there were.
    ///
    /// # Errors
    /// The first that stands in the way; what has been handed on is out of the outbox.
    pub async fn empty(&self) -> Result<usize, PumpError> {
        let mut handed_on = 0;
        loop {
            let receipts = self.ledger.receipts(BATCH).await?;
            if receipts.is_empty() {
                return Ok(handed_on);
            }
            for receipt in receipts {
                self.write_down(&receipt).await?;
                self.sink.deliver(&receipt).await?;
                self.ledger.acknowledge(std::slice::from_ref(&receipt)).await?;
                self.lock().written.remove(&receipt.id());
                handed_on += 1;
            }
        }
    }

    /// Empties the outbox whenever a receipt comes in, and now and then in case the bot was away, until told to stop; then once more.
    pub async fn run(self, waiting: Arc<Notify>, stop: impl Future<Output = ()>) {
        tokio::pin!(stop);
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
        #[derive(Serialize)]
        struct Line<'a> {
            event: &'static str,
            #[serde(flatten)]
            receipt: &'a Receipt,
        }
        let (audit, receipt) = (Arc::clone(&self.audit), receipt.clone());
        let write = tokio::task::spawn_blocking(move || {
            let mut audit = audit.lock().unwrap_or_else(PoisonError::into_inner);
            if audit.written.contains(&receipt.id()) {
                return Ok(());
            }
            audit.log.lock(&mut |_: &str| ())?.append(&Line { event: "receipt", receipt: &receipt })?;
            audit.written.insert(receipt.id());
            Ok(())
        });
        match write.await {
            Ok(result) => result,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, OwnAudit> {
        self.audit.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
