//! What a test can see, await, and do to the sockets.

use std::time::Duration;

use super::FakeSlack;
use super::deliver::BotUrls;
use super::message::{Place, SlackMessage};
use super::socket::{SocketOrder, SocketsSeen};
use super::view::SlackView;
use crate::fakes::kit::{SeenRequest, TooLate};

/// Where the bot is.
impl FakeSlack {
    /// The bot listens below this URL, at `/slack/command`, `/slack/interactive` and `/slack/options`.
    pub fn connect(&self, bot_url: &str) {
        self.connect_at(BotUrls::below(bot_url));
    }

    /// The bot listens at these URLs.
    pub fn connect_at(&self, urls: BotUrls) {
        self.shared.with(|world| world.bot = Some(urls));
    }

    /// The bot listens nowhere: what people do goes over its WebSocket.
    pub fn use_sockets(&self) {
        self.shared.with(|world| world.bot = None);
    }
}

/// What has been seen.
impl FakeSlack {
    /// How many calls of this method came in.
    pub fn count(&self, method: &str) -> usize {
        self.count_of(|seen| seen.route == method)
    }

    /// Waits until so many calls of a method have been answered, and gives them all.
    ///
    /// # Errors
    ///
    /// When there are fewer by then.
    pub async fn requests_that(
        &self,
        count: usize,
        method: &str,
        within: Duration,
    ) -> Result<Vec<SeenRequest>, TooLate> {
        self.answered(count, within, |seen| seen.route == method).await
    }

    /// A message as it is now, deleted or not.
    pub fn message(&self, channel: &str, ts: &str) -> Option<SlackMessage> {
        self.messages_that(|message| message.channel == channel && message.ts == ts).pop()
    }

    /// All messages that were ever written at this place, in order, deleted ones too.
    pub fn messages_at(&self, place: &Place) -> Vec<SlackMessage> {
        self.messages_that(|message| message.place == *place)
    }

    /// All direct messages to this person.
    pub fn direct_messages(&self, user: &str) -> Vec<SlackMessage> {
        self.messages_at(&Place::Direct(user.to_owned()))
    }

    /// All messages that this person alone saw, in whatever channel.
    pub fn ephemeral_messages(&self, user: &str) -> Vec<SlackMessage> {
        self.messages_that(
            |message| matches!(&message.place, Place::Ephemeral { user: only, .. } if only == user),
        )
    }

    /// All messages that more than one person can see: what must never hold a link.
    pub fn public_messages(&self) -> Vec<SlackMessage> {
        self.messages_that(|message| matches!(message.place, Place::Channel(_)))
    }

    /// All messages that are as described.
    pub fn messages_that(&self, fits: impl Fn(&SlackMessage) -> bool) -> Vec<SlackMessage> {
        self.shared.peek(|world| world.messages.iter().filter(|message| fits(message)).cloned().collect())
    }

    /// Waits for a message at this place that is as described, new or edited.
    ///
    /// # Errors
    ///
    /// When there is none by then.
    pub async fn message_that(
        &self,
        place: &Place,
        within: Duration,
        fits: impl Fn(&SlackMessage) -> bool,
    ) -> Result<SlackMessage, TooLate> {
        self.shared
            .until("message", within, |world| {
                let mut here = world.messages.iter().filter(|message| message.place == *place);
                here.find(|message| !message.deleted && fits(message)).cloned()
            })
            .await
    }

    /// A view as it is now.
    pub fn view(&self, id: &str) -> Option<SlackView> {
        self.shared.peek(|world| world.views.iter().find(|view| view.id == id).cloned())
    }

    /// All views that this person ever had in front of them.
    pub fn views(&self, user: &str) -> Vec<SlackView> {
        self.shared.peek(|world| world.views.iter().filter(|view| view.user == user).cloned().collect())
    }

    /// Waits for an open view in front of this person that is as described.
    ///
    /// # Errors
    ///
    /// When there is none by then.
    pub async fn view_that(
        &self,
        user: &str,
        within: Duration,
        fits: impl Fn(&SlackView) -> bool,
    ) -> Result<SlackView, TooLate> {
        self.shared
            .until("view", within, |world| {
                let mut open = world.views.iter().rev().filter(|view| view.is_open && view.user == user);
                open.find(|view| fits(view)).cloned()
            })
            .await
    }
}

/// The sockets, seen and disturbed.
impl FakeSlack {
    /// What has been seen on the sockets.
    pub fn sockets(&self) -> SocketsSeen {
        self.shared.peek(|world| world.sockets.seen())
    }

    /// Waits until what has been seen on the sockets is as described.
    ///
    /// # Errors
    ///
    /// When it is not by then.
    pub async fn sockets_that(
        &self,
        within: Duration,
        fits: impl Fn(&SocketsSeen) -> bool,
    ) -> Result<SocketsSeen, TooLate> {
        self.shared
            .until("such state of the sockets", within, |world| {
                Some(world.sockets.seen()).filter(|seen| fits(seen))
            })
            .await
    }

    /// Waits until the bot has a connection.
    ///
    /// # Errors
    ///
    /// When it has none by then.
    pub async fn connected(&self, within: Duration) -> Result<(), TooLate> {
        self.sockets_that(within, |seen| seen.standing > 0).await.map(drop)
    }

    /// Waits until no connection is left.
    ///
    /// # Errors
    ///
    /// When there is one still.
    pub async fn disconnected(&self, within: Duration) -> Result<(), TooLate> {
        self.sockets_that(within, |seen| seen.standing == 0).await.map(drop)
    }

    /// Tells every connection to go: `warning`, `refresh_requested` or `link_disabled`. It gets nothing new, except after
    /// a warning, and stays until the bot, or [`close_sockets`](Self::close_sockets), ends it.
    pub fn ask_to_go(&self, reason: &str) {
        self.shared.with(|world| world.sockets.ask_to_go(reason));
    }

    /// Pings every connection.
    pub fn ping_sockets(&self) {
        self.shared.with(|world| world.sockets.tell_all(|| SocketOrder::Ping));
    }

    /// Closes every connection in good order.
    pub fn close_sockets(&self) {
        self.shared.with(|world| world.sockets.tell_all(|| SocketOrder::Close));
    }

    /// Resets every connection.
    pub fn cut_sockets(&self) {
        self.shared.with(|world| world.sockets.tell_all(|| SocketOrder::Cut));
    }

    /// New connections are refused, or taken again.
    pub fn take_connections(&self, takes: bool) {
        self.shared.with(|world| world.sockets.refuses = !takes);
    }
}
