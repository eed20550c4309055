//! A value behind one lock, and waiting for it to change.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

/// Something did not happen in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TooLate {
    /// What was awaited.
    pub awaited: &'static str,
    /// For how long.
    pub within: Duration,
}

impl std::fmt::Display for TooLate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "no {} within {:?}", self.awaited, self.within)
    }
}

impl std::error::Error for TooLate {}

pub(crate) struct Watched<T> {
    value: Mutex<T>,
    changed: watch::Sender<()>,
}

impl<T> Watched<T> {
    pub(crate) fn new(value: T) -> Self {
        Self { value: Mutex::new(value), changed: watch::Sender::new(()) }
    }

    /// Looks, or changes, and wakes whoever waits.
    pub(crate) fn with<R>(&self, act: impl FnOnce(&mut T) -> R) -> R {
        let result = self.peek(act);
        self.changed.send_replace(());
        result
    }

    /// Looks, and wakes nobody.
    pub(crate) fn peek<R>(&self, look: impl FnOnce(&mut T) -> R) -> R {
        look(&mut self.value.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Looks after every change until there is something.
    pub(crate) async fn until<R>(
        &self,
        awaited: &'static str,
        within: Duration,
        mut look: impl FnMut(&mut T) -> Option<R>,
    ) -> Result<R, TooLate> {
        let mut changes = self.changed.subscribe();
        let found = tokio::time::timeout(within, async {
            loop {
                changes.mark_unchanged();
                if let Some(found) = self.peek(&mut look) {
                    return found;
                }
                // The sender is ours.
                changes.changed().await.expect("whoever looks holds what changes");
            }
        });
        found.await.map_err(|_| TooLate { awaited, within })
    }
}
