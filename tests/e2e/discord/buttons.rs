//! The buttons below an outcome: withdraw the link, or have it in hand instead.

use config::HandOver;
use jiff::SignedDuration;
use reset_link_tests::fakes::discord::Place;
use reset_link_tests::harness::{LIFETIME, PASSWORD, Plan, link_in as link_in_mail};

use super::{ALICE, BOB, MALLORY, SOON, Stage, link_in, plan};

const REVOKE: &str = "Revoke";
const INSTEAD: &str = "Hand me the link instead";

fn with_mail() -> Plan {
    Plan { mail: true, hand_over_instead: true, ..plan() }
}

#[tokio::test]
async fn any_admin_may_withdraw_a_link_and_the_direct_message_says_so() {
    let stage = Stage::set().await;
    let answer = stage.types(ALICE, "reset-link", "ada").await;
    let link = link_in(&stage.fake.direct_messages(ALICE)[0]).unwrap();
    // Bob sees none of Alice's answers; his client is made to press all the same.
    let said = stage.presses(BOB, &answer, REVOKE).await;
    assert_eq!(said.content(), "The link for `ada` is withdrawn.");
    assert_eq!(stage.harness.open(&link).await.status, 410);
    let direct = stage
        .fake
        .message_that(Place::Direct(ALICE), SOON, |m| m.content().contains("no longer good: withdrawn"))
        .await
        .unwrap();
    assert!(link_in(&direct).is_none() && direct.buttons().is_empty());
    let again = stage.presses(ALICE, &answer, REVOKE).await;
    assert!(again.content().starts_with("This link is no longer good: withdrawn"), "{}", again.content());
    assert_eq!(stage.harness.events("link_revoked").len(), 1);
    assert_eq!(stage.harness.events("link_revoked")[0]["admin"]["user"], BOB.to_string());
}

#[tokio::test]
async fn rights_are_asked_for_at_every_press_and_in_direct_messages_of_the_guild() {
    let stage = Stage::set().await;
    stage.types(ALICE, "reset-link", "ada").await;
    let direct = stage.fake.direct_messages(ALICE).remove(0);
    let refused = stage.presses(MALLORY, &direct, REVOKE).await;
    assert!(refused.content().starts_with("You may not do this here."));
    assert_eq!(stage.harness.events("denied").len(), 1);
    let link = link_in(&direct).unwrap();
    assert_eq!(stage.harness.open(&link).await.status, 200);
    let said = stage.presses(ALICE, &direct, REVOKE).await;
    assert_eq!(said.content(), "The link for `ada` is withdrawn.");
    assert_eq!(stage.harness.open(&link).await.status, 410);
}

#[tokio::test]
async fn a_used_link_cannot_be_withdrawn_and_its_message_says_that_it_was_used() {
    let stage = Stage::set().await;
    let answer = stage.types(ALICE, "reset-link", "ada").await;
    let link = link_in(&stage.fake.direct_messages(ALICE)[0]).unwrap();
    assert_eq!(stage.harness.redeem(&link, PASSWORD).await.status, 200);
    // The bot has not heard of it yet; the redeem half has the last word.
    let said = stage.presses(ALICE, &answer, REVOKE).await;
    assert_eq!(said.content(), "Too late: the link for `ada` has been used already.");
    stage.harness.deliver_receipts().await.unwrap();
    let said = stage.presses(ALICE, &answer, REVOKE).await;
    assert!(said.content().starts_with("This link is no longer good: used at"));
    let used =
        |m: &reset_link_tests::fakes::discord::FakeMessage| m.content().contains("no longer good: used at");
    let direct = stage.fake.message_that(Place::Direct(ALICE), SOON, used).await.unwrap();
    assert!(link_in(&direct).is_none());
}

#[tokio::test]
async fn when_a_link_expires_its_message_says_so_after_a_restart_too() {
    let mut stage = Stage::set().await;
    let answer = stage.types(ALICE, "reset-link", "ada").await;
    stage.harness.finish_notices().await;
    stage.restart().await;
    stage.harness.housekeeping().await;
    assert!(link_in(&stage.fake.direct_messages(ALICE)[0]).is_some(), "it is still good");
    stage.harness.clock.move_by(LIFETIME);
    stage.harness.housekeeping().await;
    let direct = stage.fake.direct_messages(ALICE).remove(0);
    assert_eq!(direct.content(), "The link for `ada` that stood here is no longer good: not used in time.");
    stage.harness.housekeeping().await;
    assert_eq!(stage.fake.direct_messages(ALICE)[0].edits(), 1);
    let late = stage.presses(ALICE, &answer, REVOKE).await;
    assert_eq!(late.content(), "This link is no longer good: not used in time.");
}

