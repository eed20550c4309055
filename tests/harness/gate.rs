use std::sync::Arc;

use tokio::sync::watch;

/// Whoever comes waits while it is shut. A clone is the same gate.
#[derive(Clone)]
pub(super) struct Gate(Arc<Inner>);

struct Inner {
    is_shut: watch::Sender<bool>,
    waiting: watch::Sender<usize>,
}

impl Default for Gate {
    fn default() -> Self {
        Self(Arc::new(Inner { is_shut: watch::Sender::new(false), waiting: watch::Sender::new(0) }))
    }
}

impl Gate {
    /// Shuts or opens it.
    pub(super) fn is_shut(&self, is_shut: bool) {
        self.0.is_shut.send_replace(is_shut);
    }

    /// Waits until it is open.
    pub(super) async fn pass(&self) {
        let _here = Here::at(&self.0);
        let opened = self.0.is_shut.subscribe().wait_for(|is_shut| !is_shut).await.map(|_| ());
        opened.expect("the sender is ours");
    }

    /// Waits until somebody waits here.
    pub(super) async fn is_waited_at(&self) {
        let came = self.0.waiting.subscribe().wait_for(|waiting| *waiting > 0).await.map(|_| ());
        came.expect("the sender is ours");
    }
}

/// Counts whoever waits, until they go on or are dropped.
struct Here<'a>(&'a Inner);

impl<'a> Here<'a> {
    fn at(gate: &'a Inner) -> Self {
        gate.waiting.send_modify(|waiting| *waiting += 1);
        Self(gate)
    }
}

impl Drop for Here<'_> {
    fn drop(&mut self) {
        self.0.waiting.send_modify(|waiting| *waiting -= 1);
    }
}
