//! Commands, answers and direct messages: what a signed request goes through.

use jiff::SignedDuration;
use reset_link_tests::fakes::slack::{Place, SlackSettings};
use reset_link_tests::harness::clock::MovableClock;
use serde_json::json;

use super::bot::{Bot, RawClient};
use super::{
    ALICE, APP_TOKEN, BOB, BOT_TOKEN, ELSEWHERE, GENERAL, HELPERS, HIDDEN, SOON, fake, fake_with, settings,
};

#[tokio::test]
async fn a_signed_command_is_acknowledged_answered_and_a_direct_message_arrives() {
    let fake = fake().await;
    let _bot = Bot::start(&fake).await;
    let asked = fake.slash(ALICE, GENERAL, "/hello", "Ada & Grace");
    let acknowledged = asked.acknowledged(SOON).await.unwrap();
    assert_eq!((acknowledged.status, acknowledged.body.as_str()), (200, ""));
    let answer = asked.answer(SOON).await.unwrap();
    assert_eq!(answer.content(), "I have written to you.");
    assert_eq!(answer.place, Place::Ephemeral { user: ALICE.to_owned(), channel: GENERAL.to_owned() });
    let direct = fake.direct_messages(ALICE);
    assert_eq!(direct.len(), 1);
    assert_eq!(direct[0].content(), "Hello, Ada & Grace");
    assert!(direct[0].has_no_previews() && direct[0].pings_nobody());
    assert!(fake.public_messages().is_empty());
    assert!(fake.direct_messages(BOB).is_empty());
    let methods: Vec<_> = fake.requests().into_iter().map(|request| request.route).collect();
    assert_eq!(methods, ["conversations.open", "chat.postMessage", "response_url"]);
}

#[tokio::test]
async fn an_answer_may_be_in_the_acknowledgement_and_for_all() {
    let fake = fake().await;
    let _bot = Bot::start(&fake).await;
    let asked = fake.slash(ALICE, GENERAL, "/hello", "shout");
    assert_eq!(asked.answer(SOON).await.unwrap().place, Place::Channel(GENERAL.to_owned()));
    assert_eq!(fake.public_messages().len(), 1);
}

#[tokio::test]
async fn what_is_not_signed_as_slack_signs_is_refused_by_a_bot_that_looks() {
    let fake = fake().await;
    let bot = Bot::start(&fake).await;
    let url = format!("{}/slack/command", bot.url);
    assert_eq!(fake.ssl_check(&url).await.unwrap().status, 200);
    let headers = fake.headers(b"text=one");
    assert_eq!(fake.post_raw(&url, &headers, "text=two").await.unwrap().status, 401);
    let unsigned: Vec<_> = headers.into_iter().filter(|(name, _)| name != "x-slack-signature").collect();
    assert_eq!(fake.post_raw(&url, &unsigned, "text=one").await.unwrap().status, 401);
}

#[tokio::test]
async fn a_bot_that_fails_or_is_not_there_is_told_of_as_slack_does() {
    let fake = fake_with(SlackSettings { acknowledge_within: SOON, ..settings() }).await;
    let bot = Bot::start(&fake).await;
    assert_eq!(
        fake.slash(ALICE, GENERAL, "/hello", "break").failed(SOON).await.unwrap(),
        "http_service_error"
    );
    drop(bot);
    fake.connect("http://127.0.0.1:1");
    assert_eq!(fake.slash(ALICE, GENERAL, "/hello", "x").failed(SOON).await.unwrap(), "dispatch_failed");
    fake.use_sockets();
    assert_eq!(fake.slash(ALICE, GENERAL, "/hello", "x").failed(SOON).await.unwrap(), "dispatch_failed");
    let hasty = SlackSettings { acknowledge_within: std::time::Duration::ZERO, ..settings() };
    let fake = fake_with(hasty).await;
    let _bot = Bot::start(&fake).await;
    assert_eq!(
        fake.slash(ALICE, GENERAL, "/hello", "sleep").failed(SOON).await.unwrap(),
        "operation_timeout"
    );
}

#[tokio::test]
async fn a_response_url_is_good_five_times_and_thirty_minutes() {
    let clock = MovableClock::at("2026-03-01T09:00:00Z");
    let fake = fake_with(SlackSettings { now: clock.as_fn(), ..settings() }).await;
    let hands = RawClient::of(&fake);
    let asked = fake.slash(ALICE, GENERAL, "/hello", "x");
    for _ in 0..5 {
        assert_eq!(hands.respond(&asked.response_url(), &json!({ "text": "Hello" })).await.0, 200);
    }
    let refused = hands.respond(&asked.response_url(), &json!({ "text": "Hello" })).await;
    assert_eq!(refused, (404, json!({ "ok": false, "error": "used_url" }).to_string()));
    assert_eq!(asked.answers_now().len(), 5);
    let asked = fake.slash(ALICE, GENERAL, "/hello", "x");
    clock.move_by(SignedDuration::from_mins(30));
    let refused = hands.respond(&asked.response_url(), &json!({ "text": "Hello" })).await;
    assert_eq!(refused, (404, json!({ "ok": false, "error": "expired_url" }).to_string()));
}

