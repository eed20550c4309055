//! The outbox's way out: each receipt into the redeem half's own audit, then to the bot, then out of the outbox. At least once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use keys::Receipt;
use keys::chained_log::{ChainedLog, LogError, OnLine};
use serde::{Deserialize, Serialize};
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
    /// The receipts written within the horizon, by this process or one before it: none is written twice.
    written: Written,
}

/// A link lives an hour at most, and so do repeats of its receipts.
const HORIZON: SignedDuration = SignedDuration::from_hours(2);

#[derive(Default)]
struct Written(HashMap<String, Timestamp>);

#[derive(Serialize, Deserialize)]
struct Line {
    event: String,
    #[serde(flatten)]
    receipt: Receipt,
}

impl OnLine for Written {
    fn line(&mut self, line: &str) {
        if let Ok(Line { receipt, .. }) = serde_json::from_str(line) {
            self.0.insert(receipt.id(), receipt.at);
        }
    }
}

impl ReceiptPump {
    /// Puts the pump together.
    pub fn new(ledger: Arc<dyn Ledger>, audit: ChainedLog, sink: Arc<dyn ReceiptSink>) -> Self {
        Self {
            ledger,
            audit: Arc::new(Mutex::new(OwnAudit { log: audit, written: Written::default() })),
            sink,
        }
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
        Ok(self.ledger.acknowledge(std::slice::from_ref(receipt)).await?)
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
        let (audit, receipt) = (Arc::clone(&self.audit), receipt.clone());
        let write = tokio::task::spawn_blocking(move || {
            let OwnAudit { log, written } = &mut *audit.lock().unwrap_or_else(PoisonError::into_inner);
            let mut appender = log.lock(written)?;
            written.0.retain(|_, at| receipt.at.duration_since(*at) <= HORIZON);
            if written.0.contains_key(&receipt.id()) {
                return Ok(());
            }
            let line = Line { event: "receipt".to_owned(), receipt };
            appender.append(&line)?;
            written.0.insert(line.receipt.id(), line.receipt.at);
            Ok(())
        });
        match write.await {
            Ok(result) => result,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }
}

const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
