//! Withdrawn is a state of its own: for the page, the audit and the admin.

use bot::{Admin, Platform};
use jiff::SignedDuration;
use reset_link_tests::harness::{Fault, House, LEASE, OTHER_PASSWORD, PASSWORD};

const REVOKE: &str = "/reset-revoke contact:ada";

fn is_withdrawn(answer: &reset_link_tests::harness::Answer) -> bool {
    answer.status == 410 && answer.body.contains("has been withdrawn")
}

#[tokio::test]
async fn a_withdrawn_link_is_dead_and_says_so() {
    let mut house = House::start().await;
    let (first, second) = (house.link_for("ada").await, house.link_for("ada").await);
    let other = house.link_for("bob").await;
    let said = house.types(REVOKE).await;
    assert!(said.text.contains("withdrawn"), "{}", said.text);
    house.kill_and_restart().await;
    for link in [&first, &second] {
        assert!(is_withdrawn(&house.open(link).await));
        assert!(is_withdrawn(&house.redeem(link, PASSWORD).await));
    }
    assert_eq!(house.redeem(&other, PASSWORD).await.status, 200);
    house.deliver_receipts().await.unwrap();
    assert_eq!(house.receipts(), ["redeemed", "refused_withdrawn", "refused_withdrawn"]);
    assert_eq!(house.events("revoked")[0]["admin"]["user"], "alice");
    let status = house.types("/reset-status contact:ada").await.text;
    assert_eq!(status.matches("withdrawn at").count(), 2, "{status}");
}

#[tokio::test]
async fn a_new_link_of_the_same_millisecond_works() {
    let mut house = House::start().await;
    let old = house.link_for("ada").await;
    house.types(REVOKE).await;
    let new = house.link_for("ada").await;
    assert_eq!(house.open(&new).await.status, 200);
    house.kill_and_restart().await;
    let newest = house.link_for("ada").await;
    assert!(is_withdrawn(&house.open(&old).await));
    assert_eq!(house.open(&new).await.status, 200);
    assert_eq!(house.redeem(&newest, PASSWORD).await.status, 200);
    let status = house.types("/reset-status contact:ada").await.text;
    assert_eq!(status.matches("withdrawn at").count(), 1, "{status}");
}

#[tokio::test]
async fn withdrawing_during_a_redemption_says_so_and_the_redemption_stands() {
    let house = House::start().await;
    let link = house.link_for("ada").await;
    house.directory.next(Fault::Waits);
    let visitor = house.begin_redeeming(&link, PASSWORD);
    house.directory.reached().await;
    let said = house.types(REVOKE).await;
    assert!(said.text.contains("at this moment"), "{}", said.text);
    assert_eq!(house.events("revoked")[0]["in_progress"], true);
    house.directory.let_go();
    assert_eq!(visitor.await.unwrap().status, 200);
    house.deliver_receipts().await.unwrap();
    assert_eq!(house.receipts(), ["redeemed"]);
    let status = house.types("/reset-status contact:ada").await.text;
    assert!(status.contains("the new password is set"), "{status}");
}

#[tokio::test]
async fn a_redemption_that_falls_silent_during_a_withdrawal_leaves_the_link_withdrawn() {
    let mut house = House::start().await;
    let link = house.link_for("ada").await;
    house.directory.next(Fault::HangsBeforeWriting);
    let _visitor = house.begin_redeeming(&link, PASSWORD);
    house.directory.reached().await;
    let answer = house.types(REVOKE).await.text;
    assert!(answer.contains("setting a password with one of them at this moment"), "{answer}");
    house.kill_and_restart().await;
    house.clock.move_by(LEASE);
    assert!(is_withdrawn(&house.redeem(&link, OTHER_PASSWORD).await));
    assert!(is_withdrawn(&house.open(&link).await));
    assert!(!house.signs_in("ada", PASSWORD).await);
}

#[tokio::test]
async fn opening_a_link_that_was_withdrawn_behind_an_unfinished_claim_says_so() {
    let mut house = House::start().await;
    let link = house.link_for("ada").await;
    house.directory.next(Fault::HangsBeforeWriting);
    let _visitor = house.begin_redeeming(&link, PASSWORD);
    house.directory.reached().await;
    house.kill_and_restart().await;
    house.types(REVOKE).await;
    house.clock.move_by(LEASE);
    assert!(is_withdrawn(&house.open(&link).await));
    assert_eq!(house.settle().await, 1);
    assert!(is_withdrawn(&house.open(&link).await));
    house.deliver_receipts().await.unwrap();
}

#[tokio::test]
async fn a_used_link_stays_used_when_links_are_withdrawn() {
    let house = House::start().await;
    let link = house.link_for("ada").await;
    assert_eq!(house.redeem(&link, PASSWORD).await.status, 200);
    house.types(REVOKE).await;
    let page = house.open(&link).await;
    assert!(page.status == 410 && page.body.contains("already been used"), "{}", page.body);
    house.deliver_receipts().await.unwrap();
    let status = house.types("/reset-status contact:ada").await.text;
    assert!(status.contains("the new password is set"), "{status}");
}

#[tokio::test]
async fn who_may_not_issue_may_not_withdraw_either() {
    let house = House::start().await;
    let link = house.link_for("ada").await;
    let mallory = Admin { platform: Platform::Console, user: "mallory".to_owned() };
    let said = house.types_as(mallory, REVOKE).await;
    assert!(said.text.contains("may not"), "{}", said.text);
    assert_eq!(house.open(&link).await.status, 200);
    assert_eq!(house.events("revoked").len(), 0);
    assert_eq!(house.events("denied")[0]["why"], "not_allowed");
}

#[tokio::test]
async fn without_the_redeem_half_nothing_is_withdrawn_and_the_answer_says_so() {
    let house = House::start().await;
    let link = house.link_for("ada").await;
    let said = house.ask_bot(house.another_bot(), House::admin(), REVOKE).await;
    assert!(said.text.contains("nothing is certain"), "{}", said.text);
    assert_eq!(house.events("revoked").len(), 0);
    assert_eq!(house.open(&link).await.status, 200);
}

#[tokio::test]
async fn a_withdrawal_outlives_every_link_that_it_is_about() {
    let house = House::start().await;
    house.types(REVOKE).await;
    house.clock.move_by(-SignedDuration::from_secs(10));
    // A clock that steps back: the new link is issued later than the withdrawal all the same.
    let link = house.link_for("ada").await;
    house.prune().await;
    assert_eq!(house.open(&link).await.status, 200);
    house.clock.move_by(SignedDuration::from_secs(20));
    assert_eq!(house.redeem(&link, PASSWORD).await.status, 200);
}
