//! Mattermost on a bad day: faults on demand.

use std::time::Duration;

use super::refusal::Refusal;
use crate::fakes::discord::Lasts;

/// What happens to a request instead of its answer.
#[derive(Debug, Clone)]
pub enum Fault {
    /// 401: the token is worth nothing, as when it has been revoked.
    SessionExpired,
    /// 403: the bot's role does not have the permission.
    NotPermitted,
    /// This status, with the short page of a proxy in front of Mattermost.
    Status(u16),
    /// 429 in plain text, as Mattermost sends it when its limits are switched on, and when to come back.
    RateLimited {
        /// When to come back; the header `Retry-After` has it rounded up to whole seconds.
        retry_after: Duration,
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

impl Fault {
    /// The refusal that it is, if it is one in Mattermost's own form.
    pub(super) fn refusal(&self) -> Option<Refusal> {
        match self {
            Self::SessionExpired => Some(Refusal::session_expired()),
            Self::NotPermitted => Some(Refusal::not_permitted()),
            _ => None,
        }
    }
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
