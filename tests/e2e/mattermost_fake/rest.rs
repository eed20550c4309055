//! The API by hand: who may ask, what is refused, what is kept.

use jiff::SignedDuration;
use reqwest::Method;
use reset_link_tests::fakes::mattermost::{FakeMattermost, Place, id};
use reset_link_tests::harness::clock::MovableClock;
use serde_json::{Value, json};

use super::bot::call;
use super::{TOKEN, alice, bob, distant, fake, general, hidden, settings};

async fn get(fake: &FakeMattermost, path: &str) -> (u16, Value) {
    send(fake, Method::GET, path, None).await
}

async fn send(fake: &FakeMattermost, method: Method, path: &str, body: Option<&Value>) -> (u16, Value) {
    let answer = call(fake.url(), method, &format!("/api/v4{path}"), body).await.unwrap();
    assert_eq!(answer.headers()["content-type"], "application/json");
    assert!(answer.headers().contains_key("x-request-id"));
    let status = answer.status().as_u16();
    (status, serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap())
}

async fn post(fake: &FakeMattermost, body: &Value) -> (u16, Value) {
    send(fake, Method::POST, "/posts", Some(body)).await
}

#[tokio::test]
async fn every_fact_can_be_asked_for() {
    let fake = fake().await;
    let team = id("the team");
    let (status, me) = get(&fake, "/users/me").await;
    assert_eq!((status, &me["is_bot"], &me["id"]), (200, &json!(true), &json!(id("the bot"))));
    let (_, user) = get(&fake, &format!("/users/{}", alice())).await;
    assert_eq!(
        (&user["username"], &user["locale"], &user["delete_at"]),
        (&json!("alice"), &json!("de"), &json!(0))
    );
    assert_eq!(get(&fake, "/users/username/bob").await.1["id"], bob());
    assert_eq!(get(&fake, "/users/me/teams").await.1[0]["id"], team);
    assert_eq!(get(&fake, &format!("/teams/{team}")).await.1["name"], "example");
    let (_, member) = get(&fake, &format!("/teams/{team}/members/{}", bob())).await;
    assert_eq!((&member["user_id"], &member["scheme_admin"]), (&json!(bob()), &json!(false)));
    let (_, channel) = get(&fake, &format!("/channels/{}", general())).await;
    assert_eq!((&channel["name"], &channel["type"]), (&json!("general"), &json!("O")));
    let named = format!("/teams/{team}/channels/name");
    assert_eq!(get(&fake, &format!("{named}/general")).await.1["id"], general());
    assert_eq!(get(&fake, &format!("{named}/hidden")).await.0, 404);
    assert_eq!(get(&fake, "/teams/name/example").await.1["id"], team);
    let (_, users) = send(&fake, Method::POST, "/users/ids", Some(&json!([bob(), id("nobody")]))).await;
    assert_eq!((users.as_array().unwrap().len(), &users[0]["username"]), (1, &json!("bob")));
    let members = format!("/channels/{}/members", general());
    assert_eq!(get(&fake, &members).await.1.as_array().unwrap().len(), 3);
    assert_eq!(get(&fake, &format!("{members}?page=1")).await.1, json!([]));
    let own = format!("/channels/{}/members/me", general());
    assert_eq!(get(&fake, &own).await.0, 200);
    assert_eq!(get(&fake, "/config/client?format=old").await.1["Version"], "10.5.2");
    assert_eq!(get(&fake, "/system/ping?get_server_status=true").await.1["database_status"], "OK");
    fake.deactivate(&bob());
    assert!(get(&fake, &format!("/users/{}", bob())).await.1["delete_at"].as_i64().unwrap() > 0);
}

