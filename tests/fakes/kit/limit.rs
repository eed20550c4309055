//! Limits that are really kept.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

use super::fault::RequestPattern;

/// So many requests in so much time, for each resource of a route by itself.
struct Limit {
    pattern: RequestPattern,
    requests: u32,
    per: Duration,
    /// By path: when its time began, and how many requests there were since.
    windows: HashMap<String, (Instant, u32)>,
}

/// All limits of one fake.
#[derive(Default)]
pub(crate) struct Limits(Vec<Limit>);

/// What is left of a request's limit.
pub(crate) struct Budget {
    pub(crate) limit: u32,
    pub(crate) remaining: u32,
    pub(crate) reset_after: Duration,
    /// Whether this request is one too many.
    pub(crate) exceeded: bool,
}

impl Limits {
    pub(crate) fn keep(&mut self, pattern: RequestPattern, requests: u32, per: Duration) {
        self.0.push(Limit { pattern, requests, per, windows: HashMap::new() });
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Counts a request. A route without a limit of its own has a generous one that never runs out.
    pub(crate) fn count(&mut self, method: &str, path: &str) -> Budget {
        let Some(limit) = self.0.iter_mut().find(|limit| limit.pattern.fits(method, path)) else {
            return Budget { limit: 50, remaining: 49, reset_after: Duration::from_secs(1), exceeded: false };
        };
        let now = Instant::now();
        let (begun, used) = limit.windows.entry(path.to_owned()).or_insert((now, 0));
        if now.duration_since(*begun) >= limit.per {
            (*begun, *used) = (now, 0);
        }
        let exceeded = *used >= limit.requests;
        if !exceeded {
            *used += 1;
        }
        Budget {
            limit: limit.requests,
            remaining: limit.requests - *used,
            reset_after: limit.per.saturating_sub(now.duration_since(*begun)),
            exceeded,
        }
    }
}
