//! The first answer to an interaction: one, in time, and of a kind that fits what the person did.

use serde_json::{Value, json};

use super::{Answer, Call, Outcome};
use crate::fakes::discord::interaction::{Acknowledgement, InteractionCause};
use crate::fakes::discord::message::{FakeMessage, Place};
use crate::fakes::discord::objects;
use crate::fakes::discord::refusal::Refusal;
use crate::fakes::discord::world::{Shared, World};

const MESSAGE: u64 = 4;
const DEFERRED_MESSAGE: u64 = 5;
const DEFERRED_UPDATE: u64 = 6;
const UPDATE: u64 = 7;
const CHOICES: u64 = 8;
const MODAL: u64 = 9;

/// The kinds of answer that fit.
fn fits(cause: InteractionCause, kind: u64) -> bool {
    match cause {
        InteractionCause::Command => matches!(kind, MESSAGE | DEFERRED_MESSAGE | MODAL),
        InteractionCause::Button => {
            matches!(kind, MESSAGE | DEFERRED_MESSAGE | DEFERRED_UPDATE | UPDATE | MODAL)
        }
        InteractionCause::Autocomplete => kind == CHOICES,
        InteractionCause::Modal => matches!(kind, MESSAGE | DEFERRED_MESSAGE | DEFERRED_UPDATE | UPDATE),
    }
}

pub(super) fn callback(call: &Call<'_>) -> Outcome {
    let (shared, id) = (call.shared, call.id(1));
    let kind = call.body["type"].as_u64().unwrap_or(0);
    let data = call.body.get("data").cloned().unwrap_or(Value::Null);
    shared.with(|world| {
        let interaction = world
            .interactions
            .get_mut(&id)
            .filter(|interaction| interaction.token == call.step(2))
            .ok_or_else(Refusal::unknown_interaction)?;
        let after = interaction.dispatched.elapsed();
        interaction.callbacks.push(after);
        if interaction.acknowledgement.is_some() {
            return Err(Refusal::already_acknowledged());
        }
        if after > shared.settings.acknowledge_within || !interaction.is_open(shared.now()) {
            return Err(Refusal::unknown_interaction());
        }
        if !fits(interaction.cause, kind) {
            let rule = format!("an answer of type {kind} does not fit this interaction");
            world.traffic.violations.push(format!("{}: {rule}", super::CALLBACK));
            return Err(Refusal::invalid_form(&[rule]));
        }
        let ephemeral = data["flags"].as_u64().unwrap_or(0) & 64 != 0;
        interaction.acknowledgement = Some(Acknowledgement { kind, ephemeral, after, data: data.clone() });
        let original = original(shared, world, id, kind, &data);
        if let Some(interaction) = world.interactions.get_mut(&id) {
            interaction.original = original;
        }
        if !call.asks_for("with_response") {
            return Answer::nothing();
        }
        Answer::ok(told(shared, world, id, kind, original))
    })
}

/// What `@original` is from now on, made or changed where the answer says something already.
fn original(shared: &Shared, world: &mut World, id: u64, kind: u64, data: &Value) -> Option<u64> {
    let (channel, pressed) =
        world.interactions.get(&id).map(|interaction| (interaction.channel, interaction.message))?;
    let now = timestamp(shared);
    match kind {
        MESSAGE | DEFERRED_MESSAGE => {
            let message = shared.snowflake(world);
            let make = if kind == MESSAGE { FakeMessage::new } else { FakeMessage::thinking };
            world.messages.insert(message, make(message, channel, Place::Answer(id), now, data));
            Some(message)
        }
        UPDATE => {
            world.messages.get_mut(&pressed?)?.edit(data, now);
            pressed
        }
        DEFERRED_UPDATE => pressed,
        _ => None,
    }
}

/// What `with_response` asks to be told.
fn told(shared: &Shared, world: &World, id: u64, kind: u64, original: Option<u64>) -> Value {
    let message = original.and_then(|original| world.messages.get(&original));
    let cause = world.interactions.get(&id).map(|interaction| interaction.cause);
    let mut interaction = json!({
        "id": id.to_string(),
        "type": match cause {
            Some(InteractionCause::Button) => 3,
            Some(InteractionCause::Autocomplete) => 4,
            Some(InteractionCause::Modal) => 5,
            Some(InteractionCause::Command) | None => 2,
        },
    });
    let mut told = json!({});
    if let Some(message) = message {
        interaction = objects::with(
            interaction,
            &json!({
                "response_message_id": message.id.to_string(),
                "response_message_loading": message.is_thinking(),
                "response_message_ephemeral": message.is_ephemeral(),
            }),
        );
        // A deferred answer has made nothing yet that could be told.
        if matches!(kind, MESSAGE | UPDATE) {
            told = json!({ "resource": { "type": kind, "message": objects::message(shared, message) } });
        }
    }
    objects::with(told, &json!({ "interaction": interaction }))
}

/// Now, in the form that Discord writes.
pub(super) fn timestamp(shared: &Shared) -> String {
    shared.now().strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00").to_string()
}
