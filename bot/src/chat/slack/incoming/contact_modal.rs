//! A contact is chosen by name: the modal opens, offers whom the bot finds, and its choice is a command like any other.

use serde_json::{Value, json};

use super::request::ModalOpener;
use crate::admin::Caller;
use crate::chat::courier::adapter::Sender;
use crate::chat::slack::adapter::Slack;
use crate::chat::slack::render::modal;
use crate::command::Mistake;
use crate::outcome::Reply;

/// How many contacts are offered at once.
const CHOICES: usize = 25;

impl Slack {
    /// Opens the modal; where there is none, the answer.
    pub(super) async fn open_modal(&self, caller: &Caller, opener: &ModalOpener) -> Option<Reply> {
        let ModalOpener { command, trigger_id } = opener;
        if !self.bot().may_issue(caller) {
            // Refused and written down before anybody is looked up.
            return Some(self.bot().obey(caller, &command.with(String::new())).await);
        }
        let view = modal::picker(&self.words(None), *command);
        let body = json!({ "trigger_id": trigger_id, "view": view });
        let slack = self.adapter();
        match slack.api.call_once("views.open", &body, slack.settings.patience).await {
            Ok(_) => None,
            Err(failure) => {
                tracing::warn!(admin = %caller.admin, %failure, "a view did not open");
                Some(Reply::Mistake(Mistake::NoContact(*command)))
            }
        }
    }

    /// Contacts that begin like what somebody has typed so far. Where nobody may be offered, nothing is.
    pub(super) async fn offer(&self, sender: &Sender, typed: &str) -> Value {
        let hits = match self.caller_of(sender).await {
            Ok(caller) => self.bot().search(&caller, typed, CHOICES).await,
            Err(_) => Vec::new(),
        };
        modal::options(&hits)
    }
}
