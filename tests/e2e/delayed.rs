//! A mail that the server does not take yet: tried again behind the answer, with the admin told what waits and what came of it.

use bot::mail::{MailFailure, Step};
use bot::{Action, Caller, Delayed, Issued, News, Reply};
use jiff::SignedDuration;
use reset_link_tests::harness::{House, PASSWORD, Plan, link_in};
use reset_link_tests::wait;

const WITHIN: SignedDuration = SignedDuration::from_mins(5);

fn plan() -> Plan {
    Plan { mail: true, mail_retry: Some(WITHIN), ..Plan::default() }
}

fn greylisted() -> MailFailure {
    MailFailure::Refused { step: Step::Recipient, code: 451, answer: "4.7.1 greylisted".to_owned() }
}

/// Far more often than it is tried in any test.
fn greylisted_for_ever(house: &House) {
    (0..100_000).for_each(|_| house.post.fails_next(greylisted()));
}

async fn delayed(house: &House) -> Delayed {
    match house.issue("ada").await {
        Issued::Delayed(delayed) => delayed,
        other => panic!("not delayed: {other:?}"),
    }
}

async fn takes_in_hand(house: &House, delayed: &Delayed) -> Reply {
    let (bot, action) = (house.bot(), Action::HandOverInstead(delayed.link_id));
    house.on(async move { bot.act(&Caller::from(House::admin()), action).await }).await
}

#[tokio::test]
async fn a_mail_that_is_not_taken_yet_is_tried_again_and_goes_out_once() {
    let house = House::planned(plan()).await;
    house.post.fails_next(greylisted());
    house.post.fails_next(greylisted());
    let said = house.types("/reset-link contact:ada").await;
    assert!(said.text.contains("does not take the mail"), "{}", said.text);
    assert!(said.text.contains("4.7.1 greylisted") && said.text.contains("a…@example.org"), "{}", said.text);
    assert_eq!(said.link, None);
    house.event("told").await;
    assert!(
        matches!(&house.chat.told()[..], [(admin, News::MailAccepted { .. })] if *admin == House::admin())
    );
    assert_eq!((house.post.attempts().len(), house.post.mails().len()), (3, 1));
    assert_eq!((house.events("mail_delayed").len(), house.events("mailed").len()), (1, 1));
    assert_eq!(house.redeem(&link_in(&house.post.mails()[0]).unwrap(), PASSWORD).await.status, 200);
}

#[tokio::test]
async fn a_mail_that_is_refused_for_good_is_handed_over_at_once() {
    let house = House::planned(plan()).await;
    house.post.fails_next(greylisted());
    house.post.fails_next(MailFailure::Refused { step: Step::Recipient, code: 550, answer: "no".to_owned() });
    delayed(&house).await;
    house.event("shown").await;
    let brought = house.chat.brought();
    let [(admin, Some(link))] = &brought[..] else { panic!("{brought:?}") };
    assert_eq!(*admin, House::admin());
    assert_eq!(house.events("handed_over")[0]["reasons"][0]["reason"], "mail_failed");
    assert_eq!(house.redeem(link, PASSWORD).await.status, 200);
}

#[tokio::test]
async fn after_the_operators_time_the_link_is_handed_over() {
    let house = House::planned(plan()).await;
    greylisted_for_ever(&house);
    let delayed = delayed(&house).await;
    assert_eq!(delayed.until, house.clock.now() + WITHIN);
    house.clock.move_by(WITHIN);
    house.event("shown").await;
    assert!(matches!(&house.chat.brought()[..], [(_, Some(_))]));
    assert!(house.post.mails().iter().all(|mail| link_in(mail).is_none()), "no link is mailed any more");
}

#[tokio::test]
async fn it_is_never_tried_for_longer_than_the_link_is_good() {
    let house = House::planned(Plan { mail_retry: Some(SignedDuration::from_hours(1)), ..plan() }).await;
    greylisted_for_ever(&house);
    assert_eq!(delayed(&house).await.until, house.clock.now() + SignedDuration::from_mins(13));
    house.bot().wait_no_longer();
}

