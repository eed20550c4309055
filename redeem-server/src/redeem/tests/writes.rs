//! What a directory can answer to a write, and what becomes of the link then.

use super::*;
use crate::password::BrokenRule;
use contacts::PasswordRefusal;

#[tokio::test]
async fn a_password_that_is_too_long_once_it_is_prepared_is_told_so_and_the_link_stays_good() {
    let redeeming = Redeeming::new();
    let link = redeeming.link(1);
    let quoted = format!("correct horse battery staple {}", "\"".repeat(40));
    let outcome = redeeming.redeem(&link, &quoted).await;
    let Outcome::Rejected(_, broken) = outcome else { panic!("{outcome:?}") };
    assert_eq!(broken, [BrokenRule::TooLong { max_bytes: 72 }]);
    assert_eq!(redeeming.state(&link).await, LinkState::Unused);
    assert!(matches!(redeeming.redeem(&link, GOOD).await, Outcome::Done));
}

#[tokio::test]
async fn what_a_directory_refuses_is_told_in_its_own_words_and_the_link_stays_good() {
    let redeeming = Redeeming::new();
    let link = redeeming.link(1);
    redeeming.directory.fail_next(Call::Set, Fault::Refuses("used before"));
    let outcome = redeeming.redeem(&link, GOOD).await;
    let Outcome::Rejected(_, broken) = outcome else { panic!("{outcome:?}") };
    assert_eq!(broken, [BrokenRule::DirectoryRefuses(PasswordRefusal::InOwnWords("used before".to_owned()))]);
    assert_eq!(redeeming.state(&link).await, LinkState::Unused);
    assert_eq!(redeeming.reported().await, [ReceiptOutcome::RefusedByDirectory]);
    assert!(matches!(redeeming.redeem(&link, GOOD).await, Outcome::Done));
}

#[tokio::test]
async fn where_nothing_was_written_the_link_stays_good() {
    let redeeming = Redeeming::new();
    let link = redeeming.link(1);
    // The first look, the hashing, the second look, the write.
    for (call, behind) in [(Call::Read, 0), (Call::Prepare, 0), (Call::Read, 1), (Call::Set, 0)] {
        redeeming.directory.fail_later(behind, call, Fault::Unreachable);
        let outcome = redeeming.redeem(&link, GOOD).await;
        assert!(
            matches!(&outcome, Outcome::Unavailable { incident } if incident == "070707070707"),
            "{call:?}"
        );
        assert_eq!(redeeming.state(&link).await, LinkState::Unused, "{call:?}");
    }
    assert_eq!(
        (redeeming.directory.password().as_str(), redeeming.receipts().await),
        ("the old one", vec![])
    );
    assert!(matches!(redeeming.redeem(&link, GOOD).await, Outcome::Done));
}

/// The visitor hears that something is broken; what became of the link is settled once the lease has ended.
async fn settled(directory: FakeDirectory, is_written: bool) -> (Redeeming, VerifiedLink) {
    let redeeming = Redeeming::at(directory);
    let link = redeeming.link(1);
    redeeming.directory.fail_next(Call::Set, Fault::OutcomeUnknown { is_written });
    assert!(matches!(redeeming.redeem(&link, GOOD).await, Outcome::Unavailable { .. }));
    assert_eq!(redeeming.state(&link).await, LinkState::Claimed, "nobody may try again meanwhile");
    assert!(matches!(redeeming.redeem(&link, GOOD).await, Outcome::InProgress { .. }));
    assert_eq!(redeeming.redeemer.settle_all().await.unwrap(), 0, "its lease runs");
    redeeming.clock.move_by(LEASE);
    assert!(matches!(redeeming.state(&link).await, LinkState::Lapsed(_)));
    (redeeming, link)
}

#[tokio::test]
async fn a_write_of_which_nobody_heard_is_settled_by_looking() {
    for directory in [FakeDirectory::conditional(), FakeDirectory::unconditional()] {
        let (redeeming, link) = settled(directory, true).await;
        assert_eq!(redeeming.redeemer.settle_all().await.unwrap(), 1);
        assert!(redeeming.is_told_of_receipts().await);
        assert_eq!(redeeming.reported().await, [ReceiptOutcome::Redeemed]);
        assert_eq!(redeeming.receipts().await[0].client, None, "nobody asked");
        assert!(is_closed(&redeeming.redeem(&link, GOOD).await, Closed::Used));
    }
}

