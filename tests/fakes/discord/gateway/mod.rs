//! The gateway: a WebSocket on which Discord tells what happens.

mod connection;
mod encode;
mod events;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc::UnboundedSender;

use super::world::{Shared, World};

/// What a client said of itself at IDENTIFY.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identified {
    /// Intent bits.
    pub intents: u64,
    /// The library, by its own word.
    pub library: String,
    /// Shard and number of shards.
    pub shard: (u64, u64),
    /// What the session may be resumed with.
    pub session: String,
}

/// What has been seen on the gateway so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GatewaySeen {
    /// Connections on which a client said something.
    pub connections: usize,
    /// Every IDENTIFY with the right token.
    pub identified: Vec<Identified>,
    /// IDENTIFYs and RESUMEs with a wrong token.
    pub wrong_tokens: usize,
    /// Resumes that were granted.
    pub resumed: usize,
    /// Resumes that were refused.
    pub not_resumed: usize,
    /// Heartbeats, acknowledged or not.
    pub heartbeats: usize,
    /// The codes with which clients that had a session closed (1005: none).
    pub closed_by_client: Vec<u16>,
}

/// What a connection's task is told to do.
pub(super) enum GatewayOrder {
    Say(Value),
    Close(u16),
    Cut,
}

/// One session: it outlives its connection until it is invalidated.
struct Session {
    id: String,
    shard: (u64, u64),
    sequence: u64,
    said: Vec<(u64, Value)>,
    orders: Option<UnboundedSender<GatewayOrder>>,
}

impl Session {
    fn dispatch(&mut self, name: &str, data: &Value) {
        self.sequence += 1;
        let payload = json!({ "op": 0, "t": name, "s": self.sequence, "d": data });
        self.said.push((self.sequence, payload.clone()));
        if let Some(orders) = &self.orders {
            // A connection that has just gone: the session keeps the event for the resume.
            let _ = orders.send(GatewayOrder::Say(payload));
        }
    }
}

/// The gateway's memory.
#[derive(Default)]
pub(super) struct Gateway {
    sessions: Vec<Session>,
    pub(super) seen: GatewaySeen,
    pub(super) keeps_quiet: bool,
    pub(super) refuse_resume: Option<bool>,
    pub(super) hurry: Option<Duration>,
    pub(super) closed_to_all: bool,
}

impl Gateway {
    /// Says this to every session that would hear of this guild; direct messages are told to shard 0.
    pub(super) fn dispatch(&mut self, guild: Option<u64>, name: &str, data: &Value) {
        for session in &mut self.sessions {
            let (shard, shards) = session.shard;
            if (guild.unwrap_or(0) >> 22) % shards.max(1) == shard {
                session.dispatch(name, data);
            }
        }
    }

    /// Tells every living connection.
    pub(super) fn tell(&mut self, order: impl Fn() -> GatewayOrder) {
        for session in &self.sessions {
            if let Some(connection) = &session.orders {
                let _ = connection.send(order());
            }
        }
    }

    /// Whether this session is still known.
    fn knows(&self, session: &str) -> bool {
        self.sessions.iter().any(|known| known.id == session)
    }

    /// How many sessions have a connection.
    pub(super) fn connected(&self) -> usize {
        self.sessions.iter().filter(|session| session.orders.is_some()).count()
    }

    /// Forgets every session, so that none can be resumed.
    pub(super) fn forget_sessions(&mut self) {
        self.sessions.clear();
    }
}

/// Takes connections until the fake stops.
pub(super) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        let accepted = tokio::select! {
            () = shared.stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((socket, _)) = accepted else { continue };
        if shared.peek(|world: &mut World| world.gateway.closed_to_all) {
            continue;
        }
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            tokio::select! {
                () = shared.stop.cancelled() => {}
                () = connection::hold(socket, &shared) => {}
            }
        });
    }
}

/// The address as a client is told it.
pub(super) fn url(address: SocketAddr) -> String {
    format!("ws://{address}")
}
