//! Four eyes and the audit channel on Slack.

use config::{ConfiguredAdmin, HandOver};
use jiff::SignedDuration;
use reset_link_tests::fakes::slack::{Place, SlackMessage};
use reset_link_tests::harness::Plan;

use super::{ALICE, APPROVALS, AUDIT, BOB, MALLORY, SOON, Stage, link_in};

fn plan() -> Plan {
    Plan { hand_over: HandOver::Approve, slack_approvals: Some(APPROVALS), ..super::plan() }
}

impl Stage {
    fn question(&self) -> SlackMessage {
        self.fake.messages_at(&Place::Channel(APPROVALS.to_owned())).pop().expect("a question")
    }
}

#[tokio::test]
async fn a_second_person_presses_approve_and_the_link_comes_by_direct_message() {
    let mut stage = Stage::planned(plan()).await;
    let answer = stage.types(ALICE, "/reset-link", "ada").await;
    assert!(answer.shown().contains("A second person must agree first"), "{}", answer.shown());
    let question = stage.question();
    let own = stage.presses(ALICE, &question, "Approve").await;
    assert!(own.shown().contains("This is your own request"), "{}", own.shown());
    let stranger = stage.presses(MALLORY, &question, "Approve").await;
    assert!(stranger.shown().contains("You may not do this here."));
    stage.harness.finish_notices().await;
    stage.restart().await;
    let said = stage.presses(BOB, &question, "Approve").await;
    assert!(said.shown().contains("Approved: "), "{}", said.shown());
    let link = link_in(&stage.fake.direct_messages(ALICE)[0]).unwrap();
    assert_eq!(stage.harness.open(&link).await.status, 200);
    let question = stage.question();
    assert!(question.shown().contains("Approved by ") && question.buttons().is_empty());
    assert_eq!(stage.harness.events("issued").len(), 1);
}

#[tokio::test]
async fn where_slack_takes_no_direct_message_the_link_is_one_more_answer() {
    let stage = Stage::planned(plan()).await;
    let asked = stage.fake.slash(ALICE, super::GENERAL, "/reset-link", "contact:ada");
    asked.answer_that(SOON, |message| message.shown().contains("A second person")).await.unwrap();
    stage.fake.takes_direct_messages(ALICE, false);
    stage.presses(BOB, &stage.question(), "Approve").await;
    let below = asked.answer_that(SOON, |message| link_in(message).is_some()).await.unwrap();
    assert!(below.is_ephemeral());
    assert_eq!(stage.harness.open(&link_in(&below).unwrap()).await.status, 200);
}

#[tokio::test]
async fn an_unanswered_question_lapses_and_whoever_asked_hears_so() {
    let stage = Stage::planned(plan()).await;
    stage.types(ALICE, "/reset-link", "ada").await;
    stage.harness.clock.move_by(SignedDuration::from_mins(15));
    stage.harness.housekeeping().await;
    assert!(stage.question().shown().contains("the request has lapsed."));
    assert!(stage.fake.direct_messages(ALICE)[0].shown().contains("Nobody answered your request"));
}

#[tokio::test]
async fn one_person_on_two_platforms_is_one_person() {
    let alice = ConfiguredAdmin {
        name: "Alice".to_owned(),
        console: Some("alice".to_owned()),
        discord: None,
        slack: Some(ALICE.to_owned()),
        mattermost: None,
    };
    let stage = Stage::planned(Plan { admins: vec![alice], ..plan() }).await;
    stage.harness.types("/reset-link contact:ada").await;
    let own = stage.presses(ALICE, &stage.question(), "Approve").await;
    assert!(own.shown().contains("This is your own request"), "{}", own.shown());
}

#[tokio::test]
async fn each_event_is_told_in_a_line_of_the_audit_channel() {
    let stage = Stage::planned(Plan { slack_audit: Some(AUDIT), mail: true, ..super::plan() }).await;
    stage.types(ALICE, "/reset-link", "ada").await;
    let place = Place::Channel(AUDIT.to_owned());
    let said = |part: &'static str| move |message: &SlackMessage| message.shown().contains(part);
    stage.fake.message_that(&place, SOON, said("was e-mailed to")).await.unwrap();
    let all: String = stage.fake.messages_at(&place).iter().map(SlackMessage::shown).collect();
    assert!(
        all.contains("issued a link for `ada`") && !all.contains("v4.public.") && !all.contains("ada@"),
        "{all}"
    );
}
