//! The audit channel.

use std::time::Duration;

use serenity::all::ChannelId;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio_util::sync::CancellationToken;

use super::Discord;
use super::failure::Failure;
use super::render::Letter;
use crate::audit::Entry;
use crate::chat::feed::{Reader, post_until_taken};

/// Nobody waits for a line: it is held back as long as Discord asks to wait.
const PATIENCE: Duration = Duration::from_secs(60 * 60);

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
        let post = || self.0.send(channel, letter, PATIENCE);
        match post_until_taken(post, stop).await {
            Ok(()) => {}
            Err(failure @ (Failure::MissingAccess | Failure::MissingPermissions)) => {
                tracing::error!(%channel, %failure, "the audit channel was not told: give the bot View Channel and Send Messages there");
            }
            Err(failure) => {
                tracing::error!(%channel, %failure, "the audit channel was not told of an event; the audit has it");
            }
        }
    }
}
