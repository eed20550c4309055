//! A small bot on serenity: `/hello name:…` defers, writes a direct message, and edits its answer; a button updates its message.

use std::sync::Arc;

use async_trait::async_trait;
use reset_link_tests::fakes::discord::FakeDiscord;
use reset_link_tests::fakes::kit::client;
use serenity::all::{
    ButtonStyle, CommandInteraction, CommandOptionType, ComponentInteraction, Context, CreateActionRow,
    CreateAllowedMentions, CreateAutocompleteResponse, CreateButton, CreateCommand, CreateCommandOption,
    CreateInteractionResponse, CreateInteractionResponseMessage, CreateMessage, EditInteractionResponse,
    EventHandler, GatewayIntents, GuildId, Interaction, MessageFlags, Permissions, Ready, ShardManager,
};
use serenity::client::ClientBuilder;
use serenity::http::{Http, HttpBuilder};
use tokio::task::JoinHandle;

use super::{GUILD, TOKEN};

struct Greeter;

#[async_trait]
impl EventHandler for Greeter {
    async fn ready(&self, context: Context, _: Ready) {
        let name = CreateCommandOption::new(CommandOptionType::String, "name", "Whom to greet")
            .description_localized("de", "Wen grüßen")
            .required(true)
            .set_autocomplete(true);
        let hello = CreateCommand::new("hello")
            .description("Greets somebody")
            .description_localized("de", "Grüßt jemanden")
            .default_member_permissions(Permissions::MANAGE_GUILD)
            .add_option(name);
        GuildId::new(GUILD).set_commands(&context.http, vec![hello]).await.unwrap();
    }

    async fn interaction_create(&self, context: Context, interaction: Interaction) {
        match interaction {
            Interaction::Command(command) => greet(&context, &command).await,
            Interaction::Autocomplete(typing) => {
                let typed = typing.data.autocomplete().unwrap().value.to_owned();
                let choices = CreateAutocompleteResponse::new().add_string_choice(format!("{typed}!"), typed);
                let answer = CreateInteractionResponse::Autocomplete(choices);
                typing.create_response(&context.http, answer).await.unwrap();
            }
            Interaction::Component(press) => update(&context, &press).await,
            _ => {}
        }
    }
}

async fn greet(context: &Context, command: &CommandInteraction) {
    let thinking = CreateInteractionResponseMessage::new().ephemeral(true);
    let thinking = CreateInteractionResponse::Defer(thinking);
    if command.create_response(&context.http, thinking).await.is_err() {
        return;
    }
    let name = command.data.options[0].value.as_str().unwrap();
    let button = CreateButton::new("wave").label("Wave").style(ButtonStyle::Primary);
    let direct = CreateMessage::new()
        .content(format!("Hello, {name}"))
        .flags(MessageFlags::SUPPRESS_EMBEDS)
        .allowed_mentions(CreateAllowedMentions::new())
        .components(vec![CreateActionRow::Buttons(vec![button])]);
    let said = match command.user.id.direct_message(context, direct).await {
        Ok(_) => "I have written to you.".to_owned(),
        Err(serenity::Error::Http(error)) => {
            let code = match error {
                serenity::http::HttpError::UnsuccessfulRequest(answer) => answer.error.code,
                _ => -1,
            };
            format!("No direct message ({code}). Hello, {name}")
        }
        Err(_) => "Something else went wrong.".to_owned(),
    };
    let edit = EditInteractionResponse::new().content(said).allowed_mentions(CreateAllowedMentions::new());
    // A test that lets the token lapse has nobody to tell.
    let _ = command.edit_response(&context.http, edit).await;
}

async fn update(context: &Context, press: &ComponentInteraction) {
    let update = CreateInteractionResponseMessage::new().content("Waved.").components(Vec::new());
    let update = CreateInteractionResponse::UpdateMessage(update);
    press.create_response(&context.http, update).await.unwrap();
}

/// The bot, running. It stops when dropped.
pub(super) struct Bot {
    pub(super) task: JoinHandle<serenity::Result<()>>,
    pub(super) shards: Arc<ShardManager>,
}

impl Bot {
    pub(super) async fn start(fake: &FakeDiscord) -> Self {
        Self::start_with(http(fake, TOKEN)).await
    }

    pub(super) async fn start_with(http: Http) -> Self {
        let client = ClientBuilder::new_with_http(http, GatewayIntents::GUILDS).event_handler(Greeter).await;
        let mut client = client.unwrap();
        let shards = Arc::clone(&client.shard_manager);
        let task = tokio::spawn(async move { client.start().await });
        Self { task, shards }
    }
}

impl Drop for Bot {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// REST without the library's own rate limiter: only then does it take another address.
pub(super) fn http(fake: &FakeDiscord, token: &str) -> Http {
    let client = client::in_the_clear().build().unwrap();
    HttpBuilder::new(token)
        .client(client)
        .proxy(fake.rest_url())
        .ratelimiter_disabled(true)
        .application_id(9_001.into())
        .build()
}

/// REST as in production, the rate limiter on: `discord.com` is on loopback, and its certificate is the fake's.
pub(super) fn https(fake: &FakeDiscord, token: &str) -> Http {
    let discord = fake.discord_com();
    let authority = reqwest::Certificate::from_pem(discord.authority.as_bytes()).unwrap();
    let client = reqwest::Client::builder()
        .resolve("discord.com", discord.address)
        .tls_built_in_root_certs(false)
        .add_root_certificate(authority)
        .no_proxy()
        .build()
        .unwrap();
    HttpBuilder::new(token).client(client).application_id(9_001.into()).build()
}
