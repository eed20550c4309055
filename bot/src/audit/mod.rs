//! The audit: JSON lines, each with the hash of the line before, and the bot's only memory.

mod event;
mod history;
mod memory;
mod requests;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use keys::chained_log::{ChainedLog, LogError, OnLine};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

pub use self::event::{Closing, Denial, Entry, Event, Found, Notice, Reason, RequestFault, Way};
pub use self::history::{Fate, LinkHistory};
pub use self::memory::{HORIZON, IssuedLink, Memory, Redemption, ShownLink};
pub use self::requests::{Request, RequestState};

/// A clock that goes back by more than this was wrong before.
const CLOCK_STEP: SignedDuration = SignedDuration::from_secs(60);

/// The audit of the bot half. Several processes may share one file; each sees the others' lines before it decides. A clone shares everything.
#[derive(Debug, Clone)]
pub struct Audit(Arc<Mutex<Inner>>);

#[derive(Debug)]
struct Inner {
    log: ChainedLog,
    memory: Memory,
    /// The latest time that anything was decided at.
    latest: Timestamp,
    /// Who reads along.
    followers: Vec<UnboundedSender<Entry>>,
}

/// Takes what other processes have written into memory.
struct Learner<'a> {
    memory: &'a mut Memory,
    now: Timestamp,
    followers: &'a mut Vec<UnboundedSender<Entry>>,
}

fn pass_on(followers: &mut Vec<UnboundedSender<Entry>>, entry: &Entry) {
    followers.retain(|follower| follower.send(entry.clone()).is_ok());
}

impl OnLine for Learner<'_> {
    fn line(&mut self, line: &str) {
        match serde_json::from_str::<Entry>(line) {
            // A redemption that nobody was told of is news however old it is.
            Ok(entry)
                if self.now.duration_since(entry.at) <= HORIZON
                    || matches!(entry.event, Event::Receipt { .. } | Event::Followed { .. }) =>
            {
                self.memory.learn(&entry);
                pass_on(self.followers, &entry);
            }
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(%error, "a line of the audit cannot be read; `reset-link audit verify` tells more");
            }
        }
    }
}

impl Audit {
    /// Opens or begins the audit and remembers what it tells of the last hours.
    ///
    /// # Errors
    /// Where the file cannot be opened, read or locked.
    pub fn open(path: &Path, now: Timestamp) -> Result<Self, LogError> {
        let mut log = ChainedLog::open(path)?;
        let mut memory = Memory::default();
        drop(log.lock(&mut Learner { memory: &mut memory, now, followers: &mut Vec::new() })?);
        Ok(Self(Arc::new(Mutex::new(Inner { log, memory, latest: now, followers: Vec::new() }))))
    }

    /// Every line from now on, whichever process writes it.
    pub fn follow(&self) -> UnboundedReceiver<Entry> {
        let (follower, lines) = unbounded_channel();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).followers.push(follower);
        lines
    }

    /// Decides and writes in one step that no other process can come between: `decide` sees everything written so far, and what it returns is on
    /// disk before this returns.
    ///
    /// # Errors
    /// Where the audit cannot be written: then nothing that it would have told of may happen.
    pub async fn transact<T, F>(&self, now: Timestamp, decide: F) -> Result<T, LogError>
    where
        T: Send + 'static,
        F: FnOnce(&Memory) -> (Option<Event>, T) + Send + 'static,
    {
        self.blocking(move |inner| {
            let Inner { log, memory, latest, followers } = inner;
            if now < *latest - CLOCK_STEP {
                // The clock was ahead and is right again: what was forgotten too early is read once more.
                *memory = Memory::default();
                log.rewind();
                drop(log.lock(&mut Learner { memory, now, followers: &mut Vec::new() })?);
            }
            *latest = now;
            memory.forget(now);
            let mut appender = log.lock(&mut Learner { memory, now, followers })?;
            let (event, result) = decide(memory);
            if let Some(event) = event {
                let entry = Entry { at: keys::wire_time::to_millisecond(now), event };
                appender.append(&entry)?;
                memory.learn(&entry);
                pass_on(followers, &entry);
            }
            Ok(result)
        })
        .await
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

    async fn blocking<T, F>(&self, work: F) -> Result<T, LogError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Inner) -> Result<T, LogError> + Send + 'static,
    {
        let inner = Arc::clone(&self.0);
        let task = tokio::task::spawn_blocking(move || {
            work(&mut inner.lock().unwrap_or_else(PoisonError::into_inner))
        });
        match task.await {
            Ok(result) => result,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }
}
