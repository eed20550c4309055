//! What can be asked for: the server, people, the team, channels.

use serde_json::{Value, json};

use super::{Answer, Call, Outcome};
use crate::fakes::mattermost::objects;
use crate::fakes::mattermost::refusal::Refusal;
use crate::fakes::mattermost::settings::{FakeChannel, SiteUrl};

pub(super) fn ping(call: &Call<'_>) -> Outcome {
    let answer = json!({
        "status": "OK",
        "ActiveSearchBackend": "database",
        "AndroidLatestVersion": "",
        "AndroidMinVersion": "",
        "IosLatestVersion": "",
        "IosMinVersion": "",
    });
    let database = call.query.split('&').any(|pair| pair == "get_server_status=true");
    if database {
        return Answer::ok(objects::with(
            answer,
            &json!({ "database_status": "OK", "filestore_status": "OK" }),
        ));
    }
    Answer::ok(answer)
}

pub(super) fn config(call: &Call<'_>) -> Outcome {
    if !call.query.split('&').any(|pair| pair == "format=old") {
        return Err(Refusal::old_format());
    }
    let version = &call.shared.settings.version;
    let limited = json!({
        "Version": version,
        "BuildNumber": version,
        "BuildEnterpriseReady": "false",
        "SiteName": "Mattermost",
        "DefaultClientLocale": "en",
    });
    // Who is not logged in is told less: https://github.com/mattermost/mattermost/blob/master/server/config/client.go
    if !call.is_logged_in {
        return Answer::ok(limited);
    }
    let site_url = match &call.shared.settings.site_url {
        SiteUrl::OwnAddress => &call.shared.endpoints.url,
        SiteUrl::At(url) => url,
        SiteUrl::Unset => "",
    };
    let more =
        json!({ "SiteURL": site_url, "EnableUserAccessTokens": "true", "EnableBotAccountCreation": "true" });
    Answer::ok(objects::with(limited, &more))
}

pub(super) fn user(call: &Call<'_>) -> Outcome {
    let user = call.shared.user(call.id(1, "user_id")?).ok_or_else(Refusal::no_such_user)?;
    Answer::ok(objects::user(call.shared, &user))
}

pub(super) fn user_by_name(call: &Call<'_>) -> Outcome {
    let name = call.steps.get(2).copied().unwrap_or_default();
    let settings = &call.shared.settings;
    let ids = settings.users.iter().map(|user| &user.id).chain([&settings.bot]);
    let user = ids
        .filter_map(|id| call.shared.user(id))
        .find(|user| user.username == name)
        .ok_or_else(Refusal::no_such_user)?;
    Answer::ok(objects::user(call.shared, &user))
}

/// Those of the ids that are known.
pub(super) fn users(call: &Call<'_>) -> Outcome {
    let ids = call.body.as_array().filter(|ids| !ids.is_empty());
    let ids = ids.ok_or_else(|| Refusal::bad_body("user_ids"))?.iter().filter_map(Value::as_str);
    let known = ids.filter_map(|id| call.shared.user(id));
    Answer::ok(known.map(|user| objects::user(call.shared, &user)).collect())
}

pub(super) fn teams(call: &Call<'_>) -> Outcome {
    let id = call.id(1, "user_id")?;
    if id != call.shared.settings.bot {
        return Err(Refusal::not_permitted());
    }
    Answer::ok(json!([objects::team(call.shared)]))
}

/// The bot is in one team, and knows of no other.
fn own_team(call: &Call<'_>) -> Result<(), Refusal> {
    if call.id(1, "team_id")? == call.shared.settings.team { Ok(()) } else { Err(Refusal::no_such_team()) }
}

pub(super) fn team(call: &Call<'_>) -> Outcome {
    own_team(call)?;
    Answer::ok(objects::team(call.shared))
}

pub(super) fn team_by_name(call: &Call<'_>) -> Outcome {
    if call.steps.get(2) != Some(&call.shared.settings.team_name.as_str()) {
        return Err(Refusal::no_such_team());
    }
    Answer::ok(objects::team(call.shared))
}

pub(super) fn team_member(call: &Call<'_>) -> Outcome {
    if call.id(1, "team_id")? != call.shared.settings.team {
        return Err(Refusal::not_permitted());
    }
    let member = call
        .shared
        .user(call.id(3, "user_id")?)
        .filter(|user| user.is_in_team)
        .ok_or_else(Refusal::no_team_member)?;
    Answer::ok(objects::team_member(call.shared, &member))
}

/// A channel of the team that the bot may look into.
fn seen<'a>(call: &'a Call<'_>, id: &str) -> Result<&'a FakeChannel, Refusal> {
    let channel = call.shared.channel(id).ok_or_else(Refusal::no_such_channel)?;
    if channel.is_private && !channel.bot_is_member {
        return Err(Refusal::not_permitted());
    }
    Ok(channel)
}

pub(super) fn channel(call: &Call<'_>) -> Outcome {
    let id = call.id(1, "channel_id")?;
    if let Some(user) = call.shared.peek(|world| world.direct.recipient(id)) {
        return Answer::ok(objects::direct_channel(call.shared, id, &user));
    }
    Answer::ok(objects::channel(call.shared, seen(call, id)?))
}

pub(super) fn channel_by_name(call: &Call<'_>) -> Outcome {
    own_team(call)?;
    let name = call.steps.get(4).copied().unwrap_or_default();
    let channel = call.shared.settings.channels.iter().find(|channel| channel.name == name);
    // A private one is hidden: whether it exists is nobody's business.
    let channel = channel.filter(|channel| !channel.is_private || channel.bot_is_member);
    Answer::ok(objects::channel(call.shared, channel.ok_or_else(Refusal::no_such_channel)?))
}

/// A channel of the team that the bot is in: whoever is not may not ask who is.
fn joined<'a>(call: &'a Call<'_>, id: &str) -> Result<&'a FakeChannel, Refusal> {
    call.shared.channel(id).filter(|channel| channel.bot_is_member).ok_or_else(Refusal::not_permitted)
}

/// All members on the first page, and nobody on any other.
pub(super) fn channel_members(call: &Call<'_>) -> Outcome {
    let id = call.id(1, "channel_id")?;
    let channel = joined(call, id)?;
    if call.query.split('&').any(|pair| pair.starts_with("page=") && pair != "page=0") {
        return Answer::ok(json!([]));
    }
    let settings = &call.shared.settings;
    let ids = settings.users.iter().map(|user| &user.id).chain([&settings.bot]);
    let members = ids.filter(|user| call.shared.is_in(channel, user));
    Answer::ok(members.map(|user| objects::channel_member(id, user)).collect())
}

pub(super) fn channel_member(call: &Call<'_>) -> Outcome {
    let (id, user) = (call.id(1, "channel_id")?, call.id(3, "user_id")?);
    let is_in = match call.shared.peek(|world| world.direct.recipient(id)) {
        Some(recipient) => user == recipient || user == call.shared.settings.bot,
        None => call.shared.is_in(joined(call, id)?, user),
    };
    if is_in { Answer::ok(objects::channel_member(id, user)) } else { Err(Refusal::no_channel_member()) }
}
