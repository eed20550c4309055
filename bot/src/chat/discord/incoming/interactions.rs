//! What Discord tells us of: commands that people type, letters on the way there, buttons.

use serenity::all::{
    CommandInteraction, ComponentInteraction, CreateAutocompleteResponse, CreateInteractionResponse,
    Interaction, InteractionId,
};
use serenity::http::{LightMethod, Route};

use super::commands;
use crate::chat::courier::adapter::{Ask, Delivery, Incoming, Sender};
use crate::chat::discord::adapter::{Discord, InteractionHandle};
use crate::chat::discord::api::{ACKNOWLEDGED_BY, admin, caller, with_body};
use crate::chat::discord::render;
use crate::outcome::Reply;
use crate::request::Action;

/// <https://discord.com/developers/docs/interactions/application-commands#autocomplete>: choices at most.
const CHOICES: usize = 25;

impl Discord {
    /// Begins what somebody asks for, and does not wait for what comes of it.
    pub(super) fn interaction_create(&self, interaction: Interaction) {
        let this = self.clone();
        // A shutdown waits for what has begun.
        self.bot().in_background(async move {
            match interaction {
                Interaction::Command(command) => this.command(&command).await,
                Interaction::Component(press) => this.press(&press).await,
                Interaction::Autocomplete(typing) => this.offer(&typing).await,
                other => tracing::debug!(interaction = %other.id(), "not one of ours"),
            }
        });
    }

    async fn command(&self, command: &CommandInteraction) {
        let CommandInteraction { id, token, locale, .. } = command;
        let caller = caller(&command.user, command.guild_id, command.member.as_deref());
        let incoming = incoming(*id, token, locale, Sender::Known(caller));
        let Some(name) = commands::named(&command.data.name) else {
            if let Some(caller) = self.begin(&incoming).await {
                tracing::warn!(interaction = %id, "a command that is not ours, perhaps of an older version");
                self.answer(&caller.admin, &incoming.target, Reply::Help).await;
            }
            return;
        };
        self.carry_out(incoming, Ask::Command(name.about(typed(command)))).await;
    }

    async fn press(&self, press: &ComponentInteraction) {
        let ComponentInteraction { id, token, locale, user, .. } = press;
        let sender = match press.guild_id {
            Some(guild) if press.member.is_some() => {
                Sender::Known(caller(user, Some(guild), press.member.as_ref()))
            }
            // A direct message does not tell roles.
            _ => Sender::Unknown(admin(user.id)),
        };
        let action = Action::parse(&press.data.custom_id);
        self.carry_out(incoming(*id, token, locale, sender), Ask::Press(action)).await;
    }

    /// Contacts that begin like what somebody has typed so far. Where nobody may be offered, nothing is.
    async fn offer(&self, typing: &CommandInteraction) {
        if !self.is_first(&delivery(typing.id)).await {
            return;
        }
        let caller = caller(&typing.user, typing.guild_id, typing.member.as_deref());
        let typed = typing.data.autocomplete().map(|option| option.value.to_owned()).unwrap_or_default();
        let hits = self.bot().search(&caller, &typed, CHOICES).await;
        let mut choices = CreateAutocompleteResponse::new();
        for hit in &hits {
            choices = choices.add_string_choice(render::choice(hit), hit.id.as_str());
        }
        let answer = CreateInteractionResponse::Autocomplete(choices);
        let route = Route::InteractionResponse { interaction_id: typing.id, token: &typing.token };
        let answered = async {
            let answer = with_body(route, LightMethod::Post, &answer)?;
            self.adapter().rest.answer_once(answer, ACKNOWLEDGED_BY).await
        };
        if let Err(failure) = answered.await {
            tracing::debug!(interaction = %typing.id, %failure, "choices came too late");
        }
    }
}

fn incoming(id: InteractionId, token: &str, locale: &str, sender: Sender) -> Incoming<InteractionHandle> {
    let target = InteractionHandle { id, token: token.to_owned(), locale: locale.to_owned() };
    Incoming { delivery: delivery(id), sender, target }
}

/// Discord takes one acknowledgement of an interaction.
fn delivery(id: InteractionId) -> Delivery {
    Delivery::AcknowledgedOnce(id.to_string())
}

fn typed(command: &CommandInteraction) -> &str {
    let contact = command.data.options.iter().find(|option| option.name == commands::CONTACT);
    contact.and_then(|option| option.value.as_str()).unwrap_or_default()
}
