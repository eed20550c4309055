//! People, guilds, channels and messages in the JSON in which Discord gives them.

use serde_json::{Map, Value, json};

use super::message::{FakeMessage, Place};
use super::permissions;
use super::settings::{FakeChannel, FakeGuild, FakeUser, Whom};
use super::world::Shared;

/// When everybody joined.
pub(super) const JOINED: &str = "2025-01-01T00:00:00.000000+00:00";

const DIRECT_CHANNEL: u64 = 1;

pub(super) fn user(shared: &Shared, user: &FakeUser) -> Value {
    json!({
        "id": user.id.to_string(),
        "username": user.name,
        "global_name": user.display_name,
        "discriminator": "0",
        "avatar": null,
        "banner": null,
        "accent_color": null,
        "avatar_decoration_data": null,
        "collectibles": null,
        "primary_guild": null,
        "clan": null,
        "bot": user.id == shared.settings.bot,
        "public_flags": 0,
        "flags": 0,
    })
}

/// The bot's own account, with what only it may see.
pub(super) fn own_user(shared: &Shared) -> Value {
    let own = FakeUser::new(shared.settings.bot, "reset-link");
    with(
        user(shared, &own),
        &json!({ "mfa_enabled": true, "locale": "en-US", "verified": true, "email": null, "bio": "" }),
    )
}

pub(super) fn application(shared: &Shared) -> Value {
    let owner = FakeUser::new(shared.settings.application + 100, "owner");
    let portal = &shared.settings.portal;
    json!({
        "id": shared.settings.application.to_string(),
        "name": "reset-link",
        "icon": null,
        "description": "",
        "type": null,
        "bot": user(shared, &FakeUser::new(shared.settings.bot, "reset-link")),
        "bot_public": portal.is_public,
        "bot_require_code_grant": portal.needs_code_grant,
        "verify_key": "00".repeat(32),
        "flags": portal.flags,
        "flags_new": portal.flags.to_string(),
        "redirect_uris": [],
        "interactions_endpoint_url": portal.interactions_endpoint,
        "role_connections_verification_url": null,
        "owner": user(shared, &owner),
        "approximate_guild_count": shared.settings.guilds.len(),
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "team": null,
        "eligible_oauth2_scopes": ["bot", "applications.commands"],
        "rpc_origins": [],
        "hook": true,
        "summary": "",
    })
}

pub(super) fn guild(shared: &Shared, guild: &FakeGuild) -> Value {
    let roles: Vec<Value> = roles(guild);
    let facts = json!({
        "id": guild.id.to_string(),
        "name": guild.name,
        "owner_id": guild.owner.to_string(),
        "preferred_locale": guild.locale,
        "roles": roles,
        "emojis": [],
        "stickers": [],
        "features": [],
        "region": "deprecated",
        "afk_timeout": 300,
        "system_channel_flags": 0,
        "widget_enabled": false,
        "verification_level": 1,
        "default_message_notifications": 1,
        "mfa_level": 0,
        "explicit_content_filter": 0,
        "max_presences": null,
        "max_members": 500_000,
        "max_stage_video_channel_users": 50,
        "max_video_channel_users": 25,
        "premium_tier": 0,
        "premium_subscription_count": 0,
        "premium_progress_bar_enabled": false,
        "nsfw": false,
        "nsfw_level": 0,
        "approximate_member_count": guild.members.len() + 1,
        "approximate_presence_count": 1,
        "owner": guild.owner == shared.settings.bot,
    });
    let absent = [
        "icon",
        "description",
        "home_header",
        "splash",
        "discovery_splash",
        "banner",
        "application_id",
        "afk_channel_id",
        "system_channel_id",
        "widget_channel_id",
        "vanity_url_code",
        "rules_channel_id",
        "safety_alerts_channel_id",
        "public_updates_channel_id",
        "incidents_data",
        "latest_onboarding_question_id",
    ];
    let absent: Map<String, Value> = absent.iter().map(|name| ((*name).to_owned(), Value::Null)).collect();
    with(facts, &Value::Object(absent))
}

