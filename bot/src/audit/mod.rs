//! The audit: JSON lines, each with the hash of the line before, and the bot's only memory.

mod check;
mod denials;
mod event;
mod help;
mod history;
mod index;
mod links;
mod memory;
mod owed;
mod redemption;
mod requests;
mod sound;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use keys::chained_log::{ChainedLog, LOCK_PATIENCE, LinePlace, LogDisk, LogError, OnLine, Reach, Since};
use keys::disk::RealDisk;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

pub use self::check::Check;
use self::denials::Denials;
pub use self::event::{
    Closing, DeliveryChannel, Denial, Entry, Event, Found, HelpClosing, Notice, Reason, RequestFault,
};
pub use self::help::{HelpRequest, HelpState};
use self::index::Index;
pub use self::links::{Fate, IssuedLink};
pub use self::memory::{HORIZON, Memory, ShownLink};
pub use self::owed::About;
pub use self::redemption::Redemption;
pub use self::requests::{ABANDONED, Request, RequestState};
pub use self::sound::{Disagreement, Flaw, Unsound};

/// So many bytes may be written before the index follows.
const INDEX_LAG: u64 = 64 * 1024;

/// A clock that goes back by more than this was wrong before.
const CLOCK_STEP: SignedDuration = SignedDuration::from_secs(60);

/// The audit of the bot half. Several processes may share one file; each sees the others' lines before it decides. A clone shares everything.
#[derive(Debug, Clone)]
pub struct Audit(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    inner: Mutex<AuditState>,
    /// Whoever holds it keeps nobody from writing.
    index: Mutex<Index>,
    /// Whether somebody is at it to bring the index up to date.
    is_indexing: AtomicBool,
    /// Whether the last attempt to use the file failed.
    is_failing: AtomicBool,
    /// How often the file's lock could not be had.
    lock_failures: AtomicU64,
}

#[derive(Debug)]
struct AuditState {
    log: ChainedLog,
    patience: Duration,
    memory: Memory,
    /// Up to where the index has followed, or is about to.
    indexed: Reach,
    /// The latest time that anything was decided at.
    latest: Timestamp,
    denials: Denials,
    /// Whether the last line could not be written, and none has been since.
    cannot_append: bool,
    /// Whether the log (the operator's) has been told that the audit is not sound.
    has_told: bool,
    /// Who reads along.
    followers: Vec<UnboundedSender<Entry>>,
    /// What was written before anybody read along, and must be told all the same.
    at_start: Vec<Entry>,
}

/// Takes what other processes have written into memory.
struct OthersLines<'a> {
    memory: &'a mut Memory,
    now: Timestamp,
    followers: &'a mut Vec<UnboundedSender<Entry>>,
}

fn pass_on(followers: &mut Vec<UnboundedSender<Entry>>, entry: &Entry) {
    followers.retain(|follower| follower.send(entry.clone()).is_ok());
}

impl OnLine for OthersLines<'_> {
    fn line(&mut self, place: &LinePlace<'_>, line: &str) {
        match serde_json::from_str::<Entry>(line) {
            // A redemption that nobody was told of is news however old it is.
            Ok(entry)
                if self.now.duration_since(entry.at) <= HORIZON
                    || matches!(entry.event, Event::Receipt { .. } | Event::Followed { .. }) =>
            {
                if let Err(disagreement) = self.memory.learn(&entry) {
                    self.memory.suspect(place.segment, place.number(), Flaw::Disagrees(disagreement));
                }
                pass_on(self.followers, &entry);
            }
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(%error, line = place.number(), "a line of the audit cannot be read; `reset-link audit verify` tells more");
            }
        }
    }
}

impl AuditState {
    /// Decides, and writes what was decided, in one step that no other process can come between.
    fn transact<T>(
        &mut self,
        now: Timestamp,
        decide: impl FnOnce(&Memory) -> (Option<Event>, T),
    ) -> Result<T, LogError> {
        let Self { log, memory, latest, denials, cannot_append, has_told, followers, .. } = self;
        if now < *latest - CLOCK_STEP {
            // The clock was ahead and is right again: what was forgotten too early is read once more.
            memory.begin_again();
            log.rewind(since(now));
            drop(log.lock(&mut OthersLines { memory, now, followers: &mut Vec::new() })?);
        }
        *latest = now;
        memory.forget(now);
        let mut appender = log.lock(&mut OthersLines { memory, now, followers })?;
        if let Some((segment, broken)) = appender.broken_in() {
            memory.suspect(segment, broken.line, Flaw::Chain(broken.fault));
        }
        tell_operator(memory, has_told);
        let (event, result) = decide(memory);
        let event = event.filter(
            |event| !matches!(event, Event::Denied { admin, why, .. } if !denials.has_line(admin, *why, now)),
        );
        if let Some(event) = event {
            let entry = Entry { at: keys::wire_time::to_millisecond(now), event };
            let appended = appender.append(&entry, now);
            *cannot_append = appended.is_err();
            appended?;
            if let Err(disagreement) = memory.learn(&entry) {
                let place = appender.last_line();
                memory.suspect(place.segment, place.number(), Flaw::Disagrees(disagreement));
            }
            pass_on(followers, &entry);
        } else if *cannot_append {
            *cannot_append = appender.try_out().is_err();
        }
        Ok(result)
    }

