//! What Slack tells, and the listener's routes: verified, then parsed, then acknowledged at once; the work goes on behind.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::PoisonError;
use std::time::Duration;
use texts::slack;

use axum::Router;
use axum::body::Body;
use axum::extract::{RawQuery, Request as HttpRequest, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use config::Secret;
use futures_util::{StreamExt as _, stream};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::api::Failure;
use super::request::{Asked, Bare, Request, command, interaction, is_probe};
use super::signature::verify;
use super::view;
use super::{Inner, Slack};
use crate::admin::{Admin, Caller, Platform};
use crate::audit::RequestFault;
use crate::bot::Invocation;
use crate::chat::http::{FORM, JSON, REQUEST_TIME, read, status};
use crate::outcome::Reply;
use crate::request::Action;

/// How long the members of a user group are believed to be the same.
const GROUPS_FRESH: SignedDuration = SignedDuration::from_mins(2);

/// How long Slack gets to show an answer before its view is changed again.
const APPLIED: Duration = Duration::from_millis(500);

/// Who is in which user group, and when Slack said so.
pub(super) type Groups = HashMap<String, (Timestamp, Vec<String>)>;

/// Where Slack knocks: what is signed with this secret comes in.
#[derive(Clone)]
struct Door {
    slack: Slack,
    signing_secret: Secret,
}

/// What is to be said at once.
pub(super) struct Said {
    /// Nothing, where a bare acknowledgement says enough.
    pub(super) body: Option<Value>,
    /// Goes when this has left: what is put into a view before would be overwritten by it.
    pub(super) leaves: Option<oneshot::Sender<()>>,
}

impl From<Option<Value>> for Said {
    fn from(body: Option<Value>) -> Self {
        Self { body, leaves: None }
    }
}

impl Slack {
    /// `POST /slack/command`, `/slack/interactive` and `/slack/options`, for the bot's own listener.
    pub fn routes(&self, signing_secret: Secret) -> Router {
        Router::new()
            .route("/slack/command", get(on_probe).post(on_command))
            .route("/slack/interactive", get(on_probe).post(on_interaction))
            .route("/slack/options", get(on_probe).post(on_interaction))
            .with_state(Door { slack: self.clone(), signing_secret })
    }

    /// Takes on what Slack tells, however it came: the work goes on behind. What is to be said at once.
    pub(super) async fn accept(&self, request: Option<Request>) -> Result<Said, RequestFault> {
        let inner = &self.0;
        let this = self.clone();
        match request {
            None => Err(RequestFault::Malformed),
            Some(Request::Other) => Ok(None.into()),
            Some(
                Request::Command { asked, .. } | Request::Press { asked, .. } | Request::Choice { asked, .. },
            ) if inner.is_repeat(&asked).await => Err(RequestFault::Replayed),
            Some(Request::Command { asked, text, bare }) => {
                let bare = bare.filter(|_| inner.settings.search);
                // The view that opens says enough.
                let on_it = bare.is_none().then(|| {
                    let on_it = inner.words().say(slack::ON_IT, &[]);
                    json!({ "response_type": "ephemeral", "text": on_it })
                });
                inner.bot.behind(async move { this.0.obey(asked, text, bare).await });
                Ok(on_it.into())
            }
            Some(Request::Press { asked, action }) => {
                inner.bot.behind(async move { this.0.press(asked, action).await });
                Ok(None.into())
            }
            Some(Request::Choice { asked, command, contact }) => {
                let (leaves, left) = oneshot::channel::<()>();
                let body = Some(view::on_it(&inner.words(), command));
                inner.bot.behind(async move {
                    let _ = left.await;
                    // Slack keeps no order between this answer and what is put into the view next: it gets time to apply it.
                    tokio::time::sleep(APPLIED).await;
                    this.0.choose(asked, command, &contact).await;
                });
                Ok(Said { body, leaves: Some(leaves) })
            }
            Some(Request::Typing { user, team, typed }) => {
                Ok(Some(inner.offer(&user, &team, &typed).await).into())
            }
        }
    }
}

/// Slack's older documents have it look by GET whether our certificate is good.
async fn on_probe(RawQuery(query): RawQuery) -> Response {
    if is_probe(query.unwrap_or_default().as_bytes()) {
        return StatusCode::OK.into_response();
    }
    (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "POST")]).into_response()
}

async fn on_command(State(door): State<Door>, request: HttpRequest) -> Response {
    door.receive(request, command).await
}

async fn on_interaction(State(door): State<Door>, request: HttpRequest) -> Response {
    door.receive(request, interaction).await
}

impl Door {
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
            Ok(()) => self.slack.accept(parse(&body)).await,
            Err(why) => Err(why),
        };
        match accepted {
            Ok(Said { body: Some(body), leaves }) => in_json(&body, leaves),
            Ok(Said { body: None, .. }) => StatusCode::OK.into_response(),
            Err(why) => self.refuse(why).await,
        }
    }

    /// Whether the raw body is Slack's: nothing of it acts before.
    fn verify(&self, headers: &HeaderMap, body: &[u8]) -> Result<(), RequestFault> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let (at, signature) = (text("x-slack-request-timestamp"), text("x-slack-signature"));
        verify(&self.signing_secret, at, signature, body, self.slack.0.now())
    }

    /// One line in the audit, and a status without a word.
    async fn refuse(&self, why: RequestFault) -> Response {
        self.slack.0.bot.refuse_request(Platform::Slack, why).await;
        status(why).into_response()
    }
}

