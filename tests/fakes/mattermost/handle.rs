//! One command, or one press of a button, as the person who caused it experiences it.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::command::{Acknowledgement, Command, said};
use super::outgoing;
use super::post::{FakePost, Origin};
use super::press::{Press, PressAnswer};
use super::world::Shared;
use crate::fakes::kit::TooLate;

/// A command that has been typed. A clone is the same one.
#[derive(Clone)]
pub struct CommandHandle {
    pub(super) shared: Arc<Shared>,
    /// Its id, which is the end of its `response_url`.
    pub id: String,
}

impl std::fmt::Debug for CommandHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CommandHandle").finish_non_exhaustive()
    }
}

impl CommandHandle {
    fn look<R>(&self, look: impl FnOnce(&Command) -> R) -> R {
        self.shared.peek(|world| look(world.commands.get(&self.id).expect("the fake made it")))
    }

    /// Waits for the bot's first answer, or for Mattermost to give up.
    ///
    /// # Errors
    ///
    /// When neither has come by then.
    pub async fn acknowledged(&self, within: Duration) -> Result<Acknowledgement, TooLate> {
        Ok(self.acknowledgements(1, within).await?.remove(0))
    }

    /// Waits until so many answers have come: one, and one more for each replay.
    ///
    /// # Errors
    ///
    /// When there are fewer by then.
    pub async fn acknowledgements(
        &self,
        count: usize,
        within: Duration,
    ) -> Result<Vec<Acknowledgement>, TooLate> {
        self.shared
            .until("acknowledgement", within, |world| {
                let all = &world.commands.get(&self.id)?.acknowledgements;
                (all.len() >= count).then(|| all.clone())
            })
            .await
    }

    /// Waits until the bot has said something: at once, or at the `response_url`.
    ///
    /// # Errors
    ///
    /// When it has said nothing by then.
    pub async fn answer(&self, within: Duration) -> Result<FakePost, TooLate> {
        self.answer_that(within, |_| true).await
    }

    /// Waits until the bot has said something that is as described: at once, or at the `response_url`.
    ///
    /// # Errors
    ///
    /// When it has not by then.
    pub async fn answer_that(
        &self,
        within: Duration,
        fits: impl Fn(&FakePost) -> bool,
    ) -> Result<FakePost, TooLate> {
        self.shared
            .until("answer", within, |world| {
                said(world, |origin| self.is_mine(origin)).into_iter().find(|post| fits(post))
            })
            .await
    }

    /// Waits for so many posts at the `response_url`.
    ///
    /// # Errors
    ///
    /// When there are fewer by then.
    pub async fn later(&self, count: usize, within: Duration) -> Result<Vec<FakePost>, TooLate> {
        self.shared
            .until("answer at the response_url", within, |world| {
                let all = said(world, |origin| *origin == Origin::ResponseUrl(self.id.clone()));
                (all.len() >= count).then_some(all)
            })
            .await
    }

    /// All that the bot has said to this command so far, first to last.
    pub fn said(&self) -> Vec<FakePost> {
        self.shared.peek(|world| said(world, |origin| self.is_mine(origin)))
    }

    fn is_mine(&self, origin: &Origin) -> bool {
        matches!(origin, Origin::Answer(id) | Origin::ResponseUrl(id) if *id == self.id)
    }

    /// Where the bot can answer later: for clients by hand. It belongs in no log.
    pub fn response_url(&self) -> String {
        self.shared.response_url(&self.id)
    }

    /// How often the `response_url` has been used.
    pub fn uses(&self) -> usize {
        self.look(|command| command.uses)
    }

    /// Sends the bot this very command once more.
    pub fn replay(&self) {
        outgoing::tell_of_command(&self.shared, &self.id);
    }

    /// The `response_url` is no good from now on, as after half an hour.
    pub fn lapse(&self) {
        self.shared.with(|world| {
            if let Some(command) = world.commands.get_mut(&self.id) {
                command.lapsed = true;
            }
        });
    }
}

/// A button that has been pressed. A clone is the same press.
#[derive(Clone)]
pub struct PressHandle {
    pub(super) shared: Arc<Shared>,
    /// Its id, known to the fake alone.
    pub id: String,
}

impl std::fmt::Debug for PressHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PressHandle").field("id", &self.id).finish_non_exhaustive()
    }
}

impl PressHandle {
    fn look<R>(&self, look: impl FnOnce(&Press) -> R) -> R {
        self.shared.peek(|world| look(world.presses.get(&self.id).expect("the fake made it")))
    }

    /// Waits for the bot's answer, or for Mattermost to give up.
    ///
    /// # Errors
    ///
    /// When neither has come by then.
    pub async fn answered(&self, within: Duration) -> Result<PressAnswer, TooLate> {
        Ok(self.answers(1, within).await?.remove(0))
    }

    /// Waits until so many answers have come: one, and one more for each replay.
    ///
    /// # Errors
    ///
    /// When there are fewer by then.
    pub async fn answers(&self, count: usize, within: Duration) -> Result<Vec<PressAnswer>, TooLate> {
        self.shared
            .until("answer to a press", within, |world| {
                let all = &world.presses.get(&self.id)?.answers;
                (all.len() >= count).then(|| all.clone())
            })
            .await
    }

    /// Waits until whoever pressed is told something that nobody else sees.
    ///
    /// # Errors
    ///
    /// When they are told nothing by then.
    pub async fn told(&self, within: Duration) -> Result<FakePost, TooLate> {
        self.shared
            .until("ephemeral text", within, |world| {
                said(world, |origin| *origin == Origin::Press(self.id.clone())).into_iter().next()
            })
            .await
    }

    /// What was sent to the bot: for a test that tampers with it.
    pub fn payload(&self) -> Value {
        self.look(|press| press.payload.clone())
    }

    /// Where it was sent.
    pub fn url(&self) -> String {
        self.look(|press| press.url.clone())
    }

    /// Sends the bot this very press once more.
    ///
    /// # Panics
    ///
    /// If there was no button to press, so that no bot was asked.
    pub fn replay(&self) {
        assert!(!self.url().is_empty(), "no bot was asked");
        outgoing::tell_of_press(&self.shared, &self.id);
    }
}
