//! All that the fake remembers.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::fault::{Limit, Rule};
use super::gateway::Gateway;
use super::interaction::Interaction;
use super::message::FakeMessage;
use super::schema::OpenApi;
use super::settings::{FakeChannel, FakeGuild, FakeSettings, FakeUser};
use crate::fakes::kit::watched::{TooLate, Watched};

/// A request as it arrived, without its body and without interaction tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenRequest {
    /// `GET`, `POST`, …
    pub method: String,
    /// The route's template, as Discord's OpenAPI file writes it.
    pub route: String,
    /// What was answered; 0 while nothing was, or when the connection was cut.
    pub status: u16,
}

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

pub(super) struct World {
    counter: u64,
    pub(super) token: Option<String>,
    /// How many may be begun, and how long it is said to take until there are more.
    pub(super) session_starts: (u64, Duration),
    pub(super) closed_to_messages: Vec<u64>,
    pub(super) direct: HashMap<u64, u64>,
    pub(super) commands: BTreeMap<Option<u64>, Vec<Value>>,
    pub(super) registrations: Vec<Registration>,
    pub(super) messages: BTreeMap<u64, FakeMessage>,
    pub(super) interactions: HashMap<u64, Interaction>,
    pub(super) requests: Vec<SeenRequest>,
    pub(super) violations: Vec<String>,
    pub(super) rules: Vec<Rule>,
    pub(super) limits: Vec<Limit>,
    pub(super) gateway: Gateway,
}

impl World {
    /// The user at the other end of a direct-message channel.
    pub(super) fn recipient(&self, channel: u64) -> Option<u64> {
        self.direct.iter().find(|(_, direct)| **direct == channel).map(|(user, _)| *user)
    }
}

/// What every task of one fake shares.
pub(super) struct Shared {
    pub(super) settings: FakeSettings,
    pub(super) openapi: Option<Arc<OpenApi>>,
    pub(super) gateway_url: String,
    pub(super) stop: CancellationToken,
    world: Watched<World>,
}

impl Shared {
    pub(super) fn new(settings: FakeSettings, openapi: Option<Arc<OpenApi>>, gateway_url: String) -> Self {
        let world = World {
            counter: 0,
            token: Some(settings.token.clone()),
            session_starts: (settings.session_starts, Duration::ZERO),
            closed_to_messages: settings
                .users
                .iter()
                .filter(|user| !user.takes_direct_messages)
                .map(|user| user.id)
                .collect(),
            direct: HashMap::new(),
            commands: BTreeMap::new(),
            registrations: Vec::new(),
            messages: BTreeMap::new(),
            interactions: HashMap::new(),
            requests: Vec::new(),
            violations: Vec::new(),
            rules: Vec::new(),
            limits: Vec::new(),
            gateway: Gateway::default(),
        };
        Self { settings, openapi, gateway_url, stop: CancellationToken::new(), world: Watched::new(world) }
    }

    /// Looks, or changes, and wakes whoever waits.
    pub(super) fn with<R>(&self, act: impl FnOnce(&mut World) -> R) -> R {
        self.world.with(act)
    }

    /// Looks, and wakes nobody.
    pub(super) fn peek<R>(&self, look: impl FnOnce(&mut World) -> R) -> R {
        self.world.peek(look)
    }

    /// Looks after every change until there is something.
    pub(super) async fn until<R>(
        &self,
        awaited: &'static str,
        within: Duration,
        look: impl FnMut(&mut World) -> Option<R>,
    ) -> Result<R, TooLate> {
        self.world.until(awaited, within, look).await
    }

    pub(super) fn now(&self) -> Timestamp {
        (self.settings.now)()
    }

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
