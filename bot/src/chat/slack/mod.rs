//! Slack: it tells us of commands and presses of buttons, by calling our listener or over a WebSocket that we open (Socket Mode), and we call its Web API.
//!
//! Translates, and decides nothing. A request is verified before it is parsed; what did not come from Slack leaves one line in the audit and nothing else.

mod answer;
mod api;
pub mod doctor;
mod incoming;
mod picker;
mod render;
mod request;
mod signature;
mod socket;
mod tell;
mod view;

use std::sync::{Arc, Mutex};
use std::time::Duration;
use texts::Language;

use config::Secret;
use jiff::tz::TimeZone;

use self::api::Api;
use self::incoming::Groups;
use self::request::Place;
pub use self::socket::{Connecting, Ended};
use crate::Clock;
use crate::bot::Bot;
use crate::chat::courier::Waiting;
use crate::policy::People;
use crate::words::Markup;
use crate::words::Words;

/// How long Slack may take for a direct message before the link is shown in the answer instead.
pub const PATIENCE: Duration = Duration::from_secs(8);

/// What the adapter is set to.
#[derive(Debug, Clone)]
pub struct SlackSettings {
    /// The bot user's token.
    pub bot_token: Secret,
    /// The workspace in which commands are taken.
    pub team: String,
    /// User groups whose members are asked for.
    pub groups: Vec<String>,
    /// Whether contacts are offered by name.
    pub search: bool,
    /// Where a second person is asked.
    pub approvals_channel: Option<String>,
    /// Where each event of the audit is told.
    pub audit_channel: Option<String>,
    /// BCP 47.
    pub language: String,
    /// In which zone times are told where Slack does not tell them in the reader's own.
    pub time_zone: TimeZone,
    /// Who is called what.
    pub people: People,
    /// How long Slack may take for a direct message.
    pub patience: Duration,
}

impl SlackSettings {
    /// What the operator has set.
    pub fn new(slack: &config::Slack, organisation: &config::Organisation, people: People) -> Self {
        Self {
            bot_token: slack.bot_token.clone(),
            team: slack.team.clone(),
            groups: slack.allow_groups.clone(),
            search: slack.search,
            approvals_channel: slack.approvals_channel.clone(),
            audit_channel: slack.audit_channel.clone(),
            language: organisation.language.clone(),
            time_zone: organisation.time_zone.clone(),
            people,
            patience: PATIENCE,
        }
    }
}

/// The adapter. A clone is the same one.
#[derive(Clone)]
pub struct Slack(Arc<Inner>);

struct Inner {
    bot: Bot,
    api: Api,
    settings: SlackSettings,
    clock: Clock,
    groups: Mutex<Groups>,
    /// Addresses at which whoever waits for an approval can be answered, should Slack take no direct message to them.
    waiting: Waiting<Place>,
}

impl Slack {
    /// An adapter for this bot. The client finds Slack, and trusts its certificate.
    pub fn new(bot: Bot, client: reqwest::Client, settings: SlackSettings, clock: Clock) -> Self {
        let api = Api::new(client, settings.bot_token.clone());
        Self(Arc::new(Inner {
            bot,
            api,
            settings,
            clock,
            groups: Mutex::default(),
            waiting: Waiting::default(),
        }))
    }
}

impl Inner {
    fn words(&self) -> Words {
        Words {
            language: Language::choose(None, None, &self.settings.language),
            time_zone: self.settings.time_zone.clone(),
            markup: Markup::Slack,
            people: self.settings.people.clone(),
        }
    }

    fn now(&self) -> jiff::Timestamp {
        (self.clock)()
    }
}
