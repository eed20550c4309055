//! Socket Mode: <https://docs.slack.dev/apis/events-api/using-socket-mode>. Slack tells us over WebSockets that we open, so that nothing of ours need be
//! reached from outside.
//!
//! A connection that is to go stays until its successor stands, and is heard out: no command falls in between. What comes twice is known by its trigger.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use config::Secret;
use rustls::RootCertStore;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use thiserror::Error;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::Slack;
use super::api::{Api, Failure};
use super::incoming::Said;
use super::request::{Request, command_in, interaction_in};
use crate::admin::Platform;
use crate::chat::backoff::BackOff;
use crate::chat::http::REQUEST_TIME;
use crate::chat::wire::{Broken, GOODBYE, Heard, Proxies, Wire};

/// How long it may take from the first packet until Slack says hello.
const GREETING: Duration = Duration::from_secs(30);

/// The code with which we close.
const GOING_AWAY: u16 = 1000;

/// How Slack's WebSockets are reached.
#[derive(Debug, Clone)]
pub struct Connecting {
    /// How long to wait before Slack is tried again: doubled each time, up to a minute.
    pub first_wait: Duration,
    /// How long a connection may be without a ping of Slack's, which sends several a minute, before another takes its place.
    pub silence: Duration,
    /// Who vouches that it is Slack.
    pub roots: Arc<RootCertStore>,
    /// Which proxies lead there.
    pub proxies: Proxies,
    /// Where Slack is, if not where its names say.
    pub there: Option<SocketAddr>,
}

impl Default for Connecting {
    /// Trusts whom this machine trusts and asks the proxies that the environment names, as calls of the Web API do.
    fn default() -> Self {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        Self {
            first_wait: Duration::from_secs(1),
            silence: Duration::from_secs(60),
            roots: Arc::new(roots),
            proxies: Proxies::from_env(),
            there: None,
        }
    }
}

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
enum Lost {
    #[error("{0}")]
    NotNamed(Failure),
    #[error("the address that Slack names for its WebSocket is not Slack's")]
    Elsewhere,
    #[error("{0}")]
    Broken(#[from] Broken),
    #[error("Slack does not say hello")]
    NoHello,
    #[error("{0}")]
    ForGood(Ended),
}

impl Lost {
    fn asked_to_wait(&self) -> Option<Duration> {
        match self {
            Self::NotNamed(Failure::RateLimited(wait)) => Some(*wait),
            _ => None,
        }
    }
}

impl From<Failure> for Lost {
    fn from(failure: Failure) -> Self {
        let Failure::Refused { error, .. } = &failure else { return Self::NotNamed(failure) };
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
        let api = self.0.api.by(app_token);
        let end = CancellationToken::new();
        let mut sockets =
            Sockets { slack: self.clone(), api, connecting, lines: JoinSet::new(), end: end.clone() };
        let ended = tokio::select! {
            ended = sockets.keep() => Err(ended),
            () = stop => Ok(()),
        };
        end.cancel();
        while sockets.lines.join_next().await.is_some() {}
        ended
    }
}

/// The connections: one that stands, and those before it until they have said goodbye.
struct Sockets {
    slack: Slack,
    api: Api,
    connecting: Connecting,
    lines: JoinSet<()>,
    end: CancellationToken,
}

impl Sockets {
    /// Opens one connection after the other until Slack takes the token no more.
    async fn keep(&mut self) -> Ended {
        let mut back_off = BackOff::new(self.connecting.first_wait);
        let mut former: Option<CancellationToken> = None;
        loop {
            let wire = match self.open().await {
                Ok(wire) => wire,
                Err(Lost::ForGood(ended)) => return ended,
                Err(lost) => {
                    let wait = back_off.failed(lost.asked_to_wait());
                    tracing::warn!(%lost, "no connection to Slack; it is tried again in {wait:?}");
                    sleep(wait).await;
                    continue;
                }
            };
            tracing::info!("connected to Slack");
            let begun = Instant::now();
            let (relieved, (tell, told)) = (self.end.child_token(), oneshot::channel());
            let line = Line {
                slack: self.slack.clone(),
                wire,
                silence: self.connecting.silence,
                relieved: relieved.clone(),
                leaves: Some(tell),
            };
            self.lines.spawn(line.hold());
            if let Some(former) = former.replace(relieved) {
                former.cancel();
            }
            while self.lines.try_join_next().is_some() {}
            let was_asked_to_go = told.await.is_ok();
            sleep(back_off.ended(begun.elapsed(), was_asked_to_go)).await;
        }
    }

