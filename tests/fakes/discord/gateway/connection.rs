//! One connection: HELLO, then IDENTIFY or RESUME, heartbeats, and whatever the session has to say.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use super::encode::Encoder;
use super::{GatewayOrder, Identified, Session, events};
use crate::fakes::discord::world::Shared;

const GUILDS: u64 = 1;
const PRIVILEGED: u64 = (1 << 1) | (1 << 8) | (1 << 15);
const ALL_INTENTS: u64 = (1 << 26) - 1;

/// Why the gateway hangs up.
mod code {
    pub(super) const UNKNOWN_OPCODE: u16 = 4001;
    pub(super) const DECODE_ERROR: u16 = 4002;
    pub(super) const NOT_AUTHENTICATED: u16 = 4003;
    pub(super) const AUTHENTICATION_FAILED: u16 = 4004;
    pub(super) const ALREADY_AUTHENTICATED: u16 = 4005;
    pub(super) const INVALID_SEQUENCE: u16 = 4007;
    pub(super) const INVALID_SHARD: u16 = 4010;
    pub(super) const INVALID_VERSION: u16 = 4012;
    pub(super) const INVALID_INTENTS: u16 = 4013;
    pub(super) const DISALLOWED_INTENTS: u16 = 4014;
}

/// One client and what it is to hear.
struct Connection<'a> {
    shared: &'a Shared,
    encoder: Encoder,
    orders: UnboundedSender<GatewayOrder>,
    session: Option<String>,
    has_spoken: bool,
}

/// Serves one client until either side hangs up.
pub(super) async fn hold(socket: TcpStream, shared: &Shared) {
    let mut query = HashMap::new();
    #[expect(clippy::result_large_err, reason = "tungstenite's own type")]
    let read_query = |request: &Request, response: Response| -> Result<Response, ErrorResponse> {
        query = pairs(request.uri().query().unwrap_or_default());
        Ok(response)
    };
    let Ok(mut socket) = tokio_tungstenite::accept_hdr_async(socket, read_query).await else { return };
    let known_ways = query.get("v").is_none_or(|version| version == "10")
        && query.get("encoding").is_none_or(|encoding| encoding == "json");
    let encoder = Encoder::from_query(query.get("compress").map(String::as_str)).filter(|_| known_ways);
    let Some(encoder) = encoder else {
        shared.report("gateway: a version, encoding or compression that is not spoken here");
        close(&mut socket, code::INVALID_VERSION).await;
        return;
    };
    let (orders, mut told) = mpsc::unbounded_channel();
    let mut connection = Connection { shared, encoder, orders, session: None, has_spoken: false };
    let interval = shared.with(|world| world.gateway.hurry.take());
    let interval = interval.unwrap_or(shared.settings.heartbeat_interval);
    let interval = u64::try_from(interval.as_millis()).unwrap_or(u64::MAX);
    let hello =
        json!({ "op": 10, "s": null, "t": null, "d": { "heartbeat_interval": interval, "_trace": [] } });
    if socket.send(connection.encoder.encode(&hello)).await.is_err() {
        return;
    }
    connection.converse(&mut socket, &mut told).await;
    connection.leave();
}

