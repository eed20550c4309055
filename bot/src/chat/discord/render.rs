//! Answers as Discord's messages: pure.

use contacts::ContactHit;
use serde::Serialize;
use serenity::all::{
    ButtonStyle, CreateActionRow, CreateAllowedMentions, CreateButton, CreateInteractionResponseFollowup,
    CreateMessage, EditInteractionResponse, EditMessage, MessageFlags,
};

use crate::chat::courier::adapter::{self, Button, Message};
use crate::mail::shorten;
use crate::words::Part;

/// <https://discord.com/developers/docs/resources/message#create-message>: characters of one message.
const LONGEST: usize = 2000;

/// <https://discord.com/developers/docs/interactions/application-commands#application-command-object-application-command-option-choice-structure>
const LONGEST_CHOICE: usize = 100;

/// A message: what it says. Who may see it is said where it is sent.
pub struct DiscordMessage {
    content: String,
    buttons: Vec<CreateButton>,
}

impl DiscordMessage {
    /// Paragraph under paragraph, the link alone in a block of code. Where that is too much, the last paragraphs are cut, never the link.
    pub(super) fn new(message: &Message<'_>) -> Self {
        let parts = message.parts;
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
                    let text = shorten(text, left - 1);
                    left -= text.chars().count() + 1;
                    lines.push(text);
                }
                // A whole mail belongs to the console of the try-out.
                Part::Text(_) | Part::Mail(_) => {}
            }
        }
        let buttons = message.buttons.iter().map(button).collect();
        Self { content: lines.join("\n"), buttons }
    }

    fn rows(&self) -> Vec<CreateActionRow> {
        if self.buttons.is_empty() {
            Vec::new()
        } else {
            vec![CreateActionRow::Buttons(self.buttons.clone())]
        }
    }

    /// As a message in a channel or to a person: no previews, nobody is pinged.
    pub(super) fn message(&self) -> CreateMessage {
        CreateMessage::new()
            .content(&self.content)
            .flags(MessageFlags::SUPPRESS_EMBEDS)
            .allowed_mentions(CreateAllowedMentions::new())
            .components(self.rows())
    }

    /// In place of a message of ours.
    pub(super) fn edit(&self) -> EditMessage {
        EditMessage::new()
            .content(&self.content)
            .allowed_mentions(CreateAllowedMentions::new())
            .components(self.rows())
    }

    /// One more answer that only this person sees.
    pub(super) fn follow_up(&self) -> CreateInteractionResponseFollowup {
        CreateInteractionResponseFollowup::new()
            .content(&self.content)
            .flags(MessageFlags::SUPPRESS_EMBEDS | MessageFlags::EPHEMERAL)
            .allowed_mentions(CreateAllowedMentions::new())
            .components(self.rows())
    }

    /// In place of the answer that was deferred.
    pub(super) fn answer(&self) -> Edit {
        let edit = EditInteractionResponse::new()
            .content(&self.content)
            .allowed_mentions(CreateAllowedMentions::new())
            .components(self.rows());
        Edit { edit, flags: MessageFlags::SUPPRESS_EMBEDS.bits() }
    }
}

fn button(button: &Button) -> CreateButton {
    let style = match button.style {
        adapter::ButtonStyle::Plain => ButtonStyle::Secondary,
        adapter::ButtonStyle::Affirmative => ButtonStyle::Success,
        adapter::ButtonStyle::Danger => ButtonStyle::Danger,
    };
    CreateButton::new(button.action.id()).label(&button.label).style(style)
}

/// A contact as a choice.
pub(super) fn choice(hit: &ContactHit) -> String {
    crate::words::choice(hit, LONGEST_CHOICE)
}

/// The library's own edit has no flags: without them a link in the answer would get a preview.
#[derive(Serialize)]
pub(super) struct Edit {
    #[serde(flatten)]
    edit: EditInteractionResponse,
    flags: u64,
}
