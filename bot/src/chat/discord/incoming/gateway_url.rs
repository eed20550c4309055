//! Where the gateway is, and when there is none for us.

use std::time::Duration;

use serenity::all::BotGateway;
use serenity::http::Route;
use thiserror::Error;

use crate::chat::backoff::BackOff;
use crate::chat::discord::api::{DiscordError, Rest};
use crate::chat::http::REQUEST_TIME;

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

/// Where the gateway is, once Discord says so and lets a session begin.
pub(super) async fn await_gateway(rest: &Rest, first_wait: Duration) -> Result<String, Ended> {
    let mut back_off = BackOff::new(first_wait);
    loop {
        let wait = match rest.get::<BotGateway>(Route::GatewayBot, REQUEST_TIME).await {
            // Discord resets the token of a bot that begins more sessions than it may.
            Ok(gateway) if gateway.session_start_limit.remaining == 0 => {
                let resets_after = Duration::from_millis(gateway.session_start_limit.reset_after);
                let wait = back_off.failed(Some(resets_after));
                tracing::error!("the bot may begin no more sessions today; it is tried again in {wait:?}");
                wait
            }
            Ok(gateway) => return Ok(gateway.url),
            Err(DiscordError::TokenRefused) => return Err(Ended::TokenRefused),
            Err(failure) => {
                let asked = if let DiscordError::RateLimited(asked) = failure { Some(asked) } else { None };
                let wait = back_off.failed(asked);
                tracing::warn!(%failure, "Discord does not name its gateway; it is asked again in {wait:?}");
                wait
            }
        };
        tokio::time::sleep(wait).await;
    }
}
