//! The gateway on bad days: what is typed meanwhile is answered once, and no session is begun without need.

use std::time::Duration;

use bot::chat::discord::Ended;
use reset_link_tests::fakes::discord::{FakeDiscord, FakeSettings, Fault, Lasts};
use reset_link_tests::harness::{Harness, OnDiscord, Plan};
use reset_link_tests::wait;

use super::{ALICE, GUILD, OTHER_GUILD, SOON, Stage, guilds, plan};

/// A heartbeat that is missed is noticed after one or two of these.
const HEARTBEAT: Duration = Duration::from_millis(300);

impl Stage {
    /// The bot is not called to Discord yet.
    async fn empty(change: impl FnOnce(&mut FakeSettings)) -> (Harness, FakeDiscord) {
        let harness = Harness::planned(plan()).await;
        let mut settings = guilds(&harness);
        change(&mut settings);
        let fake = FakeDiscord::start(settings).await;
        (harness, fake)
    }

    async fn with(change: impl FnOnce(&mut FakeSettings)) -> Self {
        let (harness, fake) = Self::empty(change).await;
        let bot = Self::enter(&harness, &fake).await;
        Self { harness, fake, bot: Some(bot) }
    }

    async fn works(&self) {
        let answer = self.types(ALICE, "reset-link", "ada").await;
        assert!(answer.content().contains("direct message"), "{}", answer.content());
    }

    /// However often it was connected.
    fn has_registered_once(&self) {
        assert_eq!(self.fake.registrations().len(), 2, "one for each guild");
    }

    async fn resumed(&self, times: usize) {
        self.fake.gateway_that(SOON, |seen| seen.resumed >= times).await.unwrap();
        assert_eq!(self.fake.gateway().identified.len(), 1, "the same session");
        self.works().await;
        self.has_registered_once();
    }

    async fn identified_again(&self) {
        self.fake.gateway_that(SOON, |seen| seen.identified.len() == 2).await.unwrap();
        self.fake.connected(SOON).await.unwrap();
        self.works().await;
        self.has_registered_once();
    }

    async fn ended(mut self) -> Ended {
        self.bot.take().unwrap().ended().await.unwrap_err()
    }
}

#[tokio::test]
async fn a_command_typed_while_the_connection_was_cut_is_answered_once() {
    let stage = Stage::set().await;
    stage.fake.take_connections(false);
    stage.fake.cut_gateway();
    stage.fake.disconnected(SOON).await.unwrap();
    let asked = stage.fake.slash(ALICE, GUILD, "reset-link", &[("contact", "ada")]);
    stage.fake.take_connections(true);
    asked.answer(SOON).await.unwrap();
    stage.harness.finish_notices().await;
    assert_eq!(asked.callbacks(), 1);
    assert_eq!(stage.harness.events("issued").len(), 1);
    assert_eq!(stage.fake.direct_messages(ALICE).len(), 1);
    stage.has_registered_once();
}

#[tokio::test]
async fn a_connection_that_is_lost_is_taken_up_again_with_its_session() {
    let stage = Stage::set().await;
    stage.fake.cut_gateway();
    stage.resumed(1).await;
    stage.fake.ask_to_reconnect();
    stage.resumed(2).await;
    stage.fake.invalidate_sessions(true);
    stage.resumed(3).await;
    stage.fake.close_gateway(4000);
    stage.resumed(4).await;
    stage.fake.close_gateway(1001);
    stage.resumed(5).await;
    assert!(stage.fake.gateway().closed_by_client.iter().all(|code| *code == 4000), "sessions are not ended");
}

#[tokio::test]
async fn a_connection_that_discord_wants_to_go_early_is_followed_at_once() {
    let (harness, fake) = Stage::empty(|_| {}).await;
    let _bot = harness.on_discord_that_waits(&fake, &[GUILD, OTHER_GUILD], SOON * 10).await;
    fake.connected(SOON).await.unwrap();
    for times in 1..=2 {
        fake.ask_to_reconnect();
        fake.gateway_that(SOON, |seen| seen.resumed >= times).await.unwrap();
    }
}

#[tokio::test]
async fn a_session_that_discord_has_forgotten_is_followed_by_a_new_one() {
    for disturb in [
        |fake: &FakeDiscord| fake.invalidate_sessions(false),
        |fake: &FakeDiscord| fake.close_gateway(4007),
        |fake: &FakeDiscord| fake.close_gateway(4009),
        |fake: &FakeDiscord| {
            fake.refuse_next_resume(false);
            fake.cut_gateway();
        },
    ] {
        let stage = Stage::set().await;
        disturb(&stage.fake);
        stage.identified_again().await;
    }
}

