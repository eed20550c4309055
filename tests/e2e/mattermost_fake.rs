//! The fake Mattermost, tried by clients that know nothing of it: one by hand, and Mattermost's own where Node is at hand.

mod bot;
mod command;
mod mattermostjs;
mod press;
mod rest;
mod trouble;
mod wire;

use std::time::Duration;

use reset_link_tests::fakes::mattermost::{FakeChannel, FakeMattermost, FakeUser, MattermostSettings, id};

/// How long to wait for what must happen: only a failing test waits so long.
const SOON: Duration = Duration::from_secs(60);

const TOKEN: &str = "bottokenbottokenbottoken26";
const COMMAND_TOKEN: &str = "commandtokencommandtoken26";

fn alice() -> String {
    id("alice")
}

fn bob() -> String {
    id("bob")
}

fn general() -> String {
    id("general")
}

fn hidden() -> String {
    id("hidden")
}

fn distant() -> String {
    id("distant")
}

/// A team with two people and three channels: the bot is in the first.
fn settings() -> MattermostSettings {
    MattermostSettings::new(TOKEN, COMMAND_TOKEN)
        .user(FakeUser { locale: "de".to_owned(), ..FakeUser::new(&alice(), "alice") })
        .user(FakeUser::new(&bob(), "bob"))
        .channel(FakeChannel::new(&general(), "general"))
        .channel(FakeChannel::private(&hidden(), "hidden", &[&alice()]))
        .channel(FakeChannel { bot_is_member: false, ..FakeChannel::new(&distant(), "distant") })
}

async fn fake() -> FakeMattermost {
    let fake = FakeMattermost::start(settings()).await;
    fake.answers().await.unwrap();
    fake
}
