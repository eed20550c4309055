//! A mail that the server does not take yet: tried again behind the answer, with the admin told what waits and what came of it.

use bot::mail::{MailFailure, Step};
use bot::{Action, Caller, Delayed, Issued, News, Reply};
use jiff::SignedDuration;
use reset_link_tests::harness::{Harness, PASSWORD, Plan, link_in};
use reset_link_tests::wait;

const WITHIN: SignedDuration = SignedDuration::from_mins(5);

fn plan() -> Plan {
    Plan { mail: true, mail_retry: Some(WITHIN), ..Plan::default() }
}

fn greylisted() -> MailFailure {
    MailFailure::Refused { step: Step::Recipient, code: 451, answer: "4.7.1 greylisted".to_owned() }
}

/// Far more often than it is tried in any test.
fn greylisted_for_ever(harness: &Harness) {
    (0..100_000).for_each(|_| harness.mailer.fails_next(greylisted()));
}

async fn delayed(harness: &Harness) -> Delayed {
    match harness.issue("ada").await {
        Issued::Delayed(delayed) => delayed,
        other => panic!("not delayed: {other:?}"),
    }
}

async fn takes_in_hand(harness: &Harness, delayed: &Delayed) -> Reply {
    let (bot, action) = (harness.bot(), Action::HandOverInstead(delayed.link_id));
    harness.on(async move { bot.act(&Caller::from(Harness::admin()), action).await }).await
}

#[tokio::test]
async fn a_mail_that_is_not_taken_yet_is_tried_again_and_goes_out_once() {
    let harness = Harness::planned(plan()).await;
    harness.mailer.fails_next(greylisted());
    harness.mailer.fails_next(greylisted());
    let said = harness.types("/reset-link contact:ada").await;
    assert!(said.text.contains("does not take the mail"), "{}", said.text);
    assert!(said.text.contains("4.7.1 greylisted") && said.text.contains("a…@example.org"), "{}", said.text);
    assert_eq!(said.link, None);
    harness.event("told").await;
    assert!(
        matches!(&harness.chat.told()[..], [(admin, News::MailAccepted { .. })] if *admin == Harness::admin())
    );
    assert_eq!((harness.mailer.attempts().len(), harness.mailer.mails().len()), (3, 1));
    assert_eq!((harness.events("mail_delayed").len(), harness.events("mailed").len()), (1, 1));
    assert_eq!(harness.redeem(&link_in(&harness.mailer.mails()[0]).unwrap(), PASSWORD).await.status, 200);
}

#[tokio::test]
async fn a_mail_that_is_refused_for_good_is_handed_over_at_once() {
    let harness = Harness::planned(plan()).await;
    harness.mailer.fails_next(greylisted());
    harness.mailer.fails_next(MailFailure::Refused {
        step: Step::Recipient,
        code: 550,
        answer: "no".to_owned(),
    });
    delayed(&harness).await;
    harness.event("shown").await;
    let brought = harness.chat.brought();
    let [(admin, Some(link))] = &brought[..] else { panic!("{brought:?}") };
    assert_eq!(*admin, Harness::admin());
    assert_eq!(harness.events("handed_over")[0]["reasons"][0]["reason"], "mail_failed");
    assert_eq!(harness.redeem(link, PASSWORD).await.status, 200);
}

#[tokio::test]
async fn after_the_operators_time_the_link_is_handed_over() {
    let harness = Harness::planned(plan()).await;
    greylisted_for_ever(&harness);
    let delayed = delayed(&harness).await;
    assert_eq!(delayed.until, harness.clock.now() + WITHIN);
    harness.clock.move_by(WITHIN);
    harness.event("shown").await;
    assert!(matches!(&harness.chat.brought()[..], [(_, Some(_))]));
    assert!(harness.mailer.mails().iter().all(|mail| link_in(mail).is_none()), "no link is mailed any more");
}

#[tokio::test]
async fn it_is_never_tried_for_longer_than_the_link_is_good() {
    let harness = Harness::planned(Plan { mail_retry: Some(SignedDuration::from_hours(1)), ..plan() }).await;
    greylisted_for_ever(&harness);
    assert_eq!(delayed(&harness).await.until, harness.clock.now() + SignedDuration::from_mins(13));
    harness.bot().wait_no_longer();
}

