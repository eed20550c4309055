//! Four eyes on Discord: the question in the approvals channel, its buttons, and the way of the link to whoever asked.

use bot::policy::Allowed;
use config::{ConfiguredAdmin, HandOver};
use jiff::SignedDuration;
use reset_link_tests::fakes::discord::{Fault, Lasts, Place, Refusal};
use reset_link_tests::harness::{Harness, PASSWORD, Plan};

use super::{ALICE, APPROVALS, BOB, GRETA, MALLORY, SOON, Stage, allowed, link_in};

fn plan() -> Plan {
    Plan { hand_over: HandOver::Approve, approvals_channel: Some(APPROVALS), ..super::plan() }
}

impl Stage {
    /// The newest question in the approvals channel.
    fn question(&self) -> reset_link_tests::fakes::discord::FakeMessage {
        self.fake.messages_at(Place::Channel(APPROVALS)).pop().expect("a question")
    }
}

#[tokio::test]
async fn a_second_person_presses_approve_and_the_link_comes_by_direct_message() {
    let stage = Stage::planned(plan()).await;
    let answer = stage.types(ALICE, "reset-link", "ada").await;
    assert!(answer.content().contains("A second person must agree first"), "{}", answer.content());
    assert!(answer.buttons().is_empty());
    let question = stage.question();
    assert!(question.content().contains("Ada Lovelace") && question.pings_nobody());
    assert!(stage.fake.direct_messages(ALICE).is_empty());

    let own = stage.presses(ALICE, &question, "Approve").await;
    assert!(own.content().starts_with("This is your own request"), "{}", own.content());
    let stranger = stage.presses(MALLORY, &question, "Approve").await;
    assert!(stranger.content().starts_with("You may not do this here."));

    let said = stage.presses(BOB, &question, "Approve").await;
    assert!(said.content().starts_with("Approved: "), "{}", said.content());
    let direct = stage.fake.direct_messages(ALICE).remove(0);
    let link = link_in(&direct).unwrap();
    assert_eq!(stage.harness.redeem(&link, PASSWORD).await.status, 200);
    let question = stage.question();
    assert!(question.content().contains("Approved by ") && question.buttons().is_empty());
    assert!(link_in(&said).is_none() && stage.fake.public_messages().iter().all(|m| link_in(m).is_none()));
}

#[tokio::test]
async fn a_second_press_is_answered_cleanly_after_a_restart_too() {
    let mut stage = Stage::planned(plan()).await;
    stage.types(ALICE, "reset-link", "ada").await;
    let question = stage.question();
    stage.harness.finish_notices().await;
    stage.restart().await;
    let said = stage.presses(BOB, &question, "Approve").await;
    assert!(said.content().starts_with("Approved: "), "{}", said.content());
    for label in ["Approve", "Decline"] {
        let again = stage.presses(GRETA, &question, label).await;
        assert!(again.content().starts_with("Zugestimmt hat "), "{}", again.content());
    }
    assert_eq!(stage.harness.events("issued").len(), 1);
    assert!(link_in(&stage.fake.direct_messages(ALICE)[0]).is_some());
}

#[tokio::test]
async fn where_discord_takes_no_direct_message_the_link_comes_below_the_answer() {
    let stage = Stage::planned(plan()).await;
    let asked = stage.fake.slash(ALICE, super::GUILD, "reset-link", &[("contact", "ada")]);
    asked.answer(SOON).await.unwrap();
    stage.fake.takes_direct_messages(ALICE, false);
    stage.presses(BOB, &stage.question(), "Approve").await;
    let below = asked.follow_ups(1, SOON).await.unwrap().remove(0);
    assert!(below.is_ephemeral() && below.has_no_previews() && below.pings_nobody());
    assert_eq!(stage.harness.open(&link_in(&below).unwrap()).await.status, 200);
    assert_eq!(stage.harness.events("shown")[0]["way"], "private_answer");
}

#[tokio::test]
async fn a_link_that_reaches_nobody_is_withdrawn_and_the_approver_hears_so() {
    let mut stage = Stage::planned(plan()).await;
    stage.types(ALICE, "reset-link", "ada").await;
    stage.harness.finish_notices().await;
    // The way over the answer is forgotten with the process.
    stage.restart().await;
    stage.fake.takes_direct_messages(ALICE, false);
    let said = stage.presses(BOB, &stage.question(), "Approve").await;
    assert!(said.content().contains("could not be reached"), "{}", said.content());
    assert_eq!(stage.harness.events("link_revoked")[0]["found"], "withdrawn");
}

#[tokio::test]
async fn a_question_that_cannot_be_posted_means_no_link() {
    let stage = Stage::planned(plan()).await;
    stage.fake.break_route(
        "POST",
        "/channels/*/messages",
        Fault::Refused(Refusal::missing_permissions()),
        Lasts::UntilMended,
    );
    let answer = stage.types(ALICE, "reset-link", "ada").await;
    assert!(answer.content().contains("nobody could be asked"), "{}", answer.content());
    assert_eq!(stage.harness.events("approval_closed")[0]["why"], "not_posted");
}

#[tokio::test]
async fn an_unanswered_question_says_that_it_has_lapsed_and_whoever_asked_hears_so() {
    let mut stage = Stage::planned(plan()).await;
    stage.types(ALICE, "reset-link", "ada").await;
    stage.harness.finish_notices().await;
    stage.restart().await;
    stage.harness.clock.move_by(SignedDuration::from_mins(15));
    stage.harness.housekeeping().await;
    let question = stage.question();
    assert!(question.content().ends_with("the request has lapsed.") && question.buttons().is_empty());
    let direct = stage.fake.direct_messages(ALICE).remove(0);
    assert!(direct.content().starts_with("Nobody answered your request"), "{}", direct.content());
}

#[tokio::test]
async fn who_asked_on_the_console_cannot_agree_on_discord_and_others_can() {
    let alice = ConfiguredAdmin {
        name: "Alice".to_owned(),
        console: Some("alice".to_owned()),
        discord: Some(ALICE.to_string()),
        slack: None,
        mattermost: None,
    };
    let discord = Some(Allowed { groups: Vec::new(), ..allowed() });
    let stage = Stage::planned(Plan { admins: vec![alice], discord, ..plan() }).await;
    let said = stage.harness.types("/reset-link contact:ada").await;
    assert!(said.text.contains("A second person must agree first"), "{}", said.text);
    let question = stage.question();
    assert!(
        question.content().starts_with("Alice "),
        "by the name that the operator gave: {}",
        question.content()
    );
    let own = stage.presses(ALICE, &question, "Approve").await;
    assert!(own.content().starts_with("This is your own request"), "{}", own.content());
    stage.presses(BOB, &question, "Approve").await;
    let [(admin, Some(link))] = &stage.harness.chat.brought()[..] else { panic!() };
    assert_eq!(*admin, Harness::admin());
    assert_eq!(stage.harness.open(link).await.status, 200);
}
