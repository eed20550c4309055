//! All that the fake remembers.

use std::collections::HashMap;

use serde_json::{Map, Value};
use tokio::sync::Notify;

use super::command::Command;
use super::post::{FakePost, Origin, Place};
use super::press::Press;
use super::refusal::Refusal;
use super::settings::{FakeChannel, FakeUser, MattermostSettings, SiteUrl};
use super::{Mattermost, ids, rules};
use crate::fakes::kit::direct::DirectMessages;
use crate::fakes::kit::traffic::Traffic;
use crate::fakes::kit::{self, HasRoutes, Now, Platform};

/// All that the fake remembers.
pub struct World {
    counter: u64,
    pub(super) token: Option<String>,
    pub(super) command_token: String,
    pub(super) command_url: Option<String>,
    pub(super) sends_authorization: bool,
    pub(super) may_post_ephemeral: bool,
    pub(super) deactivated: Vec<String>,
    pub(super) direct: DirectMessages<String>,
    pub(super) posts: Vec<FakePost>,
    pub(super) commands: HashMap<String, Command>,
    pub(super) presses: HashMap<String, Press>,
    pub(super) traffic: Traffic<Refusal>,
}

impl World {
    /// Nothing has happened yet.
    pub(super) fn new(settings: &MattermostSettings) -> Self {
        let closed = settings.users.iter().filter(|user| !user.takes_direct_messages);
        Self {
            counter: 0,
            token: Some(settings.token.clone()),
            command_token: settings.command_token.clone(),
            command_url: None,
            sends_authorization: settings.sends_authorization,
            may_post_ephemeral: settings.may_post_ephemeral,
            deactivated: Vec::new(),
            direct: DirectMessages::closed_to(closed.map(|user| user.id.clone())),
            posts: Vec::new(),
            commands: HashMap::new(),
            presses: HashMap::new(),
            traffic: Traffic::default(),
        }
    }

    pub(super) fn next_id(&mut self) -> String {
        self.counter += 1;
        ids::nth(self.counter)
    }

    /// The channel of direct messages with somebody: the same one every time.
    pub(super) fn direct_with(&mut self, user: &str) -> String {
        if let Some(channel) = self.direct.channel(user) {
            return channel;
        }
        let channel = self.next_id();
        self.direct.open(user.to_owned(), channel.clone());
        channel
    }

    /// The place that all in a channel see.
    pub(super) fn place(&self, channel: &str) -> Place {
        self.direct.recipient(channel).map_or_else(|| Place::Channel(channel.to_owned()), Place::Direct)
    }

    pub(super) fn post(&mut self, id: &str) -> Option<&mut FakePost> {
        self.posts.iter_mut().find(|post| post.id == id)
    }

    pub(super) fn report(&mut self, what: &str, broken: &[String]) {
        if !broken.is_empty() {
            self.traffic.violations.push(format!("{what}: {}", broken.join("; ")));
        }
    }
}

/// A post that is about to be made.
pub(super) struct Draft<'a> {
    pub(super) channel: &'a str,
    pub(super) place: Place,
    pub(super) author: &'a str,
    pub(super) origin: Origin,
    pub(super) message: String,
    pub(super) props: Map<String, Value>,
    pub(super) body: Value,
}

/// Where the fake listens, and its client to the bot.
pub struct Endpoints {
    /// Where it listens.
    pub(super) url: String,
    pub(super) client: reqwest::Client,
    /// What is waited for is waited for no longer.
    pub(super) hang_up: Notify,
}

impl Platform for Mattermost {
    const NAME: &'static str = "Mattermost";
    type Settings = MattermostSettings;
    type Endpoints = Endpoints;
    type World = World;
    type Refusal = Refusal;

    fn clock(settings: &MattermostSettings) -> &Now {
        &settings.now
    }

    fn traffic(world: &mut World) -> &mut Traffic<Refusal> {
        &mut world.traffic
    }
}

impl HasRoutes for Mattermost {}

/// What every task of one fake shares.
pub(super) type Shared = kit::Shared<Mattermost>;

impl Shared {
    /// Where a bot can answer a command later. The server makes it from the name by which whoever typed reaches it:
    /// <https://github.com/mattermost/mattermost/blob/master/server/channels/app/command.go>, `response_url`.
    pub(super) fn response_url(&self, id: &str) -> String {
        let reached_at = match &self.settings.site_url {
            SiteUrl::At(url) => url,
            SiteUrl::OwnAddress | SiteUrl::Unset => &self.endpoints.url,
        };
        format!("{reached_at}/hooks/commands/{id}")
    }

    /// Somebody, the bot included.
    pub(super) fn user(&self, id: &str) -> Option<FakeUser> {
        if id == self.settings.bot {
            return Some(FakeUser::new(id, &self.settings.bot_name));
        }
        self.settings.users.iter().find(|user| user.id == id).cloned()
    }

    pub(super) fn channel(&self, id: &str) -> Option<&FakeChannel> {
        self.settings.channels.iter().find(|channel| channel.id == id)
    }

    /// Whether somebody is in a channel of the team.
    pub(super) fn is_in(&self, channel: &FakeChannel, user: &str) -> bool {
        if user == self.settings.bot {
            return channel.bot_is_member;
        }
        match &channel.members {
            Some(members) => members.iter().any(|member| member == user),
            None => self.user(user).is_some_and(|user| user.is_in_team),
        }
    }

    /// Stores a post, gives ids to actions that have none, and reports what is wrong with it.
    pub(super) fn write(&self, world: &mut World, draft: Draft<'_>) -> FakePost {
        let broken = rules::broken(&draft.message, &draft.props);
        world.report("a post", &broken);
        let now = self.now().as_millisecond();
        let mut props = draft.props;
        number_actions(world, &mut props);
        let post = FakePost {
            id: world.next_id(),
            channel: draft.channel.to_owned(),
            place: draft.place,
            author: draft.author.to_owned(),
            origin: draft.origin,
            message: draft.message,
            bodies: vec![draft.body],
            deleted: false,
            props,
            created: now,
            updated: now,
            edited: 0,
            pending: String::new(),
        };
        world.posts.push(post.clone());
        post
    }

    /// Changes a post that is there; what is not given stays.
    pub(super) fn rewrite(
        &self,
        world: &mut World,
        id: &str,
        message: Option<String>,
        props: Option<Map<String, Value>>,
        body: &Value,
    ) -> Option<FakePost> {
        let now = self.now().as_millisecond();
        let props = props.map(|mut props| {
            number_actions(world, &mut props);
            props
        });
        let post = world.post(id)?;
        let old = (post.message.clone(), post.props.get("attachments").cloned());
        post.message = message.unwrap_or_else(|| post.message.clone());
        post.props = props.unwrap_or_else(|| post.props.clone());
        post.updated = now;
        if (&old.0, old.1.as_ref()) != (&post.message, post.props.get("attachments")) {
            post.edited = now;
        }
        post.bodies.push(body.clone());
        let post = post.clone();
        let broken = rules::broken(&post.message, &post.props);
        world.report("a change of a post", &broken);
        Some(post)
    }
}

fn number_actions(world: &mut World, props: &mut Map<String, Value>) {
    let attachments = props.get_mut("attachments").and_then(Value::as_array_mut);
    for attachment in attachments.into_iter().flatten() {
        let actions = attachment.get_mut("actions").and_then(Value::as_array_mut);
        for action in actions.into_iter().flatten().filter_map(Value::as_object_mut) {
            if action.get("id").and_then(Value::as_str).unwrap_or_default().is_empty() {
                action.insert("id".to_owned(), world.next_id().into());
            }
        }
    }
}
