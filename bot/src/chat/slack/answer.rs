//! Where an answer goes, and a message to one person.

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::json;
use texts::{Key, slack};

use super::Inner;
use super::api::Failure;
use super::render::Letter;
use super::request::{Asked, Place};
use super::view;
use crate::bot::Bot;
use crate::chat::courier::{self, Message, Platform, Waiting};
use crate::chat::http::{ANSWER_TIME, REQUEST_TIME};
use crate::outcome::{HandedOver, Reply};
use crate::words::{Part, Words};

#[async_trait]
impl Platform for Inner {
    type Place = Place;
    type Failure = Failure;

    fn bot(&self) -> &Bot {
        &self.bot
    }

    fn now(&self) -> Timestamp {
        (self.clock)()
    }

    fn waiting(&self) -> &Waiting<Place> {
        &self.waiting
    }

    fn words(&self, _place: Option<&Place>) -> Words {
        self.words()
    }

    /// The address came signed, and leads to Slack alone; a view is ours.
    fn above_link(&self, _place: &Place) -> Option<Key> {
        Some(slack::NO_DIRECT_MESSAGE)
    }

    /// A command can be answered for half an hour; a view is closed by then.
    fn later(&self, place: &Place) -> Option<Place> {
        matches!(place, Place::Address(_)).then(|| place.clone())
    }

    /// A view shows the link as well: it stays open until it is closed.
    fn beside_direct_message(&self, place: &Place, words: &Words, link: &HandedOver) -> Vec<Part> {
        match place {
            Place::Address(_) => words.handed_over_by_direct_message(link),
            Place::View { .. } => {
                let also = Part::Text(words.say(slack::ALSO_DIRECT_MESSAGE, &[]));
                words.handed_over(link).into_iter().chain([also]).collect()
            }
        }
    }

    async fn direct_message(&self, user: &str, message: &Message<'_>) -> Result<String, Failure> {
        self.send(user, &letter(message)).await
    }

    async fn answer(&self, place: &Place, message: &Message<'_>) -> Result<(), Failure> {
        self.respond(place, &letter(message)).await
    }
}

fn letter(message: &Message<'_>) -> Letter {
    Letter::new(message.parts).with_buttons(message.words, message.actions)
}

impl Inner {
    pub(super) async fn reply(&self, asked: &Asked, reply: Reply) {
        courier::answer(self, &asked.admin(), &asked.place, reply).await;
    }

    /// What only whoever asked sees.
    async fn respond(&self, place: &Place, letter: &Letter) -> Result<(), Failure> {
        match place {
            Place::Address(url) => self.api.respond(url, &letter.private()).await,
            Place::View { id, about } => {
                let body = json!({ "view_id": id, "view": view::outcome(&self.words(), *about, letter) });
                self.api.call("views.update", &body, ANSWER_TIME).await.map(|_| ())
            }
        }
    }

    /// A message to one person; names it. Where this fails, it may have arrived all the same.
    pub(super) async fn send(&self, user: &str, letter: &Letter) -> Result<String, Failure> {
        let both = async {
            let opened = self
                .api
                .call("conversations.open", &json!({ "users": user }), self.settings.patience)
                .await?;
            let channel = opened["channel"]["id"].as_str().ok_or(Failure::Unreachable)?;
            self.post(channel, letter).await
        };
        tokio::time::timeout(self.settings.patience, both).await.unwrap_or(Err(Failure::TimedOut))
    }

    /// A message in a channel; names it.
    pub(super) async fn post(&self, channel: &str, letter: &Letter) -> Result<String, Failure> {
        let body = letter.body(&json!({ "channel": channel }));
        let posted = self.api.call_once("chat.postMessage", &body, REQUEST_TIME).await?;
        let ts = posted["ts"].as_str().ok_or(Failure::Unreachable)?;
        let channel = posted["channel"].as_str().unwrap_or(channel);
        Ok(format!("{channel}/{ts}"))
    }
}
