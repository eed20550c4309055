//! How often: damaged links per client, requests per genuine link, what is asked for on the page for a forgotten password.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use keys::LinkId;
use net::client_network;

const MINUTE: SignedDuration = SignedDuration::from_mins(1);
const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// How many clients or links are counted within a window. Those that come after are not counted: a flood from more networks than this is not to be
/// stopped here, and it must not cost memory.
const MAX_TRACKED: usize = 100_000;

/// Above the limit: how many seconds to wait, at least one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMany {
    /// Until the next window opens.
    pub seconds: u64,
}

/// All limits. Time is passed in.
///
/// Invariant: a request with a genuine link is counted by its link alone, so nobody's damaged links can lock out the holder of a good one.
pub struct Limits {
    damaged: Mutex<Window<IpAddr>>,
    links: Mutex<Window<LinkId>>,
    asks: Mutex<Window<IpAddr>>,
    all_asks: Mutex<Window<()>>,
}

impl Limits {
    /// As the operator has set them.
    pub fn new(limits: &config::RequestLimits, self_service: &config::SelfServicePages) -> Self {
        Self {
            damaged: Mutex::new(Window::new(limits.damaged_links_per_client_and_minute, MINUTE, MAX_TRACKED)),
            links: Mutex::new(Window::new(limits.requests_per_link_and_minute, MINUTE, MAX_TRACKED)),
            asks: Mutex::new(Window::new(self_service.asks_per_client_and_hour, HOUR, MAX_TRACKED)),
            all_asks: Mutex::new(Window::new(self_service.asks_per_hour, HOUR, 1)),
        }
    }

    /// Counts what is asked for on the page for a forgotten password: by client and in all, and never by what was typed, which would shut out whoever it names.
    ///
    /// # Errors
    /// Where this client, or all together, have asked too often.
    pub fn ask(&self, client: IpAddr, now: Timestamp) -> Result<(), TooMany> {
        lock(&self.asks).count(client_network(client), now)?;
        lock(&self.all_asks).count((), now)
    }

    /// Counts a request whose token does not verify.
    ///
    /// # Errors
    /// Where this client has sent too many.
    pub fn damaged(&self, client: IpAddr, now: Timestamp) -> Result<(), TooMany> {
        lock(&self.damaged).count(client_network(client), now)
    }

    /// Counts a request with a genuine link.
    ///
    /// # Errors
    /// Where this link has been asked for too often.
    pub fn link(&self, link: LinkId, now: Timestamp) -> Result<(), TooMany> {
        lock(&self.links).count(link, now)
    }
}

/// Counts are plain numbers: a panic elsewhere cannot have left them half-written.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A fixed window for all keys at once: when it is over everything is forgotten in one go.
struct Window<K> {
    limit: u32,
    length: SignedDuration,
    max_tracked: usize,
    opened: Timestamp,
    counts: HashMap<K, u32>,
}

impl<K: Eq + Hash> Window<K> {
    fn new(limit: u32, length: SignedDuration, max_tracked: usize) -> Self {
        Self { limit, length, max_tracked, opened: Timestamp::MIN, counts: HashMap::new() }
    }

