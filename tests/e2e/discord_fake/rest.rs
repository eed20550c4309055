//! REST by hand: who may ask, what is refused, what is kept.

use reqwest::{Method, RequestBuilder, Response};
use reset_link_tests::fakes::discord::{FakeDiscord, FakeSettings, Place};
use reset_link_tests::fakes::kit::client;
use serde_json::{Value, json};

use super::{ALICE, BOB, CHANNEL, GUILD, HIDDEN, READ_ONLY, SOON, TOKEN, fake, settings};

const COMMANDS: &str = "/applications/9001/guilds/1000/commands";

/// From nobody in particular.
fn anonymous(fake: &FakeDiscord, method: Method, path: &str) -> RequestBuilder {
    let client = client::in_the_clear().build().unwrap();
    client.request(method, format!("{}/api/v10{path}", fake.rest_url()))
}

fn request(fake: &FakeDiscord, method: Method, path: &str) -> RequestBuilder {
    anonymous(fake, method, path).header("Authorization", format!("Bot {TOKEN}"))
}

async fn get(fake: &FakeDiscord, path: &str) -> (u16, Value) {
    answer(request(fake, Method::GET, path).send().await.unwrap()).await
}

async fn send(fake: &FakeDiscord, method: Method, path: &str, body: &Value) -> (u16, Value) {
    let request = request(fake, method, path).header("Content-Type", "application/json");
    answer(request.body(body.to_string()).send().await.unwrap()).await
}

async fn answer(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::Null))
}

fn hello() -> Value {
    let option = json!({ "type": 3, "name": "name", "description": "Whom to greet", "required": true });
    json!({ "name": "hello", "description": "Greets somebody", "options": [option] })
}

#[tokio::test]
async fn every_fact_can_be_asked_for_and_has_the_form_that_discord_promises() {
    let fake = fake().await;
    for path in [
        "/gateway",
        "/gateway/bot",
        "/users/@me",
        "/users/@me/guilds",
        "/users/2001",
        "/applications/@me",
        "/oauth2/applications/@me",
        "/guilds/1000",
        "/guilds/1000/roles",
        "/guilds/1000/channels",
        "/guilds/1000/members/2002",
        "/guilds/1000/members/9002",
        "/channels/1100",
        COMMANDS,
        "/applications/9001/commands",
    ] {
        let response = request(&fake, Method::GET, path).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        for header in ["limit", "remaining", "reset", "reset-after", "bucket"] {
            assert!(response.headers().contains_key(format!("x-ratelimit-{header}")), "{path}: {header}");
        }
    }
    assert_eq!(get(&fake, "/guilds/1000/roles").await.1.as_array().unwrap().len(), 2);
    assert_eq!(get(&fake, "/channels/1100").await.1["name"], "general");
    assert_eq!(get(&fake, "/guilds/1000/members/2002").await.1["roles"], json!(["1200"]));
}

#[tokio::test]
async fn what_is_not_there_is_refused_as_discord_refuses_it() {
    let fake = fake().await;
    for (path, status, code) in [
        ("/guilds/7", 404, 10_004),
        ("/channels/7", 404, 10_003),
        ("/users/7", 404, 10_013),
        ("/guilds/1000/members/7", 404, 10_007),
        ("/channels/1100/messages/7", 404, 10_008),
        ("/applications/9001/guilds/1000/commands/7", 404, 10_063),
        ("/applications/9001/guilds/7/commands", 403, 50_001),
        ("/applications/7/commands", 403, 20_012),
        ("/channels/1101", 403, 50_001),
    ] {
        let (said, body) = get(&fake, path).await;
        assert_eq!((said, body["code"].as_u64()), (status, Some(code)), "{path}");
        assert!(body["message"].is_string(), "{path}");
    }
}

#[tokio::test]
async fn only_the_bot_may_ask_and_the_gateways_address_is_no_secret() {
    let fake = fake().await;
    let wrong = anonymous(&fake, Method::GET, "/users/@me").header("Authorization", "Bot no");
    assert_eq!(wrong.send().await.unwrap().status(), 401);
    assert_eq!(anonymous(&fake, Method::GET, "/users/@me").send().await.unwrap().status(), 401);
    assert_eq!(anonymous(&fake, Method::GET, "/gateway").send().await.unwrap().status(), 200);
    fake.revoke_token();
    let (status, body) = get(&fake, "/users/@me").await;
    assert_eq!((status, &body["message"]), (401, &json!("401: Unauthorized")));
}

