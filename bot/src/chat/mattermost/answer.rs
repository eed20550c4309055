//! Where an answer goes, and a message to one person.

use std::sync::{Mutex, PoisonError};
use texts::Key;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use reqwest::Method;
use serde_json::json;
use tokio::sync::oneshot;

use super::Inner;
use super::api::Failure;
use super::hook::HookId;
use super::render::{Buttons, Letter};
use crate::bot::Bot;
use crate::chat::courier::{Message, Platform, Waiting};
use crate::chat::http::REQUEST_TIME;
use crate::words::Words;

/// Where an answer goes.
pub(super) enum Place {
    /// To the hook that was made for the command.
    Hook(HookId),
    /// Back to the server, which waits for it; empty once it is answered.
    Press(Mutex<Option<oneshot::Sender<Letter>>>),
}

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

    /// Invariant: no link goes to an address that came with a request, nor down the connection on which it came. A command is known by a token that every request
    /// shows, a press by a context that the server stores, and neither is a signature over who asks; and the server may hang up before it has read an answer.
    fn above_link(&self, _place: &Place) -> Option<Key> {
        None
    }

    fn later(&self, place: &Place) -> Option<Place> {
        match place {
            Place::Hook(hook) => Some(Place::Hook(hook.clone())),
            Place::Press(_) => None,
        }
    }

    async fn direct_message(&self, user: &str, message: &Message<'_>) -> Result<String, Failure> {
        self.send(user, &self.letter(message)).await
    }

    async fn answer(&self, place: &Place, message: &Message<'_>) -> Result<(), Failure> {
        let letter = self.letter(message);
        match place {
            Place::Hook(hook) => self.api.respond(hook, &letter.private()).await,
            Place::Press(waits) => {
                let waits = waits.lock().unwrap_or_else(PoisonError::into_inner).take();
                waits.and_then(|waits| waits.send(letter).ok()).ok_or(Failure::HungUp)
            }
        }
    }
}

impl Inner {
    /// Buttons below what `reader` reads; `None`: whoever is in the channel.
    pub(super) fn buttons<'a>(&'a self, words: &'a Words, reader: Option<&'a str>) -> Buttons<'a> {
        let (sealer, callback_url) = (&self.sealer, self.settings.callback_url.as_str());
        Buttons { words, sealer, callback_url, reader, now: (self.clock)() }
    }

    fn letter(&self, message: &Message<'_>) -> Letter {
        let buttons = self.buttons(message.words, Some(message.reader));
        Letter::new(message.parts).with_buttons(&buttons, message.actions, message.contact)
    }

    /// A message to one person; names it. Where this fails, it may have arrived all the same.
    pub(super) async fn send(&self, user: &str, letter: &Letter) -> Result<String, Failure> {
        let patience = self.settings.patience;
        let name = self.name_post();
        let both = async {
            let own = self.api.call(Method::GET, "/users/me", None, patience).await?;
            let own = own["id"].as_str().ok_or(Failure::Unreachable)?;
            let pair = json!([own, user]);
            let channel = self.api.call(Method::POST, "/channels/direct", Some(&pair), patience).await?;
            self.post(channel["id"].as_str().ok_or(Failure::Unreachable)?, &name, letter).await
        };
        tokio::time::timeout(patience, both).await.unwrap_or(Err(Failure::TimedOut))
    }

    /// A name for a post that is yet to be written. For half a minute the server takes a second post of the same name for the same post
    /// (<https://github.com/mattermost/mattermost/blob/master/server/channels/app/post.go>, `deduplicateCreatePost`), so that it may be sent again.
    pub(super) fn name_post(&self) -> String {
        let mut random = [0; 16];
        self.bot.random(&mut random);
        URL_SAFE_NO_PAD.encode(random)
    }

    /// A post in a channel; names it.
    pub(super) async fn post(&self, channel: &str, name: &str, letter: &Letter) -> Result<String, Failure> {
        let post = letter.post(channel, name);
        let posted = self.api.call(Method::POST, "/posts", Some(&post), REQUEST_TIME).await?;
        posted["id"].as_str().map(str::to_owned).ok_or(Failure::Unreachable)
    }
}
