//! An index beside the audit, so that what is older than the memory is found without reading everything. It is a cache: what it names is read in the audit itself and
//! compared with the hash that the index has of it, and an index that is lost, damaged, stale or another audit's is made anew. Where there can be none, the whole
//! audit is read.

mod entries;
mod key;
mod scan;
mod store;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use keys::chained_log::{LogDisk, LogError, Reach, line_at};

use self::entries::Log;
pub(super) use self::entries::{Entries, IndexError};
pub(super) use self::key::Key;
use self::key::{keys_of, short_hash};
use self::scan::Scan;
use self::store::{Row, Store};
use super::event::Entry;

/// How often a question is asked: once more where the index had to be made anew.
const ATTEMPTS: u32 = 2;

/// The index of one audit.
#[derive(Debug)]
pub(super) struct Index {
    /// The audit's first segment.
    base: PathBuf,
    file: PathBuf,
    disk: Arc<dyn LogDisk>,
    store: Option<Store>,
    /// Whether it was made anew since it last had all of the audit: once is enough, or it would be without end where a new one is no better.
    is_made_anew: bool,
}

impl Index {
    pub(super) fn new(base: &Path, disk: Arc<dyn LogDisk>) -> Self {
        let mut file = base.to_owned().into_os_string();
        file.push(".index");
        Self { base: base.to_owned(), file: file.into(), disk, store: None, is_made_anew: false }
    }

    /// Answers a question about the audit up to `reach`, which is on disk for good. Blocks, and must be called within a runtime.
    ///
    /// # Errors
    /// Where the audit cannot be read.
    pub(super) fn ask<T>(
        &mut self,
        reach: &Reach,
        question: impl Fn(&mut dyn Entries) -> Result<T, IndexError>,
    ) -> Result<T, LogError> {
        for _ in 0..ATTEMPTS {
            let answer = self.up_to(reach).and_then(|mut found| question(&mut found));
            match answer {
                Ok(answer) => {
                    self.is_made_anew = false;
                    return Ok(answer);
                }
                Err(error) if error.is_of_this_index() => self.make_anew(&error),
                Err(error) => {
                    tracing::warn!(%error, file = %self.file.display(), "the audit's index cannot be used: the whole audit is read");
                    break;
                }
            }
        }
        let mut scan = Scan::new(&self.base, &*self.disk, reach);
        question(&mut scan).map_err(|error| {
            let cause = match error {
                IndexError::File(cause) => cause,
                other => io::Error::other(other),
            };
            LogError::File { path: self.base.clone(), cause }
        })
    }

    /// Takes in a part of what the audit has up to `reach`; `true` where more is left. Blocks, and must be called within a runtime.
    pub(super) fn follow(&mut self, reach: &Reach) -> bool {
        match self.store().and_then(|(store, log)| store.follow(&log, reach)) {
            Ok(is_there) => {
                self.is_made_anew &= !is_there;
                !is_there
            }
            Err(error) if error.is_of_this_index() && !self.is_made_anew => {
                self.make_anew(&error);
                true
            }
            Err(error) => {
                tracing::debug!(%error, "the audit's index lags behind");
                false
            }
        }
    }

    fn up_to(&mut self, reach: &Reach) -> Result<Indexed<'_>, IndexError> {
        let (store, log) = self.store()?;
        while !store.follow(&log, reach)? {}
        Ok(Indexed { store, log })
    }

    fn store(&mut self) -> Result<(&mut Store, Log<'_>), IndexError> {
        let log = Log { base: &self.base, disk: &*self.disk };
        // Another process may have made it anew.
        if self.store.as_ref().is_some_and(|store| !store.is_in_place()) {
            self.store = None;
        }
        let store = match self.store.take() {
            Some(store) => store,
            None => {
                let mut store = Store::open(&self.file)?;
                store.check(&log)?;
                store
            }
        };
        Ok((self.store.insert(store), log))
    }

    fn make_anew(&mut self, why: &IndexError) {
        tracing::info!(%why, file = %self.file.display(), "the audit's index is made anew");
        self.is_made_anew = true;
        if let Some(store) = &mut self.store
            && store.clear().is_ok()
        {
            return;
        }
        self.store = None;
        Store::remove(&self.file);
    }
}

/// An index that has followed the audit.
struct Indexed<'a> {
    store: &'a mut Store,
    log: Log<'a>,
}

impl Indexed<'_> {
    /// Reads the entries themselves; what stands in files that have been moved away is left out.
    fn read(&self, mut rows: Vec<Row>) -> Result<Vec<Entry>, IndexError> {
        rows.sort_unstable_by_key(|row| row.place);
        rows.dedup_by_key(|row| row.place);
        let mut entries = Vec::with_capacity(rows.len());
        for segment in self.log.segments()? {
            let rows = rows.iter().filter(|row| row.segment() == segment.ordinal());
            let mut opened = None;
            for row in rows {
                let file = match &mut opened {
                    Some(file) => file,
                    None => opened.insert(File::open(&segment.path)?),
                };
                let line = line_at(self.log.disk, file, row.position())?.ok_or(IndexError::Stale)?;
                if short_hash(&line) != row.hash {
                    return Err(IndexError::Stale);
                }
                entries.push(serde_json::from_slice(&line).map_err(|_| IndexError::Stale)?);
            }
        }
        Ok(entries)
    }
}

impl Entries for Indexed<'_> {
    fn about(&mut self, keys: &[Key<'_>]) -> Result<Vec<Entry>, IndexError> {
        let mut rows = Vec::new();
        for key in keys {
            rows.extend(self.store.rows(key.number())?);
        }
        let mut entries = self.read(rows)?;
        // Two keys may have one number.
        entries.retain(|entry| keys_of(&entry.event).iter().any(|key| keys.contains(key)));
        Ok(entries)
    }

    fn untold(&mut self) -> Result<Vec<Entry>, IndexError> {
        let rows = self.store.untold()?;
        self.read(rows)
    }
}
