//! The router: addresses, methods, limits, headers; what they answer is decided in `redeem` and put into words in `pages`.
//!
//! Invariant: nothing here logs a request's path or its body, for they hold the token and the password.

mod client_address;
mod done;
mod guard;
mod headers;
mod limits;
mod link;
mod origin;
mod others;
mod prefix;
mod remembered;
mod serve;
mod spelling;

use std::net::IpAddr;
use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use ipnet::IpNet;
use keys::{ContactId, VerifiedLink};

pub use self::client_address::client_address;
pub use self::limits::{Limits, TooMany};
use self::remembered::Remembered;
pub use self::serve::serve;
use crate::pages::{Notice, Site};
use crate::password::Rules;
use crate::redeem::{Account, Dead, NewPassword, Outcome, Redeemer};
use crate::{Clock, Entropy};

/// Which reset-link this is, on `/healthz`: [`Settings::instance`].
pub const INSTANCE: HeaderName = HeaderName::from_static("reset-link-instance");

/// Says whether this server can do its work, for `/healthz`. Must not block.
pub type Health = Arc<dyn Fn() -> bool + Send + Sync>;

/// What the router asks of the use case.
#[async_trait]
pub trait Redemption: Send + Sync + 'static {
    /// Checks a token by the public keys alone: CPU only.
    ///
    /// # Errors
    /// Where the token opens nothing.
    fn verify(&self, token: &str) -> Result<VerifiedLink, Dead>;
    /// What a link shows that opens nothing.
    async fn dead(&self, dead: &Dead) -> Outcome;
    /// What GET and HEAD show. Writes nothing.
    async fn show(&self, link: &VerifiedLink) -> Outcome;
    /// Whose account this is. Writes nothing.
    async fn account(&self, contact: &ContactId) -> Account;
    /// What POST does. Runs to its end even where the caller is dropped: visitors close windows.
    async fn redeem(&self, link: &VerifiedLink, new: NewPassword, client: IpAddr) -> Outcome;
}

#[async_trait]
impl Redemption for Redeemer {
    fn verify(&self, token: &str) -> Result<VerifiedLink, Dead> {
        Self::verify(self, token)
    }

    async fn dead(&self, dead: &Dead) -> Outcome {
        Self::dead(self, dead).await
    }

    async fn show(&self, link: &VerifiedLink) -> Outcome {
        Self::show(self, link).await
    }

    async fn account(&self, contact: &ContactId) -> Account {
        Self::account(self, contact).await
    }

    async fn redeem(&self, link: &VerifiedLink, new: NewPassword, client: IpAddr) -> Outcome {
        Self::redeem(self, link, new, client).await
    }
}

/// What an operator has set, as far as the web face is concerned.
#[derive(Debug, Clone)]
pub struct Settings {
    /// In whose name.
    pub organisation: config::Organisation,
    /// The only source of addresses.
    pub public_url: String,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// How often in a minute.
    pub limits: config::RequestLimits,
    /// What is asked of a new password.
    pub rules: Rules,
    /// What tells this reset-link from another one, and is no secret; `None`: nothing is told.
    pub instance: Option<HeaderValue>,
}

impl From<&config::RedeemServer> for Settings {
    fn from(config: &config::RedeemServer) -> Self {
        Self {
            organisation: config.organisation.clone(),
            public_url: config.server.public_url.as_str().to_owned(),
            trusted_proxies: config.server.trusted_proxies.clone(),
            limits: config.limits.clone(),
            rules: Rules::from(&config.passwords),
            instance: None,
        }
    }
}

/// Everything that answers a request. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    site: Site,
    public_origin: String,
    https: bool,
    trusted_proxies: Vec<IpNet>,
    limits: Limits,
    remembered: Remembered,
    redemption: Arc<dyn Redemption>,
    clock: Clock,
    entropy: Entropy,
    health: Health,
    instance: Option<HeaderValue>,
}

impl App {
    /// Puts the web face together. `done_page_key` is the ledger's: by it a browser that has set a password is known again.
    pub fn new(
        settings: &Settings,
        done_page_key: &[u8; 32],
        redemption: Arc<dyn Redemption>,
        clock: Clock,
        entropy: Entropy,
        health: Health,
    ) -> Self {
        Self(Arc::new(Inner {
            site: Site::new(&settings.organisation, &settings.public_url, settings.rules),
            public_origin: origin::origin_of(&settings.public_url),
            https: settings.public_url.starts_with("https://"),
            trusted_proxies: settings.trusted_proxies.clone(),
            limits: Limits::new(&settings.limits),
            remembered: Remembered::new(done_page_key, &settings.public_url),
            redemption,
            clock,
            entropy,
            health,
            instance: settings.instance.clone(),
        }))
    }

    /// All routes, with headers, limits and error pages. Every address is known in any spelling that means the same (RFC 3986 §6.2.2). Every address is served with the public URL's path in front of it and without: a reverse
    /// proxy may take it off or leave it.
    ///
    /// The peer's address is taken from the `ConnectInfo<SocketAddr>` extension, which `serve` sets.
    pub fn router(&self) -> Router {
        let router = Router::new()
            .route("/", get(others::home))
            // Links that were cut off, or to which text was added, are damaged links rather than unknown addresses.
            .route("/r", get(link::show).post(link::redeem))
            .route("/r/", get(link::show).post(link::redeem))
            .route("/r/{*token}", get(link::show).post(link::redeem))
            .route("/done", get(done::show))
            .route("/assets/{file}", get(others::asset))
            .route("/healthz", get(others::health))
            .route("/robots.txt", get(others::robots))
            .fallback(others::not_found)
            .method_not_allowed_fallback(others::method_not_allowed)
            .with_state(self.clone());
        spelling::any(prefix::with_and_without(self.0.site.prefix(), guard::around(router, self)))
    }

    fn notice(&self, notice: &Notice, headers: &HeaderMap) -> Response {
        self.0.site.notice(notice, accept_language(headers)).into_response()
    }

    /// A name under which the log and the person who saw the page speak of the same mishap.
    fn incident(&self) -> String {
        let mut bytes = [0; 4];
        (self.0.entropy)(&mut bytes);
        format!("{:08x}", u32::from_be_bytes(bytes))
    }
}

fn accept_language(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests;
