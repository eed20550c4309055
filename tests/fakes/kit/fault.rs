//! Faults on demand.

use std::time::Duration;

/// What happens to a request instead of its answer.
#[derive(Debug, Clone)]
pub enum Fault<R> {
    /// The platform refuses it in its own words.
    Refused(R),
    /// This status, with the short page of what stands in front of the platform.
    Status(u16),
    /// 429, and when to come back; see [`Fault::rate_limited`].
    RateLimited {
        /// When to come back; the header `Retry-After` has it rounded up to whole seconds.
        retry_after: Duration,
        /// Whether it is the whole application's limit or this route's, where the platform tells them apart.
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

impl<R> Fault<R> {
    /// 429 of this route, and when to come back.
    pub fn rate_limited(retry_after: Duration) -> Self {
        Self::RateLimited { retry_after, global: false }
    }
}

/// How long a fault lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lasts {
    /// For this many requests.
    Times(usize),
    /// Until the fake's `mend`.
    UntilMended,
}

/// Which requests are meant.
pub(crate) struct RequestPattern {
    method: String,
    path: String,
}

impl RequestPattern {
    /// Requests of this method whose path fits; `*` stands for one step of it, or for any method.
    pub(crate) fn new(method: &str, path: &str) -> Self {
        Self { method: method.to_owned(), path: path.to_owned() }
    }

    pub(crate) fn fits(&self, method: &str, path: &str) -> bool {
        let is_same = |want: &str, have: &str| want == "*" || want == have;
        let (wanted, had): (Vec<_>, Vec<_>) = (self.path.split('/').collect(), path.split('/').collect());
        is_same(&self.method, method)
            && wanted.len() == had.len()
            && wanted.iter().zip(had).all(|(want, have)| is_same(want, have))
    }
}

/// What is to happen, to which requests, and how often.
pub(crate) struct Rules<R>(Vec<Rule<R>>);

struct Rule<R> {
    requests: RequestPattern,
    fault: Fault<R>,
    lasts: Lasts,
}

impl<R> Default for Rules<R> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<R: Clone> Rules<R> {
    pub(crate) fn add(&mut self, requests: RequestPattern, fault: Fault<R>, lasts: Lasts) {
        self.0.push(Rule { requests, fault, lasts });
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// The first rule that fits, used up by one.
    pub(crate) fn apply(&mut self, method: &str, path: &str) -> Option<Fault<R>> {
        let is_meant =
            |rule: &&mut Rule<R>| rule.lasts != Lasts::Times(0) && rule.requests.fits(method, path);
        let rule = self.0.iter_mut().find(is_meant)?;
        if let Lasts::Times(left) = &mut rule.lasts {
            *left -= 1;
        }
        Some(rule.fault.clone())
    }
}
