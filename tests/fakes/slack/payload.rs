//! What the bot is told, field by field as Slack tells it.

use serde_json::{Value, json};

use super::message::SlackMessage;
use super::settings::SlackUser;
use super::view::SlackView;
use super::world::{Shared, World};

/// The name by which payloads call a channel.
pub(super) fn channel_name(world: &World, channel: &str) -> String {
    match world.channel(channel) {
        Some(channel) if channel.is_private => "privategroup".to_owned(),
        Some(channel) => channel.name.clone(),
        None => "directmessage".to_owned(),
    }
}

/// The fields of a command.
pub(super) fn command(
    shared: &Shared,
    world: &World,
    user: &SlackUser,
    channel: &str,
    (command, text): (&str, &str),
    (response_url, trigger_id): (&str, &str),
) -> Value {
    let settings = &shared.settings;
    json!({
        "token": settings.verification_token,
        "team_id": settings.team,
        "team_domain": settings.team_domain,
        "channel_id": channel,
        "channel_name": channel_name(world, channel),
        "user_id": user.id,
        "user_name": user.name,
        "command": command,
        "text": text,
        "api_app_id": settings.app,
        "is_enterprise_install": "false",
        "response_url": response_url,
        "trigger_id": trigger_id,
    })
}

/// What every other payload has.
pub(super) fn envelope(shared: &Shared, kind: &str, user: &SlackUser) -> Value {
    let settings = &shared.settings;
    // An app of a whole organisation is told of no workspace: https://github.com/slackapi/bolt-python/pull/23
    let (team, enterprise) = match &settings.organisation {
        Some(organisation) => (Value::Null, json!({ "id": organisation, "name": "Example" })),
        None => (json!({ "id": settings.team, "domain": settings.team_domain }), Value::Null),
    };
    json!({
        "type": kind,
        "team": team,
        "user": { "id": user.id, "username": user.name, "name": user.name, "team_id": settings.team },
        "api_app_id": settings.app,
        "token": settings.verification_token,
        "enterprise": enterprise,
        "is_enterprise_install": settings.organisation.is_some(),
    })
}

/// Where something was clicked: in a message.
pub(super) fn in_message(shared: &Shared, world: &World, message: &SlackMessage, payload: &mut Value) {
    payload["container"] = json!({
        "type": "message",
        "message_ts": message.ts,
        "channel_id": message.channel,
        "is_ephemeral": message.is_ephemeral(),
    });
    payload["channel"] = json!({ "id": message.channel, "name": channel_name(world, &message.channel) });
    payload["state"] = json!({ "values": {} });
    // Of a message that one person alone sees, Slack tells no more than where it is.
    if !message.is_ephemeral() {
        payload["message"] = json!({
            "type": "message",
            "user": shared.settings.bot_user,
            "bot_id": shared.settings.bot,
            "app_id": shared.settings.app,
            "team": shared.settings.team,
            "ts": message.ts,
            "text": message.content(),
            "blocks": message.blocks(),
        });
    }
}

/// Where something was clicked: in a view.
pub(super) fn in_view(shared: &Shared, view: &SlackView, payload: &mut Value) {
    payload["container"] = json!({ "type": "view", "view_id": view.id });
    payload["view"] = view.object(shared, &json!({}));
}
