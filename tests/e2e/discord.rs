//! The bot on Discord, as admins and contacts experience it; Discord is the fake.

mod approvals;
mod audit_channel;
mod bad_input;
mod burst;
mod buttons;
mod commands;
mod executable;
mod rate_limits;
mod reconnecting;
mod search;

use std::time::Duration;

use bot::policy::Allowed;
use reset_link_tests::fakes::discord::{FakeDiscord, FakeGuild, FakeMessage, FakeSettings, FakeUser};
use reset_link_tests::harness::clock::MovableClock;
use reset_link_tests::harness::{Harness, OnDiscord, Plan, TOKEN};

/// How long to wait for what must happen: only a failing test waits so long.
const SOON: Duration = Duration::from_secs(60);

const GUILD: u64 = 100_000_000_000_000_001;
const OTHER_GUILD: u64 = 100_000_000_000_000_002;
const CHANNEL: u64 = 110_000_000_000_000_001;
const APPROVALS: u64 = 110_000_000_000_000_003;
const AUDIT: u64 = 110_000_000_000_000_004;
const OTHER_CHANNEL: u64 = 110_000_000_000_000_002;
const HELP_DESK: u64 = 120_000_000_000_000_001;
/// On the help desk, by her role.
const ALICE: u64 = 200_000_000_000_000_001;
/// May, by his user id.
const BOB: u64 = 200_000_000_000_000_002;
/// In the guild, and nobody to us.
const MALLORY: u64 = 200_000_000_000_000_003;
/// Speaks German, and is on the help desk.
const GRETA: u64 = 200_000_000_000_000_004;

/// Who may on Discord.
fn allowed() -> Allowed {
    Allowed {
        places: vec![GUILD.to_string()],
        groups: vec![HELP_DESK.to_string()],
        users: vec![BOB.to_string()],
        search: true,
    }
}

fn plan() -> Plan {
    Plan { discord: Some(allowed()), ..Plan::default() }
}

fn guilds(harness: &Harness) -> FakeSettings {
    settings(&harness.clock)
}

fn settings(clock: &MovableClock) -> FakeSettings {
    let home = FakeGuild::new(GUILD, "Example", ALICE)
        .role(HELP_DESK, "help desk", 0)
        .channel(CHANNEL, "general")
        .channel(APPROVALS, "approvals")
        .channel(AUDIT, "audit")
        .member(ALICE, &[HELP_DESK])
        .member(BOB, &[])
        .member(MALLORY, &[])
        .member(GRETA, &[HELP_DESK]);
    // The same role and the same people, and none of our business.
    let other = FakeGuild::new(OTHER_GUILD, "Elsewhere", ALICE)
        .role(HELP_DESK, "help desk", 0)
        .channel(OTHER_CHANNEL, "general")
        .member(ALICE, &[HELP_DESK])
        .member(BOB, &[]);
    let mut settings = FakeSettings::new(TOKEN)
        .user(FakeUser::new(ALICE, "alice"))
        .user(FakeUser::new(BOB, "bob"))
        .user(FakeUser::new(MALLORY, "mallory"))
        .user(FakeUser { locale: "de".to_owned(), ..FakeUser::new(GRETA, "greta") })
        .guild(home)
        .guild(other);
    settings.now = clock.as_fn();
    // How fast this machine is must not matter here.
    settings.acknowledge_within = SOON;
    settings
}

/// A process and its bot on Discord, the commands registered.
struct Stage {
    harness: Harness,
    fake: FakeDiscord,
    bot: Option<OnDiscord>,
}

impl Stage {
    async fn set() -> Self {
        Self::planned(plan()).await
    }

    async fn planned(plan: Plan) -> Self {
        let harness = Harness::planned(plan).await;
        let fake = FakeDiscord::start(guilds(&harness)).await;
        let bot = Self::enter(&harness, &fake).await;
        Self { harness, fake, bot: Some(bot) }
    }

    async fn enter(harness: &Harness, fake: &FakeDiscord) -> OnDiscord {
        let bot = harness.on_discord(fake, &[GUILD, OTHER_GUILD]).await;
        for guild in [GUILD, OTHER_GUILD] {
            fake.registered(guild, "reset-link", SOON).await.unwrap();
        }
        fake.connected(SOON).await.unwrap();
        bot
    }

    /// The process is killed, and the next one comes to Discord.
    async fn restart(&mut self) {
        self.bot = None;
        self.harness.kill_and_restart().await;
        self.fake.disconnected(SOON).await.unwrap();
        self.bot = Some(Self::enter(&self.harness, &self.fake).await);
    }

    /// Somebody presses a button, and reads the answer.
    async fn presses(&self, user: u64, message: &FakeMessage, label: &str) -> FakeMessage {
        let id = message.custom_id(label).unwrap_or_else(|| panic!("no button {label}"));
        let pressed = self.fake.press_stale_button(message, &id, user);
        let answer = pressed.answer(SOON).await.unwrap();
        assert!(answer.is_ephemeral() && answer.pings_nobody());
        answer
    }

    /// Somebody types a command about a contact, and reads the answer.
    async fn types(&self, user: u64, command: &str, contact: &str) -> FakeMessage {
        let asked = self.fake.slash(user, GUILD, command, &[("contact", contact)]);
        let answer = asked.answer(SOON).await.unwrap();
        assert!(answer.is_ephemeral() && answer.pings_nobody());
        answer
    }
}

/// The link in a message, which stands alone in a block of code.
fn link_in(message: &FakeMessage) -> Option<String> {
    let content = message.content();
    let (_, block) = content.split_once("```\n")?;
    let (link, _) = block.split_once("\n```")?;
    assert!(!link.contains(char::is_whitespace), "{link}");
    Some(link.to_owned())
}
