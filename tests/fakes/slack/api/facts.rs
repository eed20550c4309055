//! Who is who: the workspace, its people, groups and conversations, and the way to a WebSocket.

use serde_json::{Value, json};

use super::{Call, Outcome, Token};

pub(super) fn auth_test(call: &Call<'_>) -> Outcome {
    let settings = &call.shared.settings;
    Ok(match call.token {
        Token::App => json!({ "app_name": "reset-link", "app_id": settings.app }),
        Token::Bot => json!({
            "url": format!("https://{}.slack.com/", settings.team_domain),
            "team": "Example",
            "user": "reset-link",
            "team_id": settings.team,
            "user_id": settings.bot_user,
            "bot_id": settings.bot,
            "is_enterprise_install": false,
        }),
    })
}

/// The URL is for where this call came in: `wss://wss-primary.slack.com`, or loopback in the clear.
pub(super) fn connections_open(call: &Call<'_>) -> Outcome {
    let ticket = call.shared.with(|world| {
        let ticket = world.uuid();
        world.sockets.tickets.push(ticket.clone());
        ticket
    });
    let base = call.arguments.sockets_at.as_deref().unwrap_or("wss://wss-primary.slack.com");
    Ok(json!({ "url": format!("{base}/link/?ticket={ticket}&app_id={}", call.shared.settings.app) }))
}

pub(super) fn conversations_open(call: &Call<'_>) -> Outcome {
    let users = call.arguments.text("users").ok_or("users_list_not_supplied")?;
    if users.contains(',') {
        call.shared.report("conversations.open: one person at a time here");
        return Err("invalid_user_combination".into());
    }
    if users == call.shared.settings.bot_user {
        return Err("cannot_dm_bot".into());
    }
    let user = call.shared.user(&users).ok_or("user_not_found")?;
    call.shared.with(|world| {
        if user.is_deleted || world.direct.is_closed(&user.id) {
            return Err("user_disabled".into());
        }
        let was_open = world.direct.channel(&user.id).is_some();
        let channel = world.direct_channel(&user.id);
        let mut answer = json!({ "channel": { "id": channel } });
        if was_open {
            answer["no_op"] = json!(true);
            answer["already_open"] = json!(true);
        }
        Ok(answer)
    })
}

pub(super) fn conversations_info(call: &Call<'_>) -> Outcome {
    let id = call.arguments.text("channel").ok_or("channel_not_found")?;
    call.shared.peek(|world| {
        if let Some(user) = world.direct.recipient(&id) {
            return Ok(json!({ "channel": { "id": id, "is_im": true, "user": user, "is_archived": false } }));
        }
        let channel = world.channel(&id).filter(|channel| !channel.is_private || channel.has_bot);
        let channel = channel.ok_or("channel_not_found")?;
        Ok(json!({ "channel": {
            "id": channel.id,
            "name": channel.name,
            "name_normalized": channel.name,
            "is_channel": !channel.is_private,
            "is_group": channel.is_private,
            "is_im": false,
            "is_private": channel.is_private,
            "is_archived": channel.is_archived,
            "is_member": channel.has_bot,
            "context_team_id": call.shared.settings.team,
        } }))
    })
}

pub(super) fn users_info(call: &Call<'_>) -> Outcome {
    let id = call.arguments.text("user").ok_or("user_not_found")?;
    let user = call.shared.user(&id).ok_or("user_not_found")?;
    let mut answer = json!({ "user": {
        "id": user.id,
        "team_id": call.shared.settings.team,
        "name": user.name,
        "real_name": user.real_name,
        "deleted": user.is_deleted,
        "tz": "Europe/London",
        "is_bot": false,
        "is_app_user": false,
        "profile": { "real_name": user.real_name, "display_name": user.name, "team": call.shared.settings.team },
    } });
    if call.arguments.flag("include_locale") == Some(true) {
        answer["user"]["locale"] = json!(user.locale);
    }
    Ok(answer)
}

pub(super) fn usergroups_list(call: &Call<'_>) -> Outcome {
    let with_users = call.arguments.flag("include_users") == Some(true);
    let groups: Vec<Value> = call.shared.peek(|world| {
        let object = |group: &crate::fakes::slack::SlackGroup| {
            let mut object = json!({
                "id": group.id,
                "team_id": call.shared.settings.team,
                "is_usergroup": true,
                "name": group.handle,
                "handle": group.handle,
                "date_delete": 0,
                "user_count": group.members.len(),
            });
            if with_users {
                object["users"] = json!(group.members);
            }
            object
        };
        world.groups.iter().map(object).collect()
    });
    Ok(json!({ "usergroups": groups }))
}

pub(super) fn usergroups_users_list(call: &Call<'_>) -> Outcome {
    let id = call.arguments.text("usergroup").ok_or("no_such_subteam")?;
    call.shared.peek(|world| {
        let group = world.groups.iter().find(|group| group.id == id).ok_or("no_such_subteam")?;
        Ok(json!({ "users": group.members }))
    })
}
