//! Socket Mode: <https://docs.slack.dev/apis/events-api/using-socket-mode>. Slack tells us over WebSockets that we open, so that nothing of ours need be
//! reached from outside.
//!
//! A connection that is to go stays until its successor stands, and is read until Slack has closed it: no command falls in between. What comes twice is known
//! by its trigger.

use std::time::Duration;

use config::Secret;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use thiserror::Error;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::accept::{Acknowledgement, accept};
use super::request::{Request, command_in, interaction_in};
use crate::chat::backoff::BackOff;
use crate::chat::http::REQUEST_TIME;
use crate::chat::slack::adapter::Slack;
use crate::chat::slack::api::{SlackError, WebApi};
use crate::chat::websocket::{CLOSE_TIME, Connecting, Frame, WebSocket, WebSocketError};

/// How long it may take from the first packet until Slack says hello.
const GREETING: Duration = Duration::from_secs(30);

/// The code with which we close.
const GOING_AWAY: u16 = 1000;

/// Why the connection has ended for good.
#[derive(Debug, Error)]
pub enum Ended {
    /// A revoked or mistyped token.
    #[error(
        "Slack does not take the app-level token ({0}): it was revoked, or it is another app's. To mend: generate one with the scope connections:write at \
         api.slack.com/apps (your app, Basic Information, App-Level Tokens), write it into the file that slack.app_token_file names, and start again"
    )]
    TokenRefused(String),
    /// A token of another kind.
    #[error(
        "Slack does not take the app-level token (not_allowed_token_type): it is a token of another kind. To mend: write the app-level token (xapp-…; \
         api.slack.com/apps, your app, Basic Information, App-Level Tokens) into the file that slack.app_token_file names, and start again"
    )]
    OtherKind,
    /// A token that may not connect.
    #[error(
        "Slack's app-level token lacks the scope connections:write (missing_scope). To mend: generate one that has it at api.slack.com/apps (your app, Basic \
         Information, App-Level Tokens), write it into the file that slack.app_token_file names, and start again"
    )]
    ScopeMissing,
}