    fn count(&mut self, key: K, now: Timestamp) -> Result<(), TooMany> {
        let age = now.duration_since(self.opened);
        // A clock that was set back opens a new window too, or nobody would be let in until it has caught up.
        if age >= self.length || age < SignedDuration::ZERO {
            self.opened = now;
            // A new map, so that a flood's memory is given back.
            self.counts = HashMap::new();
        }
        if !self.counts.contains_key(&key) && self.counts.len() >= self.max_tracked {
            return Ok(());
        }
        let count = self.counts.entry(key).or_insert(0);
        if *count >= self.limit {
            let left = self.length - now.duration_since(self.opened);
            return Err(TooMany { seconds: left.as_secs().unsigned_abs().max(1) });
        }
        *count += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).expect("a time")
    }

    fn limits() -> Limits {
        Limits::new(
            &config::RequestLimits {
                damaged_links_per_client_and_minute: 3,
                requests_per_link_and_minute: 2,
            },
            &config::SelfServicePages {
                forgot: config::Forgot::Mail,
                has_change: true,
                asks_per_client_and_hour: 2,
                asks_per_hour: 3,
                changes_per_client_and_hour: 2,
                lockout_after: None,
            },
        )
    }

    fn client(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn a_client_may_send_as_many_damaged_links_as_the_limit_says() {
        let limits = limits();
        for _ in 0..3 {
            assert_eq!(limits.damaged(client("192.0.2.1"), at(0)), Ok(()));
        }
        assert_eq!(limits.damaged(client("192.0.2.1"), at(0)), Err(TooMany { seconds: 60 }));
        assert_eq!(limits.damaged(client("192.0.2.2"), at(0)), Ok(()));
    }

    #[test]
    fn the_wait_is_what_is_left_of_the_minute() {
        let limits = limits();
        for _ in 0..3 {
            assert_eq!(limits.damaged(client("192.0.2.1"), at(0)), Ok(()));
        }
        assert_eq!(limits.damaged(client("192.0.2.1"), at(45)), Err(TooMany { seconds: 15 }));
        assert_eq!(limits.damaged(client("192.0.2.1"), at(59)), Err(TooMany { seconds: 1 }));
        assert_eq!(limits.damaged(client("192.0.2.1"), at(60)), Ok(()));
    }

    #[test]
    fn addresses_of_one_ipv6_network_count_together() {
        let limits = limits();
        for last in 1..=3 {
            assert_eq!(limits.damaged(client(&format!("2001:db8:1:2::{last}")), at(0)), Ok(()));
        }
        assert!(limits.damaged(client("2001:db8:1:2:ffff::9"), at(0)).is_err());
        assert_eq!(limits.damaged(client("2001:db8:1:3::1"), at(0)), Ok(()));
    }

    #[test]
    fn a_mapped_address_is_the_ipv4_client() {
        let limits = limits();
        for _ in 0..3 {
            assert_eq!(limits.damaged(client("::ffff:192.0.2.1"), at(0)), Ok(()));
        }
        assert!(limits.damaged(client("192.0.2.1"), at(0)).is_err());
        assert_eq!(limits.damaged(client("::ffff:192.0.2.2"), at(0)), Ok(()));
    }

    #[test]
    fn asking_is_counted_by_client_and_in_all_for_an_hour() {
        let limits = limits();
        assert_eq!(limits.ask(client("192.0.2.1"), at(0)), Ok(()));
        assert_eq!(limits.ask(client("192.0.2.1"), at(1)), Ok(()));
        assert_eq!(limits.ask(client("192.0.2.1"), at(600)), Err(TooMany { seconds: 3_000 }));
        assert_eq!(limits.ask(client("192.0.2.2"), at(601)), Ok(()));
        assert_eq!(limits.ask(client("192.0.2.3"), at(602)), Err(TooMany { seconds: 2_998 }));
        assert_eq!(limits.ask(client("192.0.2.1"), at(3_601)), Ok(()));
    }

    #[test]
    fn each_link_is_counted_by_itself() {
        let limits = limits();
        let [one, other] = [1, 2].map(|byte| LinkId::from_random([byte; 24]));
        assert_eq!(limits.link(one, at(0)), Ok(()));
        assert_eq!(limits.link(one, at(1)), Ok(()));
        assert!(limits.link(one, at(2)).is_err());
        assert_eq!(limits.link(other, at(2)), Ok(()));
    }

    #[test]
    fn a_clock_that_steps_back_locks_nobody_out() {
        let limits = limits();
        for _ in 0..3 {
            assert_eq!(limits.damaged(client("192.0.2.1"), at(7_200)), Ok(()));
        }
        assert_eq!(limits.damaged(client("192.0.2.1"), at(0)), Ok(()));
    }

    #[test]
    fn memory_is_bounded_and_those_already_counted_stay_counted() {
        let mut window = Window::new(1, MINUTE, 2);
        for key in 0..1_000 {
            assert_eq!(window.count(key, at(0)), Ok(()));
        }
        assert_eq!(window.counts.len(), 2);
        assert!(window.count(0, at(1)).is_err());
    }
}
