//! Mattermost: the server calls our listener with slash commands and presses of buttons, and we call its API (version 4) with a bot account's token.
//!
//! Translates, and decides nothing. A link goes out by direct message alone. The server does not sign what it sends: a command shows its token, a button brings back a context that we sealed.

mod answer;
mod api;
pub mod doctor;
mod hook;
mod incoming;
mod render;
mod seal;
mod site;
mod tell;

use std::sync::Arc;
use std::time::Duration;
use texts::Language;

use config::Secret;
use jiff::tz::TimeZone;

use self::answer::Place;
use self::api::Api;
use self::seal::Sealer;
use self::site::Site;
use crate::Clock;
use crate::bot::Bot;
use crate::chat::courier::Waiting;
use crate::policy::People;
use crate::words::Markup;
use crate::words::Words;

/// How long Mattermost may take for a direct message before the link is withdrawn.
pub const PATIENCE: Duration = Duration::from_secs(8);

/// What the adapter is set to.
#[derive(Debug, Clone)]
pub struct MattermostSettings {
    /// Where the server is, without a trailing slash.
    pub server_url: String,
    /// The bot account's token.
    pub bot_token: Secret,
    /// The tokens of the slash commands.
    pub command_tokens: Vec<Secret>,
    /// Where the server reaches our listener, without a trailing slash.
    pub callback_url: String,
    /// The team in which commands are taken.
    pub team: String,
    /// Where a second person is asked.
    pub approvals_channel: Option<String>,
    /// Where each event of the audit is told.
    pub audit_channel: Option<String>,
    /// BCP 47.
    pub language: String,
    /// In which zone times are told.
    pub time_zone: TimeZone,
    /// Who is called what.
    pub people: People,
    /// How long Mattermost may take for a direct message.
    pub patience: Duration,
}

impl MattermostSettings {
    /// What the operator has set.
    pub fn new(mattermost: &config::Mattermost, organisation: &config::Organisation, people: People) -> Self {
        Self {
            server_url: mattermost.server_url.clone(),
            bot_token: mattermost.bot_token.clone(),
            command_tokens: mattermost.command_tokens.clone(),
            callback_url: mattermost.callback_url.clone(),
            team: mattermost.team.clone(),
            approvals_channel: mattermost.approvals_channel.clone(),
            audit_channel: mattermost.audit_channel.clone(),
            language: organisation.language.clone(),
            time_zone: organisation.time_zone.clone(),
            people,
            patience: PATIENCE,
        }
    }
}

/// The adapter. A clone is the same one.
#[derive(Clone)]
pub struct Mattermost(Arc<Inner>);

struct Inner {
    bot: Bot,
    api: Api,
    sealer: Sealer,
    settings: MattermostSettings,
    clock: Clock,
    site: Site,
    /// Addresses at which whoever waits for an approval can be answered, should no direct message reach them.
    waiting: Waiting<Place>,
}

impl Mattermost {
    /// An adapter for this bot.
    pub fn new(bot: Bot, client: reqwest::Client, settings: MattermostSettings, clock: Clock) -> Self {
        let api = Api::new(client, &settings.server_url, settings.bot_token.clone());
        let sealer = Sealer::new(settings.bot_token.clone());
        let site = Site::of(&settings.server_url);
        Self(Arc::new(Inner { bot, api, sealer, site, settings, clock, waiting: Waiting::default() }))
    }
}

impl Inner {
    fn words(&self) -> Words {
        Words {
            language: Language::choose(None, None, &self.settings.language),
            time_zone: self.settings.time_zone.clone(),
            markup: Markup::Mattermost,
            people: self.settings.people.clone(),
        }
    }

    fn now(&self) -> jiff::Timestamp {
        (self.clock)()
    }
}
