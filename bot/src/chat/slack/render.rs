//! Answers as Slack's blocks: <https://docs.slack.dev/reference/block-kit/blocks>. Pure.

use serde_json::{Map, Value, json};
use texts::chat;

use crate::mail::shorten;
use crate::request::Action;
use crate::words::{Part, Words};

/// Characters of one section's text.
const LONGEST: usize = 3000;

/// Characters of what a notification says.
const LONGEST_NOTIFICATION: usize = 300;

/// A message: what it says, and who may see it is said where it is sent.
pub(super) struct Letter {
    notification: String,
    blocks: Vec<Value>,
}

impl Letter {
    /// Paragraph under paragraph, the link alone in a block of code. What a notification says never holds the link.
    pub(super) fn new(parts: &[Part]) -> Self {
        let mut blocks = Vec::new();
        let mut notification = String::new();
        for part in parts {
            let text = match part {
                Part::Text(text) => {
                    if notification.is_empty() {
                        notification = shorten(text, LONGEST_NOTIFICATION);
                    }
                    shorten(text, LONGEST)
                }
                Part::Link(link) => format!("```{}```", link.expose()),
                // A whole mail belongs to the console of the try-out.
                Part::Mail(_) => continue,
            };
            blocks.push(
                json!({ "type": "section", "text": { "type": "mrkdwn", "text": text, "verbatim": true } }),
            );
        }
        Self { notification, blocks }
    }

    /// The same with buttons below.
    pub(super) fn with_buttons(mut self, words: &Words, actions: &[Action]) -> Self {
        let button = |action: &Action| {
            let (key, style) = match action {
                Action::Revoke(_) => (chat::BUTTON_REVOKE, Some("danger")),
                Action::HandOverInstead(_) => (chat::BUTTON_INSTEAD, None),
                Action::Approve(_) => (chat::BUTTON_APPROVE, Some("primary")),
                Action::Decline(_) => (chat::BUTTON_DECLINE, None),
            };
            let mut button = json!({
                "type": "button",
                "action_id": action.id(),
                "text": { "type": "plain_text", "text": words.say(key, &[]) },
            });
            if let (Some(style), Some(fields)) = (style, button.as_object_mut()) {
                fields.insert("style".to_owned(), style.into());
            }
            button
        };
        if !actions.is_empty() {
            let elements: Vec<Value> = actions.iter().map(button).collect();
            self.blocks.push(json!({ "type": "actions", "elements": elements }));
        }
        self
    }

    /// What it shows.
    pub(super) fn blocks(&self) -> &[Value] {
        &self.blocks
    }

    /// As the body of a request, beside `more`: no previews of links.
    pub(super) fn body(&self, more: &Value) -> Value {
        let own = json!({
            "text": self.notification,
            "blocks": self.blocks,
            "unfurl_links": false,
            "unfurl_media": false,
        });
        let fields = [own, more.clone()].into_iter().filter_map(|value| match value {
            Value::Object(fields) => Some(fields),
            _ => None,
        });
        Value::Object(fields.flatten().collect::<Map<String, Value>>())
    }

    /// An answer that only one person sees.
    pub(super) fn private(&self) -> Value {
        self.body(&json!({ "response_type": "ephemeral", "replace_original": false }))
    }
}
