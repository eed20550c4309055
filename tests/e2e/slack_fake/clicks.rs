//! Buttons, menus and views.

use jiff::SignedDuration;
use reset_link_tests::fakes::slack::{Choice, Place, SlackSettings};
use reset_link_tests::harness::clock::MovableClock;
use serde_json::json;

use super::bot::{Bot, RawClient, form};
use super::{ALICE, BOB, GENERAL, SOON, fake, fake_with, settings};

#[tokio::test]
async fn a_pressed_button_comes_with_its_message_and_the_message_is_replaced() {
    let fake = fake().await;
    let _bot = Bot::start(&fake).await;
    fake.slash(ALICE, GENERAL, "/hello", "Ada").answer(SOON).await.unwrap();
    let direct = fake.direct_messages(ALICE).remove(0);
    let pressed = fake.press(&direct, &direct.action_id("Wave").unwrap(), ALICE);
    let told = pressed.payload();
    assert_eq!(told["actions"][0]["value"], "Hello, Ada");
    assert_eq!(told["container"]["message_ts"], direct.ts);
    assert_eq!(told["message"]["text"], "Hello, Ada");
    let changed = pressed.answer_that(SOON, |message| message.content() == "Waved.").await.unwrap();
    assert_eq!((&changed.ts, changed.edits(), changed.buttons().len()), (&direct.ts, 1, 0));
    fake.press_stale(&direct, "wave", ALICE).acknowledged(SOON).await.unwrap();
}

#[tokio::test]
async fn an_ephemeral_message_is_replaced_and_deleted_by_its_response_url_alone() {
    let fake = fake().await;
    let hands = RawClient::of(&fake);
    let asked = fake.slash(ALICE, GENERAL, "/hello", "x");
    let button =
        json!({ "type": "button", "action_id": "go", "text": { "type": "plain_text", "text": "Go" } });
    let blocks = json!([{ "type": "actions", "elements": [button] }]);
    hands.respond(&asked.response_url(), &json!({ "text": "Go?", "blocks": blocks })).await;
    let offered = asked.answer(SOON).await.unwrap();
    let pressed = fake.press(&offered, "go", ALICE);
    let told = pressed.payload();
    assert_eq!((&told["container"]["is_ephemeral"], &told["message"]), (&json!(true), &json!(null)));
    let replaced = json!({ "replace_original": true, "text": "Gone." });
    assert_eq!(
        hands.respond(&pressed.response_url(), &replaced).await,
        (200, json!({ "ok": true }).to_string())
    );
    let now = pressed.answer(SOON).await.unwrap();
    assert_eq!((&now.ts, now.content(), now.blocks().len()), (&offered.ts, "Gone.", 0));
    assert_eq!(now.place, Place::Ephemeral { user: ALICE.to_owned(), channel: GENERAL.to_owned() });
    hands.respond(&pressed.response_url(), &json!({ "delete_original": true })).await;
    assert!(fake.message(&offered.channel, &offered.ts).unwrap().deleted);
}

#[tokio::test]
async fn a_view_is_opened_offers_choices_is_refused_and_sent() {
    let fake = fake().await;
    let _bot = Bot::start(&fake).await;
    fake.slash(BOB, GENERAL, "/hello", "form").acknowledged(SOON).await.unwrap();
    let view = fake.view_that(BOB, SOON, |view| view.callback_id() == "greeting").await.unwrap();
    assert_eq!((view.title(), view.private_metadata()), ("Greet somebody", "kept"));
    let choices = fake.suggest(BOB, &view, "who", "Ad").choices(SOON).await.unwrap();
    assert_eq!(choices, [Choice { text: "Ad!".to_owned(), value: "Ad".to_owned() }]);
    let refused = fake.submit_view(&view, BOB, &[("who", "Ad"), ("text", "rude")]);
    refused.acknowledged(SOON).await.unwrap();
    let shown = fake.view(&view.id).unwrap();
    assert_eq!((shown.is_open, shown.errors), (true, Some(json!({ "words": "Be kind." }))));
    let sent = fake.submit_view(&view, BOB, &[("who", "Ad")]);
    let state = &sent.payload()["view"]["state"]["values"];
    assert_eq!(state["whom"]["who"]["selected_option"]["text"]["text"], "Ad!");
    assert_eq!(state["words"]["text"], json!({ "type": "plain_text_input", "value": null }));
    sent.acknowledged(SOON).await.unwrap();
    assert!(!fake.view(&view.id).unwrap().is_open);
    let place = Place::Direct(BOB.to_owned());
    fake.message_that(&place, SOON, |message| message.content() == "Greeted Ad").await.unwrap();
}

#[tokio::test]
async fn a_trigger_opens_a_view_once_and_for_three_seconds() {
    let clock = MovableClock::at("2026-03-01T09:00:00Z");
    let fake = fake_with(SlackSettings { now: clock.as_fn(), ..settings() }).await;
    let hands = RawClient::of(&fake);
    let open = async |trigger: String| {
        let opened = hands.call("views.open", &json!({ "trigger_id": trigger, "view": form() })).await;
        opened["error"].as_str().unwrap_or("opened").to_owned()
    };
    let first = fake.slash(ALICE, GENERAL, "/hello", "x").trigger_id();
    assert_eq!(open(first.clone()).await, "opened");
    assert_eq!(open(first).await, "exchanged_trigger_id");
    let late = fake.slash(ALICE, GENERAL, "/hello", "x").trigger_id();
    clock.move_by(SignedDuration::from_secs(3));
    assert_eq!(open(late).await, "expired_trigger_id");
    assert_eq!(open("1.2.3".to_owned()).await, "invalid_trigger_id");
    let view = fake.views(ALICE).remove(0);
    let mut changed = form();
    changed["title"]["text"] = json!("Changed");
    let update = json!({ "view_id": view.id, "hash": "old", "view": changed });
    assert_eq!(hands.call("views.update", &update).await["error"], "hash_conflict");
    let update = json!({ "view_id": view.id, "view": changed });
    assert_eq!(hands.call("views.update", &update).await["view"]["title"]["text"], "Changed");
    assert_eq!(fake.view(&view.id).unwrap().title(), "Changed");
    assert!(fake.close_view(&view, ALICE).is_none(), "nobody asked to hear of it");
    assert_eq!(hands.call("views.update", &update).await["error"], "not_found");
}
