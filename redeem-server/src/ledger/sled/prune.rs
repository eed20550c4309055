//! Forgetting what is past, behind a floor that never sinks.

use jiff::Timestamp;
use keys::{MAX_CLOCK_SKEW, MAX_LIFETIME};

use super::SledLedger;
use super::mark::{ExpiryMinute, Mark};
use crate::ledger::contract::{LedgerError, MARK_MARGIN};

impl SledLedger {
    pub(super) async fn forget_what_is_past(&self) -> Result<usize, LedgerError> {
        self.flusher.check()?;
        let mut minutes = self.minutes.write().await;
        let now = self.now();
        if let Some(unwell) = self.clock_trouble(now) {
            tracing::error!(%unwell, "the clock is wrong, or was before");
        }
        let keep_until = |minute: ExpiryMinute| minute.end() + self.lease + MARK_MARGIN;
        let mut past = Vec::new();
        for (minute, tree) in minutes.range(..=ExpiryMinute::of(now)) {
            if keep_until(*minute) > now {
                break;
            }
            let mut unsettled = false;
            for entry in tree {
                unsettled |= !matches!(Mark::decode(&entry?.1), Ok(Mark::Spent | Mark::Withdrawn));
            }
            if !unsettled {
                past.push(*minute);
            }
        }
        if let Some(last) = past.last() {
            self.raise_floor(*last).await?;
            for minute in &past {
                minutes.remove(minute);
                self.db.drop_tree(minute.tree_name())?;
            }
        }
        let mut forgotten = false;
        for entry in &self.withdrawn {
            let (contact, bytes) = entry?;
            let issued_up_to: [u8; 8] =
                bytes.as_ref().try_into().map_err(|_| LedgerError::Entry("withdrawn".to_owned()))?;
            let issued_up_to =
                Timestamp::from_millisecond(i64::from_be_bytes(issued_up_to)).unwrap_or(Timestamp::MAX);
            if now.duration_since(issued_up_to) > MAX_LIFETIME + MAX_CLOCK_SKEW + MARK_MARGIN {
                // The links that it was about stay closed, should the clock have been wrong.
                self.raise_floor(ExpiryMinute::of(issued_up_to + MAX_LIFETIME)).await?;
                self.withdrawn.remove(contact)?;
                forgotten = true;
            }
        }
        self.forget_attempts(now)?;
        if !past.is_empty() || forgotten {
            self.flusher.durable().await?;
        }
        Ok(past.len())
    }

    pub(super) fn floor(&self) -> Result<Option<ExpiryMinute>, LedgerError> {
        let Some(bytes) = self.meta.get("prune_floor")? else { return Ok(None) };
        let bytes = bytes.as_ref().try_into().map_err(|_| LedgerError::Entry("prune_floor".to_owned()))?;
        Ok(Some(ExpiryMinute(i64::from_be_bytes(bytes))))
    }

    /// Before anything is forgotten: a clock that steps back opens nothing. The floor never sinks.
    async fn raise_floor(&self, to: ExpiryMinute) -> Result<(), LedgerError> {
        if self.floor()?.is_none_or(|floor| floor < to) {
            self.meta.insert("prune_floor", &to.0.to_be_bytes())?;
        }
        self.flusher.durable().await
    }

    pub(super) fn is_below_floor(&self, expires_at: Timestamp) -> Result<bool, LedgerError> {
        Ok(self.floor()?.is_some_and(|floor| ExpiryMinute::of(expires_at) <= floor))
    }
}