impl Connection<'_> {
    async fn converse(
        &mut self,
        socket: &mut WebSocketStream<TcpStream>,
        told: &mut UnboundedReceiver<GatewayOrder>,
    ) {
        loop {
            let heard = tokio::select! {
                order = told.recv() => match order {
                    Some(GatewayOrder::Say(payload)) => {
                        if socket.send(self.encoder.encode(&payload)).await.is_err() {
                            return;
                        }
                        continue;
                    }
                    Some(GatewayOrder::Close(code)) => return close(socket, code).await,
                    Some(GatewayOrder::Cut) | None => {
                        // Reset rather than closed: what a broken line looks like.
                        let _ = socket.get_ref().set_zero_linger();
                        return;
                    }
                },
                heard = socket.next() => heard,
            };
            let text = match heard {
                Some(Ok(Message::Text(text))) => text.as_bytes().to_vec(),
                Some(Ok(Message::Binary(bytes))) => bytes.to_vec(),
                Some(Ok(Message::Close(frame))) => return self.closed_by_client(frame.as_ref()),
                Some(Ok(_)) => continue,
                Some(Err(_)) | None => return,
            };
            let said = match serde_json::from_slice::<Value>(&text) {
                Ok(payload) => self.hear(&payload),
                Err(_) => Err(code::DECODE_ERROR),
            };
            if let Err(code) = said {
                return close(socket, code).await;
            }
        }
    }

    /// Takes one payload of the client, or says with which code to hang up.
    fn hear(&mut self, payload: &Value) -> Result<(), u16> {
        if !std::mem::replace(&mut self.has_spoken, true) {
            self.shared.with(|world| world.gateway.seen.connections += 1);
        }
        let data = &payload["d"];
        match payload["op"].as_u64() {
            Some(1) => {
                self.heartbeat();
                Ok(())
            }
            Some(2) if self.has_session() => Err(code::ALREADY_AUTHENTICATED),
            Some(2) => self.identify(data),
            Some(6) => self.resume(data),
            // Presence, voice, members, soundboard: nothing here depends on them.
            Some(3 | 4 | 8 | 31) if self.has_session() => Ok(()),
            Some(3 | 4 | 8 | 31) => Err(code::NOT_AUTHENTICATED),
            _ => Err(code::UNKNOWN_OPCODE),
        }
    }

    /// Whether this connection has a session that has not been invalidated.
    fn has_session(&self) -> bool {
        let known = |session: &String| self.shared.peek(|world| world.gateway.knows(session));
        self.session.as_ref().is_some_and(known)
    }

    fn heartbeat(&self) {
        let quiet = self.shared.with(|world| {
            world.gateway.seen.heartbeats += 1;
            world.gateway.keeps_quiet
        });
        if !quiet {
            self.say(json!({ "op": 11, "s": null, "t": null, "d": null }));
        }
    }

    fn say(&self, payload: Value) {
        // The receiver is this very task's.
        let _ = self.orders.send(GatewayOrder::Say(payload));
    }

    fn knows_token(&self, data: &Value) -> Result<(), u16> {
        let said = data["token"].as_str().unwrap_or_default();
        let said = said.strip_prefix("Bot ").unwrap_or(said);
        self.shared.with(|world| {
            if world.token.as_deref() == Some(said) {
                return Ok(());
            }
            world.gateway.seen.wrong_tokens += 1;
            Err(code::AUTHENTICATION_FAILED)
        })
    }

    fn identify(&mut self, data: &Value) -> Result<(), u16> {
        self.knows_token(data)?;
        let intents =
            data["intents"].as_u64().filter(|bits| bits & !ALL_INTENTS == 0).ok_or(code::INVALID_INTENTS)?;
        if intents & PRIVILEGED != 0 && !self.shared.settings.privileged_intents {
            return Err(code::DISALLOWED_INTENTS);
        }
        let properties = &data["properties"];
        let library = properties["browser"].as_str().or_else(|| properties["$browser"].as_str());
        let shard = (data["shard"][0].as_u64().unwrap_or(0), data["shard"][1].as_u64().unwrap_or(1));
        if shard.0 >= shard.1 {
            return Err(code::INVALID_SHARD);
        }
        if data["compress"].as_bool() == Some(true) {
            self.encoder.allow_large_payloads();
        }
        self.shared.with(|world| {
            let id = format!("{:032x}", self.shared.snowflake(world));
            // Whoever identifies anew has given up the session that it had before.
            world.gateway.sessions.retain(|session| session.orders.is_some() || session.shard != shard);
            let mut session = Session {
                id: id.clone(),
                shard,
                sequence: 0,
                said: Vec::new(),
                orders: Some(self.orders.clone()),
            };
            session.dispatch("READY", &events::ready(self.shared, &session));
            if intents & GUILDS != 0 {
                for guild in events::guilds(self.shared, &session) {
                    session.dispatch("GUILD_CREATE", &guild);
                }
            }
            world.gateway.sessions.push(session);
            world.gateway.seen.identified.push(Identified {
                intents,
                library: library.unwrap_or_default().to_owned(),
                shard,
                session: id.clone(),
            });
            self.session = Some(id);
        });
        Ok(())
    }

    fn resume(&mut self, data: &Value) -> Result<(), u16> {
        self.knows_token(data)?;
        let last = data["seq"].as_u64().unwrap_or(0);
        let wanted = data["session_id"].as_str().unwrap_or_default();
        self.shared.with(|world| {
            let gateway = &mut world.gateway;
            if let Some(resumable) = gateway.refuse_resume.take() {
                gateway.seen.not_resumed += 1;
                if !resumable {
                    gateway.sessions.retain(|session| session.id != wanted);
                }
                self.say(json!({ "op": 9, "s": null, "t": null, "d": resumable }));
                return Ok(());
            }
            let Some(session) = gateway.sessions.iter_mut().find(|session| session.id == wanted) else {
                gateway.seen.not_resumed += 1;
                self.say(json!({ "op": 9, "s": null, "t": null, "d": false }));
                return Ok(());
            };
            if last > session.sequence {
                return Err(code::INVALID_SEQUENCE);
            }
            if let Some(before) = session.orders.replace(self.orders.clone()) {
                // The old connection is dead to us even where nobody has noticed yet.
                let _ = before.send(GatewayOrder::Cut);
            }
            for (_, missed) in session.said.iter().filter(|(sequence, _)| *sequence > last) {
                self.say(missed.clone());
            }
            session.dispatch("RESUMED", &json!({ "_trace": [] }));
            gateway.seen.resumed += 1;
            self.session = Some(wanted.to_owned());
            Ok(())
        })
    }

    /// A client that closes with 1000 or 1001 ends its session; with any other code it may resume.
    fn closed_by_client(&mut self, frame: Option<&CloseFrame>) {
        let code = frame.map_or(1005, |frame| u16::from(frame.code));
        let Some(own) = &self.session else { return };
        self.shared.with(|world| {
            world.gateway.seen.closed_by_client.push(code);
            if matches!(code, 1000 | 1001) {
                world.gateway.sessions.retain(|session| session.id != *own);
            }
        });
    }

    /// The session, if it lives on, is without a connection now.
    fn leave(&self) {
        self.shared.with(|world| {
            for session in &mut world.gateway.sessions {
                if session.orders.as_ref().is_some_and(|orders| orders.same_channel(&self.orders)) {
                    session.orders = None;
                }
            }
        });
    }
}

async fn close(socket: &mut WebSocketStream<TcpStream>, code: u16) {
    let frame = CloseFrame { code: code.into(), reason: "".into() };
    let farewell = async {
        if socket.close(Some(frame)).await.is_ok() {
            while let Some(Ok(_)) = socket.next().await {}
        }
    };
    // A client that never says goodbye must not keep the test waiting.
    let _ = tokio::time::timeout(Duration::from_secs(2), farewell).await;
}

/// The pairs of a query; none of ours needs decoding.
fn pairs(query: &str) -> HashMap<String, String> {
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}
