//! What Discord tells us of: commands that people type, letters on the way there, buttons.

use std::collections::{HashSet, VecDeque};
use std::sync::PoisonError;

use serde::Deserialize;
use serenity::all::{
    CommandInteraction, ComponentInteraction, CreateAutocompleteResponse, CreateInteractionResponse, GuildId,
    Interaction, InteractionId, Member, RoleId, User, UserId,
};
use serenity::http::{LightMethod, Route};

use super::answer::{ACKNOWLEDGED_BY, Asked};
use super::connection::REQUEST_TIME;
use super::failure::Failure;
use super::rest::with_body;
use super::{Discord, commands, render};
use crate::admin::{Admin, Caller, Platform};
use crate::outcome::Reply;
use crate::request::Action;

/// How many interactions are remembered: more than can be told of twice after a broken connection.
const REMEMBERED: usize = 10_000;

/// <https://discord.com/developers/docs/interactions/application-commands#autocomplete>: choices at most.
const CHOICES: usize = 25;

/// Somebody in a guild, as far as it matters here.
#[derive(Deserialize)]
struct Roles {
    roles: Vec<RoleId>,
}

/// The interactions that have been taken up, oldest first.
#[derive(Default)]
pub(super) struct TakenUp {
    ids: HashSet<InteractionId>,
    order: VecDeque<InteractionId>,
}

impl TakenUp {
    /// `false` where this one has been taken up before.
    pub(super) fn take_up(&mut self, id: InteractionId) -> bool {
        if !self.ids.insert(id) {
            return false;
        }
        self.order.push_back(id);
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
        }
        true
    }
}

impl Discord {
    /// Takes up what somebody has done, once, and does not wait for what comes of it.
    pub(super) fn interaction_create(&self, interaction: Interaction) {
        let this = self.clone();
        // A shutdown waits for what has been taken up.
        self.0.bot.behind(async move {
            let id = interaction.id();
            if !this.0.taken_up.lock().unwrap_or_else(PoisonError::into_inner).take_up(id) {
                tracing::info!(interaction = %id, "told of twice; the second time is left alone");
                return;
            }
            match interaction {
                Interaction::Command(command) => this.0.command(&command).await,
                Interaction::Component(press) => this.0.press(&press).await,
                Interaction::Autocomplete(typing) => this.0.offer(&typing).await,
                _ => tracing::debug!(interaction = %id, "not one of ours"),
            }
        });
    }
}

impl super::Inner {
    async fn command(&self, command: &CommandInteraction) {
        let asked = Asked { id: command.id, token: command.token.clone(), locale: command.locale.clone() };
        if !self.acknowledge(&asked).await {
            return;
        }
        let Some(name) = commands::named(&command.data.name) else {
            tracing::warn!(interaction = %command.id, "a command that is not ours, perhaps of an older version");
            return self.reply(&asked, &admin(command.user.id), Reply::Help).await;
        };
        let caller = caller(&command.user, command.guild_id, command.member.as_deref());
        let reply = match name.about(typed(command)) {
            Ok(command) => self.bot.obey(&caller, &command).await,
            Err(mistake) => Reply::Mistake(mistake),
        };
        self.reply(&asked, &caller.admin, reply).await;
    }

    async fn press(&self, press: &ComponentInteraction) {
        let asked = Asked { id: press.id, token: press.token.clone(), locale: press.locale.clone() };
        if !self.acknowledge(&asked).await {
            return;
        }
        let caller = match press.guild_id {
            Some(guild) if press.member.is_some() => caller(&press.user, Some(guild), press.member.as_ref()),
            // A direct message does not tell roles.
            _ => match self.member(press.user.id).await {
                Ok(caller) => caller,
                Err(failure) => {
                    tracing::warn!(user = %press.user.id, %failure, "who may could not be asked");
                    return self.reply(&asked, &admin(press.user.id), Reply::TryAgain).await;
                }
            },
        };
        let reply = match Action::parse(&press.data.custom_id) {
            Some(action) => self.bot.act(&caller, action).await,
            None => Reply::NoSuchRequest,
        };
        self.reply(&asked, &caller.admin, reply).await;
    }

    /// With which roles somebody comes, where Discord has not said so: the guilds are asked, each time.
    ///
    /// # Errors
    /// Where Discord does not say, and whether this person may depends on it: that is not a no.
    pub(super) async fn member(&self, user: UserId) -> Result<Caller, Failure> {
        let mut known = Caller::from(admin(user));
        let mut unsaid = None;
        for guild in &self.settings.guilds {
            let route = Route::GuildMember { guild_id: *guild, user_id: user };
            match self.rest.get::<Roles>(route, REQUEST_TIME).await {
                Ok(member) => known = in_guild(user, *guild, &member.roles),
                // Not in this guild, or we are not ourselves: whoever is in it can do nothing there.
                Err(failure) if failure.is_nobody_here() => continue,
                Err(failure) => unsaid = Some(failure),
            }
            if self.bot.may_issue(&known) {
                return Ok(known);
            }
        }
        unsaid.map_or(Ok(known), Err)
    }

    /// Contacts that begin like what somebody has typed so far. Where nobody may be offered, nothing is.
    async fn offer(&self, typing: &CommandInteraction) {
        let caller = caller(&typing.user, typing.guild_id, typing.member.as_deref());
        let typed = typing.data.autocomplete().map(|option| option.value.to_owned()).unwrap_or_default();
        let hits = self.bot.search(&caller, &typed, CHOICES).await;
        let mut choices = CreateAutocompleteResponse::new();
        for hit in &hits {
            choices = choices.add_string_choice(render::choice(hit), hit.id.as_str());
        }
        let answer = CreateInteractionResponse::Autocomplete(choices);
        let route = Route::InteractionResponse { interaction_id: typing.id, token: &typing.token };
        let answered = async {
            let answer = with_body(route, LightMethod::Post, &answer)?;
            self.rest.answer_once(answer, ACKNOWLEDGED_BY).await
        };
        if let Err(failure) = answered.await {
            tracing::debug!(interaction = %typing.id, %failure, "choices came too late");
        }
    }
}

fn typed(command: &CommandInteraction) -> &str {
    let contact = command.data.options.iter().find(|option| option.name == commands::CONTACT);
    contact.and_then(|option| option.value.as_str()).unwrap_or_default()
}

fn admin(user: UserId) -> Admin {
    Admin { platform: Platform::Discord, user: user.to_string() }
}

/// Who asks: by their id and the ids of their roles, which Discord vouches for; never by a name.
fn caller(user: &User, guild: Option<GuildId>, member: Option<&Member>) -> Caller {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interaction_is_taken_up_once_as_long_as_it_is_remembered() {
        let mut taken_up = TakenUp::default();
        assert!(taken_up.take_up(InteractionId::new(1)));
        assert!(!taken_up.take_up(InteractionId::new(1)));
        for id in 2..=REMEMBERED as u64 + 1 {
            assert!(taken_up.take_up(InteractionId::new(id)));
        }
        assert!(!taken_up.take_up(InteractionId::new(2)));
        assert!(taken_up.take_up(InteractionId::new(1)), "the memory has an end");
    }
}
