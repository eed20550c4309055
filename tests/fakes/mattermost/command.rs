//! What the fake knows of one slash command, and what Mattermost makes of a bot's answers to it.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};
use tokio::time::Instant;

use super::post::{FakePost, Origin, Place};
use super::refusal::Refusal;
use super::world::{Draft, Shared, World};
use super::{rules, slack};

/// How long a `response_url` is good for.
const HOOK_LIFE: SignedDuration = SignedDuration::from_mins(30);
/// How often it is.
const HOOK_USES: usize = 5;

/// The first answer of a bot to a command.
#[derive(Debug, Clone, PartialEq)]
pub struct Acknowledgement {
    /// The HTTP status; 0 where the bot could not be reached or was too slow.
    pub status: u16,
    /// The JSON, as sent; null where it was none.
    pub body: Value,
    /// How long after it was typed it came.
    pub after: Duration,
    /// What Mattermost tells the person instead, where it could make nothing of the answer.
    pub error: Option<String>,
}

impl Acknowledgement {
    /// Whether only whoever typed the command sees the answer.
    pub fn is_ephemeral(&self) -> bool {
        matches!(self.body["response_type"].as_str(), None | Some("" | "ephemeral"))
    }

    /// The text, as sent.
    pub fn text(&self) -> &str {
        self.body["text"].as_str().unwrap_or_default()
    }
}

pub(super) struct Command {
    pub(super) user: String,
    pub(super) channel: String,
    pub(super) trigger: String,
    pub(super) form: BTreeMap<String, String>,
    pub(super) authorization: Option<String>,
    pub(super) created: Timestamp,
    pub(super) dispatched: Instant,
    pub(super) lapsed: bool,
    /// How often the `response_url` was used.
    pub(super) uses: usize,
    pub(super) acknowledgements: Vec<Acknowledgement>,
}

/// Something came to a `response_url`.
pub(super) fn later(shared: &Shared, id: &str, content_type: &str, bytes: &[u8]) -> Result<(), Refusal> {
    shared.with(|world| {
        let body = match read(content_type, bytes) {
            Ok(body) => body,
            Err(broken) => {
                world.report("a response_url", &[broken]);
                return Err(Refusal::hook_unreadable());
            }
        };
        let now = shared.now();
        let command = world
            .commands
            .get_mut(id)
            .filter(|command| !command.lapsed && now.duration_since(command.created) < HOOK_LIFE)
            .ok_or_else(Refusal::no_such_hook)?;
        if command.uses == HOOK_USES {
            return Err(Refusal::hook_used_up());
        }
        command.uses += 1;
        show(shared, world, id, &body, &Origin::ResponseUrl(id.to_owned()))
    })
}

/// The answer to the command itself: the posts that come of it, or what the person is told instead.
pub(super) fn answered(
    shared: &Shared,
    world: &mut World,
    id: &str,
    status: u16,
    content_type: &str,
    bytes: &[u8],
) {
    let Some(command) = world.commands.get(id) else { return };
    let (after, trigger) = (command.dispatched.elapsed(), command.trigger.clone());
    let mut acknowledgement = Acknowledgement { status, body: Value::Null, after, error: None };
    if status == 200 {
        match read(content_type, bytes) {
            Ok(body) => {
                acknowledgement.body = body.clone();
                let shown = show(shared, world, id, &body, &Origin::Answer(id.to_owned()));
                acknowledgement.error = shown.err().map(|refusal| refusal.message);
            }
            Err(broken) => {
                world.report("an answer to a command", &[broken]);
                acknowledgement.error = Some(format!("Command with a trigger of '{trigger}' failed."));
            }
        }
    } else {
        acknowledgement.body = serde_json::from_slice(bytes).unwrap_or_default();
        let error = format!("Command with a trigger of '{trigger}' returned response {status}.");
        acknowledgement.error = Some(error);
    }
    if let Some(command) = world.commands.get_mut(id) {
        command.acknowledgements.push(acknowledgement);
    }
}

/// JSON where it is called so, plain text otherwise.
fn read(content_type: &str, bytes: &[u8]) -> Result<Value, String> {
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    let json = serde_json::from_slice::<Value>(bytes).ok().filter(Value::is_object);
    if kind != "application/json" {
        if json.is_some() {
            return Err("JSON that is not called application/json: people would read it as it is".to_owned());
        }
        let text = String::from_utf8_lossy(bytes).into_owned();
        return Ok(Value::Object(Map::from_iter([("text".to_owned(), text.into())])));
    }
    let body = json.ok_or("the body is called JSON and is none")?;
    for name in ["response_type", "text", "goto_location", "channel_id", "type", "username", "icon_url"] {
        if body.get(name).is_some_and(|value| !value.is_null() && !value.is_string()) {
            return Err(format!("{name} is no text"));
        }
    }
    if body.get("skip_slack_parsing").is_some_and(|value| !value.is_null() && !value.is_boolean()) {
        return Err("skip_slack_parsing is neither true nor false".to_owned());
    }
    Ok(body)
}

fn show(shared: &Shared, world: &mut World, id: &str, body: &Value, origin: &Origin) -> Result<(), Refusal> {
    let mut outcome = show_one(shared, world, id, body, origin);
    for further in super::post::list(body, "extra_responses") {
        outcome = outcome.and(show_one(shared, world, id, further, origin));
    }
    outcome
}

fn show_one(
    shared: &Shared,
    world: &mut World,
    id: &str,
    body: &Value,
    origin: &Origin,
) -> Result<(), Refusal> {
    let Some(command) = world.commands.get(id) else { return Err(Refusal::no_such_hook()) };
    let (user, channel, trigger) = (command.user.clone(), command.channel.clone(), command.trigger.clone());
    let kind = body["response_type"].as_str().unwrap_or_default();
    let text = body["text"].as_str().unwrap_or_default();
    let mut props = body["props"].as_object().cloned().unwrap_or_default();
    if let Some(attachments) = body.get("attachments").filter(|value| !value.is_null()) {
        let mut attachments = attachments.clone();
        if body["skip_slack_parsing"] != true {
            slack::shown_below(&mut attachments);
        }
        props.insert("attachments".to_owned(), attachments);
    }
    props.insert("from_webhook".to_owned(), "true".into());
    let message = if body["skip_slack_parsing"] == true { text.to_owned() } else { slack::shown(text) };
    let place = match kind {
        "in_channel" => world.place(&channel),
        "" | "ephemeral" => Place::Ephemeral { user: user.clone(), channel: channel.clone() },
        _ => {
            world.report("an answer to a command", &["there is no such response_type".to_owned()]);
            return Ok(());
        }
    };
    let says_nothing = message.is_empty() && !props.contains_key("attachments");
    if says_nothing && body["goto_location"].as_str().unwrap_or_default().is_empty() {
        world.report("an answer to a command", &["it says nothing: nobody sees anything".to_owned()]);
    }
    if says_nothing {
        return Ok(());
    }
    if kind == "in_channel" && rules::storable(&message, &props).is_err() {
        world.report("an answer to a command", &rules::broken(&message, &props));
        return Err(Refusal::cannot_answer(&trigger));
    }
    let origin = origin.clone();
    let body = body.clone();
    let draft = Draft { channel: &channel, place, author: &user, origin, message, props, body };
    shared.write(world, draft);
    Ok(())
}

/// What a command said, first to last: its answer, or what came to its `response_url`.
pub(super) fn said(world: &World, fits: impl Fn(&Origin) -> bool) -> Vec<FakePost> {
    world.posts.iter().filter(|post| fits(&post.origin)).cloned().collect()
}
