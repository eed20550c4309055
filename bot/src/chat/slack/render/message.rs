//! Answers as Slack's blocks: <https://docs.slack.dev/reference/block-kit/blocks>. Pure.

use serde_json::{Map, Value, json};

use crate::chat::courier::adapter::{Button, ButtonStyle, Message};
use crate::mail::shorten;
use crate::words::Part;

/// Characters of one section's text.
const LONGEST: usize = 3000;

/// Characters of what a notification says.
const LONGEST_NOTIFICATION: usize = 300;

/// A message: what it says. Who may see it is said where it is sent.
pub struct SlackMessage {
    notification: String,
    blocks: Vec<Value>,
}

impl SlackMessage {
    /// Paragraph under paragraph, the link alone in a block of code. What a notification says never holds the link.
    pub(in crate::chat::slack) fn new(message: &Message<'_>) -> Self {
        let mut blocks = Vec::new();
        let mut notification = String::new();
        for part in message.parts {
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
        if !message.buttons.is_empty() {
            let elements: Vec<Value> = message.buttons.iter().map(button).collect();
            blocks.push(json!({ "type": "actions", "elements": elements }));
        }
        Self { notification, blocks }
    }

    /// What it shows.
    pub(in crate::chat::slack) fn blocks(&self) -> &[Value] {
        &self.blocks
    }

    /// As the body of a request, beside `more`: no previews of links.
    pub(in crate::chat::slack) fn body(&self, more: &Value) -> Value {
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
    pub(in crate::chat::slack) fn private(&self) -> Value {
        self.body(&json!({ "response_type": "ephemeral", "replace_original": false }))
    }
}

fn button(button: &Button) -> Value {
    let mut block = json!({
        "type": "button",
        "action_id": button.action.id(),
        "text": { "type": "plain_text", "text": button.label },
    });
    let style = match button.style {
        ButtonStyle::Plain => None,
        ButtonStyle::Affirmative => Some("primary"),
        ButtonStyle::Danger => Some("danger"),
    };
    if let (Some(style), Some(fields)) = (style, block.as_object_mut()) {
        fields.insert("style".to_owned(), style.into());
    }
    block
}
