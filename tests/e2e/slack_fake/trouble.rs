//! Slack on a bad day.

use std::pin::pin;
use std::time::Duration;

use reset_link_tests::fakes::slack::{Fault, Lasts};
use reset_link_tests::wait;
use serde_json::{Value, json};

use super::bot::{Bot, RawClient};
use super::{ALICE, BOT_TOKEN, GENERAL, SOON, fake};

const POST: &str = "chat.postMessage";

async fn say(hands: &RawClient, base: &str) -> reqwest::Result<reqwest::Response> {
    let asked = hands.client.post(format!("{base}/api/{POST}")).bearer_auth(BOT_TOKEN);
    asked.form(&[("channel", GENERAL), ("text", "hello")]).send().await
}

#[tokio::test]
async fn faults_come_in_order_and_then_all_is_well() {
    let fake = fake().await;
    let hands = RawClient::of(&fake);
    fake.break_method(POST, Fault::error("internal_error"), Lasts::Times(1));
    fake.break_method(POST, Fault::Status(503), Lasts::Times(1));
    fake.break_method(POST, Fault::rate_limited(Duration::from_millis(1500)), Lasts::Times(1));
    let body: Value = say(&hands, "https://slack.com").await.unwrap().json().await.unwrap();
    assert_eq!(body, json!({ "ok": false, "error": "internal_error" }));
    assert_eq!(say(&hands, "https://slack.com").await.unwrap().status(), 503);
    let limited = say(&hands, "https://slack.com").await.unwrap();
    assert_eq!((limited.status().as_u16(), limited.headers()["retry-after"].to_str().unwrap()), (429, "2"));
    assert_eq!(limited.json::<Value>().await.unwrap()["error"], "ratelimited");
    assert!(fake.public_messages().is_empty());
    say(&hands, "https://slack.com").await.unwrap();
    assert_eq!(fake.public_messages().len(), 1);
    let statuses: Vec<_> = fake.requests().iter().map(|request| request.status).collect();
    assert_eq!(statuses, [200, 503, 429, 200]);
}

#[tokio::test]
async fn a_limit_is_kept_for_each_method_by_itself() {
    let fake = fake().await;
    let hands = RawClient::of(&fake);
    fake.limit(POST, 2, Duration::from_secs(3_600));
    for status in [200, 200, 429, 429] {
        assert_eq!(say(&hands, "https://slack.com").await.unwrap().status(), status);
    }
    assert_eq!(hands.call("auth.test", &json!({})).await["ok"], true);
    fake.mend();
    assert_eq!(say(&hands, "https://slack.com").await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_reset_connection_carries_nothing_out_and_a_lost_answer_does() {
    let fake = fake().await;
    let hands = RawClient::of(&fake);
    for base in [fake.http_url(), "https://slack.com".to_owned()] {
        let before = fake.public_messages().len();
        fake.break_method(POST, Fault::Reset, Lasts::UntilMended);
        assert!(say(&hands, &base).await.is_err());
        fake.mend();
        assert_eq!(fake.public_messages().len(), before);
        fake.break_method(POST, Fault::LostAnswer, Lasts::UntilMended);
        assert!(say(&hands, &base).await.is_err());
        fake.mend();
        assert!(fake.public_messages().len() > before);
    }
}

#[tokio::test]
async fn a_request_that_hangs_hangs_and_a_late_one_comes() {
    let fake = fake().await;
    let hands = RawClient::of(&fake);
    fake.break_method(POST, Fault::Hang, Lasts::Times(1));
    let mut hanging = pin!(say(&hands, "https://slack.com"));
    let arrived = wait::until("request", async || fake.count(POST) > 0);
    tokio::select! {
        said = &mut hanging => panic!("{said:?}"),
        () = arrived => {}
    }
    assert!(tokio::time::timeout(Duration::from_millis(50), hanging).await.is_err());
    fake.break_method(POST, Fault::Late(Duration::from_millis(50)), Lasts::Times(1));
    assert_eq!(say(&hands, "https://slack.com").await.unwrap().status(), 200);
}

#[tokio::test]
async fn response_urls_break_and_end_too_and_a_command_can_be_told_twice() {
    let fake = fake().await;
    let _bot = Bot::start(&fake).await;
    fake.break_method("response_url", Fault::error("internal_error"), Lasts::Times(1));
    let asked = fake.slash(ALICE, GENERAL, "/hello", "Ada");
    let refused = fake.requests_that(1, "response_url", SOON).await.unwrap();
    assert_eq!((refused[0].status, refused[0].error.as_deref()), (500, Some("internal_error")));
    asked.replay();
    asked.answer(SOON).await.unwrap();
    assert_eq!(asked.acknowledgements_that(2, SOON).await.unwrap().len(), 2);
    assert_eq!(fake.direct_messages(ALICE).len(), 2, "this bot does not remember");
    asked.lapse();
    let hands = RawClient::of(&fake);
    let refused = hands.respond(&asked.response_url(), &json!({ "text": "late" })).await;
    assert_eq!(refused, (404, json!({ "ok": false, "error": "expired_url" }).to_string()));
}

#[tokio::test]
async fn a_burst_of_two_hundred_commands_is_answered_each_once() {
    let fake = fake().await;
    let _bot = Bot::start(&fake).await;
    let burst: Vec<_> =
        (0..200).map(|number| fake.slash(ALICE, GENERAL, "/hello", &format!("person {number}"))).collect();
    for asked in &burst {
        asked.answer(SOON).await.unwrap();
        let acknowledged = asked.acknowledgements_that(1, SOON).await.unwrap();
        assert_eq!((asked.answers_now().len(), acknowledged.len()), (1, 1));
    }
    let mut said: Vec<_> =
        fake.direct_messages(ALICE).iter().map(|message| message.content().to_owned()).collect();
    said.sort_unstable();
    said.dedup();
    assert_eq!(said.len(), 200);
}
