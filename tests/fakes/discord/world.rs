//! All that the fake remembers.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::gateway::Gateway;
use super::interaction::Interaction;
use super::message::FakeMessage;
use super::refusal::Refusal;
use super::schema::OpenApi;
use super::settings::{FakeChannel, FakeGuild, FakeSettings, FakeUser};
use super::{Discord, DiscordCom};
use crate::fakes::kit::direct::DirectMessages;
use crate::fakes::kit::traffic::Traffic;
use crate::fakes::kit::{self, HasRoutes, Now, Platform};

/// One write to the list of commands.
#[derive(Debug, Clone)]
pub struct Registration {
    /// `PUT` (the whole list), `POST`, `PATCH` or `DELETE`.
    pub method: String,
    /// The guild; `None` for global commands.
    pub guild: Option<u64>,
    /// What was sent.
    pub body: Value,
}

/// All that the fake remembers.
pub struct World {
    counter: u64,
    pub(super) token: Option<String>,
    /// How many may be begun, and how long it is said to take until there are more.
    pub(super) session_starts: (u64, Duration),
    pub(super) direct: DirectMessages<u64>,
    pub(super) commands: BTreeMap<Option<u64>, Vec<Value>>,
    pub(super) registrations: Vec<Registration>,
    pub(super) messages: BTreeMap<u64, FakeMessage>,
    pub(super) interactions: HashMap<u64, Interaction>,
    pub(super) traffic: Traffic<Refusal>,
    pub(super) gateway: Gateway,
}

impl World {
    /// Nothing has happened yet.
    pub(super) fn new(settings: &FakeSettings) -> Self {
        let closed = settings.users.iter().filter(|user| !user.takes_direct_messages);
        Self {
            counter: 0,
            token: Some(settings.token.clone()),
            session_starts: (settings.session_starts, Duration::ZERO),
            direct: DirectMessages::closed_to(closed.map(|user| user.id)),
            commands: BTreeMap::new(),
            registrations: Vec::new(),
            messages: BTreeMap::new(),
            interactions: HashMap::new(),
            traffic: Traffic::default(),
            gateway: Gateway::default(),
        }
    }
}

/// Where the fake listens, and what it holds bodies to.
pub struct Endpoints {
    pub(super) openapi: Option<Arc<OpenApi>>,
    pub(super) rest: SocketAddr,
    pub(super) gateway: SocketAddr,
    /// Where a client is told that the gateway is.
    pub(super) gateway_url: String,
    pub(super) discord_com: DiscordCom,
}

impl Platform for Discord {
    const NAME: &'static str = "Discord";
    type Settings = FakeSettings;
    type Endpoints = Endpoints;
    type World = World;
    type Refusal = Refusal;

    fn clock(settings: &FakeSettings) -> &Now {
        &settings.now
    }

    fn traffic(world: &mut World) -> &mut Traffic<Refusal> {
        &mut world.traffic
    }
}

impl HasRoutes for Discord {}

/// What every task of one fake shares.
pub(super) type Shared = kit::Shared<Discord>;

impl Shared {
    /// A new snowflake: Discord's epoch, the fake's time, a counter that never repeats.
    pub(super) fn snowflake(&self, world: &mut World) -> u64 {
        const DISCORD_EPOCH: i64 = 1_420_070_400_000;
        world.counter += 1;
        let milliseconds = u64::try_from(self.now().as_millisecond() - DISCORD_EPOCH).unwrap_or(0);
        (milliseconds << 22) + world.counter
    }

    pub(super) fn guild(&self, id: u64) -> Option<&FakeGuild> {
        self.settings.guilds.iter().find(|guild| guild.id == id)
    }

    pub(super) fn channel(&self, id: u64) -> Option<(&FakeGuild, &FakeChannel)> {
        self.settings.guilds.iter().find_map(|guild| {
            guild.channels.iter().find(|channel| channel.id == id).map(|channel| (guild, channel))
        })
    }

    /// Somebody, the bot included.
    pub(super) fn user(&self, id: u64) -> Option<FakeUser> {
        if id == self.settings.bot {
            return Some(FakeUser::new(id, "reset-link"));
        }
        self.settings.users.iter().find(|user| user.id == id).cloned()
    }
}
