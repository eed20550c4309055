//! Discord on a bad day, seen through serenity as it runs in production: its own rate limiter on, `discord.com` by TLS.

use std::pin::pin;
use std::time::{Duration, Instant};

use reset_link_tests::fakes::discord::{Fault, Lasts, Place, Refusal};
use reset_link_tests::wait;
use serenity::all::{ChannelId, CreateMessage, Http};
use serenity::http::HttpError;

use super::bot::{Bot, http, https};
use super::{ALICE, CHANNEL, GUILD, SOON, TOKEN, fake};

const MESSAGES: &str = "/channels/*/messages";

async fn say(http: &Http, text: &str) -> serenity::Result<()> {
    ChannelId::new(CHANNEL).send_message(http, CreateMessage::new().content(text)).await.map(drop)
}

/// Discord's error code, or the bare status where the answer had no code.
fn code(result: serenity::Result<()>) -> i64 {
    match result {
        Err(serenity::Error::Http(HttpError::UnsuccessfulRequest(answer))) => match answer.error.code {
            0 | -1 => i64::from(answer.status_code.as_u16()),
            code => i64::try_from(code).unwrap(),
        },
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_bot_runs_with_its_rate_limiter_on_against_discord_com_on_loopback() {
    let fake = fake().await;
    let _bot = Bot::start_with(https(&fake, TOKEN)).await;
    fake.registered(GUILD, "hello", SOON).await.unwrap();
    let answer = fake.slash(ALICE, GUILD, "hello", &[("name", "Ada")]).answer(SOON).await.unwrap();
    assert_eq!(answer.content(), "I have written to you.");
}

#[tokio::test]
async fn a_429_is_waited_out_and_the_message_arrives_once() {
    let fake = fake().await;
    let retry_after = Duration::from_millis(300);
    fake.break_route("POST", MESSAGES, Fault::rate_limited(retry_after), Lasts::Times(2));
    let begun = Instant::now();
    say(&https(&fake, TOKEN), "patient").await.unwrap();
    assert!(begun.elapsed() >= 2 * retry_after);
    let statuses: Vec<_> = fake.requests().iter().filter(|r| r.method == "POST").map(|r| r.status).collect();
    assert_eq!(statuses, [429, 429, 200]);
    assert_eq!(fake.messages_at(Place::Channel(CHANNEL)).len(), 1);
}

#[tokio::test]
async fn a_global_429_is_waited_out_too() {
    let fake = fake().await;
    let retry_after = Duration::from_millis(300);
    fake.break_route("POST", MESSAGES, Fault::RateLimited { retry_after, global: true }, Lasts::Times(1));
    say(&https(&fake, TOKEN), "patient").await.unwrap();
    assert_eq!(fake.messages_at(Place::Channel(CHANNEL)).len(), 1);
}

#[tokio::test]
async fn whoever_heeds_the_headers_never_sees_a_limit_and_whoever_does_not_gets_429() {
    let fake = fake().await;
    fake.limit("POST", MESSAGES, 2, Duration::from_secs(1));
    let heedful = https(&fake, TOKEN);
    for text in ["one", "two", "three", "four", "five"] {
        say(&heedful, text).await.unwrap();
    }
    assert!(fake.requests().iter().all(|request| request.status == 200), "{:?}", fake.requests());

    fake.mend();
    fake.limit("POST", MESSAGES, 1, Duration::from_secs(3_600));
    let heedless = http(&fake, TOKEN);
    say(&heedless, "six").await.unwrap();
    assert_eq!(code(say(&heedless, "seven").await), 429);
    assert_eq!(fake.messages_at(Place::Channel(CHANNEL)).len(), 6);
}

#[tokio::test]
async fn faults_come_in_order_and_then_all_is_well() {
    let fake = fake().await;
    for fault in [
        Fault::Refused(Refusal::cannot_message_user()),
        Fault::Refused(Refusal::missing_access()),
        Fault::Refused(Refusal::missing_permissions()),
        Fault::Status(500),
        Fault::Status(502),
    ] {
        fake.break_route("POST", MESSAGES, fault, Lasts::Times(1));
    }
    let http = http(&fake, TOKEN);
    for expected in [50_007, 50_001, 50_013, 500, 502] {
        assert_eq!(code(say(&http, "hello").await), expected);
    }
    say(&http, "hello").await.unwrap();
    assert_eq!(fake.messages_at(Place::Channel(CHANNEL)).len(), 1);
}

#[tokio::test]
async fn a_reset_connection_carries_nothing_out_and_a_lost_answer_does() {
    let fake = fake().await;
    for http in [http(&fake, TOKEN), https(&fake, TOKEN)] {
        let before = fake.messages_at(Place::Channel(CHANNEL)).len();
        fake.break_route("POST", MESSAGES, Fault::Reset, Lasts::UntilMended);
        assert!(matches!(say(&http, "reset").await, Err(serenity::Error::Http(HttpError::Request(_)))));
        fake.mend();
        assert_eq!(fake.messages_at(Place::Channel(CHANNEL)).len(), before);
        fake.break_route("POST", MESSAGES, Fault::LostAnswer, Lasts::UntilMended);
        assert!(matches!(say(&http, "lost").await, Err(serenity::Error::Http(HttpError::Request(_)))));
        fake.mend();
        assert!(fake.messages_at(Place::Channel(CHANNEL)).len() > before);
    }
}

#[tokio::test]
async fn a_request_that_hangs_hangs_and_a_late_one_comes_late() {
    let fake = fake().await;
    let http = http(&fake, TOKEN);
    fake.break_route("POST", MESSAGES, Fault::Hang, Lasts::Times(1));
    let mut hanging = pin!(say(&http, "never"));
    let arrived = wait::until("request", async || fake.count("POST", "/channels/{channel_id}/messages") > 0);
    // Whoever gives up before the request is there leaves the fault to the next one.
    tokio::select! {
        said = &mut hanging => panic!("{said:?}"),
        () = arrived => {}
    }
    assert!(tokio::time::timeout(Duration::from_millis(100), hanging).await.is_err());
    let by = Duration::from_millis(200);
    fake.break_route("POST", MESSAGES, Fault::Late(by), Lasts::Times(1));
    let begun = Instant::now();
    say(&http, "late").await.unwrap();
    assert!(begun.elapsed() >= by);
    let said: Vec<_> =
        fake.messages_at(Place::Channel(CHANNEL)).iter().map(|m| m.content().to_owned()).collect();
    assert_eq!(said, ["late"]);
}

#[tokio::test]
async fn a_burst_of_two_hundred_commands_is_answered_each_once() {
    let fake = fake().await;
    let _bot = Bot::start(&fake).await;
    fake.registered(GUILD, "hello", SOON).await.unwrap();
    let names: Vec<String> = (0..200).map(|number| format!("person {number}")).collect();
    let burst: Vec<_> =
        names.iter().map(|name| fake.slash(ALICE, GUILD, "hello", &[("name", name)])).collect();
    for asked in &burst {
        asked.answer(SOON).await.unwrap();
        assert_eq!(asked.callbacks(), 1);
    }
    let mut said: Vec<_> = fake.direct_messages(ALICE).iter().map(|m| m.content().to_owned()).collect();
    said.sort_unstable();
    said.dedup();
    assert_eq!(said.len(), 200);
}
