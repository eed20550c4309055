//! What the fake knows of one press of a button, and what Mattermost makes of the bot's answer to it.

use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use super::post::{Origin, Place};
use super::refusal::Refusal;
use super::world::{Draft, Shared, World};
use super::{rules, slack};

/// How a bot answered a press.
#[derive(Debug, Clone, PartialEq)]
pub struct PressAnswer {
    /// The HTTP status; 0 where the bot was not asked, could not be reached, or was too slow.
    pub status: u16,
    /// The JSON, as sent; null where it was none.
    pub body: Value,
    /// How long after the press it came.
    pub after: Duration,
    /// What Mattermost tells the person below the post, where something went wrong.
    pub error: Option<String>,
}

impl PressAnswer {
    /// Whether the post was changed.
    pub fn is_update(&self) -> bool {
        self.error.is_none() && self.body["update"].is_object()
    }

    /// What only whoever pressed is told, as sent.
    pub fn ephemeral_text(&self) -> &str {
        self.body["ephemeral_text"].as_str().unwrap_or_default()
    }
}

pub(super) struct Press {
    pub(super) url: String,
    pub(super) payload: Value,
    pub(super) user: String,
    pub(super) channel: String,
    pub(super) post: String,
    pub(super) dispatched: Instant,
    pub(super) answers: Vec<PressAnswer>,
}

/// The bot has answered: the post changes, whoever pressed is told something, or that it did not work.
pub(super) fn answered(shared: &Shared, world: &mut World, id: &str, status: u16, bytes: &[u8]) {
    let (outcome, body) = match (status, serde_json::from_slice::<Value>(bytes)) {
        (200, Ok(body)) => (apply(shared, world, id, &body), body),
        (200, Err(_)) if bytes.is_empty() => (Ok(()), Value::Null),
        (200, Err(_)) => {
            world.report("an answer to a press", &["the body is no JSON".to_owned()]);
            (Err(Refusal::action_failed()), Value::Null)
        }
        (_, body) => (Err(Refusal::action_failed()), body.unwrap_or_default()),
    };
    let error = outcome.err().map(|refusal| refusal.message);
    if let Some(press) = world.presses.get_mut(id) {
        let after = press.dispatched.elapsed();
        press.answers.push(PressAnswer { status, body, after, error });
    }
}

fn apply(shared: &Shared, world: &mut World, id: &str, body: &Value) -> Result<(), Refusal> {
    let Some(press) = world.presses.get(id) else { return Ok(()) };
    let (user, channel, post) = (press.user.clone(), press.channel.clone(), press.post.clone());
    let mut broken = Vec::new();
    for (name, is_right) in [
        ("update", body["update"].is_null() || body["update"].is_object()),
        ("ephemeral_text", body["ephemeral_text"].is_null() || body["ephemeral_text"].is_string()),
    ] {
        if !is_right {
            broken.push(format!("{name} is not what it should be"));
        }
    }
    if !broken.is_empty() {
        world.report("an answer to a press", &broken);
        return Err(Refusal::action_failed());
    }
    if body["update"].is_object() {
        update(shared, world, &post, &body["update"])?;
    }
    let text = body["ephemeral_text"].as_str().unwrap_or_default();
    if !text.is_empty() {
        let message = if body["skip_slack_parsing"] == true { text.to_owned() } else { slack::shown(text) };
        let draft = Draft {
            channel: &channel,
            place: Place::Ephemeral { user: user.clone(), channel: channel.clone() },
            author: &user,
            origin: Origin::Press(id.to_owned()),
            message,
            props: serde_json::Map::new(),
            body: body.clone(),
        };
        shared.write(world, draft);
    }
    Ok(())
}

/// The message is always replaced, the props only where some are given. An ephemeral post is stored nowhere, so that
/// Mattermost cannot change it.
fn update(shared: &Shared, world: &mut World, id: &str, update: &Value) -> Result<(), Refusal> {
    let post = world.post(id).filter(|post| !post.deleted && !post.is_ephemeral());
    let Some(post) = post else {
        world.report("an answer to a press", &["an ephemeral or deleted post cannot be updated".to_owned()]);
        return Err(Refusal::no_such_post());
    };
    let message = update["message"].as_str().unwrap_or_default().to_owned();
    let kept = post.props.clone();
    let props = update["props"].as_object().cloned();
    rules::storable(&message, props.as_ref().unwrap_or(&kept))?;
    shared.rewrite(world, id, Some(message), props, update);
    Ok(())
}