#[tokio::test]
async fn buttons_of_an_old_message_work_after_a_restart() {
    let mut stage = Stage::set().await;
    let answer = stage.types(ALICE, "reset-link", "ada").await;
    let link = link_in(&stage.fake.direct_messages(ALICE)[0]).unwrap();
    stage.harness.finish_notices().await;
    stage.restart().await;
    let said = stage.presses(BOB, &answer, REVOKE).await;
    assert_eq!(said.content(), "The link for `ada` is withdrawn.");
    assert_eq!(stage.harness.open(&link).await.status, 410);
    // So old that nobody remembers.
    stage.harness.clock.move_by(SignedDuration::from_hours(3));
    let said = stage.presses(BOB, &answer, REVOKE).await;
    assert_eq!(said.content(), "This link is no longer good: not used in time.");
}

#[tokio::test]
async fn a_mailed_link_can_be_had_in_hand_instead_and_the_contact_hears_of_it() {
    let stage = Stage::planned(with_mail()).await;
    let answer = stage.types(ALICE, "reset-link", "ada").await;
    let mailed = link_in_mail(&stage.harness.mailer.mails()[0]).unwrap();
    let said = stage.presses(ALICE, &answer, INSTEAD).await;
    assert!(
        said.content().contains("you wanted the link for Ada Lovelace (`ada`) in hand"),
        "{}",
        said.content()
    );
    let link = link_in(&stage.fake.direct_messages(ALICE)[0]).unwrap();
    assert_ne!(link, mailed);
    assert_eq!(stage.harness.open(&mailed).await.status, 410);
    stage.harness.finish_notices().await;
    assert_eq!(stage.harness.mailer.mails().len(), 2, "a notice to the contact");
    let [_, handed_over] = &stage.harness.events("issued")[..] else { panic!() };
    assert_eq!(stage.harness.events("handed_over")[0]["link_id"], handed_over["link_id"]);
    assert_eq!(stage.harness.events("handed_over")[0]["reasons"][0]["reason"], "asked_instead");
    assert_eq!(stage.harness.redeem(&link, PASSWORD).await.status, 200);

    let again = stage.presses(ALICE, &answer, INSTEAD).await;
    assert!(again.content().starts_with("This link is no longer good: withdrawn"), "{}", again.content());
    assert_eq!(stage.harness.events("issued").len(), 2);
}

#[tokio::test]
async fn two_presses_at_once_hand_over_one_link() {
    let stage = Stage::planned(with_mail()).await;
    let answer = stage.types(ALICE, "reset-link", "ada").await;
    let id = answer.custom_id(INSTEAD).unwrap();
    let (one, other) = (
        stage.fake.press_stale_button(&answer, &id, ALICE),
        stage.fake.press_stale_button(&answer, &id, ALICE),
    );
    one.answer(SOON).await.unwrap();
    other.answer(SOON).await.unwrap();
    assert_eq!(stage.harness.events("issued").len(), 2);
    assert_eq!(stage.fake.direct_messages(ALICE).len(), 1);
}

#[tokio::test]
async fn only_who_had_it_mailed_has_it_in_hand_instead_and_not_where_it_was_used() {
    let stage = Stage::planned(with_mail()).await;
    let answer = stage.types(ALICE, "reset-link", "ada").await;
    let refused = stage.presses(BOB, &answer, INSTEAD).await;
    assert!(refused.content().starts_with("Only the admin who had a link e-mailed"), "{}", refused.content());
    assert_eq!(stage.harness.events("denied")[0]["why"], "not_their_link");
    let mailed = link_in_mail(&stage.harness.mailer.mails()[0]).unwrap();
    assert_eq!(stage.harness.redeem(&mailed, PASSWORD).await.status, 200);
    let late = stage.presses(ALICE, &answer, INSTEAD).await;
    assert_eq!(late.content(), "Too late: the link for `ada` has been used already.");
    assert_eq!(stage.harness.events("issued").len(), 1);
}

