//! Commands: what Mattermost sends, and what it makes of answers, at once and later.

use jiff::SignedDuration;
use reqwest::Method;
use reset_link_tests::fakes::mattermost::{FakeMattermost, Origin, Place};
use reset_link_tests::harness::clock::MovableClock;
use serde_json::{Value, json};

use super::bot::{self, call};
use super::{COMMAND_TOKEN, SOON, alice, bob, fake, general, settings};

const JSON: &str = "application/json";

#[tokio::test]
async fn a_command_is_answered_at_once_and_later_and_a_direct_message_arrives() {
    let fake = fake().await;
    let _bot = bot::greeter(&fake).await;
    let asked = fake.slash(&alice(), &general(), "greet", "Ada");
    let acknowledged = asked.acknowledged(SOON).await.unwrap();
    assert_eq!((acknowledged.status, acknowledged.is_ephemeral()), (200, true));
    assert_eq!((acknowledged.text(), &acknowledged.error), ("One moment.", &None));
    let later = asked.later(1, SOON).await.unwrap();
    assert_eq!(later[0].message, "I have written to you.");
    assert_eq!(later[0].place, Place::Ephemeral { user: alice(), channel: general() });
    assert_eq!(later[0].origin, Origin::ResponseUrl(asked.id.clone()));
    assert_eq!((asked.said().len(), asked.uses()), (2, 1));
    assert_eq!(fake.ephemeral_messages(&alice()).len(), 2);

    let direct = fake.direct_messages(&alice());
    assert_eq!((direct.len(), direct[0].message.as_str()), (1, "Hello, Ada"));
    assert_eq!(direct[0].text(), "Hello, Ada\nDo you see me?\nWave");
    assert_eq!(direct[0].action_id("Wave").as_deref(), Some("wave"));
    assert!(fake.public_messages().is_empty() && fake.direct_messages(&bob()).is_empty());
}

#[tokio::test]
async fn whoever_takes_no_direct_messages_is_refused_with_403() {
    let fake = fake().await;
    let _bot = bot::greeter(&fake).await;
    fake.takes_direct_messages(&bob(), false);
    let asked = fake.slash(&bob(), &general(), "greet", "Ada");
    assert_eq!(asked.later(1, SOON).await.unwrap()[0].message, "No direct message (403). Hello, Ada");
    assert!(fake.direct_messages(&bob()).is_empty());
}

#[tokio::test]
async fn a_wrong_token_is_not_answered_and_the_person_is_told_so() {
    let fake = fake().await;
    let _bot = bot::greeter(&fake).await;
    fake.change_command_token("another");
    let refused = fake.slash(&alice(), &general(), "greet", "Ada").acknowledged(SOON).await.unwrap();
    assert_eq!(refused.status, 401);
    let error = "Command with a trigger of 'greet' returned response 401.";
    assert_eq!(refused.error.as_deref(), Some(error));
    fake.change_command_token(COMMAND_TOKEN);
    fake.sends_authorization(false);
    let asked = fake.slash(&alice(), &general(), "greet", "Ada");
    assert_eq!(asked.acknowledged(SOON).await.unwrap().status, 200);
    asked.later(1, SOON).await.unwrap();
}

#[tokio::test]
async fn a_form_can_be_tampered_with_and_sent_by_anybody() {
    let fake = fake().await;
    let _bot = bot::greeter(&fake).await;
    let mut form = fake.form(&alice(), &general(), "greet", "Ada");
    form.insert("token".to_owned(), "guessed".to_owned());
    assert_eq!(fake.post_form(&form, None).await.status, 401);
    let form = fake.form(&alice(), &general(), "greet", "Ada");
    assert_eq!(fake.post_form(&form, Some("Token guessed")).await.status, 401);
    let url = fake.command_url();
    let wrongly_called = fake.send_raw("POST", &url, &[("Content-Type", "application/json")], "{}").await;
    assert_eq!(wrongly_called.status, 415);
    assert_eq!(fake.send_raw("GET", &url, &[], "").await.headers["allow"], "POST");
    let answer = fake.post_form(&form, None).await;
    assert_eq!((answer.status, &answer.json()["text"]), (200, &json!("One moment.")));
    fake.post_that(&Place::Direct(alice()), SOON, |post| post.message == "Hello, Ada").await.unwrap();
    // What it says later comes here as well.
    fake.requests_that(1, "POST", "/hooks/commands/{hook_id}", SOON).await.unwrap();
}

