//! The fake Slack, tried by clients that know nothing of it: by hand, and Slack's own Bolt where Node is at hand.

pub(crate) mod bolt;
mod bot;
mod by_hand;
mod clicks;
mod rules;
mod socket;
mod trouble;

use std::time::Duration;

use reset_link_tests::fakes::slack::{FakeSlack, SlackChannel, SlackSettings, SlackUser};

/// How long to wait for what must happen: only a failing test waits so long.
const SOON: Duration = Duration::from_secs(60);

const BOT_TOKEN: &str = "xoxb-1-2-fake";
const APP_TOKEN: &str = "xapp-1-A0FAKE001-2-fake";
const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
const ALICE: &str = "U0ALICE";
const BOB: &str = "U0BOB";
const HELPERS: &str = "S0HELPERS";
const GENERAL: &str = "C0GENERAL";
const ELSEWHERE: &str = "C0ELSEWHERE";
const HIDDEN: &str = "C0HIDDEN";

/// Two people, a group, three channels.
fn settings() -> SlackSettings {
    let mut settings = SlackSettings::new(BOT_TOKEN, APP_TOKEN, SECRET)
        .user(SlackUser { locale: "de-DE".to_owned(), ..SlackUser::new(ALICE, "alice") })
        .user(SlackUser::new(BOB, "bob"))
        .group(HELPERS, "helpers", &[BOB])
        .channel(GENERAL, "general", true)
        .channel(ELSEWHERE, "elsewhere", false)
        .channel_with(SlackChannel {
            id: HIDDEN.to_owned(),
            name: "hidden".to_owned(),
            is_private: true,
            is_archived: false,
            has_bot: false,
        });
    // How fast this machine is must not matter here.
    settings.acknowledge_within = Duration::MAX;
    settings
}

async fn fake() -> FakeSlack {
    fake_with(settings()).await
}

async fn fake_with(settings: SlackSettings) -> FakeSlack {
    let fake = FakeSlack::start(settings).await;
    fake.answers().await.unwrap();
    fake
}
