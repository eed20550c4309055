//! Discord's gateway (version 10, JSON): the WebSocket on which it tells what happens.
//!
//! Spoken by ourselves. The library's own client spins on a connection that it cannot take up again, in a task that nothing ends; it gives its session up where
//! heartbeats go unanswered; and what it does not understand it logs, an interaction's token and all.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use serenity::all::{ApplicationId, Interaction};
use tokio::task::JoinSet;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, sleep, sleep_until, timeout_at};

use super::gateway_socket::{ConnectionLost, GatewaySocket, Payload};
use super::gateway_url::{Ended, await_gateway};
use crate::chat::backoff::BackOff;
use crate::chat::discord::adapter::Discord;

/// How long it may take from the first packet until Discord says that we are connected.
const GREETING: Duration = Duration::from_secs(30);

/// How often a session is tried where Discord said that it goes on, before Discord is asked where else.
const TRIES: u32 = 3;

/// <https://discord.com/developers/docs/topics/opcodes-and-status-codes#gateway>
mod op {
    pub(super) const DISPATCH: u64 = 0;
    pub(super) const HEARTBEAT: u64 = 1;
    pub(super) const IDENTIFY: u64 = 2;
    pub(super) const RESUME: u64 = 6;
    pub(super) const RECONNECT: u64 = 7;
    pub(super) const INVALID_SESSION: u64 = 9;
    pub(super) const HELLO: u64 = 10;
    pub(super) const HEARTBEAT_ACK: u64 = 11;
}

/// Codes with which we close: the first keeps the session, the second ends it.
const BACK_SOON: u16 = 4000;
const GOING_AWAY: u16 = 1000;

/// What a connection is resumed with, so that nothing is missed.
#[derive(Deserialize)]
struct Session {
    #[serde(rename = "session_id")]
    id: String,
    #[serde(rename = "resume_gateway_url")]
    url: String,
}

#[derive(Deserialize)]
struct Ready {
    #[serde(flatten)]
    session: Session,
    application: Application,
}

#[derive(Deserialize)]
struct Application {
    id: ApplicationId,
}

/// The connection, and what outlives it when it is lost.
pub(super) struct Gateway {
    discord: Discord,
    socket: Option<GatewaySocket>,
    session: Option<Session>,
    /// The last event that was heard of.
    sequence: Option<u64>,
    /// Whether Discord has said that we are connected.
    is_greeted: bool,
    /// How many connections in a row have failed before that.
    in_vain: u32,
    /// The registration of our commands: it goes on over connections, and ends with this.
    registering: JoinSet<()>,
}

impl Gateway {
    pub(super) fn new(discord: Discord) -> Self {
        Self {
            discord,
            socket: None,
            session: None,
            sequence: None,
            is_greeted: false,
            in_vain: 0,
            registering: JoinSet::new(),
        }
    }

    /// Listens until Discord lets this bot in no more. Whatever else breaks is tried again without end.
    pub(super) async fn listen(&mut self) -> Ended {
        let mut back_off = BackOff::new(self.discord.adapter().settings.connecting.first_wait);
        loop {
            let begun = Instant::now();
            let Err(lost) = self.connection().await;
            if let Some(mut socket) = self.socket.take() {
                socket.close(BACK_SOON).await;
            }
            self.in_vain = if self.is_greeted { 0 } else { self.in_vain + 1 };
            let was_asked_to_go = matches!(lost, ConnectionLost::Asked);
            let wait = if self.is_greeted || was_asked_to_go {
                back_off.ended(begun.elapsed(), was_asked_to_go)
            } else {
                back_off.failed(None)
            };
            match lost {
                ConnectionLost::ForGood(ended) => return ended,
                ConnectionLost::Asked => tracing::info!("Discord asks to connect again"),
                lost => tracing::warn!(%lost, "no connection to Discord; it is tried again in {wait:?}"),
            }
            sleep(wait).await;
        }
    }

    /// Closes the connection, and the session with it.
    pub(super) async fn leave(&mut self) {
        if let Some(mut socket) = self.socket.take() {
            socket.close(GOING_AWAY).await;
            socket.wait_until_closed().await;
        }
    }

