//! What stands in the fake before a test begins: people, guilds, roles, channels.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::SignedDuration;

use super::permissions::{EMBED_LINKS, READ_MESSAGE_HISTORY, SEND_MESSAGES, USE_COMMANDS, VIEW_CHANNEL};
use crate::fakes::kit::{Now, clock};

/// A person, as far as Discord knows them.
#[derive(Debug, Clone)]
pub struct FakeUser {
    /// Snowflake.
    pub id: u64,
    /// Unique name.
    pub name: String,
    /// Display name.
    pub display_name: Option<String>,
    /// The language of this person's client.
    pub locale: String,
    /// Whether direct messages from a bot arrive; otherwise 50007.
    pub takes_direct_messages: bool,
}

impl FakeUser {
    /// Somebody who speaks British English and takes direct messages.
    pub fn new(id: u64, name: &str) -> Self {
        Self {
            id,
            name: name.to_owned(),
            display_name: None,
            locale: "en-GB".to_owned(),
            takes_direct_messages: true,
        }
    }
}

/// A role in a guild.
#[derive(Debug, Clone)]
pub struct FakeRole {
    /// Snowflake; the guild's own id is `@everyone`.
    pub id: u64,
    /// As shown.
    pub name: String,
    /// Permission bits.
    pub permissions: u64,
}

/// Whom an overwrite of a channel is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whom {
    /// Everybody with this role.
    Role(u64),
    /// One member.
    Member(u64),
}

/// A channel's exception from what roles allow.
#[derive(Debug, Clone, Copy)]
pub struct Overwrite {
    /// Whom it is for.
    pub whom: Whom,
    /// Bits given.
    pub allow: u64,
    /// Bits taken.
    pub deny: u64,
}

/// A channel of a guild.
#[derive(Debug, Clone)]
pub struct FakeChannel {
    /// Snowflake.
    pub id: u64,
    /// As Discord numbers them: 0 for text, 2 for voice.
    pub kind: u64,
    /// As shown.
    pub name: String,
    /// Its exceptions.
    pub overwrites: Vec<Overwrite>,
}

/// Somebody in a guild.
#[derive(Debug, Clone)]
pub struct FakeMember {
    /// Who.
    pub user: u64,
    /// Roles beside `@everyone`.
    pub roles: Vec<u64>,
}

/// A guild that the bot has been added to.
#[derive(Debug, Clone)]
pub struct FakeGuild {
    /// Snowflake.
    pub id: u64,
    /// As shown.
    pub name: String,
    /// The owner may do everything.
    pub owner: u64,
    /// The guild's own language.
    pub locale: String,
    /// `@everyone` first.
    pub roles: Vec<FakeRole>,
    /// Channels, text first.
    pub channels: Vec<FakeChannel>,
    /// Who is in it; the bot always is, without a role unless it is listed.
    pub members: Vec<FakeMember>,
}

impl FakeGuild {
    /// An empty guild in which everybody may see, write and use commands.
    pub fn new(id: u64, name: &str, owner: u64) -> Self {
        let everyone = VIEW_CHANNEL | SEND_MESSAGES | USE_COMMANDS | READ_MESSAGE_HISTORY | EMBED_LINKS;
        Self {
            id,
            name: name.to_owned(),
            owner,
            locale: "en-US".to_owned(),
            roles: vec![FakeRole { id, name: "@everyone".to_owned(), permissions: everyone }],
            channels: Vec::new(),
            members: Vec::new(),
        }
    }

    /// With one more role.
    #[must_use]
    pub fn role(mut self, id: u64, name: &str, permissions: u64) -> Self {
        self.roles.push(FakeRole { id, name: name.to_owned(), permissions });
        self
    }

    /// With one more channel.
    #[must_use]
    pub fn channel(self, id: u64, name: &str) -> Self {
        self.channel_with(id, name, &[])
    }

