//! One fake, of whatever platform: what its tasks share, what tests see of it, and its end.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::clock::Now;
use super::fault::{Fault, Lasts, RequestPattern};
use super::traffic::{SeenRequest, Traffic};
use super::watched::{TooLate, Watched};

/// A platform that a fake plays.
pub trait Platform: Sized + 'static {
    /// Its name.
    const NAME: &'static str;
    /// What stands before a test begins.
    type Settings: Send + Sync;
    /// Where it listens, and the clients that it asks the bot with.
    type Endpoints: Send + Sync;
    /// What it remembers.
    type World: Send;
    /// How the platform says no.
    type Refusal: Clone + Send + Sync;

    /// The clock in its settings.
    fn clock(settings: &Self::Settings) -> &Now;

    /// Where its world keeps what has come in.
    fn traffic(world: &mut Self::World) -> &mut Traffic<Self::Refusal>;
}

/// What every task of one fake shares.
pub struct Shared<P: Platform> {
    pub(crate) settings: P::Settings,
    pub(crate) endpoints: P::Endpoints,
    pub(crate) stop: CancellationToken,
    world: Watched<P::World>,
}

impl<P: Platform> Shared<P> {
    /// Looks, or changes, and wakes whoever waits.
    pub(crate) fn with<R>(&self, act: impl FnOnce(&mut P::World) -> R) -> R {
        self.world.with(act)
    }

    /// Looks, and wakes nobody.
    pub(crate) fn peek<R>(&self, look: impl FnOnce(&mut P::World) -> R) -> R {
        self.world.peek(look)
    }

    /// Looks after every change until there is something, or the time is over.
    pub(crate) async fn until<R>(
        &self,
        awaited: &'static str,
        within: Duration,
        look: impl FnMut(&mut P::World) -> Option<R>,
    ) -> Result<R, TooLate> {
        self.world.until(awaited, within, look).await
    }

    /// Notes that a rule of the platform was broken.
    pub(crate) fn report(&self, violation: impl Into<String>) {
        self.with(|world| P::traffic(world).violations.push(violation.into()));
    }

    /// The fake's time.
    pub(crate) fn now(&self) -> Timestamp {
        P::clock(&self.settings)()
    }
}

/// A running fake. It stops when dropped, and then fails the test if the platform's rules were broken.
pub struct Fake<P: Platform> {
    pub(crate) shared: Arc<Shared<P>>,
}

impl<P: Platform> fmt::Debug for Fake<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fake").field("platform", &P::NAME).finish_non_exhaustive()
    }
}

impl<P: Platform> Drop for Fake<P> {
    fn drop(&mut self) {
        self.shared.stop.cancel();
        if !std::thread::panicking() {
            self.assert_no_violations();
        }
    }
}

impl<P: Platform> Fake<P> {
    /// A fake on which nothing listens yet.
    pub(crate) fn new(settings: P::Settings, endpoints: P::Endpoints, world: P::World) -> Self {
        let shared =
            Shared { settings, endpoints, stop: CancellationToken::new(), world: Watched::new(world) };
        Self { shared: Arc::new(shared) }
    }

    /// Every request, in order of arrival.
    pub fn requests(&self) -> Vec<SeenRequest> {
        self.shared.peek(|world| P::traffic(world).requests.clone())
    }

    /// How many requests came in that are as described.
    pub(crate) fn count_of(&self, fits: impl Fn(&SeenRequest) -> bool) -> usize {
        self.shared.peek(|world| P::traffic(world).requests.iter().filter(|seen| fits(seen)).count())
    }

    /// Waits until so many requests that are as described have been answered, and gives them all.
    pub(crate) async fn answered(
        &self,
        count: usize,
        within: Duration,
        fits: impl Fn(&SeenRequest) -> bool,
    ) -> Result<Vec<SeenRequest>, TooLate> {
        self.shared
            .until("answered request", within, |world| {
                let all = P::traffic(world).requests.iter().filter(|seen| fits(seen) && seen.status != 0);
                Some(all.cloned().collect::<Vec<_>>()).filter(|all| all.len() >= count)
            })
            .await
    }

    /// What requests broke so far, and forgets it: for a test that breaks a rule on purpose.
    pub fn take_violations(&self) -> Vec<String> {
        self.shared.with(|world| std::mem::take(&mut P::traffic(world).violations))
    }

    /// Fails if a request broke the platform's rules.
    ///
    /// # Panics
    ///
    /// Then.
    pub fn assert_no_violations(&self) {
        let violations = self.take_violations();
        assert!(violations.is_empty(), "{} would have refused:\n{}", P::NAME, violations.join("\n"));
    }

    /// From now on this happens to requests that fit.
    pub(crate) fn break_requests(&self, pattern: RequestPattern, fault: Fault<P::Refusal>, lasts: Lasts) {
        self.shared.with(|world| P::traffic(world).faults.add(pattern, fault, lasts));
    }

    /// Everything works again, and no limits are kept.
    pub fn mend(&self) {
        self.shared.with(|world| {
            let traffic = P::traffic(world);
            traffic.faults.clear();
            traffic.limits.clear();
        });
    }
}

/// A platform whose interface is a table of methods and paths.
pub trait HasRoutes: Platform {}

impl<P: HasRoutes> Fake<P> {
    /// How many requests of this method went to this route, named as the platform's reference names it.
    pub fn count(&self, method: &str, route: &str) -> usize {
        self.count_of(|seen| seen.method == method && seen.route == route)
    }

    /// Waits until so many requests to a route have been answered, and gives them all.
    ///
    /// # Errors
    ///
    /// When there are fewer by then.
    pub async fn requests_that(
        &self,
        count: usize,
        method: &str,
        route: &str,
        within: Duration,
    ) -> Result<Vec<SeenRequest>, TooLate> {
        self.answered(count, within, |seen| seen.method == method && seen.route == route).await
    }

    /// From now on this happens to requests of this method whose path, without what is in front of every path of the API,
    /// fits the pattern, in which `*` stands for one step: `("POST", "/channels/*/messages")`. Several faults are used
    /// up in order.
    pub fn break_route(&self, method: &str, pattern: &str, fault: Fault<P::Refusal>, lasts: Lasts) {
        self.break_requests(RequestPattern::new(method, pattern), fault, lasts);
    }

    /// Keeps a real limit for each resource that fits: whoever goes on gets 429.
    pub fn limit(&self, method: &str, pattern: &str, requests: u32, per: Duration) {
        let pattern = RequestPattern::new(method, pattern);
        self.shared.with(|world| P::traffic(world).limits.keep(pattern, requests, per));
    }
}
