//! How many links: counted from the audit, so that neither a restart nor a second process forgets.

use bot::policy::LimitReached;
use bot::{Admin, Platform, Refused};
use jiff::SignedDuration;
use jiff::Timestamp;
use reset_link_tests::harness::{Harness, Plan, at};

fn minutes(minutes: i64) -> SignedDuration {
    SignedDuration::from_mins(minutes)
}

/// The limit that was reached, and when it ends.
fn again_at(refused: &Refused) -> (&'static str, u32, Timestamp) {
    match refused {
        Refused::Limit(LimitReached::PerAdmin { limit, again_at }, _) => ("admin", *limit, *again_at),
        Refused::Limit(LimitReached::PerContact { limit, again_at }, _) => ("contact", *limit, *again_at),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_contact_gets_ten_links_in_15_minutes_and_the_answer_says_when_again() {
    let harness = Harness::start().await;
    for _ in 0..10 {
        harness.link_for("ada").await;
        harness.clock.move_by(SignedDuration::from_secs(30));
    }
    assert_eq!(again_at(&harness.refusal_for("ada").await), ("contact", 10, at("2026-11-24T09:15:00Z")));
    let said = harness.types("/reset-link contact:ada").await;
    assert!(said.text.contains("10 links") && said.text.contains("Again at 09:1"), "{}", said.text);
    assert_eq!(said.link, None);
    // Somebody else's turn does not suffer from it, and what was refused does not count.
    harness.link_for("bob").await;
    harness.clock.move_by(minutes(10) - SignedDuration::from_millis(1));
    assert_eq!(again_at(&harness.refusal_for("ada").await).2, at("2026-11-24T09:15:00Z"));
    harness.clock.move_by(SignedDuration::from_millis(1));
    harness.link_for("ada").await;
    assert_eq!(again_at(&harness.refusal_for("ada").await).2, at("2026-11-24T09:15:30Z"));
    assert_eq!(harness.events("issued").len(), 12);
    assert!(harness.events("denied").iter().all(|line| line["why"] == "limit_per_contact"));
}

#[tokio::test]
async fn an_admin_gets_60_links_in_an_hour_whoever_they_are_for() {
    let harness = Harness::planned(Plan { per_contact: 100, ..Plan::default() }).await;
    for number in 0..60 {
        harness.link_for(["ada", "bob", "carol"][number % 3]).await;
        harness.clock.move_by(SignedDuration::from_secs(10));
    }
    assert_eq!(again_at(&harness.refusal_for("emil").await), ("admin", 60, at("2026-11-24T10:00:00Z")));
    let other = Admin { platform: Platform::Console, user: "bob".to_owned() };
    assert!(harness.types_as(other, "/reset-link contact:emil").await.link.is_some());
    harness.clock.move_by(minutes(50));
    harness.link_for("emil").await;
}

#[tokio::test]
async fn one_person_on_the_console_and_in_a_shell_has_one_limit() {
    let harness = Harness::planned(Plan { per_admin: 2, ..Plan::default() }).await;
    let in_shell = || Admin { platform: Platform::Shell, user: "alice".to_owned() };
    harness.link_for("ada").await;
    assert!(harness.types_as(in_shell(), "/reset-link contact:bob").await.link.is_some());
    assert!(harness.types_as(in_shell(), "/reset-link contact:carol").await.link.is_none());
    assert_eq!(again_at(&harness.refusal_for("carol").await).0, "admin");
}

#[tokio::test]
async fn limits_count_after_a_restart() {
    let mut harness = Harness::planned(Plan { per_admin: 3, per_contact: 2, ..Plan::default() }).await;
    harness.link_for("ada").await;
    harness.kill_and_restart().await;
    harness.clock.move_by(minutes(5));
    harness.link_for("ada").await;
    harness.kill_and_restart().await;
    assert_eq!(again_at(&harness.refusal_for("ada").await), ("contact", 2, at("2026-11-24T09:15:00Z")));
    harness.link_for("bob").await;
    harness.clock.move_by(minutes(30));
    harness.kill_and_restart().await;
    assert_eq!(again_at(&harness.refusal_for("ada").await), ("admin", 3, at("2026-11-24T10:00:00Z")));
    harness.clock.move_by(minutes(25));
    harness.link_for("ada").await;
}

#[tokio::test]
async fn limits_count_across_processes_that_share_an_audit() {
    let harness = Harness::planned(Plan { per_contact: 3, ..Plan::default() }).await;
    let (here, there) = (harness.bot(), harness.another_bot());
    for (bot, may) in [(&here, true), (&there, true), (&here, true), (&there, false), (&here, false)] {
        let said = harness.ask_bot(bot.clone(), Harness::admin(), "/reset-link contact:ada").await;
        assert_eq!(said.link.is_some(), may, "{}", said.text);
    }
}

#[tokio::test]
async fn requests_at_once_in_two_processes_do_not_slip_past_a_limit() {
    let harness = Harness::planned(Plan { per_contact: 5, ..Plan::default() }).await;
    let bots = [harness.bot(), harness.another_bot()];
    let mut asked = tokio::task::JoinSet::new();
    for number in 0..20 {
        let bot = bots[number % 2].clone();
        asked.spawn(async move { bot.issue(&Harness::admin().into(), "ada").await });
    }
    let issued = asked.join_all().await;
    let handed_over = issued.iter().filter(|issued| matches!(issued, bot::Issued::HandedOver(_))).count();
    assert_eq!((handed_over, harness.events("issued").len()), (5, 5));
}
