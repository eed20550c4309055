//! A request is about the contact as they were when a second person was asked: another password or e-mail, and they are asked again.

use std::fs;

use bot::audit::{Closing, RequestState};
use bot::{Action, ApprovedOutcome, News, Reply, RequestId};
use config::{ForProtected, HandOver};
use contacts::ContactEntry;
use keys::ContactId;
use keys::chained_log::{ChainedLog, LinePlace, OnLine};
use reset_link_tests::harness::{Harness, PASSWORD, Plan};
use serde_json::json;

use super::{act, asks, bob, harness, is_approved, plan};

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
    let harness = harness(by_mail()).await;
    asks(&harness, "ada").await;
    assert_eq!(harness.chat.questions()[0].to.as_deref(), Some("a…@example.org"));
    assert_eq!(harness.events("approval_requested")[0]["to"], "a…@example.org");
    let binding = harness.events("approval_requested")[0]["binding"].as_str().unwrap().to_owned();
    assert!(!binding.is_empty() && !binding.contains('@'));
}

#[tokio::test]
async fn an_address_that_was_changed_meanwhile_gets_no_link_until_somebody_has_seen_it() {
    let harness = harness(by_mail()).await;
    let request = asks(&harness, "ada").await;
    harness.put(vec![ada().with_email("mallory@evil.example")]).await;
    let reply = act(&harness, bob(), Action::Approve(request)).await;
    assert!(has_changed(&reply), "{reply:?}");
    assert!(harness.mailer.attempts().is_empty() && harness.events("issued").is_empty());
    assert!(harness.events("approved").is_empty());
    assert_eq!(harness.events("approval_closed")[0]["why"], "contact_changed");
    let [(_, state)] = &harness.chat.closed()[..] else { panic!() };
    assert_eq!(*state, RequestState::Closed(Closing::ContactChanged, None));
    harness.finish_notices().await;
    assert!(matches!(&harness.chat.told()[..], [(_, News::AskedAgain { .. })]));

    let [_, again] = &harness.chat.questions()[..] else { panic!("it is asked again") };
    assert_eq!(again.to.as_deref(), Some("m…@evil.example"));
    let reply = act(&harness, bob(), Action::Approve(again.request)).await;
    assert!(is_approved(&reply, ApprovedOutcome::Mailed), "{reply:?}");
}

#[tokio::test]
async fn a_password_that_was_set_meanwhile_closes_the_request_and_asks_again() {
    let harness = harness(plan()).await;
    let first = asks(&harness, "ada").await;
    act(&harness, bob(), Action::Approve(first)).await;
    let link = harness.chat.brought()[0].1.clone().unwrap();
    let second = asks(&harness, "ada").await;
    assert_eq!(harness.redeem(&link, PASSWORD).await.status, 200);
    let reply = act(&harness, bob(), Action::Approve(second)).await;
    assert!(has_changed(&reply), "{reply:?}");
    assert_eq!(harness.events("issued").len(), 1);
    let again = harness.chat.questions().pop().unwrap().request;
    assert!(is_approved(&act(&harness, bob(), Action::Approve(again)).await, ApprovedOutcome::HandedOver));
}

#[tokio::test]
async fn where_nobody_need_be_asked_about_what_is_true_now_whoever_asked_must_ask_again() {
    let harness = harness(Plan { mail: true, ..plan() }).await;
    // No address: a link in hand, which somebody must agree to.
    harness.put(vec![ada()]).await;
    let request = asks(&harness, "ada").await;
    harness.put(vec![ada().with_email("new@example.org")]).await;
    let reply = act(&harness, bob(), Action::Approve(request)).await;
    assert!(matches!(reply, Reply::ContactChanged { is_asked_again: false, .. }), "{reply:?}");
    assert!(harness.mailer.attempts().is_empty(), "nobody has seen this address");
    harness.finish_notices().await;
    assert!(matches!(&harness.chat.told()[..], [(_, News::ContactChanged { .. })]));
}

#[tokio::test]
async fn who_asks_again_for_a_contact_who_has_changed_gets_another_request() {
    let harness = harness(by_mail()).await;
    let first = asks(&harness, "ada").await;
    harness.put(vec![ada().with_email("new@example.org")]).await;
    assert_ne!(asks(&harness, "ada").await, first);
}

