//! The chats: each that is configured is put together, told to the bot, and started.

use std::sync::Arc;

use async_trait::async_trait;
use bot::chat::console::{Console, Ended as ConsoleEnded, OwnCommands, Width};
use bot::chat::discord::{Discord, DiscordSettings, Rest, RestSettings};
use bot::chat::mattermost::{Mattermost, MattermostSettings};
use bot::chat::slack::{Connecting, Slack, SlackSettings};
use bot::policy::People;
use bot::{Bot, Platform};
use config::SlackHearing;
use net::Limits;
use reqwest::redirect::Policy;
use tokio::io::{AsyncBufRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::words;
use crate::exit_error::ExitError;
use crate::machine;
use crate::tasks::Tasks;

/// A console: who sits at it, and its two ends.
pub struct ConsoleParts {
    /// The login name of whoever types.
    pub login: String,
    /// What is typed.
    pub input: Box<dyn AsyncBufRead + Send + Unpin>,
    /// Where answers go.
    pub output: Box<dyn AsyncWrite + Send + Unpin>,
    /// How wide the terminal is, where input and output are one.
    pub terminal: Option<Width>,
    /// Whether the process ends with the input: Ctrl-D at a terminal is a person who has finished; a pipe that has run dry is not.
    pub ends_with_input: bool,
    /// What only this console understands.
    pub own: Box<dyn OwnCommands>,
}

/// A console that understands what every chat does, and nothing else.
pub struct NoOwnCommands;

#[async_trait]
impl OwnCommands for NoOwnCommands {
    async fn answer(&self, _text: &str) -> Option<String> {
        None
    }

    fn help(&self) -> Option<texts::Key> {
        None
    }
}

/// Whether a chat platform calls the bot's own listener (`bot.listen`).
pub fn has_listener(config: &config::Bot) -> bool {
    let slack_calls =
        config.slack.as_ref().is_some_and(|slack| matches!(slack.hearing, SlackHearing::Requests(_)));
    slack_calls || config.mattermost.is_some()
}

pub(super) async fn start(
    config: &config::Bot,
    bot: &Bot,
    listener: Option<(TcpListener, Limits)>,
    console: Option<ConsoleParts>,
    tasks: &Tasks,
) -> Result<(), ExitError> {
    let stop = tasks.stop();
    let console = console.map(|parts| {
        let ConsoleParts { login, input, output, terminal, ends_with_input, own } = parts;
        let console = Console::new(bot.clone(), &login, words(config), machine::clock(), output, terminal);
        bot.add_chat(Platform::Console, Arc::new(console.clone()));
        (console, input, ends_with_input, own)
    });
    let discord = discord(config, bot)?;
    if let Some(discord) = &discord {
        bot.add_chat(Platform::Discord, Arc::new(discord.clone()));
    }
    let slack = slack(config, bot)?;
    if let Some((chat, _)) = &slack {
        bot.add_chat(Platform::Slack, Arc::new(chat.clone()));
    }
    let mattermost = mattermost(config, bot)?;
    if let Some(chat) = &mattermost {
        bot.add_chat(Platform::Mattermost, Arc::new(chat.clone()));
    }
    bot.catch_up().await?;
    let mut routes = None;
    if let Some((chat, hearing)) = slack {
        match hearing {
            SlackHearing::Requests(signing_secret) => routes = Some(chat.routes(signing_secret)),
            SlackHearing::Socket(app_token) => {
                // Where Slack does not take the app-level token, everything stops.
                let (chat, stop) = (chat.clone(), stop.clone());
                tasks.spawn("Slack", async move {
                    chat.run_socket(app_token, Connecting::default(), stop.cancelled()).await
                });
            }
        }
        let stop = stop.clone();
        tasks.spawn_infallible("Slack's audit channel", async move { chat.feed(stop).await });
    }
    if let Some(chat) = mattermost {
        routes = Some(routes.unwrap_or_default().merge(chat.routes()));
        let stop = stop.clone();
        tasks.spawn_infallible("Mattermost's audit channel", async move { chat.feed(stop).await });
    }
    if let (Some(routes), Some((listener, limits))) = (routes, listener) {
        if let Ok(address) = listener.local_addr() {
            tracing::info!(%address, "the bot listens");
        }
        let serving = net::serve(listener, routes, limits, stop.clone().cancelled_owned());
        tasks.spawn_infallible("the bot's listener", serving);
    }
    if let Some(discord) = discord {
        // Where Discord lets the bot in no more, everything stops.
        let stop = stop.clone();
        tasks.spawn("Discord", async move { discord.run(stop.cancelled()).await });
    }
    if let Some((console, input, ends_with_input, own)) = console {
        let talking = converse(console, input, ends_with_input, own, stop.clone());
        tasks.spawn_infallible("console", talking);
    }
    Ok(())
}

fn discord(config: &config::Bot, bot: &Bot) -> Result<Option<Discord>, ExitError> {
    let Some(discord) = &config.discord else { return Ok(None) };
    let rest_settings = RestSettings { token: discord.token.clone(), api_proxy: discord.api_proxy.clone() };
    let settings = DiscordSettings::new(discord, &config.organisation, People::from(&config.admins[..]));
    Ok(Some(Discord::new(bot.clone(), Rest::new(&rest_settings)?, settings, machine::clock())))
}

fn slack(config: &config::Bot, bot: &Bot) -> Result<Option<(Slack, SlackHearing)>, ExitError> {
    let Some(slack) = &config.slack else { return Ok(None) };
    let settings = SlackSettings::new(slack, &config.organisation, People::from(&config.admins[..]));
    let chat = Slack::new(bot.clone(), client()?, settings, machine::clock());
    Ok(Some((chat, slack.hearing.clone())))
}

fn mattermost(config: &config::Bot, bot: &Bot) -> Result<Option<Mattermost>, ExitError> {
    let Some(mattermost) = &config.mattermost else { return Ok(None) };
    let people = People::from(&config.admins[..]);
    let settings = MattermostSettings::new(mattermost, &config.organisation, people);
    Ok(Some(Mattermost::new(bot.clone(), client()?, settings, machine::clock())))
}

/// An answer that is sent elsewhere by a redirection would take its link there.
fn client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder().redirect(Policy::none()).build()
}

async fn converse(
    console: Console,
    input: Box<dyn AsyncBufRead + Send + Unpin>,
    ends_with_input: bool,
    own: Box<dyn OwnCommands>,
    stop: CancellationToken,
) {
    match console.run(input, own.as_ref(), stop.cancelled()).await {
        Ok(ConsoleEnded::Quit) => stop.cancel(),
        Ok(ConsoleEnded::EndOfInput) if ends_with_input => stop.cancel(),
        Ok(ConsoleEnded::Stopped) => {}
        Ok(ConsoleEnded::EndOfInput) => tracing::info!("the console's input has ended; the server goes on"),
        Err(error) => tracing::warn!(%error, "the console has ended"),
    }
}
