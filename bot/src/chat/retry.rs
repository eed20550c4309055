//! What is tried again, and when.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

/// How often a request is tried whose answer may be had a moment later.
const TRIES: u32 = 3;

/// How long to wait before the second attempt; doubled before the third.
const FIRST_WAIT: Duration = Duration::from_millis(500);

/// Whether a request that failed is worth another attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// The platform has refused: another attempt ends the same way.
    Never,
    /// What failed may pass, or may have been carried out and its answer lost.
    Soon,
    /// Nothing was carried out, and the platform takes no more requests for so long.
    After(Duration),
}

/// A failure that knows whether another attempt is worth it.
pub trait Retryable {
    /// When it may go well.
    fn retry(&self) -> Retry;

    /// The failure of a request whose time is up.
    fn timed_out() -> Self;
}

/// The attempts that are left for one request: pure.
pub(super) struct Attempts {
    left: u32,
    wait: Duration,
    /// By when a wait that the platform asks for must be over.
    end: Option<Instant>,
}

impl Attempts {
    /// So many, with a wait between them that doubles.
    pub(super) fn new(tries: u32, first_wait: Duration) -> Self {
        Self { left: tries, wait: first_wait, end: None }
    }

    /// How long to wait before the next attempt; `None` where there is none. A wait that the platform asks for uses up no attempt, since nothing was carried out.
    pub(super) fn wait_before_next(&mut self, retry: Retry, now: Instant) -> Option<Duration> {
        match retry {
            Retry::After(asked) => self.end.is_none_or(|end| now + asked < end).then_some(asked),
            Retry::Soon if self.left > 1 => {
                self.left -= 1;
                let wait = self.wait;
                self.wait *= 2;
                Some(wait)
            }
            Retry::Soon | Retry::Never => None,
        }
    }
}

/// Tries until it goes well, or is refused, or `patience` is over, or it has failed as often as it may. Waits that the platform asks for are kept; where they go
/// beyond `patience`, the failure says so at once. Only for what may be carried out twice.
pub(super) async fn retry_idempotent<T, E: Retryable, F: Future<Output = Result<T, E>>>(
    patience: Duration,
    attempt: impl Fn() -> F,
) -> Result<T, E> {
    attempt_until(patience, TRIES, attempt).await
}

/// Tries what must not be carried out twice: another attempt only where nothing was carried out.
pub(super) async fn retry_if_not_carried_out<T, E: Retryable, F: Future<Output = Result<T, E>>>(
    patience: Duration,
    attempt: impl Fn() -> F,
) -> Result<T, E> {
    attempt_until(patience, 1, attempt).await
}

async fn attempt_until<T, E: Retryable, F: Future<Output = Result<T, E>>>(
    patience: Duration,
    tries: u32,
    attempt: impl Fn() -> F,
) -> Result<T, E> {
    let tried = async {
        let mut attempts =
            Attempts { end: Some(Instant::now() + patience), ..Attempts::new(tries, FIRST_WAIT) };
        loop {
            let failure = match attempt().await {
                Ok(value) => return Ok(value),
                Err(failure) => failure,
            };
            match attempts.wait_before_next(failure.retry(), Instant::now()) {
                Some(wait) => sleep(wait).await,
                None => return Err(failure),
            }
        }
    };
    timeout(patience, tried).await.unwrap_or_else(|_| Err(E::timed_out()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAIT: Duration = Duration::from_secs(90);

    #[test]
    fn what_passes_is_tried_so_often_and_what_stays_once() {
        let now = Instant::now();
        let mut attempts = Attempts::new(3, FIRST_WAIT);
        assert_eq!(attempts.wait_before_next(Retry::Soon, now), Some(FIRST_WAIT));
        assert_eq!(attempts.wait_before_next(Retry::Soon, now), Some(FIRST_WAIT * 2));
        assert_eq!(attempts.wait_before_next(Retry::Soon, now), None);
        assert_eq!(Attempts::new(3, FIRST_WAIT).wait_before_next(Retry::Never, now), None);
    }

    #[test]
    fn a_wait_that_was_asked_for_is_kept_and_uses_up_no_attempt() {
        let now = Instant::now();
        let mut attempts = Attempts::new(1, FIRST_WAIT);
        for _ in 0..100 {
            assert_eq!(attempts.wait_before_next(Retry::After(WAIT), now), Some(WAIT));
        }
        assert_eq!(attempts.wait_before_next(Retry::Soon, now), None);
    }

    #[test]
    fn a_wait_beyond_the_patience_is_not_begun() {
        let now = Instant::now();
        let mut attempts = Attempts { end: Some(now + WAIT), ..Attempts::new(3, FIRST_WAIT) };
        assert_eq!(attempts.wait_before_next(Retry::After(WAIT), now), None);
        assert_eq!(attempts.wait_before_next(Retry::After(WAIT / 2), now), Some(WAIT / 2));
    }
}