impl Inner {
    /// A look that costs no write; two repeats at the same moment are told apart when they are taken.
    async fn is_repeat(&self, asked: &Asked) -> bool {
        self.bot.is_duplicate(Platform::Slack, asked.delivery.clone()).await.unwrap_or(false)
    }

    /// `false` where it was taken before, or cannot be written down: then nothing may be done.
    pub(super) async fn take(&self, asked: &Asked) -> bool {
        match self.bot.deduplicate(Platform::Slack, asked.delivery.clone()).await {
            Ok(is_first) => is_first,
            Err(error) => {
                tracing::error!(%error, "the audit cannot be written: a request of Slack's is not carried out");
                false
            }
        }
    }

    async fn obey(&self, asked: Asked, text: String, bare: Option<Bare>) {
        if !self.take(&asked).await {
            return;
        }
        let reply = match self.caller(&asked.user, &asked.team).await {
            Err(_) => Reply::TryAgain,
            Ok(caller) => match bare {
                Some(bare) => match self.pick(&caller, &bare).await {
                    Some(reply) => reply,
                    None => return,
                },
                None => self.bot.handle(&Invocation { caller, text }).await.unwrap_or(Reply::Help),
            },
        };
        self.reply(&asked, reply).await;
    }

    async fn press(&self, asked: Asked, action: String) {
        if !self.take(&asked).await {
            return;
        }
        let reply = match (self.caller(&asked.user, &asked.team).await, Action::parse(&action)) {
            (Err(_), _) => Reply::TryAgain,
            (Ok(caller), Some(action)) => self.bot.act(&caller, action).await,
            (Ok(_), None) => Reply::NoSuchRequest,
        };
        self.reply(&asked, reply).await;
    }

    /// Who asks: by the ids that Slack signed, and the user groups that it says they are in.
    ///
    /// # Errors
    /// Where Slack does not say who is in a group, and whether this person may depends on it: that is not a no.
    pub(super) async fn caller(&self, user: &str, team: &str) -> Result<Caller, Failure> {
        let admin = Admin { platform: Platform::Slack, user: user.to_owned() };
        let mut caller = Caller { admin, place: Some(team.to_owned()), groups: Vec::new() };
        if team != self.settings.team {
            // The groups are those of our workspace.
            return Ok(caller);
        }
        let mut unsaid = None;
        for group in &self.settings.groups {
            if self.bot.may_issue(&caller) {
                break;
            }
            match self.members(group).await {
                Ok(members) if members.iter().any(|member| member == user) => {
                    caller.groups.push(group.clone());
                }
                Ok(_) => {}
                Err(failure) => {
                    tracing::error!(group, %failure, "who is in a user group could not be learned");
                    unsaid = Some(failure);
                }
            }
        }
        match unsaid {
            Some(failure) if !self.bot.may_issue(&caller) => Err(failure),
            _ => Ok(caller),
        }
    }

    /// Who is in a user group, as Slack said within the last two minutes.
    async fn members(&self, group: &str) -> Result<Vec<String>, Failure> {
        let now = self.now();
        let known = self.groups.lock().unwrap_or_else(PoisonError::into_inner).get(group).cloned();
        if let Some((_, members)) = known.filter(|(at, _)| now.duration_since(*at).abs() < GROUPS_FRESH) {
            return Ok(members);
        }
        let members = match self.api.get("usergroups.users.list", &[("usergroup", group)], REQUEST_TIME).await
        {
            Ok(answer) => {
                let users = answer["users"].as_array().ok_or(Failure::Unreachable)?;
                users.iter().filter_map(|user| user.as_str()).map(str::to_owned).collect()
            }
            // <https://docs.slack.dev/reference/methods/usergroups.users.list#errors>: there is no such group, and so nobody is in it.
            Err(failure) if failure.is("no_such_subteam") => Vec::new(),
            Err(failure) => return Err(failure),
        };
        let mut groups = self.groups.lock().unwrap_or_else(PoisonError::into_inner);
        groups.insert(group.to_owned(), (now, members.clone()));
        Ok(members)
    }
}

/// `leaves` goes with the body.
fn in_json(body: &Value, leaves: Option<oneshot::Sender<()>>) -> Response {
    let body = stream::iter([Ok::<_, Infallible>(body.to_string())]).map(move |piece| {
        let _ = &leaves;
        piece
    });
    ([(header::CONTENT_TYPE, JSON)], Body::from_stream(body)).into_response()
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use axum::body::to_bytes;
    use futures_util::FutureExt as _;

    use super::*;
    use crate::chat::http::LARGEST;

    #[tokio::test]
    async fn an_answer_has_left_once_its_body_is_gone_and_not_before() {
        let (leaves, left) = oneshot::channel::<()>();
        let answer = in_json(&json!({ "a": 1 }), Some(leaves));
        let mut left = pin!(left);
        assert!(left.as_mut().now_or_never().is_none());
        assert_eq!(&to_bytes(answer.into_body(), LARGEST).await.unwrap()[..], br#"{"a":1}"#);
        let _ = left.await;
        let (leaves, left) = oneshot::channel::<()>();
        let answer = in_json(&json!({}), Some(leaves));
        drop(answer);
        let _ = left.await;
    }
}
