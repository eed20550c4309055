//! A request is about the contact as they were when a second person was asked: another password or e-mail, and they are asked again.

use std::fs;

use bot::audit::{Closing, RequestState};
use bot::{Action, ApprovedOutcome, News, Reply, RequestId};
use config::{ForProtected, HandOver};
use contacts::ContactEntry;
use keys::ContactId;
use keys::chained_log::{ChainedLog, LinePlace, OnLine};
use reset_link_tests::harness::{House, PASSWORD, Plan};
use serde_json::json;

use super::{act, asks, bob, house, is_approved, plan};

fn by_mail() -> Plan {
    Plan {
        mail: true,
        hand_over: HandOver::Show,
        for_protected: ForProtected::Approve,
        protected: vec!["ada".to_owned()],
        ..plan()
    }
}

fn ada() -> ContactEntry {
    ContactEntry::new(ContactId::new("ada").unwrap(), "Ada Lovelace")
}

fn has_changed(reply: &Reply) -> bool {
    matches!(reply, Reply::ContactChanged { is_asked_again: true, .. })
}

#[tokio::test]
async fn a_second_person_sees_the_masked_address_to_which_the_link_would_go() {
    let house = house(by_mail()).await;
    asks(&house, "ada").await;
    assert_eq!(house.chat.questions()[0].to.as_deref(), Some("a…@example.org"));
    assert_eq!(house.events("approval_requested")[0]["to"], "a…@example.org");
    let binding = house.events("approval_requested")[0]["binding"].as_str().unwrap().to_owned();
    assert!(!binding.is_empty() && !binding.contains('@'));
}

#[tokio::test]
async fn an_address_that_was_changed_meanwhile_gets_no_link_until_somebody_has_seen_it() {
    let house = house(by_mail()).await;
    let request = asks(&house, "ada").await;
    house.put(vec![ada().with_email("mallory@evil.example")]).await;
    let reply = act(&house, bob(), Action::Approve(request)).await;
    assert!(has_changed(&reply), "{reply:?}");
    assert!(house.post.attempts().is_empty() && house.events("issued").is_empty());
    assert!(house.events("approved").is_empty());
    assert_eq!(house.events("approval_closed")[0]["why"], "contact_changed");
    let [(_, state)] = &house.chat.closed()[..] else { panic!() };
    assert_eq!(*state, RequestState::Closed(Closing::ContactChanged, None));
    house.told().await;
    assert!(matches!(&house.chat.told()[..], [(_, News::AskedAgain { .. })]));

    let [_, again] = &house.chat.questions()[..] else { panic!("it is asked again") };
    assert_eq!(again.to.as_deref(), Some("m…@evil.example"));
    let reply = act(&house, bob(), Action::Approve(again.request)).await;
    assert!(is_approved(&reply, ApprovedOutcome::Mailed), "{reply:?}");
}

#[tokio::test]
async fn a_password_that_was_set_meanwhile_closes_the_request_and_asks_again() {
    let house = house(plan()).await;
    let first = asks(&house, "ada").await;
    act(&house, bob(), Action::Approve(first)).await;
    let link = house.chat.brought()[0].1.clone().unwrap();
    let second = asks(&house, "ada").await;
    assert_eq!(house.redeem(&link, PASSWORD).await.status, 200);
    let reply = act(&house, bob(), Action::Approve(second)).await;
    assert!(has_changed(&reply), "{reply:?}");
    assert_eq!(house.events("issued").len(), 1);
    let again = house.chat.questions().pop().unwrap().request;
    assert!(is_approved(&act(&house, bob(), Action::Approve(again)).await, ApprovedOutcome::HandedOver));
}

#[tokio::test]
async fn where_nobody_need_be_asked_about_what_is_true_now_whoever_asked_must_ask_again() {
    let house = house(Plan { mail: true, ..plan() }).await;
    // No address: a link in hand, which somebody must agree to.
    house.put(vec![ada()]).await;
    let request = asks(&house, "ada").await;
    house.put(vec![ada().with_email("new@example.org")]).await;
    let reply = act(&house, bob(), Action::Approve(request)).await;
    assert!(matches!(reply, Reply::ContactChanged { is_asked_again: false, .. }), "{reply:?}");
    assert!(house.post.attempts().is_empty(), "nobody has seen this address");
    house.told().await;
    assert!(matches!(&house.chat.told()[..], [(_, News::ContactChanged { .. })]));
}

