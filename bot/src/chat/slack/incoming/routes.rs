//! The listener's routes: what comes in is verified, then parsed, then acknowledged at once.

use std::convert::Infallible;

use axum::Router;
use axum::body::Body;
use axum::extract::{RawQuery, Request as HttpRequest, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use config::Secret;
use futures_util::{StreamExt as _, stream};
use serde_json::Value;
use tokio::sync::oneshot;

use super::accept::{Acknowledgement, accept};
use super::request::{Request, command, interaction, is_probe};
use super::signature::verify;
use crate::audit::RequestFault;
use crate::chat::http::{FORM, JSON, read, status};
use crate::chat::slack::adapter::Slack;

/// Takes what is signed with this secret.
#[derive(Clone)]
struct SignedRequests {
    slack: Slack,
    signing_secret: Secret,
}

impl Slack {
    /// `POST /slack/command`, `/slack/interactive` and `/slack/options`, for the bot's own listener.
    pub fn routes(&self, signing_secret: Secret) -> Router {
        Router::new()
            .route("/slack/command", get(on_probe).post(on_command))
            .route("/slack/interactive", get(on_probe).post(on_interaction))
            .route("/slack/options", get(on_probe).post(on_interaction))
            .with_state(SignedRequests { slack: self.clone(), signing_secret })
    }
}

/// Slack's older documents have it look by GET whether our certificate is good.
async fn on_probe(RawQuery(query): RawQuery) -> Response {
    if is_probe(query.unwrap_or_default().as_bytes()) {
        return StatusCode::OK.into_response();
    }
    (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "POST")]).into_response()
}

async fn on_command(State(signed): State<SignedRequests>, request: HttpRequest) -> Response {
    signed.receive(request, command).await
}

async fn on_interaction(State(signed): State<SignedRequests>, request: HttpRequest) -> Response {
    signed.receive(request, interaction).await
}

impl SignedRequests {
    async fn receive(&self, request: HttpRequest, parse: fn(&[u8]) -> Option<Request>) -> Response {
        let (head, body) = request.into_parts();
        let body = match read(&head.headers, body, FORM).await {
            Ok(body) => body,
            Err(why) => return self.refuse(why).await,
        };
        if is_probe(&body) {
            return StatusCode::OK.into_response();
        }
        let accepted = match self.verify(&head.headers, &body) {
            Ok(()) => accept(&self.slack, parse(&body)).await,
            Err(why) => Err(why),
        };
        match accepted {
            Ok(Acknowledgement { body: Some(body), sent }) => in_json(&body, sent),
            Ok(Acknowledgement { body: None, .. }) => StatusCode::OK.into_response(),
            Err(why) => self.refuse(why).await,
        }
    }

    /// Whether the raw body is Slack's: nothing of it acts before.
    fn verify(&self, headers: &HeaderMap, body: &[u8]) -> Result<(), RequestFault> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let (at, signature) = (text("x-slack-request-timestamp"), text("x-slack-signature"));
        verify(&self.signing_secret, at, signature, body, self.slack.now())
    }

    /// One line in the audit, and a status without a word.
    async fn refuse(&self, why: RequestFault) -> Response {
        self.slack.refuse(why).await;
        status(why).into_response()
    }
}

/// `sent` goes with the body.
fn in_json(body: &Value, sent: Option<oneshot::Sender<()>>) -> Response {
    let body = stream::iter([Ok::<_, Infallible>(body.to_string())]).map(move |piece| {
        let _ = &sent;
        piece
    });
    ([(header::CONTENT_TYPE, JSON)], Body::from_stream(body)).into_response()
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use axum::body::to_bytes;
    use futures_util::FutureExt as _;
    use serde_json::json;

    use super::*;
    use crate::chat::http::LARGEST;

    #[tokio::test]
    async fn an_answer_is_sent_once_its_body_is_gone_and_not_before() {
        let (sent, is_sent) = oneshot::channel::<()>();
        let answer = in_json(&json!({ "a": 1 }), Some(sent));
        let mut is_sent = pin!(is_sent);
        assert!(is_sent.as_mut().now_or_never().is_none());
        assert_eq!(&to_bytes(answer.into_body(), LARGEST).await.unwrap()[..], br#"{"a":1}"#);
        let _ = is_sent.await;
        let (sent, is_sent) = oneshot::channel::<()>();
        let answer = in_json(&json!({}), Some(sent));
        drop(answer);
        let _ = is_sent.await;
    }
}
