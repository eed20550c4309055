//! Slack's Web API: <https://docs.slack.dev/apis/web-api>.

use std::fmt;
use std::time::Duration;

use config::Secret;
use reqwest::RequestBuilder;
use reqwest::header::HeaderMap;
use serde_json::Value;
use url::Url;

use crate::chat::http::{ANSWER_TIME, NoAnswer, ask};
use crate::chat::retry::{Retry, Retryable, retry_idempotent, retry_if_not_carried_out};

const BASE: &str = "https://slack.com/api/";

/// Why Slack did not do what it was asked to. `Display` is for the log, with the cure where there is one; addresses, which hold secrets, never stand in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SlackError {
    /// `{"ok":false}`.
    Refused {
        /// Slack's word for why.
        error: String,
        /// The scope that is missing.
        needed: Option<String>,
    },
    /// Neither yes nor no.
    Status(u16),
    /// Slack takes no more requests for so long; nothing was carried out.
    RateLimited(Duration),
    /// The audit names a message by what is no name of one.
    NoSuchMessage,
    /// No answer in time, waits that Slack asked for included.
    TimedOut,
    /// No answer at all.
    Unreachable,
}

/// Words of Slack's for what went wrong on its side: <https://docs.slack.dev/reference/methods/chat.postMessage#errors>.
const PASSING: [&str; 5] =
    ["internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org"];

impl Retryable for SlackError {
    fn retry(&self) -> Retry {
        match self {
            Self::RateLimited(wait) => Retry::After(*wait),
            Self::TimedOut | Self::Unreachable => Retry::Soon,
            Self::Status(status) if *status >= 500 => Retry::Soon,
            Self::Refused { error, .. } if PASSING.contains(&error.as_str()) => Retry::Soon,
            Self::Status(_) | Self::Refused { .. } | Self::NoSuchMessage => Retry::Never,
        }
    }

    fn timed_out() -> Self {
        Self::TimedOut
    }
}

impl SlackError {
    /// Whether this is Slack's word for it.
    pub(in crate::chat::slack) fn is(&self, word: &str) -> bool {
        matches!(self, Self::Refused { error, .. } if error == word)
    }

    /// What happened, and apart from it what mends it, where that is known.
    pub(in crate::chat::slack) fn text_and_cure(&self) -> (String, Option<&'static str>) {
        match self {
            Self::Refused { error, .. } => (format!("Slack refused ({error})"), cure(error)),
            other => (other.to_string(), None),
        }
    }
}

impl fmt::Display for SlackError {
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
            Self::RateLimited(wait) => {
                write!(f, "Slack takes no more requests for {} s (429)", wait.as_secs())
            }
            Self::NoSuchMessage => f.write_str("the audit names no message of Slack's"),
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

impl From<NoAnswer> for SlackError {
    fn from(why: NoAnswer) -> Self {
        match why {
            NoAnswer::RateLimited(wait) => Self::RateLimited(wait),
            NoAnswer::TimedOut => Self::TimedOut,
            NoAnswer::Unreachable => Self::Unreachable,
        }
    }
}

impl From<reqwest::Error> for SlackError {
    fn from(error: reqwest::Error) -> Self {
        NoAnswer::from(error).into()
    }
}

/// The Web API, and the addresses for answers.
pub(in crate::chat::slack) struct WebApi {
    client: reqwest::Client,
    token: Secret,
}

impl WebApi {
    pub(in crate::chat::slack) fn new(client: reqwest::Client, token: Secret) -> Self {
        Self { client, token }
    }

    /// The Web API by another token, for the methods that it is for.
    pub(in crate::chat::slack) fn by(&self, token: Secret) -> Self {
        Self { client: self.client.clone(), token }
    }

    /// Calls a method that may be carried out twice, with a JSON body. Within `patience`, it is called again where Slack fails in passing or asks to wait (429).
    pub(in crate::chat::slack) async fn call(
        &self,
        method: &str,
        body: &Value,
        patience: Duration,
    ) -> Result<Value, SlackError> {
        retry_idempotent(patience, || self.call_now(method, body)).await
    }

    /// Calls a method that must not be carried out twice: it is called again only where Slack has asked to wait.
    pub(in crate::chat::slack) async fn call_once(
        &self,
        method: &str,
        body: &Value,
        patience: Duration,
    ) -> Result<Value, SlackError> {
        retry_if_not_carried_out(patience, || self.call_now(method, body)).await
    }

    async fn call_now(&self, method: &str, body: &Value) -> Result<Value, SlackError> {
        let request = self.client.post(format!("{BASE}{method}")).bearer_auth(self.token.expose());
        send(request.json(body)).await.and_then(|(_, answer)| judge(&answer))
    }

    /// Calls a method that may be carried out twice and takes no JSON, as [`WebApi::call`] does.
    pub(in crate::chat::slack) async fn get(
        &self,
        method: &str,
        query: &[(&str, &str)],
        patience: Duration,
    ) -> Result<Value, SlackError> {
        let get = || async { self.get_now(method, query).await.and_then(|(_, answer)| answer) };
        retry_idempotent(patience, get).await
    }

    /// Calls a method as [`WebApi::get`] does, and gives the headers of the answer too, also where the answer is a refusal.
    pub(in crate::chat::slack) async fn get_with_headers(
        &self,
        method: &str,
        query: &[(&str, &str)],
        patience: Duration,
    ) -> Result<(HeaderMap, Result<Value, SlackError>), SlackError> {
        retry_idempotent(patience, || self.get_now(method, query)).await
    }

    async fn get_now(
        &self,
        method: &str,
        query: &[(&str, &str)],
    ) -> Result<(HeaderMap, Result<Value, SlackError>), SlackError> {
        let request = self.client.post(format!("{BASE}{method}")).bearer_auth(self.token.expose());
        send(request.form(query)).await.map(|(headers, answer)| (headers, judge(&answer)))
    }

    /// Sends an answer to the address that came with the request. One that failed in passing is sent again: it may be seen twice, which is better than never.
    /// Slack takes five at one address (<https://docs.slack.dev/interactivity/handling-user-interaction#message_responses>), and this sends three at most.
    pub(in crate::chat::slack) async fn respond(&self, url: &Url, body: &Value) -> Result<(), SlackError> {
        let respond = || async { send(self.client.post(url.clone()).json(body)).await.map(|_| ()) };
        retry_idempotent(ANSWER_TIME, respond).await
    }
}

async fn send(request: RequestBuilder) -> Result<(HeaderMap, String), SlackError> {
    let mut answer = ask(request).await?;
    if !answer.status().is_success() {
        return Err(SlackError::Status(answer.status().as_u16()));
    }
    let headers = std::mem::take(answer.headers_mut());
    Ok((headers, answer.text().await?))
}

fn judge(answer: &str) -> Result<Value, SlackError> {
    let answer: Value = serde_json::from_str(answer).map_err(|_| SlackError::Unreachable)?;
    if answer["ok"] == Value::Bool(true) {
        return Ok(answer);
    }
    let text = |name: &str| answer[name].as_str().map(crate::words::sanitize);
    Err(SlackError::Refused {
        error: text("error").unwrap_or_else(|| "?".to_owned()),
        needed: text("needed"),
    })
}
