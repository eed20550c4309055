//! An audit channel on any platform: a line for each event, several in one message where many come at once.

use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio_util::sync::CancellationToken;

use crate::audit::Entry;
use crate::reply::{Part, Words};

/// Characters of one message; the platforms take 2,000 or more.
const LONGEST: usize = 1_900;

/// How long the last words may take once the bot stops.
pub(super) const LAST_WORDS: Duration = Duration::from_secs(5);

/// How often a message is tried that a platform does not take for reasons that pass.
const TRIES: u32 = 6;

const FIRST_WAIT: Duration = Duration::from_secs(1);

/// Posts until the platform takes it, or does not for a reason that stays; once `stop` has come, only once more.
pub(super) async fn post_until_taken<T, E, F: Future<Output = Result<T, E>>>(
    post: impl Fn() -> F,
    is_passing: impl Fn(&E) -> bool,
    stop: &CancellationToken,
) -> Result<(), E> {
    let mut wait = FIRST_WAIT;
    let mut attempt = 1;
    loop {
        match post().await {
            Ok(_) => return Ok(()),
            Err(failure) if is_passing(&failure) && attempt < TRIES && !stop.is_cancelled() => {
                tokio::select! {
                    () = tokio::time::sleep(wait) => {}
                    () = stop.cancelled() => {}
                }
                wait *= 2;
                attempt += 1;
            }
            Err(failure) => return Err(failure),
        }
    }
}

/// Lets a feed go on until `stop`, and then for its last words.
pub(super) async fn with_last_words(feed: impl Future<Output = ()>, stop: &CancellationToken) {
    let deadline = async {
        stop.cancelled().await;
        tokio::time::sleep(LAST_WORDS).await;
    };
    tokio::select! {
        () = feed => {}
        () = deadline => tracing::warn!("the audit channel was not told of the last events; the audit has them"),
    }
}

/// The events of the audit, as lines for a channel.
pub(super) struct Reader {
    words: Words,
    events: UnboundedReceiver<Entry>,
    /// What did not fit into the message before.
    pending: Option<String>,
}

impl Reader {
    pub(super) fn new(words: Words, events: UnboundedReceiver<Entry>) -> Self {
        Self { words, events, pending: None }
    }

    /// The next lines to send, as many as fit into one message; `None` once `stop` has come and nothing is left.
    pub(super) async fn next(&mut self, stop: &CancellationToken) -> Option<Vec<Part>> {
        let mut lines = vec![match self.pending.take() {
            Some(line) => line,
            None => self.first(stop).await?,
        }];
        let mut length = lines.iter().map(|line| line.chars().count()).sum::<usize>();
        while let Ok(entry) = self.events.try_recv() {
            let Some(line) = self.words.feed(&entry) else { continue };
            length += line.chars().count() + 1;
            if length > LONGEST {
                self.pending = Some(line);
                break;
            }
            lines.push(line);
        }
        Some(lines.into_iter().map(Part::Text).collect())
    }

    async fn first(&mut self, stop: &CancellationToken) -> Option<String> {
        loop {
            let event = tokio::select! {
                event = self.events.recv() => event,
                () = stop.cancelled() => self.events.try_recv().ok(),
            };
            if let Some(line) = self.words.feed(&event?) {
                return Some(line);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// How often it was posted, and what came of it, where it is taken at this attempt and fails before.
    async fn tried(taken_at: u32, is_passing: bool, stop: &CancellationToken) -> (u32, Result<(), ()>) {
        let attempts = Cell::new(0);
        let post = || {
            attempts.set(attempts.get() + 1);
            std::future::ready(if attempts.get() == taken_at { Ok(()) } else { Err(()) })
        };
        let ended = post_until_taken(post, |()| is_passing, stop).await;
        (attempts.get(), ended)
    }

    #[tokio::test]
    async fn what_passes_is_tried_again_and_what_stays_is_not() {
        let stop = CancellationToken::new();
        // The end cuts the wait short: there is one more attempt, and then none.
        let (tried_once_more, ()) = tokio::join!(tried(2, true, &stop), async { stop.cancel() });
        assert_eq!(tried_once_more, (2, Ok(())));
        assert_eq!(tried(2, false, &CancellationToken::new()).await, (1, Err(())));
    }

    #[tokio::test]
    async fn once_it_stops_nothing_is_tried_again() {
        let stop = CancellationToken::new();
        stop.cancel();
        assert_eq!(tried(2, true, &stop).await, (1, Err(())));
    }
}
