//! How the bot hears of what somebody did: by a signed request, or over its WebSocket.

use std::sync::Arc;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use tokio::time::{Instant, timeout};

use super::answers::{acknowledged, failed};
use super::sign::signature;
use super::user_action::{Acknowledgement, UserActionKind};
use super::world::Shared;

/// What the app's settings at Slack say of where the bot listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BotUrls {
    /// The request URL of its commands.
    pub command: String,
    /// The request URL of its interactivity.
    pub interactive: String,
    /// The options load URL of its menus.
    pub options: String,
}

impl BotUrls {
    /// `/slack/command`, `/slack/interactive` and `/slack/options` of one server.
    pub fn below(base: &str) -> Self {
        let base = base.trim_end_matches('/');
        Self {
            command: format!("{base}/slack/command"),
            interactive: format!("{base}/slack/interactive"),
            options: format!("{base}/slack/options"),
        }
    }

    /// One URL for everything.
    pub fn all_at(url: &str) -> Self {
        Self { command: url.to_owned(), interactive: url.to_owned(), options: url.to_owned() }
    }
}

/// What a command's form holds, in Slack's order.
const COMMAND_FIELDS: [&str; 13] = [
    "token",
    "team_id",
    "team_domain",
    "channel_id",
    "channel_name",
    "user_id",
    "user_name",
    "command",
    "text",
    "api_app_id",
    "is_enterprise_install",
    "response_url",
    "trigger_id",
];

/// A form as browsers write it.
pub(super) fn form<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string().replace("%20", "+");
    let pairs: Vec<_> = fields.into_iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    pairs.join("&")
}

/// The body of the request that tells of this.
pub(super) fn body_of(kind: UserActionKind, payload: &Value) -> String {
    if kind != UserActionKind::Command {
        return form([("payload", payload.to_string().as_str())]);
    }
    form(COMMAND_FIELDS.map(|name| (name, payload[name].as_str().unwrap_or_default())))
}

/// The headers of a request that is really Slack's.
pub(super) fn headers(shared: &Shared, body: &[u8]) -> HeaderMap {
    let timestamp = shared.now().as_second();
    let signed = signature(&shared.settings.signing_secret, timestamp, body);
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    headers.insert("user-agent", HeaderValue::from_static("Slackbot 1.0 (+https://api.slack.com/robots)"));
    headers.insert("accept", HeaderValue::from_static("application/json,*/*"));
    headers.insert(HeaderName::from_static("x-slack-request-timestamp"), HeaderValue::from(timestamp));
    let signed = HeaderValue::try_from(signed).expect("hexadecimal digits are a header");
    headers.insert(HeaderName::from_static("x-slack-signature"), signed);
    headers
}

/// Tells the bot: by request where it listens, by socket where it does not.
pub(super) fn dispatch(shared: &Arc<Shared>, user_action: usize) {
    let (url, kind, payload) = shared.with(|world| {
        let done = world.user_actions.get_mut(user_action).expect("the fake made it");
        done.dispatched = Instant::now();
        let (kind, payload) = (done.kind, done.payload.clone());
        let url = world.bot.as_ref().map(|bot| match kind {
            UserActionKind::Command => bot.command.clone(),
            UserActionKind::Suggestion => bot.options.clone(),
            UserActionKind::Action | UserActionKind::Submission | UserActionKind::Closing => {
                bot.interactive.clone()
            }
        });
        if url.is_none() && !super::socket::tell(world, user_action, kind, &payload) {
            let done = world.user_actions.get_mut(user_action).expect("the fake made it");
            done.failure = Some("dispatch_failed".to_owned());
        }
        (url, kind, payload)
    });
    if let Some(url) = url {
        let (shared, stop) = (Arc::clone(shared), shared.stop.clone());
        tokio::spawn(async move {
            stop.run_until_cancelled(post(&shared, user_action, &url, body_of(kind, &payload))).await;
        });
    }
}

async fn post(shared: &Shared, user_action: usize, url: &str, body: String) {
    let begun = Instant::now();
    let headers = headers(shared, body.as_bytes());
    let asked = async {
        let response = shared.endpoints.http.post(url).headers(headers).body(body).send().await?;
        let status = response.status().as_u16();
        let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let content_type = kind.unwrap_or_default().to_owned();
        Ok::<_, reqwest::Error>((status, content_type, response.text().await?))
    };
    match timeout(shared.settings.acknowledge_within, asked).await {
        // Slack hangs up.
        Err(_) => failed(shared, user_action, "operation_timeout"),
        Ok(Err(_)) => failed(shared, user_action, "dispatch_failed"),
        Ok(Ok((status, content_type, body))) => {
            acknowledged(
                shared,
                user_action,
                &Acknowledgement { status, content_type, body, after: begun.elapsed() },
            );
        }
    }
}
