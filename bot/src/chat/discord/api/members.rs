//! Who comes with which roles.

use serde::Deserialize;
use serenity::all::{GuildId, Member, RoleId, User, UserId};
use serenity::http::Route;

use super::error::DiscordError;
use super::rest::Rest;
use crate::admin::{Admin, Caller};
use crate::chat::discord::settings::PLATFORM;
use crate::chat::http::REQUEST_TIME;

/// Somebody in a guild, as far as it matters here.
#[derive(Deserialize)]
struct Roles {
    roles: Vec<RoleId>,
}

/// With which roles somebody comes, where Discord has not said so: the guilds are asked, each time, until one is found in which they may.
///
/// # Errors
/// Where Discord does not say, and whether this person may depends on it: that is not a no.
pub(in crate::chat::discord) async fn member(
    rest: &Rest,
    guilds: &[GuildId],
    user: UserId,
    may: impl Fn(&Caller) -> bool,
) -> Result<Caller, DiscordError> {
    let mut known = Caller::from(admin(user));
    let mut unsaid = None;
    for guild in guilds {
        let route = Route::GuildMember { guild_id: *guild, user_id: user };
        match rest.get::<Roles>(route, REQUEST_TIME).await {
            Ok(member) => known = in_guild(user, *guild, &member.roles),
            // Not in this guild, or we are not ourselves: whoever is in it can do nothing there.
            Err(failure) if failure.is_nobody_here() => continue,
            Err(failure) => unsaid = Some(failure),
        }
        if may(&known) {
            return Ok(known);
        }
    }
    unsaid.map_or(Ok(known), Err)
}

pub(in crate::chat::discord) fn admin(user: UserId) -> Admin {
    Admin { platform: PLATFORM, user: user.to_string() }
}

/// Who asks: by their id and the ids of their roles, which Discord vouches for; never by a name.
pub(in crate::chat::discord) fn caller(
    user: &User,
    guild: Option<GuildId>,
    member: Option<&Member>,
) -> Caller {
    match guild {
        Some(guild) => in_guild(user.id, guild, member.map_or(&[], |member| &member.roles)),
        None => admin(user.id).into(),
    }
}

fn in_guild(user: UserId, guild: GuildId, roles: &[RoleId]) -> Caller {
    Caller {
        admin: admin(user),
        place: Some(guild.to_string()),
        groups: roles.iter().map(ToString::to_string).collect(),
    }
}