#[tokio::test]
async fn a_resume_that_discord_wants_later_is_tried_later() {
    let stage = Stage::set().await;
    stage.fake.refuse_next_resume(true);
    stage.fake.cut_gateway();
    stage.resumed(1).await;
}

#[tokio::test]
async fn a_connection_on_which_heartbeats_go_unanswered_is_taken_up_again() {
    let stage = Stage::with(|settings| settings.heartbeat_interval = HEARTBEAT).await;
    stage.fake.acknowledge_heartbeats(false);
    stage.fake.gateway_that(SOON, |seen| seen.resumed > 0).await.unwrap();
    stage.fake.acknowledge_heartbeats(true);
    stage.resumed(1).await;
}

#[tokio::test]
async fn a_heartbeat_that_discord_asks_for_is_sent_at_once() {
    let stage = Stage::set().await;
    stage.fake.ask_for_heartbeat();
    stage.fake.gateway_that(SOON, |seen| seen.heartbeats == 1).await.unwrap();
}

#[tokio::test]
async fn a_gateway_that_takes_no_connections_is_tried_until_it_does() {
    let stage = Stage::set().await;
    stage.fake.take_connections(false);
    stage.fake.cut_gateway();
    // After some attempts Discord is asked where else to go.
    stage.fake.requests_that(3, "GET", "/gateway/bot", SOON).await.unwrap();
    stage.fake.take_connections(true);
    stage.resumed(1).await;
}

#[tokio::test]
async fn where_discord_does_not_name_its_gateway_at_first_it_is_asked_again() {
    let (harness, fake) = Stage::empty(|_| ()).await;
    for fault in [Fault::Status(503), Fault::Reset, Fault::Status(500), too_many(), Fault::LostAnswer] {
        fake.break_route("GET", "/gateway/bot", fault, Lasts::Times(1));
    }
    let bot = Stage::enter(&harness, &fake).await;
    let stage = Stage { harness, fake, bot: Some(bot) };
    assert_eq!(stage.fake.count("GET", "/gateway/bot"), 6);
    stage.works().await;
    stage.has_registered_once();
}

fn too_many() -> Fault {
    Fault::rate_limited(Duration::from_secs(1))
}

#[tokio::test]
async fn where_the_commands_cannot_be_registered_at_first_it_is_tried_again() {
    let (harness, fake) = Stage::empty(|_| ()).await;
    for fault in [Fault::Status(503), too_many(), Fault::Reset] {
        fake.break_route("PUT", "/applications/*/guilds/*/commands", fault, Lasts::Times(1));
    }
    let bot = Stage::enter(&harness, &fake).await;
    let stage = Stage { harness, fake, bot: Some(bot) };
    stage.works().await;
    stage.has_registered_once();
}

#[tokio::test]
async fn no_session_is_begun_where_discord_allows_no_more() {
    let (harness, fake) = Stage::empty(|_| ()).await;
    fake.session_starts(0, Duration::from_millis(20));
    let bot = harness.on_discord(&fake, &[GUILD]).await;
    fake.requests_that(3, "GET", "/gateway/bot", SOON).await.unwrap();
    assert_eq!(fake.gateway().connections, 0);
    fake.session_starts(1, Duration::ZERO);
    fake.connected(SOON).await.unwrap();
    bot.stop().await.unwrap();
}

#[tokio::test]
async fn a_gateway_behind_tls_is_believed_only_with_a_certificate_of_somebody_trusted() {
    let (harness, fake) = Stage::empty(|settings| settings.secure_gateway = true).await;
    let misled = harness.on_discord(&fake, &[GUILD]).await;
    fake.requests_that(3, "GET", "/gateway/bot", SOON).await.unwrap();
    misled.stop().await.unwrap();
    assert_eq!(fake.gateway().connections, 0);

    let bot = harness.on_discord_com(&fake, &[GUILD]).await;
    fake.registered(GUILD, "reset-link", SOON).await.unwrap();
    let asked = fake.slash(ALICE, GUILD, "reset-status", &[("contact", "ada")]);
    asked.answer(SOON).await.unwrap();
    bot.stop().await.unwrap();
}

