//! The connection: REST with time-outs, and the gateway until it is told to stop.

use std::sync::Arc;
use std::time::Duration;

use rustls::RootCertStore;
use serenity::all::BotGateway;
use serenity::http::Route;
use thiserror::Error;
use tokio_util::sync::CancellationToken;

use super::Discord;
use super::failure::Failure;
use super::gateway::Gateway;
use crate::chat::backoff::BackOff;
use crate::chat::feed::LAST_WORDS;
use crate::chat::wire::Proxies;

/// How long one request may take; where the rate limit makes us wait, longer.
pub(super) const REQUEST_TIME: Duration = Duration::from_secs(20);

/// How the gateway is reached.
#[derive(Debug, Clone)]
pub struct Connecting {
    /// How long to wait before Discord is tried again: doubled each time, up to a minute.
    pub first_wait: Duration,
    /// Who vouches that it is Discord.
    pub roots: Arc<RootCertStore>,
    /// Which proxies lead there.
    pub proxies: Proxies,
}

impl Default for Connecting {
    /// The roots that the REST client trusts, and the proxies that it asks.
    fn default() -> Self {
        let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        Self { first_wait: Duration::from_secs(1), roots: Arc::new(roots), proxies: Proxies::from_env() }
    }
}

/// Why the connection has ended for good.
#[derive(Debug, Error)]
pub enum Ended {
    /// A revoked or mistyped token.
    #[error(
        "Discord does not take the bot's token (401 or 4004): it was reset, or it is another application's. To mend: copy the token from the Developer Portal \
         (your application, Bot, Reset Token) into the file that discord.token_file names, and start again"
    )]
    TokenRefused,
    /// Discord lets this bot connect no more.
    #[error(
        "Discord has closed the bot's connection for good ({0}): it no longer takes what this version of reset-link says. To mend: update reset-link"
    )]
    Closed(u16),
}

impl Discord {
    /// Takes commands until `stop`; what is under way then comes to its end behind the bot's answers.
    ///
    /// # Errors
    /// Where Discord lets this bot connect no more. Whatever else breaks is tried again without end.
    pub async fn run(&self, stop: impl Future<Output = ()>) -> Result<(), Ended> {
        let end_of_feed = CancellationToken::new();
        let ends = end_of_feed.clone().drop_guard();
        let feed = self.0.settings.audit_channel.map(|channel| {
            let (this, events) = (self.clone(), self.0.bot.follow_audit());
            tokio::spawn(async move { this.feed(channel, events, end_of_feed).await })
        });
        let ended = self.connect(stop).await;
        drop(ends);
        if let Some(feed) = feed
            && tokio::time::timeout(LAST_WORDS, feed).await.is_err()
        {
            tracing::warn!("the audit channel was not told of the last events; the audit has them");
        }
        ended
    }

    async fn connect(&self, stop: impl Future<Output = ()>) -> Result<(), Ended> {
        let mut gateway = Gateway::new(self.clone());
        let ended = tokio::select! {
            ended = gateway.listen() => Err(ended),
            () = stop => Ok(()),
        };
        gateway.leave().await;
        ended
    }

    /// Where the gateway is, once Discord says so and lets a session begin.
    pub(super) async fn await_gateway(&self) -> Result<String, Ended> {
        let mut back_off = BackOff::new(self.0.settings.connecting.first_wait);
        loop {
            let wait = match self.0.rest.get::<BotGateway>(Route::GatewayBot, REQUEST_TIME).await {
                // Discord resets the token of a bot that begins more sessions than it may.
                Ok(gateway) if gateway.session_start_limit.remaining == 0 => {
                    let resets_after = Duration::from_millis(gateway.session_start_limit.reset_after);
                    let wait = back_off.failed(Some(resets_after));
                    tracing::error!(
                        "the bot may begin no more sessions today; it is tried again in {wait:?}"
                    );
                    wait
                }
                Ok(gateway) => return Ok(gateway.url),
                Err(Failure::TokenRefused) => return Err(Ended::TokenRefused),
                Err(failure) => {
                    let asked = if let Failure::RateLimited(asked) = failure { Some(asked) } else { None };
                    let wait = back_off.failed(asked);
                    tracing::warn!(%failure, "Discord does not name its gateway; it is asked again in {wait:?}");
                    wait
                }
            };
            tokio::time::sleep(wait).await;
        }
    }
}
