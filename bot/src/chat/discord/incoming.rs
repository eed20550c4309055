//! What Discord tells us of: commands that people type.

use std::collections::{HashSet, VecDeque};
use std::sync::PoisonError;

use async_trait::async_trait;
use serenity::all::{
    CommandInteraction, Context, EventHandler, Interaction, InteractionId, Member, Ready, ResumedEvent, User,
};

use super::answer::Asked;
use super::{Discord, commands};
use crate::admin::{Admin, Caller, Platform};
use crate::command::CommandName;
use crate::reply::Reply;

/// How many interactions are remembered: more than can be told of twice after a broken connection.
const REMEMBERED: usize = 10_000;

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

#[async_trait]
impl EventHandler for Discord {
    async fn ready(&self, _: Context, ready: Ready) {
        tracing::info!(bot = %ready.user.name, "connected to Discord");
        self.0.http.set_application_id(ready.application.id);
        self.0.register().await;
    }

    async fn resume(&self, _: Context, _: ResumedEvent) {
        tracing::info!("connected to Discord again");
    }

    async fn interaction_create(&self, _: Context, interaction: Interaction) {
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
                _ => tracing::debug!(interaction = %id, "not one of ours"),
            }
        });
    }
}

impl super::Inner {
    async fn command(&self, command: &CommandInteraction) {
        let asked = Asked {
            id: command.id,
            token: command.token.clone(),
            user: command.user.id,
            locale: command.locale.clone(),
        };
        if !self.acknowledge(&asked).await {
            return;
        }
        let caller = caller(&command.user, command.guild_id, command.member.as_deref());
        let typed = command.data.options.iter().find(|option| option.name == commands::CONTACT);
        let typed = typed.and_then(|option| option.value.as_str()).unwrap_or_default();
        let name = commands::named(&command.data.name).unwrap_or(CommandName::ResetLink);
        let reply = match name.about(typed) {
            Ok(command) => self.bot.obey(&caller, &command).await,
            Err(mistake) => Reply::Mistake(mistake),
        };
        self.answer(&asked, &caller.admin, reply).await;
    }
}

/// Who asks: by their id and the ids of their roles, which Discord vouches for; never by a name.
fn caller(user: &User, guild: Option<serenity::all::GuildId>, member: Option<&Member>) -> Caller {
    Caller {
        admin: Admin { platform: Platform::Discord, user: user.id.to_string() },
        place: guild.map(|guild| guild.to_string()),
        groups: member
            .map(|member| member.roles.iter().map(ToString::to_string).collect())
            .unwrap_or_default(),
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
