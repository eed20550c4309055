//! Mattermost on a bad day.

use std::pin::pin;
use std::time::{Duration, Instant};

use reqwest::{Method, Response};
use reset_link_tests::fakes::mattermost::{FakeMattermost, Fault, Lasts, Refusal};
use reset_link_tests::wait;
use serde_json::json;

use super::bot::{self, call};
use super::{SOON, alice, fake, general};

async fn say(fake: &FakeMattermost, text: &str) -> reqwest::Result<Response> {
    let body = json!({ "channel_id": general(), "message": text });
    call(fake.url(), Method::POST, "/api/v4/posts", Some(&body)).await
}

#[tokio::test]
async fn faults_come_in_order_and_then_all_is_well() {
    let fake = fake().await;
    for fault in [
        Fault::Refused(Refusal::session_expired()),
        Fault::Refused(Refusal::not_permitted()),
        Fault::Status(500),
        Fault::Status(502),
    ] {
        fake.break_route("POST", "/posts", fault, Lasts::Times(1));
    }
    for expected in [401, 403, 500, 502, 201] {
        assert_eq!(say(&fake, "hello").await.unwrap().status(), expected);
    }
    assert_eq!(fake.public_messages().len(), 1);
    let statuses: Vec<_> =
        fake.requests().iter().filter(|seen| seen.route == "/posts").map(|seen| seen.status).collect();
    assert_eq!(statuses, [401, 403, 500, 502, 201]);
}

#[tokio::test]
async fn a_429_says_when_to_come_back_and_is_no_json() {
    let fake = fake().await;
    let retry_after = Duration::from_millis(1200);
    fake.break_route("POST", "/posts", Fault::rate_limited(retry_after), Lasts::Times(1));
    let limited = say(&fake, "hello").await.unwrap();
    assert_eq!(limited.status(), 429);
    for (header, value) in [("retry-after", "2"), ("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "2")]
    {
        assert_eq!(limited.headers()[header], value, "{header}");
    }
    assert_eq!(limited.text().await.unwrap(), "limit exceeded\n");
    assert_eq!(say(&fake, "hello").await.unwrap().status(), 201);
}

#[tokio::test]
async fn a_reset_connection_carries_nothing_out_and_a_lost_answer_does() {
    let fake = fake().await;
    fake.break_route("POST", "/posts", Fault::Reset, Lasts::UntilMended);
    assert!(say(&fake, "reset").await.is_err());
    fake.mend();
    assert!(fake.public_messages().is_empty());
    fake.break_route("POST", "/posts", Fault::LostAnswer, Lasts::UntilMended);
    assert!(say(&fake, "lost").await.is_err());
    fake.mend();
    assert_eq!(fake.public_messages()[0].message, "lost");
}

#[tokio::test]
async fn a_request_that_hangs_hangs_and_a_late_one_comes_late() {
    let fake = fake().await;
    fake.break_route("POST", "/posts", Fault::Hang, Lasts::Times(1));
    let mut hanging = pin!(say(&fake, "never"));
    let arrived = wait::until("request", async || fake.count("POST", "/posts") > 0);
    // Whoever gives up before the request is there leaves the fault to the next one.
    tokio::select! {
        said = &mut hanging => panic!("{said:?}"),
        () = arrived => {}
    }
    assert!(tokio::time::timeout(Duration::from_millis(50), hanging).await.is_err());
    let by = Duration::from_millis(50);
    fake.break_route("POST", "/posts", Fault::Late(by), Lasts::Times(1));
    let begun = Instant::now();
    say(&fake, "late").await.unwrap();
    assert!(begun.elapsed() >= by);
    assert_eq!(fake.public_messages()[0].message, "late");
}

#[tokio::test]
async fn a_response_url_can_fail_as_well() {
    let fake = fake().await;
    let _bot = bot::greeter(&fake).await;
    fake.break_route("POST", "/hooks/commands/*", Fault::Status(503), Lasts::Times(1));
    let asked = fake.slash(&alice(), &general(), "greet", "Ada");
    asked.acknowledged(SOON).await.unwrap();
    let seen = fake.requests_that(1, "POST", "/hooks/commands/{hook_id}", SOON).await.unwrap();
    assert_eq!((seen[0].status, asked.uses()), (503, 0));
    assert!(asked.later(1, Duration::ZERO).await.is_err());
}

#[tokio::test]
async fn a_burst_of_two_hundred_commands_is_answered_each_once() {
    let fake = fake().await;
    let _bot = bot::greeter(&fake).await;
    let names: Vec<String> = (0..200).map(|number| format!("person {number}")).collect();
    let burst: Vec<_> = names.iter().map(|name| fake.slash(&alice(), &general(), "greet", name)).collect();
    for asked in &burst {
        asked.later(1, SOON).await.unwrap();
        assert_eq!((asked.said().len(), asked.uses()), (2, 1));
    }
    let mut said: Vec<_> = fake.direct_messages(&alice()).into_iter().map(|post| post.message).collect();
    said.sort_unstable();
    said.dedup();
    assert_eq!(said.len(), 200);
}