    /// One connection, from its beginning to its end.
    async fn connection(&mut self) -> Result<std::convert::Infallible, ConnectionLost> {
        self.is_greeted = false;
        let adapter = self.discord.adapter();
        let url = match &self.session {
            Some(session) if self.in_vain < TRIES => session.url.clone(),
            _ => await_gateway(&adapter.rest, adapter.settings.connecting.first_wait)
                .await
                .map_err(ConnectionLost::ForGood)?,
        };
        let greeted_by = Instant::now() + GREETING;
        let begun = timeout_at(greeted_by, self.begin(&url)).await.unwrap_or(Err(ConnectionLost::Silent));
        let mut heartbeat = begun.map_err(|lost| self.judge(lost))?;
        let mut is_answered = true;
        loop {
            let Some(socket) = &mut self.socket else { return Err(ConnectionLost::BrokeOff) };
            let payload = tokio::select! {
                biased;
                payload = socket.receive() => payload.map_err(|lost| self.judge(lost))?,
                _ = heartbeat.tick() => {
                    if !std::mem::take(&mut is_answered) {
                        return Err(ConnectionLost::HeartbeatUnanswered);
                    }
                    self.send(op::HEARTBEAT, json!(self.sequence)).await?;
                    continue;
                }
                () = sleep_until(greeted_by), if !self.is_greeted => return Err(ConnectionLost::Silent),
            };
            match payload.op {
                op::DISPATCH => self.dispatch(payload)?,
                op::HEARTBEAT => self.send(op::HEARTBEAT, json!(self.sequence)).await?,
                op::HEARTBEAT_ACK => is_answered = true,
                op::RECONNECT => return Err(ConnectionLost::Asked),
                op::INVALID_SESSION => {
                    if payload.d != json!(true) {
                        self.session = None;
                    }
                    return Err(ConnectionLost::SessionInvalid);
                }
                _ => {}
            }
        }
    }

    /// Connects, and says who we are or which session is to go on; answers with when to send heartbeats.
    async fn begin(&mut self, url: &str) -> Result<Interval, ConnectionLost> {
        let connecting = &self.discord.adapter().settings.connecting;
        let socket = self.socket.insert(GatewaySocket::open(url, connecting).await?);
        let hello = socket.receive().await?;
        let every =
            hello.d["heartbeat_interval"].as_u64().filter(|every| hello.op == op::HELLO && *every > 0);
        let every = Duration::from_millis(every.ok_or(ConnectionLost::Unreadable)?);
        let token = self.discord.adapter().rest.token().to_owned();
        match &self.session {
            Some(session) => {
                let resume = json!({ "token": token, "session_id": session.id, "seq": self.sequence });
                self.send(op::RESUME, resume).await?;
            }
            None => {
                // No intents: interactions come without, and nobody's messages are ours to read.
                let properties =
                    json!({ "os": std::env::consts::OS, "browser": "reset-link", "device": "reset-link" });
                self.sequence = None;
                self.send(op::IDENTIFY, json!({ "token": token, "intents": 0, "properties": properties }))
                    .await?;
            }
        }
        // The first one early, as Discord asks, so that not everybody's come at once.
        let mut heartbeat = interval_at(Instant::now() + every / 2, every);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Ok(heartbeat)
    }

    async fn send(&mut self, op: u64, data: Value) -> Result<(), ConnectionLost> {
        match &mut self.socket {
            Some(socket) => socket.send(op, &data).await,
            None => Err(ConnectionLost::BrokeOff),
        }
    }

    /// One event.
    fn dispatch(&mut self, event: Payload) -> Result<(), ConnectionLost> {
        match event.t.as_deref() {
            Some("READY") => {
                let ready = Ready::deserialize(event.d).map_err(|_| ConnectionLost::Unreadable)?;
                self.session = Some(ready.session);
                self.is_greeted = true;
                self.discord.adapter().rest.set_application(ready.application.id);
                tracing::info!("connected to Discord");
                self.register();
            }
            Some("RESUMED") => {
                self.is_greeted = true;
                tracing::info!("connected to Discord again");
            }
            Some("INTERACTION_CREATE") => match Interaction::deserialize(event.d) {
                Ok(interaction) => self.discord.interaction_create(interaction),
                // What stands in the error may be the interaction's token.
                Err(_) => tracing::warn!("Discord tells of an interaction in a form that is not known here"),
            },
            _ => {}
        }
        self.sequence = event.s.or(self.sequence);
        Ok(())
    }

    fn register(&mut self) {
        while self.registering.try_join_next().is_some() {}
        if self.registering.is_empty() {
            let discord = self.discord.clone();
            self.registering.spawn(async move { discord.adapter().register().await });
        }
    }

    /// What the code means with which a connection was closed.
    fn judge(&mut self, lost: ConnectionLost) -> ConnectionLost {
        match lost {
            ConnectionLost::Closed(4004) => ConnectionLost::ForGood(Ended::TokenRefused),
            ConnectionLost::Closed(code @ 4010..=4014) => ConnectionLost::ForGood(Ended::Closed(code)),
            ConnectionLost::Closed(4003 | 4007 | 4009) => {
                self.session = None;
                ConnectionLost::SessionInvalid
            }
            lost => lost,
        }
    }
}
