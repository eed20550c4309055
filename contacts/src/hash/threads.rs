//! Threads of their own for hashing, and how many passwords are hashed at once: one limit for the whole process, whatever the scheme.

use std::sync::{Arc, LazyLock};
use std::thread::available_parallelism;

use rayon::{ThreadPool, ThreadPoolBuilder};
use tokio::sync::{Semaphore, oneshot};

use super::error::HashError;

/// The right to hash, as many times at once as there are slots. Clones share the slots.
#[derive(Clone)]
pub(super) struct HashingSlots(Arc<Semaphore>);

impl HashingSlots {
    /// The slots of this process, as many as there are cores: more at once would only add memory, not speed.
    pub(super) fn of_process() -> Self {
        static SLOTS: LazyLock<HashingSlots> = LazyLock::new(|| HashingSlots::new(cores()));
        SLOTS.clone()
    }

    pub(super) fn new(slots: usize) -> Self {
        Self(Arc::new(Semaphore::new(slots)))
    }

    /// Waits for a slot and does the work on a thread for hashing.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, HashError> + Send + 'static,
    ) -> Result<T, HashError> {
        let slots = Arc::clone(&self.0);
        let slot = slots.acquire_owned().await.map_err(|error| HashError::Failed(error.to_string()))?;
        let (answer, wait) = oneshot::channel();
        threads()?.spawn(move || {
            let result = work();
            // Held by the thread, not by the caller: a caller that goes away leaves the thread working.
            drop(slot);
            // Nobody waits any more.
            let _ = answer.send(result);
        });
        wait.await.map_err(|_| HashError::Failed("hashing ended early".to_owned()))?
    }
}

/// One thread a core, for the whole process.
fn threads() -> Result<&'static ThreadPool, HashError> {
    static THREADS: LazyLock<Result<ThreadPool, String>> = LazyLock::new(|| {
        ThreadPoolBuilder::new()
            .num_threads(cores())
            .thread_name(|number| format!("hashing-{number}"))
            // The one who waits is told by the channel that closes; the panic hook has said where.
            .panic_handler(|_| {})
            .build()
            .map_err(|error| error.to_string())
    });
    THREADS.as_ref().map_err(|error| HashError::Failed(error.clone()))
}

fn cores() -> usize {
    available_parallelism().map_or(1, usize::from)
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    #[tokio::test]
    async fn a_hash_waits_until_a_slot_is_free() {
        let slots = HashingSlots::new(1);
        let busy = Arc::clone(&slots.0).acquire_owned().await.unwrap();
        let mut hash = pin!(slots.run(|| Ok("a hash")));
        let mut context = Context::from_waker(Waker::noop());
        assert!(matches!(hash.as_mut().poll(&mut context), Poll::Pending));
        assert_eq!(slots.0.available_permits(), 0);
        drop(busy);
        assert_eq!(hash.await.unwrap(), "a hash");
        assert_eq!(slots.0.available_permits(), 1);
    }

    #[tokio::test]
    async fn work_that_panics_gives_its_slot_back() {
        let slots = HashingSlots::new(1);
        let ended: Result<(), _> = slots.run(|| panic!("on purpose")).await;
        assert!(matches!(ended, Err(HashError::Failed(_))));
        assert!(slots.run(|| Ok(())).await.is_ok());
    }
}
