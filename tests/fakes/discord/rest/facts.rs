//! What can only be asked: the gateway, the application, people, guilds, channels.

use serde_json::json;

use super::{Answer, Call, Outcome};
use crate::fakes::discord::objects;
use crate::fakes::discord::permissions::{VIEW_CHANNEL, in_channel};
use crate::fakes::discord::refusal::Refusal;
use crate::fakes::discord::settings::FakeGuild;

pub(super) fn gateway(call: &Call<'_>) -> Outcome {
    Answer::ok(json!({ "url": call.shared.endpoints.gateway_url }))
}

pub(super) fn gateway_bot(call: &Call<'_>) -> Outcome {
    let (remaining, reset_after) = call.shared.peek(|world| world.session_starts);
    Answer::ok(json!({
        "url": call.shared.endpoints.gateway_url,
        "shards": 1,
        "session_start_limit": {
            "total": 1000,
            "remaining": remaining,
            "reset_after": u64::try_from(reset_after.as_millis()).unwrap_or(u64::MAX),
            "max_concurrency": 1,
        },
    }))
}

pub(super) fn application(call: &Call<'_>) -> Outcome {
    Answer::ok(objects::application(call.shared))
}

pub(super) fn own_user(call: &Call<'_>) -> Outcome {
    Answer::ok(objects::own_user(call.shared))
}

pub(super) fn own_guilds(call: &Call<'_>) -> Outcome {
    let guilds = &call.shared.settings.guilds;
    Answer::ok(guilds.iter().map(|guild| objects::guild_in_list(call.shared, guild)).collect())
}

pub(super) fn user(call: &Call<'_>) -> Outcome {
    let user = call.shared.user(call.id(1)).ok_or_else(Refusal::unknown_user)?;
    Answer::ok(objects::user(call.shared, &user))
}

pub(super) fn guild(call: &Call<'_>) -> Outcome {
    Answer::ok(objects::guild(call.shared, named_guild(call)?))
}

pub(super) fn roles(call: &Call<'_>) -> Outcome {
    Answer::ok(objects::roles(named_guild(call)?).into())
}

pub(super) fn channels(call: &Call<'_>) -> Outcome {
    let guild = named_guild(call)?;
    Answer::ok(guild.channels.iter().map(|channel| objects::channel(guild, channel)).collect())
}

pub(super) fn member(call: &Call<'_>) -> Outcome {
    let (guild, id) = (named_guild(call)?, call.id(3));
    let belongs = id == call.shared.settings.bot || guild.members.iter().any(|member| member.user == id);
    if belongs { Answer::ok(objects::member(call.shared, guild, id)) } else { Err(Refusal::unknown_member()) }
}

pub(super) fn channel(call: &Call<'_>) -> Outcome {
    let (shared, id) = (call.shared, call.id(1));
    if let Some(user) = shared.peek(|world| world.direct.recipient(&id)).and_then(|user| shared.user(user)) {
        return Answer::ok(objects::direct_channel(shared, id, &user));
    }
    let (guild, channel) = shared.channel(id).ok_or_else(Refusal::unknown_channel)?;
    if in_channel(guild, channel, shared.settings.bot) & VIEW_CHANNEL == 0 {
        return Err(Refusal::missing_access());
    }
    Answer::ok(objects::channel(guild, channel))
}

/// A guild that the bot is not in is as good as none.
fn named_guild<'a>(call: &'a Call<'_>) -> Result<&'a FakeGuild, Refusal> {
    call.shared.guild(call.id(1)).ok_or_else(Refusal::unknown_guild)
}
