//! Answers as Mattermost's posts: pure.

use serde_json::{Value, json};

use super::button_mac::ButtonMac;
use crate::chat::courier::adapter::{Button, ButtonStyle, Message};
use crate::mail::shorten;
use crate::request::Action;
use crate::words::Part;

/// Characters of one message; the link is never cut.
const LONGEST: usize = 16_000;

/// Who alone may press: a link in hand is for whoever had it mailed. A link may be withdrawn, and a request answered, by anybody who is allowed.
fn presser(action: Action, reader: Option<&str>) -> Option<&str> {
    match action {
        Action::HandOverInstead(_) => reader,
        Action::Revoke(_)
        | Action::Approve(_)
        | Action::Decline(_)
        | Action::SendLink(_)
        | Action::HandMeTheLink(_)
        | Action::Dismiss(_) => None,
    }
}

/// A post: what it says. Who may see it is said where it is sent.
pub struct MattermostPost {
    /// By which the server knows that it has it already.
    name: String,
    text: String,
    buttons: Vec<Value>,
}

/// What buttons are made with.
pub(super) struct ButtonSettings<'a> {
    pub(super) mac: &'a ButtonMac,
    pub(super) callback_url: &'a str,
}

impl MattermostPost {
    /// Paragraph under paragraph, the link alone in a block of code.
    pub(super) fn new(message: &Message<'_>, with: &ButtonSettings<'_>, name: String) -> Self {
        let paragraph = |part: &Part| match part {
            Part::Text(text) => Some(shorten(text, LONGEST / 8)),
            Part::Link(link) => Some(format!("```\n{}\n```", link.expose())),
            // A whole mail belongs to the console of the try-out.
            Part::Mail(_) => None,
        };
        let paragraphs: Vec<String> = message.parts.iter().filter_map(paragraph).collect();
        let buttons = message.buttons.iter().enumerate();
        let buttons = buttons.map(|(number, button)| attached(number, button, message, with)).collect();
        Self { name, text: paragraphs.join("\n"), buttons }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    fn attachments(&self) -> Value {
        if self.buttons.is_empty() { json!([]) } else { json!([{ "actions": self.buttons }]) }
    }

    /// As a post in a channel.
    pub(super) fn post(&self, channel: &str) -> Value {
        json!({
            "channel_id": channel,
            "message": self.text,
            "pending_post_id": self.name,
            "props": { "attachments": self.attachments() },
        })
    }

    /// In place of a post of ours, its buttons too.
    pub(super) fn patch(&self) -> Value {
        json!({ "message": self.text, "props": { "attachments": self.attachments() } })
    }

    /// An answer that only one person sees.
    pub(super) fn private(&self) -> Value {
        json!({
            "response_type": "ephemeral",
            "text": self.text,
            "attachments": self.attachments(),
            "skip_slack_parsing": true,
        })
    }
}

/// A button of an attachment; what it brings back is under a MAC.
fn attached(number: usize, button: &Button, message: &Message<'_>, with: &ButtonSettings<'_>) -> Value {
    let style = match button.style {
        ButtonStyle::Plain => "default",
        ButtonStyle::Affirmative => "success",
        ButtonStyle::Danger => "danger",
    };
    let presser = presser(button.action, message.reader);
    json!({
        "id": format!("button{number}"),
        "type": "button",
        "name": button.label,
        "style": style,
        "integration": {
            "url": format!("{}/mattermost/interactive", with.callback_url),
            "context": with.mac.sign(button.action, message.contact, presser, message.now),
        },
    })
}
