//! What the fake knows of one interaction.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio::time::Instant;

/// How long an interaction's token is good for.
const TOKEN_LIFE: SignedDuration = SignedDuration::from_mins(15);

/// What a person did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum InteractionCause {
    Command,
    Button,
    Autocomplete,
    Modal,
}

/// The first answer of a bot.
#[derive(Debug, Clone, PartialEq)]
pub struct Acknowledgement {
    /// Discord's number: 4 message, 5 deferred message, 6 deferred update, 7 update, 8 choices, 9 modal.
    pub kind: u64,
    /// Whether only this person sees the answer.
    pub ephemeral: bool,
    /// How long after dispatch it came.
    pub after: Duration,
    /// The data, as sent.
    pub data: Value,
}

pub(super) struct Interaction {
    pub(super) token: String,
    pub(super) cause: InteractionCause,
    pub(super) user: u64,
    pub(super) guild: Option<u64>,
    pub(super) channel: u64,
    /// The message whose button was pressed.
    pub(super) message: Option<u64>,
    pub(super) payload: Value,
    pub(super) dispatched: Instant,
    pub(super) created: Timestamp,
    pub(super) lapsed: bool,
    /// How long after dispatch callbacks arrived, whatever became of them.
    pub(super) callbacks: Vec<Duration>,
    pub(super) acknowledgement: Option<Acknowledgement>,
    /// What `@original` stands for.
    pub(super) original: Option<u64>,
    pub(super) follow_ups: Vec<u64>,
}

impl Interaction {
    /// Whether the token still opens the webhook.
    pub(super) fn is_open(&self, now: Timestamp) -> bool {
        !self.lapsed && now.duration_since(self.created) < TOKEN_LIFE
    }
}
