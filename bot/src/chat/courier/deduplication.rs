//! Requests that a platform has told of before.

use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, PoisonError};

use super::adapter::{Adapter, Delivery};
use crate::bot::Bot;

/// How many requests are remembered in memory: more than can be told of twice after a broken connection.
const REMEMBERED: usize = 10_000;

/// The requests of one platform that this process has begun.
#[derive(Default)]
pub(super) struct Deduplication(Mutex<Begun>);

impl Deduplication {
    /// Whether nobody has begun this request. It counts as begun from then on; `false` too where that cannot be written down: nothing may be done then.
    pub(super) async fn is_first<A: Adapter>(&self, bot: &Bot, delivery: &Delivery) -> bool {
        match delivery {
            Delivery::Noted(fingerprint) => match bot.deduplicate(A::PLATFORM, fingerprint.clone()).await {
                Ok(is_first) => is_first,
                Err(error) => {
                    tracing::error!(%error, "the audit cannot be written: a request of {}'s is not carried out", A::NAME);
                    false
                }
            },
            Delivery::AcknowledgedOnce(name) => {
                let is_first = self.0.lock().unwrap_or_else(PoisonError::into_inner).begin(name);
                if !is_first {
                    tracing::info!(request = name, "told of twice; the second time is left alone");
                }
                is_first
            }
        }
    }
}

/// Names of requests, oldest first.
#[derive(Default)]
struct Begun {
    names: HashSet<String>,
    order: VecDeque<String>,
}

impl Begun {
    /// `false` where this one was begun before.
    fn begin(&mut self, name: &str) -> bool {
        if !self.names.insert(name.to_owned()) {
            return false;
        }
        self.order.push_back(name.to_owned());
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.names.remove(&oldest);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_begun_once_as_long_as_it_is_remembered() {
        let mut begun = Begun::default();
        assert!(begun.begin("1"));
        assert!(!begun.begin("1"));
        for name in 2..=REMEMBERED + 1 {
            assert!(begun.begin(&name.to_string()));
        }
        assert!(!begun.begin("2"));
        assert!(begun.begin("1"), "the memory has an end");
    }
}
