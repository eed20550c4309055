//! The process killed, the directory silent: never twice, and never lost where the directory can say what became of a write.

use bot::{News, Platform};
use jiff::SignedDuration;
use reset_link_tests::harness::{Fault, Harness, LEASE, LIFETIME, OTHER_PASSWORD, PASSWORD, Plan};

async fn unconditional() -> Harness {
    Harness::planned(Plan { is_conditional: false, ..Plan::default() }).await
}

/// A link whose redemption was killed at this point.
async fn killed_at(harness: &mut Harness, fault: Fault) -> String {
    let link = harness.link_for("ada").await;
    harness.directory.next(fault);
    let visitor = harness.begin_redeeming(&link, PASSWORD);
    harness.directory.reached().await;
    harness.kill_and_restart().await;
    // A runtime that ends may end the redemption before the visitor who waits for it, who then hears that it failed.
    match visitor.await {
        Ok(answer) => assert_eq!(answer.status, 503, "{}", answer.body),
        Err(error) => assert!(error.is_cancelled()),
    }
    link
}

#[tokio::test]
async fn killed_before_the_write_the_link_is_good_again_after_its_lease() {
    let mut harness = Harness::start().await;
    let link = killed_at(&mut harness, Fault::HangsBeforeWriting).await;
    assert_eq!(harness.unsettled().await, 1);
    assert_eq!(harness.settle().await, 0, "the lease still runs");
    assert_eq!(harness.open(&link).await.status, 409);
    assert_eq!(harness.redeem(&link, OTHER_PASSWORD).await.status, 409);

    harness.clock.move_by(LEASE);
    assert_eq!(harness.open(&link).await.status, 200);
    assert_eq!(harness.redeem(&link, OTHER_PASSWORD).await.status, 200);
    assert!(harness.signs_in("ada", OTHER_PASSWORD).await);
    harness.deliver_receipts().await.unwrap();
    assert_eq!(harness.receipts(), ["redeemed"]);
}

#[tokio::test]
async fn killed_before_the_write_the_claim_is_settled_without_a_visitor() {
    let mut harness = Harness::start().await;
    let link = killed_at(&mut harness, Fault::HangsBeforeWriting).await;
    harness.clock.move_by(LEASE);
    assert_eq!(harness.settle().await, 1);
    assert_eq!((harness.unsettled().await, harness.outbox().await), (0, 0));
    assert_eq!(harness.redeem(&link, PASSWORD).await.status, 200);
}

#[tokio::test]
async fn killed_after_the_write_the_link_is_dead_and_its_receipt_arrives_once() {
    let mut harness = Harness::start().await;
    let link = killed_at(&mut harness, Fault::HangsAfterWriting).await;
    assert!(harness.signs_in("ada", PASSWORD).await);
    assert_eq!(harness.settle().await, 1);
    assert_eq!(harness.settle().await, 0);
    let page = harness.open(&link).await;
    assert_eq!(page.status, 410);
    assert!(page.body.contains("already been used"), "{}", page.body);
    harness.deliver_receipts().await.unwrap();
    harness.kill_and_restart().await;
    harness.settle().await;
    harness.deliver_receipts().await.unwrap();
    assert_eq!(harness.receipts(), ["redeemed"]);

    let told = harness.chat.told();
    let [(admin, News::Redeemed(redemption))] = &told[..] else { panic!("{told:?}") };
    assert_eq!((admin.platform, admin.user.as_str()), (Platform::Console, "alice"));
    assert_eq!(redemption.contact.as_str(), "ada");
}

#[tokio::test]
async fn killed_after_the_write_a_visitor_finds_it_used_before_anybody_settles() {
    let mut harness = Harness::start().await;
    let link = killed_at(&mut harness, Fault::HangsAfterWriting).await;
    harness.clock.move_by(LEASE);
    assert_eq!(harness.open(&link).await.status, 410);
    assert_eq!(harness.redeem(&link, OTHER_PASSWORD).await.status, 410);
    assert!(harness.signs_in("ada", PASSWORD).await);
    harness.deliver_receipts().await.unwrap();
    assert_eq!(harness.receipts().iter().filter(|outcome| *outcome == "redeemed").count(), 1);
}