#[tokio::test]
async fn a_body_that_discord_would_refuse_is_refused_and_reported() {
    let fake = fake().await;
    if !fake.checks_bodies() {
        return;
    }
    let named_badly = json!({ "name": "Hello World", "description": "no" });
    let (status, body) = send(&fake, Method::POST, COMMANDS, &named_badly).await;
    assert_eq!((status, body["code"].as_u64()), (400, Some(50_035)));
    assert_eq!(fake.take_violations().len(), 1, "beyond the file: names are lower case");

    for (path, body) in [
        (COMMANDS.to_owned(), json!({ "name": "x".repeat(33), "description": "too long a name" })),
        ("/users/@me/channels".to_owned(), json!({ "recipient_id": 2001 })),
        (format!("/channels/{CHANNEL}/messages"), json!({ "content": "x".repeat(2001) })),
        (format!("/channels/{CHANNEL}/messages"), json!({ "content": "Grüße", "flags": "4" })),
        (format!("/channels/{CHANNEL}/messages"), json!({ "content": "" })),
    ] {
        let (status, _) = send(&fake, Method::POST, &path, &body).await;
        assert_eq!(status, 400, "{path} {body}");
        let violations = fake.take_violations();
        assert_eq!(violations.len(), 1, "{path}");
        assert!(!violations[0].contains("Grüße"), "a report holds no text that was sent");
    }
    assert!(fake.messages_at(Place::Channel(CHANNEL)).is_empty());
    fake.assert_no_violations();
}

#[tokio::test]
async fn without_discords_own_file_the_fake_checks_less_and_on_ci_it_does_not_start() {
    let settings = FakeSettings { openapi: "no/such/file.json".into(), ..settings() };
    let started = tokio::spawn(FakeDiscord::start(settings)).await;
    assert_eq!(started.is_err(), std::env::var_os("CI").is_some());
    assert!(started.is_err() || !started.unwrap().checks_bodies());
}

#[tokio::test]
async fn a_fake_that_saw_a_violation_fails_its_test_when_dropped() {
    let fake = fake().await;
    let (status, _) = get(&fake, "/no/such/route").await;
    assert_eq!(status, 404);
    let dropped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(fake)));
    assert!(dropped.is_err());
}

#[tokio::test]
async fn commands_are_kept_and_every_write_is_counted() {
    let fake = fake().await;
    let localised =
        json!({ "name": "hello", "description": "Greets", "description_localizations": { "de": "Grüßt" } });
    let (status, all) = send(&fake, Method::PUT, COMMANDS, &json!([localised])).await;
    assert_eq!(status, 200);
    let id = all[0]["id"].as_str().unwrap().to_owned();
    let (status, again) = send(&fake, Method::POST, COMMANDS, &hello()).await;
    assert_eq!((status, again["id"].as_str()), (200, Some(id.as_str())), "one of the same name keeps its id");
    let (status, other) =
        send(&fake, Method::POST, COMMANDS, &json!({ "name": "other", "description": "Other" })).await;
    assert_eq!(status, 201);
    let path = format!("{COMMANDS}/{}", other["id"].as_str().unwrap());
    let changed = send(&fake, Method::PATCH, &path, &json!({ "description": "Changed" })).await;
    assert_eq!((changed.0, &changed.1["description"]), (200, &json!("Changed")));
    assert_eq!(request(&fake, Method::DELETE, &path).send().await.unwrap().status(), 204);
    assert_eq!(fake.commands(Some(GUILD)).len(), 1);
    let methods: Vec<_> = fake.registrations().into_iter().map(|write| write.method).collect();
    assert_eq!(methods, ["PUT", "POST", "POST", "PATCH", "DELETE"]);
}

#[tokio::test]
async fn localisations_are_told_to_those_who_ask() {
    let fake = fake().await;
    let localised =
        json!([{ "name": "hello", "description": "Greets", "description_localizations": { "de": "Grüßt" } }]);
    send(&fake, Method::PUT, COMMANDS, &localised).await;
    let (_, plain) = get(&fake, COMMANDS).await;
    let (_, full) = get(&fake, &format!("{COMMANDS}?with_localizations=true")).await;
    assert!(plain[0].get("description_localizations").is_none());
    assert_eq!(full[0]["description_localizations"]["de"], "Grüßt");
}

#[tokio::test]
async fn a_channels_own_permissions_decide_where_the_bot_may_write() {
    let fake = fake().await;
    let hi = json!({ "content": "hi", "allowed_mentions": { "parse": [] } });
    let (status, sent) = send(&fake, Method::POST, &format!("/channels/{CHANNEL}/messages"), &hi).await;
    assert_eq!((status, &sent["content"]), (200, &json!("hi")));
    let (status, body) = send(&fake, Method::POST, &format!("/channels/{HIDDEN}/messages"), &hi).await;
    assert_eq!((status, &body["code"]), (403, &json!(50_001)));
    let (status, body) = send(&fake, Method::POST, &format!("/channels/{READ_ONLY}/messages"), &hi).await;
    assert_eq!((status, &body["code"]), (403, &json!(50_013)));
    assert_eq!(fake.public_messages().len(), 1);
    assert!(fake.public_messages()[0].pings_nobody());
}