#[tokio::test]
async fn an_admin_takes_the_link_in_hand_at_any_time_and_nothing_is_mailed_any_more() {
    let house = House::planned(plan()).await;
    greylisted_for_ever(&house);
    let delayed = delayed(&house).await;
    let reply = takes_in_hand(&house, &delayed).await;
    let Reply::Issue(Issued::HandedOver(handed_over)) = reply else { panic!("{reply:?}") };
    assert_ne!(handed_over.link.link_id(), delayed.link_id);
    assert_eq!(house.events("link_revoked")[0]["link_id"], delayed.link_id.to_string());
    house.clock.move_by(WITHIN);
    assert_eq!(house.events("mailed").len(), 0);
    assert_eq!(house.events("handed_over").len(), 1);
    assert_eq!(house.redeem(handed_over.link.expose(), PASSWORD).await.status, 200);
}

/// Mails that were sent here so far, accepted or not.
async fn attempts(house: &House, count: usize) {
    wait::until("attempts", async || house.post.attempts().len() >= count).await;
}

#[tokio::test]
async fn a_link_that_was_withdrawn_during_an_attempt_is_handed_over_to_nobody() {
    for ending in [Some(550), None] {
        let house = House::planned(plan()).await;
        house.post.fails_next(greylisted());
        house.post.keeps_waiting(false);
        let bot = house.bot();
        delayed(&house).await;
        house.post.keeps_waiting(true);
        let begun = house.post.attempts().len().max(2);
        attempts(&house, begun).await;
        house.types("/reset-revoke contact:ada").await;
        if let Some(code) = ending {
            let answer = "no such user".to_owned();
            house.post.fails_next(MailFailure::Refused { step: Step::Recipient, code, answer });
        }
        house.post.keeps_waiting(false);
        bot.wait_no_longer();
        house.told().await;
        assert!(house.events("handed_over").is_empty() && house.chat.brought().is_empty());
        house.clock.move_by(WITHIN + bot::audit::ABANDONED);
        house.keep().await;
        house.keep().await;
        assert!(house.events("withheld").is_empty(), "it is over already");
        assert!(house.chat.told().is_empty(), "whoever withdrew it knows: {:?}", house.chat.told());
    }
}

#[tokio::test]
async fn a_process_that_ends_in_order_gives_up_and_the_next_one_tells_at_once() {
    let mut house = House::planned(plan()).await;
    greylisted_for_ever(&house);
    let delayed = delayed(&house).await;
    house.bot().wait_no_longer();
    house.told().await;
    assert_eq!(house.events("withheld")[0]["link_id"], delayed.link_id.to_string());
    house.kill_and_restart().await;
    house.keep().await;
    house.keep().await;
    assert_eq!(house.events("link_revoked")[0]["link_id"], delayed.link_id.to_string());
    assert!(matches!(&house.chat.told()[..], [(_, News::AskAgain { .. })]), "{:?}", house.chat.told());
}

#[tokio::test]
async fn what_a_process_left_is_withdrawn_and_the_admin_hears_that_they_must_ask_again() {
    let mut house = House::planned(plan()).await;
    greylisted_for_ever(&house);
    let delayed = delayed(&house).await;
    house.kill_and_restart().await;
    house.keep().await;
    assert_eq!(house.events("withheld").len(), 0, "another process may be trying");
    house.clock.move_by(WITHIN + bot::audit::ABANDONED);
    house.keep().await;
    house.keep().await;
    assert_eq!(house.events("link_revoked")[0]["link_id"], delayed.link_id.to_string());
    assert!(matches!(&house.chat.told()[..], [(_, News::AskAgain { .. })]), "{:?}", house.chat.told());
}

#[tokio::test]
async fn without_the_setting_and_behind_the_mail_itself_nothing_is_tried_again() {
    let house = House::planned(Plan { mail_retry: None, ..plan() }).await;
    house.post.fails_next(greylisted());
    assert!(matches!(house.issue("ada").await, Issued::HandedOver(_)));

    let house = House::planned(plan()).await;
    let behind_data =
        MailFailure::Refused { step: Step::Message, code: 451, answer: "4.3.0 later".to_owned() };
    house.post.fails_next(behind_data);
    assert!(matches!(house.issue("ada").await, Issued::HandedOver(_)));
}
