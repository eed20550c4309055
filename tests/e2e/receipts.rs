//! What the redeem half reports: into the bot's audit once, whatever happens on the way; then the admin is told.

use jiff::SignedDuration;
use reset_link_tests::harness::{Harness, OTHER_PASSWORD, PASSWORD, Plan, link_in};

/// Longer than the bot's memory.
const LONG: SignedDuration = SignedDuration::from_hours(3);

async fn redeemed_by_ada(harness: &Harness) -> String {
    let link = harness.link_for("ada").await;
    assert_eq!(harness.redeem(&link, PASSWORD).await.status, 200);
    link
}

#[tokio::test]
async fn a_redemption_is_in_both_audits_and_the_admin_is_told() {
    let harness = Harness::start().await;
    redeemed_by_ada(&harness).await;
    assert_eq!(harness.deliver_receipts().await, Ok(1));
    assert_eq!(harness.deliver_receipts().await, Ok(0));
    let receipt = &harness.events("receipt")[0];
    assert_eq!(receipt["contact"], "ada");
    assert_eq!(receipt["admin"]["user"], "alice");
    assert_eq!(receipt["client"], "192.0.2.1");
    assert_eq!(receipt["link_id"], harness.events("issued")[0]["link_id"]);
    assert_eq!(harness.redeem_audit().len(), 1);
    assert_eq!(harness.redeem_audit()[0]["link_id"], receipt["link_id"]);
    assert_eq!(harness.chat.told().len(), 1);
    assert_eq!(harness.events("followed")[0]["told"], true);
}

#[tokio::test]
async fn while_the_bot_is_away_receipts_wait_and_then_arrive_once() {
    let mut harness = Harness::start().await;
    let link = redeemed_by_ada(&harness).await;
    harness.sink.is_cut(true);
    for _ in 0..3 {
        assert!(harness.deliver_receipts().await.is_err());
    }
    assert_eq!(harness.outbox().await, 1);
    assert_eq!(harness.redeem_audit().len(), 1, "the redeem half's own audit does not wait for the bot");
    assert_eq!(harness.receipts(), [""; 0]);
    harness.kill_and_restart().await;
    assert_eq!(harness.redeem(&link, OTHER_PASSWORD).await.status, 410);
    harness.sink.is_cut(false);
    assert_eq!(harness.deliver_receipts().await, Ok(2));
    assert_eq!(harness.receipts(), ["redeemed", "refused_used"]);
    assert_eq!(harness.chat.told().len(), 1);
}

#[tokio::test]
async fn a_receipt_whose_answer_was_lost_is_offered_again_and_written_once() {
    let harness = Harness::start().await;
    redeemed_by_ada(&harness).await;
    harness.sink.loses_answers(true);
    for _ in 0..3 {
        assert!(harness.deliver_receipts().await.is_err());
    }
    assert_eq!((harness.receipts().len(), harness.outbox().await), (1, 1));
    harness.sink.loses_answers(false);
    assert_eq!(harness.deliver_receipts().await, Ok(1));
    assert_eq!(harness.receipts(), ["redeemed"]);
    assert_eq!(harness.chat.told().len(), 1);
}

#[tokio::test]
async fn a_repeat_is_dropped_even_when_it_is_older_than_the_bots_memory() {
    let mut harness = Harness::start().await;
    redeemed_by_ada(&harness).await;
    harness.sink.loses_answers(true);
    assert!(harness.deliver_receipts().await.is_err());
    harness.sink.loses_answers(false);
    for restarts in [false, true] {
        harness.clock.move_by(LONG);
        if restarts {
            harness.kill_and_restart().await;
        }
        harness.sink.loses_answers(!restarts);
        assert_eq!(harness.deliver_receipts().await.is_ok(), restarts);
        assert_eq!(harness.receipts(), ["redeemed"]);
        assert_eq!(harness.chat.told().len(), 1);
    }
}

#[tokio::test]
async fn a_bot_that_was_away_for_long_still_knows_whom_to_tell() {
    let mut harness = Harness::start().await;
    redeemed_by_ada(&harness).await;
    harness.kill().await;
    harness.clock.move_by(LONG);
    harness.begin().await;
    assert_eq!(harness.deliver_receipts().await, Ok(1));
    assert_eq!(harness.events("receipt")[0]["admin"]["user"], "alice");
    assert_eq!(harness.chat.told().len(), 1);
}

#[tokio::test]
async fn a_receipt_for_a_link_that_the_audit_does_not_know_is_written_and_nobody_told() {
    let mut harness = Harness::start().await;
    let link = harness.link_for("ada").await;
    harness.kill().await;
    std::fs::remove_file(harness.audit_file()).unwrap();
    harness.begin().await;
    assert_eq!(harness.redeem(&link, PASSWORD).await.status, 200);
    assert_eq!(harness.deliver_receipts().await, Ok(1));
    let receipt = &harness.events("receipt")[0];
    assert_eq!((receipt["contact"].as_str(), receipt["admin"].as_str()), (Some("ada"), None));
    assert_eq!(harness.chat.told(), []);
    assert_eq!(harness.events("followed")[0]["told"], false);
}

#[tokio::test]
async fn an_admin_who_was_not_told_before_a_crash_is_told_after_the_restart_once() {
    for away in [SignedDuration::ZERO, LONG] {
        let mut harness = Harness::start().await;
        redeemed_by_ada(&harness).await;
        harness.chat.hangs(true);
        assert_eq!(harness.hand_on_receipts().await, Ok(1));
        assert_eq!(harness.chat.told(), []);
        harness.kill().await;
        harness.chat.hangs(false);
        harness.clock.move_by(away);
        harness.begin().await;
        assert_eq!(harness.chat.told().len(), 1, "away for {away}");
        harness.kill_and_restart().await;
        assert_eq!(harness.chat.told().len(), 1, "away for {away}");
        assert_eq!(harness.receipts(), ["redeemed"]);
    }
}

#[tokio::test]
async fn an_audit_that_cannot_be_written_keeps_the_receipt_waiting() {
    let mut harness = Harness::start().await;
    redeemed_by_ada(&harness).await;
    let aside = harness.audit_file().with_extension("aside");
    std::fs::rename(harness.audit_file(), &aside).unwrap();
    assert!(harness.hand_on_receipts().await.is_err());
    assert_eq!(harness.outbox().await, 1);
    std::fs::rename(&aside, harness.audit_file()).unwrap();
    harness.kill_and_restart().await;
    assert_eq!(harness.deliver_receipts().await, Ok(1));
    assert_eq!(harness.receipts(), ["redeemed"]);
}

#[tokio::test]
async fn a_contact_gets_a_notice_when_the_password_has_changed() {
    let harness = Harness::planned(Plan { mail: true, ..Plan::default() }).await;
    let mailed = harness.issue("ada").await;
    assert!(matches!(mailed, bot::Issued::Mailed(_)), "{mailed:?}");
    let link = link_in(&harness.mailer.mails()[0]).unwrap();
    assert_eq!(harness.redeem(&link, PASSWORD).await.status, 200);
    assert_eq!(harness.deliver_receipts().await, Ok(1));
    let mails = harness.mailer.mails();
    assert_eq!(mails.len(), 2);
    assert!(mails[1].text.contains("was changed"), "{}", mails[1].text);
    assert!(!mails[1].text.contains("/r/") && !mails[1].html.contains("/r/"));
    assert!(!mails[1].text.contains(PASSWORD));
    assert_eq!(harness.events("followed")[0]["notice"], "mailed");
}
