//! Discord's gateway (version 10, JSON): the WebSocket on which it tells what happens.
//!
//! Spoken by ourselves. The library's own client spins on a connection that it cannot take up again, in a task that nothing ends; it gives its session up where
//! heartbeats go unanswered; and what it does not understand it logs, an interaction's token and all.

mod wire;

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use serenity::all::{ApplicationId, Interaction};
use thiserror::Error;
use tokio::task::JoinSet;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, sleep, sleep_until, timeout_at};

use self::wire::{Payload, Wire};
use super::Discord;
use super::connection::{Connecting, Ended};
use crate::chat::backoff::BackOff;
use crate::chat::wire::Broken;

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

/// Why a connection is one no more.
#[derive(Debug, Error)]
enum Lost {
    #[error("{0}")]
    Unreachable(&'static str),
    #[error("{0}")]
    Proxy(Broken),
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
    Gibberish,
    #[error("{0}")]
    ForGood(Ended),
}

impl From<Broken> for Lost {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::Unreachable(why) => Self::Unreachable(why),
            broken @ Broken::Proxy(_) => Self::Proxy(broken),
            Broken::Off => Self::BrokeOff,
            Broken::Closed(code) => Self::Closed(code),
        }
    }
}

/// What a connection may be taken up again with, so that nothing is missed.
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
    wire: Option<Wire>,
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
            wire: None,
            session: None,
            sequence: None,
            is_greeted: false,
            in_vain: 0,
            registering: JoinSet::new(),
        }
    }

    /// Listens until Discord lets this bot in no more. Whatever else breaks is tried again without end.
    pub(super) async fn listen(&mut self) -> Ended {
        let mut back_off = BackOff::new(self.discord.0.settings.connecting.first_wait);
        loop {
            let begun = Instant::now();
            let Err(lost) = self.connection().await;
            if let Some(mut wire) = self.wire.take() {
                wire.close(BACK_SOON).await;
            }
            self.in_vain = if self.is_greeted { 0 } else { self.in_vain + 1 };
            let was_asked_to_go = matches!(lost, Lost::Asked);
            let wait = if self.is_greeted || was_asked_to_go {
                back_off.ended(begun.elapsed(), was_asked_to_go)
            } else {
                back_off.failed(None)
            };
            match lost {
                Lost::ForGood(ended) => return ended,
                Lost::Asked => tracing::info!("Discord asks to connect again"),
                lost => tracing::warn!(%lost, "no connection to Discord; it is tried again in {wait:?}"),
            }
            sleep(wait).await;
        }
    }

    /// Says goodbye.
    pub(super) async fn leave(&mut self) {
        if let Some(mut wire) = self.wire.take() {
            wire.close(GOING_AWAY).await;
            wire.closed().await;
        }
    }

    /// One connection, from its beginning to its end.
    async fn connection(&mut self) -> Result<std::convert::Infallible, Lost> {
        self.is_greeted = false;
        let url = match &self.session {
            Some(session) if self.in_vain < TRIES => session.url.clone(),
            _ => self.discord.await_gateway().await.map_err(Lost::ForGood)?,
        };
        let greeted_by = Instant::now() + GREETING;
        let begun = timeout_at(greeted_by, self.begin(&url)).await.unwrap_or(Err(Lost::Silent));
        let mut heartbeat = begun.map_err(|lost| self.judge(lost))?;
        let mut is_answered = true;
        loop {
            let Some(wire) = &mut self.wire else { return Err(Lost::BrokeOff) };
            let payload = tokio::select! {
                biased;
                payload = wire.hear() => payload.map_err(|lost| self.judge(lost))?,
                _ = heartbeat.tick() => {
                    if !std::mem::take(&mut is_answered) {
                        return Err(Lost::HeartbeatUnanswered);
                    }
                    self.say(op::HEARTBEAT, json!(self.sequence)).await?;
                    continue;
                }
                () = sleep_until(greeted_by), if !self.is_greeted => return Err(Lost::Silent),
            };
            match payload.op {
                op::DISPATCH => self.take(payload)?,
                op::HEARTBEAT => self.say(op::HEARTBEAT, json!(self.sequence)).await?,
                op::HEARTBEAT_ACK => is_answered = true,
                op::RECONNECT => return Err(Lost::Asked),
                op::INVALID_SESSION => {
                    if payload.d != json!(true) {
                        self.session = None;
                    }
                    return Err(Lost::SessionInvalid);
                }
                _ => {}
            }
        }
    }

    /// Connects, and says who we are or which session is to go on; answers with when to send heartbeats.
    async fn begin(&mut self, url: &str) -> Result<Interval, Lost> {
        let Connecting { roots, proxies, .. } = &self.discord.0.settings.connecting;
        let wire = self.wire.insert(Wire::open(url, roots, proxies).await?);
        let hello = wire.hear().await?;
        let every =
            hello.d["heartbeat_interval"].as_u64().filter(|every| hello.op == op::HELLO && *every > 0);
        let every = Duration::from_millis(every.ok_or(Lost::Gibberish)?);
        let token = self.discord.0.rest.token().to_owned();
        match &self.session {
            Some(session) => {
                let resume = json!({ "token": token, "session_id": session.id, "seq": self.sequence });
                self.say(op::RESUME, resume).await?;
            }
            None => {
                // No intents: interactions come without, and nobody's messages are ours to read.
                let properties =
                    json!({ "os": std::env::consts::OS, "browser": "reset-link", "device": "reset-link" });
                self.sequence = None;
                self.say(op::IDENTIFY, json!({ "token": token, "intents": 0, "properties": properties }))
                    .await?;
            }
        }
        // The first one early, as Discord asks, so that not everybody's come at once.
        let mut heartbeat = interval_at(Instant::now() + every / 2, every);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Ok(heartbeat)
    }

    async fn say(&mut self, op: u64, data: Value) -> Result<(), Lost> {
        match &mut self.wire {
            Some(wire) => wire.say(op, &data).await,
            None => Err(Lost::BrokeOff),
        }
    }

    /// One event.
    fn take(&mut self, event: Payload) -> Result<(), Lost> {
        match event.t.as_deref() {
            Some("READY") => {
                let ready = Ready::deserialize(event.d).map_err(|_| Lost::Gibberish)?;
                self.session = Some(ready.session);
                self.is_greeted = true;
                self.discord.0.rest.set_application(ready.application.id);
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
            self.registering.spawn(async move { discord.0.register().await });
        }
    }

    /// What the code means with which a connection was closed.
    fn judge(&mut self, lost: Lost) -> Lost {
        match lost {
            Lost::Closed(4004) => Lost::ForGood(Ended::TokenRefused),
            Lost::Closed(code @ 4010..=4014) => Lost::ForGood(Ended::Closed(code)),
            Lost::Closed(4003 | 4007 | 4009) => {
                self.session = None;
                Lost::SessionInvalid
            }
            lost => lost,
        }
    }
}
