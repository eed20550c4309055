//! The connection: REST with time-outs, and the gateway until it is told to stop.

use std::sync::Arc;
use std::time::Duration;

use config::Secret;
use rustls::RootCertStore;
use serenity::http::{Http, HttpBuilder};
use thiserror::Error;
use tokio_util::sync::CancellationToken;

use super::Discord;
use super::failure::{Failure, within};
use super::gateway::Gateway;
use crate::chat::feed::LAST_WORDS;

/// How long one request may take; where the rate limit makes us wait, longer.
pub(super) const REQUEST_TIME: Duration = Duration::from_secs(20);

/// How long to wait before Discord is tried again, at most.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// How the gateway is reached.
#[derive(Debug, Clone)]
pub struct Connecting {
    /// How long to wait before Discord is tried again: doubled each time, up to a minute.
    pub first_wait: Duration,
    /// Who vouches that it is Discord.
    pub roots: Arc<RootCertStore>,
}

impl Default for Connecting {
    /// The roots that the REST client trusts.
    fn default() -> Self {
        let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        Self { first_wait: Duration::from_secs(1), roots: Arc::new(roots) }
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

/// How Discord's REST interface is reached.
#[derive(Debug, Clone)]
pub struct RestSettings {
    /// The bot's token.
    pub token: Secret,
    /// A proxy that keeps the rate limits for us.
    pub api_proxy: Option<String>,
}

/// Discord's REST interface, by one client.
#[derive(Debug)]
pub struct Rest {
    /// For all but answers; the library's own rate limiter is on unless a proxy keeps the limits.
    pub(super) http: Http,
    /// For answers to interactions. Each has a limit of its own, which the library's rate limiter would take for one that all
    /// share, and remember for ever; whoever answers waits as long as Discord says that it is reached.
    pub(super) answers: Http,
}

impl Rest {
    /// As in production, with time-outs.
    ///
    /// # Errors
    /// Where the HTTP client cannot be made: the system lacks what it needs for TLS.
    pub fn new(settings: &RestSettings) -> Result<Self, reqwest12::Error> {
        Self::by(reqwest12::Client::builder(), settings)
    }

    /// The same by a client that finds Discord elsewhere, or trusts somebody else.
    ///
    /// # Errors
    /// As above.
    pub fn by(client: reqwest12::ClientBuilder, settings: &RestSettings) -> Result<Self, reqwest12::Error> {
        let client = client.timeout(REQUEST_TIME).connect_timeout(REQUEST_TIME / 2).build()?;
        let builder = || {
            let builder = HttpBuilder::new(settings.token.expose()).client(client.clone());
            match &settings.api_proxy {
                Some(proxy) => builder.proxy(proxy),
                None => builder,
            }
        };
        let http = builder().ratelimiter_disabled(settings.api_proxy.is_some()).build();
        let answers = builder().ratelimiter_disabled(true).build();
        Ok(Self { http, answers })
    }
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
        let mut wait = self.0.settings.connecting.first_wait;
        loop {
            match within(REQUEST_TIME, self.0.http.get_bot_gateway()).await {
                // Discord resets the token of a bot that begins more sessions than it may.
                Ok(gateway) if gateway.session_start_limit.remaining == 0 => {
                    wait = Duration::from_millis(gateway.session_start_limit.reset_after).max(wait);
                    tracing::error!(
                        "the bot may begin no more sessions today; it is tried again in {wait:?}"
                    );
                }
                Ok(gateway) => return Ok(gateway.url),
                Err(Failure::TokenRefused) => return Err(Ended::TokenRefused),
                Err(failure) => {
                    tracing::warn!(%failure, "Discord does not name its gateway; it is asked again in {wait:?}");
                }
            }
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }
}