#[tokio::test]
async fn who_asks_again_for_a_contact_who_has_changed_gets_another_request() {
    let house = house(by_mail()).await;
    let first = asks(&house, "ada").await;
    house.put(vec![ada().with_email("new@example.org")]).await;
    assert_ne!(asks(&house, "ada").await, first);
}

struct Nothing;

impl OnLine for Nothing {
    fn line(&mut self, _place: &LinePlace<'_>, _line: &str) {}
}

#[tokio::test]
async fn an_open_request_of_an_earlier_version_is_closed_and_asked_again() {
    let mut house = house(plan()).await;
    house.kill().await;
    let line = json!({
        "at": "2026-11-24T09:00:00.000Z",
        "event": "approval_requested",
        "request": "BwcHBwcHBwcHBwcHBwcHBw",
        "contact": "ada",
        "admin": { "platform": "console", "user": "alice" },
        "reasons": [{ "reason": "mail_server_not_configured" }],
        "protected": false,
        "lapses_at": "2026-11-24T09:15:00.000Z",
    });
    let mut log = ChainedLog::open(&house.audit_file()).unwrap();
    log.lock(&mut Nothing).unwrap().append(&line, house.clock.now()).unwrap();
    drop(log);
    assert!(fs::read_to_string(house.audit_file()).unwrap().contains("BwcHBw"));
    house.begin().await;
    let Some(Action::Approve(old)) = Action::parse("approve.BwcHBwcHBwcHBwcHBwcHBw") else { panic!() };
    let reply = act(&house, bob(), Action::Approve(old)).await;
    assert!(has_changed(&reply), "{reply:?}");
    assert!(house.events("issued").is_empty());
    let again: RequestId = house.chat.questions().pop().unwrap().request;
    assert!(is_approved(&act(&house, bob(), Action::Approve(again)).await, ApprovedOutcome::HandedOver));
}

#[tokio::test]
async fn where_the_directory_does_not_say_the_request_stays_open() {
    let house = house(plan()).await;
    let request = asks(&house, "ada").await;
    house.directory.is_silent(true);
    let reply = act(&house, bob(), Action::Approve(request)).await;
    assert!(matches!(reply, Reply::Refused(bot::Refused::DirectoryUnavailable)), "{reply:?}");
    house.directory.is_silent(false);
    assert!(is_approved(&act(&house, bob(), Action::Approve(request)).await, ApprovedOutcome::HandedOver));
}

#[tokio::test]
async fn what_was_approved_and_then_refused_has_an_event_and_is_not_interrupted_later() {
    let mut house = house(plan()).await;
    let request = asks(&house, "ada").await;
    let mut gone = ada();
    gone.active = false;
    house.put(vec![gone]).await;
    let reply = act(&house, bob(), Action::Approve(request)).await;
    assert!(is_approved(&reply, ApprovedOutcome::Refused), "{reply:?}");
    let [closed] = &house.events("approval_closed")[..] else { panic!() };
    assert_eq!((&closed["why"], &closed["refusal"]), (&json!("refused"), &json!("no_such_contact")));
    house.kill_and_restart().await;
    house.clock.move_by(bot::audit::ABANDONED);
    house.keep().await;
    assert_eq!(house.events("approval_closed").len(), 1);
    assert!(house.chat.told().is_empty(), "they have read why");
    let late = act(&house, bob(), Action::Approve(request)).await;
    assert!(matches!(late, Reply::RequestOver(RequestState::Closed(Closing::Refused, _))), "{late:?}");
}

#[tokio::test]
async fn approving_a_link_instead_of_one_withdraws_that_one_and_no_other() {
    let house = house(Plan { mail: true, hand_over_instead: true, ..plan() }).await;
    let mut mailed = Vec::new();
    for _ in 0..2 {
        let bot::Issued::Mailed(link) = house.issue("ada").await else { panic!() };
        let asked = act(&house, House::admin().into(), Action::HandOverInstead(link.link_id)).await;
        let Reply::Issue(bot::Issued::AwaitingApproval(waiting)) = asked else { panic!("{asked:?}") };
        let link = reset_link_tests::harness::link_in(house.post.mails().last().unwrap()).unwrap();
        mailed.push((link, waiting.request));
    }
    let [(first, _), (second, request)] = &mailed[..] else { panic!() };
    assert!(is_approved(&act(&house, bob(), Action::Approve(*request)).await, ApprovedOutcome::HandedOver));
    assert_eq!(house.open(second).await.status, 410);
    assert_eq!(house.open(first).await.status, 200, "nobody has agreed to that yet");
    house.deliver_receipts().await.unwrap();
}
