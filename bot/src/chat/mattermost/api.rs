//! The server's API, version 4: <https://developers.mattermost.com/api-documentation/>.

use std::fmt;
use std::time::Duration;

use config::Secret;
use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use crate::chat::http::{REQUEST_TIME, patiently};

/// Why the server did not do what it was asked to. `Display` is for the log; addresses never stand in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// A refusal, with the server's own name for it.
    Refused { status: u16, id: String },
    /// No answer in time, waits that the server asked for included.
    TimedOut,
    /// No answer at all.
    Unreachable,
}

impl Failure {
    /// Whether it may be carried out when tried again.
    pub(super) fn is_passing(&self) -> bool {
        match self {
            Self::TimedOut | Self::Unreachable => true,
            Self::Refused { status, .. } => *status >= 500,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { status: 401, .. } => f.write_str(
                "Mattermost does not take the bot's token (401); copy the bot account's access token into the file that mattermost.bot_token_file names",
            ),
            Self::Refused { status: 403, id } => {
                write!(f, "Mattermost does not let the bot do that (403, {id}); is it a member of the team and the channel?")
            }
            Self::Refused { status, id } => write!(f, "Mattermost answered {status} ({id})"),
            Self::TimedOut => f.write_str("Mattermost did not answer in time"),
            Self::Unreachable => f.write_str("Mattermost could not be reached"),
        }
    }
}

impl From<reqwest::Error> for Failure {
    fn from(error: reqwest::Error) -> Self {
        if error.is_timeout() { Self::TimedOut } else { Self::Unreachable }
    }
}

/// The API, and the addresses for answers.
pub(super) struct Api {
    client: reqwest::Client,
    server_url: String,
    token: Secret,
}

impl Api {
    pub(super) fn new(client: reqwest::Client, server_url: &str, token: Secret) -> Self {
        Self { client, server_url: server_url.to_owned(), token }
    }

    /// Whether an address is the server's own: an answer may hold a link.
    pub(super) fn is_servers(&self, url: &str) -> bool {
        url.strip_prefix(&self.server_url).is_some_and(|rest| rest.starts_with("/hooks/commands/"))
    }

    /// Calls a route. Waits that the server asks for (429) are kept, within `patience`.
    pub(super) async fn call(
        &self,
        method: Method,
        route: &str,
        body: Option<&Value>,
        patience: Duration,
    ) -> Result<Value, Failure> {
        let request = || {
            let request = self.client.request(method.clone(), format!("{}/api/v4{route}", self.server_url));
            let request = request.bearer_auth(self.token.expose());
            match body {
                Some(body) => request.json(body),
                None => request,
            }
        };
        let answer = within(patience, request).await?;
        serde_json::from_str(&answer).map_err(|_| Failure::Unreachable)
    }

    /// Sends an answer to the address that came with the command.
    pub(super) async fn respond(&self, url: &str, body: &Value) -> Result<(), Failure> {
        within(REQUEST_TIME, || self.client.post(url).json(body)).await.map(|_| ())
    }
}

async fn within(patience: Duration, request: impl Fn() -> RequestBuilder) -> Result<String, Failure> {
    let answered = async {
        let answer = patiently(request).await?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer.text().await?);
        }
        let body: Value = serde_json::from_str(&answer.text().await?).unwrap_or_default();
        let id = crate::inert::inert(body["id"].as_str().unwrap_or_default());
        Err(Failure::Refused { status: status.as_u16(), id })
    };
    tokio::time::timeout(patience, answered).await.unwrap_or(Err(Failure::TimedOut))
}