/// Why there is no connection.
#[derive(Debug, Error)]
enum ConnectionError {
    #[error("{0}")]
    NotNamed(SlackError),
    #[error("the address that Slack names for its WebSocket is not Slack's")]
    Elsewhere,
    #[error("{0}")]
    Socket(#[from] WebSocketError),
    #[error("Slack does not say hello")]
    NoHello,
    #[error("{0}")]
    ForGood(Ended),
}

impl ConnectionError {
    fn asked_to_wait(&self) -> Option<Duration> {
        match self {
            Self::NotNamed(SlackError::RateLimited(wait)) => Some(*wait),
            _ => None,
        }
    }
}

impl From<SlackError> for ConnectionError {
    fn from(failure: SlackError) -> Self {
        let SlackError::Refused { error, .. } = &failure else { return Self::NotNamed(failure) };
        Self::ForGood(match error.as_str() {
            "invalid_auth" | "not_authed" | "account_inactive" | "token_revoked" | "token_expired" => {
                Ended::TokenRefused(error.clone())
            }
            "not_allowed_token_type" => Ended::OtherKind,
            "missing_scope" => Ended::ScopeMissing,
            _ => return Self::NotNamed(failure),
        })
    }
}

/// What Slack says. Never shown as it stands: it may hold a trigger or the address for an answer.
#[derive(Deserialize)]
struct Envelope {
    #[serde(rename = "type")]
    kind: String,
    envelope_id: Option<String>,
    #[serde(default)]
    accepts_response_payload: bool,
    #[serde(default)]
    payload: Value,
    /// Why a connection is to go.
    reason: Option<String>,
}

impl Slack {
    /// Takes commands over WebSockets until `stop`; what is under way then comes to its end behind the bot's answers.
    ///
    /// # Errors
    /// Where Slack does not take the app-level token. Whatever else breaks is tried again without end.
    pub async fn run_socket(
        &self,
        app_token: Secret,
        connecting: Connecting,
        stop: impl Future<Output = ()>,
    ) -> Result<(), Ended> {
        let api = self.adapter().api.by(app_token);
        let end = CancellationToken::new();
        let mut sockets =
            Sockets { slack: self.clone(), api, connecting, connections: JoinSet::new(), end: end.clone() };
        let ended = tokio::select! {
            ended = sockets.keep_connected() => Err(ended),
            () = stop => Ok(()),
        };
        end.cancel();
        while sockets.connections.join_next().await.is_some() {}
        ended
    }
}

/// The connections: one that stands, and those before it until they are closed.
struct Sockets {
    slack: Slack,
    api: WebApi,
    connecting: Connecting,
    connections: JoinSet<()>,
    end: CancellationToken,
}

impl Sockets {
    /// Opens one connection after the other until Slack takes the token no more.
    async fn keep_connected(&mut self) -> Ended {
        let mut back_off = BackOff::new(self.connecting.first_wait);
        let mut former: Option<CancellationToken> = None;
        loop {
            let socket = match self.open().await {
                Ok(socket) => socket,
                Err(ConnectionError::ForGood(ended)) => return ended,
                Err(lost) => {
                    let wait = back_off.failed(lost.asked_to_wait());
                    tracing::warn!(%lost, "no connection to Slack; it is tried again in {wait:?}");
                    sleep(wait).await;
                    continue;
                }
            };
            tracing::info!("connected to Slack");
            let begun = Instant::now();
            let (is_replaced, (ask, asked)) = (self.end.child_token(), oneshot::channel());
            let connection = Connection {
                slack: self.slack.clone(),
                socket,
                silence: self.connecting.silence,
                is_replaced: is_replaced.clone(),
                asks_for_successor: Some(ask),
            };
            self.connections.spawn(connection.listen());
            if let Some(former) = former.replace(is_replaced) {
                former.cancel();
            }
            while self.connections.try_join_next().is_some() {}
            let was_asked_to_go = asked.await.is_ok();
            sleep(back_off.ended(begun.elapsed(), was_asked_to_go)).await;
        }
    }

    /// A connection on which Slack has said hello.
    async fn open(&self) -> Result<WebSocket, ConnectionError> {
        let opened = self.api.call_once("apps.connections.open", &json!({}), REQUEST_TIME).await?;
        let url = opened["url"].as_str().and_then(|url| Url::parse(url).ok()).filter(is_slacks);
        let url = url.ok_or(ConnectionError::Elsewhere)?;
        let greeted = async {
            let mut socket = WebSocket::open(url.as_str(), &self.connecting).await?;
            loop {
                let Frame::Text(text) = socket.receive().await? else { continue };
                let is_hello = serde_json::from_str(&text).is_ok_and(|said: Envelope| said.kind == "hello");
                return if is_hello { Ok(socket) } else { Err(ConnectionError::NoHello) };
            }
        };
        timeout(GREETING, greeted).await.unwrap_or(Err(ConnectionError::NoHello))
    }
}

/// What comes over a connection decides who gets a link: it is Slack's alone, whatever its Web API says.
fn is_slacks(url: &Url) -> bool {
    url.scheme() == "wss"
        && url.host_str().is_some_and(|host| host.ends_with(".slack.com"))
        && url.username().is_empty()
        && url.password().is_none()
}

/// One connection.
struct Connection {
    slack: Slack,
    socket: WebSocket,
    silence: Duration,
    /// Another has taken its place, or none is wanted any more.
    is_replaced: CancellationToken,
    /// Asks for a successor: with a word where Slack wants this connection to go, by being dropped where it has gone.
    asks_for_successor: Option<oneshot::Sender<()>>,
}

impl Connection {
    /// Reads until Slack closes the connection or a successor stands. What has been read is carried out in any case.
    async fn listen(mut self) {
        loop {
            let heard = tokio::select! {
                biased;
                heard = timeout(self.silence, self.socket.receive()) => heard,
                () = self.is_replaced.cancelled() => return self.close().await,
            };
            match heard {
                Ok(Ok(heard)) => self.take_on(heard).await,
                Ok(Err(lost)) if self.asks_for_successor.is_some() => {
                    return tracing::warn!(%lost, "the connection to Slack is lost");
                }
                Ok(Err(lost)) => {
                    return tracing::info!(%lost, "a connection to Slack that was to go has gone");
                }
                Err(_) => {
                    if self.asks_for_successor.take().is_some() {
                        tracing::warn!("Slack is silent; another connection takes the place of this one");
                    }
                }
            }
        }
    }

