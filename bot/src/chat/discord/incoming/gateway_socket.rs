//! One WebSocket to the gateway: payloads in and out.

use serde::Deserialize;
use serde_json::{Value, json};
use thiserror::Error;

use super::gateway_url::Ended;
use crate::chat::websocket::{Connecting, Frame, WebSocket, WebSocketError};

/// Why a connection is one no more.
#[derive(Debug, Error)]
pub(super) enum ConnectionLost {
    #[error("{0}")]
    Unreachable(&'static str),
    #[error("{0}")]
    Proxy(WebSocketError),
    #[error("Discord does not say hello")]
    Silent,
    #[error("the connection broke off")]
    BrokeOff,
    #[error("Discord has closed the connection ({0})")]
    Closed(u16),
    #[error("Discord asks to connect again")]
    Asked,
    #[error("Discord knows the session no more")]
    SessionInvalid,
    #[error("a heartbeat was not answered")]
    HeartbeatUnanswered,
    #[error("what Discord says makes no sense")]
    Unreadable,
    #[error("{0}")]
    ForGood(Ended),
}

impl From<WebSocketError> for ConnectionLost {
    fn from(broken: WebSocketError) -> Self {
        match broken {
            WebSocketError::Unreachable(why) => Self::Unreachable(why),
            broken @ WebSocketError::Proxy(_) => Self::Proxy(broken),
            WebSocketError::BrokeOff => Self::BrokeOff,
            WebSocketError::Closed(code) => Self::Closed(code),
        }
    }
}

/// What the gateway says. Never shown as it stands: it may hold an interaction's token.
#[derive(Deserialize)]
pub(super) struct Payload {
    pub(super) op: u64,
    pub(super) s: Option<u64>,
    pub(super) t: Option<String>,
    #[serde(default)]
    pub(super) d: Value,
}

pub(super) struct GatewaySocket(WebSocket);

impl GatewaySocket {
    /// Connects to an address like `wss://gateway.discord.gg`.
    pub(super) async fn open(url: &str, connecting: &Connecting) -> Result<Self, ConnectionLost> {
        let address = format!("{}/?v=10&encoding=json", url.trim_end_matches('/'));
        Ok(Self(WebSocket::open(&address, connecting).await?))
    }

    /// The next payload. Nothing is lost where this is dropped while it waits.
    pub(super) async fn receive(&mut self) -> Result<Payload, ConnectionLost> {
        loop {
            if let Frame::Text(text) = self.0.receive().await? {
                return serde_json::from_str(&text).map_err(|_| ConnectionLost::Unreadable);
            }
        }
    }

    pub(super) async fn send(&mut self, op: u64, data: &Value) -> Result<(), ConnectionLost> {
        Ok(self.0.send(json!({ "op": op, "d": data }).to_string()).await?)
    }

    /// Closes with this code.
    pub(super) async fn close(&mut self, code: u16) {
        self.0.close(code).await;
    }

    /// Waits until the other side has closed too.
    pub(super) async fn wait_until_closed(self) {
        self.0.wait_until_closed().await;
    }
}