#[tokio::test]
async fn a_message_can_be_edited_and_deleted_and_all_of_it_is_remembered() {
    let fake = fake().await;
    let (_, channel) =
        send(&fake, Method::POST, "/users/@me/channels", &json!({ "recipient_id": "2002" })).await;
    let messages = format!("/channels/{}/messages", channel["id"].as_str().unwrap());
    let (_, sent) = send(&fake, Method::POST, &messages, &json!({ "content": "one" })).await;
    let path = format!("{messages}/{}", sent["id"].as_str().unwrap());
    let (_, edited) = send(&fake, Method::PATCH, &path, &json!({ "content": "two", "flags": 4 })).await;
    assert_eq!((&edited["content"], &edited["flags"]), (&json!("two"), &json!(4)));
    assert!(edited["edited_timestamp"].is_string());
    assert_eq!(request(&fake, Method::DELETE, &path).send().await.unwrap().status(), 204);
    let (status, body) = send(&fake, Method::PATCH, &path, &json!({ "content": "three" })).await;
    assert_eq!((status, &body["code"]), (404, &json!(10_008)));
    let kept = fake.direct_messages(BOB).remove(0);
    assert!(kept.deleted && !kept.pings_nobody());
    assert_eq!((kept.bodies.len(), kept.content()), (2, "two"));
    assert!(!format!("{kept:?}").contains("two"));
}

#[tokio::test]
async fn an_enforced_nonce_makes_a_repeated_send_one_message() {
    let fake = fake().await;
    let (_, channel) =
        send(&fake, Method::POST, "/users/@me/channels", &json!({ "recipient_id": "2001" })).await;
    let messages = format!("/channels/{}/messages", channel["id"].as_str().unwrap());
    let body = json!({ "content": "once", "nonce": "a1", "enforce_nonce": true });
    let (_, first) = send(&fake, Method::POST, &messages, &body).await;
    let (_, second) = send(&fake, Method::POST, &messages, &body).await;
    assert_eq!(first["id"], second["id"]);
    assert_eq!(fake.direct_messages(ALICE).len(), 1);
}

#[tokio::test]
async fn an_interaction_takes_one_fitting_answer_and_then_its_webhook_opens() {
    let fake = fake().await;
    send(&fake, Method::PUT, COMMANDS, &json!([hello()])).await;
    let asked = fake.slash(ALICE, GUILD, "hello", &[("name", "Ada")]);
    let token = asked.token();
    let callback = format!("/interactions/{}/{token}/callback", asked.id);
    let original = format!("/webhooks/9001/{token}/messages/@original");
    let (status, body) = send(&fake, Method::PATCH, &original, &json!({ "content": "early" })).await;
    assert_eq!((status, &body["code"]), (404, &json!(10_015)));
    let (status, _) =
        send(&fake, Method::POST, &callback, &json!({ "type": 7, "data": { "content": "x" } })).await;
    assert_eq!(status, 400, "there is no message to update");
    assert_eq!(fake.take_violations().len(), 1);
    let (status, body) = send(
        &fake,
        Method::POST,
        &format!("/interactions/{}/wrong/callback", asked.id),
        &json!({ "type": 5 }),
    )
    .await;
    assert_eq!((status, &body["code"]), (404, &json!(10_062)));

    let deferred = json!({ "type": 5, "data": { "flags": 64 } });
    let (status, told) =
        send(&fake, Method::POST, &format!("{callback}?with_response=true"), &deferred).await;
    assert_eq!((status, &told["interaction"]["response_message_loading"]), (200, &json!(true)));
    let (status, body) = send(&fake, Method::POST, &callback, &deferred).await;
    assert_eq!((status, &body["code"]), (400, &json!(40_060)));

    // The first follow-up takes the place of "is thinking", the second stands by itself.
    let webhook = format!("/webhooks/9001/{token}");
    let (_, first) = send(&fake, Method::POST, &webhook, &json!({ "content": "first" })).await;
    let (_, second) = send(&fake, Method::POST, &webhook, &json!({ "content": "second", "flags": 64 })).await;
    assert_eq!(asked.answer(SOON).await.unwrap().content(), "first");
    assert_ne!(first["id"], second["id"]);
    assert_eq!(asked.follow_ups(1, SOON).await.unwrap()[0].content(), "second");
    let (_, shown) = get(&fake, &original).await;
    assert_eq!(shown["flags"], 64);
    assert_eq!(request(&fake, Method::DELETE, &original).send().await.unwrap().status(), 204);
    assert!(asked.answer_now().is_none());

    asked.lapse();
    let (status, body) = send(&fake, Method::POST, &webhook, &json!({ "content": "late" })).await;
    assert_eq!((status, &body["code"]), (401, &json!(50_027)));
}
