//! An audit channel on any platform: a line for each event, several in one message where many come at once.

use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::adapter::Adapter;
use crate::audit::Entry;
use crate::chat::retry::{Attempts, Retryable};
use crate::words::{Part, Words};

/// Characters of one message; the platforms take 2,000 or more.
const LONGEST: usize = 1_900;

/// How long the last words may take once the bot stops.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// How often a message is tried that a platform does not take for reasons that pass.
const TRIES: u32 = 6;

const FIRST_WAIT: Duration = Duration::from_secs(1);

/// Tells the channel of each event until `stop`, and then, for a while, of what has come until then.
pub(super) async fn tell<A: Adapter>(
    adapter: &A,
    channel: &str,
    words: Words,
    events: UnboundedReceiver<Entry>,
    render: impl Fn(&[Part]) -> A::Rendered,
    stop: &CancellationToken,
) {
    let mut reader = Reader { words, events, pending: None };
    let feed = async {
        while let Some(lines) = reader.next(stop).await {
            let message = render(&lines);
            let post = || adapter.post(channel, &message, A::AUDIT_PATIENCE);
            if let Err(failure) = post_until_taken(post, stop).await {
                tracing::error!(channel, %failure, "the audit channel was not told of an event; the audit has it");
            }
        }
    };
    let deadline = async {
        stop.cancelled().await;
        tokio::time::sleep(LAST_WORDS).await;
    };
    tokio::select! {
        () = feed => {}
        () = deadline => tracing::warn!("the audit channel was not told of the last events; the audit has them"),
    }
}

/// Posts until the platform takes it, or does not for a reason that stays; once `stop` has come, only once more. Waits that the platform asks for are kept, and
/// are no failures: it has said that it takes the line later.
async fn post_until_taken<T, E: Retryable, F: Future<Output = Result<T, E>>>(
    post: impl Fn() -> F,
    stop: &CancellationToken,
) -> Result<(), E> {
    let mut attempts = Attempts::new(TRIES, FIRST_WAIT);
    loop {
        let failure = match post().await {
            Ok(_) => return Ok(()),
            Err(failure) => failure,
        };
        let wait = attempts.wait_before_next(failure.retry(), Instant::now());
        let Some(wait) = wait.filter(|_| !stop.is_cancelled()) else { return Err(failure) };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = stop.cancelled() => {}
        }
    }
}

/// The events of the audit, as lines for a channel.
struct Reader {
    words: Words,
    events: UnboundedReceiver<Entry>,
    /// What did not fit into the message before.
    pending: Option<String>,
}

impl Reader {
    /// The next lines to send, as many as fit into one message; `None` once `stop` has come and nothing is left.
    async fn next(&mut self, stop: &CancellationToken) -> Option<Vec<Part>> {
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
    use crate::chat::retry::Retry;

    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    struct PostError(Retry);

    impl Retryable for PostError {
        fn retry(&self) -> Retry {
            self.0
        }

        fn timed_out() -> Self {
            Self(Retry::Soon)
        }
    }

    /// How often it was posted, and what came of it, where it is taken at this attempt and fails before.
    async fn tried(taken_at: u32, retry: Retry, stop: &CancellationToken) -> (u32, Result<(), PostError>) {
        let attempts = Cell::new(0);
        let post = || {
            attempts.set(attempts.get() + 1);
            std::future::ready(if attempts.get() == taken_at { Ok(()) } else { Err(PostError(retry)) })
        };
        let ended = post_until_taken(post, stop).await;
        (attempts.get(), ended)
    }

    #[tokio::test]
    async fn what_passes_is_tried_again_and_what_stays_is_not() {
        // The end cuts the wait short: there is one more attempt, and then none.
        for retry in [Retry::Soon, Retry::After(Duration::from_secs(90))] {
            let stop = CancellationToken::new();
            let (tried_once_more, ()) = tokio::join!(tried(2, retry, &stop), async { stop.cancel() });
            assert_eq!(tried_once_more, (2, Ok(())));
        }
        let stop = CancellationToken::new();
        assert_eq!(tried(2, Retry::Never, &stop).await, (1, Err(PostError(Retry::Never))));
    }

    #[tokio::test]
    async fn a_line_that_met_a_rate_limit_is_not_lost_however_often() {
        let stop = CancellationToken::new();
        let wait = Duration::from_millis(1);
        assert_eq!(tried(TRIES * 3, Retry::After(wait), &stop).await, (TRIES * 3, Ok(())));
    }

    #[tokio::test]
    async fn once_it_stops_nothing_is_tried_again() {
        let stop = CancellationToken::new();
        stop.cancel();
        assert_eq!(tried(2, Retry::Soon, &stop).await, (1, Err(PostError(Retry::Soon))));
    }
}
