use std::fs::File;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::thread;

use tokio::sync::{mpsc, oneshot};

use super::disk::{LedgerDisk, make_durable};
use super::witness::Witness;
use crate::ledger::contract::LedgerError;

/// Whoever waits until what they wrote is on disk.
type Waiter = oneshot::Sender<Result<(), String>>;

/// The one thread that makes writes durable: it takes all who wait, flushes sled, fsyncs sled's file, and answers them all.
///
/// sled 0.34's own flushes do not fsync, and its `flush_async` deadlocks for good at seven concurrent calls.
///
/// Invariant: after the first failure nobody is ever answered with success again.
#[derive(Debug)]
pub(super) struct Flusher {
    /// Absent only while it ends.
    waiters: Option<mpsc::UnboundedSender<Waiter>>,
    thread: Option<thread::JoinHandle<()>>,
    stopped: Arc<OnceLock<String>>,
}

impl Flusher {
    pub(super) fn start(db: sled::Db, folder: &Path, disk: Arc<dyn LedgerDisk>) -> io::Result<Self> {
        let file = File::open(folder.join("db"))?;
        let witness = Witness::open(folder)?;
        let (waiters, mut queue) = mpsc::unbounded_channel::<Waiter>();
        let stopped: Arc<OnceLock<String>> = Arc::default();
        let failed = Arc::clone(&stopped);
        let thread = thread::Builder::new().name("ledger-flusher".to_owned()).spawn(move || {
            while let Some(first) = queue.blocking_recv() {
                let mut waiting = vec![first];
                while let Ok(next) = queue.try_recv() {
                    waiting.push(next);
                }
                let result = match failed.get() {
                    Some(cause) => Err(cause.clone()),
                    None => catch_unwind(AssertUnwindSafe(|| flush(&*disk, &db, &file, &witness)))
                        .unwrap_or_else(|_| Err("sled panicked".to_owned())),
                };
                if let Err(cause) = &result
                    && failed.set(cause.clone()).is_ok()
                {
                    tracing::error!(%cause, "the ledger could not write to disk: no link is redeemed until a restart");
                }
                for waiter in waiting {
                    // A waiter that has gone away no longer needs the answer.
                    let _ = waiter.send(result.clone());
                }
            }
        })?;
        Ok(Self { waiters: Some(waiters), thread: Some(thread), stopped })
    }

    /// Fails once a write has failed, so that nothing is decided on what may not be on disk.
    pub(super) fn check(&self) -> Result<(), LedgerError> {
        self.stopped.get().map_or(Ok(()), |cause| Err(LedgerError::Stopped(cause.clone())))
    }

    /// Waits until everything written so far is on disk.
    pub(super) async fn durable(&self) -> Result<(), LedgerError> {
        let (answer, wait) = oneshot::channel();
        let stopped = || LedgerError::Stopped("its flusher has ended".to_owned());
        self.waiters.as_ref().and_then(|waiters| waiters.send(answer).ok()).ok_or_else(stopped)?;
        wait.await.map_err(|_| stopped())?.map_err(LedgerError::Stopped)
    }
}

fn flush(disk: &dyn LedgerDisk, db: &sled::Db, file: &File, witness: &Witness) -> Result<(), String> {
    let count = witness.count(db)?;
    make_durable(disk, db, file).map_err(|error| error.to_string())?;
    witness.see(count)
}

/// Waits for the thread, which holds the database: whoever opens the folder next must find it free.
impl Drop for Flusher {
    fn drop(&mut self) {
        self.waiters.take();
        if let Some(thread) = self.thread.take() {
            // A panic in there has been told by the panic hook.
            let _ = thread.join();
        }
    }
}