    /// Takes in what other processes have written; up to where that is. A `now` that has become old meanwhile is no clock that went back.
    fn catch_up(&mut self, now: Timestamp) -> Result<Reach, LogError> {
        self.transact(now.max(self.latest), |_| (None, ()))?;
        Ok(self.log.reach())
    }

    /// Up to where the index should follow, where it lags so far behind that whoever asks it would notice.
    fn index_is_due(&mut self) -> Option<Reach> {
        let (reach, indexed) = (self.log.reach(), &self.indexed);
        let is_due = reach.segment != indexed.segment || reach.position > indexed.position + INDEX_LAG;
        is_due.then(|| self.indexed.clone_from(&reach))?;
        Some(reach)
    }
}

/// What a start reads, and a clock that was set right.
fn since(now: Timestamp) -> Since {
    Since::Time(now.checked_sub(HORIZON).unwrap_or(Timestamp::MIN))
}

/// Says once that the audit is not sound.
fn tell_operator(memory: &Memory, has_told: &mut bool) {
    if let Some(unsound) = memory.unsound()
        && !std::mem::replace(has_told, true)
    {
        tracing::error!(
            file = %unsound.file.display(), line = unsound.line, flaw = %unsound.flaw,
            "the audit is not as it was written: no link is issued or approved until the file is moved away and this process restarted; links can still be withdrawn"
        );
    }
}

impl Shared {
    /// Uses the file, and notes whether that worked. `failures`: how often the lock could not be had when whoever asks began to wait. Blocks.
    fn use_file<T>(
        &self,
        failures: u64,
        work: impl FnOnce(&mut AuditState) -> Result<T, LogError>,
    ) -> Result<T, LogError> {
        let mut state = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever waited while somebody else's patience ended does not begin to wait anew.
        let has_waited = self.lock_failures.load(Ordering::Acquire) != failures;
        let patience = if has_waited { Duration::ZERO } else { state.patience };
        state.log.set_patience(patience);
        let result = work(&mut state);
        if matches!(result, Err(LogError::Locked { .. })) {
            self.lock_failures.fetch_add(1, Ordering::AcqRel);
        }
        self.is_failing.store(result.is_err() || state.cannot_append, Ordering::Relaxed);
        result
    }
}

impl Audit {
    /// Opens or begins the audit and remembers what it tells of the last hours.
    ///
    /// # Errors
    /// Where the file cannot be opened, read or locked.
    pub fn open(path: &Path, now: Timestamp) -> Result<Self, LogError> {
        Self::open_on(Arc::new(RealDisk), path, now)
    }

    /// Opens the audit as [`Audit::open`] does, on a disk of the caller's.
    ///
    /// # Errors
    /// Where the file cannot be opened, read or locked.
    pub fn open_on(disk: Arc<dyn LogDisk>, path: &Path, now: Timestamp) -> Result<Self, LogError> {
        let mut log = ChainedLog::open_on(Arc::clone(&disk), path)?;
        log.rewind(since(now));
        let mut inner = AuditState {
            indexed: log.reach(),
            log,
            patience: LOCK_PATIENCE,
            memory: Memory::default(),
            latest: now,
            denials: Denials::default(),
            cannot_append: false,
            has_told: false,
            followers: Vec::new(),
            at_start: Vec::new(),
        };
        inner.transact(now, |_| (None, ()))?;
        inner.indexed = inner.log.reach();
        Ok(Self(Arc::new(Shared {
            inner: Mutex::new(inner),
            index: Mutex::new(Index::new(path, disk)),
            is_indexing: AtomicBool::new(false),
            is_failing: AtomicBool::new(false),
            lock_failures: AtomicU64::new(0),
        })))
    }

