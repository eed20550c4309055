//! What people do: type a command, press a button, fill in a form.

use serde_json::{Value, json};
use tokio::time::Instant;

use super::handle::InteractionHandle;
use super::interaction::{Interaction, InteractionCause};
use super::message::{FakeMessage, Place};
use super::permissions::{ADMINISTRATOR, USE_COMMANDS, in_channel, in_guild};
use super::settings::FakeUser;
use super::world::{Shared, World};
use super::{FakeDiscord, objects};

const ATTACHMENT_LIMIT: u64 = 10 * 1024 * 1024;

/// Where a person is when they do something.
#[derive(Clone, Copy)]
enum UserLocation {
    Guild { guild: u64, channel: u64 },
    Direct { channel: u64 },
}

impl FakeDiscord {
    /// Somebody types a command with text options, in the first channel of the guild.
    ///
    /// # Panics
    ///
    /// If the guild, the person or the command is not there, or a required option is missing: no client would let it out.
    pub fn slash(&self, user: u64, guild: u64, command: &str, options: &[(&str, &str)]) -> InteractionHandle {
        self.slash_in(user, guild, self.first_channel(guild), command, options)
    }

    /// Somebody types a command in this channel.
    ///
    /// # Panics
    ///
    /// As [`slash`](Self::slash) does.
    pub fn slash_in(
        &self,
        user: u64,
        guild: u64,
        channel: u64,
        command: &str,
        options: &[(&str, &str)],
    ) -> InteractionHandle {
        let definition = self.definition(guild, command);
        let known = definition["options"].as_array().cloned().unwrap_or_default();
        for option in known.iter().filter(|option| option["required"] == json!(true)) {
            let given = options.iter().any(|(name, _)| option["name"] == *name);
            assert!(given, "/{command} cannot be sent without {}", option["name"]);
        }
        let options: Vec<Value> = options
            .iter()
            .map(|(name, value)| {
                let is_known = known.iter().any(|option| option["name"] == *name);
                assert!(is_known, "/{command} has no option {name}");
                json!({ "name": name, "type": 3, "value": value })
            })
            .collect();
        let data = self.command_data(guild, &definition, &options);
        self.act(InteractionCause::Command, user, UserLocation::Guild { guild, channel }, &data, None)
    }

    /// Somebody has typed this much of an option that offers choices.
    ///
    /// # Panics
    ///
    /// If the command or the option is not there, or the option does not offer choices.
    pub fn autocomplete(
        &self,
        user: u64,
        guild: u64,
        command: &str,
        option: &str,
        typed: &str,
    ) -> InteractionHandle {
        let definition = self.definition(guild, command);
        let offers = definition["options"].as_array().is_some_and(|options| {
            options.iter().any(|known| known["name"] == *option && known["autocomplete"] == json!(true))
        });
        assert!(offers, "/{command} offers no choices for {option}");
        let options = vec![json!({ "name": option, "type": 3, "value": typed, "focused": true })];
        let data = self.command_data(guild, &definition, &options);
        let location = UserLocation::Guild { guild, channel: self.first_channel(guild) };
        self.act(InteractionCause::Autocomplete, user, location, &data, None)
    }

    /// Somebody presses a button that they see now.
    ///
    /// # Panics
    ///
    /// If the message is gone, not theirs to see, or has no such button that can be pressed.
    pub fn press_button(&self, message: &FakeMessage, custom_id: &str, user: u64) -> InteractionHandle {
        let now = self.message(message.id).expect("the message is there");
        assert!(!now.deleted, "the message has been deleted");
        let button = now.buttons().into_iter().find(|button| button.custom_id.as_deref() == Some(custom_id));
        let button = button.expect("the message has this button");
        assert!(!button.disabled, "the button is disabled");
        self.assert_sees(&now, user);
        self.press_stale_button(message, custom_id, user)
    }

