use jiff::Timestamp;
use keys::chained_log::{LinePlace, OnLine};

use super::event::Entry;
use super::memory::Memory;
use super::sound::Disagreement;

/// Looks for lines that disagree in a whole file, with no more memory than the last hours of it need.
#[derive(Debug, Default)]
pub struct Check {
    memory: Memory,
    newest: Option<Timestamp>,
    since_forgetting: u32,
    found: Option<(u64, Disagreement)>,
}

/// After so many lines what is behind the horizon is forgotten.
const FORGET_EVERY: u32 = 1000;

impl Check {
    /// The first line that disagrees with an earlier one.
    pub fn found(&self) -> Option<(u64, Disagreement)> {
        self.found
    }

    /// Goes on to the next segment of the same audit, of which nothing has been found yet.
    pub fn begin_segment(&mut self) {
        self.found = None;
    }
}

impl OnLine for Check {
    fn line(&mut self, place: &LinePlace<'_>, line: &str) {
        let Ok(entry) = serde_json::from_str::<Entry>(line) else { return };
        let newest = self.newest.map_or(entry.at, |newest| newest.max(entry.at));
        self.newest = Some(newest);
        if let Err(disagreement) = self.memory.learn(&entry) {
            self.found.get_or_insert_with(|| (place.number(), disagreement));
        }
        self.since_forgetting += 1;
        if self.since_forgetting == FORGET_EVERY {
            self.since_forgetting = 0;
            self.memory.forget(newest);
        }
    }
}
