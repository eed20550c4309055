//! What Slack takes in no message and no view.

use serde_json::{Value, json};

use super::bot::{RawClient, form};
use super::{ALICE, GENERAL, fake};

fn plain(length: usize) -> Value {
    json!({ "type": "plain_text", "text": "x".repeat(length) })
}

fn button(id: &str, more: &Value) -> Value {
    let mut button =
        json!({ "type": "button", "action_id": id, "text": plain(75), "value": "x".repeat(2000) });
    for (name, value) in more.as_object().unwrap() {
        button[name] = value.clone();
    }
    button
}

fn section(length: usize) -> Value {
    json!({ "type": "section", "text": { "type": "mrkdwn", "text": "x".repeat(length) } })
}

fn actions(elements: &[Value]) -> Value {
    json!({ "type": "actions", "elements": elements })
}

fn menu(options: usize, text: usize, value: usize) -> Value {
    let option = |number| json!({ "text": plain(text), "value": format!("{number:0value$}") });
    let options: Vec<Value> = (0..options).map(option).collect();
    actions(&[
        json!({ "type": "static_select", "action_id": "menu", "placeholder": plain(150), "options": options }),
    ])
}

#[tokio::test]
async fn blocks_at_the_limit_are_taken_and_beyond_it_refused() {
    let fake = fake().await;
    let hands = RawClient::of(&fake);
    let post = async |blocks: Value| {
        let body = json!({ "channel": GENERAL, "text": "fallback", "blocks": blocks });
        hands.call("chat.postMessage", &body).await["error"].as_str().unwrap_or("taken").to_owned()
    };
    let header = |length| json!({ "type": "header", "text": plain(length) });
    let ids: Vec<String> = (0..26).map(|number| format!("{number:0255}")).collect();
    let many: Vec<Value> = ids.iter().map(|id| button(id, &json!({}))).collect();
    for good in [
        json!([section(3000), header(150), actions(&many[..25])]),
        json!([menu(100, 75, 150)]),
        json!(vec![section(1); 50]),
    ] {
        assert_eq!(post(good).await, "taken");
    }
    assert_eq!(fake.take_violations(), [""; 0]);
    let twice = [button("a", &json!({})), button("a", &json!({}))];
    let bad = [
        (section(3001), "/blocks/0/text/text"),
        (section(0), "/blocks/0/text/text"),
        (header(151), "/blocks/0/text/text"),
        (json!({ "type": "header", "text": { "type": "mrkdwn", "text": "x" } }), "/blocks/0/text/type"),
        (actions(&many), "/blocks/0/elements]"),
        (actions(&[]), "/blocks/0/elements]"),
        (actions(&twice), "/blocks/0/elements/1/action_id"),
        (actions(&[button("a", &json!({ "text": plain(76) }))]), "/blocks/0/elements/0/text/text"),
        (actions(&[button(&"x".repeat(256), &json!({}))]), "/blocks/0/elements/0/action_id"),
        (actions(&[button("a", &json!({ "value": "x".repeat(2001) }))]), "/blocks/0/elements/0/value"),
        (actions(&[button("a", &json!({ "style": "green" }))]), "/blocks/0/elements/0/style"),
        (menu(101, 1, 3), "/blocks/0/elements/0/options]"),
        (menu(1, 76, 1), "/blocks/0/elements/0/options/0/text/text"),
        (menu(1, 1, 151), "/blocks/0/elements/0/options/0/value"),
        (json!({ "type": "divider", "block_id": "x".repeat(256) }), "/blocks/0/block_id"),
        (json!({ "type": "banner" }), "/blocks/0]"),
    ];
    for (block, place) in bad {
        assert_eq!(post(json!([block])).await, "invalid_blocks", "{place}");
        let violations = fake.take_violations();
        assert!(violations.len() == 1 && violations[0].contains(place), "{violations:?} {place}");
    }
    assert_eq!(post(json!(vec![section(1); 51])).await, "invalid_blocks");
    assert_eq!(post(json!({ "type": "section" })).await, "invalid_blocks");
    assert_eq!(fake.take_violations().len(), 2);
}

#[tokio::test]
async fn a_message_says_something_and_not_too_much_and_has_a_text_beside_its_blocks() {
    let fake = fake().await;
    let hands = RawClient::of(&fake);
    let longest = json!({ "channel": GENERAL, "text": "x".repeat(40_000) });
    assert_eq!(hands.call("chat.postMessage", &longest).await["ok"], true);
    fake.assert_no_violations();
    let too_long = json!({ "channel": GENERAL, "text": "x".repeat(40_001) });
    assert_eq!(hands.call("chat.postMessage", &too_long).await["error"], "msg_too_long");
    assert_eq!(hands.call("chat.postMessage", &json!({ "channel": GENERAL })).await["error"], "no_text");
    let silent = hands.call("chat.postMessage", &json!({ "channel": GENERAL, "blocks": [section(1)] })).await;
    assert_eq!((&silent["ok"], &silent["warning"]), (&json!(true), &json!("missing_text_in_message")));
    assert_eq!(fake.take_violations().len(), 3);
}

#[tokio::test]
async fn a_view_is_held_to_its_limits() {
    let fake = fake().await;
    let hands = RawClient::of(&fake);
    let too_many = vec![section(1); 101];
    for (name, value) in [
        ("title", plain(25)),
        ("submit", plain(25)),
        ("submit", Value::Null),
        ("callback_id", json!("x".repeat(256))),
        ("private_metadata", json!("x".repeat(3001))),
        ("blocks", json!(too_many)),
        ("type", json!("window")),
    ] {
        let mut view = form();
        view[name] = value;
        let trigger = fake.slash(ALICE, GENERAL, "/hello", "x").trigger_id();
        let refused = hands.call("views.open", &json!({ "trigger_id": trigger, "view": view })).await;
        assert_eq!(refused["error"], "invalid_arguments", "{name}");
        assert!(refused["response_metadata"]["messages"][0].as_str().unwrap().starts_with("[ERROR]"));
        assert_eq!(fake.take_violations().len(), 1, "{name}");
    }
}

#[tokio::test]
async fn arguments_come_as_a_form_and_as_json_only_where_slack_takes_that() {
    let fake = fake().await;
    let hands = RawClient::of(&fake);
    let blocks = json!([section(5)]).to_string();
    let written =
        hands.ask("chat.postMessage", &[("channel", GENERAL), ("text", "x"), ("blocks", &blocks)]).await;
    assert_eq!(written["message"]["blocks"][0]["text"]["text"], "xxxxx");
    fake.assert_no_violations();
    assert_eq!(hands.call("users.info", &json!({ "user": ALICE })).await["error"], "user_not_found");
    assert_eq!(fake.take_violations(), ["users.info: this method takes no JSON"]);
    assert_eq!(hands.call("chat.shout", &json!({})).await["error"], "unknown_method");
    assert_eq!(fake.take_violations().len(), 1);
    let asked = hands.client.get("https://hooks.slack.com/api/auth.test").send().await.unwrap();
    assert_eq!(asked.status(), 404);
    assert_eq!(fake.take_violations().len(), 1);
}
