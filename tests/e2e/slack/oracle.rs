//! Bolt, which Slack itself keeps, and the bot agree on what comes from Slack.

use serde_json::json;

use super::Stage;
use crate::slack_fake::bolt::verified;
use reset_link_tests::harness::APP;

#[tokio::test]
#[ignore = "needs Node and Bolt: run tests/with-services"]
async fn bolt_and_the_bot_take_the_same_requests_for_slacks() {
    let stage = Stage::set().await;
    let now = stage.harness.clock.now().as_second();
    let body = "user_id=U1&text=Gr%C3%BC%C3%9Fe";
    let good = |at: i64| stage.fake.sign(at, body.as_bytes());
    let flipped = good(now).replace('a', "b");
    let cases: Vec<(String, String, &str)> = vec![
        (now.to_string(), good(now), body),
        ((now - 299).to_string(), good(now - 299), body),
        ((now - 301).to_string(), good(now - 301), body),
        (now.to_string(), flipped, body),
        (now.to_string(), good(now), "user_id=U2"),
        (now.to_string(), good(now - 1), body),
        (now.to_string(), good(now).replace("v0=", "v1="), body),
        (now.to_string(), String::from("v0="), body),
        ("soon".to_owned(), good(now), body),
    ];
    let asked: Vec<_> = cases
        .iter()
        .map(|(timestamp, signature, body)| {
            json!({ "secret": APP[2], "timestamp": timestamp, "signature": signature, "body": body, "now": now })
        })
        .collect();
    let bolts = verified(&asked).await;
    assert_eq!(bolts.iter().filter(|valid| **valid).count(), 2, "{bolts:?}");
    for ((timestamp, signature, body), bolt) in cases.into_iter().zip(bolts) {
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let headers = [
            header("content-type", "application/x-www-form-urlencoded"),
            header("x-slack-request-timestamp", &timestamp),
            header("x-slack-signature", &signature),
        ];
        let answer = stage.fake.post_raw(&stage.url("/slack/command"), &headers, body).await.unwrap();
        // What is Slack's and makes no sense is answered with 400, what is not Slack's with 401.
        assert_eq!(answer.status != 401, bolt, "{timestamp} {signature} {body}: {}", answer.status);
    }
}
