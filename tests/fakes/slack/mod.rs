//! Slack on loopback sockets: its Web API, response URLs, signed requests and Socket Mode, for bots of any library.
//!
//! Nothing here reaches beyond loopback, and nothing here knows which library the bot is made with. Messages and views
//! are held to the limits that Slack publishes; what breaks them is refused in Slack's words and reported by
//! [`FakeSlack::assert_no_violations`], at the latest when the fake is dropped.
//!
//! Not played: events, threads, files, attachments' own limits, home tabs, Enterprise Grid, OAuth.

mod answers;
mod api;
mod blocks;
mod deed;
mod deliver;
mod elements;
mod fault;
mod handle;
mod message;
mod payload;
mod people;
mod raw;
mod settings;
mod sign;
mod socket;
mod view;
mod watch;
mod world;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::time::Instant;

pub use deed::Acknowledgement;
pub use deliver::BotUrls;
pub use fault::{Fault, Lasts};
pub use handle::{Choice, SlashHandle};
pub use message::{Button, Place, SlackMessage};
pub use people::Shown;
pub use raw::RawAnswer;
pub use settings::{Now, SlackChannel, SlackGroup, SlackSettings, SlackUser};
pub use sign::signature;
pub use socket::SocketsSeen;
pub use view::SlackView;
pub use world::SeenRequest;

pub use crate::fakes::kit::watched::TooLate;

use world::Shared;

use crate::fakes::kit::door::Door;
use crate::fakes::kit::tls;

/// The names for which TLS is answered.
pub const NAMES: [&str; 3] = ["slack.com", "hooks.slack.com", "wss-primary.slack.com"];

/// A running fake. It stops when dropped, and then fails the test if a request broke Slack's rules.
pub struct FakeSlack {
    shared: Arc<Shared>,
    clear: SocketAddr,
    secure: SocketAddr,
    authority: String,
}

impl std::fmt::Debug for FakeSlack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FakeSlack")
            .field("clear", &self.clear)
            .field("secure", &self.secure)
            .finish_non_exhaustive()
    }
}

impl FakeSlack {
    /// Starts on free ports of the loopback interface.
    ///
    /// # Panics
    ///
    /// If loopback has no free port.
    pub async fn start(settings: SlackSettings) -> Self {
        let (clear, secure) = (listen().await, listen().await);
        let address = |listener: &TcpListener| listener.local_addr().expect("it is bound");
        let (clear_at, secure_at) = (address(&clear), address(&secure));
        let (acceptor, authority) = tls::acceptor(&NAMES);
        let http = http_client(&authority).build().expect("a client can be made");
        let shared = Arc::new(Shared::new(settings, http));
        let door = Door::open(clear, secure, acceptor, shared.stop.clone()).expect("it is bound");
        tokio::spawn(api::serve(door, Arc::clone(&shared)));
        Self { shared, clear: clear_at, secure: secure_at, authority }
    }

    /// Where the same answers are given in the clear: `http://127.0.0.1:…`, without `/api/`.
    pub fn http_url(&self) -> String {
        format!("http://{}", self.clear)
    }

    /// Where TLS is answered for all of [`NAMES`].
    pub fn address(&self) -> SocketAddr {
        self.secure
    }

    /// The certificate authority, PEM.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// A client for which Slack is this fake: it resolves Slack's names to it, trusts its authority alone, and knows no proxy.
    ///
    /// # Panics
    ///
    /// If the TLS library does not start.
    pub fn client(&self) -> reqwest::Client {
        let client =
            NAMES.iter().fold(http_client(&self.authority), |client, name| client.resolve(name, self.secure));
        client.build().expect("a client can be made")
    }

    /// What a WebSocket client needs: it trusts the fake's authority alone.
    ///
    /// # Panics
    ///
    /// If the TLS library does not start.
    pub fn tls_config(&self) -> Arc<ClientConfig> {
        Arc::new(client_config(&self.authority))
    }

