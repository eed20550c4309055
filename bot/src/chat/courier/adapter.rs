//! What an adapter gives the courier: its platform's part of each message, and nothing that decides.

use std::fmt::Display;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use texts::Key;

use crate::admin::{Admin, Caller, Platform};
use crate::chat::http::REQUEST_TIME;
use crate::chat::retry::Retryable;
use crate::command::{Command, Mistake};
use crate::outcome::HandedOver;
use crate::request::Action;
use crate::words::{Markup, Part, Words};

/// A message that does not have its platform's form yet.
pub struct Message<'a> {
    pub parts: &'a [Part],
    /// The buttons below it.
    pub buttons: Vec<Button>,
    /// The contact whom it concerns; empty where it concerns nobody in particular.
    pub contact: &'a str,
    /// The platform's id of the one person who reads it; `None` in a channel.
    pub reader: Option<&'a str>,
    /// When it is written.
    pub now: Timestamp,
}

/// A button, as data.
pub struct Button {
    /// What pressing it asks for.
    pub action: Action,
    /// What stands on it.
    pub label: String,
    pub style: ButtonStyle,
}

/// How a button looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ButtonStyle {
    Plain,
    /// It agrees.
    Affirmative,
    /// It takes something away.
    Danger,
}

impl Button {
    pub(super) fn new(action: Action, words: &Words) -> Self {
        let (key, style) = match action {
            Action::Revoke(_) => (texts::chat::BUTTON_REVOKE, ButtonStyle::Danger),
            Action::HandOverInstead(_) => (texts::chat::BUTTON_INSTEAD, ButtonStyle::Plain),
            Action::Approve(_) => (texts::chat::BUTTON_APPROVE, ButtonStyle::Affirmative),
            Action::Decline(_) => (texts::chat::BUTTON_DECLINE, ButtonStyle::Plain),
            Action::SendLink(_) => (texts::chat::BUTTON_SEND, ButtonStyle::Affirmative),
            Action::HandMeTheLink(_) => (texts::chat::BUTTON_HAND, ButtonStyle::Plain),
            Action::Dismiss(_) => (texts::chat::BUTTON_DISMISS, ButtonStyle::Plain),
        };
        Self { action, label: words.say(key, &[]), style }
    }
}

/// What the courier needs of a platform.
#[async_trait]
pub trait Adapter: Send + Sync + 'static {
    /// Which platform it is.
    const PLATFORM: Platform;

    /// What the platform calls itself.
    const NAME: &'static str;

    /// How the platform writes.
    const MARKUP: Markup;

    /// How long one attempt to tell the audit channel may take, with the waits that are kept inside of it.
    const AUDIT_PATIENCE: Duration = REQUEST_TIME;

    /// Where somebody is answered; only they see it.
    type AnswerTarget: Send + Sync;

    /// A message in the platform's own form.
    type Rendered: Send + Sync;

    /// Why a message was not taken. `Display` is for the log.
    type Error: Display + Retryable + Send;

    /// The language of whoever is answered there, as the platform names it.
    fn locale<'a>(&self, _target: &'a Self::AnswerTarget) -> Option<&'a str> {
        None
    }

    /// Which text stands above a link in an answer there; `None` where the platform does not vouch that an answer reaches the admin alone, or reaches them at
    /// all: no link stands in it then.
    fn above_link(&self, target: &Self::AnswerTarget) -> Option<Key>;

    /// Where whoever asked can be answered once more, for as long as a request for approval lives.
    fn later_target(&self, target: &Self::AnswerTarget) -> Option<Self::AnswerTarget>;

    /// What the answer says once the link has gone by direct message.
    fn beside_direct_message(
        &self,
        _target: &Self::AnswerTarget,
        words: &Words,
        link: &HandedOver,
    ) -> Vec<Part> {
        words.handed_over_by_direct_message(link)
    }

    /// The message in the platform's own form. Sending the same one again makes no second message where the platform can tell.
    fn render(&self, message: &Message<'_>) -> Self::Rendered;

    /// Tells whoever asked that it is being done, where the platform waits for that. `false`: it did not take it, and nothing is begun, since nobody would see
    /// what came of it.
    async fn acknowledge(&self, _target: &Self::AnswerTarget) -> bool {
        true
    }

    /// With which roles somebody comes now; `None`: they are not there (any more).
    ///
    /// # Errors
    /// Where the platform does not say, and whether they may depends on it: that is not a no.
    async fn caller(&self, admin: &Admin) -> Result<Option<Caller>, Self::Error>;

    /// A message to one person; names it.
    ///
    /// # Errors
    /// Where the platform did not say that it has taken it. It may have arrived all the same.
    async fn direct_message(&self, user: &str, message: &Self::Rendered) -> Result<String, Self::Error>;

    /// A message in a channel; names it. `patience`: how long the platform may take, with all waits that it asks for.
    ///
    /// # Errors
    /// As with a direct message.
    async fn post(
        &self,
        channel: &str,
        message: &Self::Rendered,
        patience: Duration,
    ) -> Result<String, Self::Error>;

    /// Puts something else in place of a message of ours, its buttons too.
    ///
    /// # Errors
    /// Where the platform did not do it, or `name` is no name of a message there.
    async fn edit(&self, name: &str, message: &Self::Rendered) -> Result<(), Self::Error>;

    /// The answer. Returns once the platform has taken it.
    ///
    /// # Errors
    /// Where it did not.
    async fn answer(&self, target: &Self::AnswerTarget, message: &Self::Rendered) -> Result<(), Self::Error>;

    /// One more answer, below the first.
    ///
    /// # Errors
    /// Where the platform did not take it.
    async fn answer_again(
        &self,
        target: &Self::AnswerTarget,
        message: &Self::Rendered,
    ) -> Result<(), Self::Error> {
        self.answer(target, message).await
    }
}

/// Something that somebody typed or pressed.
pub(in crate::chat) struct Incoming<T> {
    pub(in crate::chat) delivery: Delivery,
    pub(in crate::chat) sender: Sender,
    /// Where they are answered.
    pub(in crate::chat) target: T,
}

/// By what a repeat of a request is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::chat) enum Delivery {
    /// A fingerprint of the platform's name for it, which the audit notes before anything is done: a platform that calls us may call again, after a restart too.
    Noted(String),
    /// The platform's name for something of which it takes one acknowledgement and no second, whichever process gives it.
    AcknowledgedOnce(String),
}

/// Who asks.
#[derive(Debug, Clone)]
pub(in crate::chat) enum Sender {
    /// The platform has said all that there is to know of them.
    Known(Caller),
    /// It has to be asked with which roles they come.
    Unknown(Admin),
}

impl Sender {
    pub(in crate::chat) fn admin(&self) -> &Admin {
        match self {
            Self::Known(caller) => &caller.admin,
            Self::Unknown(admin) => admin,
        }
    }
}

/// What somebody asks for.
pub(in crate::chat) enum Ask {
    /// Text, the command's name included.
    Text(String),
    /// A command that the platform has taken apart, or what is wrong with it.
    Command(Result<Command, Mistake>),
    /// A press of a button; `None`: of one that is none of ours.
    Press(Option<Action>),
}
