//! Socket Mode: the bot's WebSockets, and the envelopes that go over them.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{Response, header};
use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::interval;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::answers::{acknowledged, since};
use super::user_action::{Acknowledgement, UserActionKind};
use super::world::{Shared, World};
use crate::fakes::kit::listener::Reset;

/// What a connection is told to do.
pub(super) enum SocketOrder {
    Say(Value),
    Ping,
    /// Closes in good order.
    Close,
    /// Resets: what a broken connection looks like.
    Cut,
}

/// One connection that stands.
struct SocketConnection {
    number: u64,
    orders: UnboundedSender<SocketOrder>,
    /// Whether it has been told to go: then it gets nothing new.
    is_leaving: bool,
}

/// An envelope that has not been acknowledged.
struct Envelope {
    id: String,
    user_action: usize,
    body: Value,
    /// The connection that has it.
    connection: Option<u64>,
}

/// What has been seen on the sockets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SocketsSeen {
    /// How many connections were opened.
    pub opened: u64,
    /// How many stand.
    pub standing: usize,
    /// How many pongs came.
    pub pongs: u64,
    /// How many envelopes went out, those that went out again counted again.
    pub envelopes: u64,
    /// How many envelopes nobody has acknowledged.
    pub unacknowledged: usize,
}

#[derive(Default)]
pub(super) struct Sockets {
    pub(super) tickets: Vec<String>,
    connections: Vec<SocketConnection>,
    envelopes: Vec<Envelope>,
    opened: u64,
    pongs: u64,
    sent: u64,
    pub(super) refuses: bool,
}

impl Sockets {
    pub(super) fn seen(&self) -> SocketsSeen {
        SocketsSeen {
            opened: self.opened,
            standing: self.connections.len(),
            pongs: self.pongs,
            envelopes: self.sent,
            unacknowledged: self.envelopes.len(),
        }
    }

    /// Tells every connection.
    pub(super) fn tell_all(&self, say: impl Fn() -> SocketOrder) {
        for connection in &self.connections {
            // A connection that has just ended hears nothing.
            let _ = connection.orders.send(say());
        }
    }

    /// Asks every connection that stands to make way for another. With a `warning` it gets what is new as long as it stands.
    pub(super) fn ask_to_go(&mut self, reason: &str) {
        let body =
            json!({ "type": "disconnect", "reason": reason, "debug_info": { "host": "applink-fake" } });
        self.tell_all(|| SocketOrder::Say(body.clone()));
        if reason != "warning" {
            self.connections.iter_mut().for_each(|connection| connection.is_leaving = true);
        }
    }

    /// Sends what waits to the connection that was opened last, if there is one.
    fn send_waiting(&mut self) {
        let Some(connection) = self.connections.iter().rev().find(|connection| !connection.is_leaving) else {
            return;
        };
        for envelope in self.envelopes.iter_mut().filter(|envelope| envelope.connection.is_none()) {
            if connection.orders.send(SocketOrder::Say(envelope.body.clone())).is_ok() {
                envelope.connection = Some(connection.number);
                self.sent += 1;
            }
        }
    }

    fn lost(&mut self, number: u64) {
        self.connections.retain(|connection| connection.number != number);
        for envelope in self.envelopes.iter_mut().filter(|envelope| envelope.connection == Some(number)) {
            envelope.connection = None;
            let attempt = envelope.body["retry_attempt"].as_u64().unwrap_or(0) + 1;
            envelope.body["retry_attempt"] = json!(attempt);
            envelope.body["retry_reason"] = json!("timeout");
        }
        self.send_waiting();
    }
}

/// Puts what somebody did into an envelope; false where no connection takes it.
pub(super) fn tell(world: &mut World, user_action: usize, kind: UserActionKind, payload: &Value) -> bool {
    if !world.sockets.connections.iter().any(|connection| !connection.is_leaving) {
        return false;
    }
    let id = world.uuid();
    let body = json!({
        "envelope_id": id,
        "type": if kind == UserActionKind::Command { "slash_commands" } else { "interactive" },
        "accepts_response_payload": matches!(kind, UserActionKind::Command | UserActionKind::Suggestion | UserActionKind::Submission),
        "payload": payload,
    });
    world.sockets.envelopes.push(Envelope { id, user_action, body, connection: None });
    world.sockets.send_waiting();
    true
}

