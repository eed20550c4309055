//! All that the fake remembers.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use super::deed::Deed;
use super::deliver::BotUrls;
use super::fault::{Limit, Rule};
use super::message::{Place, SlackMessage};
use super::settings::{SlackChannel, SlackGroup, SlackSettings, SlackUser};
use super::socket::Sockets;
use super::view::SlackView;
use crate::fakes::kit::watched::{TooLate, Watched};

/// How long a `trigger_id` is good for.
const TRIGGER_LIFE: SignedDuration = SignedDuration::from_secs(3);
/// How long a response URL is good for.
const HOOK_LIFE: SignedDuration = SignedDuration::from_mins(30);
/// How often a response URL is good.
const HOOK_USES: u32 = 5;

/// A request of the bot as it arrived, without its arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenRequest {
    /// `chat.postMessage`, …; `response_url` for one to hooks.slack.com.
    pub method: String,
    /// What was answered; 0 while nothing was, or when the connection was cut.
    pub status: u16,
    /// Slack's word for what was wrong.
    pub error: Option<String>,
}

/// What lets the bot open a view for somebody.
pub(super) struct Trigger {
    pub(super) id: String,
    pub(super) user: String,
    pub(super) created: Timestamp,
    pub(super) used: bool,
}

/// A response URL.
pub(super) struct Hook {
    pub(super) path: String,
    pub(super) deed: usize,
    pub(super) created: Timestamp,
    pub(super) uses: u32,
}

impl Hook {
    /// Uses it once, or says why not.
    pub(super) fn enter(&mut self, now: Timestamp) -> Result<usize, &'static str> {
        if now.duration_since(self.created) >= HOOK_LIFE {
            return Err("expired_url");
        }
        if self.uses >= HOOK_USES {
            return Err("used_url");
        }
        self.uses += 1;
        Ok(self.deed)
    }
}

#[derive(Default)]
pub(super) struct World {
    counter: u64,
    pub(super) bot_token: Option<String>,
    pub(super) app_token: Option<String>,
    pub(super) scopes: Vec<String>,
    pub(super) closed_to_messages: Vec<String>,
    pub(super) groups: Vec<SlackGroup>,
    pub(super) channels: Vec<SlackChannel>,
    pub(super) direct: BTreeMap<String, String>,
    pub(super) messages: Vec<SlackMessage>,
    pub(super) views: Vec<SlackView>,
    pub(super) deeds: Vec<Deed>,
    pub(super) triggers: Vec<Trigger>,
    pub(super) hooks: Vec<Hook>,
    pub(super) requests: Vec<SeenRequest>,
    pub(super) violations: Vec<String>,
    pub(super) rules: Vec<Rule>,
    pub(super) limits: Vec<Limit>,
    pub(super) sockets: Sockets,
    pub(super) bot: Option<BotUrls>,
}

impl World {
    fn count(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    /// An id that is used once: `V0FAKE00000C`.
    pub(super) fn id(&mut self, kind: char) -> String {
        format!("{kind}0FAKE{:05X}", self.count())
    }

    /// What identifies a message: the time, and a counter where Slack has microseconds.
    pub(super) fn ts(&mut self, now: Timestamp) -> String {
        format!("{}.{:06}", now.as_second(), self.count())
    }

    /// A new `trigger_id`, which belongs to this person.
    pub(super) fn trigger(&mut self, user: &str, now: Timestamp) -> String {
        let number = self.count();
        let id = format!("{}.{number}.{:032x}", now.as_millisecond(), scatter(number));
        self.triggers.push(Trigger { id: id.clone(), user: user.to_owned(), created: now, used: false });
        id
    }

    /// Uses a `trigger_id`, and says whose it is.
    pub(super) fn pull(&mut self, id: &str, now: Timestamp) -> Result<String, &'static str> {
        let trigger =
            self.triggers.iter_mut().find(|trigger| trigger.id == id).ok_or("invalid_trigger_id")?;
        if std::mem::replace(&mut trigger.used, true) {
            return Err("exchanged_trigger_id");
        }
        if now.duration_since(trigger.created) >= TRIGGER_LIFE {
            return Err("expired_trigger_id");
        }
        Ok(trigger.user.clone())
    }

    /// A new response URL for what a person did: `commands` or `actions`.
    pub(super) fn hook(&mut self, kind: &str, team: &str, deed: usize, now: Timestamp) -> String {
        let number = self.count();
        let path = format!("/{kind}/{team}/{}/{:024x}", 397_700_000_000 + number, scatter(number));
        self.hooks.push(Hook { path: path.clone(), deed, created: now, uses: 0 });
        format!("https://hooks.slack.com{path}")
    }

    /// A secret of a connection or an envelope, in the form of a UUID.
    pub(super) fn uuid(&mut self) -> String {
        let number = self.count();
        format!("{number:08x}-0000-4000-8000-{:012x}", scatter(number) >> 16)
    }

    /// The direct-message channel of this person with the bot.
    pub(super) fn direct_channel(&mut self, user: &str) -> String {
        if let Some(channel) = self.direct.get(user) {
            return channel.clone();
        }
        let channel = self.id('D');
        self.direct.insert(user.to_owned(), channel.clone());
        channel
    }

    /// The person at the other end of a direct-message channel.
    pub(super) fn recipient(&self, channel: &str) -> Option<String> {
        self.direct.iter().find(|(_, direct)| *direct == channel).map(|(user, _)| user.clone())
    }

    pub(super) fn channel(&self, id: &str) -> Option<&SlackChannel> {
        self.channels.iter().find(|channel| channel.id == id)
    }

    /// What this channel is to those who read in it.
    pub(super) fn place(&self, channel: &str) -> Place {
        self.recipient(channel).map_or_else(|| Place::Channel(channel.to_owned()), Place::Direct)
    }
}

/// Digits that look like a secret and are the same in every run.
fn scatter(number: u64) -> u64 {
    number.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5851_F42D_4C95_7F2D
}

/// What every task of one fake shares.
pub(super) struct Shared {
    pub(super) settings: SlackSettings,
    pub(super) stop: CancellationToken,
    pub(super) http: reqwest::Client,
    world: Watched<World>,
}

impl Shared {
    pub(super) fn new(settings: SlackSettings, http: reqwest::Client) -> Self {
        let world = World {
            bot_token: Some(settings.bot_token.clone()),
            app_token: Some(settings.app_token.clone()),
            scopes: settings.scopes.clone(),
            closed_to_messages: settings
                .users
                .iter()
                .filter(|user| !user.takes_direct_messages)
                .map(|user| user.id.clone())
                .collect(),
            groups: settings.groups.clone(),
            channels: settings.channels.clone(),
            ..World::default()
        };
        Self { settings, stop: CancellationToken::new(), http, world: Watched::new(world) }
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

    pub(super) fn user(&self, id: &str) -> Option<&SlackUser> {
        self.settings.users.iter().find(|user| user.id == id)
    }
}