    /// Closes, and takes what comes until Slack has closed too.
    async fn close(mut self) {
        self.socket.close(GOING_AWAY).await;
        let end = Instant::now() + CLOSE_TIME;
        while let Ok(Ok(heard)) = timeout_at(end, self.socket.receive()).await {
            self.take_on(heard).await;
        }
    }

    async fn take_on(&mut self, frame: Frame) {
        let Frame::Text(text) = frame else { return };
        let Ok(envelope) = serde_json::from_str::<Envelope>(&text) else {
            return tracing::warn!("Slack says something in a form that is not known here");
        };
        let request = match envelope.kind.as_str() {
            "disconnect" => return self.is_asked_to_go(&envelope.reason.unwrap_or_default()),
            "slash_commands" => command_in(&envelope.payload),
            "interactive" => interaction_in(&envelope.payload),
            _ => Some(Request::Other),
        };
        let Some(id) = envelope.envelope_id else { return };
        let accepted = accept(&self.slack, request).await;
        let mut acknowledgement = Map::from_iter([("envelope_id".to_owned(), json!(id))]);
        if let Ok(Acknowledgement { body: Some(body), .. }) = &accepted
            && envelope.accepts_response_payload
        {
            acknowledgement.insert("payload".to_owned(), body.clone());
        }
        // Where it does not arrive, the envelope comes again.
        let _ = self.socket.send(Value::Object(acknowledgement).to_string()).await;
        // What waited for this to leave goes on: `accepted` ends here.
        if let Err(why) = accepted {
            self.slack.refuse(why).await;
        }
    }

    /// Slack wants this connection to go.
    fn is_asked_to_go(&mut self, reason: &str) {
        if reason == "link_disabled" {
            tracing::error!(
                "Socket Mode was turned off; turn it on again at api.slack.com/apps (your app, Socket Mode)"
            );
        } else {
            tracing::info!("Slack asks to connect again");
        }
        if let Some(ask) = self.asks_for_successor.take() {
            // Where nobody waits for it, no successor is wanted any more.
            let _ = ask.send(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_goes_to_slack_alone() {
        let is_good = |url: &str| Url::parse(url).is_ok_and(|url| is_slacks(&url));
        assert!(is_good("wss://wss-primary.slack.com/link/?ticket=1&app_id=2"));
        for url in [
            "ws://wss-primary.slack.com/link/",
            "https://wss-primary.slack.com/link/",
            "wss://slack.com.evil.example/link/",
            "wss://evilslack.com/link/",
            "wss://wss-primary.slack.com@evil.example/link/",
            "wss://me:secret@wss-primary.slack.com/link/",
        ] {
            assert!(!is_good(url), "{url}");
        }
    }

    #[test]
    fn a_token_that_slack_does_not_take_ends_it_and_nothing_else_does() {
        let refused = |error: &str| {
            ConnectionError::from(SlackError::Refused { error: error.to_owned(), needed: None })
        };
        for error in ["invalid_auth", "token_revoked", "not_allowed_token_type", "missing_scope"] {
            assert!(matches!(refused(error), ConnectionError::ForGood(_)), "{error}");
        }
        for lost in [refused("internal_error"), SlackError::Status(503).into(), SlackError::TimedOut.into()] {
            assert!(matches!(lost, ConnectionError::NotNamed(_)), "{lost}");
        }
    }
}
