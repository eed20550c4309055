//! The chats: each that is configured is put together, told to the bot, and started.

use std::future::ready;
use std::sync::Arc;

use async_trait::async_trait;
use bot::chat::Outgoing;
use bot::chat::console::{Console, Ended as ConsoleEnded, OwnCommands, Width};
use bot::chat::registry::{self, ChatOn};
use bot::{Bot, Clock, Platform};
use net::Limits;
use tokio::io::{AsyncBufRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::words;
use crate::exit_error::ExitError;
use crate::machine;
use crate::tasks::Tasks;

/// What the chats need beside their settings.
pub struct ChatParts {
    /// A console on this machine; `None`: there is none.
    pub console: Option<ConsoleParts>,
    /// How platforms are reached.
    pub outgoing: Outgoing,
    /// What time it is.
    pub clock: Clock,
}

impl ChatParts {
    /// Platforms as they are reached from this machine, and its clock.
    pub fn of_this_machine(console: Option<ConsoleParts>) -> Self {
        Self { console, outgoing: Outgoing::default(), clock: machine::clock() }
    }
}

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
    !registry::command_routes(config).is_empty()
}

pub(super) async fn start(
    config: &config::Bot,
    bot: &Bot,
    listener: Option<(TcpListener, Limits)>,
    parts: ChatParts,
    tasks: &Tasks,
) -> Result<(), ExitError> {
    let ChatParts { console, outgoing, clock } = parts;
    let stop = tasks.stop();
    let console = console.map(|parts| {
        let ConsoleParts { login, input, output, terminal, ends_with_input, own } = parts;
        let console = Console::new(bot.clone(), &login, words(config), Arc::clone(&clock), output, terminal);
        bot.add_chat(Platform::Console, Arc::new(console.clone()));
        (console, input, ends_with_input, own)
    });
    let chats = registry::configured(config, bot, &clock, &outgoing)?;
    for ChatOn { platform, chat } in &chats {
        bot.add_chat(platform.platform(), chat.chat());
    }
    bot.catch_up().await?;
    let routes = registry::routes(&chats);
    if let (Some(routes), Some((listener, limits))) = (routes, listener) {
        if let Ok(address) = listener.local_addr() {
            tracing::info!(%address, "the bot listens");
        }
        let serving = net::serve(listener, routes, limits, stop.clone().cancelled_owned());
        tasks.spawn_infallible("the bot's listener", serving);
    }
    let mut reading_along = Vec::new();
    for ChatOn { platform, chat } in chats {
        let (reads_along, begun) = oneshot::channel();
        reading_along.push(begun);
        let stop = stop.clone();
        // Where a platform lets the bot in no more, everything stops.
        tasks.spawn(platform.name(), async move {
            let mut running = chat.run(stop);
            // From its first step on its channel hears each event of the audit.
            let ended = tokio::select! {
                biased;
                ended = &mut running => Some(ended),
                () = ready(()) => None,
            };
            let _ = reads_along.send(());
            match ended {
                Some(ended) => ended,
                None => running.await,
            }
        });
    }
    for begun in reading_along {
        // One that could not begin says so itself.
        let _ = begun.await;
    }
    if let Some((console, input, ends_with_input, own)) = console {
        let talking = converse(console, input, ends_with_input, own, stop.clone());
        tasks.spawn_infallible("console", talking);
    }
    Ok(())
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
