//! What Slack tells, however it came: what is said at once, and the work behind it.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::request::{ModalOpener, Origin, Request};
use crate::audit::RequestFault;
use crate::chat::courier::adapter::Ask;
use crate::chat::slack::adapter::Slack;
use crate::chat::slack::render::modal;
use crate::request::Action;

/// How long Slack gets to show an answer before its modal is changed again.
const APPLIED: Duration = Duration::from_millis(500);

/// What is to be said at once.
pub(super) struct Acknowledgement {
    /// Nothing, where a bare acknowledgement says enough.
    pub(super) body: Option<Value>,
    /// Dropped once this is sent: what is put into a modal before would be overwritten by it.
    pub(super) sent: Option<oneshot::Sender<()>>,
}

impl From<Option<Value>> for Acknowledgement {
    fn from(body: Option<Value>) -> Self {
        Self { body, sent: None }
    }
}

/// Takes on what Slack tells: the work goes on behind the acknowledgement.
///
/// # Errors
/// Where it makes no sense, or came before.
pub(super) async fn accept(slack: &Slack, request: Option<Request>) -> Result<Acknowledgement, RequestFault> {
    let this = slack.clone();
    let settings = &slack.adapter().settings;
    let team = settings.team.clone();
    match request {
        None => Err(RequestFault::Malformed),
        Some(Request::Other) => Ok(None.into()),
        Some(
            Request::Command { origin, .. } | Request::Press { origin, .. } | Request::Choice { origin, .. },
        ) if slack.is_repeat(&origin.fingerprint).await => Err(RequestFault::Replayed),
        Some(Request::Command { origin, opener: Some(opener), .. }) if settings.search => {
            // The modal that opens says enough.
            slack.bot().in_background(async move { this.offer_modal(origin, opener).await });
            Ok(None.into())
        }
        Some(Request::Command { origin, text, .. }) => {
            let on_it = slack.words(None).say(texts::slack::ON_IT, &[]);
            let on_it = json!({ "response_type": "ephemeral", "text": on_it });
            slack
                .bot()
                .in_background(async move { this.carry_out(origin.incoming(&team), Ask::Text(text)).await });
            Ok(Some(on_it).into())
        }
        Some(Request::Press { origin, action }) => {
            let ask = Ask::Press(Action::parse(&action));
            slack.bot().in_background(async move { this.carry_out(origin.incoming(&team), ask).await });
            Ok(None.into())
        }
        Some(Request::Choice { origin, command, contact }) => {
            let (sent, is_sent) = oneshot::channel::<()>();
            let body = Some(modal::on_it(&slack.words(None), command));
            slack.bot().in_background(async move {
                let _ = is_sent.await;
                // Slack keeps no order between this answer and what is put into the modal next: it gets time to apply it.
                tokio::time::sleep(APPLIED).await;
                this.carry_out(origin.incoming(&team), Ask::Command(command.about(&contact))).await;
            });
            Ok(Acknowledgement { body, sent: Some(sent) })
        }
        Some(Request::Typing { user, typed }) => {
            Ok(Some(slack.offer(&user.sender(&team), &typed).await).into())
        }
    }
}

impl Slack {
    /// Opens the modal in which a contact is chosen, for a command that names none.
    async fn offer_modal(&self, origin: Origin, opener: ModalOpener) {
        let incoming = origin.incoming(&self.adapter().settings.team);
        let Some(caller) = self.begin(&incoming).await else { return };
        if let Some(reply) = self.open_modal(&caller, &opener).await {
            self.answer(&caller.admin, &incoming.target, reply).await;
        }
    }
}