struct Nothing;

impl OnLine for Nothing {
    fn line(&mut self, _place: &LinePlace<'_>, _line: &str) {}
}

#[tokio::test]
async fn an_open_request_of_an_earlier_version_is_closed_and_asked_again() {
    let mut harness = harness(plan()).await;
    harness.kill().await;
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
    let mut log = ChainedLog::open(&harness.audit_file()).unwrap();
    log.lock(&mut Nothing).unwrap().append(&line, harness.clock.now()).unwrap();
    drop(log);
    assert!(fs::read_to_string(harness.audit_file()).unwrap().contains("BwcHBw"));
    harness.begin().await;
    let Some(Action::Approve(old)) = Action::parse("approve.BwcHBwcHBwcHBwcHBwcHBw") else { panic!() };
    let reply = act(&harness, bob(), Action::Approve(old)).await;
    assert!(has_changed(&reply), "{reply:?}");
    assert!(harness.events("issued").is_empty());
    let again: RequestId = harness.chat.questions().pop().unwrap().request;
    assert!(is_approved(&act(&harness, bob(), Action::Approve(again)).await, ApprovedOutcome::HandedOver));
}

#[tokio::test]
async fn where_the_directory_does_not_say_the_request_stays_open() {
    let harness = harness(plan()).await;
    let request = asks(&harness, "ada").await;
    harness.directory.is_silent(true);
    let reply = act(&harness, bob(), Action::Approve(request)).await;
    assert!(matches!(reply, Reply::Refused(bot::Refused::DirectoryUnavailable)), "{reply:?}");
    harness.directory.is_silent(false);
    assert!(is_approved(&act(&harness, bob(), Action::Approve(request)).await, ApprovedOutcome::HandedOver));
}

#[tokio::test]
async fn what_was_approved_and_then_refused_has_an_event_and_is_not_interrupted_later() {
    let mut harness = harness(plan()).await;
    let request = asks(&harness, "ada").await;
    let mut gone = ada();
    gone.active = false;
    harness.put(vec![gone]).await;
    let reply = act(&harness, bob(), Action::Approve(request)).await;
    assert!(is_approved(&reply, ApprovedOutcome::Refused), "{reply:?}");
    let [closed] = &harness.events("approval_closed")[..] else { panic!() };
    assert_eq!((&closed["why"], &closed["refusal"]), (&json!("refused"), &json!("no_such_contact")));
    harness.kill_and_restart().await;
    harness.clock.move_by(bot::audit::ABANDONED);
    harness.housekeeping().await;
    assert_eq!(harness.events("approval_closed").len(), 1);
    assert!(harness.chat.told().is_empty(), "they have read why");
    let late = act(&harness, bob(), Action::Approve(request)).await;
    assert!(matches!(late, Reply::RequestOver(RequestState::Closed(Closing::Refused, _))), "{late:?}");
}

#[tokio::test]
async fn approving_a_link_instead_of_one_withdraws_that_one_and_no_other() {
    let harness = harness(Plan { mail: true, hand_over_instead: true, ..plan() }).await;
    let mut mailed = Vec::new();
    for _ in 0..2 {
        let bot::Issued::Mailed(link) = harness.issue("ada").await else { panic!() };
        let asked = act(&harness, Harness::admin().into(), Action::HandOverInstead(link.link_id)).await;
        let Reply::Issue(bot::Issued::AwaitingApproval(waiting)) = asked else { panic!("{asked:?}") };
        let link = reset_link_tests::harness::link_in(harness.mailer.mails().last().unwrap()).unwrap();
        mailed.push((link, waiting.request));
    }
    let [(first, _), (second, request)] = &mailed[..] else { panic!() };
    assert!(is_approved(&act(&harness, bob(), Action::Approve(*request)).await, ApprovedOutcome::HandedOver));
    assert_eq!(harness.open(second).await.status, 410);
    assert_eq!(harness.open(first).await.status, 200, "nobody has agreed to that yet");
    harness.deliver_receipts().await.unwrap();
}
