//! The outbox's way out: each receipt into the redeem half's own audit, then to the bot, then out of the outbox. At least once.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use keys::Receipt;
use keys::chained_log::{Appender, ChainedLog, LogError, OnLine};
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
    /// Whether the last line could not be written to the redeem half's own audit.
    is_failing: Arc<AtomicBool>,
}

struct OwnAudit {
    log: ChainedLog,
    /// The receipts written within the horizon, by this process or one before it: none is written twice.
    written: Written,
    /// Receipts that are written here and still in the outbox: the bot may be away for longer than any horizon.
    waiting: HashSet<String>,
    /// Whether the log (the operator's) has been told that a line does not follow from the one before it.
    has_told: bool,
}

impl OwnAudit {
    /// Takes in what stands there.
    fn read(&mut self) -> Result<(), LogError> {
        let Self { log, written, has_told, .. } = self;
        tell_operator(&log.lock(written)?, has_told);
        Ok(())
    }

    /// Writes a receipt down, once.
    fn write_down(&mut self, receipt: Receipt) -> Result<(), LogError> {
        let Self { log, written, waiting, has_told } = self;
        let mut appender = log.lock(written)?;
        tell_operator(&appender, has_told);
        let id = receipt.id();
        written.0.retain(|id, at| waiting.contains(id) || receipt.at.duration_since(*at) <= HORIZON);
        if !written.0.contains_key(&id) {
            let line = Line { event: "receipt".to_owned(), receipt };
            appender.append(&line)?;
            written.0.insert(id.clone(), line.receipt.at);
        }
        waiting.insert(id);
        Ok(())
    }
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
    fn line(&mut self, _number: u64, line: &str) {
        if let Ok(Line { receipt, .. }) = serde_json::from_str(line) {
            self.0.insert(receipt.id(), receipt.at);
        }
    }
}

/// Says once that a line does not follow from the one before it.
fn tell_operator(appender: &Appender<'_>, has_told: &mut bool) {
    if let Some(broken) = appender.broken()
        && !std::mem::replace(has_told, true)
    {
        tracing::error!(
            line = broken.line, flaw = %broken.fault,
            "the redeem server's audit is not as it was written; `reset-link audit verify` names the file"
        );
    }
}

impl ReceiptPump {
    /// Puts the pump together.
    pub fn new(ledger: Arc<dyn Ledger>, audit: ChainedLog, sink: Arc<dyn ReceiptSink>) -> Self {
        let (written, waiting) = (Written::default(), HashSet::new());
        let audit = OwnAudit { log: audit, written, waiting, has_told: false };
        Self { ledger, audit: Arc::new(Mutex::new(audit)), sink, is_failing: Arc::default() }
    }

    /// Tells at any time whether the redeem half's own audit could be written when it was last tried; a receipt that waits tries it once a minute.
    pub fn can_write(&self) -> impl Fn() -> bool + Send + Sync + 'static {
        let is_failing = Arc::clone(&self.is_failing);
        move || !is_failing.load(Ordering::Relaxed)
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
        self.ledger.acknowledge(std::slice::from_ref(receipt)).await?;
        self.audit.lock().unwrap_or_else(PoisonError::into_inner).waiting.remove(&receipt.id());
        Ok(())
    }

    /// Empties the outbox whenever a receipt comes in, and now and then in case the bot was away, until told to stop; then once more.
    pub async fn run(self, waiting: Arc<Notify>, stop: impl Future<Output = ()>) {
        tokio::pin!(stop);
        // What is wrong with it is said at once, and not with the first receipt.
        if let Err(error) = self.in_audit(OwnAudit::read).await {
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
mod tests {
    use std::io::{BufRead as _, BufReader};
    use std::path::Path;

    use keys::{ContactId, LinkId, ReceiptOutcome};

    use super::*;
    use crate::ledger::{SledLedger, SledSettings};

    /// A bot that is away.
    struct Away;

    #[async_trait]
    impl ReceiptSink for Away {
        async fn deliver(&self, _: &Receipt) -> Result<(), NotDelivered> {
            Err(NotDelivered("it is away".to_owned()))
        }
    }

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + hour * 3600).unwrap()
    }

    fn receipt(link_id: &str, at: Timestamp) -> Receipt {
        Receipt {
            link_id: LinkId::parse(link_id).unwrap(),
            contact: ContactId::new("ada").unwrap(),
            key_id: None,
            outcome: ReceiptOutcome::Redeemed,
            at,
            client: None,
        }
    }

    fn ledger(folder: &Path) -> Arc<SledLedger> {
        let settings = SledSettings {
            folder: folder.join("ledger"),
            cache_bytes: 16 * 1024 * 1024,
            lease: SignedDuration::from_secs(30),
        };
        let entropy: crate::Entropy = Arc::new(|buffer| buffer.fill(7));
        Arc::new(SledLedger::open(&settings, Arc::new(|| at(0)), &entropy).unwrap())
    }

    fn lines(file: &Path) -> usize {
        BufReader::new(std::fs::File::open(file).unwrap()).lines().count()
    }

    #[tokio::test]
    async fn receipts_that_wait_for_longer_than_two_hours_are_written_once() {
        let folder = tempfile::tempdir().unwrap();
        let (file, ledger) = (folder.path().join("redeem-audit.jsonl"), ledger(folder.path()));
        for (link_id, at) in [("AAAAAAAAAAAAAAAAAAAAAA", at(0)), ("BAAAAAAAAAAAAAAAAAAAAA", at(3))] {
            ledger.record(&receipt(link_id, at)).await.unwrap();
        }
        for process in 0..2 {
            let pump =
                ReceiptPump::new(Arc::clone(&ledger) as _, ChainedLog::open(&file).unwrap(), Arc::new(Away));
            for minute in 0..3 {
                pump.empty().await.unwrap_err();
                assert_eq!(lines(&file), 2, "process {process}, minute {minute}");
            }
        }
    }

    #[tokio::test]
    async fn a_redeem_audit_that_cannot_be_written_is_known_until_it_can_be() {
        let folder = tempfile::tempdir().unwrap();
        let (file, ledger) = (folder.path().join("redeem-audit.jsonl"), ledger(folder.path()));
        ledger.record(&receipt("AAAAAAAAAAAAAAAAAAAAAA", at(0))).await.unwrap();
        let pump = ReceiptPump::new(ledger, ChainedLog::open(&file).unwrap(), Arc::new(Away));
        let can_write = pump.can_write();
        assert!(can_write());
        let aside = file.with_extension("aside");
        std::fs::rename(&file, &aside).unwrap();
        pump.empty().await.unwrap_err();
        assert!(!can_write());
        std::fs::rename(&aside, &file).unwrap();
        pump.empty().await.unwrap_err();
        assert!(can_write());
    }
}
