//! The redeem half's own audit of its receipts.

use std::collections::{HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};
use keys::Receipt;
use keys::chained_log::{Appender, ChainedLog, LogError, OnLine};
use serde::{Deserialize, Serialize};

/// The chained log that holds each receipt once.
pub(super) struct OwnAudit {
    log: ChainedLog,
    /// The receipts written within the horizon, by this process or one before it: none is written twice.
    written: Written,
    /// Receipts that are written here and still in the outbox: the bot may be away for longer than any horizon.
    waiting: HashSet<String>,
    /// Whether the log (the operator's) has been told that a line does not follow from the one before it.
    has_told: bool,
}

impl OwnAudit {
    pub(super) fn new(log: ChainedLog) -> Self {
        Self { log, written: Written::default(), waiting: HashSet::new(), has_told: false }
    }

    /// Takes in what stands there.
    pub(super) fn read(&mut self) -> Result<(), LogError> {
        let Self { log, written, has_told, .. } = self;
        tell_operator(&log.lock(written)?, has_told);
        Ok(())
    }

    /// Writes a receipt down, once.
    pub(super) fn write_down(&mut self, receipt: Receipt) -> Result<(), LogError> {
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

    /// A receipt has left the outbox.
    pub(super) fn no_longer_waits(&mut self, receipt: &Receipt) {
        self.waiting.remove(&receipt.id());
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
