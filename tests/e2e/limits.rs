//! How many links: counted from the audit, so that neither a restart nor a second process forgets.

use bot::policy::LimitReached;
use bot::{Admin, Platform, Refused};
use jiff::SignedDuration;
use jiff::Timestamp;
use reset_link_tests::harness::{House, Plan, at};

fn minutes(minutes: i64) -> SignedDuration {
    SignedDuration::from_mins(minutes)
}

/// The limit that stands in the way, and when it no longer will.
fn again_at(refused: &Refused) -> (&'static str, u32, Timestamp) {
    match refused {
        Refused::Limit(LimitReached::PerAdmin { limit, again_at }, _) => ("admin", *limit, *again_at),
        Refused::Limit(LimitReached::PerContact { limit, again_at }, _) => ("contact", *limit, *again_at),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_contact_gets_ten_links_in_15_minutes_and_the_answer_says_when_again() {
    let house = House::start().await;
    for _ in 0..10 {
        house.link_for("ada").await;
        house.clock.move_by(SignedDuration::from_secs(30));
    }
    assert_eq!(again_at(&house.refusal_for("ada").await), ("contact", 10, at("2026-11-24T09:15:00Z")));
    let said = house.types("/reset-link contact:ada").await;
    assert!(said.text.contains("10 links") && said.text.contains("Again at 09:1"), "{}", said.text);
    assert_eq!(said.link, None);
    // Somebody else's turn does not suffer from it, and what was refused does not count.
    house.link_for("bob").await;
    house.clock.move_by(minutes(10) - SignedDuration::from_millis(1));
    assert_eq!(again_at(&house.refusal_for("ada").await).2, at("2026-11-24T09:15:00Z"));
    house.clock.move_by(SignedDuration::from_millis(1));
    house.link_for("ada").await;
    assert_eq!(again_at(&house.refusal_for("ada").await).2, at("2026-11-24T09:15:30Z"));
    assert_eq!(house.events("issued").len(), 12);
    assert!(house.events("denied").iter().all(|line| line["why"] == "limit_per_contact"));
}

#[tokio::test]
async fn an_admin_gets_60_links_in_an_hour_whoever_they_are_for() {
    let house = House::planned(Plan { per_contact: 100, ..Plan::default() }).await;
    for number in 0..60 {
        house.link_for(["ada", "bob", "carol"][number % 3]).await;
        house.clock.move_by(SignedDuration::from_secs(10));
    }
    assert_eq!(again_at(&house.refusal_for("emil").await), ("admin", 60, at("2026-11-24T10:00:00Z")));
    let other = Admin { platform: Platform::Console, user: "bob".to_owned() };
    assert!(house.types_as(other, "/reset-link contact:emil").await.link.is_some());
    house.clock.move_by(minutes(50));
    house.link_for("emil").await;
}

#[tokio::test]
async fn one_person_on_the_console_and_in_a_shell_has_one_limit() {
    let house = House::planned(Plan { per_admin: 2, ..Plan::default() }).await;
    let in_shell = || Admin { platform: Platform::Shell, user: "alice".to_owned() };
    house.link_for("ada").await;
    assert!(house.types_as(in_shell(), "/reset-link contact:bob").await.link.is_some());
    assert!(house.types_as(in_shell(), "/reset-link contact:carol").await.link.is_none());
    assert_eq!(again_at(&house.refusal_for("carol").await).0, "admin");
}

#[tokio::test]
async fn limits_count_after_a_restart() {
    let mut house = House::planned(Plan { per_admin: 3, per_contact: 2, ..Plan::default() }).await;
    house.link_for("ada").await;
    house.kill_and_restart().await;
    house.clock.move_by(minutes(5));
    house.link_for("ada").await;
    house.kill_and_restart().await;
    assert_eq!(again_at(&house.refusal_for("ada").await), ("contact", 2, at("2026-11-24T09:15:00Z")));
    house.link_for("bob").await;
    house.clock.move_by(minutes(30));
    house.kill_and_restart().await;
    assert_eq!(again_at(&house.refusal_for("ada").await), ("admin", 3, at("2026-11-24T10:00:00Z")));
    house.clock.move_by(minutes(25));
    house.link_for("ada").await;
}

#[tokio::test]
async fn limits_count_across_processes_that_share_an_audit() {
    let house = House::planned(Plan { per_contact: 3, ..Plan::default() }).await;
    let (here, there) = (house.bot(), house.another_bot());
    for (bot, may) in [(&here, true), (&there, true), (&here, true), (&there, false), (&here, false)] {
        let said = house.ask_bot(bot.clone(), House::admin(), "/reset-link contact:ada").await;
        assert_eq!(said.link.is_some(), may, "{}", said.text);
    }
}

#[tokio::test]
async fn requests_at_once_in_two_processes_do_not_slip_past_a_limit() {
    let house = House::planned(Plan { per_contact: 5, ..Plan::default() }).await;
    let bots = [house.bot(), house.another_bot()];
    let mut asked = tokio::task::JoinSet::new();
    for number in 0..20 {
        let bot = bots[number % 2].clone();
        asked.spawn(async move { bot.issue(&House::admin().into(), "ada").await });
    }
    let issued = asked.join_all().await;
    let handed_over = issued.iter().filter(|issued| matches!(issued, bot::Issued::HandedOver(_))).count();
    assert_eq!((handed_over, house.events("issued").len()), (5, 5));
}
