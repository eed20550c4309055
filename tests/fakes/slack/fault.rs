//! Slack on a bad day: faults on demand, and limits that are really kept.

use std::time::Duration;

use tokio::time::Instant;

/// What happens to a request instead of its answer.
#[derive(Debug, Clone)]
pub enum Fault {
    /// 200, `"ok": false` and this word: `internal_error`, `channel_not_found`, …
    Error(String),
    /// This status, with the short page that Slack's edge sends.
    Status(u16),
    /// 429 and when to come back, in whole seconds, rounded up.
    RateLimited(Duration),
    /// No answer, for ever.
    Hang,
    /// The answer, but only after this time.
    Late(Duration),
    /// The request is carried out; its answer never arrives.
    LostAnswer,
    /// The connection is reset at once, and nothing is carried out.
    Reset,
}

impl Fault {
    /// Slack's own word for what is wrong.
    pub fn error(word: &str) -> Self {
        Self::Error(word.to_owned())
    }
}

/// How long a fault lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lasts {
    /// For this many requests.
    Times(usize),
    /// Until [`FakeSlack::mend`](super::FakeSlack::mend).
    UntilMended,
}

pub(super) struct Rule {
    pub(super) method: String,
    pub(super) fault: Fault,
    pub(super) lasts: Lasts,
}

/// The first rule for this method, used up by one.
pub(super) fn strike(rules: &mut Vec<Rule>, method: &str) -> Option<Fault> {
    let place = rules.iter().position(|rule| rule.method == method)?;
    let rule = rules.get_mut(place)?;
    let fault = rule.fault.clone();
    if let Lasts::Times(left) = &mut rule.lasts {
        *left = left.saturating_sub(1);
        if *left == 0 {
            rules.remove(place);
        }
    }
    Some(fault)
}

/// So many requests in so much time.
pub(super) struct Limit {
    pub(super) method: String,
    pub(super) requests: u32,
    pub(super) per: Duration,
    pub(super) begun: Instant,
    pub(super) used: u32,
}

/// Counts a request, and says when to come back where it is one too many.
pub(super) fn count(limits: &mut [Limit], method: &str) -> Option<Duration> {
    let limit = limits.iter_mut().find(|limit| limit.method == method)?;
    let now = Instant::now();
    if now.duration_since(limit.begun) >= limit.per {
        (limit.begun, limit.used) = (now, 0);
    }
    if limit.used >= limit.requests {
        return Some(limit.per.saturating_sub(now.duration_since(limit.begun)));
    }
    limit.used += 1;
    None
}
