//! Connections that break, and sessions that are taken up again or lost.

use std::time::Duration;

use reset_link_tests::fakes::discord::FakeDiscord;
use serenity::gateway::GatewayError;

use super::bot::{Bot, http};
use super::{ALICE, GUILD, SOON, fake};

/// A command is answered: the connection lives.
async fn works(fake: &FakeDiscord) {
    let answer = fake.slash(ALICE, GUILD, "hello", &[("name", "Ada")]).answer(SOON).await.unwrap();
    assert_eq!(answer.content(), "I have written to you.");
}

#[tokio::test]
async fn a_cut_connection_is_resumed_and_nothing_is_missed() {
    let fake = fake().await;
    let _bot = Bot::start(&fake).await;
    fake.registered(GUILD, "hello", SOON).await.unwrap();
    fake.cut_gateway();
    // What is said behind a cut no longer goes out on the old connection.
    let missed = fake.slash(ALICE, GUILD, "hello", &[("name", "Ada")]);
    missed.answer(SOON).await.unwrap();
    let seen = fake.gateway();
    assert_eq!((seen.resumed, seen.identified.len()), (1, 1));
    assert_eq!(missed.callbacks(), 1);
}

#[tokio::test]
async fn a_request_to_reconnect_leads_to_a_resume() {
    let fake = fake().await;
    let _bot = Bot::start(&fake).await;
    fake.registered(GUILD, "hello", SOON).await.unwrap();
    fake.ask_to_reconnect();
    let seen = fake.gateway_that(SOON, |seen| seen.resumed == 1).await.unwrap();
    assert_eq!(seen.identified.len(), 1);
    works(&fake).await;
}

#[tokio::test]
async fn a_session_that_is_invalid_for_good_is_begun_anew() {
    let fake = fake().await;
    let _bot = Bot::start(&fake).await;
    fake.registered(GUILD, "hello", SOON).await.unwrap();
    fake.invalidate_sessions(false);
    let seen = fake.gateway_that(SOON, |seen| seen.identified.len() == 2).await.unwrap();
    assert_ne!(seen.identified[0].session, seen.identified[1].session);
    fake.connected(SOON).await.unwrap();
    works(&fake).await;
}

#[tokio::test]
async fn a_session_that_is_invalid_for_now_is_resumed() {
    let fake = fake().await;
    let _bot = Bot::start(&fake).await;
    fake.registered(GUILD, "hello", SOON).await.unwrap();
    fake.invalidate_sessions(true);
    let seen = fake.gateway_that(SOON, |seen| seen.resumed == 1).await.unwrap();
    assert_eq!(seen.identified.len(), 1);
}

#[tokio::test]
async fn a_refused_resume_leads_to_a_new_session() {
    let fake = fake().await;
    let _bot = Bot::start(&fake).await;
    fake.registered(GUILD, "hello", SOON).await.unwrap();
    fake.refuse_next_resume(false);
    fake.cut_gateway();
    let seen = fake.gateway_that(SOON, |seen| seen.identified.len() == 2).await.unwrap();
    assert_eq!((seen.not_resumed, seen.resumed), (1, 0));
    works(&fake).await;
}

#[tokio::test]
async fn heartbeats_that_nobody_acknowledges_end_the_connection() {
    let fake = fake().await;
    fake.acknowledge_heartbeats(false);
    // Only the connection that is to end: on a slow machine no other would outlast so short an interval.
    fake.hurry_next_connection(Duration::from_millis(100));
    let _bot = Bot::start(&fake).await;
    let seen = fake.gateway_that(SOON, |seen| seen.identified.len() == 2).await.unwrap();
    assert_eq!((seen.heartbeats, seen.resumed), (1, 0));
    fake.acknowledge_heartbeats(true);
    fake.registered(GUILD, "hello", SOON).await.unwrap();
    works(&fake).await;
}

#[tokio::test]
async fn a_wrong_token_is_told_with_4004() {
    let fake = fake().await;
    let mut bot = Bot::start_with(http(&fake, "MTIz.another.token")).await;
    let ended = tokio::time::timeout(SOON, &mut bot.task).await;
    // GET /gateway/bot is refused first; past that, the gateway would be.
    assert!(ended.unwrap().unwrap().is_err());
    assert!(fake.gateway().identified.is_empty());

    let mut bot = Bot::start(&fake).await;
    fake.registered(GUILD, "hello", SOON).await.unwrap();
    fake.revoke_token();
    fake.invalidate_sessions(false);
    fake.gateway_that(SOON, |seen| seen.wrong_tokens == 1).await.unwrap();
    let ended = tokio::time::timeout(SOON, &mut bot.task).await.unwrap().unwrap();
    assert!(matches!(ended, Err(serenity::Error::Gateway(GatewayError::InvalidAuthentication))), "{ended:?}");
}

#[tokio::test]
async fn a_close_code_that_ends_the_session_leads_to_a_new_one() {
    let fake = fake().await;
    let _bot = Bot::start(&fake).await;
    fake.registered(GUILD, "hello", SOON).await.unwrap();
    fake.close_gateway(4009);
    fake.gateway_that(SOON, |seen| seen.identified.len() + seen.resumed == 2).await.unwrap();
    works(&fake).await;
}

#[tokio::test]
async fn a_bot_that_shuts_down_closes_its_session() {
    let fake = fake().await;
    let bot = Bot::start(&fake).await;
    fake.registered(GUILD, "hello", SOON).await.unwrap();
    bot.shards.shutdown_all().await;
    fake.disconnected(SOON).await.unwrap();
    assert_eq!(fake.gateway().closed_by_client, [1000]);
}