#[tokio::test]
async fn a_link_with_which_nothing_was_written_is_good_again_where_writes_are_conditional() {
    let (redeeming, link) = settled(FakeDirectory::conditional(), false).await;
    assert!(matches!(redeeming.redeemer.show(&link).await, Outcome::Form(_)));
    assert!(matches!(redeeming.state(&link).await, LinkState::Lapsed(_)), "looking settles nothing");
    // Whoever redeems settles it first.
    assert!(matches!(redeeming.redeem(&link, GOOD).await, Outcome::Done));
    assert_eq!(redeeming.reported().await, [ReceiptOutcome::Redeemed]);
}

#[tokio::test]
async fn where_writes_are_not_conditional_a_link_whose_end_nobody_knows_is_used() {
    let (redeeming, link) = settled(FakeDirectory::unconditional(), false).await;
    assert!(is_closed(&redeeming.redeemer.show(&link).await, Closed::Used));
    assert!(is_closed(&redeeming.redeem(&link, GOOD).await, Closed::Used));
    assert_eq!(redeeming.reported().await, [ReceiptOutcome::Unsettled, ReceiptOutcome::RefusedUsed]);
}

#[tokio::test]
async fn where_a_write_to_this_contact_is_not_conditional_a_link_whose_end_nobody_knows_is_used() {
    let (redeeming, link) = settled(FakeDirectory::conditional().but_not_for_ada(), false).await;
    assert!(is_closed(&redeeming.redeemer.show(&link).await, Closed::Used));
    assert_eq!(redeeming.redeemer.settle_all().await.unwrap(), 1);
    assert!(is_closed(&redeeming.redeem(&link, GOOD).await, Closed::Used));
    assert_eq!(redeeming.reported().await, [ReceiptOutcome::Unsettled, ReceiptOutcome::RefusedUsed]);
}

#[tokio::test]
async fn what_cannot_be_told_from_another_write_is_used() {
    let directory = FakeDirectory::conditional().without_intended_versions();
    let (redeeming, link) = settled(directory, true).await;
    assert!(is_closed(&redeeming.redeemer.show(&link).await, Closed::Used));
    assert_eq!(redeeming.redeemer.settle_all().await.unwrap(), 1);
    assert_eq!(redeeming.reported().await, [ReceiptOutcome::Unsettled]);
}

#[tokio::test]
async fn a_claim_stays_unsettled_while_the_directory_is_away() {
    let (redeeming, link) = settled(FakeDirectory::conditional(), true).await;
    redeeming.directory.fail_next(Call::Read, Fault::Unreachable);
    assert_eq!(redeeming.redeemer.settle_all().await.unwrap(), 0);
    assert!(matches!(redeeming.state(&link).await, LinkState::Lapsed(_)));
    assert_eq!(redeeming.redeemer.settle_all().await.unwrap(), 1);
}

#[tokio::test]
async fn a_link_withdrawn_while_its_claim_was_open_is_not_good_again() {
    let (redeeming, link) = settled(FakeDirectory::conditional(), false).await;
    redeeming.ledger.revoke(&crate::fakes::revocation(&link)).await.unwrap();
    assert!(is_closed(&redeeming.redeemer.show(&link).await, Closed::Withdrawn));
    assert!(is_closed(&redeeming.redeem(&link, GOOD).await, Closed::Withdrawn));
    assert_eq!(redeeming.state(&link).await, LinkState::Withdrawn);
    assert_eq!(redeeming.directory.password(), "the old one");
}

#[tokio::test(start_paused = true)]
async fn a_directory_that_does_not_answer_is_given_up_on() {
    let redeeming = Redeeming::new();
    let link = redeeming.link(1);
    redeeming.directory.fail_next(Call::Read, Fault::Hangs);
    let began = tokio::time::Instant::now();
    let shown = tokio::time::timeout(DEADLINE, redeeming.redeemer.show(&link)).await.expect("an answer");
    assert!(matches!(shown, Outcome::Unavailable { .. }));
    assert_eq!(began.elapsed().as_secs(), DIRECTORY_TIMEOUT.as_secs());
}

#[tokio::test]
async fn a_redemption_that_panics_is_an_answer_and_its_claim_is_settled_later() {
    let redeeming = Redeeming::new();
    let link = redeeming.link(1);
    redeeming.directory.fail_next(Call::Set, Fault::Panics);
    assert!(matches!(redeeming.redeem(&link, GOOD).await, Outcome::Unavailable { .. }));
    redeeming.clock.move_by(LEASE);
    assert_eq!(redeeming.redeemer.settle_all().await.unwrap(), 1, "it is no longer under way");
    assert!(matches!(redeeming.redeem(&link, GOOD).await, Outcome::Done));
}
