//! In which order the servers of a directory are tried.

use std::time::Duration;

use tokio::time::Instant;

/// How long a server is tried last that did not answer.
const PAUSE: Duration = Duration::from_secs(30);

/// Which servers did not answer lately, by their place in the settings.
pub(super) struct ServerOrder {
    unanswered_since: Vec<Option<Instant>>,
}

impl ServerOrder {
    pub(super) fn of(servers: usize) -> Self {
        Self { unanswered_since: vec![None; servers] }
    }

    /// All servers in the order of the settings, but last those that did not answer lately: one that hangs costs one request its time, and not each of them.
    pub(super) fn at(&self, now: Instant) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.unanswered_since.len()).collect();
        // The sort is stable.
        order.sort_by_key(|server| {
            self.unanswered_since[*server].is_some_and(|since| now.saturating_duration_since(since) < PAUSE)
        });
        order
    }

    pub(super) fn has_not_answered(&mut self, server: usize, now: Instant) {
        self.unanswered_since[server] = Some(now);
    }

    pub(super) fn has_answered(&mut self, server: usize) {
        self.unanswered_since[server] = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_did_not_answer_is_tried_last_for_a_while() {
        let now = Instant::now();
        let mut order = ServerOrder::of(3);
        assert_eq!(order.at(now), [0, 1, 2]);
        order.has_not_answered(0, now);
        assert_eq!(order.at(now), [1, 2, 0]);
        order.has_not_answered(1, now + Duration::from_secs(1));
        assert_eq!(order.at(now + PAUSE - Duration::from_millis(1)), [2, 0, 1]);
        assert_eq!(order.at(now + PAUSE), [0, 2, 1]);
        order.has_answered(1);
        assert_eq!(order.at(now + PAUSE), [0, 1, 2]);
    }

    #[test]
    fn where_none_answered_all_are_tried_in_the_order_of_the_settings() {
        let now = Instant::now();
        let mut order = ServerOrder::of(2);
        order.has_not_answered(1, now);
        order.has_not_answered(0, now);
        assert_eq!(order.at(now), [0, 1]);
    }
}