    /// Asks `auth.test` in the clear and by TLS, as a client would, and takes these requests out of what was seen.
    ///
    /// # Errors
    ///
    /// When either does not answer as it should.
    pub async fn answers(&self) -> io::Result<()> {
        for base in [self.http_url(), "https://slack.com".to_owned()] {
            let asked = self
                .client()
                .post(format!("{base}/api/auth.test"))
                .bearer_auth(&self.shared.settings.bot_token);
            let answer =
                asked.send().await.map_err(io::Error::other)?.text().await.map_err(io::Error::other)?;
            let answer: Value = serde_json::from_str(&answer).map_err(io::Error::other)?;
            if answer["team_id"] != *self.shared.settings.team {
                return Err(io::Error::other("auth.test does not name the workspace"));
            }
        }
        self.shared.with(|world| world.requests.clear());
        Ok(())
    }

    /// What requests broke so far, and forgets it: for a test that breaks a rule on purpose.
    pub fn take_violations(&self) -> Vec<String> {
        self.shared.with(|world| std::mem::take(&mut world.violations))
    }

    /// Fails if a request broke Slack's rules.
    ///
    /// # Panics
    ///
    /// Then.
    pub fn assert_no_violations(&self) {
        let violations = self.take_violations();
        assert!(violations.is_empty(), "Slack would have refused:\n{}", violations.join("\n"));
    }

    /// From now on this happens to calls of this method, `response_url` for those to hooks.slack.com. Several faults
    /// are used up in order.
    pub fn break_method(&self, method: &str, fault: Fault, lasts: Lasts) {
        let rule = fault::Rule { method: method.to_owned(), fault, lasts };
        self.shared.with(|world| world.rules.push(rule));
    }

    /// Everything works again, and no limits are kept.
    pub fn mend(&self) {
        self.shared.with(|world| {
            world.rules.clear();
            world.limits.clear();
        });
    }

    /// Keeps a real limit for this method: whoever goes on gets 429.
    pub fn limit(&self, method: &str, requests: u32, per: Duration) {
        let limit = fault::Limit { method: method.to_owned(), requests, per, begun: Instant::now(), used: 0 };
        self.shared.with(|world| world.limits.push(limit));
    }

    /// The bot's token is worth nothing from now on.
    pub fn revoke_token(&self) {
        self.shared.with(|world| world.bot_token = None);
    }

    /// The app-level token is worth nothing from now on; connections that stand stay.
    pub fn revoke_app_token(&self) {
        self.shared.with(|world| world.app_token = None);
    }

    /// From now on the bot token may do this and nothing else.
    pub fn grant(&self, scopes: &[&str]) {
        self.shared.with(|world| world.scopes = scopes.iter().map(|&scope| scope.to_owned()).collect());
    }

    /// This person takes no direct messages from now on, or does again.
    pub fn takes_direct_messages(&self, user: &str, takes: bool) {
        self.shared.with(|world| {
            world.closed_to_messages.retain(|closed| closed != user);
            if !takes {
                world.closed_to_messages.push(user.to_owned());
            }
        });
    }

    /// From now on these are the members of a user group.
    pub fn regroup(&self, group: &str, members: &[&str]) {
        self.shared.with(|world| {
            for known in world.groups.iter_mut().filter(|known| known.id == group) {
                known.members = members.iter().map(|&member| member.to_owned()).collect();
            }
        });
    }

    /// The bot is added to a channel, or removed from it.
    pub fn invite_bot(&self, channel: &str, is_in: bool) {
        self.shared.with(|world| {
            for known in world.channels.iter_mut().filter(|known| known.id == channel) {
                known.has_bot = is_in;
            }
        });
    }
}

impl Drop for FakeSlack {
    fn drop(&mut self) {
        self.shared.stop.cancel();
        if !std::thread::panicking() {
            self.assert_no_violations();
        }
    }
}

async fn listen() -> TcpListener {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("loopback has a free port")
}

fn client_config(authority: &str) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    let authority = CertificateDer::from_pem_slice(authority.as_bytes()).expect("it was just written");
    roots.add(authority).expect("an authority can be trusted");
    ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring speaks TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth()
}

fn http_client(authority: &str) -> reqwest::ClientBuilder {
    reqwest::Client::builder().use_preconfigured_tls(client_config(authority)).no_proxy()
}
