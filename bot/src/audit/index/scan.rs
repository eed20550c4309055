use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::Path;

use keys::chained_log::{LogDisk, Reach, lines};

use super::entries::{Entries, IndexError, Log};
use super::key::{Key, keys_of, untold_by};
use crate::audit::event::Entry;

/// The whole audit, read for each question: what there is where there can be no index.
pub(super) struct Scan<'a> {
    log: Log<'a>,
    reach: &'a Reach,
}

impl<'a> Scan<'a> {
    pub(super) fn new(base: &'a Path, disk: &'a dyn LogDisk, reach: &'a Reach) -> Self {
        Self { log: Log { base, disk }, reach }
    }

    /// Lines that cannot be read are left to `audit verify`.
    fn each(&self, mut look: impl FnMut(Entry)) -> io::Result<()> {
        for segment in self.log.segments()? {
            let end = if segment == self.reach.segment { self.reach.position } else { u64::MAX };
            for line in lines(self.log.disk, &File::open(&segment.path)?, 0, end) {
                if let Ok(entry) = serde_json::from_slice(&line?.1) {
                    look(entry);
                }
            }
        }
        Ok(())
    }
}

impl Entries for Scan<'_> {
    fn about(&mut self, keys: &[Key<'_>]) -> Result<Vec<Entry>, IndexError> {
        let mut found = Vec::new();
        self.each(|entry| {
            if keys_of(&entry.event).iter().any(|key| keys.contains(key)) {
                found.push(entry);
            }
        })?;
        Ok(found)
    }

    fn untold(&mut self) -> Result<Vec<Entry>, IndexError> {
        let mut untold = BTreeMap::new();
        self.each(|entry| match untold_by(&entry.event) {
            Some((link, true)) => {
                untold.insert(link, entry);
            }
            Some((link, false)) => {
                untold.remove(&link);
            }
            None => {}
        })?;
        Ok(untold.into_values().collect())
    }
}
