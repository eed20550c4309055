//! Answers as Mattermost's posts: pure.

use serde_json::{Value, json};
use texts::chat;

use super::seal::Sealer;
use crate::mail::shorten;
use crate::request::Action;
use crate::words::{Part, Words};

/// Characters of one message; the link is never cut.
const LONGEST: usize = 16_000;

/// Who alone may press: a link in hand is for whoever had it mailed. A link may be withdrawn, and a request answered, by anybody who is allowed.
fn presser(action: Action, reader: Option<&str>) -> Option<&str> {
    match action {
        Action::HandOverInstead(_) => reader,
        Action::Revoke(_) | Action::Approve(_) | Action::Decline(_) => None,
    }
}

/// A post: what it says, and who may see it is said where it is sent.
pub(super) struct Letter {
    text: String,
    buttons: Vec<Value>,
}

/// What buttons are made with.
pub(super) struct Buttons<'a> {
    pub(super) words: &'a Words,
    pub(super) sealer: &'a Sealer,
    pub(super) callback_url: &'a str,
    /// Who alone reads what is above them.
    pub(super) reader: Option<&'a str>,
    pub(super) now: jiff::Timestamp,
}

impl Letter {
    /// Paragraph under paragraph, the link alone in a block of code.
    pub(super) fn new(parts: &[Part]) -> Self {
        let paragraph = |part: &Part| match part {
            Part::Text(text) => Some(shorten(text, LONGEST / 8)),
            Part::Link(link) => Some(format!("```\n{}\n```", link.expose())),
            // A whole mail belongs to the console of the try-out.
            Part::Mail(_) => None,
        };
        let paragraphs: Vec<String> = parts.iter().filter_map(paragraph).collect();
        Self { text: paragraphs.join("\n"), buttons: Vec::new() }
    }

    /// The same with buttons below, for what concerns this contact.
    pub(super) fn with_buttons(mut self, with: &Buttons<'_>, actions: &[Action], contact: &str) -> Self {
        let button = |(number, action): (usize, &Action)| {
            let (key, style) = match action {
                Action::Revoke(_) => (chat::BUTTON_REVOKE, "danger"),
                Action::HandOverInstead(_) => (chat::BUTTON_INSTEAD, "default"),
                Action::Approve(_) => (chat::BUTTON_APPROVE, "success"),
                Action::Decline(_) => (chat::BUTTON_DECLINE, "default"),
            };
            json!({
                "id": format!("button{number}"),
                "type": "button",
                "name": with.words.say(key, &[]),
                "style": style,
                "integration": {
                    "url": format!("{}/mattermost/interactive", with.callback_url),
                    "context": with.sealer.seal(*action, contact, presser(*action, with.reader), with.now),
                },
            })
        };
        self.buttons = actions.iter().enumerate().map(button).collect();
        self
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    fn attachments(&self) -> Value {
        if self.buttons.is_empty() { json!([]) } else { json!([{ "actions": self.buttons }]) }
    }

    /// As a post in a channel, of this name while it is under way.
    pub(super) fn post(&self, channel: &str, name: &str) -> Value {
        json!({
            "channel_id": channel,
            "message": self.text,
            "pending_post_id": name,
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
