//! Answers as Discord's messages: pure.

use serde::Serialize;
use serenity::all::{CreateAllowedMentions, CreateMessage, EditInteractionResponse, MessageFlags};

use crate::reply::Part;

/// <https://discord.com/developers/docs/resources/message#create-message>: characters of one message.
const LONGEST: usize = 2000;

/// A message: what it says, and who may see it is said where it is sent.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Letter {
    content: String,
}

impl Letter {
    /// Paragraph under paragraph, the link alone in a block of code. Where that is too much, the last paragraphs are cut, never the link.
    pub(super) fn new(parts: &[Part]) -> Self {
        let block = |link: &str| format!("```\n{link}\n```");
        let links: usize = parts
            .iter()
            .map(|part| match part {
                Part::Link(link) => block(link.expose()).chars().count() + 1,
                Part::Text(_) | Part::Mail(_) => 0,
            })
            .sum();
        let mut left = LONGEST.saturating_sub(links);
        let mut lines = Vec::new();
        for part in parts {
            match part {
                Part::Link(link) => lines.push(block(link.expose())),
                Part::Text(text) if left > 1 => {
                    let text = crate::mail::shorten(text, left - 1);
                    left -= text.chars().count() + 1;
                    lines.push(text);
                }
                // A whole mail belongs to the console of the try-out.
                Part::Text(_) | Part::Mail(_) => {}
            }
        }
        Self { content: lines.join("\n") }
    }

    /// As a message in a channel or to a person: no previews, nobody is pinged.
    pub(super) fn message(&self) -> CreateMessage {
        CreateMessage::new()
            .content(&self.content)
            .flags(MessageFlags::SUPPRESS_EMBEDS)
            .allowed_mentions(CreateAllowedMentions::new())
    }

    /// In place of the answer that was deferred.
    pub(super) fn answer(&self) -> Edit {
        let edit = EditInteractionResponse::new()
            .content(&self.content)
            .allowed_mentions(CreateAllowedMentions::new());
        Edit { edit, flags: MessageFlags::SUPPRESS_EMBEDS.bits() }
    }
}

/// The library's own edit has no flags: without them a link in the answer would get a preview.
#[derive(Serialize)]
pub(super) struct Edit {
    #[serde(flatten)]
    edit: EditInteractionResponse,
    flags: u64,
}
