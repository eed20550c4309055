//! The fake Discord, tried by clients that know nothing of it: serenity, and discord.js where Node is at hand.

mod bot;
mod discordjs;
mod gateway;
mod rest;
mod slash;
mod trouble;
mod wire;

use std::time::Duration;

use reset_link_tests::fakes::discord::{
    FakeDiscord, FakeGuild, FakeSettings, FakeUser, Overwrite, Whom, permissions,
};

/// How long to wait for what must happen: only a failing test waits so long.
const SOON: Duration = Duration::from_secs(60);

const TOKEN: &str = "MTIz.fake.token-for-tests";
const GUILD: u64 = 1_000;
const CHANNEL: u64 = 1_100;
const HIDDEN: u64 = 1_101;
const READ_ONLY: u64 = 1_102;
const HELPERS: u64 = 1_200;
const ALICE: u64 = 2_001;
const BOB: u64 = 2_002;

/// A guild with two people and three channels. The fake's own answers are checked as well.
fn settings() -> FakeSettings {
    let deny = |bits| [Overwrite { whom: Whom::Role(GUILD), allow: 0, deny: bits }];
    let guild = FakeGuild::new(GUILD, "Example", ALICE)
        .role(HELPERS, "helpers", 0)
        .channel(CHANNEL, "general")
        .channel_with(HIDDEN, "hidden", &deny(permissions::VIEW_CHANNEL))
        .channel_with(READ_ONLY, "read-only", &deny(permissions::SEND_MESSAGES))
        .member(ALICE, &[])
        .member(BOB, &[HELPERS]);
    let mut settings = FakeSettings::new(TOKEN)
        .user(FakeUser { locale: "de".to_owned(), ..FakeUser::new(ALICE, "alice") })
        .user(FakeUser::new(BOB, "bob"))
        .guild(guild);
    settings.check_answers = true;
    // How fast this machine is must not matter here.
    settings.acknowledge_within = Duration::MAX;
    settings
}

async fn fake() -> FakeDiscord {
    fake_with(settings()).await
}

/// Some libraries turn to the real Discord where the first request fails, so none is started before the fake has answered.
async fn fake_with(settings: FakeSettings) -> FakeDiscord {
    let fake = FakeDiscord::start(settings).await;
    fake.answers().await.unwrap();
    fake
}
