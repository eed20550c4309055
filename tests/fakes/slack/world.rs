//! All that the fake remembers.

use std::net::SocketAddr;

use jiff::{SignedDuration, Timestamp};

use super::Slack;
use super::deliver::BotUrls;
use super::message::{Place, SlackMessage};
use super::settings::{SlackChannel, SlackGroup, SlackSettings, SlackUser};
use super::socket::Sockets;
use super::user_action::UserAction;
use super::view::SlackView;
use crate::fakes::kit::direct::DirectMessages;
use crate::fakes::kit::traffic::Traffic;
use crate::fakes::kit::{self, Now, Platform};

/// How long a `trigger_id` is good for.
const TRIGGER_LIFE: SignedDuration = SignedDuration::from_secs(3);
/// How long a response URL is good for.
const HOOK_LIFE: SignedDuration = SignedDuration::from_mins(30);
/// How often a response URL is good.
const HOOK_USES: u32 = 5;

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
    pub(super) user_action: usize,
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
        Ok(self.user_action)
    }
}

/// All that the fake remembers.
pub struct World {
    counter: u64,
    pub(super) bot_token: Option<String>,
    pub(super) app_token: Option<String>,
    pub(super) scopes: Vec<String>,
    pub(super) groups: Vec<SlackGroup>,
    pub(super) channels: Vec<SlackChannel>,
    pub(super) direct: DirectMessages<String>,
    pub(super) messages: Vec<SlackMessage>,
    pub(super) views: Vec<SlackView>,
    pub(super) user_actions: Vec<UserAction>,
    pub(super) triggers: Vec<Trigger>,
    pub(super) hooks: Vec<Hook>,
    pub(super) traffic: Traffic<String>,
    pub(super) sockets: Sockets,
    pub(super) bot: Option<BotUrls>,
}

impl World {
    /// Nothing has happened yet.
    pub(super) fn new(settings: &SlackSettings) -> Self {
        let closed = settings.users.iter().filter(|user| !user.takes_direct_messages);
        Self {
            counter: 0,
            bot_token: Some(settings.bot_token.clone()),
            app_token: Some(settings.app_token.clone()),
            scopes: settings.scopes.clone(),
            groups: settings.groups.clone(),
            channels: settings.channels.clone(),
            direct: DirectMessages::closed_to(closed.map(|user| user.id.clone())),
            messages: Vec::new(),
            views: Vec::new(),
            user_actions: Vec::new(),
            triggers: Vec::new(),
            hooks: Vec::new(),
            traffic: Traffic::default(),
            sockets: Sockets::default(),
            bot: None,
        }
    }

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
    pub(super) fn hook(&mut self, kind: &str, team: &str, user_action: usize, now: Timestamp) -> String {
        let number = self.count();
        let path = format!("/{kind}/{team}/{}/{:024x}", 397_700_000_000 + number, scatter(number));
        self.hooks.push(Hook { path: path.clone(), user_action, created: now, uses: 0 });
        format!("https://hooks.slack.com{path}")
    }

    /// A secret of a connection or an envelope, in the form of a UUID.
    pub(super) fn uuid(&mut self) -> String {
        let number = self.count();
        format!("{number:08x}-0000-4000-8000-{:012x}", scatter(number) >> 16)
    }

    /// The direct-message channel of this person with the bot.
    pub(super) fn direct_channel(&mut self, user: &str) -> String {
        if let Some(channel) = self.direct.channel(user) {
            return channel;
        }
        let channel = self.id('D');
        self.direct.open(user.to_owned(), channel.clone());
        channel
    }

    pub(super) fn channel(&self, id: &str) -> Option<&SlackChannel> {
        self.channels.iter().find(|channel| channel.id == id)
    }

    /// What this channel is to those who read in it.
    pub(super) fn place(&self, channel: &str) -> Place {
        self.direct.recipient(channel).map_or_else(|| Place::Channel(channel.to_owned()), Place::Direct)
    }
}

/// Digits that look like a secret and are the same in every run.
fn scatter(number: u64) -> u64 {
    number.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5851_F42D_4C95_7F2D
}

/// Where the fake listens, and its client to the bot.
pub struct Endpoints {
    pub(super) clear: SocketAddr,
    pub(super) secure: SocketAddr,
    /// The certificate authority, PEM.
    pub(super) authority: String,
    pub(super) http: reqwest::Client,
}

impl Platform for Slack {
    const NAME: &'static str = "Slack";
    type Settings = SlackSettings;
    type Endpoints = Endpoints;
    type World = World;
    /// The word beside `"ok": false`.
    type Refusal = String;

    fn clock(settings: &SlackSettings) -> &Now {
        &settings.now
    }

    fn traffic(world: &mut World) -> &mut Traffic<String> {
        &mut world.traffic
    }
}

/// What every task of one fake shares.
pub(super) type Shared = kit::Shared<Slack>;

impl Shared {
    pub(super) fn user(&self, id: &str) -> Option<&SlackUser> {
        self.settings.users.iter().find(|user| user.id == id)
    }
}
