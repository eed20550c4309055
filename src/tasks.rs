//! The tasks of a process, none of which fails unnoticed.

use std::sync::{Arc, Mutex, PoisonError};

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Tasks that are told to stop together. Where one of them fails or panics, all are told to stop: half a process would look like a whole one.
#[derive(Clone)]
pub struct Tasks {
    tracker: TaskTracker,
    stop: CancellationToken,
    /// Why the first task that failed did so.
    cause: Arc<Mutex<Option<anyhow::Error>>>,
}

impl Tasks {
    /// No tasks as yet; they end once `stop` is cancelled.
    pub fn new(stop: CancellationToken) -> Self {
        Self { tracker: TaskTracker::new(), stop, cause: Arc::default() }
    }

    /// Other tasks of the same process: a failure among them stops these too, and [`Tasks::ended`] waits for each group apart.
    pub fn another_group(&self) -> Self {
        Self { tracker: TaskTracker::new(), ..self.clone() }
    }

    /// Cancelled when all tasks are to end.
    pub fn stop(&self) -> &CancellationToken {
        &self.stop
    }

    /// Runs a task. `name` says which, for the log.
    pub fn spawn<E: Into<anyhow::Error> + Send + 'static>(
        &self,
        name: &'static str,
        work: impl Future<Output = Result<(), E>> + Send + 'static,
    ) {
        let this = self.clone();
        self.tracker.spawn(async move {
            // In a task of its own, so that a panic ends that one and is seen here.
            match tokio::spawn(work).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => {
                    let error = error.into();
                    tracing::error!(%error, "everything stops: what is under way comes to its end");
                    this.fail(error);
                }
                // A panic's text may hold anything; the panic hook has shown it on standard error.
                Err(error) if error.is_panic() => {
                    tracing::error!(
                        task = name,
                        "a task has panicked, and everything stops: what is under way comes to its end"
                    );
                    this.fail(anyhow::anyhow!("the task \"{name}\" has panicked; standard error says where"));
                }
                // The runtime ends.
                Err(_) => {}
            }
        });
    }

    /// Runs a task that cannot fail, unless it panics.
    pub fn spawn_infallible(&self, name: &'static str, work: impl Future<Output = ()> + Send + 'static) {
        self.spawn(name, async move {
            work.await;
            Ok::<(), anyhow::Error>(())
        });
    }

    /// Notes why the process ends, where nothing else was the cause before, and tells all tasks to stop.
    pub fn fail(&self, error: anyhow::Error) {
        self.cause.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        self.stop.cancel();
    }

    /// Waits until all tasks of this group have ended.
    pub async fn ended(&self) {
        self.tracker.close();
        self.tracker.wait().await;
    }

    /// Why the first task that failed did so; gives it once.
    pub fn take_cause(&self) -> Option<anyhow::Error> {
        self.cause.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    /// A task that ends when all are told to stop, and notes that it came to its end.
    fn waiting(tasks: &Tasks) -> Arc<AtomicBool> {
        let ended = Arc::new(AtomicBool::new(false));
        let (stop, noted) = (tasks.stop().clone(), Arc::clone(&ended));
        tasks.spawn_infallible("waiting", async move {
            stop.cancelled().await;
            noted.store(true, Ordering::SeqCst);
        });
        ended
    }

    #[tokio::test]
    async fn a_task_that_fails_ends_the_others_and_is_the_cause() {
        let tasks = Tasks::new(CancellationToken::new());
        let others = tasks.another_group();
        let (one, other) = (waiting(&tasks), waiting(&others));
        tasks.spawn("failing", async { Err(anyhow::anyhow!("the first")) });
        tasks.ended().await;
        others.spawn("failing too", async { Err(anyhow::anyhow!("the second")) });
        others.ended().await;
        assert!(one.load(Ordering::SeqCst) && other.load(Ordering::SeqCst));
        assert_eq!(tasks.take_cause().unwrap().to_string(), "the first");
    }

    #[tokio::test]
    async fn a_task_that_panics_ends_the_others_and_names_itself() {
        let tasks = Tasks::new(CancellationToken::new());
        let other = waiting(&tasks);
        tasks.spawn_infallible("feed", async { panic!("words that nobody repeats") });
        tasks.ended().await;
        assert!(other.load(Ordering::SeqCst));
        let cause = tasks.take_cause().unwrap().to_string();
        assert!(cause.contains("feed") && !cause.contains("words"), "{cause}");
    }

    #[tokio::test]
    async fn a_task_that_ends_by_itself_stops_nothing() {
        let tasks = Tasks::new(CancellationToken::new());
        tasks.spawn_infallible("short", async {});
        tasks.ended().await;
        assert!(!tasks.stop().is_cancelled() && tasks.take_cause().is_none());
    }
}