    /// With one more channel that has exceptions.
    #[must_use]
    pub fn channel_with(mut self, id: u64, name: &str, overwrites: &[Overwrite]) -> Self {
        let overwrites = overwrites.to_vec();
        self.channels.push(FakeChannel { id, kind: 0, name: name.to_owned(), overwrites });
        self
    }

    /// With one more channel in which people speak.
    #[must_use]
    pub fn voice_channel(mut self, id: u64, name: &str) -> Self {
        self.channels.push(FakeChannel { id, kind: 2, name: name.to_owned(), overwrites: Vec::new() });
        self
    }

    /// With one more member.
    #[must_use]
    pub fn member(mut self, user: u64, roles: &[u64]) -> Self {
        self.members.push(FakeMember { user, roles: roles.to_vec() });
        self
    }
}

/// What the Developer Portal has switches for.
#[derive(Debug, Clone, Default)]
pub struct FakePortal {
    /// Whether anybody may invite the bot.
    pub is_public: bool,
    /// Whether an invitation needs the OAuth2 code grant.
    pub needs_code_grant: bool,
    /// Where interactions go instead of the gateway.
    pub interactions_endpoint: Option<String>,
    /// The application's flags.
    pub flags: u64,
}

/// How the fake is set up.
#[derive(Clone)]
pub struct FakeSettings {
    /// The bot token that is taken.
    pub token: String,
    /// The application's id.
    pub application: u64,
    /// The bot's own user id.
    pub bot: u64,
    /// What the Developer Portal says of the application.
    pub portal: FakePortal,
    /// How often the bot may connect today.
    pub session_starts: u64,
    /// By how much Discord's clock differs from this machine's, in the `Date` of its answers.
    pub date_ahead: SignedDuration,
    /// Everybody else.
    pub users: Vec<FakeUser>,
    /// Guilds that the bot is in.
    pub guilds: Vec<FakeGuild>,
    /// What HELLO asks for.
    pub heartbeat_interval: Duration,
    /// How long after dispatch an interaction takes its first answer.
    pub acknowledge_within: Duration,
    /// Whether the application may ask for privileged intents; otherwise 4014.
    pub privileged_intents: bool,
    /// Whether the gateway is behind TLS, as `wss://localhost`, under the authority of [`DiscordCom`](super::DiscordCom).
    pub secure_gateway: bool,
    /// Discord's OpenAPI file, against which request bodies are checked.
    pub openapi: PathBuf,
    /// Whether what the fake itself answers is held to that file too. It costs time: for the fake's own tests.
    pub check_answers: bool,
    /// The time of timestamps and ids, and of how long the token of an interaction is good.
    pub now: Now,
}

impl FakeSettings {
    /// A token, no people, no guilds; a clock that begins on 1 March 2026 and runs.
    pub fn new(token: &str) -> Self {
        Self {
            token: token.to_owned(),
            application: 9_001,
            bot: 9_002,
            portal: FakePortal::default(),
            session_starts: 1000,
            date_ahead: SignedDuration::ZERO,
            users: Vec::new(),
            guilds: Vec::new(),
            heartbeat_interval: Duration::from_millis(41_250),
            acknowledge_within: Duration::from_secs(3),
            privileged_intents: false,
            secure_gateway: false,
            openapi: Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("../../shared/conformance/discord/openapi.json"),
            check_answers: false,
            now: clock::from_march(),
        }
    }

    /// With one more person.
    #[must_use]
    pub fn user(mut self, user: FakeUser) -> Self {
        self.users.push(user);
        self
    }

    /// With one more guild.
    #[must_use]
    pub fn guild(mut self, guild: FakeGuild) -> Self {
        self.guilds.push(guild);
        self
    }
}

impl fmt::Debug for FakeSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeSettings")
            .field("application", &self.application)
            .field("users", &self.users)
            .field("guilds", &self.guilds)
            .finish_non_exhaustive()
    }
}