/// Lets a client in by a ticket that is good once.
pub(super) fn welcome(shared: &Arc<Shared>, request: &mut Request, reset: Reset) -> Response<Body> {
    let refuse = |status: u16| {
        Response::builder().status(status).body(Body::empty()).expect("the parts of the answer are our own")
    };
    let Some(key) = request.headers().get("sec-websocket-key").map(|key| derive_accept_key(key.as_bytes()))
    else {
        return refuse(400);
    };
    let query = request.uri().query().unwrap_or_default();
    let ticket = query.split('&').find_map(|pair| pair.strip_prefix("ticket=")).unwrap_or_default();
    let is_good = shared.with(|world| {
        let known = world.sockets.tickets.iter().position(|known| known == ticket);
        known.map(|place| world.sockets.tickets.remove(place)).is_some() && !world.sockets.refuses
    });
    let upgrade = request.extensions_mut().remove::<hyper::upgrade::OnUpgrade>();
    let (true, Some(upgrade)) = (is_good, upgrade) else { return refuse(404) };
    let (shared, stop) = (Arc::clone(shared), shared.stop.clone());
    tokio::spawn(stop.run_until_cancelled_owned(async move {
        let Ok(upgraded) = upgrade.await else { return };
        let socket = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, None).await;
        hold(&shared, socket, &reset).await;
    }));
    Response::builder()
        .status(101)
        .header(header::CONNECTION, "Upgrade")
        .header(header::UPGRADE, "websocket")
        .header("Sec-WebSocket-Accept", key)
        .body(Body::empty())
        .expect("the parts of the answer are our own")
}

/// One connection, until either side hangs up.
async fn hold(shared: &Shared, mut socket: WebSocketStream<TokioIo<Upgraded>>, reset: &Reset) {
    let (orders, mut told) = unbounded_channel();
    let number = shared.with(|world| {
        let sockets = &mut world.sockets;
        sockets.opened += 1;
        let hello = json!({
            "type": "hello",
            "num_connections": sockets.connections.len() + 1,
            "debug_info": { "host": "applink-fake", "build_number": 1, "approximate_connection_time": 18_060 },
            "connection_info": { "app_id": shared.settings.app },
        });
        // It has just been made, and nobody has dropped the other end.
        let _ = orders.send(SocketOrder::Say(hello));
        sockets.connections.push(SocketConnection { number: sockets.opened, orders, is_leaving: false });
        sockets.send_waiting();
        sockets.opened
    });
    converse(shared, &mut socket, &mut told, reset).await;
    shared.with(|world| world.sockets.lost(number));
}

async fn converse(
    shared: &Shared,
    socket: &mut WebSocketStream<TokioIo<Upgraded>>,
    told: &mut UnboundedReceiver<SocketOrder>,
    reset: &Reset,
) {
    let mut pings = interval(shared.settings.ping_interval);
    loop {
        let said = tokio::select! {
            order = told.recv() => match order {
                Some(SocketOrder::Say(body)) => Some(Message::text(body.to_string())),
                Some(SocketOrder::Ping) => Some(ping()),
                Some(SocketOrder::Close) => Some(Message::Close(None)),
                Some(SocketOrder::Cut) | None => {
                    reset.now();
                    // Nothing goes out any more: writing is what resets the connection.
                    let _ = socket.send(ping()).await;
                    return;
                }
            },
            _ = pings.tick() => Some(ping()),
            heard = socket.next() => match heard {
                Some(Ok(Message::Text(text))) => {
                    hear(shared, text.as_str());
                    None
                }
                Some(Ok(Message::Pong(_))) => {
                    shared.with(|world| world.sockets.pongs += 1);
                    None
                }
                Some(Ok(_)) => None,
                Some(Err(_)) | None => return,
            },
        };
        if let Some(message) = said
            && socket.send(message).await.is_err()
        {
            return;
        }
    }
}

fn ping() -> Message {
    Message::Ping("Ping from applink-fake".into())
}

/// An acknowledgement, which names its envelope and may carry an answer.
fn hear(shared: &Shared, text: &str) {
    let said: Value = serde_json::from_str(text).unwrap_or_default();
    let envelope = shared.with(|world| {
        let known = world.sockets.envelopes.iter().position(|envelope| said["envelope_id"] == *envelope.id);
        let Some(known) = known else {
            world
                .traffic
                .violations
                .push("socket: an acknowledgement of no envelope that waits for one".to_owned());
            return None;
        };
        let envelope = world.sockets.envelopes.remove(known);
        let payload = said.get("payload").filter(|payload| !payload.is_null() && **payload != json!({}));
        if payload.is_some() && envelope.body["accepts_response_payload"] != json!(true) {
            world.traffic.violations.push("socket: a payload where none is taken".to_owned());
        }
        let after = since(world, envelope.user_action);
        Some((envelope.user_action, payload.map(Value::to_string).unwrap_or_default(), after))
    });
    let Some((user_action, body, after)) = envelope else { return };
    let content_type = if body.is_empty() { "" } else { "application/json" }.to_owned();
    acknowledged(shared, user_action, &Acknowledgement { status: 200, content_type, body, after });
}
