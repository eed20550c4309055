//! By which addresses the server is known: the configured one, and the one that it calls its own (`SiteURL`).

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use url::Url;

use super::response_url::{self, HookId, ResponseUrl};
use super::rest::{Api, MattermostError};

/// How long the server is believed: a command that names an unknown address asks it again no sooner.
const FRESH: SignedDuration = SignedDuration::from_mins(1);

/// How long the server may take; it waits for us meanwhile.
const PATIENCE: Duration = Duration::from_secs(5);

/// The addresses of one server.
pub(in crate::chat::mattermost) struct ServerAddresses {
    /// `mattermost.server_url`.
    server_url: Option<Url>,
    /// `SiteURL`, and when the server said so.
    told: Mutex<Option<(Timestamp, Option<Url>)>>,
}

impl ServerAddresses {
    pub(in crate::chat::mattermost) fn of(server_url: &str) -> Self {
        Self { server_url: Url::parse(server_url).ok(), told: Mutex::default() }
    }

    fn told(&self) -> Option<(Timestamp, Option<Url>)> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn known_as(&self) -> Vec<Url> {
        self.server_url.clone().into_iter().chain(self.told().and_then(|(_, url)| url)).collect()
    }

    /// The hook that a `response_url` names; `None` where it is none of this server's.
    ///
    /// # Errors
    /// Where the server has to be asked for its own address, and does not say.
    pub(in crate::chat::mattermost) async fn hook(
        &self,
        api: &Api,
        response_url: &str,
        now: Timestamp,
    ) -> Result<Option<HookId>, MattermostError> {
        match response_url::read(response_url, &self.known_as()) {
            ResponseUrl::Hook(hook) => return Ok(Some(hook)),
            ResponseUrl::Nonsense => return Ok(None),
            ResponseUrl::Elsewhere => {}
        }
        if self.told().is_none_or(|(at, _)| now.duration_since(at).abs() >= FRESH) {
            let url = api.site_url(PATIENCE).await?;
            let url = url.and_then(|url| Url::parse(&url).ok());
            *self.told.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, url));
        }
        match response_url::read(response_url, &self.known_as()) {
            ResponseUrl::Hook(hook) => Ok(Some(hook)),
            ResponseUrl::Nonsense | ResponseUrl::Elsewhere => {
                tracing::warn!(
                    origin = response_url::origin(response_url),
                    "a command names an address that is neither mattermost.server_url nor the server's Site URL, and is refused; `reset-link doctor` tells more"
                );
                Ok(None)
            }
        }
    }
}
