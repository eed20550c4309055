//! The audit channel.

use std::time::Duration;

use serenity::all::ChannelId;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio_util::sync::CancellationToken;

use super::Discord;
use super::connection::REQUEST_TIME;
use super::failure::{Failure, within};
use super::render::Letter;
use crate::audit::Entry;
use crate::chat::feed::Reader;

/// How often a message is tried that Discord does not take for reasons that pass.
const TRIES: u32 = 6;

const FIRST_WAIT: Duration = Duration::from_secs(1);

impl Discord {
    /// Tells the channel of each event until `stop`, and then of what has come until then.
    pub(super) async fn feed(
        &self,
        channel: ChannelId,
        events: UnboundedReceiver<Entry>,
        stop: CancellationToken,
    ) {
        let mut reader = Reader::new(self.0.words(None), events);
        while let Some(lines) = reader.next(&stop).await {
            self.tell_channel(channel, &Letter::new(&lines), &stop).await;
        }
    }

    async fn tell_channel(&self, channel: ChannelId, letter: &Letter, stop: &CancellationToken) {
        let message = letter.message();
        let mut wait = FIRST_WAIT;
        for attempt in 1..=TRIES {
            let request = self.0.http.send_message(channel, Vec::new(), &message);
            match within(REQUEST_TIME, request).await {
                Ok(_) => return,
                Err(failure) if failure.is_passing() && attempt < TRIES && !stop.is_cancelled() => {
                    tokio::select! {
                        () = tokio::time::sleep(wait) => {}
                        () = stop.cancelled() => {}
                    }
                    wait *= 2;
                }
                Err(failure @ (Failure::MissingAccess | Failure::MissingPermissions)) => {
                    tracing::error!(%channel, %failure, "the audit channel was not told: give the bot View Channel and Send Messages there");
                    return;
                }
                Err(failure) => {
                    tracing::error!(%channel, %failure, "the audit channel was not told of an event; the audit has it");
                    return;
                }
            }
        }
    }
}
