//! What a test can see, await, and do to the gateway.

use std::time::Duration;

use serde_json::{Value, json};

use super::FakeDiscord;
use super::gateway::{GatewayOrder, GatewaySeen};
use super::message::{FakeMessage, Place};
use super::world::Registration;
use crate::fakes::kit::TooLate;

/// What has been seen.
impl FakeDiscord {
    /// The commands as they are registered now, of a guild or global.
    pub fn commands(&self, guild: Option<u64>) -> Vec<Value> {
        self.shared.peek(|world| world.commands.get(&guild).cloned().unwrap_or_default())
    }

    /// Every write to the lists of commands, in order.
    pub fn registrations(&self) -> Vec<Registration> {
        self.shared.peek(|world| world.registrations.clone())
    }

    /// Waits until a command is registered in a guild.
    ///
    /// # Errors
    ///
    /// When it is not by then.
    pub async fn registered(&self, guild: u64, command: &str, within: Duration) -> Result<Value, TooLate> {
        self.shared
            .until("registered command", within, |world| {
                let commands = world.commands.get(&Some(guild))?;
                commands.iter().find(|known| known["name"] == *command).cloned()
            })
            .await
    }

    /// A message as it is now, deleted or not.
    pub fn message(&self, id: u64) -> Option<FakeMessage> {
        self.shared.peek(|world| world.messages.get(&id).cloned())
    }

    /// All messages that were ever written at this kind of place, in order, deleted ones too.
    pub fn messages_at(&self, place: Place) -> Vec<FakeMessage> {
        self.messages_that(|message| message.place == place)
    }

    /// All direct messages to this person.
    pub fn direct_messages(&self, user: u64) -> Vec<FakeMessage> {
        self.messages_at(Place::Direct(user))
    }

    /// All messages that more than one person can see: what must never hold a link.
    pub fn public_messages(&self) -> Vec<FakeMessage> {
        self.messages_that(|message| !matches!(message.place, Place::Direct(_)) && !message.is_ephemeral())
    }

    /// All messages that are as described.
    pub fn messages_that(&self, fits: impl Fn(&FakeMessage) -> bool) -> Vec<FakeMessage> {
        self.shared.peek(|world| world.messages.values().filter(|message| fits(message)).cloned().collect())
    }

    /// Waits for a message at this place that is as described, new or edited.
    ///
    /// # Errors
    ///
    /// When there is none by then.
    pub async fn message_that(
        &self,
        place: Place,
        within: Duration,
        fits: impl Fn(&FakeMessage) -> bool,
    ) -> Result<FakeMessage, TooLate> {
        self.shared
            .until("message", within, |world| {
                let mut here = world.messages.values().filter(|message| message.place == place);
                here.find(|message| !message.deleted && fits(message)).cloned()
            })
            .await
    }
}

/// The gateway, seen and disturbed.
impl FakeDiscord {
    /// What has been seen on the gateway.
    pub fn gateway(&self) -> GatewaySeen {
        self.shared.peek(|world| world.gateway.seen.clone())
    }

    /// Waits until what has been seen on the gateway is as described.
    ///
    /// # Errors
    ///
    /// When it is not by then.
    pub async fn gateway_that(
        &self,
        within: Duration,
        fits: impl Fn(&GatewaySeen) -> bool,
    ) -> Result<GatewaySeen, TooLate> {
        self.shared
            .until("such state of the gateway", within, |world| {
                Some(&world.gateway.seen).filter(|seen| fits(seen)).cloned()
            })
            .await
    }

    /// Waits until the bot has identified and is connected.
    ///
    /// # Errors
    ///
    /// When it is not by then.
    pub async fn connected(&self, within: Duration) -> Result<(), TooLate> {
        self.shared
            .until("connected bot", within, |world| (world.gateway.connected() > 0).then_some(()))
            .await
    }

    /// Waits until no connection is left.
    ///
    /// # Errors
    ///
    /// When there is one still.
    pub async fn disconnected(&self, within: Duration) -> Result<(), TooLate> {
        self.shared
            .until("empty gateway", within, |world| (world.gateway.connected() == 0).then_some(()))
            .await
    }

    /// Tells the bot of an event in this guild, whatever it may be.
    pub fn dispatch(&self, guild: u64, name: &str, data: &Value) {
        self.shared.with(|world| world.gateway.dispatch(Some(guild), name, data));
    }

    /// Resets every gateway connection. Sessions live on, and what happens meanwhile is told at the resume.
    pub fn cut_gateway(&self) {
        self.shared.with(|world| world.gateway.tell(|| GatewayOrder::Cut));
    }

    /// Closes every gateway connection with this code.
    pub fn close_gateway(&self, code: u16) {
        self.shared.with(|world| world.gateway.tell(|| GatewayOrder::Close(code)));
    }

    /// Asks every client to reconnect and resume (op 7).
    pub fn ask_to_reconnect(&self) {
        let payload = json!({ "op": 7, "s": null, "t": null, "d": null });
        self.shared.with(|world| world.gateway.tell(|| GatewayOrder::Say(payload.clone())));
    }

    /// Asks every client for a heartbeat at once (op 1).
    pub fn ask_for_heartbeat(&self) {
        let payload = json!({ "op": 1, "s": null, "t": null, "d": null });
        self.shared.with(|world| world.gateway.tell(|| GatewayOrder::Say(payload.clone())));
    }

    /// Says that the session is invalid (op 9). Unless it is resumable it is forgotten.
    pub fn invalidate_sessions(&self, resumable: bool) {
        let payload = json!({ "op": 9, "s": null, "t": null, "d": resumable });
        self.shared.with(|world| {
            world.gateway.tell(|| GatewayOrder::Say(payload.clone()));
            if !resumable {
                world.gateway.forget_sessions();
            }
        });
    }

    /// The next RESUME is answered with op 9, and says whether trying again is of use.
    pub fn refuse_next_resume(&self, resumable: bool) {
        self.shared.with(|world| world.gateway.refuse_resume = Some(resumable));
    }

    /// Heartbeats are no longer acknowledged, or are again.
    pub fn acknowledge_heartbeats(&self, acknowledges: bool) {
        self.shared.with(|world| world.gateway.keeps_quiet = !acknowledges);
    }

    /// The next connection alone is asked for heartbeats at this interval, whatever the settings say.
    pub fn hurry_next_connection(&self, heartbeat_interval: Duration) {
        self.shared.with(|world| world.gateway.hurry = Some(heartbeat_interval));
    }

    /// New gateway connections are dropped, or taken again.
    pub fn take_connections(&self, takes: bool) {
        self.shared.with(|world| world.gateway.closed_to_all = !takes);
    }
}
