//! Slack's own form: a contact is chosen by name, and what becomes of it is told in the same window.

use std::time::Duration;

use bot::policy::Allowed;
use config::HandOver;
use contacts::ContactEntry;
use jiff::SignedDuration;
use keys::ContactId;
use reset_link_tests::fakes::slack::{Choice, Fault, Lasts, SlackMessage, SlackView, SlashHandle};
use reset_link_tests::harness::Plan;

use super::{ALICE, APPROVALS, BOB, GENERAL, MALLORY, SOON, Stage, allowed, plan};

/// The menu, and the block in which it is.
const MENU: &str = "contact";

impl Stage {
    /// Somebody types a command with nothing behind it, and has the view in front of them.
    async fn opens(&self, user: &str, command: &str) -> SlackView {
        let asked = self.fake.slash(user, GENERAL, command, "");
        let acknowledged = asked.acknowledged(SOON).await.unwrap();
        assert_eq!((acknowledged.status, acknowledged.body.as_str()), (200, ""));
        let is_new = |view: &SlackView| command.ends_with(view.callback_id()) && view.bodies.len() == 1;
        let view = self.fake.view_that(user, SOON, is_new).await.unwrap();
        assert!(asked.answers_now().is_empty(), "the view says enough");
        view
    }

    async fn offered(&self, user: &str, view: &SlackView, typed: &str) -> Vec<Choice> {
        self.fake.suggest(user, view, MENU, typed).choices(SOON).await.unwrap()
    }

    /// Somebody chooses a contact: the window stays, and says that it is being done.
    async fn chooses(&self, user: &str, view: &SlackView, contact: &str) -> SlashHandle {
        let sent = self.fake.submit_view(view, user, &[(MENU, contact)]);
        let said = sent.acknowledged(SOON).await.unwrap();
        assert_eq!((said.status, &said.json()["response_action"]), (200, &"update".into()));
        sent
    }

    /// What then stands in the window.
    async fn outcome(&self, user: &str) -> SlackView {
        let is_outcome = |view: &SlackView| view.bodies.len() > 2 && !view.shown().contains("On it");
        self.fake.view_that(user, SOON, is_outcome).await.unwrap()
    }

    /// All of it: the command, the choice, the outcome.
    async fn picks(&self, user: &str, command: &str, contact: &str) -> SlackView {
        let view = self.opens(user, command).await;
        self.chooses(user, &view, contact).await;
        self.outcome(user).await
    }
}

fn four_eyes() -> Plan {
    Plan { hand_over: HandOver::Approve, slack_approvals: Some(APPROVALS), ..plan() }
}

fn link_in(view: &SlackView) -> Option<String> {
    let shown = view.shown();
    shown.split("```").nth(1).map(str::to_owned)
}

#[tokio::test]
async fn the_picker_offers_contacts_by_the_beginning_of_a_name_an_id_or_an_address() {
    let stage = Stage::set().await;
    let view = stage.opens(ALICE, "/reset-link").await;
    assert_eq!(view.title(), "Reset link");
    let ada = Choice { text: "Ada Lovelace (ada) · a…@example.org".to_owned(), value: "ada".to_owned() };
    for typed in ["ada", "Love", "ADA L", "ada@ex"] {
        assert_eq!(stage.offered(ALICE, &view, typed).await[0], ada, "{typed}");
    }
    assert!(stage.offered(ALICE, &view, "zzz").await.is_empty());
    assert!(stage.offered(MALLORY, &view, "ada").await.is_empty(), "only admins are offered anybody");
    stage.harness.clock.move_by(SignedDuration::from_mins(1));
    stage.harness.housekeeping().await;
    let mut lines = stage.harness.events("searched");
    lines.sort_by_key(|line| line["searches"].as_u64());
    let [of_mallory, of_alice] = &lines[..] else { panic!("{lines:?}") };
    assert_eq!((&of_alice["searches"], &of_alice["refused"]), (&5.into(), &0.into()));
    assert_eq!((&of_mallory["searches"], &of_mallory["refused"]), (&1.into(), &1.into()));
    assert_eq!(stage.harness.events("taken").len(), 1, "what is typed is not written down one by one");
}