/// A guild as the list of one's own guilds has it.
pub(super) fn guild_in_list(shared: &Shared, guild: &FakeGuild) -> Value {
    json!({
        "id": guild.id.to_string(),
        "name": guild.name,
        "icon": null,
        "banner": null,
        "owner": guild.owner == shared.settings.bot,
        "permissions": permissions::in_guild(guild, shared.settings.bot).to_string(),
        "features": [],
    })
}

pub(super) fn roles(guild: &FakeGuild) -> Vec<Value> {
    guild
        .roles
        .iter()
        .enumerate()
        .map(|(position, role)| {
            json!({
                "id": role.id.to_string(),
                "name": role.name,
                "permissions": role.permissions.to_string(),
                "position": position,
                "color": 0,
                "colors": { "primary_color": 0, "secondary_color": null, "tertiary_color": null },
                "hoist": false,
                "managed": false,
                "mentionable": false,
                "icon": null,
                "unicode_emoji": null,
                "description": null,
                "flags": 0,
            })
        })
        .collect()
}

pub(super) fn channel(guild: &FakeGuild, channel: &FakeChannel) -> Value {
    let overwrites: Vec<Value> = channel
        .overwrites
        .iter()
        .map(|overwrite| {
            let (id, kind) = match overwrite.whom {
                Whom::Role(id) => (id, 0),
                Whom::Member(id) => (id, 1),
            };
            json!({
                "id": id.to_string(),
                "type": kind,
                "allow": overwrite.allow.to_string(),
                "deny": overwrite.deny.to_string(),
            })
        })
        .collect();
    let position = guild.channels.iter().position(|other| other.id == channel.id).unwrap_or(0);
    json!({
        "id": channel.id.to_string(),
        "type": channel.kind,
        "guild_id": guild.id.to_string(),
        "name": channel.name,
        "position": position,
        "flags": 0,
        "permission_overwrites": overwrites,
        "rate_limit_per_user": 0,
        "nsfw": false,
        "topic": null,
        "last_message_id": null,
        "parent_id": null,
    })
}

pub(super) fn direct_channel(shared: &Shared, id: u64, recipient: &FakeUser) -> Value {
    json!({
        "id": id.to_string(),
        "type": DIRECT_CHANNEL,
        "flags": 0,
        "last_message_id": null,
        "recipients": [user(shared, recipient)],
    })
}

pub(super) fn member(shared: &Shared, guild: &FakeGuild, id: u64) -> Value {
    let roles: Vec<String> = permissions::roles_of(guild, id).iter().map(u64::to_string).collect();
    let person = shared.user(id).unwrap_or_else(|| FakeUser::new(id, "someone"));
    json!({
        "user": user(shared, &person),
        "nick": null,
        "avatar": null,
        "banner": null,
        "roles": roles,
        "joined_at": JOINED,
        "premium_since": null,
        "communication_disabled_until": null,
        "deaf": false,
        "mute": false,
        "pending": false,
        "flags": 0,
    })
}

pub(super) fn message(shared: &Shared, message: &FakeMessage) -> Value {
    let author = FakeUser::new(shared.settings.bot, "reset-link");
    let embeds: Vec<Value> =
        message.embeds().iter().map(|embed| with(embed.clone(), &json!({ "type": "rich" }))).collect();
    let whole = json!({
        "id": message.id.to_string(),
        "channel_id": message.channel.to_string(),
        "type": if matches!(message.place, Place::Answer(_)) { 20 } else { 0 },
        "author": user(shared, &author),
        "content": message.content(),
        "timestamp": message.created,
        "edited_timestamp": message.edited,
        "tts": false,
        "mention_everyone": false,
        "mentions": [],
        "mention_roles": [],
        "mention_channels": [],
        "attachments": [],
        "embeds": embeds,
        "components": message.components(),
        "pinned": false,
        "flags": message.flags(),
    });
    let application = shared.settings.application.to_string();
    match message.place {
        Place::Answer(_) => with(whole, &json!({ "application_id": application, "webhook_id": application })),
        Place::Direct(_) | Place::Channel(_) => whole,
    }
}

/// An object with these fields beside its own.
pub(super) fn with(mut object: Value, more: &Value) -> Value {
    if let (Some(fields), Some(more)) = (object.as_object_mut(), more.as_object()) {
        fields.extend(more.clone());
    }
    object
}
