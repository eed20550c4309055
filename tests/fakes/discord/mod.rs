//! Discord on loopback sockets: its REST interface and its gateway, version 10, for bots of any library.
//!
//! Nothing here reaches beyond loopback, and nothing here knows which library the bot is made with. Request bodies are
//! checked against Discord's own OpenAPI file where that is present; what breaks it is answered with 400 and reported
//! by [`FakeDiscord::assert_no_violations`], at the latest when the fake is dropped.
//!
//! Not played: attachments, message and presence events, threads, voice, the `zstd-stream` compression.

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
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub use gateway::{GatewaySeen, Identified};
pub use handle::{Choice, InteractionHandle};
pub use interaction::Acknowledgement;
pub use message::{Button, FakeMessage, Place};
pub use refusal::Refusal;
pub use settings::{
    FakeChannel, FakeGuild, FakeMember, FakePortal, FakeRole, FakeSettings, FakeUser, Overwrite, Whom,
};
pub use world::Registration;

use world::{Endpoints, World};

use crate::fakes::kit::listener::{Listener, address, on_loopback};
use crate::fakes::kit::{self, http, tls};
pub use crate::fakes::kit::{Lasts, Now, SeenRequest, TooLate};

/// What happens to a request instead of its answer.
pub type Fault = kit::Fault<Refusal>;

/// `discord.com` itself, for clients that cannot be told another address: they must resolve the name to this address
/// and trust this authority.
#[derive(Debug, Clone)]
pub struct DiscordCom {
    /// Where TLS for `discord.com` is answered.
    pub address: SocketAddr,
    /// The certificate authority, PEM.
    pub authority: String,
}

/// The platform that [`FakeDiscord`] plays.
pub enum Discord {}

/// A running fake. It stops when dropped, and then fails the test if a request broke Discord's rules.
pub type FakeDiscord = kit::Fake<Discord>;

impl FakeDiscord {
    /// Starts on free ports of the loopback interface.
    ///
    /// # Panics
    ///
    /// If loopback has no free port, or on CI without Discord's OpenAPI file.
    pub async fn start(settings: FakeSettings) -> Self {
        let (rest, gateway, secure) = (on_loopback().await, on_loopback().await, on_loopback().await);
        let (tls, authority) = tls::acceptor(&["discord.com", "localhost"]);
        let mut endpoints = Endpoints {
            openapi: schema::read(&settings.openapi),
            rest: address(&rest),
            gateway: address(&gateway),
            gateway_url: gateway::url(address(&gateway)),
            discord_com: DiscordCom { address: address(&secure), authority },
        };
        let mut secure_gateway = None;
        if settings.secure_gateway {
            let listener = on_loopback().await;
            endpoints.gateway_url = format!("wss://localhost:{}", address(&listener).port());
            secure_gateway = Some(tls::terminate(listener, tls.clone(), endpoints.gateway));
        }
        let world = World::new(&settings);
        let fake = Self::new(settings, endpoints, world);
        let (shared, stop) = (&fake.shared, &fake.shared.stop);
        if let Some(secure_gateway) = secure_gateway {
            tokio::spawn(stop.clone().run_until_cancelled_owned(secure_gateway));
        }
        let listener = Listener::new(rest, Some((secure, tls)), stop);
        tokio::spawn(http::serve(listener, Arc::clone(shared)));
        tokio::spawn(gateway::serve(gateway, Arc::clone(shared)));
        fake
    }

    /// Where the REST interface begins, in the clear, without `/api`.
    pub fn rest_url(&self) -> String {
        format!("http://{}", self.shared.endpoints.rest)
    }

    /// Where the gateway is.
    pub fn gateway_url(&self) -> &str {
        &self.shared.endpoints.gateway_url
    }

    /// The same REST interface as `https://discord.com`.
    pub fn discord_com(&self) -> &DiscordCom {
        &self.shared.endpoints.discord_com
    }

    /// Asks both halves, as a client would. Some libraries go to the real Discord where the first request fails,
    /// so a test makes sure of this before it starts one. The one `GET /gateway` stays among the requests.
    ///
    /// # Errors
    ///
    /// When either half does not answer as it should.
    pub async fn answers(&self) -> io::Result<()> {
        let mut socket = TcpStream::connect(self.shared.endpoints.rest).await?;
        socket
            .write_all(b"GET /api/v10/gateway HTTP/1.1\r\nHost: discord\r\nConnection: close\r\n\r\n")
            .await?;
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await?;
        if !answer.starts_with("HTTP/1.1 200") || !answer.contains(self.gateway_url()) {
            return Err(io::Error::other("the REST half does not name the gateway"));
        }
        let socket = TcpStream::connect(self.shared.endpoints.gateway).await?;
        let (mut socket, _) = tokio_tungstenite::client_async(
            format!("{}/?v=10", gateway::url(self.shared.endpoints.gateway)),
            socket,
        )
        .await
        .map_err(io::Error::other)?;
        let hello = socket.next().await.ok_or(io::ErrorKind::UnexpectedEof)?.map_err(io::Error::other)?;
        let hello: Value = serde_json::from_slice(&hello.into_data()).map_err(io::Error::other)?;
        socket.close(None).await.map_err(io::Error::other)?;
        if hello["op"] == 10 { Ok(()) } else { Err(io::Error::other("the gateway does not say HELLO")) }
    }

    /// Whether bodies are checked against Discord's own file.
    pub fn checks_bodies(&self) -> bool {
        self.shared.endpoints.openapi.is_some()
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
        self.shared.with(|world| world.direct.takes(user, takes));
    }
}