#[tokio::test]
async fn a_bot_that_is_stopped_says_goodbye() {
    let mut stage = Stage::set().await;
    stage.bot.take().unwrap().stop().await.unwrap();
    stage.fake.disconnected(SOON).await.unwrap();
    assert_eq!(stage.fake.gateway().closed_by_client, [1000]);
}

/// A way to make it hard to stop, and what shows that it has come about.
async fn disturb(fake: &FakeDiscord, how: usize) {
    match how {
        0 => {}
        1 => {
            fake.take_connections(false);
            fake.cut_gateway();
            fake.requests_that(2, "GET", "/gateway/bot", SOON).await.unwrap();
        }
        2 => {
            fake.break_route("GET", "/gateway/bot", Fault::Hang, Lasts::UntilMended);
            fake.invalidate_sessions(false);
            fake.disconnected(SOON).await.unwrap();
        }
        3 => {
            fake.acknowledge_heartbeats(false);
            fake.gateway_that(SOON, |seen| seen.resumed > 0).await.unwrap();
        }
        _ => {
            fake.ask_to_reconnect();
        }
    }
}

#[tokio::test]
async fn whenever_the_bot_is_stopped_it_ends_orderly_and_what_was_under_way_is_answered() {
    for how in 0..5 {
        let harness = Harness::planned(Plan { mail: true, ..plan() }).await;
        let settings = FakeSettings { heartbeat_interval: HEARTBEAT, ..guilds(&harness) };
        let fake = FakeDiscord::start(settings).await;
        let bot: OnDiscord = Stage::enter(&harness, &fake).await;
        harness.mailer.keeps_waiting(true);
        let asked = fake.slash(ALICE, GUILD, "reset-link", &[("contact", "ada")]);
        asked.acknowledged(SOON).await.unwrap();
        disturb(&fake, how).await;
        bot.stop().await.unwrap();
        fake.disconnected(SOON).await.unwrap();
        assert!(asked.answer_now().is_some_and(|answer| answer.is_thinking()));
        harness.mailer.keeps_waiting(false);
        harness.finish_notices().await;
        let answer = asked.answer_now().unwrap();
        assert!(answer.content().contains("mail.example.org"), "{how}: {}", answer.content());
        assert_eq!(harness.events("issued").len(), 1);
    }
}

#[tokio::test]
async fn a_bot_that_is_stopped_before_discord_names_its_gateway_ends() {
    let (harness, fake) = Stage::empty(|_| ()).await;
    for fault in [Fault::Status(503), Fault::Hang] {
        fake.mend();
        let asked = fake.count("GET", "/gateway/bot");
        fake.break_route("GET", "/gateway/bot", fault, Lasts::UntilMended);
        let bot = harness.on_discord(&fake, &[GUILD, OTHER_GUILD]).await;
        wait::until("question for the gateway", async || fake.count("GET", "/gateway/bot") > asked).await;
        bot.stop().await.unwrap();
    }
    assert_eq!(fake.gateway().connections, 0);
}

#[tokio::test]
async fn a_token_that_is_revoked_ends_the_bot_with_a_cure() {
    // At once, at the next resume, at the next session.
    for disturb in [
        |fake: &FakeDiscord| fake.close_gateway(4004),
        |fake: &FakeDiscord| fake.cut_gateway(),
        |fake: &FakeDiscord| fake.invalidate_sessions(false),
    ] {
        let stage = Stage::set().await;
        stage.fake.revoke_token();
        disturb(&stage.fake);
        let ended = stage.ended().await;
        assert!(matches!(ended, Ended::TokenRefused), "{ended}");
        assert!(
            ended.to_string().contains("discord.token_file") && ended.to_string().contains("Reset Token")
        );
    }
}

#[tokio::test]
async fn a_token_that_was_never_one_ends_the_bot_at_its_start() {
    let (harness, fake) = Stage::empty(|_| ()).await;
    fake.revoke_token();
    let ended = harness.on_discord(&fake, &[GUILD]).await.ended().await.unwrap_err();
    assert!(matches!(ended, Ended::TokenRefused), "{ended}");
    assert_eq!(fake.gateway().connections, 0);
}

#[tokio::test]
async fn a_connection_that_discord_takes_no_more_ends_the_bot() {
    let stage = Stage::set().await;
    stage.fake.close_gateway(4012);
    let ended = stage.ended().await;
    assert!(matches!(ended, Ended::Closed(4012)), "{ended}");
}
