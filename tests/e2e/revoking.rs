//! Withdrawn is a state of its own: for the page, the audit and the admin.

use bot::{Admin, Platform};
use jiff::SignedDuration;
use reset_link_tests::harness::{Fault, Harness, LEASE, OTHER_PASSWORD, PASSWORD};

const REVOKE: &str = "/reset-revoke contact:ada";

fn is_withdrawn(answer: &reset_link_tests::harness::Answer) -> bool {
    answer.status == 410 && answer.body.contains("has been withdrawn")
}

#[tokio::test]
async fn a_withdrawn_link_is_dead_and_says_so() {
    let mut harness = Harness::start().await;
    let (first, second) = (harness.link_for("ada").await, harness.link_for("ada").await);
    let other = harness.link_for("bob").await;
    let said = harness.types(REVOKE).await;
    assert!(said.text.contains("withdrawn"), "{}", said.text);
    harness.kill_and_restart().await;
    for link in [&first, &second] {
        assert!(is_withdrawn(&harness.open(link).await));
        assert!(is_withdrawn(&harness.redeem(link, PASSWORD).await));
    }
    assert_eq!(harness.redeem(&other, PASSWORD).await.status, 200);
    harness.deliver_receipts().await.unwrap();
    assert_eq!(harness.receipts(), ["redeemed", "refused_withdrawn", "refused_withdrawn"]);
    assert_eq!(harness.events("revoked")[0]["admin"]["user"], "alice");
    let status = harness.types("/reset-status contact:ada").await.text;
    assert_eq!(status.matches("withdrawn at").count(), 2, "{status}");
}

#[tokio::test]
async fn a_new_link_of_the_same_millisecond_works() {
    let mut harness = Harness::start().await;
    let old = harness.link_for("ada").await;
    harness.types(REVOKE).await;
    let new = harness.link_for("ada").await;
    assert_eq!(harness.open(&new).await.status, 200);
    harness.kill_and_restart().await;
    let newest = harness.link_for("ada").await;
    assert!(is_withdrawn(&harness.open(&old).await));
    assert_eq!(harness.open(&new).await.status, 200);
    assert_eq!(harness.redeem(&newest, PASSWORD).await.status, 200);
    let status = harness.types("/reset-status contact:ada").await.text;
    assert_eq!(status.matches("withdrawn at").count(), 1, "{status}");
}

#[tokio::test]
async fn withdrawing_during_a_redemption_says_so_and_the_redemption_stands() {
    let harness = Harness::start().await;
    let link = harness.link_for("ada").await;
    harness.directory.next(Fault::Waits);
    let visitor = harness.begin_redeeming(&link, PASSWORD);
    harness.directory.reached().await;
    let said = harness.types(REVOKE).await;
    assert!(said.text.contains("at this moment"), "{}", said.text);
    assert_eq!(harness.events("revoked")[0]["in_progress"], true);
    harness.directory.let_go();
    assert_eq!(visitor.await.unwrap().status, 200);
    harness.deliver_receipts().await.unwrap();
    assert_eq!(harness.receipts(), ["redeemed"]);
    let status = harness.types("/reset-status contact:ada").await.text;
    assert!(status.contains("the new password is set"), "{status}");
}

#[tokio::test]
async fn a_redemption_that_falls_silent_during_a_withdrawal_leaves_the_link_withdrawn() {
    let mut harness = Harness::start().await;
    let link = harness.link_for("ada").await;
    harness.directory.next(Fault::HangsBeforeWriting);
    let _visitor = harness.begin_redeeming(&link, PASSWORD);
    harness.directory.reached().await;
    let answer = harness.types(REVOKE).await.text;
    assert!(answer.contains("setting a password with one of them at this moment"), "{answer}");
    harness.kill_and_restart().await;
    harness.clock.move_by(LEASE);
    assert!(is_withdrawn(&harness.redeem(&link, OTHER_PASSWORD).await));
    assert!(is_withdrawn(&harness.open(&link).await));
    assert!(!harness.signs_in("ada", PASSWORD).await);
}

#[tokio::test]
async fn opening_a_link_that_was_withdrawn_behind_an_unfinished_claim_says_so() {
    let mut harness = Harness::start().await;
    let link = harness.link_for("ada").await;
    harness.directory.next(Fault::HangsBeforeWriting);
    let _visitor = harness.begin_redeeming(&link, PASSWORD);
    harness.directory.reached().await;
    harness.kill_and_restart().await;
    harness.types(REVOKE).await;
    harness.clock.move_by(LEASE);
    assert!(is_withdrawn(&harness.open(&link).await));
    assert_eq!(harness.settle().await, 1);
    assert!(is_withdrawn(&harness.open(&link).await));
    harness.deliver_receipts().await.unwrap();
}

#[tokio::test]
async fn a_used_link_stays_used_when_links_are_withdrawn() {
    let harness = Harness::start().await;
    let link = harness.link_for("ada").await;
    assert_eq!(harness.redeem(&link, PASSWORD).await.status, 200);
    harness.types(REVOKE).await;
    let page = harness.open(&link).await;
    assert!(page.status == 410 && page.body.contains("already been used"), "{}", page.body);
    harness.deliver_receipts().await.unwrap();
    let status = harness.types("/reset-status contact:ada").await.text;
    assert!(status.contains("the new password is set"), "{status}");
}

#[tokio::test]
async fn who_may_not_issue_may_not_withdraw_either() {
    let harness = Harness::start().await;
    let link = harness.link_for("ada").await;
    let mallory = Admin { platform: Platform::Console, user: "mallory".to_owned() };
    let said = harness.types_as(mallory, REVOKE).await;
    assert!(said.text.contains("may not"), "{}", said.text);
    assert_eq!(harness.open(&link).await.status, 200);
    assert_eq!(harness.events("revoked").len(), 0);
    assert_eq!(harness.events("denied")[0]["why"], "not_allowed");
}

#[tokio::test]
async fn without_the_redeem_half_nothing_is_withdrawn_and_the_answer_says_so() {
    let harness = Harness::start().await;
    let link = harness.link_for("ada").await;
    let said = harness.ask_bot(harness.another_bot(), Harness::admin(), REVOKE).await;
    assert!(said.text.contains("nothing is certain"), "{}", said.text);
    assert_eq!(harness.events("revoked").len(), 0);
    assert_eq!(harness.open(&link).await.status, 200);
}

#[tokio::test]
async fn a_withdrawal_outlives_every_link_that_it_is_about() {
    let harness = Harness::start().await;
    harness.types(REVOKE).await;
    harness.clock.move_by(-SignedDuration::from_secs(10));
    // A clock that steps back: the new link is issued later than the withdrawal all the same.
    let link = harness.link_for("ada").await;
    harness.prune().await;
    assert_eq!(harness.open(&link).await.status, 200);
    harness.clock.move_by(SignedDuration::from_secs(20));
    assert_eq!(harness.redeem(&link, PASSWORD).await.status, 200);
}
