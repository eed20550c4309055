//! Discord on a bad day: faults on demand, and limits that are really kept.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

use super::refusal::Refusal;

/// What happens to a request instead of its answer.
#[derive(Debug, Clone)]
pub enum Fault {
    /// 403, 50007: this user takes no direct messages.
    CannotMessageUser,
    /// 403, 50001: the channel cannot be seen.
    MissingAccess,
    /// 403, 50013: it can be seen and not be written to.
    MissingPermissions,
    /// This status, with the short page that Discord's edge sends.
    Status(u16),
    /// 429, and when to come back.
    RateLimited {
        /// When to come back; the header `Retry-After` has it rounded up to whole seconds.
        retry_after: Duration,
        /// Whether it is the whole application's limit or this route's.
        global: bool,
    },
    /// No answer, for ever.
    Hang,
    /// The answer, but only after this time.
    Late(Duration),
    /// The request is carried out; its answer never arrives.
    LostAnswer,
    /// The connection is reset at once, and nothing is carried out.
    Reset,
}

/// How long a fault lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lasts {
    /// For this many requests.
    Times(usize),
    /// Until [`FakeDiscord::mend`](super::FakeDiscord::mend).
    UntilMended,
}

pub(super) struct Rule {
    pub(super) method: String,
    pub(super) pattern: String,
    pub(super) fault: Fault,
    pub(super) lasts: Lasts,
}

/// The first rule that fits, used up by one.
pub(super) fn strike(rules: &mut Vec<Rule>, method: &str, path: &str) -> Option<Fault> {
    let place = rules.iter().position(|rule| rule.method == method && fits(&rule.pattern, path))?;
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

/// `*` stands for one step of a path.
fn fits(pattern: &str, path: &str) -> bool {
    let (pattern, path): (Vec<_>, Vec<_>) = (pattern.split('/').collect(), path.split('/').collect());
    pattern.len() == path.len() && pattern.iter().zip(path).all(|(want, have)| *want == "*" || *want == have)
}

impl Fault {
    /// The refusal that it is, if it is one in Discord's own form.
    pub(super) fn refusal(&self) -> Option<Refusal> {
        match self {
            Self::CannotMessageUser => Some(Refusal::cannot_message_user()),
            Self::MissingAccess => Some(Refusal::missing_access()),
            Self::MissingPermissions => Some(Refusal::missing_permissions()),
            _ => None,
        }
    }
}

/// So many requests in so much time, for each resource of a route by itself.
pub(super) struct Limit {
    pub(super) method: String,
    pub(super) pattern: String,
    pub(super) requests: u32,
    pub(super) per: Duration,
    pub(super) windows: HashMap<String, (Instant, u32)>,
}

/// Where a request stands in its limit.
pub(super) struct Standing {
    pub(super) limit: u32,
    pub(super) remaining: u32,
    pub(super) reset_after: Duration,
    pub(super) exceeded: bool,
}

/// Counts a request. A route without a limit of its own has a generous one that never runs out.
pub(super) fn count(limits: &mut [Limit], method: &str, path: &str) -> Standing {
    let Some(limit) = limits.iter_mut().find(|limit| limit.method == method && fits(&limit.pattern, path))
    else {
        return Standing { limit: 50, remaining: 49, reset_after: Duration::from_secs(1), exceeded: false };
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
    Standing {
        limit: limit.requests,
        remaining: limit.requests - *used,
        reset_after: limit.per.saturating_sub(now.duration_since(*begun)),
        exceeded,
    }
}
