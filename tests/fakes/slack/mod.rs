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
mod deliver;
mod elements;
mod handle;
mod message;
mod payload;
mod people;
mod raw;
mod settings;
mod sign;
mod socket;
mod user_action;
mod view;
mod watch;
mod world;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use serde_json::Value;

pub use deliver::BotUrls;
pub use handle::{Choice, SlashHandle};
pub use message::{Button, Place, SlackMessage};
pub use people::Surface;
pub use settings::{SlackChannel, SlackGroup, SlackSettings, SlackUser};
pub use sign::signature;
pub use socket::SocketsSeen;
pub use user_action::Acknowledgement;
pub use view::SlackView;
use world::{Endpoints, World};

use crate::fakes::kit::fault::RequestPattern;
use crate::fakes::kit::listener::{Listener, address, on_loopback};
use crate::fakes::kit::{self, http, tls};
pub use crate::fakes::kit::{Lasts, Now, RawAnswer, SeenRequest, TooLate};

/// What happens to a request instead of its answer.
pub type Fault = kit::Fault<String>;

impl Fault {
    /// 200, `"ok": false` and this word: `internal_error`, `channel_not_found`, …
    pub fn error(word: &str) -> Self {
        Self::Refused(word.to_owned())
    }
}

/// The names for which TLS is answered.
pub const NAMES: [&str; 3] = ["slack.com", "hooks.slack.com", "wss-primary.slack.com"];

/// The platform that [`FakeSlack`] plays.
pub enum Slack {}

/// A running fake. It stops when dropped, and then fails the test if a request broke Slack's rules.
pub type FakeSlack = kit::Fake<Slack>;

impl FakeSlack {
    /// Starts on free ports of the loopback interface.
    ///
    /// # Panics
    ///
    /// If loopback has no free port.
    pub async fn start(settings: SlackSettings) -> Self {
        let (clear, secure) = (on_loopback().await, on_loopback().await);
        let (acceptor, authority) = tls::acceptor(&NAMES);
        let http = http_client(&authority).build().expect("a client can be made");
        let endpoints = Endpoints { clear: address(&clear), secure: address(&secure), authority, http };
        let world = World::new(&settings);
        let fake = Self::new(settings, endpoints, world);
        let listener = Listener::new(clear, Some((secure, acceptor)), &fake.shared.stop);
        tokio::spawn(http::serve(listener, Arc::clone(&fake.shared)));
        fake
    }

    /// Where the same answers are given in the clear: `http://127.0.0.1:…`, without `/api/`.
    pub fn http_url(&self) -> String {
        format!("http://{}", self.shared.endpoints.clear)
    }

    /// Where TLS is answered for all of [`NAMES`].
    pub fn address(&self) -> SocketAddr {
        self.shared.endpoints.secure
    }

    /// The certificate authority, PEM.
    pub fn authority(&self) -> &str {
        &self.shared.endpoints.authority
    }

    /// A client for which Slack is this fake: it resolves Slack's names to it, trusts its authority alone, and knows no proxy.
    ///
    /// # Panics
    ///
    /// If the TLS library does not start.
    pub fn client(&self) -> reqwest::Client {
        let client = http_client(self.authority());
        let client = NAMES.iter().fold(client, |client, name| client.resolve(name, self.address()));
        client.build().expect("a client can be made")
    }

    /// What a WebSocket client needs: it trusts the fake's authority alone.
    ///
    /// # Panics
    ///
    /// If the TLS library does not start.
    pub fn tls_config(&self) -> Arc<ClientConfig> {
        Arc::new(tls::client_config(self.authority()))
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
        self.shared.with(|world| world.traffic.requests.clear());
        Ok(())
    }

    /// From now on this happens to calls of this method, `response_url` for those to hooks.slack.com. Several faults
    /// are used up in order.
    pub fn break_method(&self, method: &str, fault: Fault, lasts: Lasts) {
        self.break_requests(RequestPattern::new("*", method), fault, lasts);
    }

    /// Keeps a real limit for this method: whoever goes on gets 429.
    pub fn limit(&self, method: &str, requests: u32, per: Duration) {
        let pattern = RequestPattern::new("*", method);
        self.shared.with(|world| world.traffic.limits.keep(pattern, requests, per));
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
        self.shared.with(|world| world.direct.takes(user.to_owned(), takes));
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

fn http_client(authority: &str) -> reqwest::ClientBuilder {
    reqwest::Client::builder().use_preconfigured_tls(tls::client_config(authority)).no_proxy()
}
