//! Slack's Web API: <https://docs.slack.dev/apis/web-api>.

use std::fmt;
use std::time::Duration;

use config::Secret;
use reqwest::RequestBuilder;
use reqwest::header::HeaderMap;
use serde_json::Value;
use url::Url;

use crate::chat::http::{REQUEST_TIME, patiently};

const BASE: &str = "https://slack.com/api/";

/// Why Slack did not do what it was asked to. `Display` is for the log, with the cure where there is one; addresses, which hold secrets, never stand in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// `{"ok":false}`.
    Refused {
        error: String,
        /// The scope that is missing.
        needed: Option<String>,
    },
    /// Neither yes nor no.
    Status(u16),
    /// No answer in time, waits that Slack asked for included.
    TimedOut,
    /// No answer at all.
    Unreachable,
}

impl Failure {
    /// Whether it may be carried out when tried again.
    pub(super) fn is_passing(&self) -> bool {
        match self {
            Self::TimedOut | Self::Unreachable => true,
            Self::Status(status) => *status >= 500,
            Self::Refused { .. } => false,
        }
    }

    /// Whether this is Slack's word for it.
    pub(super) fn is(&self, word: &str) -> bool {
        matches!(self, Self::Refused { error, .. } if error == word)
    }

    /// What happened, and apart from it what mends it, where that is known.
    pub(super) fn text_and_cure(&self) -> (String, Option<&'static str>) {
        match self {
            Self::Refused { error, .. } => (format!("Slack refused ({error})"), cure(error)),
            other => (other.to_string(), None),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { error, needed: Some(scope) } if error == "missing_scope" => write!(
                f,
                "the app lacks the scope {scope}; add it under OAuth & Permissions, and install the app again"
            ),
            Self::Refused { error, .. } => match cure(error) {
                Some(cure) => write!(f, "Slack refused ({error}); {cure}"),
                None => write!(f, "Slack refused ({error})"),
            },
            Self::Status(status) => write!(f, "Slack answered {status}"),
            Self::TimedOut => f.write_str("Slack did not answer in time"),
            Self::Unreachable => f.write_str("Slack could not be reached"),
        }
    }
}

fn cure(error: &str) -> Option<&'static str> {
    Some(match error {
        "invalid_auth" | "not_authed" | "account_inactive" | "token_revoked" | "token_expired" => {
            "copy the Bot User OAuth Token (xoxb-…) into the file that slack.bot_token_file names"
        }
        "not_in_channel" | "channel_not_found" => "invite the app to the channel, or correct its id",
        "is_archived" => "the channel is archived: take another",
        _ => return None,
    })
}

impl From<reqwest::Error> for Failure {
    fn from(error: reqwest::Error) -> Self {
        if error.is_timeout() { Self::TimedOut } else { Self::Unreachable }
    }
}

/// The Web API, and the addresses for answers.
pub(super) struct Api {
    client: reqwest::Client,
    token: Secret,
}

impl Api {
    pub(super) fn new(client: reqwest::Client, token: Secret) -> Self {
        Self { client, token }
    }

    /// The same for what another token is for.
    pub(super) fn by(&self, token: Secret) -> Self {
        Self { client: self.client.clone(), token }
    }

    /// Calls a method with a JSON body. Waits that Slack asks for (429) are kept, within `patience`.
    pub(super) async fn call(
        &self,
        method: &str,
        body: &Value,
        patience: Duration,
    ) -> Result<Value, Failure> {
        let request =
            || self.client.post(format!("{BASE}{method}")).bearer_auth(self.token.expose()).json(body);
        self.within(patience, request).await.and_then(|(_, answer)| judge(&answer))
    }

    /// The same for methods that take no JSON.
    pub(super) async fn get(
        &self,
        method: &str,
        query: &[(&str, &str)],
        patience: Duration,
    ) -> Result<Value, Failure> {
        self.get_with_headers(method, query, patience).await?.1
    }

    /// The same, and what stands in the headers of the answer, be it yes or no.
    pub(super) async fn get_with_headers(
        &self,
        method: &str,
        query: &[(&str, &str)],
        patience: Duration,
    ) -> Result<(HeaderMap, Result<Value, Failure>), Failure> {
        let request =
            || self.client.post(format!("{BASE}{method}")).bearer_auth(self.token.expose()).form(query);
        self.within(patience, request).await.map(|(headers, answer)| (headers, judge(&answer)))
    }

    /// Sends an answer to the address that came with the request.
    pub(super) async fn respond(&self, url: &Url, body: &Value) -> Result<(), Failure> {
        self.within(REQUEST_TIME, || self.client.post(url.clone()).json(body)).await.map(|_| ())
    }

    async fn within(
        &self,
        patience: Duration,
        request: impl Fn() -> RequestBuilder,
    ) -> Result<(HeaderMap, String), Failure> {
        let answered = async {
            let mut answer = patiently(request).await?;
            if !answer.status().is_success() {
                return Err(Failure::Status(answer.status().as_u16()));
            }
            let headers = std::mem::take(answer.headers_mut());
            Ok((headers, answer.text().await?))
        };
        tokio::time::timeout(patience, answered).await.unwrap_or(Err(Failure::TimedOut))
    }
}

fn judge(answer: &str) -> Result<Value, Failure> {
    let answer: Value = serde_json::from_str(answer).map_err(|_| Failure::Unreachable)?;
    if answer["ok"] == Value::Bool(true) {
        return Ok(answer);
    }
    let text = |name: &str| answer[name].as_str().map(crate::inert::inert);
    Err(Failure::Refused { error: text("error").unwrap_or_else(|| "?".to_owned()), needed: text("needed") })
}
