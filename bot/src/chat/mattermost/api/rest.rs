//! The server's API, version 4: <https://developers.mattermost.com/api-documentation/>.

use std::fmt;
use std::time::Duration;

use config::Secret;
use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use super::response_url::HookId;
use crate::chat::http::{ANSWER_TIME, NoAnswer, ask};
use crate::chat::retry::{Retry, Retryable, retry_idempotent};

/// Why the server did not do what it was asked to. `Display` is for the log; addresses never stand in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MattermostError {
    /// A refusal, with the server's own name for it.
    Refused {
        /// Of HTTP.
        status: u16,
        /// The server's name for it.
        id: String,
    },
    /// The server takes no more requests for so long; nothing was carried out.
    RateLimited(Duration),
    /// No answer in time, waits that the server asked for included.
    TimedOut,
    /// No answer at all.
    Unreachable,
    /// The audit names a post by what is no name of one.
    NoSuchPost,
    /// The server did not wait for the answer to a press.
    HungUp,
}

impl Retryable for MattermostError {
    fn retry(&self) -> Retry {
        match self {
            Self::RateLimited(wait) => Retry::After(*wait),
            Self::TimedOut | Self::Unreachable => Retry::Soon,
            Self::Refused { status, .. } if *status >= 500 => Retry::Soon,
            Self::Refused { .. } | Self::NoSuchPost | Self::HungUp => Retry::Never,
        }
    }

    fn timed_out() -> Self {
        Self::TimedOut
    }
}

impl fmt::Display for MattermostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { status: 401, .. } => f.write_str(
                "Mattermost does not take the bot's token (401); copy the bot account's access token into the file that mattermost.bot_token_file names",
            ),
            Self::Refused { status: 403, id } => {
                write!(f, "Mattermost does not let the bot do that (403, {id}); is it a member of the team and the channel?")
            }
            Self::Refused { status, id } => write!(f, "Mattermost answered {status} ({id})"),
            Self::RateLimited(wait) => {
                write!(f, "Mattermost takes no more requests for {} s (429)", wait.as_secs())
            }
            Self::TimedOut => f.write_str("Mattermost did not answer in time"),
            Self::Unreachable => f.write_str("Mattermost could not be reached"),
            Self::NoSuchPost => f.write_str("the audit names no post of Mattermost's"),
            Self::HungUp => f.write_str("Mattermost did not wait for the answer to a press"),
        }
    }
}

impl From<NoAnswer> for MattermostError {
    fn from(why: NoAnswer) -> Self {
        match why {
            NoAnswer::RateLimited(wait) => Self::RateLimited(wait),
            NoAnswer::TimedOut => Self::TimedOut,
            NoAnswer::Unreachable => Self::Unreachable,
        }
    }
}

impl From<reqwest::Error> for MattermostError {
    fn from(error: reqwest::Error) -> Self {
        NoAnswer::from(error).into()
    }
}

/// The API, and the addresses for answers.
pub(in crate::chat::mattermost) struct Api {
    client: reqwest::Client,
    server_url: String,
    token: Secret,
}

impl Api {
    pub(in crate::chat::mattermost) fn new(client: reqwest::Client, server_url: &str, token: Secret) -> Self {
        Self { client, server_url: server_url.to_owned(), token }
    }

    /// Calls a route, with what may be carried out twice. Within `patience`, it is called again where the server fails in passing or asks to wait (429).
    pub(in crate::chat::mattermost) async fn call(
        &self,
        method: Method,
        route: &str,
        body: Option<&Value>,
        patience: Duration,
    ) -> Result<Value, MattermostError> {
        let call = || async {
            let request = self.client.request(method.clone(), format!("{}/api/v4{route}", self.server_url));
            let request = request.bearer_auth(self.token.expose());
            let answer = send(match body {
                Some(body) => request.json(body),
                None => request,
            });
            serde_json::from_str(&answer.await?).map_err(|_| MattermostError::Unreachable)
        };
        retry_idempotent(patience, call).await
    }

    /// The server's own idea of its address (`SiteURL`), as far as it has one: only who is logged in is told
    /// (<https://github.com/mattermost/mattermost/blob/master/server/config/client.go>).
    pub(in crate::chat::mattermost) async fn site_url(
        &self,
        patience: Duration,
    ) -> Result<Option<String>, MattermostError> {
        let told = self.call(Method::GET, "/config/client?format=old", None, patience).await?;
        Ok(told["SiteURL"].as_str().filter(|url| !url.is_empty()).map(str::to_owned))
    }

    /// Sends an answer to a command, at the configured address. One that failed in passing is sent again: it may be seen twice, which is better than never. The
    /// server takes five for one command (<https://developers.mattermost.com/integrate/slash-commands/custom/>), and this sends three at most.
    pub(in crate::chat::mattermost) async fn respond(
        &self,
        hook: &HookId,
        body: &Value,
    ) -> Result<(), MattermostError> {
        let url = format!("{}/hooks/commands/{}", self.server_url, hook.as_str());
        let respond = || async { send(self.client.post(&url).json(body)).await.map(|_| ()) };
        retry_idempotent(ANSWER_TIME, respond).await
    }
}

async fn send(request: RequestBuilder) -> Result<String, MattermostError> {
    let answer = ask(request).await?;
    let status = answer.status();
    if status.is_success() {
        return Ok(answer.text().await?);
    }
    let body: Value = serde_json::from_str(&answer.text().await?).unwrap_or_default();
    let id = crate::words::sanitize(body["id"].as_str().unwrap_or_default());
    Err(MattermostError::Refused { status: status.as_u16(), id })
}
