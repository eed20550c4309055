//! Direct messages and messages in channels.

use serde_json::json;

use super::interactions::timestamp;
use super::{Answer, Call, Outcome};
use crate::fakes::discord::message::{FakeMessage, Place};
use crate::fakes::discord::objects;
use crate::fakes::discord::permissions::{SEND_MESSAGES, VIEW_CHANNEL, in_channel};
use crate::fakes::discord::refusal::Refusal;
use crate::fakes::discord::world::World;

/// The channel of direct messages with one person: the same one every time, whether or not they take any.
pub(super) fn open_direct(call: &Call<'_>) -> Outcome {
    let shared = call.shared;
    let user = call.body["recipient_id"]
        .as_str()
        .and_then(|id| id.parse().ok())
        .filter(|id| *id != shared.settings.bot)
        .and_then(|id| shared.user(id))
        .ok_or_else(Refusal::invalid_recipient)?;
    let channel = shared.with(|world| {
        if let Some(channel) = world.direct.channel(&user.id) {
            return channel;
        }
        let channel = shared.snowflake(world);
        world.direct.open(user.id, channel);
        channel
    });
    Answer::ok(objects::direct_channel(shared, channel, &user))
}

/// Where the bot would write, if it may.
fn place(call: &Call<'_>, world: &World, needs: u64) -> Result<Place, Refusal> {
    let id = call.id(1);
    if let Some(user) = world.direct.recipient(&id) {
        return Ok(Place::Direct(user));
    }
    let (guild, channel) = call.shared.channel(id).ok_or_else(Refusal::unknown_channel)?;
    let may = in_channel(guild, channel, call.shared.settings.bot);
    if may & VIEW_CHANNEL == 0 {
        return Err(Refusal::missing_access());
    }
    if may & needs != needs {
        return Err(Refusal::missing_permissions());
    }
    Ok(Place::Channel(id))
}

pub(super) fn send(call: &Call<'_>) -> Outcome {
    let shared = call.shared;
    shared.with(|world| {
        let place = place(call, world, SEND_MESSAGES)?;
        if let Place::Direct(user) = place
            && world.direct.is_closed(&user)
        {
            return Err(Refusal::cannot_message_user());
        }
        let nonce = &call.body["nonce"];
        if call.body["enforce_nonce"] == json!(true) && !nonce.is_null() {
            let same = world.messages.values().find(|message| {
                message.channel == call.id(1)
                    && message.bodies.first().is_some_and(|body| body["nonce"] == *nonce)
            });
            if let Some(same) = same {
                return Answer::ok(objects::message(shared, same));
            }
        }
        let id = shared.snowflake(world);
        let message = FakeMessage::new(id, call.id(1), place, timestamp(shared), call.body);
        let mut body = objects::message(shared, &message);
        if !nonce.is_null() {
            body = objects::with(body, &json!({ "nonce": nonce }));
        }
        world.messages.insert(id, message);
        Answer::ok(body)
    })
}

/// A message that stands in the named channel. An ephemeral one stands in none.
fn named<'a>(call: &Call<'_>, world: &'a mut World) -> Result<&'a mut FakeMessage, Refusal> {
    place(call, world, 0)?;
    let channel = call.id(1);
    world
        .messages
        .get_mut(&call.id(3))
        .filter(|message| message.channel == channel && !message.deleted && !message.is_ephemeral())
        .ok_or_else(Refusal::unknown_message)
}

/// Finds the message that a request names.
pub(super) type Named = for<'a> fn(&Call<'_>, &'a mut World) -> Result<&'a mut FakeMessage, Refusal>;

pub(super) fn show(call: &Call<'_>) -> Outcome {
    show_named(call, named)
}

pub(super) fn edit(call: &Call<'_>) -> Outcome {
    edit_named(call, named)
}

pub(super) fn delete(call: &Call<'_>) -> Outcome {
    delete_named(call, named)
}

pub(super) fn show_named(call: &Call<'_>, named: Named) -> Outcome {
    call.shared.peek(|world| {
        let message = named(call, world)?;
        Answer::ok(objects::message(call.shared, message))
    })
}

pub(super) fn edit_named(call: &Call<'_>, named: Named) -> Outcome {
    call.shared.with(|world| {
        let message = named(call, world)?;
        message.edit(call.body, timestamp(call.shared));
        Answer::ok(objects::message(call.shared, message))
    })
}

pub(super) fn delete_named(call: &Call<'_>, named: Named) -> Outcome {
    call.shared.with(|world| {
        named(call, world)?.deleted = true;
        Answer::nothing()
    })
}
