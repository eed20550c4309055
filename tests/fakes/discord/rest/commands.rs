//! Application commands, of a guild and global.

use serde_json::{Value, json};

use super::{Answer, Call, Outcome};
use crate::fakes::discord::objects::with;
use crate::fakes::discord::refusal::Refusal;
use crate::fakes::discord::world::{Registration, Shared, World};

type Scope = Option<u64>;

/// Whose commands, and the id of the one that is named, if one is.
fn scope(call: &Call<'_>) -> Result<(Scope, u64), Refusal> {
    if call.id(1) != call.shared.settings.application {
        return Err(Refusal::foreign_application());
    }
    if call.step(2) != "guilds" {
        return Ok((None, call.id(3)));
    }
    let guild = call.shared.guild(call.id(3)).ok_or_else(Refusal::missing_access)?;
    Ok((Some(guild.id), call.id(5)))
}

pub(super) fn list(call: &Call<'_>) -> Outcome {
    let (scope, _) = scope(call)?;
    let commands = call.shared.peek(|world| world.commands.get(&scope).cloned().unwrap_or_default());
    Answer::ok(commands.iter().map(|command| as_asked(call, command)).collect())
}

pub(super) fn show(call: &Call<'_>) -> Outcome {
    let (scope, id) = scope(call)?;
    let found = call.shared.peek(|world| {
        let commands = world.commands.get(&scope)?;
        commands.iter().find(|command| has_id(command, id)).cloned()
    });
    Answer::ok(as_asked(call, &found.ok_or_else(Refusal::unknown_command)?))
}

pub(super) fn replace(call: &Call<'_>) -> Outcome {
    let (scope, _) = scope(call)?;
    let commands = call.shared.with(|world| {
        record(world, call, scope);
        let wanted = call.body.as_array().cloned().unwrap_or_default();
        let commands: Vec<Value> =
            wanted.iter().map(|body| registered(call.shared, world, scope, body)).collect();
        world.commands.insert(scope, commands.clone());
        commands
    });
    Answer::ok(commands.into())
}

pub(super) fn add(call: &Call<'_>) -> Outcome {
    let (scope, _) = scope(call)?;
    call.shared.with(|world| {
        record(world, call, scope);
        let command = registered(call.shared, world, scope, call.body);
        let commands = world.commands.entry(scope).or_default();
        match commands.iter_mut().find(|other| other["name"] == command["name"]) {
            Some(same) => {
                *same = command.clone();
                Answer::ok(command)
            }
            None => {
                commands.push(command.clone());
                Answer::created(command)
            }
        }
    })
}

pub(super) fn change(call: &Call<'_>) -> Outcome {
    let (scope, id) = scope(call)?;
    call.shared.with(|world| {
        record(world, call, scope);
        let version = call.shared.snowflake(world).to_string();
        let commands = world.commands.entry(scope).or_default();
        let command =
            commands.iter_mut().find(|command| has_id(command, id)).ok_or_else(Refusal::unknown_command)?;
        let changed = with(with(command.take(), call.body), &json!({ "version": version }));
        *command = changed.clone();
        Answer::ok(changed)
    })
}

pub(super) fn remove(call: &Call<'_>) -> Outcome {
    let (scope, id) = scope(call)?;
    call.shared.with(|world| {
        record(world, call, scope);
        let commands = world.commands.entry(scope).or_default();
        let before = commands.len();
        commands.retain(|command| !has_id(command, id));
        if commands.len() == before { Err(Refusal::unknown_command()) } else { Answer::nothing() }
    })
}

fn record(world: &mut World, call: &Call<'_>, guild: Scope) {
    world.registrations.push(Registration { method: call.method.to_owned(), guild, body: call.body.clone() });
}

/// A command as Discord keeps it. One of the same name and type keeps its id.
fn registered(shared: &Shared, world: &mut World, scope: Scope, body: &Value) -> Value {
    let kind = body["type"].as_u64().unwrap_or(1);
    let same = world.commands.get(&scope).and_then(|commands| {
        commands.iter().find(|old| old["name"] == body["name"] && old["type"].as_u64() == Some(kind))
    });
    let id = match same.and_then(|old| old["id"].as_str()) {
        Some(id) => id.to_owned(),
        None => shared.snowflake(world).to_string(),
    };
    let defaults = json!({
        "type": kind,
        "description": "",
        "default_member_permissions": null,
        "nsfw": false,
        "integration_types": [0],
        "name_localizations": null,
        "description_localizations": null,
    });
    let own = json!({
        "id": id,
        "application_id": shared.settings.application.to_string(),
        "version": shared.snowflake(world).to_string(),
        "type": kind,
    });
    let mut command = with(with(defaults, body), &own);
    if let Some(options) = command.get_mut("options") {
        *options = filled(options);
    }
    match scope {
        Some(guild) => with(command, &json!({ "guild_id": guild.to_string() })),
        None => with(command, &json!({ "contexts": body["contexts"] })),
    }
}

/// Discord keeps nothing of an option's fields that were sent empty.
fn filled(value: &Value) -> Value {
    let is_empty = |value: &Value| match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    };
    match value {
        Value::Array(items) => items.iter().map(filled).collect(),
        Value::Object(fields) => fields
            .iter()
            .filter(|(_, value)| !is_empty(value))
            .map(|(name, value)| (name.clone(), filled(value)))
            .collect(),
        other => other.clone(),
    }
}

fn has_id(command: &Value, id: u64) -> bool {
    command["id"].as_str() == Some(id.to_string().as_str())
}

/// Localisations are only told to those who ask for them.
fn as_asked(call: &Call<'_>, command: &Value) -> Value {
    if call.asks_for("with_localizations") { command.clone() } else { without_localizations(command) }
}

fn without_localizations(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .iter()
            .filter(|(name, _)| !name.ends_with("_localizations"))
            .map(|(name, value)| (name.clone(), without_localizations(value)))
            .collect(),
        Value::Array(items) => items.iter().map(without_localizations).collect(),
        other => other.clone(),
    }
}