#[tokio::test]
async fn the_button_is_there_only_where_the_operator_wants_it_and_never_for_protected_contacts() {
    let stage = Stage::planned(Plan { mail: true, ..plan() }).await;
    let answer = stage.types(ALICE, "reset-link", "ada").await;
    assert!(answer.custom_id(INSTEAD).is_none() && answer.custom_id(REVOKE).is_some());
    let forged = answer.custom_id(REVOKE).unwrap().replace("revoke", "instead");
    let pressed = stage.fake.press_stale_button(&answer, &forged, ALICE);
    let refused = pressed.answer(SOON).await.unwrap();
    assert!(
        refused.content().starts_with("This link cannot be handed over instead"),
        "{}",
        refused.content()
    );
    assert_eq!(stage.harness.events("issued").len(), 1);
}

#[tokio::test]
async fn where_a_second_person_is_wanted_one_is_asked_before_it_comes_in_hand() {
    let plan =
        Plan { hand_over: HandOver::Approve, approvals_channel: Some(super::APPROVALS), ..with_mail() };
    let stage = Stage::planned(plan).await;
    let answer = stage.types(ALICE, "reset-link", "ada").await;
    let said = stage.presses(ALICE, &answer, INSTEAD).await;
    assert!(said.content().contains("A second person must agree first"), "{}", said.content());
    assert!(stage.fake.direct_messages(ALICE).is_empty());
    let question = stage.fake.messages_at(Place::Channel(super::APPROVALS)).remove(0);
    stage.presses(BOB, &question, "Approve").await;
    assert!(link_in(&stage.fake.direct_messages(ALICE)[0]).is_some());
    assert_eq!(stage.harness.events("handed_over")[0]["reasons"][0]["reason"], "asked_instead");
}

#[tokio::test]
async fn where_the_limit_is_reached_the_mailed_link_stays_good() {
    let stage = Stage::planned(Plan { per_contact: 1, ..with_mail() }).await;
    let answer = stage.types(ALICE, "reset-link", "ada").await;
    let said = stage.presses(ALICE, &answer, INSTEAD).await;
    assert!(said.content().contains("which is the limit"), "{}", said.content());
    let mailed = link_in_mail(&stage.harness.mailer.mails()[0]).unwrap();
    assert_eq!(stage.harness.open(&mailed).await.status, 200);
}

#[tokio::test]
async fn until_a_second_person_agrees_the_mailed_link_stays_good() {
    let plan =
        Plan { hand_over: HandOver::Approve, approvals_channel: Some(super::APPROVALS), ..with_mail() };
    let stage = Stage::planned(plan).await;
    let answer = stage.types(ALICE, "reset-link", "ada").await;
    let mailed = link_in_mail(&stage.harness.mailer.mails()[0]).unwrap();
    stage.presses(ALICE, &answer, INSTEAD).await;
    assert_eq!(stage.harness.open(&mailed).await.status, 200);
    let question = stage.fake.messages_at(Place::Channel(super::APPROVALS)).remove(0);
    stage.presses(BOB, &question, "Approve").await;
    assert_eq!(stage.harness.open(&mailed).await.status, 410);
    assert!(link_in(&stage.fake.direct_messages(ALICE)[0]).is_some());
}

#[tokio::test]
async fn where_discord_does_not_say_who_may_nothing_is_done_and_nobody_is_accused() {
    let stage = Stage::set().await;
    stage.types(ALICE, "reset-link", "ada").await;
    let direct = stage.fake.direct_messages(ALICE).remove(0);
    let members = "/guilds/*/members/*";
    stage.fake.break_route(
        "GET",
        members,
        reset_link_tests::fakes::discord::Fault::Status(503),
        reset_link_tests::fakes::discord::Lasts::UntilMended,
    );
    let said = stage.presses(ALICE, &direct, REVOKE).await;
    assert!(
        said.content().starts_with("It could not be found out who may do this now"),
        "{}",
        said.content()
    );
    assert!(stage.harness.events("denied").is_empty());
    stage.fake.mend();
    let said = stage.presses(ALICE, &direct, REVOKE).await;
    assert_eq!(said.content(), "The link for `ada` is withdrawn.");
}
