//! The bot itself: token, application, gateway.

use serde::Deserialize;
use serenity::http::Route;
use serenity::model::application::ApplicationFlags;

use super::ask::unanswered;
use super::examination::{Examination, NEEDED};
use crate::chat::discord::api::DiscordError;
use crate::doctor::Finding;
use crate::words::sanitize;

const TOKEN: &str = "discord.token";
const APPLICATION: &str = "discord.application";
const GATEWAY: &str = "discord.gateway";

/// The address at which an administrator of a server invites the bot.
pub(super) fn invitation(application: Option<&Application>) -> String {
    let id = application.map_or("APPLICATION_ID", |application| &application.id);
    format!(
        "https://discord.com/oauth2/authorize?client_id={id}&scope=bot+applications.commands&permissions={NEEDED}"
    )
}

/// The bot's own account.
#[derive(Deserialize)]
pub(super) struct Account {
    pub(super) id: String,
    username: String,
}

impl Account {
    /// As it is called there.
    pub(super) fn name(&self) -> String {
        sanitize(&self.username)
    }
}

/// What the Developer Portal says of it.
#[derive(Deserialize)]
pub(super) struct Application {
    pub(super) id: String,
    name: String,
    bot_public: Option<bool>,
    bot_require_code_grant: Option<bool>,
    interactions_endpoint_url: Option<String>,
    flags: Option<u64>,
}

#[derive(Deserialize)]
struct Gateway {
    session_start_limit: SessionStartLimit,
}

#[derive(Deserialize)]
struct SessionStartLimit {
    total: u64,
    remaining: u64,
    /// Milliseconds.
    reset_after: u64,
}

impl Examination<'_> {
    /// Whose the token is, or why nothing else can be asked.
    pub(super) async fn token(&mut self) -> Result<Account, &'static str> {
        match self.asking.get::<Account>(Route::UserMe).await {
            Ok(account) => {
                self.find(Finding::ok(TOKEN, format!("the bot is {} ({})", account.name(), account.id)));
                Ok(account)
            }
            Err(failure @ DiscordError::TokenRefused) => {
                let cure = "copy the token from the Developer Portal (your application, Bot, Reset Token) into the file that discord.token_file names";
                self.find(Finding::fail(TOKEN, failure.to_string(), cure));
                Err("Discord does not take the token")
            }
            Err(failure) => {
                self.find(unanswered(TOKEN, &failure));
                Err("Discord could not be asked")
            }
        }
    }

    pub(super) async fn application(&mut self) -> Option<Application> {
        let application = match self.asking.get::<Application>(Route::Oauth2ApplicationCurrent).await {
            Ok(application) => application,
            Err(failure) => {
                self.find(unanswered(APPLICATION, &failure));
                return None;
            }
        };
        let mistakes = mistakes_of(&application);
        if mistakes.is_empty() {
            let name = sanitize(&application.name);
            let text = format!("{name} ({}), set up as it should be in the Developer Portal", application.id);
            self.find(Finding::ok(APPLICATION, text));
        }
        self.findings.extend(mistakes);
        Some(application)
    }

    pub(super) async fn gateway(&mut self) {
        let finding = match self.asking.get::<Gateway>(Route::GatewayBot).await {
            Ok(Gateway { session_start_limit: SessionStartLimit { total, remaining: 0, reset_after } }) => {
                Finding::fail(
                    GATEWAY,
                    format!("none of {total} connections a day is left: the bot has connected over and over"),
                    format!(
                        "stop it, look into its log for why it restarts, and start it again in {} minutes",
                        reset_after.div_ceil(60_000)
                    ),
                )
            }
            Ok(Gateway { session_start_limit: SessionStartLimit { total, remaining, .. } }) => {
                Finding::ok(GATEWAY, format!("it answers; {remaining} of {total} connections a day are left"))
            }
            Err(failure) => unanswered(GATEWAY, &failure),
        };
        self.find(finding);
    }
}

fn mistakes_of(application: &Application) -> Vec<Finding> {
    let mut mistakes = Vec::new();
    if application.interactions_endpoint_url.as_ref().is_some_and(|url| !url.is_empty()) {
        mistakes.push(Finding::fail(
            APPLICATION,
            "an Interactions Endpoint URL is set: commands go there and never reach this bot",
            "Developer Portal, your application, General Information: empty Interactions Endpoint URL, Save Changes",
        ));
    }
    if application.bot_require_code_grant == Some(true) {
        mistakes.push(Finding::warn(
            APPLICATION,
            "it requires the OAuth2 code grant, with which nobody can invite the bot",
            "Developer Portal, your application, Bot: switch Requires OAuth2 Code Grant off",
        ));
    }
    if application.bot_public == Some(true) {
        mistakes.push(Finding::warn(
            APPLICATION,
            "Public Bot is on: anybody can invite the bot to a server of theirs. It takes no commands there, but shows itself",
            "Developer Portal, your application: Installation, Install Link None; then Bot, Public Bot off",
        ));
    }
    let privileged = ApplicationFlags::GATEWAY_PRESENCE
        | ApplicationFlags::GATEWAY_PRESENCE_LIMITED
        | ApplicationFlags::GATEWAY_GUILD_MEMBERS
        | ApplicationFlags::GATEWAY_GUILD_MEMBERS_LIMITED
        | ApplicationFlags::GATEWAY_MESSAGE_CONTENT
        | ApplicationFlags::GATEWAY_MESSAGE_CONTENT_LIMITED;
    if ApplicationFlags::from_bits_truncate(application.flags.unwrap_or(0)).intersects(privileged) {
        mistakes.push(Finding::warn(
            APPLICATION,
            "privileged intents are on: whoever gets hold of the token could read members or messages; the bot does not need them",
            "Developer Portal, your application, Bot: switch all Privileged Gateway Intents off",
        ));
    }
    mistakes
}