#[tokio::test]
async fn at_most_25_are_offered_and_each_fits_slacks_limits() {
    let stage = Stage::set().await;
    let name = |number: usize| match number % 3 {
        0 => format!("Zed {}", "😀".repeat(300)),
        1 => format!("Zed Z{}", "\u{301}".repeat(300)),
        _ => format!("Zed \u{202e}{number} <!channel> :tada: & *x*"),
    };
    let many = (0..40).map(|number| {
        ContactEntry::new(ContactId::new(format!("z{number:02}-{}", "x".repeat(60))).unwrap(), name(number))
    });
    stage.harness.put(many.collect()).await;
    let view = stage.opens(ALICE, "/reset-status").await;
    let offered = stage.offered(ALICE, &view, "zed").await;
    assert_eq!(offered.len(), 25);
    assert!(offered.iter().all(|choice| choice.text.chars().count() <= 75 && choice.value.len() == 64));
    assert!(offered.iter().all(|choice| !choice.text.contains('\u{202e}')));
    assert!(offered.iter().any(|choice| choice.text.contains("<!channel> :tada: & *x*")), "as it stands");
    // What is chosen is resolved again.
    stage.chooses(ALICE, &view, &offered[0].value).await;
    let outcome = stage.outcome(ALICE).await;
    assert!(outcome.shown().contains("no link has been issued yet"), "{}", outcome.shown());
}

#[tokio::test]
async fn who_types_too_fast_is_offered_nothing_until_the_minute_is_over() {
    let stage = Stage::planned(Plan { searches: 2, ..plan() }).await;
    let view = stage.opens(ALICE, "/reset-link").await;
    assert!(!stage.offered(ALICE, &view, "a").await.is_empty());
    assert!(!stage.offered(ALICE, &view, "ad").await.is_empty());
    assert!(stage.offered(ALICE, &view, "ada").await.is_empty());
    stage.harness.clock.move_by(SignedDuration::from_mins(1));
    assert!(!stage.offered(ALICE, &view, "ada").await.is_empty());
}

#[tokio::test]
async fn who_may_not_gets_no_picker_and_one_line_in_the_audit() {
    let stage = Stage::set().await;
    let answer = stage.fake.slash(MALLORY, GENERAL, "/reset-link", "").answer(SOON).await.unwrap();
    assert!(answer.is_ephemeral() && answer.shown().contains("You may not do this here."));
    stage.harness.finish_notices().await;
    assert_eq!(stage.harness.events("denied").len(), 1);
    assert!(stage.fake.views(MALLORY).is_empty() && stage.fake.count("views.open") == 0);
}

#[tokio::test]
async fn a_link_that_was_mailed_is_told_of_in_the_window_and_its_buttons_work_there() {
    let stage = Stage::planned(Plan { mail: true, ..plan() }).await;
    let view = stage.picks(BOB, "/reset-link", "ada").await;
    for part in ["a…@", "mail.example.org", "Accepted is not delivered"] {
        assert!(view.shown().contains(part), "{part}: {}", view.shown());
    }
    assert!(!view.shown().contains("ada@") && link_in(&view).is_none());
    let revoke = view.buttons()[0].action_id.clone();
    stage.fake.press(&view, &revoke, BOB);
    let said = stage.fake.view_that(BOB, SOON, |view| view.shown().contains("withdrawn")).await.unwrap();
    assert!(said.id == view.id && said.buttons().is_empty());
    assert!(stage.fake.direct_messages(BOB).is_empty() && stage.fake.public_messages().is_empty());
}

#[tokio::test]
async fn a_link_that_is_handed_over_stands_in_the_window_and_in_a_direct_message() {
    let stage = Stage::set().await;
    let view = stage.picks(ALICE, "/reset-link", "ada").await;
    assert!(view.shown().contains("no mail server is configured"), "{}", view.shown());
    let link = link_in(&view).unwrap();
    assert_eq!(super::link_in(&stage.fake.direct_messages(ALICE)[0]), Some(link.clone()));
    assert!(stage.fake.public_messages().is_empty() && stage.fake.ephemeral_messages(ALICE).is_empty());
    stage.harness.finish_notices().await;
    let [shown] = &stage.harness.events("shown")[..] else { panic!() };
    assert_eq!(shown["way"], "direct_message");
    assert_eq!(stage.harness.open(&link).await.status, 200);
}

