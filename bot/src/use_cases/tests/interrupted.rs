use config::HandOver;
use jiff::SignedDuration;

use super::stage::{Plan, Stage, alice, bob, policy};
use crate::audit::{ABANDONED, Closing, Event, RequestState};
use crate::outcome::{Issued, News, Reply};
use crate::policy::Policy;
use crate::request::Action;

fn four_eyes() -> Stage {
    let policy = Policy { hand_over: HandOver::Approve, ..policy() };
    Stage::new(Plan { policy, has_mail: false, ..Plan::default() })
}

#[tokio::test]
async fn a_request_that_a_process_approved_and_did_not_mint_for_is_closed_by_the_next_one() {
    let mut stage = four_eyes();
    let request = stage.ask(&alice(), "ada").await;
    let contact = keys::ContactId::new("ada").unwrap();
    let approved = Event::Approved { request, contact, admin: alice().admin, by: bob().admin, tell: true };
    stage.audit.write(stage.now(), approved).await.unwrap();
    stage.restart();
    stage.pass(ABANDONED - SignedDuration::from_millis(1));
    stage.bot.run_housekeeping().await;
    assert!(!stage.names().contains(&"approval_closed".to_owned()), "another process may be at it still");
    stage.pass(SignedDuration::from_millis(1));
    stage.bot.run_housekeeping().await;
    assert_eq!(stage.event("approval_closed")["why"], "interrupted");
    assert!(!stage.names().contains(&"issued".to_owned()), "nothing is minted for it");
    let told: Vec<_> = stage.told().into_iter().map(|(_, news)| news).collect();
    assert!(matches!(&told[..], [News::AskAgain { .. }]), "{told:?}");
    let Reply::RequestOver(state) = stage.approve(&bob(), request).await else { panic!() };
    assert!(matches!(state, RequestState::Closed(Closing::Interrupted, _)));
}

#[tokio::test]
async fn a_link_that_perhaps_nobody_has_seen_is_withdrawn_by_the_next_process() {
    let mut stage = Stage::new(Plan { has_mail: false, ..Plan::default() });
    let Issued::HandedOver(link) = stage.issue(&alice(), "ada").await else { panic!() };
    // The process that shows it goes on showing it.
    stage.pass(ABANDONED);
    stage.bot.run_housekeeping().await;
    assert!(stage.redeem_half.links().is_empty());
    stage.restart();
    stage.bot.run_housekeeping().await;
    stage.bot.run_housekeeping().await;
    assert_eq!(stage.event("shown")["way"], "nowhere");
    assert_eq!(stage.redeem_half.links(), [link.link.link_id()]);
    let told: Vec<_> = stage.told().into_iter().map(|(_, news)| news).collect();
    assert!(matches!(&told[..], [News::NotShown { .. }]), "{told:?}");
}

#[tokio::test]
async fn a_request_is_answered_by_the_process_behind_the_one_that_asked() {
    let mut stage = four_eyes();
    let request = stage.ask(&alice(), "ada").await;
    stage.restart();
    assert!(matches!(stage.approve(&bob(), request).await, Reply::Approved { .. }));
    stage.restart();
    assert!(matches!(stage.approve(&bob(), request).await, Reply::RequestOver(RequestState::Approved(_))));
    let asked = crate::request::RequestId::from_random([9; 16]);
    assert!(matches!(stage.bot.act(&bob(), Action::Approve(asked)).await, Reply::NoSuchRequest));
}
