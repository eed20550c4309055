//! Mattermost on a loopback socket, in the clear as self-hosted servers often are: the API, version 4, of servers 9 and
//! 10, slash commands, and the buttons below posts.
//!
//! Nothing here reaches beyond loopback, and nothing here knows how the bot is made. What Mattermost refuses is refused
//! in its own words; what it takes and breaks in silence, such as a button whose id has a dash, is reported by
//! [`FakeMattermost::assert_no_violations`], at the latest when the fake is dropped.
//!
//! Not played: the web socket, files, threads, menus and dialogs, incoming webhooks, commands by `GET`, redirects of a
//! bot, and `AllowedUntrustedInternalConnections`.

mod command;
mod handle;
mod ids;
mod objects;
mod outgoing;
mod people;
mod post;
mod press;
mod raw;
mod refusal;
mod rest;
mod rules;
mod settings;
mod slack;
mod watch;
mod world;

use std::io;
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::Notify;

pub use command::Acknowledgement;
pub use handle::{CommandHandle, PressHandle};
pub use ids::id;
pub use post::{Button, FakePost, Origin, Place};
pub use press::PressAnswer;
pub use refusal::Refusal;
pub use settings::{FakeChannel, FakeUser, MattermostSettings, SiteUrl};
use world::{Endpoints, World};

use crate::fakes::kit::listener::{Listener, address, on_loopback};
use crate::fakes::kit::{self, client, http};
pub use crate::fakes::kit::{Lasts, Now, RawAnswer, SeenRequest, TooLate};

/// What happens to a request instead of its answer.
pub type Fault = kit::Fault<Refusal>;

/// The platform that [`FakeMattermost`] plays.
pub enum Mattermost {}

/// A running fake. It stops when dropped, and then fails the test if Mattermost's rules were broken.
pub type FakeMattermost = kit::Fake<Mattermost>;

impl FakeMattermost {
    /// Starts on a free port of the loopback interface.
    ///
    /// # Panics
    ///
    /// If loopback has no free port, or an id in the settings is none.
    pub async fn start(settings: MattermostSettings) -> Self {
        let users = settings.users.iter().map(|user| &user.id);
        let channels = settings.channels.iter().map(|channel| &channel.id);
        for id in users.chain(channels).chain([&settings.bot, &settings.team]) {
            assert!(ids::is_id(id), "{id} is no id: 26 letters and digits");
        }
        let listener = on_loopback().await;
        let client = client::in_the_clear()
            // A bot that has been stopped and started again is asked anew, on a connection of its own.
            .pool_max_idle_per_host(0)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .expect("a client can be made");
        let url = format!("http://{}", address(&listener));
        let endpoints = Endpoints { url, client, hang_up: Notify::new() };
        let world = World::new(&settings);
        let fake = Self::new(settings, endpoints, world);
        let listener = Listener::new(listener, None, &fake.shared.stop);
        tokio::spawn(http::serve(listener, Arc::clone(&fake.shared)));
        fake
    }

    /// Where the server listens, without `/api/v4`.
    pub fn url(&self) -> &str {
        &self.shared.endpoints.url
    }

    /// Asks it whether it is there, as a client would. The one `GET /system/ping` stays among the requests.
    ///
    /// # Errors
    ///
    /// When it does not answer as it should.
    pub async fn answers(&self) -> io::Result<()> {
        let url = format!("{}/api/v4/system/ping", self.url());
        let answer = self.shared.endpoints.client.get(url).send().await.map_err(io::Error::other)?;
        let body = answer.bytes().await.map_err(io::Error::other)?;
        let body: Value = serde_json::from_slice(&body).map_err(io::Error::other)?;
        if body["status"] == "OK" {
            Ok(())
        } else {
            Err(io::Error::other("it does not say that it is there"))
        }
    }

    /// The operator sets the command's address: `/mattermost/command` of the bot that listens here.
    pub fn connect(&self, bot: &str) {
        self.connect_command(&format!("{}/mattermost/command", bot.trim_end_matches('/')));
    }

    /// The operator sets the command's address.
    pub fn connect_command(&self, url: &str) {
        self.shared.with(|world| world.command_url = Some(url.to_owned()));
    }

    /// The command's address, as the operator set it.
    ///
    /// # Panics
    ///
    /// If no bot is connected.
    pub fn command_url(&self) -> String {
        self.shared.peek(|world| world.command_url.clone()).expect("a bot is connected")
    }

    /// The channel of direct messages of the bot with this person, opened by them if it was not there.
    pub fn direct_channel(&self, user: &str) -> String {
        self.shared.with(|world| world.direct_with(user))
    }

    /// Waits no longer for the bot's answers that are due now, as when its time for outgoing requests is over.
    pub fn hangs_up(&self) {
        self.shared.endpoints.hang_up.notify_waiters();
    }

    /// The bot's access token is worth nothing from now on.
    pub fn revoke_token(&self) {
        self.shared.with(|world| world.token = None);
    }

    /// Mattermost makes a new token for the command, and sends it from now on.
    pub fn change_command_token(&self, token: &str) {
        self.shared.with(|world| token.clone_into(&mut world.command_token));
    }

    /// `Authorization: Token …` goes along with commands from now on, or no longer does.
    pub fn sends_authorization(&self, sends: bool) {
        self.shared.with(|world| world.sends_authorization = sends);
    }

    /// The bot's role has the permission `create_post_ephemeral` from now on, or no longer has it.
    pub fn may_post_ephemeral(&self, may: bool) {
        self.shared.with(|world| world.may_post_ephemeral = may);
    }

    /// The bot may write to this person from now on, or no longer may.
    pub fn takes_direct_messages(&self, user: &str, takes: bool) {
        self.shared.with(|world| world.direct.takes(user.to_owned(), takes));
    }

    /// This person's account is deactivated: it has a `delete_at`.
    pub fn deactivate(&self, user: &str) {
        self.shared.with(|world| world.deactivated.push(user.to_owned()));
    }
}