    /// A connection on which Slack has said hello.
    async fn open(&self) -> Result<Wire, Lost> {
        let opened = self.api.call_once("apps.connections.open", &json!({}), REQUEST_TIME).await?;
        let url = opened["url"].as_str().and_then(|url| Url::parse(url).ok()).filter(is_slacks);
        let url = url.ok_or(Lost::Elsewhere)?;
        let Connecting { roots, proxies, there, .. } = &self.connecting;
        let greeted = async {
            let mut wire = Wire::open(url.as_str(), roots, proxies, *there).await?;
            loop {
                let Heard::Text(text) = wire.hear().await? else { continue };
                let is_hello = serde_json::from_str(&text).is_ok_and(|said: Envelope| said.kind == "hello");
                return if is_hello { Ok(wire) } else { Err(Lost::NoHello) };
            }
        };
        timeout(GREETING, greeted).await.unwrap_or(Err(Lost::NoHello))
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
struct Line {
    slack: Slack,
    wire: Wire,
    silence: Duration,
    /// Another has taken its place, or none is wanted any more.
    relieved: CancellationToken,
    /// Asks for a successor: with a word where Slack wants this connection to go, by being dropped where it has gone.
    leaves: Option<oneshot::Sender<()>>,
}

impl Line {
    /// Hears until Slack hangs up or a successor stands. What has been heard is taken to its end in any case.
    async fn hold(mut self) {
        loop {
            let heard = tokio::select! {
                biased;
                heard = timeout(self.silence, self.wire.hear()) => heard,
                () = self.relieved.cancelled() => return self.part().await,
            };
            match heard {
                Ok(Ok(heard)) => self.take(heard).await,
                Ok(Err(lost)) if self.leaves.is_some() => {
                    return tracing::warn!(%lost, "the connection to Slack is lost");
                }
                Ok(Err(lost)) => {
                    return tracing::info!(%lost, "a connection to Slack that was to go has gone");
                }
                Err(_) => {
                    if self.leaves.take().is_some() {
                        tracing::warn!("Slack is silent; another connection takes the place of this one");
                    }
                }
            }
        }
    }

    /// Says goodbye, and takes what comes until Slack has said so too.
    async fn part(mut self) {
        self.wire.close(GOING_AWAY).await;
        let end = Instant::now() + GOODBYE;
        while let Ok(Ok(heard)) = timeout_at(end, self.wire.hear()).await {
            self.take(heard).await;
        }
    }

    async fn take(&mut self, heard: Heard) {
        let Heard::Text(text) = heard else { return };
        let Ok(envelope) = serde_json::from_str::<Envelope>(&text) else {
            return tracing::warn!("Slack says something in a form that is not known here");
        };
        let request = match envelope.kind.as_str() {
            "disconnect" => return self.leave(&envelope.reason.unwrap_or_default()),
            "slash_commands" => command_in(&envelope.payload),
            "interactive" => interaction_in(&envelope.payload),
            _ => Some(Request::Other),
        };
        let Some(id) = envelope.envelope_id else { return };
        let accepted = self.slack.accept(request).await;
        let mut acknowledgement = Map::from_iter([("envelope_id".to_owned(), json!(id))]);
        if let Ok(Said { body: Some(body), .. }) = &accepted
            && envelope.accepts_response_payload
        {
            acknowledgement.insert("payload".to_owned(), body.clone());
        }
        // Where it does not arrive, the envelope comes again.
        let _ = self.wire.say(Value::Object(acknowledgement).to_string()).await;
        // What waited for this to leave goes on: `accepted` ends here.
        if let Err(why) = accepted {
            self.slack.0.bot.refuse_request(Platform::Slack, why).await;
        }
    }

    /// Slack wants this connection to go.
    fn leave(&mut self, reason: &str) {
        if reason == "link_disabled" {
            tracing::error!(
                "Socket Mode was turned off; turn it on again at api.slack.com/apps (your app, Socket Mode)"
            );
        } else {
            tracing::info!("Slack asks to connect again");
        }
        if let Some(leaves) = self.leaves.take() {
            // Where nobody waits for it, no successor is wanted any more.
            let _ = leaves.send(());
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
        let refused = |error: &str| Lost::from(Failure::Refused { error: error.to_owned(), needed: None });
        for error in ["invalid_auth", "token_revoked", "not_allowed_token_type", "missing_scope"] {
            assert!(matches!(refused(error), Lost::ForGood(_)), "{error}");
        }
        for lost in [refused("internal_error"), Failure::Status(503).into(), Failure::TimedOut.into()] {
            assert!(matches!(lost, Lost::NotNamed(_)), "{lost}");
        }
    }
}
