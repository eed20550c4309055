//! READY and GUILD_CREATE.

use serde_json::{Value, json};

use super::Session;
use crate::fakes::discord::objects;
use crate::fakes::discord::world::Shared;

pub(super) fn ready(shared: &Shared, session: &Session) -> Value {
    let guilds: Vec<Value> = shared
        .settings
        .guilds
        .iter()
        .map(|guild| json!({ "id": guild.id.to_string(), "unavailable": true }))
        .collect();
    let (shard, shards) = session.shard;
    json!({
        "v": 10,
        "user_settings": {},
        "user": objects::own_user(shared),
        "session_type": "normal",
        "session_id": session.id,
        "resume_gateway_url": shared.endpoints.gateway_url,
        "relationships": [],
        "private_channels": [],
        "presences": [],
        "guilds": guilds,
        "guild_join_requests": [],
        "geo_ordered_rtc_regions": [],
        "application": { "id": shared.settings.application.to_string(), "flags": 0 },
        "_trace": [],
        "shard": [shard, shards],
    })
}

/// The guilds of a session's shard, whole.
pub(super) fn guilds(shared: &Shared, session: &Session) -> Vec<Value> {
    let (shard, shards) = session.shard;
    shared
        .settings
        .guilds
        .iter()
        .filter(|guild| (guild.id >> 22) % shards.max(1) == shard)
        .map(|guild| {
            let mut whole = objects::guild(shared, guild);
            let bot = objects::member(shared, guild, shared.settings.bot);
            let channels: Vec<Value> =
                guild.channels.iter().map(|channel| objects::channel(guild, channel)).collect();
            if let Some(fields) = whole.as_object_mut() {
                let more = json!({
                    "joined_at": objects::JOINED,
                    "large": false,
                    "unavailable": false,
                    "member_count": guild.members.len() + 1,
                    "members": [bot],
                    "channels": channels,
                    "threads": [],
                    "presences": [],
                    "voice_states": [],
                    "stage_instances": [],
                    "guild_scheduled_events": [],
                    "soundboard_sounds": [],
                });
                fields.extend(more.as_object().cloned().unwrap_or_default());
            }
            whole
        })
        .collect()
}
