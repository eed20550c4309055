//! The connection: REST with time-outs, and the gateway until it is told to stop.

use std::sync::Arc;
use std::time::Duration;

use config::Secret;
use serenity::all::{GatewayError, GatewayIntents};
use serenity::client::ClientBuilder;
use serenity::http::{Http, HttpBuilder};
use thiserror::Error;
use tokio_util::sync::CancellationToken;

use super::Discord;
use super::failure::{Failure, within};

/// How long one request may take; where the rate limit makes us wait, longer.
pub(super) const REQUEST_TIME: Duration = Duration::from_secs(20);

/// How long to wait before Discord is asked for its gateway again: doubled each time, up to the second.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Why the connection has ended for good.
#[derive(Debug, Error)]
pub enum Ended {
    /// A revoked or mistyped token.
    #[error(
        "Discord does not take the bot's token (4004): it was reset, or it is another application's. To mend: copy the token from the Developer Portal \
         (your application, Bot, Reset Token) into the file that discord.token_file names, and start again"
    )]
    TokenRefused,
    /// Discord lets this bot connect no more.
    #[error("Discord has closed the bot's connection for good: {0}")]
    Closed(String),
}

/// How Discord's REST interface is reached.
#[derive(Debug, Clone)]
pub struct RestSettings {
    /// The bot's token.
    pub token: Secret,
    /// A proxy that keeps the rate limits for us.
    pub api_proxy: Option<String>,
}

/// REST as in production, with time-outs; the library's own rate limiter is on unless a proxy keeps the limits.
///
/// # Errors
/// Where the HTTP client cannot be made: the system lacks what it needs for TLS.
pub fn rest(settings: &RestSettings) -> Result<Http, reqwest12::Error> {
    let client =
        reqwest12::Client::builder().timeout(REQUEST_TIME).connect_timeout(REQUEST_TIME / 2).build()?;
    let builder = HttpBuilder::new(settings.token.expose()).client(client);
    Ok(match &settings.api_proxy {
        Some(proxy) => builder.proxy(proxy).ratelimiter_disabled(true).build(),
        None => builder.build(),
    })
}

impl Discord {
    /// Takes commands until `stop`; what is under way then comes to its end behind the bot's answers.
    ///
    /// # Errors
    /// Where Discord lets this bot connect no more. Whatever else breaks is tried again without end.
    pub async fn run(&self, for_gateway: Http, stop: impl Future<Output = ()>) -> Result<(), Ended> {
        let end_of_feed = CancellationToken::new();
        let ends = end_of_feed.clone().drop_guard();
        let feed = self.0.settings.audit_channel.map(|channel| {
            let (this, events) = (self.clone(), self.0.bot.follow_audit());
            tokio::spawn(async move { this.feed(channel, events, end_of_feed).await })
        });
        let ended = self.connect(for_gateway, stop).await;
        drop(ends);
        if let Some(feed) = feed
            && let Err(error) = feed.await
        {
            tracing::error!(%error, "the audit channel was not told of the last events; the audit has them");
        }
        ended
    }

    async fn connect(&self, for_gateway: Http, stop: impl Future<Output = ()>) -> Result<(), Ended> {
        let mut stop = std::pin::pin!(stop);
        let has_gateway = tokio::select! {
            has_gateway = self.await_gateway() => has_gateway,
            () = &mut stop => return Ok(()),
        };
        has_gateway?;
        // No intents: interactions come without, and nobody's messages are ours to read.
        let client =
            ClientBuilder::new_with_http(for_gateway, GatewayIntents::empty()).event_handler(self.clone());
        let mut client = match client.await {
            Ok(client) => client,
            Err(error) => return Err(Ended::Closed(Failure::from(error).to_string())),
        };
        let shards = Arc::clone(&client.shard_manager);
        let ended = tokio::select! {
            ended = client.start() => ended,
            () = &mut stop => {
                shards.shutdown_all().await;
                return Ok(());
            }
        };
        match ended {
            Ok(()) => Err(Ended::Closed("the gateway's connection has ended".to_owned())),
            Err(serenity::Error::Gateway(GatewayError::InvalidAuthentication)) => Err(Ended::TokenRefused),
            Err(serenity::Error::Gateway(error)) => Err(Ended::Closed(error.to_string())),
            Err(error) => Err(Ended::Closed(Failure::from(error).to_string())),
        }
    }

    /// The library goes to a gateway that it knows by heart where Discord does not name one; so it is asked until it does, and whether the token is good.
    async fn await_gateway(&self) -> Result<(), Ended> {
        let mut wait = FIRST_WAIT;
        loop {
            match within(REQUEST_TIME, self.0.http.get_bot_gateway()).await {
                Ok(_) => return Ok(()),
                Err(Failure::TokenRefused) => return Err(Ended::TokenRefused),
                Err(failure) => {
                    tracing::warn!(%failure, "Discord does not name its gateway; it is asked again in {} s", wait.as_secs());
                }
            }
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }
}