#[tokio::test]
async fn killed_before_the_write_and_past_its_expiry_the_link_stays_dead() {
    let mut harness = Harness::start().await;
    let link = killed_at(&mut harness, Fault::HangsBeforeWriting).await;
    harness.clock.move_by(LIFETIME);
    assert_eq!(harness.redeem(&link, PASSWORD).await.status, 410);
    assert_eq!(harness.settle().await, 1);
    assert!(!harness.signs_in("ada", PASSWORD).await);
}

#[tokio::test]
async fn killed_twice_in_the_window_the_link_is_still_not_lost() {
    let mut harness = Harness::start().await;
    let link = killed_at(&mut harness, Fault::HangsBeforeWriting).await;
    harness.clock.move_by(LEASE);
    harness.directory.next(Fault::HangsBeforeWriting);
    let _visitor = harness.begin_redeeming(&link, PASSWORD);
    harness.directory.reached().await;
    harness.kill_and_restart().await;
    assert_eq!(harness.redeem(&link, PASSWORD).await.status, 409);
    harness.clock.move_by(LEASE);
    assert_eq!(harness.redeem(&link, PASSWORD).await.status, 200);
}

#[tokio::test]
async fn where_writes_are_not_conditional_a_crash_in_the_window_costs_the_link() {
    for fault in [Fault::HangsBeforeWriting, Fault::HangsAfterWriting] {
        let mut harness = unconditional().await;
        let link = killed_at(&mut harness, fault).await;
        harness.clock.move_by(LEASE);
        assert_eq!(harness.open(&link).await.status, 410, "{fault:?}");
        assert_eq!(harness.settle().await, 1);
        assert_eq!(harness.redeem(&link, OTHER_PASSWORD).await.status, 410);
        harness.deliver_receipts().await.unwrap();
        assert_eq!(harness.receipts(), ["refused_used", "unsettled"], "{fault:?}");
        assert_eq!(harness.chat.told(), [], "nobody can tell whether a password was set");
        let status = harness.types("/reset-status contact:ada").await.text;
        assert!(status.contains("not known"), "{status}");
    }
}

#[tokio::test]
async fn where_writes_are_not_conditional_a_whole_redemption_works_once_as_well() {
    let harness = unconditional().await;
    let link = harness.link_for("ada").await;
    assert_eq!(harness.redeem(&link, PASSWORD).await.status, 200);
    assert_eq!(harness.redeem(&link, OTHER_PASSWORD).await.status, 410);
    assert!(harness.signs_in("ada", PASSWORD).await);
}

#[tokio::test]
async fn a_claim_stays_pending_while_the_directory_is_away_and_is_settled_later() {
    let mut harness = Harness::start().await;
    killed_at(&mut harness, Fault::HangsAfterWriting).await;
    harness.clock.move_by(LEASE);
    harness.directory.is_away(true);
    assert_eq!((harness.settle().await, harness.unsettled().await), (0, 1));
    harness.kill_and_restart().await;
    assert_eq!((harness.settle().await, harness.unsettled().await), (0, 1));
    harness.directory.is_away(false);
    assert_eq!((harness.settle().await, harness.unsettled().await), (1, 0));
    harness.deliver_receipts().await.unwrap();
    assert_eq!(harness.receipts(), ["redeemed"]);
}

#[tokio::test]
async fn a_pending_claim_outlives_the_marks_around_it() {
    let mut harness = Harness::start().await;
    let link = killed_at(&mut harness, Fault::HangsAfterWriting).await;
    harness.directory.is_away(true);
    harness.clock.move_by(LIFETIME + SignedDuration::from_hours(2));
    harness.prune().await;
    assert_eq!(harness.unsettled().await, 1);
    harness.directory.is_away(false);
    assert_eq!(harness.settle().await, 1);
    harness.deliver_receipts().await.unwrap();
    assert_eq!(harness.receipts(), ["redeemed"]);
    assert_eq!(harness.open(&link).await.status, 410);
}

#[tokio::test]
async fn silence_after_a_write_is_settled_as_redeemed() {
    let harness = Harness::start().await;
    let link = harness.link_for("ada").await;
    harness.directory.next(Fault::SilentAfterWriting);
    assert_eq!(harness.redeem(&link, PASSWORD).await.status, 503);
    assert_eq!(harness.redeem(&link, OTHER_PASSWORD).await.status, 409);
    harness.clock.move_by(LEASE);
    assert_eq!(harness.redeem(&link, OTHER_PASSWORD).await.status, 410);
    assert!(harness.signs_in("ada", PASSWORD).await);
    harness.deliver_receipts().await.unwrap();
    assert!(harness.receipts().contains(&"redeemed".to_owned()));
}

