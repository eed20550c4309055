use std::sync::Arc;

use tokio::sync::watch;

/// Whoever comes waits while it is shut. A clone is the same gate.
#[derive(Clone)]
pub(super) struct Gate(Arc<watch::Sender<bool>>);

impl Default for Gate {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }
}

impl Gate {
    /// Shuts or opens it.
    pub(super) fn is_shut(&self, is_shut: bool) {
        self.0.send_replace(is_shut);
    }

    /// Waits until it is open.
    pub(super) async fn pass(&self) {
        let opened = self.0.subscribe().wait_for(|is_shut| !is_shut).await.map(|_| ());
        opened.expect("the sender is ours");
    }
}
