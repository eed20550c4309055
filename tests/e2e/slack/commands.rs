//! Commands, their answers, and where the link goes.

use std::time::Duration;

use reset_link_tests::fakes::slack::{FakeSlack, Fault, Lasts, Place, SlackSettings};
use reset_link_tests::harness::{Harness, PASSWORD, Plan};

use super::{ALICE, BOB, GENERAL, MALLORY, SOON, Stage, TEAM, link_in, plan, workspace};

#[tokio::test]
async fn a_link_that_cannot_be_mailed_comes_by_direct_message_and_works_once() {
    let stage = Stage::set().await;
    let answer = stage.types(ALICE, "/reset-link", "ada").await;
    let shown = answer.shown();
    assert!(shown.contains("no mail server is configured") && shown.contains("direct message"), "{shown}");
    assert!(!shown.contains("v4.public."), "the link is in the direct message alone");
    let direct = stage.fake.direct_messages(ALICE);
    let [direct] = &direct[..] else { panic!("{direct:?}") };
    assert!(direct.has_no_previews() && direct.pings_nobody());
    assert!(!direct.content().contains("v4.public."), "nor in what a notification says");
    assert!(direct.shown().contains("<!date^"), "until when, in the reader's own time: {}", direct.shown());
    let link = link_in(direct).unwrap();
    assert_eq!(stage.harness.redeem(&link, PASSWORD).await.status, 200);
    stage.harness.finish_notices().await;
    let [shown] = &stage.harness.events("shown")[..] else { panic!() };
    assert_eq!((&shown["way"], &shown["admin"]["platform"]), (&"direct_message".into(), &"slack".into()));
    stage.harness.deliver_receipts().await.unwrap();
    let place = Place::Direct(ALICE.to_owned());
    stage.fake.message_that(&place, SOON, |m| m.shown().contains("has used your link")).await.unwrap();
    let over = stage
        .fake
        .message_that(&place, SOON, |m| m.shown().contains("no longer good: used at"))
        .await
        .unwrap();
    assert!(link_in(&over).is_none() && over.buttons().is_empty());
    assert!(stage.fake.public_messages().is_empty());
}

