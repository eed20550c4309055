//! Discord's permission bits, and what they come to in one channel.

use super::settings::{FakeChannel, FakeGuild, Whom};

/// May do everything.
pub const ADMINISTRATOR: u64 = 1 << 3;
/// May see a channel.
pub const VIEW_CHANNEL: u64 = 1 << 10;
/// May write there.
pub const SEND_MESSAGES: u64 = 1 << 11;
/// Links there become previews.
pub const EMBED_LINKS: u64 = 1 << 14;
/// May read what was said before.
pub const READ_MESSAGE_HISTORY: u64 = 1 << 16;
/// May use application commands.
pub const USE_COMMANDS: u64 = 1 << 31;

const EVERYTHING: u64 = (1 << 53) - 1;

/// What roles alone allow a member.
pub(super) fn in_guild(guild: &FakeGuild, user: u64) -> u64 {
    if guild.owner == user {
        return EVERYTHING;
    }
    let bits = guild
        .roles
        .iter()
        .filter(|role| role.id == guild.id || roles_of(guild, user).contains(&role.id))
        .fold(0, |bits, role| bits | role.permissions);
    if bits & ADMINISTRATOR == 0 { bits } else { EVERYTHING }
}

/// What a member may do in one channel: roles, then `@everyone`'s, the roles' and the member's own overwrites.
pub(super) fn in_channel(guild: &FakeGuild, channel: &FakeChannel, user: u64) -> u64 {
    let bits = in_guild(guild, user);
    if bits & ADMINISTRATOR != 0 {
        return EVERYTHING;
    }
    let roles = roles_of(guild, user);
    let applied = |bits: u64, concerns: &dyn Fn(Whom) -> bool| {
        let (allow, deny) = channel
            .overwrites
            .iter()
            .filter(|overwrite| concerns(overwrite.whom))
            .fold((0, 0), |(allow, deny), overwrite| (allow | overwrite.allow, deny | overwrite.deny));
        (bits & !deny) | allow
    };
    let bits = applied(bits, &|whom| whom == Whom::Role(guild.id));
    let bits =
        applied(bits, &|whom| matches!(whom, Whom::Role(role) if role != guild.id && roles.contains(&role)));
    applied(bits, &|whom| whom == Whom::Member(user))
}

/// The roles of a member, without `@everyone`.
pub(super) fn roles_of(guild: &FakeGuild, user: u64) -> &[u64] {
    guild.members.iter().find(|member| member.user == user).map_or(&[], |member| &member.roles)
}
