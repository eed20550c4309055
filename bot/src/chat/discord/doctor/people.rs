//! Who may: roles that exist, users who are there.

use std::collections::BTreeMap;

use serenity::all::{PartialMember, RoleId};
use serenity::http::Route;

use super::ask::{id, is_unknown, unanswered};
use super::examination::Examination;
use super::guilds::{NOT_ALL_SEEN, SeenGuild, are_all_seen};
use crate::doctor::Finding;
use crate::words::sanitize;

pub(super) const ROLES: &str = "discord.allow_roles";
pub(super) const USERS: &str = "discord.allow_users";
pub(super) const ADMINS: &str = "admins.discord";

impl Examination<'_> {
    pub(super) fn roles(&mut self, guilds: &[SeenGuild]) {
        for role in &self.settings.allow_roles {
            let finding = self.role(role, guilds);
            self.find(finding);
        }
    }

    fn role(&self, role: &str, guilds: &[SeenGuild]) -> Finding {
        if self.settings.guilds.iter().any(|guild| guild == role) {
            return Finding::fail(
                ROLES,
                format!(
                    "{role} is the role @everyone, which Discord names in nobody's roles: it allows nobody"
                ),
                "take it out, and make a role for your admins",
            );
        }
        let role_id: RoleId = id(role);
        let found = guilds
            .iter()
            .find_map(|seen| seen.guild.roles.get(&role_id).map(|role| (seen.name(), sanitize(&role.name))));
        match found {
            Some((guild, name)) => Finding::ok(ROLES, format!("\"{name}\" ({role}) is a role of {guild}")),
            None if !are_all_seen(self.settings, guilds) => {
                Finding::not_checked(ROLES, format_args!("{role} was not found, but {NOT_ALL_SEEN}"))
            }
            None => Finding::fail(
                ROLES,
                format!("no server of discord.guilds has a role {role}"),
                "Server Settings, Roles, right-click the role, Copy Role ID; or take it out",
            ),
        }
    }

    /// The users of `allow_users`, and the persons of `[[admins]]` who have an account there.
    pub(super) async fn users(&mut self, guilds: &[SeenGuild]) {
        let of_persons: BTreeMap<&str, &str> = self
            .admins
            .iter()
            .filter_map(|admin| Some((admin.discord.as_deref()?, admin.name.as_str())))
            .collect();
        for user in &self.settings.allow_users {
            let finding = self.user(USERS, user, user, guilds).await;
            self.find(finding);
        }
        for (user, name) in of_persons {
            let finding = self.user(ADMINS, &format!("{} ({user})", sanitize(name)), user, guilds).await;
            self.find(finding);
        }
    }

    async fn user(
        &mut self,
        subject: &'static str,
        shown: &str,
        user: &str,
        guilds: &[SeenGuild],
    ) -> Finding {
        for seen in guilds {
            let route = Route::GuildMember { guild_id: seen.guild.id, user_id: id(user) };
            match self.asking.get::<PartialMember>(route).await {
                Ok(member) => {
                    let name = member.user.map_or_else(|| "?".to_owned(), |user| sanitize(&user.name));
                    return Finding::ok(subject, format!("{shown} is {name}, in {}", seen.name()));
                }
                Err(failure) if is_unknown(&failure) => {}
                Err(failure) => return unanswered(subject, &failure),
            }
        }
        if !are_all_seen(self.settings, guilds) {
            return Finding::not_checked(subject, format_args!("{shown} was not found, but {NOT_ALL_SEEN}"));
        }
        Finding::warn(
            subject,
            format!("{shown} is in no server of discord.guilds, and can give no commands"),
            "invite that person, or correct the id (right-click the person, Copy User ID), or take it out",
        )
    }
}