#[tokio::test]
async fn a_link_that_was_mailed_is_told_of_by_masked_address_and_server() {
    let stage = Stage::planned(Plan { mail: true, ..plan() }).await;
    let shown = stage.types(BOB, "/reset-link", "ada").await.shown();
    for part in ["a…@", "example.org", "mail.example.org", "Accepted is not delivered"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(stage.fake.direct_messages(BOB).is_empty() && !shown.contains("ada@"));
}

#[tokio::test]
async fn whatever_keeps_slack_from_a_direct_message_the_link_comes_in_the_answer() {
    let stage = Stage::set().await;
    for (method, fault) in [
        ("conversations.open", Fault::error("cannot_dm_bot")),
        ("chat.postMessage", Fault::error("channel_not_found")),
        ("chat.postMessage", Fault::Status(503)),
        ("conversations.open", Fault::Reset),
    ] {
        stage.fake.break_method(method, fault.clone(), Lasts::UntilMended);
        let answer = stage.types(ALICE, "/reset-link", "ada").await;
        assert!(answer.shown().contains("Slack did not deliver a direct message"), "{fault:?}");
        assert_eq!(stage.harness.open(&link_in(&answer).unwrap()).await.status, 200, "{fault:?}");
        stage.fake.mend();
    }
    stage.harness.finish_notices().await;
    assert!(stage.harness.events("shown").iter().all(|line| line["way"] == "private_answer"));
    assert!(stage.fake.public_messages().is_empty());
}

#[tokio::test]
async fn an_answer_that_fails_once_arrives_all_the_same() {
    let stage = Stage::set().await;
    for fault in [Fault::Status(500), Fault::Status(502), Fault::Reset] {
        stage.fake.break_method("response_url", fault.clone(), Lasts::Times(1));
        let answer = stage.types(ALICE, "/reset-status", "ada").await;
        assert!(answer.shown().contains("Ada Lovelace"), "{fault:?}");
    }
    for fault in [Fault::Status(500), Fault::error("internal_error"), Fault::Reset] {
        stage.fake.break_method("conversations.open", fault.clone(), Lasts::Times(1));
        let answer = stage.types(ALICE, "/reset-link", "ada").await;
        assert!(link_in(&answer).is_none(), "it came by direct message: {fault:?}");
        stage.harness.clock.move_by(jiff::SignedDuration::from_hours(2));
    }
}

#[tokio::test]
async fn a_link_in_an_answer_that_fails_once_is_not_withdrawn() {
    let stage = Stage::set().await;
    stage.fake.takes_direct_messages(ALICE, false);
    stage.fake.break_method("response_url", Fault::Status(502), Lasts::Times(1));
    let answer = stage.types(ALICE, "/reset-link", "ada").await;
    assert_eq!(stage.harness.open(&link_in(&answer).unwrap()).await.status, 200);
    stage.harness.finish_notices().await;
    assert_eq!(stage.harness.events("shown")[0]["way"], "private_answer");
}

#[tokio::test]
async fn where_the_app_is_an_organisations_a_button_works_as_in_a_workspace() {
    let harness = Harness::planned(plan()).await;
    let settings = SlackSettings { organisation: Some("E0FAKE001".to_owned()), ..workspace(&harness) };
    let fake = FakeSlack::start(settings).await;
    let bot = Some(harness.on_slack(&fake, TEAM).await);
    let stage = Stage { harness, fake, bot };
    stage.types(ALICE, "/reset-link", "ada").await;
    let direct = stage.fake.direct_messages(ALICE).remove(0);
    let said = stage.presses(BOB, &direct, "Revoke").await;
    assert!(said.shown().contains("The link for `ada` is withdrawn."), "{}", said.shown());
}

#[tokio::test]
async fn a_direct_message_that_takes_too_long_is_not_waited_for() {
    let stage = Stage::planned(Plan { patience: Duration::from_millis(200), ..plan() }).await;
    stage.fake.break_method("chat.postMessage", Fault::Hang, Lasts::UntilMended);
    let answer = stage.types(ALICE, "/reset-link", "ada").await;
    assert_eq!(stage.harness.open(&link_in(&answer).unwrap()).await.status, 200);
}

#[tokio::test]
async fn who_is_not_allowed_is_told_so_and_the_attempt_is_in_the_audit() {
    let stage = Stage::set().await;
    for command in ["/reset-link", "/reset-status", "/reset-revoke"] {
        let answer = stage.types(MALLORY, command, "ada").await;
        assert!(answer.shown().contains("You may not do this here."));
    }
    assert_eq!(stage.harness.events("denied").len(), 3);
    assert!(stage.harness.events("issued").is_empty());
}

#[tokio::test]
async fn who_leaves_the_user_group_may_no_more() {
    let stage = Stage::set().await;
    stage.types(ALICE, "/reset-link", "ada").await;
    stage.fake.regroup(super::HELP_DESK, &[]);
    stage.harness.clock.move_by(jiff::SignedDuration::from_mins(2));
    let answer = stage.types(ALICE, "/reset-link", "ada").await;
    assert!(answer.shown().contains("You may not do this here."), "{}", answer.shown());
}

#[tokio::test]
async fn where_slack_does_not_say_who_is_in_a_group_that_is_no_refusal_and_who_is_named_may() {
    let stage = Stage::set().await;
    stage.fake.grant(&["commands", "chat:write", "im:write"]);
    let answer = stage.types(ALICE, "/reset-link", "ada").await;
    assert!(answer.shown().contains("It could not be found out who may do this now"), "{}", answer.shown());
    assert!(stage.harness.events("denied").is_empty());
    stage.types(BOB, "/reset-link", "ada").await;
    assert_eq!(stage.harness.events("issued").len(), 1, "who is named by id may");
}

#[tokio::test]
async fn what_makes_no_sense_is_answered_with_the_right_form() {
    let stage = Stage::set().await;
    for (text, said) in [
        ("contact:", "Whose?"),
        ("ada lovelace", "That is more than one word."),
        ("contact:<@U0ALICE00|alice>", "No active contact has this id."),
        ("contact:\u{202e}*x*", "No active contact has this id."),
    ] {
        let asked = stage.fake.slash(ALICE, GENERAL, "/reset-link", text);
        let answer = asked.answer_that(SOON, |message| !message.shown().contains("On it")).await.unwrap();
        assert!(answer.shown().contains(said), "{text}: {}", answer.shown());
    }
}

#[tokio::test]
async fn buttons_withdraw_the_link_and_work_after_a_restart() {
    let mut stage = Stage::planned(Plan { mail: true, hand_over_instead: true, ..plan() }).await;
    let answer = stage.types(ALICE, "/reset-link", "ada").await;
    stage.harness.finish_notices().await;
    stage.restart().await;
    let refused = stage.presses(MALLORY, &answer, "Revoke").await;
    assert!(refused.shown().contains("You may not do this here."));
    let said = stage.presses(ALICE, &answer, "Hand me the link instead").await;
    assert!(said.shown().contains("direct message"), "{}", said.shown());
    let direct = stage.fake.direct_messages(ALICE).remove(0);
    let link = link_in(&direct).unwrap();
    let said = stage.presses(BOB, &direct, "Revoke").await;
    assert!(said.shown().contains("The link for `ada` is withdrawn."), "{}", said.shown());
    assert_eq!(stage.harness.open(&link).await.status, 410);
    let place = Place::Direct(ALICE.to_owned());
    stage.fake.message_that(&place, SOON, |m| m.shown().contains("no longer good: withdrawn")).await.unwrap();
}

#[tokio::test]
async fn waits_that_slack_asks_for_are_kept() {
    let stage = Stage::set().await;
    let wait = Fault::rate_limited(Duration::from_secs(1));
    stage.fake.break_method("chat.postMessage", wait, Lasts::Times(1));
    stage.types(ALICE, "/reset-link", "ada").await;
    assert!(link_in(&stage.fake.direct_messages(ALICE)[0]).is_some());
    assert_eq!(stage.fake.count("chat.postMessage"), 2);
}

#[tokio::test]
async fn two_hundred_commands_at_once_are_each_acknowledged_and_issued_once() {
    let stage = Stage::planned(Plan { mail: true, per_admin: 1000, per_contact: 1000, ..plan() }).await;
    let asked: Vec<_> = (0..200)
        .map(|number| {
            let admin = if number % 2 == 0 { ALICE } else { BOB };
            stage.fake.slash(admin, GENERAL, "/reset-link", "contact:ada")
        })
        .collect();
    for asked in &asked {
        assert_eq!(asked.acknowledged(SOON).await.unwrap().status, 200);
        asked.answer_that(SOON, |message| message.shown().contains("E-mailed to")).await.unwrap();
    }
    let slowest = asked.iter().flat_map(|asked| asked.acknowledgements()).map(|answer| answer.after).max();
    println!("the slowest of 200 acknowledgements took {slowest:?}");
    let mut ids: Vec<_> =
        stage.harness.events("issued").iter().map(|line| line["link_id"].to_string()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 200);
}
