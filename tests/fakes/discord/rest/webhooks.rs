//! What an interaction's token opens: its first answer, and follow-ups.

use super::interactions::timestamp;
use super::messages::{delete_named, edit_named, show_named};
use super::{Answer, Call, Outcome};
use crate::fakes::discord::message::{FakeMessage, Place};
use crate::fakes::discord::objects;
use crate::fakes::discord::refusal::Refusal;
use crate::fakes::discord::world::World;

/// The interaction behind the token, if the token is still good and the interaction has been answered.
fn opened(call: &Call<'_>, world: &World) -> Result<u64, Refusal> {
    if call.id(1) != call.shared.settings.application {
        return Err(Refusal::unknown_webhook());
    }
    let (id, interaction) = world
        .interactions
        .iter()
        .find(|(_, interaction)| interaction.token == call.step(2))
        .ok_or_else(Refusal::invalid_webhook_token)?;
    if !interaction.is_open(call.shared.now()) {
        return Err(Refusal::invalid_webhook_token());
    }
    if interaction.acknowledgement.is_none() {
        return Err(Refusal::unknown_webhook());
    }
    Ok(*id)
}

/// The message that is named: `@original`, or one that this interaction wrote.
fn named<'a>(call: &Call<'_>, world: &'a mut World) -> Result<&'a mut FakeMessage, Refusal> {
    let interaction = opened(call, world)?;
    let interaction = world.interactions.get(&interaction).ok_or_else(Refusal::unknown_webhook)?;
    let id = match call.step(4) {
        "@original" => interaction.original,
        _ => Some(call.id(4))
            .filter(|id| interaction.follow_ups.contains(id) || interaction.original == Some(*id)),
    };
    id.and_then(|id| world.messages.get_mut(&id))
        .filter(|message| !message.deleted)
        .ok_or_else(Refusal::unknown_message)
}

pub(super) fn show(call: &Call<'_>) -> Outcome {
    show_named(call, named)
}

pub(super) fn edit(call: &Call<'_>) -> Outcome {
    edit_named(call, named)
}

pub(super) fn delete(call: &Call<'_>) -> Outcome {
    delete_named(call, named)
}

/// One more message. While the first answer still says "… is thinking", it becomes that answer.
pub(super) fn follow_up(call: &Call<'_>) -> Outcome {
    let shared = call.shared;
    shared.with(|world| {
        let id = opened(call, world)?;
        let interaction = world.interactions.get(&id).ok_or_else(Refusal::unknown_webhook)?;
        let (channel, original) = (interaction.channel, interaction.original);
        let thinking = original
            .and_then(|original| world.messages.get_mut(&original))
            .filter(|message| message.is_thinking() && !message.deleted);
        if let Some(message) = thinking {
            message.edit(call.body, timestamp(shared));
            return Answer::ok(objects::message(shared, message));
        }
        let message = shared.snowflake(world);
        let follow_up = FakeMessage::new(message, channel, Place::Answer(id), timestamp(shared), call.body);
        let body = objects::message(shared, &follow_up);
        world.messages.insert(message, follow_up);
        if let Some(interaction) = world.interactions.get_mut(&id) {
            interaction.follow_ups.push(message);
        }
        Answer::ok(body)
    })
}
