//! Discord, by its gateway and REST interface (version 10): slash commands, direct messages.
//!
//! Translates, and decides nothing: who may and how a link is delivered is the core's business. No error of the library is logged as it stands: it may
//! hold an interaction's token.

mod answer;
mod commands;
mod connection;
mod failure;
mod incoming;
mod render;
mod tell;

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::tz::TimeZone;
use serenity::all::GuildId;
use serenity::http::Http;

pub use self::connection::{Ended, RestSettings, rest};
use crate::bot::Bot;
use crate::people::People;
use crate::reply::Words;
use crate::{Clock, Markup, messages};

/// How long Discord may take for a direct message before the link is shown in the answer instead.
pub const PATIENCE: Duration = Duration::from_secs(8);

/// What the adapter is set to.
#[derive(Debug, Clone)]
pub struct DiscordSettings {
    /// In which guilds commands are registered and taken.
    pub guilds: Vec<GuildId>,
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
}

impl DiscordSettings {
    /// What the operator has set.
    pub fn new(discord: &config::Discord, organisation: &config::Organisation, people: People) -> Self {
        // The config has seen that they are numbers above zero.
        let id = |id: &String| id.parse().map_or(GuildId::new(u64::MAX), GuildId::new);
        Self {
            guilds: discord.guilds.iter().map(id).collect(),
            visible_to: discord.visible_to,
            language: organisation.language.clone(),
            time_zone: organisation.time_zone.clone(),
            people,
            patience: PATIENCE,
        }
    }
}

/// The adapter. A clone is the same one.
#[derive(Clone)]
pub struct Discord(Arc<Inner>);

struct Inner {
    bot: Bot,
    /// All that we send goes this way, so that one place knows the rate limits.
    http: Http,
    settings: DiscordSettings,
    clock: Clock,
    /// Guilds in which our commands stand since this process began.
    registered: Mutex<HashSet<GuildId>>,
    /// Interactions that have been taken up: Discord may tell of one twice.
    taken_up: Mutex<incoming::TakenUp>,
}

impl Discord {
    /// An adapter for this bot.
    pub fn new(bot: Bot, http: Http, settings: DiscordSettings, clock: Clock) -> Self {
        Self(Arc::new(Inner {
            bot,
            http,
            settings,
            clock,
            registered: Mutex::default(),
            taken_up: Mutex::default(),
        }))
    }
}

impl Inner {
    /// The words for somebody whose client speaks this language (a locale of Discord's).
    fn words(&self, locale: Option<&str>) -> Words {
        let settings = &self.settings;
        Words {
            language: messages::choose(locale, &settings.language).to_string(),
            time_zone: settings.time_zone.clone(),
            markup: Markup::Discord,
            people: settings.people.clone(),
        }
    }

    fn now(&self) -> jiff::Timestamp {
        (self.clock)()
    }
}
