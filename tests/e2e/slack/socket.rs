//! Socket Mode: the bot connects, and nothing of it can be reached from outside.

use std::time::Duration;

use reset_link_tests::fakes::slack::{FakeSlack, Fault, Lasts, SlackMessage, SlackSettings, SocketsSeen};
use reset_link_tests::harness::{Harness, OnSlackSocket, Plan};

use super::{ALICE, BOB, GENERAL, SOON, Stage, link_in, plan, workspace};

/// The method by which the bot asks for a connection.
const OPEN: &str = "apps.connections.open";

/// A process and its bot on Slack, connected once.
struct Socket {
    stage: Stage,
    bot: OnSlackSocket,
}

impl Socket {
    async fn connected() -> Self {
        Self::planned(plan(), SOON, |_| {}).await
    }

    async fn planned(plan: Plan, silence: Duration, set: impl FnOnce(&mut SlackSettings)) -> Self {
        let harness = Harness::planned(plan).await;
        let mut settings = workspace(&harness);
        set(&mut settings);
        let fake = FakeSlack::start(settings).await;
        let bot = harness.on_slack_socket(&fake, super::TEAM, silence).await;
        fake.connected(SOON).await.unwrap();
        Self { stage: Stage { harness, fake, bot: None }, bot }
    }

    /// So many connections were opened, and the last one alone stands.
    async fn opened(&self, count: u64) {
        let is_so = |seen: &SocketsSeen| seen.opened >= count && seen.standing == 1;
        self.stage.fake.sockets_that(SOON, is_so).await.unwrap();
    }

    async fn issued(&self) -> usize {
        self.stage.harness.finish_notices().await;
        self.stage.harness.events("issued").len()
    }
}

fn is_answer(message: &SlackMessage) -> bool {
    message.shown().contains("direct message")
}

#[tokio::test]
async fn a_command_is_acknowledged_answered_and_its_link_comes_by_direct_message() {
    let socket = Socket::connected().await;
    let answer = socket.stage.types(ALICE, "/reset-link", "ada").await;
    assert!(is_answer(&answer) && link_in(&answer).is_none(), "{}", answer.shown());
    let link = link_in(&socket.stage.fake.direct_messages(ALICE)[0]).unwrap();
    assert_eq!(socket.stage.harness.open(&link).await.status, 200);
    assert_eq!(socket.issued().await, 1);
    socket.stage.fake.sockets_that(SOON, |seen| seen.unacknowledged == 0).await.unwrap();
}

#[tokio::test]
async fn a_button_withdraws_the_link() {
    let socket = Socket::connected().await;
    socket.stage.types(ALICE, "/reset-link", "ada").await;
    let direct = socket.stage.fake.direct_messages(ALICE).remove(0);
    let said = socket.stage.presses(BOB, &direct, "Revoke").await;
    assert!(said.shown().contains("The link for `ada` is withdrawn."), "{}", said.shown());
    assert_eq!(socket.stage.harness.open(&link_in(&direct).unwrap()).await.status, 410);
}

#[tokio::test]
async fn a_connection_that_is_to_go_makes_way_and_no_command_is_lost_or_carried_out_twice() {
    let socket = Socket::connected().await;
    let fake = &socket.stage.fake;
    for (round, reason) in ["refresh_requested", "warning", "link_disabled"].into_iter().enumerate() {
        fake.break_method("conversations.open", Fault::Late(Duration::from_millis(50)), Lasts::Times(1));
        let under_way = fake.slash(ALICE, GENERAL, "/reset-link", "contact:ada");
        fake.ask_to_go(reason);
        let opened = u64::try_from(round).unwrap() + 2;
        fake.sockets_that(SOON, |seen| seen.opened == opened).await.unwrap();
        let later = fake.slash(BOB, GENERAL, "/reset-link", "contact:ada");
        for asked in [under_way, later] {
            asked.answer_that(SOON, is_answer).await.unwrap();
            // An answer goes another way, and may overtake it.
            assert_eq!(asked.acknowledgements_that(1, SOON).await.unwrap().len(), 1, "{reason}");
        }
        socket.opened(opened).await;
        assert_eq!(socket.issued().await, 2 * (round + 1), "{reason}");
    }
}

#[tokio::test]
async fn a_connection_that_is_to_go_early_makes_way_at_once() {
    let harness = Harness::planned(plan()).await;
    let fake = FakeSlack::start(workspace(&harness)).await;
    let _bot = harness.on_slack_socket_that_waits(&fake, super::TEAM, SOON, SOON * 10).await;
    fake.connected(SOON).await.unwrap();
    for opened in 2..=3 {
        fake.ask_to_go("refresh_requested");
        fake.sockets_that(SOON, |seen| seen.opened == opened && seen.standing == 1).await.unwrap();
    }
}

