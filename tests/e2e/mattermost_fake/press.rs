//! Buttons: what is kept, what goes to the bot, and what comes of its answer.

use reqwest::Method;
use reset_link_tests::fakes::mattermost::{FakeMattermost, FakePost, Place};
use serde_json::{Value, json};

use super::bot::{self, Bot, call};
use super::{SOON, alice, bob, fake, general};

const JSON: &str = "application/json";

fn attachments(url: &str, id: &str) -> Value {
    let integration = json!({ "url": url, "context": { "seal": "secret", "order": [1, 2] } });
    let action =
        json!({ "id": id, "name": "Wave", "type": "button", "style": "danger", "integration": integration });
    json!([{ "text": "Do you see me?", "actions": [action] }])
}

/// A post of the bot in the channel, with a button that leads to this address.
async fn posted(fake: &FakeMattermost, url: &str, id: &str) -> FakePost {
    let props = json!({ "attachments": attachments(url, id) });
    let body = json!({ "channel_id": general(), "message": "Hello", "props": props });
    let answer = call(fake.url(), Method::POST, "/api/v4/posts", Some(&body)).await.unwrap();
    assert_eq!(answer.status(), 201);
    let answer: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    assert!(!answer.to_string().contains("secret"), "what an action brings stays on the server");
    fake.post(answer["id"].as_str().unwrap()).unwrap()
}

fn interactive(bot: &Bot) -> String {
    format!("{}/mattermost/interactive", bot.url)
}

#[tokio::test]
async fn a_press_changes_the_post_and_tells_whoever_pressed() {
    let fake = fake().await;
    let bot = bot::greeter(&fake).await;
    let asked = fake.slash(&alice(), &general(), "greet", "Ada");
    asked.later(1, SOON).await.unwrap();
    let direct = fake.direct_messages(&alice()).remove(0);
    assert!(!Value::from(direct.attachments()).to_string().contains("secret"));
    assert_eq!(direct.integration("wave").unwrap()["context"], json!({ "seal": "secret" }));

    let press = fake.press(&direct, "wave", &alice());
    let answer = press.answered(SOON).await.unwrap();
    assert_eq!((answer.status, answer.is_update(), answer.ephemeral_text()), (200, true, "Thank you."));
    let payload = press.payload();
    assert_eq!((&payload["type"], &payload["data_source"]), (&json!("button"), &json!("")));
    assert_eq!((&payload["user_name"], &payload["team_id"]), (&json!("alice"), &json!("")), "no team here");
    assert_eq!((&payload["post_id"], &payload["context"]["seal"]), (&json!(direct.id), &json!("secret")));
    assert_eq!(press.told(SOON).await.unwrap().message, "Thank you.");

    let changed = fake.direct_message_that(&alice(), SOON, |post| post.message == "Waved.").await.unwrap();
    assert_eq!((changed.id.as_str(), changed.edits()), (direct.id.as_str(), 1));
    assert!(changed.buttons().is_empty() && direct.buttons().len() == 1, "a post is as it was then");

    // The client may still show the button: Mattermost no longer has it, and asks nobody.
    let stale = fake.press_stale(&direct, "wave", &alice()).answered(SOON).await.unwrap();
    assert_eq!((stale.status, stale.error.as_deref()), (0, Some("Invalid action id.")));
    drop(bot);
}

#[tokio::test]
async fn a_press_can_be_forged_and_replayed() {
    let fake = fake().await;
    let bot = bot::greeter(&fake).await;
    let url = interactive(&bot);
    let post = posted(&fake, &url, "wave").await;
    let press = fake.press(&post, "wave", &bob());
    press.answered(SOON).await.unwrap();
    assert_eq!(press.url(), url);
    assert_eq!(press.payload()["team_domain"], "example");
    press.replay();
    assert_eq!(press.answers(2, SOON).await.unwrap().len(), 2);

    let mut forged = press.payload();
    assert_eq!(fake.press_forged(&url, &forged).await.status, 200, "nothing in it is signed");
    forged["context"]["seal"] = "guessed".into();
    assert_eq!(fake.press_forged(&url, &forged).await.status, 403);
}