#[tokio::test]
async fn an_admin_takes_the_link_in_hand_at_any_time_and_nothing_is_mailed_any_more() {
    let harness = Harness::planned(plan()).await;
    greylisted_for_ever(&harness);
    let delayed = delayed(&harness).await;
    let reply = takes_in_hand(&harness, &delayed).await;
    let Reply::Issue(Issued::HandedOver(handed_over)) = reply else { panic!("{reply:?}") };
    assert_ne!(handed_over.link.link_id(), delayed.link_id);
    assert_eq!(harness.events("link_revoked")[0]["link_id"], delayed.link_id.to_string());
    harness.clock.move_by(WITHIN);
    assert_eq!(harness.events("mailed").len(), 0);
    assert_eq!(harness.events("handed_over").len(), 1);
    assert_eq!(harness.redeem(handed_over.link.expose(), PASSWORD).await.status, 200);
}

/// Mails that were sent here so far, accepted or not.
async fn attempts(harness: &Harness, count: usize) {
    wait::until("attempts", async || harness.mailer.attempts().len() >= count).await;
}

#[tokio::test]
async fn a_link_that_was_withdrawn_during_an_attempt_is_handed_over_to_nobody() {
    for ending in [Some(550), None] {
        let harness = Harness::planned(plan()).await;
        harness.mailer.fails_next(greylisted());
        harness.mailer.keeps_waiting_behind_failures();
        let bot = harness.bot();
        delayed(&harness).await;
        attempts(&harness, 2).await;
        harness.types("/reset-revoke contact:ada").await;
        if let Some(code) = ending {
            let answer = "no such user".to_owned();
            harness.mailer.fails_next(MailFailure::Refused { step: Step::Recipient, code, answer });
        }
        harness.mailer.keeps_waiting(false);
        bot.wait_no_longer();
        harness.finish_notices().await;
        assert!(harness.events("handed_over").is_empty() && harness.chat.brought().is_empty());
        harness.clock.move_by(WITHIN + bot::audit::ABANDONED);
        harness.housekeeping().await;
        harness.housekeeping().await;
        assert!(harness.events("withheld").is_empty(), "it is over already");
        assert!(harness.chat.told().is_empty(), "whoever withdrew it knows: {:?}", harness.chat.told());
    }
}

#[tokio::test]
async fn a_process_that_ends_in_order_gives_up_and_the_next_one_tells_at_once() {
    let mut harness = Harness::planned(plan()).await;
    greylisted_for_ever(&harness);
    let delayed = delayed(&harness).await;
    harness.bot().wait_no_longer();
    harness.finish_notices().await;
    assert_eq!(harness.events("withheld")[0]["link_id"], delayed.link_id.to_string());
    harness.kill_and_restart().await;
    harness.housekeeping().await;
    harness.housekeeping().await;
    assert_eq!(harness.events("link_revoked")[0]["link_id"], delayed.link_id.to_string());
    assert!(matches!(&harness.chat.told()[..], [(_, News::AskAgain { .. })]), "{:?}", harness.chat.told());
}

#[tokio::test]
async fn what_a_process_left_is_withdrawn_and_the_admin_hears_that_they_must_ask_again() {
    let mut harness = Harness::planned(plan()).await;
    greylisted_for_ever(&harness);
    let delayed = delayed(&harness).await;
    harness.kill_and_restart().await;
    harness.housekeeping().await;
    assert_eq!(harness.events("withheld").len(), 0, "another process may be trying");
    harness.clock.move_by(WITHIN + bot::audit::ABANDONED);
    harness.housekeeping().await;
    harness.housekeeping().await;
    assert_eq!(harness.events("link_revoked")[0]["link_id"], delayed.link_id.to_string());
    assert!(matches!(&harness.chat.told()[..], [(_, News::AskAgain { .. })]), "{:?}", harness.chat.told());
}

#[tokio::test]
async fn without_the_setting_and_behind_the_mail_itself_nothing_is_tried_again() {
    let harness = Harness::planned(Plan { mail_retry: None, ..plan() }).await;
    harness.mailer.fails_next(greylisted());
    assert!(matches!(harness.issue("ada").await, Issued::HandedOver(_)));

    let harness = Harness::planned(plan()).await;
    let behind_data =
        MailFailure::Refused { step: Step::Message, code: 451, answer: "4.3.0 later".to_owned() };
    harness.mailer.fails_next(behind_data);
    assert!(matches!(harness.issue("ada").await, Issued::HandedOver(_)));
}
