//! How long to wait before a platform is connected to again: pure.

use std::time::Duration;

/// How long to wait, at most.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// How many connections in a row may end early at the platform's wish and be followed by another at once: one that sends everybody away again and again is not to
/// be stormed.
const EARLY_AT_ONCE: u32 = 3;

/// The waits between connections: they double while none comes up, and begin anew with one that did.
pub(super) struct BackOff {
    first_wait: Duration,
    /// How many attempts in a row have failed.
    failed: u32,
    /// How many connections in a row came up and did not last.
    early: u32,
}

impl BackOff {
    /// Begins with this wait.
    pub(super) fn new(first_wait: Duration) -> Self {
        Self { first_wait, failed: 0, early: 0 }
    }

    /// No connection came up; the platform may have asked to wait.
    pub(super) fn failed(&mut self, asked_to_wait: Option<Duration>) -> Duration {
        self.failed += 1;
        self.doubled(self.failed).max(asked_to_wait.unwrap_or_default())
    }

    /// A connection that came up has ended after so long. The next one is opened at once where it had lasted, or where the platform wanted it to go.
    pub(super) fn ended(&mut self, lasted: Duration, was_asked_to_go: bool) -> Duration {
        self.failed = 0;
        if lasted > LONGEST_WAIT {
            self.early = 0;
            return Duration::ZERO;
        }
        self.early += 1;
        let at_once = if was_asked_to_go { EARLY_AT_ONCE } else { 0 };
        match self.early.checked_sub(at_once) {
            None | Some(0) => Duration::ZERO,
            Some(more) => self.doubled(more),
        }
    }

    /// The n-th wait in a row.
    fn doubled(&self, number: u32) -> Duration {
        self.first_wait.saturating_mul(2_u32.saturating_pow(number.saturating_sub(1))).min(LONGEST_WAIT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Duration = Duration::from_secs(1);
    const BRIEFLY: Duration = Duration::from_secs(5);
    const LONG: Duration = Duration::from_secs(61);

    fn seconds(waits: impl IntoIterator<Item = Duration>) -> Vec<u64> {
        waits.into_iter().map(|wait| wait.as_secs()).collect()
    }

    #[test]
    fn waits_double_up_to_a_minute_and_begin_anew_with_a_connection_that_came_up() {
        let mut back_off = BackOff::new(FIRST);
        assert_eq!(seconds((0..8).map(|_| back_off.failed(None))), [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(back_off.ended(BRIEFLY, false), FIRST);
        assert_eq!(back_off.failed(None), FIRST);
        assert_eq!(seconds((0..200).map(|_| back_off.failed(None))).last(), Some(&60));
    }

    #[test]
    fn a_connection_that_had_lasted_or_was_asked_to_go_is_followed_at_once() {
        let mut back_off = BackOff::new(FIRST);
        assert_eq!(back_off.ended(LONG, false), Duration::ZERO);
        assert_eq!(back_off.ended(Duration::ZERO, true), Duration::ZERO);
        assert_eq!(back_off.ended(LONG, true), Duration::ZERO);
    }

    #[test]
    fn connections_that_end_early_again_and_again_are_not_followed_in_a_storm() {
        let mut back_off = BackOff::new(FIRST);
        assert_eq!(seconds((0..7).map(|_| back_off.ended(BRIEFLY, true))), [0, 0, 0, 1, 2, 4, 8]);
        back_off.ended(LONG, true);
        assert_eq!(back_off.ended(BRIEFLY, true), Duration::ZERO);
        let mut back_off = BackOff::new(FIRST);
        assert_eq!(seconds((0..4).map(|_| back_off.ended(BRIEFLY, false))), [1, 2, 4, 8]);
    }

    #[test]
    fn a_wait_that_the_platform_asks_for_is_kept() {
        let mut back_off = BackOff::new(FIRST);
        assert_eq!(back_off.failed(Some(Duration::from_secs(300))), Duration::from_secs(300));
        assert_eq!(back_off.failed(Some(FIRST)), Duration::from_secs(2));
    }
}