#[tokio::test]
async fn what_is_not_there_is_refused_as_mattermost_refuses_it() {
    let fake = fake().await;
    let (nobody, team) = (id("nobody"), id("the team"));
    for (path, status, error) in [
        ("/users/short".to_owned(), 400, "api.context.invalid_url_param.app_error"),
        (format!("/users/{nobody}"), 404, "app.user.missing_account.const"),
        (format!("/teams/{nobody}"), 404, "app.team.get.find.app_error"),
        (format!("/teams/{team}/members/{nobody}"), 404, "app.team.get_member.missing.app_error"),
        (format!("/channels/{nobody}"), 404, "app.channel.get.existing.app_error"),
        (format!("/channels/{}", hidden()), 403, "api.context.permissions.app_error"),
        (format!("/channels/{}/members/me", distant()), 403, "api.context.permissions.app_error"),
        (format!("/channels/{}/members", distant()), 403, "api.context.permissions.app_error"),
        (
            format!("/channels/{}/members/{nobody}", general()),
            404,
            "app.channel.get_member.missing.app_error",
        ),
        (format!("/posts/{nobody}"), 404, "app.post.get.app_error"),
        ("/config/client".to_owned(), 501, "api.config.client.old_format.app_error"),
    ] {
        let (said, body) = get(&fake, &path).await;
        assert_eq!(
            (said, &body["id"], &body["status_code"]),
            (status, &json!(error), &json!(status)),
            "{path}"
        );
        assert!(body["message"].is_string() && body["request_id"].is_string(), "{path}");
    }
    assert_eq!(get(&fake, "/no/such/route").await.1["id"], "api.context.404.app_error");
    assert_eq!(fake.take_violations().len(), 1);
}

#[tokio::test]
async fn only_the_bot_may_ask() {
    let fake = fake().await;
    let url = format!("{}/api/v4/users/me", fake.url());
    for header in ["", "Bearer no", TOKEN, &format!("Token {TOKEN}")] {
        let refused = fake.send_raw("GET", &url, &[("Authorization", header)], "").await;
        assert_eq!((refused.status, &refused.json()["status_code"]), (401, &json!(401)), "{header}");
    }
    let shouted = format!("BEARER {TOKEN}");
    assert_eq!(fake.send_raw("GET", &url, &[("Authorization", &shouted)], "").await.status, 200);
    fake.revoke_token();
    assert_eq!(get(&fake, "/users/me").await.1["id"], "api.context.session_expired.app_error");
    assert_eq!(get(&fake, "/system/ping").await.0, 200);
}

#[tokio::test]
async fn a_channel_of_direct_messages_is_the_same_every_time() {
    let fake = fake().await;
    let bot = id("the bot");
    let (status, opened) = send(&fake, Method::POST, "/channels/direct", Some(&json!([bot, bob()]))).await;
    assert_eq!((status, &opened["type"], &opened["team_id"]), (201, &json!("D"), &json!("")));
    let (_, again) = send(&fake, Method::POST, "/channels/direct", Some(&json!([bob(), bot]))).await;
    assert_eq!(opened["id"], again["id"]);
    assert_eq!(opened["id"], fake.direct_channel(&bob()));
    for (pair, status) in [
        (json!([bot]), 400),
        (json!([bot, "short"]), 400),
        (json!([bot, id("nobody")]), 400),
        (json!([alice(), bob()]), 403),
    ] {
        assert_eq!(send(&fake, Method::POST, "/channels/direct", Some(&pair)).await.0, status, "{pair}");
    }
    let hello = json!({ "channel_id": opened["id"], "message": "Hello" });
    assert_eq!(post(&fake, &hello).await.0, 201);
    fake.takes_direct_messages(&bob(), false);
    assert_eq!(post(&fake, &hello).await.1["id"], "api.context.permissions.app_error");
    assert_eq!(fake.direct_messages(&bob()).len(), 1);
}

#[tokio::test]
async fn a_post_is_refused_where_the_bot_may_not_write_and_where_it_is_too_long() {
    let fake = fake().await;
    for channel in [hidden(), distant(), id("nowhere")] {
        let (status, _) = post(&fake, &json!({ "channel_id": channel, "message": "Hello" })).await;
        assert_eq!(status, 403);
    }
    let longest = "ä".repeat(16_383);
    let (status, _) = post(&fake, &json!({ "channel_id": general(), "message": longest })).await;
    assert_eq!(status, 201);
    let too_long = json!({ "channel_id": general(), "message": format!("{longest}ä") });
    let (status, body) = post(&fake, &too_long).await;
    assert_eq!((status, &body["id"]), (400, &json!("model.post.is_valid.message_length.app_error")));
    assert_eq!(fake.take_violations().len(), 1);
    let (status, _) = post(&fake, &json!({ "channel_id": general(), "message": 7 })).await;
    assert_eq!(status, 400);
    assert_eq!(post(&fake, &json!({ "channel_id": general(), "message": " " })).await.0, 201);
    assert_eq!(fake.take_violations().len(), 1, "an empty post is taken, and is of use to nobody");
}

