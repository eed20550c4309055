//! What can be wrong with a ledger that is open.

use jiff::Timestamp;
use keys::{MAX_CLOCK_SKEW, wire_time};
use thiserror::Error;

/// What is wrong with a ledger that is open.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unwell {
    /// Writing failed once: see `LedgerError::Stopped`.
    #[error("{}; {}", self.what(), self.cure())]
    Stopped(String),
    /// It began later than it is now: the clock is wrong now, or was wrong then.
    #[error("{}; {}", self.what(), self.cure())]
    ClockBehind {
        /// When it began, by the clock of that time.
        began: Timestamp,
        /// What the clock says.
        now: Timestamp,
    },
    /// The clock went back behind what the ledger has already forgotten: new links count as expired.
    #[error("{}; {}", self.what(), self.cure())]
    FloorAhead {
        /// Up to when marks were dropped.
        floor: Timestamp,
        /// What the clock says.
        now: Timestamp,
    },
}

impl Unwell {
    /// What is wrong.
    pub fn what(&self) -> String {
        match self {
            Self::Stopped(cause) => format!("the ledger could not write to disk and has stopped ({cause})"),
            Self::ClockBehind { began, now } => format!(
                "the ledger began at {}, but this machine's clock says {}",
                wire_time::format(*began),
                wire_time::format(*now)
            ),
            Self::FloorAhead { floor, now } => format!(
                "the ledger has forgotten links that expired up to {}, but this machine's clock says {}",
                wire_time::format(*floor),
                wire_time::format(*now)
            ),
        }
    }

    /// What mends it.
    pub fn cure(&self) -> &'static str {
        match self {
            Self::Stopped(_) => "see to the disk, then restart",
            Self::ClockBehind { .. } => {
                "set the clock right (if the clock was wrong when the ledger began and is right now, move the folder away: all links issued so far are then refused)"
            }
            Self::FloorAhead { .. } => {
                "set the clock right (if the clock was wrong before and is right now, stop and move the folder away: all links issued so far are then refused)"
            }
        }
    }
}

/// The clock stands before the ledger's own beginning, by more than clocks may differ.
pub(super) fn clock_behind(began: Timestamp, now: Timestamp) -> Option<Unwell> {
    (began.duration_since(now) > MAX_CLOCK_SKEW).then_some(Unwell::ClockBehind { began, now })
}