    /// Somebody whose client still shows the message as it was then presses a button of it, whatever has become of it.
    pub fn press_stale_button(&self, message: &FakeMessage, custom_id: &str, user: u64) -> InteractionHandle {
        let location = match message.place {
            Place::Direct(_) => UserLocation::Direct { channel: message.channel },
            Place::Channel(_) | Place::Answer(_) => self.location_of(message.channel),
        };
        let data = json!({ "component_type": 2, "custom_id": custom_id, "id": 1 });
        self.act(InteractionCause::Button, user, location, &data, Some(message))
    }

    /// The person to whom this interaction answered with a form sends it, with these texts by custom id.
    ///
    /// # Panics
    ///
    /// If the answer was no form.
    pub fn submit_modal(&self, opened: &InteractionHandle, texts: &[(&str, &str)]) -> InteractionHandle {
        let (user, guild, channel, message, form) = self.shared.peek(|world| {
            let interaction = world.interactions.get(&opened.id).expect("the fake made it");
            let form = interaction.acknowledgement.clone().filter(|form| form.kind == 9);
            let form = form.expect("the bot answered with a form").data;
            (interaction.user, interaction.guild, interaction.channel, interaction.message, form)
        });
        let rows: Vec<Value> = texts
            .iter()
            .enumerate()
            .map(|(row, (id, text))| {
                let input = json!({ "type": 4, "id": 2 * row + 2, "custom_id": id, "value": text });
                json!({ "type": 1, "id": 2 * row + 1, "components": [input] })
            })
            .collect();
        let location = match guild {
            Some(guild) => UserLocation::Guild { guild, channel },
            None => UserLocation::Direct { channel },
        };
        let data = json!({ "custom_id": form["custom_id"], "components": rows });
        let message = message.and_then(|id| self.message(id));
        self.act(InteractionCause::Modal, user, location, &data, message.as_ref())
    }

    /// Whether this person's client offers the command, by Discord's own permission settings.
    pub fn offers(&self, user: u64, guild: u64, command: &str) -> bool {
        let guild = self.shared.guild(guild).expect("the guild is there");
        let definition = self.shared.peek(|world| find_command(world, guild.id, command));
        let has = in_guild(guild, user);
        definition.is_some_and(|definition| {
            let needs = definition["default_member_permissions"].as_str().and_then(|bits| bits.parse().ok());
            let enough = match needs {
                None => has & USE_COMMANDS != 0,
                Some(0) => has & ADMINISTRATOR != 0,
                Some(bits) => has & ADMINISTRATOR != 0 || has & bits == bits,
            };
            enough && has & (USE_COMMANDS | ADMINISTRATOR) != 0
        })
    }

    fn first_channel(&self, guild: u64) -> u64 {
        let guild = self.shared.guild(guild).expect("the guild is there");
        guild.channels.first().expect("the guild has a channel").id
    }

    fn location_of(&self, channel: u64) -> UserLocation {
        match self.shared.channel(channel) {
            Some((guild, _)) => UserLocation::Guild { guild: guild.id, channel },
            None => UserLocation::Direct { channel },
        }
    }

    fn definition(&self, guild: u64, command: &str) -> Value {
        let found = self.shared.peek(|world| find_command(world, guild, command));
        found.unwrap_or_else(|| panic!("/{command} is not registered in guild {guild}"))
    }

    fn command_data(&self, guild: u64, definition: &Value, options: &[Value]) -> Value {
        let data = json!({
            "id": definition["id"],
            "name": definition["name"],
            "type": 1,
            "options": options,
        });
        match definition.get("guild_id") {
            Some(_) => objects::with(data, &json!({ "guild_id": guild.to_string() })),
            None => data,
        }
    }

    fn assert_sees(&self, message: &FakeMessage, user: u64) {
        let sees = match message.place {
            Place::Direct(recipient) => recipient == user,
            Place::Answer(id) if message.is_ephemeral() => self.shared.peek(|world| {
                world.interactions.get(&id).is_some_and(|interaction| interaction.user == user)
            }),
            Place::Channel(_) | Place::Answer(_) => true,
        };
        assert!(sees, "user {user} cannot see this message");
    }

