//! `chat.*`: what the bot writes.

use serde_json::{Value, json};

use super::{Call, Outcome, Refusal};
use crate::fakes::slack::blocks;
use crate::fakes::slack::message::{Place, SlackMessage};
use crate::fakes::slack::world::World;

/// The message in these arguments, held to Slack's rules.
fn message(call: &Call<'_>, method: &str) -> Result<(Value, Option<&'static str>), Refusal> {
    let mut body = json!({});
    if let Some(text) = call.arguments.text("text") {
        body["text"] = json!(text);
    }
    for name in ["blocks", "attachments"] {
        match call.arguments.parts(name) {
            Ok(None) => {}
            Ok(Some(parts)) => body[name] = parts,
            Err(()) => {
                return Err(Refusal::from(if name == "blocks" {
                    "invalid_blocks_format"
                } else {
                    "invalid_attachments"
                }));
            }
        }
    }
    for name in ["unfurl_links", "unfurl_media", "mrkdwn", "link_names"] {
        if let Some(flag) = call.arguments.flag(name) {
            body[name] = json!(flag);
        }
    }
    let found = blocks::message(&body);
    let warning = found.lacks_text.then_some("missing_text_in_message");
    call.shared.with(|world| found.report(method, world));
    match found.refusal() {
        Some((error, messages)) => Err(Refusal::with(
            error,
            json!({ "errors": messages, "response_metadata": { "messages": blocks::as_errors(&messages) } }),
        )),
        None => Ok((body, warning)),
    }
}

fn warned(mut answer: Value, warning: Option<&str>) -> Outcome {
    if let Some(warning) = warning {
        answer["warning"] = json!(warning);
    }
    Ok(answer)
}

/// Where the bot may write: a channel, a direct-message channel, or a person.
fn place(call: &Call<'_>, world: &mut World) -> Result<(String, Place), Refusal> {
    let Some(said) = call.arguments.text("channel") else { return Err("channel_not_found".into()) };
    let said =
        match world.channels.iter().find(|channel| said.strip_prefix('#') == Some(channel.name.as_str())) {
            Some(channel) => channel.id.clone(),
            None => said,
        };
    if let Some(channel) = world.channel(&said) {
        let may_join_in =
            !channel.is_private && world.scopes.iter().any(|scope| scope == "chat:write.public");
        return match channel {
            channel if channel.is_private && !channel.has_bot => Err("channel_not_found".into()),
            channel if channel.is_archived => Err("is_archived".into()),
            channel if !channel.has_bot && !may_join_in => Err("not_in_channel".into()),
            _ => Ok((said.clone(), Place::Channel(said))),
        };
    }
    let user = match world.direct.recipient(&said) {
        Some(user) => user,
        None if call.shared.user(&said).is_some() => said,
        None => return Err("channel_not_found".into()),
    };
    if world.direct.is_closed(&user) {
        return Err("messages_tab_disabled".into());
    }
    Ok((world.direct_channel(&user), Place::Direct(user)))
}

fn object(call: &Call<'_>, message: &SlackMessage) -> Value {
    json!({
        "type": "message",
        "user": call.shared.settings.bot_user,
        "bot_id": call.shared.settings.bot,
        "app_id": call.shared.settings.app,
        "team": call.shared.settings.team,
        "ts": message.ts,
        "text": message.content(),
        "blocks": message.blocks(),
    })
}

pub(super) fn post_message(call: &Call<'_>) -> Outcome {
    let (body, warning) = message(call, "chat.postMessage")?;
    let now = call.shared.now();
    let message = call.shared.with(|world| {
        let (channel, place) = place(call, world)?;
        let message = SlackMessage::new(world.ts(now), channel, place, &body);
        world.messages.push(message.clone());
        Ok::<_, Refusal>(message)
    })?;
    warned(
        json!({ "channel": message.channel, "ts": message.ts, "message": object(call, &message) }),
        warning,
    )
}

pub(super) fn post_ephemeral(call: &Call<'_>) -> Outcome {
    let (body, warning) = message(call, "chat.postEphemeral")?;
    let user = call.arguments.text("user").filter(|user| call.shared.user(user).is_some());
    let user = user.ok_or("user_not_in_channel")?;
    let now = call.shared.now();
    let ts = call.shared.with(|world| {
        let (channel, _) = place(call, world)?;
        let place = Place::Ephemeral { user, channel: channel.clone() };
        let ts = world.ts(now);
        world.messages.push(SlackMessage::new(ts.clone(), channel, place, &body));
        Ok::<_, Refusal>(ts)
    })?;
    warned(json!({ "message_ts": ts }), warning)
}

/// The bot's own message that the arguments name. One in front of one person's eyes alone is none.
fn own<'a>(call: &Call<'_>, world: &'a mut World) -> Result<&'a mut SlackMessage, Refusal> {
    let channel = call.arguments.text("channel").unwrap_or_default();
    let known = world.channel(&channel).is_some() || world.direct.recipient(&channel).is_some();
    if !known {
        return Err("channel_not_found".into());
    }
    let ts = call.arguments.text("ts").unwrap_or_default();
    let mut all = world.messages.iter_mut();
    let found = all.find(|message| message.channel == channel && message.ts == ts && !message.deleted);
    found.filter(|message| !message.is_ephemeral()).ok_or_else(|| "message_not_found".into())
}

pub(super) fn update(call: &Call<'_>) -> Outcome {
    let (body, warning) = message(call, "chat.update")?;
    let message = call.shared.with(|world| {
        let message = own(call, world)?;
        message.edit(&body);
        Ok::<_, Refusal>(message.clone())
    })?;
    let answer = json!({
        "channel": message.channel,
        "ts": message.ts,
        "text": message.content(),
        "message": object(call, &message),
    });
    warned(answer, warning)
}

pub(super) fn delete(call: &Call<'_>) -> Outcome {
    call.shared.with(|world| {
        let message = own(call, world)?;
        message.deleted = true;
        Ok(json!({ "channel": message.channel, "ts": message.ts }))
    })
}
