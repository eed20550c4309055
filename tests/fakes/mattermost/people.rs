//! What people do: type a command, press a button.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::command::Command;
use super::handle::{CommandHandle, PressHandle};
use super::outgoing;
use super::post::{FakePost, Place};
use super::press::{Press, PressAnswer};
use super::refusal::Refusal;
use super::settings::FakeUser;
use super::world::{Shared, World};
use super::{FakeMattermost, objects};

impl FakeMattermost {
    /// Somebody types `/command text` in a channel, one of the team's or that of their direct messages with the bot.
    ///
    /// # Panics
    ///
    /// If no bot is connected, or the person or the channel is not there.
    pub fn slash(&self, user: &str, channel: &str, command: &str, text: &str) -> CommandHandle {
        let (id, form) = self.typed(user, channel, command, text);
        let authorization = self
            .shared
            .peek(|world| world.sends_authorization.then(|| format!("Token {}", world.command_token)));
        self.shared.with(|world| {
            if let Some(command) = world.commands.get_mut(&id) {
                (command.form, command.authorization) = (form, authorization);
            }
        });
        outgoing::tell_of_command(&self.shared, &id);
        CommandHandle { shared: Arc::clone(&self.shared), id }
    }

    /// What Mattermost would send for a command, not sent: for a test that tampers with it. Its `response_url` works,
    /// and what comes there is a post whose origin has the id at the address's end.
    ///
    /// # Panics
    ///
    /// As [`slash`](Self::slash) does.
    pub fn form(&self, user: &str, channel: &str, command: &str, text: &str) -> BTreeMap<String, String> {
        self.typed(user, channel, command, text).1
    }

    fn typed(
        &self,
        user: &str,
        channel: &str,
        command: &str,
        text: &str,
    ) -> (String, BTreeMap<String, String>) {
        let shared = &self.shared;
        let person = shared.user(user).unwrap_or_else(|| panic!("there is no user {user}"));
        shared.with(|world| {
            let channel_name = channel_name(shared, world, channel);
            let id = world.next_id();
            let mut form: BTreeMap<String, String> = [
                ("token", world.command_token.clone()),
                ("team_id", shared.settings.team.clone()),
                ("team_domain", shared.settings.team_name.clone()),
                ("channel_id", channel.to_owned()),
                ("channel_name", channel_name),
                ("user_id", person.id.clone()),
                ("user_name", person.username.clone()),
                ("command", format!("/{command}")),
                ("text", text.to_owned()),
                ("trigger_id", trigger_id(shared, world, user)),
                ("root_id", String::new()),
                ("response_url", shared.response_url(&id)),
            ]
            .map(|(name, value)| (name.to_owned(), value))
            .into();
            let mentioned = mentioned(shared, text);
            if !mentioned.is_empty() {
                let all =
                    |word: fn(&FakeUser) -> &str| mentioned.iter().map(word).collect::<Vec<_>>().join(",");
                form.insert("user_mentions".to_owned(), all(|user| &user.username));
                form.insert("user_mentions_ids".to_owned(), all(|user| &user.id));
            }
            let typed = Command {
                user: user.to_owned(),
                channel: channel.to_owned(),
                trigger: command.to_owned(),
                form: form.clone(),
                authorization: None,
                created: shared.now(),
                dispatched: Instant::now(),
                lapsed: false,
                uses: 0,
                acknowledgements: Vec::new(),
            };
            world.commands.insert(id.clone(), typed);
            (id, form)
        })
    }

    /// Somebody presses a button that they see now.
    ///
    /// # Panics
    ///
    /// If the post is gone, not theirs to see, or has no such button that can be pressed.
    pub fn press(&self, post: &FakePost, action_id: &str, user: &str) -> PressHandle {
        let now = self.post(&post.id).expect("the post is there");
        assert!(!now.deleted, "the post has been deleted");
        let button = now.buttons().into_iter().find(|button| button.id == action_id);
        assert!(!button.expect("the post has this button").disabled, "the button is disabled");
        let sees = match &now.place {
            Place::Direct(recipient) => recipient == user,
            Place::Ephemeral { user: recipient, .. } => recipient == user,
            Place::Channel(channel) => {
                self.shared.channel(channel).is_some_and(|channel| self.shared.is_in(channel, user))
            }
        };
        assert!(sees, "user {user} cannot see this post");
        self.press_stale(post, action_id, user)
    }

