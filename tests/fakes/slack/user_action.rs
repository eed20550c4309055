//! What a person did, and what the bot made of it.

use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

/// What a person did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UserActionKind {
    Command,
    Action,
    Suggestion,
    Submission,
    Closing,
}

/// What the bot said to a request of Slack's, or to an envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledgement {
    /// The HTTP status; 200 for an envelope.
    pub status: u16,
    /// What the body is called.
    pub content_type: String,
    /// The body, or an envelope's payload as JSON.
    pub body: String,
    /// How long it took.
    pub after: Duration,
}

impl Acknowledgement {
    /// The body as JSON; null where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

pub(super) struct UserAction {
    pub(super) kind: UserActionKind,
    pub(super) user: String,
    pub(super) channel: Option<String>,
    /// What the bot is told.
    pub(super) payload: Value,
    /// The message that was clicked in.
    pub(super) message: Option<usize>,
    /// The view that was clicked in, sent or closed.
    pub(super) view: Option<String>,
    pub(super) dispatched: Instant,
    pub(super) acknowledgements: Vec<Acknowledgement>,
    /// What Slack tells the person when the bot does not answer.
    pub(super) failure: Option<String>,
    /// The messages that answer it.
    pub(super) answers: Vec<usize>,
}

impl UserAction {
    pub(super) fn new(kind: UserActionKind, user: &str, channel: Option<String>) -> Self {
        Self {
            kind,
            user: user.to_owned(),
            channel,
            payload: Value::Null,
            message: None,
            view: None,
            dispatched: Instant::now(),
            acknowledgements: Vec::new(),
            failure: None,
            answers: Vec::new(),
        }
    }

    pub(super) fn is_answered_by(&mut self, message: usize) {
        if !self.answers.contains(&message) {
            self.answers.push(message);
        }
    }
}