    /// Makes the interaction and tells the bot.
    fn act(
        &self,
        cause: InteractionCause,
        user: u64,
        location: UserLocation,
        data: &Value,
        message: Option<&FakeMessage>,
    ) -> InteractionHandle {
        let shared = &self.shared;
        let person = shared.user(user).unwrap_or_else(|| panic!("there is no user {user}"));
        let id = shared.with(|world| {
            let id = shared.snowflake(world);
            let token = format!("aW50ZXJhY3Rpb246{:024x}", shared.snowflake(world));
            let mut payload = envelope(shared, cause, id, &token, data, &person, location);
            if let (Some(message), Some(fields)) = (message, payload.as_object_mut()) {
                let shown = world.messages.get(&message.id).unwrap_or(message);
                fields.insert("message".to_owned(), objects::message(shared, shown));
            }
            let (guild, channel) = match location {
                UserLocation::Guild { guild, channel } => (Some(guild), channel),
                UserLocation::Direct { channel } => (None, channel),
            };
            let interaction = Interaction {
                token,
                cause,
                user,
                guild,
                channel,
                message: message.map(|message| message.id),
                payload: payload.clone(),
                dispatched: Instant::now(),
                created: shared.now(),
                lapsed: false,
                callbacks: Vec::new(),
                acknowledgement: None,
                original: None,
                follow_ups: Vec::new(),
            };
            world.interactions.insert(id, interaction);
            world.gateway.dispatch(guild, "INTERACTION_CREATE", &payload);
            id
        });
        InteractionHandle { shared: std::sync::Arc::clone(shared), id }
    }
}

fn find_command(world: &World, guild: u64, name: &str) -> Option<Value> {
    [Some(guild), None]
        .iter()
        .filter_map(|scope| world.commands.get(scope))
        .flatten()
        .find(|command| command["name"] == *name)
        .cloned()
}

/// The interaction as the gateway tells it. Libraries drop one that lacks any of this.
fn envelope(
    shared: &Shared,
    cause: InteractionCause,
    id: u64,
    token: &str,
    data: &Value,
    person: &FakeUser,
    location: UserLocation,
) -> Value {
    let kind = match cause {
        InteractionCause::Command => 2,
        InteractionCause::Button => 3,
        InteractionCause::Autocomplete => 4,
        InteractionCause::Modal => 5,
    };
    let common = json!({
        "version": 1,
        "type": kind,
        "id": id.to_string(),
        "application_id": shared.settings.application.to_string(),
        "token": token,
        "data": data,
        "locale": person.locale,
        "entitlements": [],
        "entitlement_sku_ids": [],
        "attachment_size_limit": ATTACHMENT_LIMIT,
    });
    match location {
        UserLocation::Guild { guild, channel } => {
            objects::with(common, &in_a_guild(shared, person, guild, channel))
        }
        UserLocation::Direct { channel } => objects::with(
            common,
            &json!({
                "context": 1,
                "channel_id": channel.to_string(),
                "channel": { "id": channel.to_string(), "type": 1, "flags": 0, "last_message_id": null },
                "user": objects::user(shared, person),
                "app_permissions": "2251799813685247",
                "authorizing_integration_owners": { "0": "0" },
            }),
        ),
    }
}

fn in_a_guild(shared: &Shared, person: &FakeUser, guild: u64, channel: u64) -> Value {
    let (home, room) = shared.channel(channel).expect("the channel is there");
    assert_eq!(home.id, guild, "the channel belongs to another guild");
    let permissions = |user| in_channel(home, room, user).to_string();
    let member = objects::with(
        objects::member(shared, home, person.id),
        &json!({ "permissions": permissions(person.id), "unusual_dm_activity_until": null }),
    );
    let place = objects::with(
        objects::channel(home, room),
        &json!({ "permissions": permissions(person.id), "theme_color": null, "icon_emoji": null }),
    );
    json!({
        "context": 0,
        "guild_id": guild.to_string(),
        "guild": { "id": guild.to_string(), "locale": home.locale, "features": [] },
        "guild_locale": home.locale,
        "channel_id": channel.to_string(),
        "channel": place,
        "member": member,
        "app_permissions": permissions(shared.settings.bot),
        "authorizing_integration_owners": { "0": guild.to_string() },
    })
}
