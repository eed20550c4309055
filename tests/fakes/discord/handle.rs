//! One interaction, as the person who caused it experiences it.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::interaction::{Acknowledgement, Interaction};
use super::message::FakeMessage;
use super::world::{Shared, World};
use crate::fakes::kit::TooLate;

/// A choice that the bot offers while somebody types.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// As shown.
    pub name: String,
    /// What is sent when it is chosen.
    pub value: Value,
}

/// An interaction that has been dispatched. A clone is the same one.
#[derive(Clone)]
pub struct InteractionHandle {
    pub(super) shared: Arc<Shared>,
    /// Its snowflake.
    pub id: u64,
}

impl std::fmt::Debug for InteractionHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InteractionHandle").field("id", &self.id).finish_non_exhaustive()
    }
}

impl InteractionHandle {
    fn look<R>(&self, look: impl FnOnce(&Interaction) -> R) -> R {
        self.shared.peek(|world| look(world.interactions.get(&self.id).expect("the fake made it")))
    }

    fn original(world: &World, id: u64) -> Option<FakeMessage> {
        let message = world.interactions.get(&id)?.original?;
        world.messages.get(&message).filter(|message| !message.deleted).cloned()
    }

    /// Waits for the bot's first answer.
    ///
    /// # Errors
    ///
    /// When none has come by then.
    pub async fn acknowledged(&self, within: Duration) -> Result<Acknowledgement, TooLate> {
        self.shared
            .until("acknowledgement", within, |world| {
                world.interactions.get(&self.id)?.acknowledgement.clone()
            })
            .await
    }

    /// Waits until the answer says something: at once where it was not deferred, otherwise when it has been edited.
    ///
    /// # Errors
    ///
    /// When it says nothing by then.
    pub async fn answer(&self, within: Duration) -> Result<FakeMessage, TooLate> {
        self.answer_that(within, |_| true).await
    }

    /// Waits until the answer is as described.
    ///
    /// # Errors
    ///
    /// When it is not by then.
    pub async fn answer_that(
        &self,
        within: Duration,
        fits: impl Fn(&FakeMessage) -> bool,
    ) -> Result<FakeMessage, TooLate> {
        self.shared
            .until("answer", within, |world| {
                Self::original(world, self.id).filter(|answer| !answer.is_thinking() && fits(answer))
            })
            .await
    }

    /// Waits for so many follow-ups.
    ///
    /// # Errors
    ///
    /// When there are fewer by then.
    pub async fn follow_ups(&self, count: usize, within: Duration) -> Result<Vec<FakeMessage>, TooLate> {
        self.shared
            .until("follow-up", within, |world| {
                let ids = &world.interactions.get(&self.id)?.follow_ups;
                let all: Vec<_> = ids.iter().filter_map(|id| world.messages.get(id).cloned()).collect();
                (all.len() >= count).then_some(all)
            })
            .await
    }

    /// Waits for what is offered to somebody who types.
    ///
    /// # Errors
    ///
    /// When nothing has come by then.
    pub async fn choices(&self, within: Duration) -> Result<Vec<Choice>, TooLate> {
        let data = self.acknowledged(within).await?.data;
        let choices = data["choices"].as_array().cloned().unwrap_or_default();
        let choice = |choice: &Value| Choice {
            name: choice["name"].as_str().unwrap_or_default().to_owned(),
            value: choice["value"].clone(),
        };
        Ok(choices.iter().map(choice).collect())
    }

    /// What has been answered so far; `None` also where it has been deleted.
    pub fn answer_now(&self) -> Option<FakeMessage> {
        self.shared.peek(|world| Self::original(world, self.id))
    }

    /// The token that opens the answer: for clients by hand. It belongs in no log.
    pub fn token(&self) -> String {
        self.look(|interaction| interaction.token.clone())
    }

    /// How many first answers have arrived, taken or refused: more than one is a mistake of the bot.
    pub fn callbacks(&self) -> usize {
        self.arrivals().len()
    }

    /// How long after dispatch each first answer arrived, taken or refused.
    pub fn arrivals(&self) -> Vec<Duration> {
        self.look(|interaction| interaction.callbacks.clone())
    }

    /// Tells the bot of this very interaction once more.
    pub fn replay(&self) {
        self.shared.with(|world| {
            let Some(interaction) = world.interactions.get(&self.id) else { return };
            let (guild, payload) = (interaction.guild, interaction.payload.clone());
            world.gateway.dispatch(guild, "INTERACTION_CREATE", &payload);
        });
    }

    /// The token is no good from now on, as after fifteen minutes.
    pub fn lapse(&self) {
        self.shared.with(|world| {
            if let Some(interaction) = world.interactions.get_mut(&self.id) {
                interaction.lapsed = true;
            }
        });
    }
}
