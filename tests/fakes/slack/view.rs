//! Modal views, as the person in front of whom they are open sees them.

use serde_json::{Value, json};

use super::message::{Button, buttons, name_blocks, shown};
use super::world::{Shared, World};

/// A view at one moment. It does not change behind the test's back: ask the fake again.
#[derive(Debug, Clone)]
pub struct SlackView {
    /// `V…`.
    pub id: String,
    /// In front of whom it is.
    pub user: String,
    /// Whether it is still there.
    pub is_open: bool,
    /// What the bot said is wrong with what was sent, by `block_id`.
    pub errors: Option<Value>,
    /// Every body that the bot sent for it, first to last, whole.
    pub bodies: Vec<Value>,
    pub(super) hash: String,
    pub(super) content: Value,
    /// The view on top of which it was opened.
    pub(super) below: Option<String>,
}

impl SlackView {
    /// The title.
    pub fn title(&self) -> &str {
        self.content["title"]["text"].as_str().unwrap_or_default()
    }

    /// What the bot knows it by.
    pub fn callback_id(&self) -> &str {
        self.content["callback_id"].as_str().unwrap_or_default()
    }

    /// What the bot keeps in it.
    pub fn private_metadata(&self) -> &str {
        self.content["private_metadata"].as_str().unwrap_or_default()
    }

    /// The blocks, as sent, each with a `block_id`.
    pub fn blocks(&self) -> &[Value] {
        self.content["blocks"].as_array().map_or(&[], Vec::as_slice)
    }

    /// What stands in the blocks.
    pub fn shown(&self) -> String {
        shown(self.blocks())
    }

    /// The buttons in the blocks.
    pub fn buttons(&self) -> Vec<Button> {
        buttons(self.blocks())
    }

    fn take(&mut self, body: &Value, hash: String) {
        self.content = body.clone();
        if let Some(blocks) = self.content["blocks"].as_array_mut() {
            name_blocks(blocks);
        }
        self.bodies.push(body.clone());
        self.hash = hash;
        self.errors = None;
    }

    /// The view as Slack tells of it.
    pub(super) fn object(&self, shared: &Shared, values: &Value) -> Value {
        let field = |name: &str, otherwise: Value| {
            Some(&self.content[name]).filter(|value| !value.is_null()).cloned().unwrap_or(otherwise)
        };
        json!({
            "id": self.id,
            "team_id": shared.settings.team,
            "type": "modal",
            "blocks": self.content["blocks"],
            "private_metadata": field("private_metadata", json!("")),
            "callback_id": field("callback_id", json!("")),
            "state": { "values": values },
            "hash": self.hash,
            "title": self.content["title"],
            "clear_on_close": field("clear_on_close", json!(false)),
            "notify_on_close": field("notify_on_close", json!(false)),
            "close": self.content["close"],
            "submit": self.content["submit"],
            "previous_view_id": self.below,
            "root_view_id": self.below.as_ref().unwrap_or(&self.id),
            "app_id": shared.settings.app,
            "external_id": field("external_id", json!("")),
            "app_installed_team_id": shared.settings.team,
            "bot_id": shared.settings.bot,
        })
    }
}

impl World {
    /// Opens a view in front of somebody, and gives its id.
    pub(super) fn open_view(&mut self, user: String, body: &Value, below: Option<String>) -> String {
        let (id, hash) = (self.id('V'), self.uuid());
        let mut view = SlackView {
            id: id.clone(),
            user,
            is_open: true,
            errors: None,
            bodies: Vec::new(),
            hash: String::new(),
            content: Value::Null,
            below,
        };
        view.take(body, hash);
        self.views.push(view);
        id
    }

    /// Puts another content into an open view.
    pub(super) fn update_view(&mut self, id: &str, body: &Value) -> Option<SlackView> {
        let hash = self.uuid();
        let view = self.views.iter_mut().find(|view| view.id == id && view.is_open)?;
        view.take(body, hash);
        Some(view.clone())
    }

    /// Closes this view, or all of this person's where the stack goes.
    pub(super) fn close_view(&mut self, id: &str, all: bool) {
        let Some(user) = self.views.iter().find(|view| view.id == id).map(|view| view.user.clone()) else {
            return;
        };
        for view in self.views.iter_mut().filter(|view| view.id == id || (all && view.user == user)) {
            view.is_open = false;
        }
    }
}
