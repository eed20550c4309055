//! An audit channel on any platform: a line for each event, several in one message where many come at once.

use tokio::sync::mpsc::UnboundedReceiver;
use tokio_util::sync::CancellationToken;

use crate::audit::Entry;
use crate::reply::{Part, Words};

/// So many lines fit into one message, however long they are.
const LINES: usize = 10;

/// The next lines to send; `None` once `stop` has come and nothing is left.
pub(super) async fn next_lines(
    words: &Words,
    events: &mut UnboundedReceiver<Entry>,
    stop: &CancellationToken,
) -> Option<Vec<Part>> {
    loop {
        let first = tokio::select! {
            event = events.recv() => event,
            () = stop.cancelled() => events.try_recv().ok(),
        };
        let rest = std::iter::from_fn(|| events.try_recv().ok()).take(LINES - 1);
        let all = std::iter::once(first?).chain(rest);
        let lines: Vec<Part> = all.filter_map(|entry| words.feed(&entry)).map(Part::Text).collect();
        if !lines.is_empty() {
            return Some(lines);
        }
    }
}
