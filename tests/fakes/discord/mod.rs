//! Discord on loopback sockets: its REST interface and its gateway, version 10, for bots of any library.
//!
//! Nothing here reaches beyond loopback, and nothing here knows which library the bot is made with. Request bodies are
//! checked against Discord's own OpenAPI file where that is present; what breaks it is answered with 400 and reported
//! by [`FakeDiscord::assert_no_violations`], at the latest when the fake is dropped.
//!
//! Not played: attachments, message and presence events, threads, voice, the `zstd-stream` compression.

mod fault;
mod gateway;
mod handle;
mod interaction;
mod message;
mod objects;
mod people;
pub mod permissions;
mod refusal;
mod rest;
mod schema;
mod settings;
mod watch;
mod world;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub use fault::{Fault, Lasts};
pub use gateway::{GatewaySeen, Identified};
pub use handle::{Choice, InteractionHandle};
pub use interaction::Acknowledgement;
pub use message::{Button, FakeMessage, Place};
pub use settings::{
    FakeChannel, FakeGuild, FakeMember, FakePortal, FakeRole, FakeSettings, FakeUser, Now, Overwrite, Whom,
};
pub use world::{Registration, SeenRequest};

pub use crate::fakes::kit::watched::TooLate;

use world::Shared;

use crate::fakes::kit::door::Door;
use crate::fakes::kit::tls;

/// `discord.com` itself, for clients that cannot be told another address: they must resolve the name to this address
/// and trust this authority.
#[derive(Debug, Clone)]
pub struct DiscordCom {
    /// Where TLS for `discord.com` is answered.
    pub address: SocketAddr,
    /// The certificate authority, PEM.
    pub authority: String,
}

/// A running fake. It stops when dropped, and then fails the test if a request broke Discord's rules.
pub struct FakeDiscord {
    shared: Arc<Shared>,
    rest: SocketAddr,
    gateway: SocketAddr,
    discord_com: DiscordCom,
}

impl std::fmt::Debug for FakeDiscord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FakeDiscord")
            .field("rest", &self.rest)
            .field("gateway", &self.gateway)
            .finish_non_exhaustive()
    }
}

impl FakeDiscord {
    /// Starts on free ports of the loopback interface.
    ///
    /// # Panics
    ///
    /// If loopback has no free port, or on CI without Discord's OpenAPI file.
    pub async fn start(settings: FakeSettings) -> Self {
        let (rest, gateway, secure) = (listen().await, listen().await, listen().await);
        let address = |listener: &TcpListener| listener.local_addr().expect("it is bound");
        let (rest_at, gateway_at, secure_at) = (address(&rest), address(&gateway), address(&secure));
        let openapi = schema::read(&settings.openapi);
        let (tls, authority) = tls::acceptor(&["discord.com", "localhost"]);
        let (mut gateway_url, mut secure_gateway) = (gateway::url(gateway_at), None);
        if settings.secure_gateway {
            let listener = listen().await;
            gateway_url = format!("wss://localhost:{}", address(&listener).port());
            secure_gateway = Some(tls::unwrap(listener, tls.clone(), gateway_at));
        }
        let shared = Arc::new(Shared::new(settings, openapi, gateway_url));
        if let Some(secure_gateway) = secure_gateway {
            tokio::spawn(shared.stop.clone().run_until_cancelled_owned(secure_gateway));
        }
        let door = Door::open(rest, secure, tls, shared.stop.clone()).expect("it is bound");
        tokio::spawn(rest::serve(door, Arc::clone(&shared)));
        tokio::spawn(gateway::serve(gateway, Arc::clone(&shared)));
        let discord_com = DiscordCom { address: secure_at, authority };
        Self { shared, rest: rest_at, gateway: gateway_at, discord_com }
    }

    /// Where the REST interface begins, in the clear, without `/api`.
    pub fn rest_url(&self) -> String {
        format!("http://{}", self.rest)
    }

    /// Where the gateway is.
    pub fn gateway_url(&self) -> &str {
        &self.shared.gateway_url
    }

