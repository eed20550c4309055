//! A contact is chosen by name: the view opens, offers whom the bot finds, and its choice is a command like any other.

use serde_json::{Value, json};

use super::Inner;
use super::request::{Asked, Bare};
use super::view;
use crate::admin::Caller;
use crate::command::{CommandName, Mistake};
use crate::outcome::Reply;

/// How many contacts are offered at once.
const CHOICES: usize = 25;

impl Inner {
    /// Opens the view; where there is none, the answer.
    pub(super) async fn pick(&self, caller: &Caller, bare: &Bare) -> Option<Reply> {
        if !self.bot.may_issue(caller) {
            // Refused and written down before anybody is looked up.
            return Some(self.bot.obey(caller, &bare.command.with(String::new())).await);
        }
        let picker = view::picker(&self.words(), bare.command);
        let body = json!({ "trigger_id": bare.trigger_id, "view": picker });
        match self.api.call_once("views.open", &body, self.settings.patience).await {
            Ok(_) => None,
            Err(failure) => {
                tracing::warn!(admin = %caller.admin, %failure, "a view did not open");
                Some(Reply::Mistake(Mistake::NoContact(bare.command)))
            }
        }
    }

    /// Contacts that begin like what somebody has typed so far. Where nobody may be offered, nothing is.
    pub(super) async fn offer(&self, user: &str, team: &str, typed: &str) -> Value {
        let hits = match self.caller(user, team).await {
            Ok(caller) => self.bot.search(&caller, typed, CHOICES).await,
            Err(_) => Vec::new(),
        };
        view::options(&hits)
    }

    /// Does what the view was opened for.
    pub(super) async fn choose(&self, asked: Asked, command: CommandName, contact: &str) {
        if !self.take(&asked).await {
            return;
        }
        let reply = match (self.caller(&asked.user, &asked.team).await, command.about(contact)) {
            (Err(_), _) => Reply::TryAgain,
            (Ok(caller), Ok(command)) => self.bot.obey(&caller, &command).await,
            (Ok(_), Err(mistake)) => Reply::Mistake(mistake),
        };
        self.reply(&asked, reply).await;
    }
}