#[tokio::test]
async fn a_connection_that_was_warned_is_heard_until_another_stands() {
    let socket = Socket::connected().await;
    let fake = &socket.stage.fake;
    fake.break_method(OPEN, Fault::Status(503), Lasts::UntilMended);
    fake.ask_to_go("warning");
    fake.requests_that(3, OPEN, SOON).await.unwrap();
    socket.stage.types(ALICE, "/reset-link", "ada").await;
    assert_eq!(fake.sockets().opened, 1);
    fake.mend();
    socket.opened(2).await;
    socket.stage.types(ALICE, "/reset-link", "ada").await;
    assert_eq!(socket.issued().await, 2);
}

#[tokio::test]
async fn a_command_on_a_connection_that_is_cut_is_carried_out_once() {
    let socket = Socket::connected().await;
    let fake = &socket.stage.fake;
    let asked = fake.slash(ALICE, GENERAL, "/reset-link", "contact:ada");
    fake.cut_sockets();
    socket.opened(2).await;
    asked.answer_that(SOON, is_answer).await.unwrap();
    fake.sockets_that(SOON, |seen| seen.unacknowledged == 0).await.unwrap();
    socket.stage.types(BOB, "/reset-link", "ada").await;
    assert_eq!(socket.issued().await, 2);
}

#[tokio::test]
async fn an_envelope_that_comes_again_is_acknowledged_and_not_carried_out() {
    let socket = Socket::connected().await;
    let asked = socket.stage.fake.slash(ALICE, GENERAL, "/reset-link", "contact:ada");
    asked.answer_that(SOON, is_answer).await.unwrap();
    asked.replay();
    let acknowledged = asked.acknowledgements_that(2, SOON).await.unwrap();
    assert_eq!(acknowledged.last().unwrap().body, "", "nothing is said twice");
    assert_eq!(socket.issued().await, 1);
}

#[tokio::test]
async fn a_connection_on_which_slack_is_silent_makes_way() {
    let silence = Duration::from_millis(300);
    let socket = Socket::planned(plan(), silence, |settings| settings.ping_interval = SOON).await;
    socket.opened(2).await;
    socket.stage.types(ALICE, "/reset-link", "ada").await;
}

#[tokio::test]
async fn pings_are_answered_and_keep_the_connection() {
    let often = |settings: &mut SlackSettings| settings.ping_interval = Duration::from_millis(20);
    let socket = Socket::planned(plan(), Duration::from_secs(2), often).await;
    let seen = socket.stage.fake.sockets_that(SOON, |seen| seen.pongs >= 150).await.unwrap();
    assert_eq!(seen.opened, 1);
}

#[tokio::test]
async fn trouble_with_connecting_passes() {
    let harness = Harness::planned(plan()).await;
    let fake = FakeSlack::start(workspace(&harness)).await;
    for fault in [Fault::Status(503), Fault::error("internal_error"), Fault::Reset] {
        fake.break_method(OPEN, fault, Lasts::Times(1));
    }
    fake.take_connections(false);
    let _bot = harness.on_slack_socket(&fake, super::TEAM, SOON).await;
    fake.requests_that(5, OPEN, SOON).await.unwrap();
    fake.take_connections(true);
    fake.connected(SOON).await.unwrap();
}

#[tokio::test]
async fn an_app_level_token_that_slack_does_not_take_ends_it_with_a_cure() {
    let socket = Socket::connected().await;
    socket.stage.fake.revoke_app_token();
    socket.stage.fake.close_sockets();
    let said = socket.bot.ended().await.unwrap_err().to_string();
    assert!(said.contains("(invalid_auth)") && said.contains("slack.app_token_file"), "{said}");

    let harness = Harness::planned(plan()).await;
    for (error, cause) in [
        ("not_allowed_token_type", "it is a token of another kind"),
        ("missing_scope", "lacks the scope connections:write"),
    ] {
        let fake = FakeSlack::start(workspace(&harness)).await;
        fake.break_method(OPEN, Fault::error(error), Lasts::UntilMended);
        let bot = harness.on_slack_socket(&fake, super::TEAM, SOON).await;
        let said = bot.ended().await.unwrap_err().to_string();
        assert!(said.contains(cause) && said.contains("To mend:"), "{said}");
    }
}

#[tokio::test]
async fn told_to_stop_it_says_goodbye_and_what_is_under_way_goes_on() {
    let socket = Socket::connected().await;
    let fake = &socket.stage.fake;
    fake.break_method("conversations.open", Fault::Late(Duration::from_millis(50)), Lasts::Times(1));
    let asked = fake.slash(ALICE, GENERAL, "/reset-link", "contact:ada");
    asked.acknowledged(SOON).await.unwrap();
    socket.bot.stop().await.unwrap();
    fake.disconnected(SOON).await.unwrap();
    asked.answer_that(SOON, is_answer).await.unwrap();
}