#[tokio::test]
async fn a_post_is_replaced_patched_and_deleted() {
    let fake = fake().await;
    let props = json!({ "attachments": [{ "text": "below" }] });
    let new = json!({ "channel_id": general(), "message": "one", "props": props });
    let (_, made) = post(&fake, &new).await;
    let id = made["id"].as_str().unwrap().to_owned();
    let (path, patch) = (format!("/posts/{id}"), format!("/posts/{id}/patch"));
    assert_eq!(made["edit_at"], 0);
    assert_eq!(get(&fake, &path).await.1["message"], "one");

    let (status, patched) = send(&fake, Method::PUT, &patch, Some(&json!({ "message": "two" }))).await;
    assert_eq!((status, &patched["message"]), (200, &json!("two")));
    assert_eq!(patched["props"]["attachments"], props["attachments"], "what a patch leaves out stays");
    assert!(patched["edit_at"].as_i64().unwrap() > 0);
    let whole = json!({ "id": id, "message": "three" });
    let (_, replaced) = send(&fake, Method::PUT, &path, Some(&whole)).await;
    assert_eq!((&replaced["message"], &replaced["props"]["attachments"]), (&json!("three"), &Value::Null));
    let other = json!({ "id": general(), "message": "four" });
    assert_eq!(send(&fake, Method::PUT, &path, Some(&other)).await.0, 400);

    assert_eq!(send(&fake, Method::DELETE, &path, None).await, (200, json!({ "status": "OK" })));
    assert_eq!(send(&fake, Method::PUT, &patch, Some(&json!({ "message": "five" }))).await.0, 403);
    let seen = fake.posts_at(&Place::Channel(general())).remove(0);
    assert_eq!((seen.deleted, seen.edits(), seen.message.as_str()), (true, 2, "three"));
    assert_eq!(fake.count("PUT", "/posts/{post_id}/patch"), 2);
}

#[tokio::test]
async fn a_post_with_the_same_pending_id_is_the_same_post_for_half_a_minute() {
    let clock = MovableClock::at("2026-03-01T09:00:00Z");
    let mut settings = settings();
    settings.now = clock.as_fn();
    let fake = FakeMattermost::start(settings).await;
    let body = json!({ "channel_id": general(), "message": "once", "pending_post_id": "bot:1" });
    let (_, first) = post(&fake, &body).await;
    assert_eq!(post(&fake, &body).await, (201, first.clone()));
    clock.move_by(SignedDuration::from_secs(30));
    assert_ne!(post(&fake, &body).await.1["id"], first["id"]);
    assert_eq!(fake.public_messages().len(), 2);
}

#[tokio::test]
async fn an_ephemeral_post_needs_a_permission_and_is_shown_to_one() {
    let fake = fake().await;
    let to = |user: String, channel: String| json!({ "user_id": user, "post": { "channel_id": channel, "message": "Psst" } });
    let path = "/posts/ephemeral";
    let (status, body) = send(&fake, Method::POST, path, Some(&to(bob(), general()))).await;
    assert_eq!((status, &body["id"]), (403, &json!("api.context.permissions.app_error")));
    fake.may_post_ephemeral(true);
    let (status, made) = send(&fake, Method::POST, path, Some(&to(bob(), general()))).await;
    assert_eq!((status, &made["type"]), (201, &json!("system_ephemeral")));
    assert_eq!(fake.ephemeral_messages(&bob()).len(), 1);
    assert!(fake.public_messages().is_empty() && fake.ephemeral_messages(&alice()).is_empty());
    let patch = format!("/posts/{}/patch", made["id"].as_str().unwrap());
    assert_eq!(send(&fake, Method::PUT, &patch, Some(&json!({ "message": "No" }))).await.0, 403);

    assert_eq!(send(&fake, Method::POST, path, Some(&to(bob(), hidden()))).await.0, 201);
    assert_eq!(fake.take_violations().len(), 1, "who is not in the channel sees nothing there");
}

#[tokio::test]
async fn a_fake_that_saw_a_violation_fails_its_test_when_dropped() {
    let fake = fake().await;
    assert_eq!(get(&fake, "/no/such/route").await.0, 404);
    let dropped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(fake)));
    assert!(dropped.is_err());
}
