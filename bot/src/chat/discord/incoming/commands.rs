//! The slash commands: what they are called in every language that we speak, and their registration.

use std::sync::PoisonError;
use std::time::Duration;
use texts::{Key, Language, discord};

use config::VisibleTo;
use serenity::all::{
    CommandOptionType, CreateCommand, CreateCommandOption, GuildId, InteractionContext, Permissions,
};
use serenity::http::{LightMethod, Route};

use crate::chat::backoff::BackOff;
use crate::chat::discord::adapter::DiscordAdapter;
use crate::chat::discord::api::{DiscordError, with_body};
use crate::chat::http::REQUEST_TIME;
use crate::chat::retry::{Retry, Retryable as _};
use crate::command::CommandName;

/// The option that names the contact.
pub(super) const CONTACT: &str = "contact";

/// The commands that are about a contact; `/help` is Discord's own business.
const COMMANDS: [CommandName; 3] =
    [CommandName::ResetLink, CommandName::ResetStatus, CommandName::ResetRevoke];

/// What our languages are called there: <https://discord.com/developers/docs/reference#locales>.
const LOCALES: [(&str, &str); 3] = [("en", "en-US"), ("en", "en-GB"), ("de", "de")];

/// The command of this name.
pub(super) fn named(name: &str) -> Option<CommandName> {
    COMMANDS.into_iter().find(|command| without_slash(*command) == name)
}

/// What the commands are called there.
pub(in crate::chat::discord) fn names() -> impl Iterator<Item = &'static str> {
    COMMANDS.into_iter().map(without_slash)
}

fn without_slash(name: CommandName) -> &'static str {
    name.as_str().trim_start_matches('/')
}

fn say(language: &str, key: Key) -> String {
    Language::choose(Some(language), None, language).say(key)
}

/// What a command is called, and what it is about.
fn name_and_about(command: CommandName) -> [Key; 2] {
    match command {
        CommandName::ResetStatus => [discord::RESET_STATUS_NAME, discord::RESET_STATUS_ABOUT],
        CommandName::ResetRevoke => [discord::RESET_REVOKE_NAME, discord::RESET_REVOKE_ABOUT],
        CommandName::ResetLink | CommandName::Help => [discord::RESET_LINK_NAME, discord::RESET_LINK_ABOUT],
    }
}

fn definition(command: CommandName, visible_to: VisibleTo, search: bool) -> CreateCommand {
    let [name, about] = name_and_about(command);
    let mut contact =
        CreateCommandOption::new(CommandOptionType::String, CONTACT, say("en", discord::CONTACT_ABOUT))
            .required(true)
            .min_length(1)
            .max_length(300)
            .set_autocomplete(search);
    let mut definition = CreateCommand::new(without_slash(command))
        .description(say("en", about))
        .add_context(InteractionContext::Guild);
    if visible_to == VisibleTo::Administrators {
        definition = definition.default_member_permissions(Permissions::ADMINISTRATOR);
    }
    for (language, locale) in LOCALES {
        definition = definition
            .name_localized(locale, say(language, name))
            .description_localized(locale, say(language, about));
        contact = contact
            .name_localized(locale, say(language, discord::CONTACT_NAME))
            .description_localized(locale, say(language, discord::CONTACT_ABOUT));
    }
    definition.add_option(contact)
}

impl DiscordAdapter {
    /// Puts our commands into each guild in place of whatever stood there: once for each process, and again only where that failed.
    pub(super) async fn register(&self) {
        let mut back_off = BackOff::new(self.settings.connecting.first_wait);
        while let Err(asked_to_wait) = self.register_where_missing().await {
            tokio::time::sleep(back_off.failed(asked_to_wait)).await;
        }
    }

    /// Fails where it may go well a little later, with how long Discord asks to wait.
    async fn register_where_missing(&self) -> Result<(), Option<Duration>> {
        let mut outcome = Ok(());
        for guild in &self.settings.guilds {
            if self.registered.lock().unwrap_or_else(PoisonError::into_inner).contains(guild) {
                continue;
            }
            match self.register_in(*guild).await {
                Ok(()) => {
                    tracing::info!(%guild, "the commands are registered");
                    self.registered.lock().unwrap_or_else(PoisonError::into_inner).insert(*guild);
                }
                Err(DiscordError::MissingAccess) => tracing::error!(
                    %guild,
                    "the bot is not in this server: `reset-link doctor` shows the link that invites it"
                ),
                Err(failure) => match failure.retry() {
                    Retry::Never => tracing::error!(
                        %guild,
                        %failure,
                        "the commands could not be registered; the next connection tries again"
                    ),
                    retry => {
                        tracing::warn!(%guild, %failure, "the commands could not be registered; it is tried again");
                        let asked = if let Retry::After(asked) = retry { Some(asked) } else { None };
                        outcome = Err(outcome.err().flatten().max(asked));
                    }
                },
            }
        }
        outcome
    }

    async fn register_in(&self, guild: GuildId) -> Result<(), DiscordError> {
        let commands: Vec<_> = COMMANDS
            .into_iter()
            .map(|command| definition(command, self.settings.visible_to, self.settings.search))
            .collect();
        let route = Route::GuildCommands { application_id: self.rest.application()?, guild_id: guild };
        self.rest.put(with_body(route, LightMethod::Put, &commands)?, REQUEST_TIME).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_that_we_speak_has_a_locale_there() {
        for language in Language::all() {
            assert!(LOCALES.iter().any(|(ours, _)| *ours == language.tag()), "{}", language.tag());
        }
    }

    #[test]
    fn only_our_commands_have_a_name() {
        assert_eq!(named("reset-link"), Some(CommandName::ResetLink));
        assert_eq!(named("help"), None);
        assert_eq!(named("/reset-link"), None);
    }
}
