//! Discord takes no more requests for a while: nothing is lost, and nothing is said twice.

use std::time::{Duration, Instant};

use reset_link_tests::fakes::discord::{FakeDiscord, Fault, InteractionHandle, Lasts};
use reset_link_tests::harness::{Harness, Plan};

use super::{ALICE, GRETA, GUILD, OTHER_GUILD, SOON, Stage, guilds, link_in, plan};

const CALLBACK: (&str, &str) = ("POST", "/interactions/*/*/callback");
const DIRECT_CHANNEL: (&str, &str) = ("POST", "/users/@me/channels");
const DIRECT_MESSAGE: (&str, &str) = ("POST", "/channels/*/messages");
const ANSWER: (&str, &str) = ("PATCH", "/webhooks/*/*/messages/@original");

impl Stage {
    /// REST as in production: to `discord.com`, by the library's own rate limiter.
    pub(super) async fn in_production(plan: Plan) -> Self {
        let harness = Harness::planned(plan).await;
        let fake = FakeDiscord::start(guilds(&harness)).await;
        let bot = harness.on_discord_com(&fake, &[GUILD, OTHER_GUILD]).await;
        for guild in [GUILD, OTHER_GUILD] {
            fake.registered(guild, "reset-link", SOON).await.unwrap();
        }
        Self { harness, fake, bot: Some(bot) }
    }

    fn asks(&self, user: u64) -> InteractionHandle {
        self.fake.slash(user, GUILD, "reset-link", &[("contact", "ada")])
    }

    /// All of them have a link by direct message, and nobody has two.
    async fn all_have_a_link(&self, asked: &[(u64, InteractionHandle)]) {
        for (_, asked) in asked {
            let answer = asked.answer(SOON).await.unwrap();
            assert!(link_in(&answer).is_none(), "it came by direct message: {}", answer.content());
        }
        self.harness.finish_notices().await;
        for user in [ALICE, GRETA] {
            let count = asked.iter().filter(|(asking, _)| *asking == user).count();
            let direct = self.fake.direct_messages(user);
            assert_eq!(direct.len(), count);
            for message in &direct {
                assert_eq!(self.harness.open(&link_in(message).unwrap()).await.status, 200);
            }
        }
        assert_eq!(self.harness.events("issued").len(), asked.len());
        assert_eq!(self.harness.events("shown").len(), asked.len());
    }

    async fn survives_limits(&self) {
        for (method, route) in [CALLBACK, DIRECT_CHANNEL, DIRECT_MESSAGE, ANSWER] {
            for global in [false, true] {
                self.fake.break_route(method, route, too_many(1, global), Lasts::Times(1));
            }
        }
        self.all_have_a_link(&[(ALICE, self.asks(ALICE))]).await;
        let refused = self.fake.requests().iter().filter(|request| request.status == 429).count();
        assert_eq!(refused, 8, "each was met");
    }
}

fn too_many(seconds: u64, global: bool) -> Fault {
    Fault::RateLimited { retry_after: Duration::from_secs(seconds), global }
}

#[tokio::test]
async fn a_link_arrives_once_whatever_is_limited_on_its_way() {
    Stage::in_production(plan()).await.survives_limits().await;
}

#[tokio::test]
async fn a_link_arrives_once_whatever_is_limited_on_its_way_through_a_proxy() {
    Stage::set().await.survives_limits().await;
}

#[tokio::test]
async fn limits_that_discord_really_keeps_are_kept() {
    let stage = Stage::in_production(plan()).await;
    for (method, route) in [DIRECT_CHANNEL, DIRECT_MESSAGE, ANSWER] {
        stage.fake.limit(method, route, 1, Duration::from_secs(1));
    }
    let asked: Vec<_> = [ALICE, GRETA, ALICE, ALICE].map(|user| (user, stage.asks(user))).into();
    stage.all_have_a_link(&asked).await;
}

#[tokio::test]
async fn a_direct_message_that_is_limited_for_long_is_not_waited_for() {
    for in_production in [true, false] {
        let plan = Plan { patience: Duration::from_millis(300), ..plan() };
        let stage = if in_production { Stage::in_production(plan).await } else { Stage::planned(plan).await };
        let (method, route) = DIRECT_MESSAGE;
        stage.fake.break_route(method, route, too_many(600, false), Lasts::UntilMended);
        let answer = stage.asks(ALICE).answer(SOON).await.unwrap();
        assert_eq!(stage.harness.open(&link_in(&answer).unwrap()).await.status, 200);
        stage.harness.finish_notices().await;
        assert_eq!(stage.harness.events("shown")[0]["way"], "private_answer");
        assert!(stage.fake.direct_messages(ALICE).is_empty());
    }
}

/// Longer than the single second for which every wait was once taken.
#[tokio::test]
async fn whatever_is_limited_is_not_asked_for_again_before_its_time() {
    let wait = Duration::from_secs(3);
    for in_production in [true, false] {
        let stage = if in_production { Stage::in_production(plan()).await } else { Stage::set().await };
        for (method, route) in [DIRECT_MESSAGE, ANSWER] {
            stage.fake.break_route(method, route, too_many(3, false), Lasts::Times(1));
        }
        let begun = Instant::now();
        stage.all_have_a_link(&[(ALICE, stage.asks(ALICE))]).await;
        assert!(begun.elapsed() >= wait * 2, "{:?}", begun.elapsed());
        let refused = stage.fake.requests().iter().filter(|request| request.status == 429).count();
        assert_eq!(refused, 2, "each was met once, and waited for");
    }
}

#[tokio::test]
async fn a_limit_on_everything_holds_back_whatever_else_is_to_be_said() {
    for in_production in [true, false] {
        let stage = if in_production { Stage::in_production(plan()).await } else { Stage::set().await };
        let (method, route) = DIRECT_CHANNEL;
        stage.fake.break_route(method, route, too_many(2, true), Lasts::Times(1));
        let first = stage.asks(ALICE);
        stage.fake.requests_that(1, method, "/users/@me/channels", SOON).await.unwrap();
        let second = stage.asks(GRETA);
        stage.all_have_a_link(&[(ALICE, first), (GRETA, second)]).await;
        let refused = stage.fake.requests().iter().filter(|request| request.status == 429).count();
        assert_eq!(refused, 1);
    }
}

#[tokio::test]
async fn where_an_acknowledgement_is_limited_for_longer_than_it_may_take_nothing_is_issued() {
    let stage = Stage::set().await;
    let (method, route) = CALLBACK;
    stage.fake.break_route(method, route, too_many(1, false), Lasts::UntilMended);
    let asked = stage.asks(ALICE);
    let template = "/interactions/{interaction_id}/{interaction_token}/callback";
    stage.fake.requests_that(2, "POST", template, SOON).await.unwrap();
    stage.harness.finish_notices().await;
    stage.fake.mend();
    assert!(asked.answer_now().is_none());
    assert!(stage.harness.events("issued").is_empty());
}
