//! People, the team, channels and posts in the JSON in which Mattermost gives them.

use serde_json::{Value, json};

use super::post::{FakePost, stripped};
use super::settings::{FakeChannel, FakeUser};
use super::world::Shared;

/// When everybody joined.
const JOINED: i64 = 1_735_689_600_000;

pub(super) fn user(shared: &Shared, user: &FakeUser) -> Value {
    let is_deactivated = shared.peek(|world| world.deactivated.contains(&user.id));
    let told = json!({
        "id": user.id,
        "create_at": JOINED,
        "update_at": JOINED,
        "delete_at": if is_deactivated { shared.now().as_millisecond() } else { 0 },
        "username": user.username,
        "auth_data": "",
        "auth_service": "",
        "email": user.email,
        "nickname": user.nickname,
        "first_name": "",
        "last_name": "",
        "position": "",
        "roles": if user.is_guest { "system_guest" } else { "system_user" },
        "locale": user.locale,
        "timezone": { "automaticTimezone": "", "manualTimezone": "", "useAutomaticTimezone": "true" },
        "disable_welcome_email": false,
    });
    if user.id != shared.settings.bot {
        return told;
    }
    let own =
        json!({ "is_bot": true, "bot_description": "", "email": format!("{}@localhost", user.username) });
    with(told, &own)
}

pub(super) fn team(shared: &Shared) -> Value {
    json!({
        "id": shared.settings.team,
        "create_at": JOINED,
        "update_at": JOINED,
        "delete_at": 0,
        "display_name": shared.settings.team_name,
        "name": shared.settings.team_name,
        "description": "",
        "email": "",
        "type": "O",
        "company_name": "",
        "allowed_domains": "",
        "invite_id": "",
        "allow_open_invite": false,
        "scheme_id": null,
        "group_constrained": null,
        "policy_id": null,
    })
}

pub(super) fn team_member(shared: &Shared, user: &FakeUser) -> Value {
    let roles = match (user.is_guest, user.is_team_admin) {
        (true, _) => "team_guest",
        (false, true) => "team_user team_admin",
        (false, false) => "team_user",
    };
    json!({
        "team_id": shared.settings.team,
        "user_id": user.id,
        "roles": roles,
        "delete_at": 0,
        "scheme_guest": user.is_guest,
        "scheme_user": !user.is_guest,
        "scheme_admin": user.is_team_admin && !user.is_guest,
        "explicit_roles": "",
    })
}

fn any_channel(id: &str, kind: &str, team: &str, name: &str) -> Value {
    json!({
        "id": id,
        "create_at": JOINED,
        "update_at": JOINED,
        "delete_at": 0,
        "team_id": team,
        "type": kind,
        "display_name": if kind == "D" { "" } else { name },
        "name": name,
        "header": "",
        "purpose": "",
        "last_post_at": 0,
        "total_msg_count": 0,
        "extra_update_at": 0,
        "creator_id": "",
        "scheme_id": null,
        "props": null,
        "group_constrained": null,
        "shared": null,
        "total_msg_count_root": 0,
        "policy_id": null,
        "last_root_post_at": 0,
    })
}

pub(super) fn channel(shared: &Shared, channel: &FakeChannel) -> Value {
    let kind = if channel.is_private { "P" } else { "O" };
    any_channel(&channel.id, kind, &shared.settings.team, &channel.name)
}

/// The name of a channel of direct messages: both ids, the smaller one first.
pub(super) fn direct_name(shared: &Shared, user: &str) -> String {
    let bot = shared.settings.bot.as_str();
    let (first, second) = if bot < user { (bot, user) } else { (user, bot) };
    format!("{first}__{second}")
}

pub(super) fn direct_channel(shared: &Shared, id: &str, user: &str) -> Value {
    any_channel(id, "D", "", &direct_name(shared, user))
}

pub(super) fn channel_member(channel: &str, user: &str) -> Value {
    json!({
        "channel_id": channel,
        "user_id": user,
        "roles": "channel_user",
        "last_viewed_at": 0,
        "msg_count": 0,
        "mention_count": 0,
        "mention_count_root": 0,
        "urgent_mention_count": 0,
        "msg_count_root": 0,
        "notify_props": { "desktop": "default", "email": "default", "mark_unread": "all", "push": "default" },
        "last_update_at": JOINED,
        "scheme_guest": false,
        "scheme_user": true,
        "scheme_admin": false,
        "explicit_roles": "",
    })
}

/// A post as it leaves the server: without where its actions lead.
pub(super) fn post(shared: &Shared, post: &FakePost) -> Value {
    let mut props = stripped(&post.props);
    if post.author == shared.settings.bot {
        props.insert("from_bot".to_owned(), "true".into());
    }
    json!({
        "id": post.id,
        "create_at": post.created,
        "update_at": post.updated,
        "edit_at": post.edited,
        "delete_at": 0,
        "is_pinned": false,
        "user_id": post.author,
        "channel_id": post.channel,
        "root_id": "",
        "original_id": "",
        "message": post.message,
        "type": if post.is_ephemeral() { "system_ephemeral" } else { "" },
        "props": props,
        "hashtags": "",
        "file_ids": [],
        "pending_post_id": post.pending,
        "reply_count": 0,
        "last_reply_at": 0,
        "participants": null,
        "metadata": {},
    })
}

/// Both objects' fields.
pub(super) fn with(mut value: Value, further: &Value) -> Value {
    if let (Some(fields), Some(further)) = (value.as_object_mut(), further.as_object()) {
        for (name, value) in further {
            fields.insert(name.clone(), value.clone());
        }
    }
    value
}
