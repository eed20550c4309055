//! What becomes of the bot's answers: in a response's body, in an envelope's acknowledgement, or at a response URL.

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::blocks;
use super::message::{Place, SlackMessage};
use super::user_action::{Acknowledgement, UserActionKind};
use super::world::{Shared, World};

/// A message in answer to what somebody did.
pub(super) fn answer(
    world: &mut World,
    user_action: usize,
    body: &Value,
    now: Timestamp,
    way: &str,
) -> Result<(), &'static str> {
    let Some(done) = world.user_actions.get(user_action) else { return Err("no_team") };
    let (user, channel, original) =
        (done.user.clone(), done.channel.clone().unwrap_or_default(), done.message);
    if body["delete_original"] == json!(true) {
        if let Some(message) = original.and_then(|original| world.messages.get_mut(original)) {
            message.deleted = true;
        }
        return Ok(());
    }
    let found = blocks::message(body);
    found.report(way, world);
    if let Some((error, _)) = found.refusal() {
        return Err(if error == "no_text" { "no_text" } else { "invalid_blocks" });
    }
    let message = match original.filter(|_| body["replace_original"] == json!(true)) {
        Some(original) => {
            if let Some(message) = world.messages.get_mut(original) {
                message.replace(body);
            }
            original
        }
        None => {
            let place = match body["response_type"].as_str() {
                Some("in_channel") => world.place(&channel),
                _ => Place::Ephemeral { user, channel: channel.clone() },
            };
            let message = SlackMessage::new(world.ts(now), channel, place, body);
            world.messages.push(message);
            world.messages.len() - 1
        }
    };
    if let Some(user_action) = world.user_actions.get_mut(user_action) {
        user_action.is_answered_by(message);
    }
    Ok(())
}

/// The bot has said that it got it, and what it said besides counts, if it was in time.
pub(super) fn acknowledged(shared: &Shared, user_action: usize, said: &Acknowledgement) {
    let now = shared.now();
    shared.with(|world| {
        let Some(done) = world.user_actions.get_mut(user_action) else { return };
        let (kind, view) = (done.kind, done.view.clone());
        let is_first = done.acknowledgements.is_empty();
        let is_good = (200..300).contains(&said.status);
        if !is_good {
            done.failure = Some("http_service_error".to_owned());
        }
        done.acknowledgements.push(said.clone());
        if !is_good || !is_first {
            return;
        }
        match kind {
            UserActionKind::Command => command_answered(world, user_action, said, now),
            UserActionKind::Submission => view_answered(world, view.as_deref().unwrap_or_default(), said),
            UserActionKind::Suggestion => {
                let found = blocks::offered(&said.json());
                found.report("the options offered", world);
            }
            UserActionKind::Action | UserActionKind::Closing => {}
        }
    });
}

/// Nothing was said in time, or there was nobody to say it.
pub(super) fn failed(shared: &Shared, user_action: usize, error: &str) {
    shared.with(|world| {
        if let Some(user_action) = world.user_actions.get_mut(user_action) {
            user_action.failure = Some(error.to_owned());
        }
    });
}

/// A command's answer may be text, or a message as JSON.
fn command_answered(world: &mut World, user_action: usize, said: &Acknowledgement, now: Timestamp) {
    if said.body.trim().is_empty() || said.body == "{}" {
        return;
    }
    let body = if said.content_type.starts_with("application/json") {
        said.json()
    } else {
        json!({ "text": said.body })
    };
    if !body.is_object() || answer(world, user_action, &body, now, "the answer to a command").is_err() {
        world.traffic.violations.push("the answer to a command is no message".to_owned());
    }
}

/// What a view's sender sees next.
fn view_answered(world: &mut World, view: &str, said: &Acknowledgement) {
    let body = said.json();
    match body["response_action"].as_str() {
        None if said.body.trim().is_empty() || body == json!({}) => world.close_view(view, false),
        Some("clear") => world.close_view(view, true),
        Some("errors") => {
            let Some(view) = world.views.iter_mut().find(|known| known.id == view) else { return };
            let inputs: Vec<&Value> = view
                .blocks()
                .iter()
                .filter(|block| block["type"] == "input")
                .map(|block| &block["block_id"])
                .collect();
            let named = body["errors"].as_object();
            let is_sound = named.is_some_and(|named| {
                !named.is_empty()
                    && named.iter().all(|(block, words)| {
                        words.is_string() && inputs.iter().any(|known| **known == **block)
                    })
            });
            view.errors = Some(body["errors"].clone());
            if !is_sound {
                world.traffic.violations.push("errors that belong to no input of the view".to_owned());
            }
        }
        Some(action @ ("update" | "push")) => {
            let found = blocks::view(&body["view"]);
            found.report("the answer to a view", world);
            if found.refusal().is_some() {
                return;
            }
            if action == "update" {
                world.update_view(view, &body["view"]);
            } else if let Some(user) =
                world.views.iter().find(|known| known.id == view).map(|view| view.user.clone())
            {
                world.open_view(user, &body["view"], Some(view.to_owned()));
            }
        }
        _ => world
            .traffic
            .violations
            .push("the answer to a view is neither empty nor a response_action".to_owned()),
    }
}

/// How long ago the user_action was done.
pub(super) fn since(world: &World, user_action: usize) -> std::time::Duration {
    world
        .user_actions
        .get(user_action)
        .map_or_else(Default::default, |user_action| Instant::now().duration_since(user_action.dispatched))
}