#[tokio::test]
async fn where_slack_takes_no_direct_message_the_link_stands_in_the_window_alone() {
    let stage = Stage::set().await;
    stage.fake.takes_direct_messages(ALICE, false);
    let view = stage.picks(ALICE, "/reset-link", "ada").await;
    assert!(view.shown().contains("Slack did not deliver a direct message"), "{}", view.shown());
    assert_eq!(stage.harness.open(&link_in(&view).unwrap()).await.status, 200);
    stage.harness.finish_notices().await;
    assert_eq!(stage.harness.events("shown")[0]["way"], "private_answer");
}

#[tokio::test]
async fn where_the_window_is_gone_the_direct_message_is_the_way_and_without_one_the_link_is_withdrawn() {
    let stage = Stage::set().await;
    stage.fake.break_method("views.update", Fault::error("not_found"), Lasts::UntilMended);
    let view = stage.opens(ALICE, "/reset-link").await;
    stage.chooses(ALICE, &view, "ada").await;
    stage.fake.requests_that(1, "views.update", SOON).await.unwrap();
    assert!(super::link_in(&stage.fake.direct_messages(ALICE)[0]).is_some());
    stage.fake.takes_direct_messages(ALICE, false);
    let view = stage.opens(ALICE, "/reset-link").await;
    stage.chooses(ALICE, &view, "bob").await;
    stage.fake.requests_that(2, "views.update", SOON).await.unwrap();
    stage.harness.finish_notices().await;
    let ways: Vec<_> =
        stage.harness.events("shown").iter().map(|line| line["way"].as_str().unwrap().to_owned()).collect();
    assert_eq!(ways, ["direct_message", "nowhere"]);
    assert_eq!(stage.harness.events("link_revoked").len(), 1);
}

#[tokio::test]
async fn what_becomes_of_a_choice_whose_window_is_gone_is_told_by_direct_message() {
    let stage = Stage::planned(Plan { mail: true, ..plan() }).await;
    stage.fake.break_method("views.update", Fault::error("not_found"), Lasts::UntilMended);
    let view = stage.opens(ALICE, "/reset-link").await;
    stage.chooses(ALICE, &view, "ada").await;
    stage.fake.requests_that(1, "chat.postMessage", SOON).await.unwrap();
    let told = stage.fake.direct_messages(ALICE).remove(0);
    assert!(told.shown().contains("E-mailed to"), "{}", told.shown());
}

#[tokio::test]
async fn a_choice_that_waits_for_a_second_person_says_so_and_the_link_comes_by_direct_message() {
    let stage = Stage::planned(four_eyes()).await;
    let view = stage.picks(ALICE, "/reset-link", "ada").await;
    assert!(view.shown().contains("A second person must agree first"), "{}", view.shown());
    let question = stage.fake.messages_that(|message: &SlackMessage| message.channel == APPROVALS).remove(0);
    stage.presses(BOB, &question, "Approve").await;
    let link = super::link_in(&stage.fake.direct_messages(ALICE)[0]).unwrap();
    assert_eq!(stage.harness.open(&link).await.status, 200);
    assert!(link_in(&stage.fake.view(&view.id).unwrap()).is_none());
}

#[tokio::test]
async fn an_approved_link_that_no_direct_message_brings_stands_in_no_window() {
    let stage = Stage::planned(four_eyes()).await;
    let view = stage.picks(ALICE, "/reset-link", "ada").await;
    stage.fake.takes_direct_messages(ALICE, false);
    let question = stage.fake.messages_that(|message: &SlackMessage| message.channel == APPROVALS).remove(0);
    stage.presses(BOB, &question, "Approve").await;
    stage.harness.finish_notices().await;
    assert!(link_in(&stage.fake.view(&view.id).unwrap()).is_none());
    assert_eq!(stage.harness.events("shown")[0]["way"], "nowhere");
    assert_eq!(stage.harness.events("link_revoked").len(), 1);
}

#[tokio::test]
async fn a_choice_that_is_refused_says_why_in_the_window() {
    let protected = Plan { protected: vec!["ada".to_owned()], ..plan() };
    let stage = Stage::planned(protected).await;
    let view = stage.picks(ALICE, "/reset-link", "ada").await;
    assert!(view.shown().contains("protected") && link_in(&view).is_none(), "{}", view.shown());
    let stage = Stage::planned(Plan { hand_over: HandOver::Refuse, ..plan() }).await;
    let view = stage.picks(ALICE, "/reset-link", "ada").await;
    assert!(view.shown().contains("this organisation hands no links over"), "{}", view.shown());
    assert!(stage.harness.events("issued").is_empty());
}