    /// From now on the file's lock is waited for no longer than this; [`LOCK_PATIENCE`] otherwise.
    pub fn set_patience(&self, patience: Duration) {
        self.0.inner.lock().unwrap_or_else(PoisonError::into_inner).patience = patience;
    }

    /// Every line from now on, whichever process writes it, and those of the start before them.
    pub fn follow(&self) -> UnboundedReceiver<Entry> {
        let (follower, lines) = unbounded_channel();
        let mut inner = self.0.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if inner.at_start.iter().all(|entry| follower.send(entry.clone()).is_ok()) {
            inner.followers.push(follower);
        }
        lines
    }

    /// Writes one event of the start, of which also those hear who come to read along later.
    ///
    /// # Errors
    /// Where the audit cannot be written.
    pub async fn write_at_start(&self, now: Timestamp, event: Event) -> Result<(), LogError> {
        self.write(now, event.clone()).await?;
        let entry = Entry { at: keys::wire_time::to_millisecond(now), event };
        self.0.inner.lock().unwrap_or_else(PoisonError::into_inner).at_start.push(entry);
        Ok(())
    }

    /// Whether the file could be used when it was last tried.
    pub fn is_writable(&self) -> bool {
        !self.0.is_failing.load(Ordering::Relaxed)
    }

    /// Decides and writes in one step that no other process can come between: `decide` sees everything written so far, and what it returns is on
    /// disk before this returns. Of many denials only the first have lines of their own: see [`Audit::write_denials`].
    ///
    /// # Errors
    /// Where the audit cannot be written: then nothing that it would have told of may happen.
    pub async fn transact<T, F>(&self, now: Timestamp, decide: F) -> Result<T, LogError>
    where
        T: Send + 'static,
        F: FnOnce(&Memory) -> (Option<Event>, T) + Send + 'static,
    {
        let (shared, failures) = (Arc::clone(&self.0), self.0.lock_failures.load(Ordering::Acquire));
        let (result, due) = blocking(move || {
            shared.use_file(failures, |state| {
                let result = state.transact(now, decide)?;
                Ok((result, state.index_is_due()))
            })
        })
        .await?;
        if let Some(reach) = due {
            self.index_behind(reach);
        }
        Ok(result)
    }

    /// Brings the index up to date behind what is being done, for as long as this audit is in use.
    fn index_behind(&self, reach: Reach) {
        if self.0.is_indexing.swap(true, Ordering::AcqRel) {
            return;
        }
        let shared = Arc::downgrade(&self.0);
        tokio::task::spawn_blocking(move || {
            let mut is_behind = true;
            // A part at a time, so that nothing waits long for it, least of all the end of the process.
            while is_behind && let Some(shared) = shared.upgrade() {
                is_behind = shared.index.lock().unwrap_or_else(PoisonError::into_inner).follow(&reach);
                if !is_behind {
                    shared.is_indexing.store(false, Ordering::Release);
                }
            }
        });
    }

    /// Up to where the audit is on disk for good.
    async fn reach(&self, now: Timestamp) -> Result<Reach, LogError> {
        let (shared, failures) = (Arc::clone(&self.0), self.0.lock_failures.load(Ordering::Acquire));
        blocking(move || shared.use_file(failures, |state| state.catch_up(now))).await
    }

    /// Writes one event.
    ///
    /// # Errors
    /// Where the audit cannot be written.
    pub async fn write(&self, now: Timestamp, event: Event) -> Result<(), LogError> {
        self.transact(now, |_| (Some(event), ())).await
    }

    /// Looks at the memory without writing, after taking in what other processes wrote.
    ///
    /// # Errors
    /// Where the audit cannot be read.
    pub async fn look<T, F>(&self, now: Timestamp, look: F) -> Result<T, LogError>
    where
        T: Send + 'static,
        F: FnOnce(&Memory) -> T + Send + 'static,
    {
        self.transact(now, |memory| (None, look(memory))).await
    }

    /// Writes down in bulk the denials that had no lines of their own and are a minute old; all of them where the process ends.
    ///
    /// # Errors
    /// Where the audit cannot be written; what was counted is lost then.
    pub async fn write_denials(&self, now: Timestamp, is_end: bool) -> Result<(), LogError> {
        let shared = Arc::clone(&self.0);
        let due =
            move || shared.inner.lock().unwrap_or_else(PoisonError::into_inner).denials.due(now, is_end);
        let due = blocking(due).await;
        for event in due {
            self.write(now, event).await?;
        }
        Ok(())
    }
}

/// Runs what blocks a thread.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}