    /// The same REST interface as `https://discord.com`.
    pub fn discord_com(&self) -> &DiscordCom {
        &self.discord_com
    }

    /// Asks both halves, as a client would. Some libraries go to the real Discord where the first request fails,
    /// so a test makes sure of this before it starts one. The one `GET /gateway` stays among the requests.
    ///
    /// # Errors
    ///
    /// When either half does not answer as it should.
    pub async fn answers(&self) -> io::Result<()> {
        let mut socket = TcpStream::connect(self.rest).await?;
        socket
            .write_all(b"GET /api/v10/gateway HTTP/1.1\r\nHost: discord\r\nConnection: close\r\n\r\n")
            .await?;
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await?;
        if !answer.starts_with("HTTP/1.1 200") || !answer.contains(self.gateway_url()) {
            return Err(io::Error::other("the REST half does not name the gateway"));
        }
        let socket = TcpStream::connect(self.gateway).await?;
        let (mut socket, _) =
            tokio_tungstenite::client_async(format!("{}/?v=10", gateway::url(self.gateway)), socket)
                .await
                .map_err(io::Error::other)?;
        let hello = socket.next().await.ok_or(io::ErrorKind::UnexpectedEof)?.map_err(io::Error::other)?;
        let hello: Value = serde_json::from_slice(&hello.into_data()).map_err(io::Error::other)?;
        socket.close(None).await.map_err(io::Error::other)?;
        if hello["op"] == 10 { Ok(()) } else { Err(io::Error::other("the gateway does not say HELLO")) }
    }

    /// Whether bodies are checked against Discord's own file.
    pub fn checks_bodies(&self) -> bool {
        self.shared.openapi.is_some()
    }

    /// What requests broke so far, and forgets it: for a test that breaks a rule on purpose.
    pub fn take_violations(&self) -> Vec<String> {
        self.shared.with(|world| std::mem::take(&mut world.violations))
    }

    /// Fails if a request broke Discord's rules.
    ///
    /// # Panics
    ///
    /// Then.
    pub fn assert_no_violations(&self) {
        let violations = self.take_violations();
        assert!(violations.is_empty(), "Discord would have refused:\n{}", violations.join("\n"));
    }

    /// From now on this happens to requests of this method whose path, without `/api/v10`, fits the pattern, in which
    /// `*` stands for one step: `("POST", "/channels/*/messages")`. Several rules are used up in order.
    pub fn break_route(&self, method: &str, pattern: &str, fault: Fault, lasts: Lasts) {
        let rule = fault::Rule { method: method.to_owned(), pattern: pattern.to_owned(), fault, lasts };
        self.shared.with(|world| world.rules.push(rule));
    }

    /// Everything works again, and no limits are kept.
    pub fn mend(&self) {
        self.shared.with(|world| {
            world.rules.clear();
            world.limits.clear();
        });
    }

    /// Keeps a real limit for each resource that fits: headers tell where one stands, and whoever goes on gets 429.
    pub fn limit(&self, method: &str, pattern: &str, requests: u32, per: Duration) {
        let limit = fault::Limit {
            method: method.to_owned(),
            pattern: pattern.to_owned(),
            requests,
            per,
            windows: std::collections::HashMap::new(),
        };
        self.shared.with(|world| world.limits.push(limit));
    }

    /// The bot's token is worth nothing from now on; connections that stand stay until they are closed.
    pub fn revoke_token(&self) {
        self.shared.with(|world| world.token = None);
    }

    /// How many sessions the bot is told that it may begin, and after which time more.
    pub fn session_starts(&self, remaining: u64, reset_after: Duration) {
        self.shared.with(|world| world.session_starts = (remaining, reset_after));
    }

    /// This person takes no direct messages from now on, or does again.
    pub fn takes_direct_messages(&self, user: u64, takes: bool) {
        self.shared.with(|world| {
            world.closed_to_messages.retain(|closed| *closed != user);
            if !takes {
                world.closed_to_messages.push(user);
            }
        });
    }
}

impl Drop for FakeDiscord {
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