#[tokio::test]
async fn a_replay_is_the_same_command_once_more() {
    let fake = fake().await;
    let _bot = bot::saying(&fake, 200, JSON, r#"{"text": "Yes."}"#).await;
    let asked = fake.slash(&alice(), &general(), "greet", "Ada");
    asked.acknowledged(SOON).await.unwrap();
    asked.replay();
    assert_eq!(asked.acknowledgements(2, SOON).await.unwrap().len(), 2);
    assert_eq!(asked.said().len(), 2);
}

#[tokio::test]
async fn an_answer_for_all_stands_in_the_channel_and_one_in_direct_messages_does_not() {
    let fake = fake().await;
    let below = json!([{ "text": "1 < 2, <https://example.org|that>" }]);
    let above = "See <https://example.org|this>, <!channel>";
    let body = json!({ "response_type": "in_channel", "text": above, "attachments": below });
    let _bot = bot::saying(&fake, 200, JSON, body.to_string()).await;
    let post = fake.slash(&alice(), &general(), "greet", "").answer(SOON).await.unwrap();
    assert_eq!(post.place, Place::Channel(general()));
    assert_eq!(post.message, "See [this](https://example.org), @channel", "as in Slack");
    assert_eq!(post.attachments()[0]["text"], "1 < 2, [that](https://example.org)");
    assert!(post.calls_everybody());
    assert_eq!(fake.public_messages().len(), 1);

    let direct = fake.direct_channel(&alice());
    let post = fake.slash(&alice(), &direct, "greet", "").answer(SOON).await.unwrap();
    assert_eq!(post.place, Place::Direct(alice()));
    assert_eq!(fake.public_messages().len(), 1);

    let mut plain = body;
    plain["skip_slack_parsing"] = true.into();
    let _bot = bot::saying(&fake, 200, JSON, plain.to_string()).await;
    let post = fake.slash(&alice(), &general(), "greet", "").answer(SOON).await.unwrap();
    assert_eq!(post.message, "See <https://example.org|this>, <!channel>");
}

#[tokio::test]
async fn what_nobody_could_read_is_reported() {
    let fake = fake().await;
    for (kind, body) in [
        (JSON, ""),
        (JSON, "Yes."),
        (JSON, r#"["Yes."]"#),
        (JSON, r#"{"text": 7}"#),
        (JSON, r#"{"text": "Yes.", "skip_slack_parsing": "true"}"#),
        (JSON, r#"{"response_type": "ephemeral"}"#),
        (JSON, r#"{"response_type": "secret", "text": "Yes."}"#),
        ("text/plain", ""),
        ("text/plain", r#"{"text": "Yes."}"#),
    ] {
        let _bot = bot::saying(&fake, 200, kind, body).await;
        let asked = fake.slash(&alice(), &general(), "greet", "");
        assert_eq!(asked.acknowledged(SOON).await.unwrap().status, 200, "{body}");
        assert!(asked.said().is_empty(), "{body}");
        let violations = fake.take_violations();
        assert_eq!(violations.len(), 1, "{body}: {violations:?}");
        assert!(!violations[0].contains("Yes"), "a report holds no text that was sent");
    }
    let _bot = bot::saying(&fake, 200, "text/plain", "Yes.").await;
    let said = fake.slash(&alice(), &general(), "greet", "").answer(SOON).await.unwrap();
    assert_eq!((said.message.as_str(), said.is_ephemeral()), ("Yes.", true), "plain text will do");
}

#[tokio::test]
async fn a_bot_that_is_slow_or_absent_is_given_up() {
    let mut settings = settings();
    settings.outgoing_timeout = std::time::Duration::from_millis(50);
    let fake = FakeMattermost::start(settings).await;
    let bot = bot::silent(&fake).await;
    let gone = fake.slash(&alice(), &general(), "greet", "").acknowledged(SOON).await.unwrap();
    assert_eq!((gone.status, gone.error.is_some()), (0, true));
    drop(bot);
    let gone = fake.slash(&alice(), &general(), "greet", "").acknowledged(SOON).await.unwrap();
    assert_eq!((gone.status, gone.error.is_some()), (0, true));
}

#[tokio::test]
async fn a_response_url_is_good_for_five_answers_in_half_an_hour() {
    let clock = MovableClock::at("2026-03-01T09:00:00Z");
    let mut settings = settings();
    settings.now = clock.as_fn();
    let fake = FakeMattermost::start(settings).await;
    let _bot = bot::saying(&fake, 200, JSON, r#"{"text": "One moment."}"#).await;
    let later = |url: String, body: Value| async move {
        let answer = call(&url, Method::POST, "", Some(&body)).await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let says = |text: &str| json!({ "text": text });

    let asked = fake.slash(&alice(), &general(), "greet", "");
    for count in 1..=5 {
        assert_eq!(later(asked.response_url(), says("Again.")).await, (200, "ok".to_owned()));
        assert_eq!(asked.uses(), count);
    }
    let (status, body) = later(asked.response_url(), says("Once too often.")).await;
    assert_eq!((status, body.contains("app.command_webhook.try_use.invalid")), (400, true));
    assert_eq!(asked.later(5, SOON).await.unwrap().len(), 5);

    let asked = fake.slash(&alice(), &general(), "greet", "");
    clock.move_by(SignedDuration::from_mins(30) - SignedDuration::from_millis(1));
    assert_eq!(later(asked.response_url(), says("Just in time.")).await.0, 200);
    clock.move_by(SignedDuration::from_millis(1));
    assert_eq!(later(asked.response_url(), says("Too late.")).await.0, 404);

    let asked = fake.slash(&alice(), &general(), "greet", "");
    asked.lapse();
    let (status, body) = later(asked.response_url(), says("Too late.")).await;
    assert_eq!((status, body.contains("app.command_webhook.get.missing")), (404, true));
    asked.acknowledged(SOON).await.unwrap();
}