#[tokio::test]
async fn who_is_who_is_told_to_those_with_the_scope() {
    let fake = fake().await;
    let hands = RawClient::of(&fake);
    let me = hands.call("auth.test", &json!({})).await;
    assert_eq!((&me["team_id"], &me["user_id"]), (&json!("T0FAKE001"), &json!("U0FAKEBOT")));
    let alice = hands.ask("users.info", &[("user", ALICE), ("include_locale", "true")]).await;
    assert_eq!((&alice["user"]["name"], &alice["user"]["locale"]), (&json!("alice"), &json!("de-DE")));
    assert_eq!(hands.ask("users.info", &[("user", "U0NOBODY")]).await["error"], "user_not_found");
    assert_eq!(hands.ask("usergroups.users.list", &[("usergroup", HELPERS)]).await["users"], json!([BOB]));
    fake.regroup(HELPERS, &[ALICE]);
    assert_eq!(hands.ask("usergroups.users.list", &[("usergroup", HELPERS)]).await["users"], json!([ALICE]));
    assert_eq!(hands.ask("usergroups.users.list", &[("usergroup", "S0")]).await["error"], "no_such_subteam");
    assert_eq!(hands.ask("conversations.info", &[("channel", GENERAL)]).await["channel"]["is_member"], true);
    assert_eq!(hands.ask("conversations.info", &[("channel", HIDDEN)]).await["error"], "channel_not_found");
    fake.grant(&["commands", "chat:write"]);
    let refused = hands.ask("users.info", &[("user", ALICE)]).await;
    assert_eq!(
        refused,
        json!({ "ok": false, "error": "missing_scope", "needed": "users:read", "provided": "commands,chat:write" })
    );
    let seen = fake.requests().pop().unwrap();
    assert_eq!((seen.status, seen.error.as_deref()), (200, Some("missing_scope")));
    fake.revoke_token();
    assert_eq!(hands.call("auth.test", &json!({})).await, json!({ "ok": false, "error": "invalid_auth" }));
}

#[tokio::test]
async fn each_token_is_for_what_it_is_for() {
    let fake = fake().await;
    for (token, method, error) in [
        (Some(APP_TOKEN), "chat.postMessage", "not_allowed_token_type"),
        (Some(BOT_TOKEN), "apps.connections.open", "not_allowed_token_type"),
        (Some("xoxb-other"), "auth.test", "invalid_auth"),
        (None, "auth.test", "not_authed"),
    ] {
        let mut asked = fake.client().post(format!("{}/api/{method}", fake.http_url()));
        if let Some(token) = token {
            asked = asked.bearer_auth(token);
        }
        let answer: serde_json::Value = asked.send().await.unwrap().json().await.unwrap();
        assert_eq!(answer["error"], error, "{method}");
    }
}

#[tokio::test]
async fn where_the_bot_may_write_and_where_not() {
    let fake = fake().await;
    let hands = RawClient::of(&fake);
    let written = hands.write_to(ALICE, "Hello").await;
    let changed = json!({ "channel": written["channel"], "ts": written["ts"], "text": "Gone", "blocks": [] });
    assert_eq!(hands.call("chat.update", &changed).await["ok"], true);
    let direct = fake.direct_messages(ALICE).remove(0);
    assert_eq!((direct.shown().as_str(), direct.edits()), ("Gone", 1));
    assert_eq!(hands.call("chat.delete", &changed).await["ok"], true);
    assert_eq!(hands.call("chat.update", &changed).await["error"], "message_not_found");
    for (channel, error) in
        [(ELSEWHERE, "not_in_channel"), (HIDDEN, "channel_not_found"), ("C0", "channel_not_found")]
    {
        let refused = hands.call("chat.postMessage", &json!({ "channel": channel, "text": "Hello" })).await;
        assert_eq!(refused["error"], error);
    }
    fake.invite_bot(ELSEWHERE, true);
    let only_alice = json!({ "channel": ELSEWHERE, "user": ALICE, "text": "Only you" });
    let written = hands.call("chat.postEphemeral", &only_alice).await;
    assert_eq!(fake.ephemeral_messages(ALICE).len(), 1);
    let changed = json!({ "channel": ELSEWHERE, "ts": written["message_ts"], "text": "No" });
    assert_eq!(hands.call("chat.update", &changed).await["error"], "message_not_found");
    fake.takes_direct_messages(BOB, false);
    assert_eq!(hands.write_to(BOB, "Hello").await["error"], "channel_not_found");
    assert_eq!(hands.call("conversations.open", &json!({ "users": BOB })).await["error"], "user_disabled");
}