    /// Somebody whose client still shows the post as it was then presses a button of it, whatever has become of it.
    /// Where it is gone, Mattermost asks no bot.
    ///
    /// # Panics
    ///
    /// If there is no such person.
    pub fn press_stale(&self, post: &FakePost, action_id: &str, user: &str) -> PressHandle {
        let shared = &self.shared;
        let person = shared.user(user).unwrap_or_else(|| panic!("there is no user {user}"));
        let (id, is_asked) = shared.with(|world| {
            // What stands on an ephemeral post is kept nowhere: the client brings it along, sealed.
            let current =
                if post.is_ephemeral() { None } else { world.post(&post.id).map(|post| post.clone()) };
            let current = current.as_ref().unwrap_or(post);
            let is_id = !action_id.is_empty() && action_id.bytes().all(|byte| byte.is_ascii_alphanumeric());
            let action = current.action(action_id).filter(|_| is_id && !current.deleted);
            let integration = current.integration(action_id).filter(|_| action.is_some());
            let kind = action.and_then(|action| action["type"].as_str()).unwrap_or_default().to_owned();
            let id = world.next_id();
            let url = integration.as_ref().and_then(|kept| kept["url"].as_str()).map(str::to_owned);
            let payload = payload(shared, world, current, &person, &kind, integration.as_ref());
            let refused = PressAnswer {
                status: 0,
                body: Value::Null,
                after: std::time::Duration::ZERO,
                error: Some(Refusal::no_such_action().message),
            };
            let press = Press {
                answers: if url.is_some() { Vec::new() } else { vec![refused] },
                url: url.clone().unwrap_or_default(),
                payload,
                user: user.to_owned(),
                channel: current.channel.clone(),
                post: current.id.clone(),
                dispatched: Instant::now(),
            };
            world.presses.insert(id.clone(), press);
            (id, url.is_some())
        });
        if is_asked {
            outgoing::tell_of_press(shared, &id);
        }
        PressHandle { shared: Arc::clone(shared), id }
    }
}

/// What goes to the bot. Nothing in it is signed.
fn payload(
    shared: &Shared,
    world: &mut World,
    post: &FakePost,
    person: &FakeUser,
    kind: &str,
    integration: Option<&Value>,
) -> Value {
    let is_direct = world.direct.recipient(&post.channel).is_some();
    let of_team = |word: &str| if is_direct { String::new() } else { word.to_owned() };
    let mut payload = json!({
        "user_id": person.id,
        "user_name": person.username,
        "channel_id": post.channel,
        "channel_name": channel_name(shared, world, &post.channel),
        "team_id": of_team(&shared.settings.team),
        "team_domain": of_team(&shared.settings.team_name),
        "post_id": post.id,
        "trigger_id": trigger_id(shared, world, &person.id),
        "type": kind,
        "data_source": "",
    });
    let context = integration.and_then(|kept| kept["context"].as_object()).filter(|kept| !kept.is_empty());
    if let (Some(context), Some(fields)) = (context, payload.as_object_mut()) {
        fields.insert("context".to_owned(), Value::Object(Map::clone(context)));
    }
    payload
}

fn channel_name(shared: &Shared, world: &World, channel: &str) -> String {
    match world.direct.recipient(channel) {
        Some(user) => objects::direct_name(shared, &user),
        None => shared.channel(channel).expect("the channel is there").name.clone(),
    }
}

/// As long as a real one, with the same parts; its signature is none.
fn trigger_id(shared: &Shared, world: &mut World, user: &str) -> String {
    let signature = BASE64_STANDARD.encode([0x30; 71]);
    let parts = format!("{}:{user}:{}:{signature}", world.next_id(), shared.now().as_millisecond());
    BASE64_STANDARD.encode(parts)
}

/// Members of the team whom a text names: Mattermost tells the bot of them.
fn mentioned(shared: &Shared, text: &str) -> Vec<FakeUser> {
    let mut pieces = text.split('@');
    let mut before = pieces.next().unwrap_or_default();
    let mut found: Vec<FakeUser> = Vec::new();
    for piece in pieces {
        let starts = !before.ends_with(|c: char| c.is_alphanumeric() || c == '_');
        before = piece;
        let is_part = |c: &char| c.is_ascii_alphanumeric() || ".-_".contains(*c);
        let name: String = piece.chars().take_while(is_part).collect::<String>().to_lowercase();
        let known = |name: &str| shared.settings.users.iter().find(|user| user.username == name).cloned();
        let user = known(&name).or_else(|| known(name.trim_end_matches(['.', '-', '_'])));
        if let Some(user) = user.filter(|user| starts && user.is_in_team)
            && found.iter().all(|other| other.id != user.id)
        {
            found.push(user);
        }
    }
    found
}