#[tokio::test]
async fn silence_before_a_write_leaves_the_link_good_after_its_lease() {
    let harness = Harness::start().await;
    let link = harness.link_for("ada").await;
    harness.directory.next(Fault::SilentBeforeWriting);
    assert_eq!(harness.redeem(&link, PASSWORD).await.status, 503);
    assert_eq!(harness.redeem(&link, OTHER_PASSWORD).await.status, 409);
    harness.clock.move_by(LEASE);
    assert_eq!(harness.redeem(&link, OTHER_PASSWORD).await.status, 200);
    assert!(harness.signs_in("ada", OTHER_PASSWORD).await);
}

#[tokio::test]
async fn a_write_that_outlasts_its_lease_is_noted_by_looking() {
    let harness = Harness::start().await;
    let link = harness.link_for("ada").await;
    harness.directory.next(Fault::Waits);
    let slow = harness.begin_redeeming(&link, PASSWORD);
    harness.directory.reached().await;
    harness.clock.move_by(LEASE);
    harness.directory.let_go();
    assert_eq!(slow.await.unwrap().status, 200);
    assert_eq!(harness.redeem(&link, OTHER_PASSWORD).await.status, 410);
    harness.deliver_receipts().await.unwrap();
    assert_eq!(harness.receipts(), ["redeemed", "refused_used"]);
}

#[tokio::test]
async fn a_writer_that_comes_back_after_its_lease_overwrites_nobody() {
    let harness = Harness::start().await;
    let link = harness.link_for("ada").await;
    harness.directory.next(Fault::Waits);
    let slow = harness.begin_redeeming(&link, PASSWORD);
    harness.directory.reached().await;
    harness.clock.move_by(LEASE);
    // The password is set with another link meanwhile: the slow writer's condition fails.
    assert_eq!(harness.settle().await, 0, "its redeemer is slow, not gone");
    let newer = harness.link_for("ada").await;
    assert_eq!(harness.redeem(&newer, OTHER_PASSWORD).await.status, 200);
    harness.directory.let_go();
    assert_eq!(slow.await.unwrap().status, 410);
    assert!(harness.signs_in("ada", OTHER_PASSWORD).await);
    assert_eq!(harness.settle().await, 1, "now nobody holds it any more");
    harness.deliver_receipts().await.unwrap();
    assert_eq!(harness.receipts().iter().filter(|outcome| *outcome == "redeemed").count(), 1);
}

#[tokio::test]
async fn a_write_that_lands_long_after_its_lease_is_reported_all_the_same() {
    let harness = Harness::start().await;
    let link = harness.link_for("ada").await;
    harness.directory.next(Fault::Waits);
    let slow = harness.begin_redeeming(&link, PASSWORD);
    harness.directory.reached().await;
    harness.clock.move_by(LEASE);
    assert_eq!(harness.settle().await, 0, "its redeemer is slow, not gone");
    harness.directory.let_go();
    assert_eq!(slow.await.unwrap().status, 200);
    assert!(harness.signs_in("ada", PASSWORD).await);
    assert_eq!(harness.open(&link).await.status, 410);
    harness.deliver_receipts().await.unwrap();
    assert_eq!(harness.receipts(), ["redeemed"]);
    assert_eq!(harness.chat.told().len(), 1);
}

#[tokio::test]
async fn a_visitor_who_hangs_up_does_not_stop_a_redemption() {
    let harness = Harness::start().await;
    let link = harness.link_for("ada").await;
    harness.directory.next(Fault::Waits);
    let visitor = harness.begin_redeeming(&link, PASSWORD);
    harness.directory.reached().await;
    visitor.abort();
    assert!(visitor.await.unwrap_err().is_cancelled());
    harness.directory.let_go();
    harness.finish_redemptions().await;
    assert!(harness.signs_in("ada", PASSWORD).await);
    assert_eq!(harness.open(&link).await.status, 410);
    harness.deliver_receipts().await.unwrap();
    assert_eq!(harness.receipts(), ["redeemed"]);
}
