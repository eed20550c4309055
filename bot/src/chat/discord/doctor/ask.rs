//! Questions by GET, and nothing else.

use std::num::NonZeroU64;

use serde::de::DeserializeOwned;
use serenity::http::Route;
use tokio::time::timeout;

use crate::Clock;
use crate::chat::discord::api::{DiscordError, Rest, read};
use crate::chat::http::REQUEST_TIME;
use crate::doctor::{Finding, ServerTime};

/// Whoever asks Discord, and by whose clock.
pub(super) struct Asking<'a> {
    pub(super) rest: Rest,
    pub(super) clock: &'a Clock,
    /// What time it was there, by the first answer.
    pub(super) time: Option<ServerTime>,
}

impl Asking<'_> {
    pub(super) async fn get<T: DeserializeOwned>(&mut self, route: Route<'_>) -> Result<T, DiscordError> {
        let asked = (self.clock)();
        let answer = timeout(REQUEST_TIME, async {
            let answer = self.rest.get_once(route).await?;
            let date = answer.headers().get("date").map(|date| date.as_bytes().to_vec());
            let answered = (self.clock)();
            Ok((date, answered, read(answer).await?))
        });
        let (date, answered, body) = answer.await.unwrap_or(Err(DiscordError::TimedOut))?;
        self.time = self.time.or_else(|| ServerTime::new(asked, &date?, answered));
        Ok(body)
    }
}

/// Where Discord gave no answer, or one that says nothing about the question.
pub(super) fn unanswered(subject: &'static str, failure: &DiscordError) -> Finding {
    let cure = "run doctor again; if it stays, look at https://discordstatus.com and at this machine's way to discord.com (firewall, discord.api_proxy)";
    let text = match failure {
        // What stands before Discord answers in HTML, which says nothing to an operator.
        DiscordError::Refused { status: status @ 500.., .. } => format!("Discord answered {status}"),
        other => other.to_string(),
    };
    Finding::fail(subject, text, cure)
}

/// Whether Discord says that there is no such thing.
pub(super) fn is_unknown(failure: &DiscordError) -> bool {
    matches!(failure, DiscordError::Refused { status: 404, .. })
}

/// One of Discord's ids from the settings, which have seen that it is one.
pub(super) fn id<T: From<NonZeroU64>>(text: &str) -> T {
    text.parse().unwrap_or(NonZeroU64::MAX).into()
}
