use config::HandOver;
use jiff::SignedDuration;

use super::stage::{Plan, Stage, alice, alice_at_the_console, bob, policy};
use crate::outcome::{Issued, Refused};
use crate::policy::{LimitReached, Policy};

fn limit(issued: Issued) -> LimitReached {
    match issued {
        Issued::Refused(Refused::Limit(limit, _)) => limit,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_persons_accounts_share_a_limit_that_ends() {
    let stage = Stage::new(Plan { policy: Policy { per_admin: 2, ..policy() }, ..Plan::default() });
    let first = stage.now();
    assert!(matches!(stage.issue(&alice(), "ada").await, Issued::Mailed(_)));
    stage.pass(SignedDuration::from_mins(10));
    assert!(matches!(stage.issue(&alice_at_the_console(), "none").await, Issued::HandedOver(_)));
    let again_at = first + SignedDuration::from_hours(1);
    assert_eq!(limit(stage.issue(&alice(), "chris").await), LimitReached::PerAdmin { limit: 2, again_at });
    assert_eq!(stage.event("denied")["why"], "limit_per_admin");
    assert!(matches!(stage.issue(&bob(), "chris").await, Issued::HandedOver(_)), "somebody else may");
    stage.pass(SignedDuration::from_mins(50) - SignedDuration::from_millis(1));
    limit(stage.issue(&alice(), "chris").await);
    stage.pass(SignedDuration::from_millis(1));
    assert!(matches!(stage.issue(&alice(), "chris").await, Issued::HandedOver(_)));
}

#[tokio::test]
async fn a_contact_has_a_limit_whoever_asks() {
    let stage = Stage::new(Plan { policy: Policy { per_contact: 1, ..policy() }, ..Plan::default() });
    let again_at = stage.now() + SignedDuration::from_mins(15);
    assert!(matches!(stage.issue(&alice(), "ada").await, Issued::Mailed(_)));
    assert_eq!(limit(stage.issue(&bob(), "ADA").await), LimitReached::PerContact { limit: 1, again_at });
    assert_eq!(stage.event("denied")["why"], "limit_per_contact");
    assert_eq!(stage.mails.sent.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_request_for_approval_counts_like_a_link_and_an_approved_one_once() {
    let policy = Policy { hand_over: HandOver::Approve, per_contact: 2, ..policy() };
    let stage = Stage::new(Plan { policy, has_mail: false, ..Plan::default() });
    let request = stage.ask(&alice(), "ada").await;
    stage.approve(&bob(), request).await;
    let second = stage.ask(&alice(), "ada").await;
    stage.decline(&bob(), second).await;
    // One link and one request that came to nothing.
    limit(stage.issue(&alice(), "ada").await);
}
