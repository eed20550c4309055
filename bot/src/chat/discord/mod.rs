//! Discord, by its gateway and REST interface (version 10): slash commands, buttons, direct messages, a channel for approvals and one for the audit.
//!
//! Translates, and decides nothing: who may and how a link is delivered is the core's business. No error of the library is logged as it stands: it may
//! hold an interaction's token.

mod answer;
mod commands;
mod connection;
mod doctor;
mod failure;
mod feed;
mod gateway;
mod incoming;
mod render;
mod rest;
mod tell;

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use texts::Language;

use jiff::tz::TimeZone;
use serenity::all::{ChannelId, GuildId};

pub use self::connection::{Connecting, Ended};
pub use self::doctor::{Diagnosis, examine};
pub use self::rest::{Rest, RestSettings};
use crate::Clock;
use crate::bot::Bot;
use crate::chat::courier::Waiting;
use crate::policy::People;
use crate::words::Markup;
use crate::words::Words;

/// How long Discord may take for a direct message before the link is shown in the answer instead.
pub const PATIENCE: Duration = Duration::from_secs(8);

/// What the adapter is set to.
#[derive(Debug, Clone)]
pub struct DiscordSettings {
    /// In which guilds commands are registered and taken.
    pub guilds: Vec<GuildId>,
    /// Where a second person is asked.
    pub approvals_channel: Option<ChannelId>,
    /// Where each event of the audit is told.
    pub audit_channel: Option<ChannelId>,
    /// Whether contacts are offered while an admin types.
    pub search: bool,
    /// Whom Discord shows the commands.
    pub visible_to: config::VisibleTo,
    /// BCP 47: for what nobody's own language is known of.
    pub language: String,
    /// In which zone times are told where Discord does not tell them in the reader's own.
    pub time_zone: TimeZone,
    /// Who is called what.
    pub people: People,
    /// How long Discord may take for a direct message.
    pub patience: Duration,
    /// How the gateway is reached.
    pub connecting: Connecting,
}

impl DiscordSettings {
    /// What the operator has set.
    pub fn new(discord: &config::Discord, organisation: &config::Organisation, people: People) -> Self {
        // The config has seen that they are numbers above zero.
        let number = |id: &String| id.parse().ok().filter(|id| *id != 0);
        let channel = |id: &Option<String>| id.as_ref().and_then(number).map(ChannelId::new);
        Self {
            guilds: discord.guilds.iter().filter_map(number).map(GuildId::new).collect(),
            approvals_channel: channel(&discord.approvals_channel),
            audit_channel: channel(&discord.audit_channel),
            search: discord.search,
            visible_to: discord.visible_to,
            language: organisation.language.clone(),
            time_zone: organisation.time_zone.clone(),
            people,
            patience: PATIENCE,
            connecting: Connecting::default(),
        }
    }
}

/// The adapter. A clone is the same one.
#[derive(Clone)]
pub struct Discord(Arc<Inner>);

struct Inner {
    bot: Bot,
    /// All that we send goes this way, so that one place knows the rate limits.
    rest: Rest,
    settings: DiscordSettings,
    clock: Clock,
    /// Guilds in which our commands stand since this process began.
    registered: Mutex<HashSet<GuildId>>,
    /// Interactions that have been taken up: Discord may tell of one twice.
    taken_up: Mutex<incoming::TakenUp>,
    /// Answers that open the way to whoever waits for an approval, should Discord take no direct message to them.
    waiting: Waiting<answer::Asked>,
}

impl Discord {
    /// An adapter for this bot.
    pub fn new(bot: Bot, rest: Rest, settings: DiscordSettings, clock: Clock) -> Self {
        Self(Arc::new(Inner {
            bot,
            rest,
            settings,
            clock,
            registered: Mutex::default(),
            taken_up: Mutex::default(),
            waiting: Waiting::default(),
        }))
    }
}

impl Inner {
    /// The words for somebody whose client speaks this language (a locale of Discord's).
    fn words(&self, locale: Option<&str>) -> Words {
        let settings = &self.settings;
        Words {
            language: Language::choose(locale, None, &settings.language),
            time_zone: settings.time_zone.clone(),
            markup: Markup::Discord,
            people: settings.people.clone(),
        }
    }

    fn now(&self) -> jiff::Timestamp {
        (self.clock)()
    }
}
