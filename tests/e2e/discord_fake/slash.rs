//! Commands, answers, direct messages, buttons: what an interaction goes through.

use std::time::Duration;

use reset_link_tests::fakes::discord::{FakeSettings, Place};

use super::bot::Bot;
use super::{ALICE, BOB, CHANNEL, GUILD, SOON, fake, fake_with, settings};

#[tokio::test]
async fn a_bot_that_is_ready_registers_its_commands() {
    let fake = fake().await;
    let _bot = Bot::start(&fake).await;
    let command = fake.registered(GUILD, "hello", SOON).await.unwrap();
    assert_eq!(command["options"][0]["name"], "name");
    assert_eq!(command["default_member_permissions"], "32");
    assert_eq!(fake.registrations().len(), 1);
    let seen = fake.gateway();
    assert_eq!(seen.identified[0].library, "serenity");
    assert_eq!(seen.identified[0].intents, 1);
    assert!(fake.offers(ALICE, GUILD, "hello"), "the owner may do everything");
    assert!(!fake.offers(BOB, GUILD, "hello"), "a helper may not manage the guild");
}

#[tokio::test]
async fn an_answer_is_deferred_and_then_edited_and_a_direct_message_arrives() {
    let fake = fake().await;
    let _bot = Bot::start(&fake).await;
    fake.registered(GUILD, "hello", SOON).await.unwrap();
    let asked = fake.slash(ALICE, GUILD, "hello", &[("name", "Ada")]);
    let acknowledged = asked.acknowledged(SOON).await.unwrap();
    assert_eq!((acknowledged.kind, acknowledged.ephemeral), (5, true));
    assert_eq!(asked.arrivals(), [acknowledged.after]);
    let answer = asked.answer(SOON).await.unwrap();
    assert_eq!(answer.content(), "I have written to you.");
    assert!(answer.is_ephemeral(), "who may see an answer does not change when it is edited");
    assert!(answer.pings_nobody());
    let direct = fake.direct_messages(ALICE);
    assert_eq!(direct.len(), 1);
    assert_eq!(direct[0].content(), "Hello, Ada");
    assert!(direct[0].has_no_previews() && direct[0].pings_nobody());
    assert!(fake.public_messages().is_empty());
}

#[tokio::test]
async fn a_person_who_takes_no_direct_messages_is_told_of_as_50007() {
    let fake = fake().await;
    fake.takes_direct_messages(BOB, false);
    let _bot = Bot::start(&fake).await;
    fake.registered(GUILD, "hello", SOON).await.unwrap();
    let answer = fake.slash(BOB, GUILD, "hello", &[("name", "Ada")]).answer(SOON).await.unwrap();
    assert_eq!(answer.content(), "No direct message (50007). Hello, Ada");
    assert!(fake.direct_messages(BOB).is_empty());
}

#[tokio::test]
async fn a_button_in_a_direct_message_can_be_pressed_and_its_message_changes() {
    let fake = fake().await;
    let _bot = Bot::start(&fake).await;
    fake.registered(GUILD, "hello", SOON).await.unwrap();
    fake.slash(ALICE, GUILD, "hello", &[("name", "Ada")]).answer(SOON).await.unwrap();
    let direct = fake.direct_messages(ALICE).remove(0);
    let id = direct.custom_id("Wave").unwrap();
    let pressed = fake.press_button(&direct, &id, ALICE);
    assert_eq!(pressed.acknowledged(SOON).await.unwrap().kind, 7);
    let changed = fake.message_that(Place::Direct(ALICE), SOON, |m| m.content() == "Waved.").await.unwrap();
    assert_eq!((changed.id, changed.edits(), changed.buttons().len()), (direct.id, 1, 0));
}

#[tokio::test]
async fn what_is_typed_is_offered_choices() {
    let fake = fake().await;
    let _bot = Bot::start(&fake).await;
    fake.registered(GUILD, "hello", SOON).await.unwrap();
    let choices = fake.autocomplete(ALICE, GUILD, "hello", "name", "Ad").choices(SOON).await.unwrap();
    assert_eq!(choices.len(), 1);
    assert_eq!((choices[0].name.as_str(), &choices[0].value), ("Ad!", &"Ad".into()));
}

#[tokio::test]
async fn a_replayed_interaction_cannot_be_answered_again() {
    let fake = fake().await;
    let _bot = Bot::start(&fake).await;
    fake.registered(GUILD, "hello", SOON).await.unwrap();
    let asked = fake.slash(ALICE, GUILD, "hello", &[("name", "Ada")]);
    asked.answer(SOON).await.unwrap();
    asked.replay();
    let route = "/interactions/{interaction_id}/{interaction_token}/callback";
    let refused = fake.requests_that(2, "POST", route, SOON).await.unwrap();
    assert_eq!(refused.last().unwrap().status, 400);
    assert_eq!(asked.callbacks(), 2);
    assert_eq!(fake.direct_messages(ALICE).len(), 1);
}

#[tokio::test]
async fn an_answer_after_the_deadline_is_refused() {
    let fake = fake_with(FakeSettings { acknowledge_within: Duration::ZERO, ..settings() }).await;
    let _bot = Bot::start(&fake).await;
    fake.registered(GUILD, "hello", SOON).await.unwrap();
    let asked = fake.slash_in(ALICE, GUILD, CHANNEL, "hello", &[("name", "Ada")]);
    let route = "/interactions/{interaction_id}/{interaction_token}/callback";
    let refused = fake.requests_that(1, "POST", route, SOON).await.unwrap();
    assert_eq!(refused[0].status, 404);
    assert!(asked.answer_now().is_none());
    assert!(asked.arrivals()[0] > Duration::ZERO);
    assert!(fake.direct_messages(ALICE).is_empty(), "the bot stops where Discord no longer listens");
}
