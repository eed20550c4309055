//! The redeem half's own audit of its receipts.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use keys::Receipt;
use keys::chained_log::{Appender, ChainedLog, LinePlace, LogError, OnLine, Since};
use serde::{Deserialize, Serialize};

/// The chained log that holds each receipt once.
pub(super) struct OwnAudit {
    log: ChainedLog,
    /// The receipts that are written, by this process or one before it: none is written twice.
    written: Written,
    /// Since when `written` knows of all: further back than any receipt that waits. Absent until something has been read.
    known_since: Option<Timestamp>,
    /// Whether the log (the operator's) has been told that a line does not follow from the one before it.
    has_told: bool,
}

impl OwnAudit {
    pub(super) fn new(mut log: ChainedLog) -> Self {
        log.rewind(Since::BeforeNewest(HORIZON));
        Self { log, written: Written::default(), known_since: None, has_told: false }
    }

    /// Takes in what stands there.
    pub(super) fn read(&mut self) -> Result<Timestamp, LogError> {
        let Self { log, written, known_since, has_told } = self;
        tell_operator(&log.lock(written)?, has_told);
        Ok(*known_since.get_or_insert_with(|| written.horizon()))
    }

    /// Writes a receipt down, once.
    pub(super) fn write_down(&mut self, receipt: Receipt) -> Result<(), LogError> {
        let known_since = self.known_since.map_or_else(|| self.read(), Ok)?;
        let id = receipt.id();
        if receipt.at < known_since && !self.written.by_id.contains_key(&id) {
            // The bot was away for longer than what has been read. Each time twice as far back is read, so that a long queue is not read for each receipt anew.
            let age =
                self.written.newest.map_or(SignedDuration::ZERO, |newest| newest.duration_since(receipt.at));
            let since = receipt.at.checked_sub(age.saturating_add(HORIZON)).unwrap_or(Timestamp::MIN);
            self.log.rewind(Since::Time(since));
            self.known_since = Some(since);
        }
        let Self { log, written, has_told, .. } = self;
        let mut appender = log.lock(written)?;
        tell_operator(&appender, has_told);
        if !written.by_id.contains_key(&id) {
            let line = Line { event: "receipt".to_owned(), receipt };
            appender.append(&line, line.receipt.at)?;
            written.take_in(&line.receipt);
        }
        Ok(())
    }

    /// No receipt waits: of the next ones none is older than the horizon.
    pub(super) fn forget(&mut self) {
        let horizon = self.written.horizon();
        if let Some(known_since) = self.known_since.as_mut().filter(|known_since| **known_since < horizon) {
            *known_since = horizon;
            self.written.by_id.retain(|_, at| *at >= horizon);
        }
    }
}

/// A link lives an hour at most, and so do repeats of its receipts.
const HORIZON: SignedDuration = SignedDuration::from_hours(2);

#[derive(Default)]
struct Written {
    by_id: HashMap<String, Timestamp>,
    /// When the newest of them happened.
    newest: Option<Timestamp>,
}

impl Written {
    fn take_in(&mut self, receipt: &Receipt) {
        self.by_id.insert(receipt.id(), receipt.at);
        self.newest = self.newest.max(Some(receipt.at));
    }

    fn horizon(&self) -> Timestamp {
        self.newest.and_then(|newest| newest.checked_sub(HORIZON).ok()).unwrap_or(Timestamp::MIN)
    }
}

#[derive(Serialize, Deserialize)]
struct Line {
    event: String,
    #[serde(flatten)]
    receipt: Receipt,
}

impl OnLine for Written {
    fn line(&mut self, _place: &LinePlace<'_>, line: &str) {
        if let Ok(Line { receipt, .. }) = serde_json::from_str(line) {
            self.take_in(&receipt);
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