#[tokio::test]
async fn who_may_no_more_when_the_choice_comes_is_refused() {
    let stage = Stage::set().await;
    let view = stage.opens(ALICE, "/reset-link").await;
    stage.fake.regroup(super::HELP_DESK, &[]);
    stage.harness.clock.move_by(SignedDuration::from_mins(2));
    stage.chooses(ALICE, &view, "ada").await;
    let said = stage.outcome(ALICE).await;
    assert!(said.shown().contains("You may not do this here."), "{}", said.shown());
    assert_eq!(stage.harness.events("denied").len(), 1);
}

#[tokio::test]
async fn links_are_withdrawn_by_choosing_a_contact_too() {
    let stage = Stage::set().await;
    stage.types(ALICE, "/reset-link", "ada").await;
    let link = super::link_in(&stage.fake.direct_messages(ALICE)[0]).unwrap();
    let view = stage.picks(ALICE, "/reset-revoke", "ada").await;
    assert!(view.title() == "Withdraw links" && view.shown().contains("withdrawn"), "{}", view.shown());
    assert_eq!(stage.harness.open(&link).await.status, 410);
}

#[tokio::test]
async fn a_choice_that_is_sent_again_is_refused() {
    let mut stage = Stage::set().await;
    let view = stage.opens(ALICE, "/reset-link").await;
    let sent = stage.chooses(ALICE, &view, "ada").await;
    stage.outcome(ALICE).await;
    sent.replay();
    assert_eq!(sent.acknowledgements_that(2, SOON).await.unwrap()[1].status, 409);
    stage.harness.finish_notices().await;
    stage.restart().await;
    sent.replay();
    assert_eq!(sent.acknowledgements_that(3, SOON).await.unwrap()[2].status, 409);
    stage.harness.finish_notices().await;
    assert_eq!(stage.harness.events("request_refused").len(), 2);
    assert_eq!(stage.harness.events("issued").len(), 1);
}

#[tokio::test]
async fn where_the_view_does_not_open_the_answer_says_the_right_form() {
    let stage = Stage::planned(Plan { patience: Duration::from_millis(200), ..plan() }).await;
    for fault in [Fault::error("expired_trigger_id"), Fault::Status(503), Fault::Reset, Fault::Hang] {
        stage.fake.break_method("views.open", fault.clone(), Lasts::Times(1));
        let answer = stage.fake.slash(BOB, GENERAL, "/reset-link", "").answer(SOON).await.unwrap();
        assert!(answer.is_ephemeral() && answer.shown().contains("Whose?"), "{fault:?}: {}", answer.shown());
    }
}

#[tokio::test]
async fn where_names_must_not_leave_nothing_is_offered_and_nobody_near_is_named() {
    let slack = Some(Allowed { search: false, ..allowed() });
    let stage = Stage::planned(Plan { slack, ..plan() }).await;
    let asked = stage.fake.slash(ALICE, GENERAL, "/reset-link", "");
    let answer = asked.answer_that(SOON, |message| !message.shown().contains("On it")).await.unwrap();
    assert!(answer.shown().contains("Whose?") && stage.fake.views(ALICE).is_empty());
    let answer = stage.types(ALICE, "/reset-link", "adax").await;
    assert!(!answer.shown().contains("Lovelace"), "{}", answer.shown());
}

#[tokio::test]
async fn an_id_that_is_not_there_offers_those_who_are_near() {
    let stage = Stage::set().await;
    let answer = stage.types(ALICE, "/reset-link", "adax").await;
    assert!(answer.shown().contains("Perhaps you mean: Ada Lovelace (`ada`)"), "{}", answer.shown());
    let refused = stage.types(MALLORY, "/reset-link", "adax").await;
    assert!(!refused.shown().contains("Lovelace"));
}

#[tokio::test]
async fn what_slack_did_not_sign_is_offered_nothing_with_one_line() {
    let stage = Stage::set().await;
    let payload =
        r#"{"type":"block_suggestion","user":{"id":"U0ALICE00"},"team":{"id":"T0FAKE001"},"value":"ada"}"#;
    let body = reqwest::Url::parse_with_params("x:", [("payload", payload)]).unwrap();
    let body = body.query().unwrap().to_owned();
    let kind = ("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned());
    let answer = stage.fake.post_raw(&stage.url("/slack/options"), &[kind], body).await.unwrap();
    assert_eq!(answer.status, 401);
    assert_eq!(stage.harness.events("request_refused").len(), 1);
}
