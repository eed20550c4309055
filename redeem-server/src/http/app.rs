//! Everything that answers a request.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::ConnectInfo;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use ipnet::IpNet;
use keys::{LinkId, VerifiedLink};

use super::client_address::client_address;
use super::done_cookie::DoneCookies;
use super::limits::Limits;
use super::origin;
use super::redemption::Redemption;
use crate::change::Changer;
use crate::pages::{Notice, Site};
use crate::password::Rules;
use crate::wishes::Wishes;
use crate::{Clock, Entropy};

/// Which reset-link this is, on `/healthz`: [`Settings::instance`].
pub const INSTANCE: HeaderName = HeaderName::from_static("reset-link-instance");

/// Says whether this server can do its work, for `/healthz`. Must not block.
pub type Health = Arc<dyn Fn() -> bool + Send + Sync>;

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
    /// Pages on which contacts help themselves.
    pub self_service: config::SelfServicePages,
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
            self_service: config.self_service.clone(),
            rules: Rules::from(&config.passwords),
            instance: None,
        }
    }
}

/// What visitors can do.
pub struct UseCases {
    /// Set a password with a link, and object to one.
    pub redemption: Arc<dyn Redemption>,
    /// Say that a password is forgotten.
    pub wishes: Arc<Wishes>,
    /// Change a password without a link; `None`: there is no such page.
    pub changer: Option<Changer>,
}

/// Everything that answers a request. Cheap to clone.
#[derive(Clone)]
pub struct App(pub(super) Arc<AppState>);

pub(super) struct AppState {
    pub(super) site: Site,
    pub(super) public_origin: String,
    pub(super) https: bool,
    pub(super) trusted_proxies: Vec<IpNet>,
    pub(super) limits: Limits,
    pub(super) done_cookies: DoneCookies,
    pub(super) redemption: Arc<dyn Redemption>,
    /// Where what is asked for on the page for a forgotten password goes; `None`: there is no such page.
    pub(super) wishes: Option<Arc<Wishes>>,
    /// Changes passwords; `None`: there is no such page.
    pub(super) changer: Option<Changer>,
    pub(super) self_service: config::SelfServicePages,
    pub(super) clock: Clock,
    pub(super) entropy: Entropy,
    pub(super) health: Health,
    pub(super) instance: Option<HeaderValue>,
}

impl App {
    /// Puts the web face together. `done_page_key` is the ledger's: by it a browser that has set a password is known again.
    pub fn new(
        settings: &Settings,
        done_page_key: &[u8; 32],
        use_cases: UseCases,
        clock: Clock,
        entropy: Entropy,
        health: Health,
    ) -> Self {
        let UseCases { redemption, wishes, changer } = use_cases;
        Self(Arc::new(AppState {
            site: Site::new(&settings.organisation, &settings.public_url, settings.rules),
            public_origin: origin::origin_of(&settings.public_url),
            https: settings.public_url.starts_with("https://"),
            trusted_proxies: settings.trusted_proxies.clone(),
            limits: Limits::new(&settings.limits, &settings.self_service),
            done_cookies: DoneCookies::new(done_page_key, &settings.public_url),
            redemption,
            wishes: settings.self_service.has_forgot().then_some(wishes),
            changer,
            self_service: settings.self_service.clone(),
            clock,
            entropy,
            health,
            instance: settings.instance.clone(),
        }))
    }

    /// A page of the server itself.
    pub(super) fn notice(&self, notice: &Notice, headers: &HeaderMap) -> Response {
        self.0.site.notice(notice, accept_language(headers)).into_response()
    }

    /// A name under which the log and the person who saw the page speak of the same mishap.
    pub(super) fn incident(&self) -> String {
        let mut bytes = [0; 4];
        (self.0.entropy)(&mut bytes);
        format!("{:08x}", u32::from_be_bytes(bytes))
    }

    /// The password is set: this browser may see so again.
    pub(super) fn remember(&self, link: &VerifiedLink) -> Response {
        let mut random = [0; 12];
        (self.0.entropy)(&mut random);
        let now = (self.0.clock)();
        let cookie = self.0.done_cookies.cookie(link.link_id(), link.contact(), now, random);
        ([(header::SET_COOKIE, cookie)], self.to_done()).into_response()
    }

    /// Whether this browser has used this very link within the last five minutes.
    pub(super) fn remembers(&self, link_id: LinkId, parts: &Parts) -> bool {
        let done = self.0.done_cookies.recall(&parts.headers, (self.0.clock)());
        done.is_some_and(|done| done.link_id == link_id)
    }

    pub(super) fn to_done(&self) -> Response {
        self.see("/done")
    }

    /// Leads the browser to another address of ours.
    pub(super) fn see(&self, path: &str) -> Response {
        let place = format!("{}{path}", self.0.site.prefix());
        (StatusCode::SEE_OTHER, [(header::LOCATION, place)]).into_response()
    }

    /// Whose request it is.
    pub(super) fn client(&self, parts: &Parts) -> IpAddr {
        client_address(peer(parts), &parts.headers, &self.0.trusted_proxies)
    }
}

/// `serve` tells the peer of each connection. Where somebody else runs the router and does not, all visitors count as one.
fn peer(parts: &Parts) -> IpAddr {
    parts
        .extensions
        .get::<ConnectInfo<SocketAddr>>()
        .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(address)| address.ip())
}

/// What the browser says its person reads.
pub(super) fn accept_language(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok())
}