#[tokio::test]
async fn an_update_replaces_the_message_and_the_props_only_where_some_are_given() {
    let fake = fake().await;
    let bot = bot::saying(&fake, 200, JSON, r#"{"update": {"message": "Seen."}}"#).await;
    let post = posted(&fake, &interactive(&bot), "wave").await;
    fake.press(&post, "wave", &bob()).answered(SOON).await.unwrap();
    let changed = fake.post(&post.id).unwrap();
    assert_eq!((changed.message.as_str(), changed.buttons().len()), ("Seen.", 1));

    let bot = bot::saying(&fake, 200, JSON, "").await;
    let post = posted(&fake, &interactive(&bot), "wave").await;
    let answer = fake.press(&post, "wave", &bob()).answered(SOON).await.unwrap();
    assert_eq!((answer.error, fake.post(&post.id).unwrap().edits()), (None, 0), "silence will do");
}

#[tokio::test]
async fn a_bot_that_says_no_or_nonsense_makes_an_error_below_the_post() {
    let fake = fake().await;
    for (status, kind, body, violations) in [
        (403, JSON, r#"{"update": {"message": "No."}}"#, 0),
        (204, JSON, "", 0),
        (200, "text/html", "<p>No.</p>", 1),
        (200, JSON, r#"{"update": "No."}"#, 1),
    ] {
        let bot = bot::saying(&fake, status, kind, body).await;
        let post = posted(&fake, &interactive(&bot), "wave").await;
        let answer = fake.press(&post, "wave", &bob()).answered(SOON).await.unwrap();
        assert_eq!((answer.status, answer.is_update()), (status, false));
        assert_eq!(answer.error.as_deref(), Some("Action integration error."), "{body}");
        assert_eq!(fake.post(&post.id).unwrap().message, "Hello");
        assert_eq!(fake.take_violations().len(), violations, "{body}");
    }
}

#[tokio::test]
async fn a_button_on_an_ephemeral_post_can_be_pressed_and_the_post_not_updated() {
    let fake = fake().await;
    let bot = bot::saying(&fake, 200, JSON, "{}").await;
    let answer = json!({ "text": "Sure?", "attachments": attachments(&interactive(&bot), "wave") });
    let _bot = bot::saying(&fake, 200, JSON, answer.to_string()).await;
    let post = fake.slash(&alice(), &general(), "greet", "").answer(SOON).await.unwrap();
    let press = fake.press(&post, "wave", &alice());
    assert_eq!(press.answered(SOON).await.unwrap().error, None);
    assert_eq!(press.payload()["context"]["seal"], "secret");

    let updating = bot::saying(&fake, 200, JSON, r#"{"update": {"message": "Sure."}}"#).await;
    let answer = json!({ "text": "Sure?", "attachments": attachments(&interactive(&updating), "wave") });
    let _bot = bot::saying(&fake, 200, JSON, answer.to_string()).await;
    let post = fake.slash(&alice(), &general(), "greet", "").answer(SOON).await.unwrap();
    let answer = fake.press(&post, "wave", &alice()).answered(SOON).await.unwrap();
    assert_eq!(answer.error.as_deref(), Some("Unable to get the post."));
    assert_eq!(fake.take_violations().len(), 1);
    let theirs = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| fake.press(&post, "wave", &bob())));
    assert!(theirs.is_err(), "nobody else sees it");
}

#[tokio::test]
async fn buttons_that_mattermost_would_not_like_are_reported() {
    let fake = fake().await;
    let good = || attachments("http://127.0.0.1:9/mattermost/interactive", "wave")[0]["actions"][0].clone();
    let with = |name: &str, value: Value| {
        let mut action = good();
        action[name] = value;
        action
    };
    for action in [
        with("id", json!("wave-back")),
        with("name", json!("")),
        with("style", json!("blurple")),
        with("type", json!("link")),
        with("integration", Value::Null),
        with("integration", json!({ "url": "/interactive" })),
        with("integration", json!({ "url": "http://127.0.0.1:9/", "context": "secret" })),
    ] {
        let props = json!({ "attachments": [{ "text": "?", "actions": [action] }] });
        let body = json!({ "channel_id": general(), "message": "Hello", "props": props });
        let answer = call(fake.url(), Method::POST, "/api/v4/posts", Some(&body)).await.unwrap();
        assert_eq!(answer.status(), 201, "Mattermost takes it: {action}");
        assert_eq!(fake.take_violations().len(), 1, "{action}");
    }
    let post = fake.posts_at(&Place::Channel(general())).remove(0);
    let pressed = fake.press_stale(&post, "wave-back", &bob()).answered(SOON).await.unwrap();
    assert_eq!(pressed.status, 0, "such a button does nothing");
    let props = json!({ "attachments": [{ "actions": [with("id", Value::Null)] }] });
    let body = json!({ "channel_id": general(), "message": "Hello", "props": props });
    call(fake.url(), Method::POST, "/api/v4/posts", Some(&body)).await.unwrap();
    let last = fake.posts_at(&Place::Channel(general())).pop().unwrap();
    assert_eq!(last.action_id("Wave").unwrap().len(), 26, "an action without an id gets one");
}

#[tokio::test]
async fn a_post_that_is_read_and_written_back_has_lost_where_its_buttons_lead() {
    let fake = fake().await;
    let post = posted(&fake, "http://127.0.0.1:9/mattermost/interactive", "wave").await;
    let path = format!("/api/v4/posts/{}", post.id);
    let read = call(fake.url(), Method::GET, &path, None).await.unwrap().bytes().await.unwrap();
    let read: Value = serde_json::from_slice(&read).unwrap();
    call(fake.url(), Method::PUT, &path, Some(&read)).await.unwrap();
    assert_eq!(fake.take_violations().len(), 1);
    let now = fake.post(&post.id).unwrap();
    assert_eq!((now.buttons(), now.integration("wave")), (post.buttons(), None));
    let pressed = fake.press(&now, "wave", &bob()).answered(SOON).await.unwrap();
    assert_eq!((pressed.status, pressed.error.as_deref()), (0, Some("Invalid action id.")));
}
