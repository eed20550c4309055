use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use config::HandOver;
use jiff::SignedDuration;
use keys::PasswordVersion;
use tokio::sync::Semaphore;

use super::stage::{
    Brought, Plan, Stage, alice, alice_at_the_console, alice_in_a_shell, bob, mallory, policy,
};
use crate::audit::{Closing, RequestState};
use crate::mail::{MailFailure, Step};
use crate::outcome::{ApprovedOutcome, Issued, News, Refused, Reply};
use crate::policy::Policy;

/// Links in hand need a second person, and there is no mail server.
fn four_eyes() -> Stage {
    let policy = Policy { hand_over: HandOver::Approve, ..policy() };
    Stage::new(Plan { policy, has_mail: false, ..Plan::default() })
}

fn outcome(reply: Reply) -> ApprovedOutcome {
    match reply {
        Reply::Approved { outcome, .. } => outcome,
        other => panic!("{other:?}"),
    }
}

fn over(reply: Reply) -> RequestState {
    match reply {
        Reply::RequestOver(state) => state,
        other => panic!("{other:?}"),
    }
}

fn count(stage: &Stage, name: &str) -> usize {
    stage.names().iter().filter(|other| *other == name).count()
}

#[tokio::test]
async fn a_second_person_agrees_and_whoever_asked_gets_the_link() {
    let stage = four_eyes();
    let request = stage.ask(&alice(), "ada").await;
    assert_eq!(stage.names(), ["approval_requested", "approval_posted"], "nothing is minted before");
    stage.pass(SignedDuration::from_mins(10));
    assert_eq!(outcome(stage.approve(&bob(), request).await), ApprovedOutcome::HandedOver);
    assert_eq!(
        stage.names()[2..],
        ["approved", "issued", "handed_over", "shown"],
        "the press is written down before the link is minted"
    );
    let brought = stage.brought();
    assert!(
        matches!(&brought[..], [Brought { user, kind: "handed over", .. }] if user == "1"),
        "{brought:?}"
    );
    let issued = stage.event("issued");
    assert_eq!(issued["admin"]["user"], "1", "it is the link of who asked");
    assert_eq!(issued["request"], request.to_string());
    assert_eq!(issued["issued_at"], "2026-03-02T09:10:00.000Z", "its time begins when it is approved");
    let state = RequestState::Approved(bob().admin);
    assert_eq!(*stage.chat.closed.lock().unwrap(), [("question 1".to_owned(), state)]);
}

#[tokio::test]
async fn nobody_agrees_to_a_request_of_their_own_from_any_account() {
    let stage = four_eyes();
    let request = stage.ask(&alice_at_the_console(), "ada").await;
    assert!(matches!(stage.approve(&alice(), request).await, Reply::OwnRequest));
    assert_eq!(stage.event("denied")["why"], "own_request");
    assert!(matches!(stage.approve(&mallory(), request).await, Reply::Refused(Refused::NotAllowed)));
    assert_eq!(count(&stage, "approved"), 0);
    let other = stage.ask(&alice(), "none").await;
    assert_eq!(outcome(stage.approve(&bob(), other).await), ApprovedOutcome::HandedOver, "others may");
}

#[tokio::test]
async fn a_request_is_answered_once() {
    let stage = four_eyes();
    let request = stage.ask(&alice(), "ada").await;
    let (carol, bob) = (super::stage::caller("3"), bob());
    let (one, other) = tokio::join!(stage.approve(&bob, request), stage.approve(&carol, request));
    let is_done = |reply: &Reply| matches!(reply, Reply::Approved { .. });
    assert!(is_done(&one) != is_done(&other), "{one:?} {other:?}");
    assert!(matches!(over(stage.decline(&carol, request).await), RequestState::Approved(_)));
    assert_eq!((count(&stage, "approved"), count(&stage, "issued"), stage.brought().len()), (1, 1, 1));
}

#[tokio::test]
async fn whoever_asked_must_still_be_allowed_to() {
    let stage = four_eyes();
    let request = stage.ask(&alice(), "ada").await;
    stage.chat.says_of_people.store(2, Ordering::SeqCst);
    assert!(matches!(stage.approve(&bob(), request).await, Reply::TryAgain), "silence is not a no");
    assert_eq!(count(&stage, "approval_closed"), 0);
    stage.chat.says_of_people.store(1, Ordering::SeqCst);
    let state = over(stage.approve(&bob(), request).await);
    assert_eq!(state, RequestState::Closed(Closing::RequesterMayNoLonger, None));
    stage.chat.says_of_people.store(0, Ordering::SeqCst);
    let state = over(stage.approve(&bob(), request).await);
    assert!(matches!(state, RequestState::Closed(Closing::RequesterMayNoLonger, _)));
    assert_eq!(count(&stage, "issued"), 0);
}

#[tokio::test]
async fn a_contact_who_has_changed_since_gets_no_link_and_is_asked_about_anew() {
    let email = |stage: &Stage| {
        stage.directory.change("ada", |ada| ada.primary_email = Some("ada@elsewhere.example".to_owned()));
    };
    let password = |stage: &Stage| {
        stage.directory.change("ada", |ada| ada.password_version = PasswordVersion::new("2"));
    };
    for change in [&email as &dyn Fn(&Stage), &password] {
        let stage = four_eyes();
        let request = stage.ask(&alice(), "ada").await;
        change(&stage);
        let reply = stage.approve(&bob(), request).await;
        assert!(matches!(reply, Reply::ContactChanged { is_asked_again: true, .. }), "{reply:?}");
        assert_eq!(count(&stage, "issued"), 0);
        assert_eq!(stage.event("approval_closed")["why"], "contact_changed");
        assert!(matches!(over(stage.approve(&bob(), request).await), RequestState::Closed(..)));
        let [_, again] = stage.asked()[..] else { panic!() };
        assert_eq!(outcome(stage.approve(&bob(), again).await), ApprovedOutcome::HandedOver);
        stage.bot.drain().await;
        assert!(stage.told().iter().all(|(user, _)| user == "1"));
    }
}

#[tokio::test]
async fn who_finds_a_contact_changed_when_the_request_is_over_already_asks_nobody_anew() {
    let stage = four_eyes();
    let request = stage.ask(&alice(), "ada").await;
    stage.directory.change("ada", |ada| ada.password_version = PasswordVersion::new("2"));
    let (gate, asked) = (Arc::new(Semaphore::new(0)), stage.directory.asked.load(Ordering::SeqCst));
    *stage.directory.gate.lock().unwrap() = Some(Arc::clone(&gate));
    let carol = super::stage::caller("3");
    let decline = async {
        while stage.directory.asked.load(Ordering::SeqCst) == asked {
            tokio::task::yield_now().await;
        }
        let declined = stage.decline(&carol, request).await;
        gate.add_permits(100);
        declined
    };
    let bob = bob();
    let both = async { tokio::join!(stage.approve(&bob, request), decline) };
    let (approved, declined) = tokio::time::timeout(Duration::from_secs(60), both).await.unwrap();
    assert!(matches!(declined, Reply::Declined { .. }), "{declined:?}");
    assert_eq!(over(approved), RequestState::Closed(Closing::Declined, Some(carol.admin)));
    assert_eq!(stage.asked().len(), 1);
    assert_eq!(count(&stage, "approval_closed"), 1);
}

#[tokio::test]
async fn a_directory_that_does_not_answer_leaves_the_request_open() {
    let stage = four_eyes();
    let request = stage.ask(&alice(), "ada").await;
    stage.directory.is_away.store(true, Ordering::SeqCst);
    let reply = stage.approve(&bob(), request).await;
    assert!(matches!(reply, Reply::Refused(Refused::DirectoryUnavailable)), "{reply:?}");
    stage.directory.is_away.store(false, Ordering::SeqCst);
    assert_eq!(outcome(stage.approve(&bob(), request).await), ApprovedOutcome::HandedOver);
}

#[tokio::test]
async fn who_has_agreed_to_a_mail_has_not_agreed_to_a_link_in_hand() {
    let policy = Policy { hand_over: HandOver::Approve, ..policy() };
    let stage = Stage::new(Plan { policy, ..Plan::default() });
    let request = stage.ask(&alice(), "ceo").await;
    let to = stage.chat.asked.lock().unwrap()[0].to.clone();
    assert_eq!(to.as_deref(), Some("c…@example.org"), "the question says where it would go");
    let failure = MailFailure::Refused { step: Step::Recipient, code: 550, answer: "no".to_owned() };
    stage.mails.answers.lock().unwrap().extend([failure.clone(), failure]);
    assert_eq!(outcome(stage.approve(&bob(), request).await), ApprovedOutcome::AskedAgain);
    assert_eq!(count(&stage, "handed_over"), 0);
    assert_eq!(stage.redeem_half.links().len(), 1, "the link of the mail that failed is withdrawn");
    let [_, again] = stage.asked()[..] else { panic!() };
    assert_eq!(outcome(stage.approve(&bob(), again).await), ApprovedOutcome::HandedOver);
}

#[tokio::test]
async fn an_approved_link_for_a_protected_contact_is_mailed_and_whoever_asked_hears() {
    let stage = Stage::new(Plan::default());
    let request = stage.ask(&alice(), "ceo").await;
    assert!(stage.mails.sent.lock().unwrap().is_empty());
    assert_eq!(outcome(stage.approve(&bob(), request).await), ApprovedOutcome::Mailed);
    assert_eq!(stage.brought()[0].kind, "mailed");
    assert_eq!(stage.names()[2..], ["approved", "issued", "mailed", "told"]);
}

#[tokio::test]
async fn whoever_could_not_hear_that_their_link_was_mailed_hears_it_once_they_can() {
    let stage = Stage::new(Plan::default());
    let request = stage.ask(&alice(), "ceo").await;
    stage.chat.is_away.store(true, Ordering::SeqCst);
    let came_of_it = outcome(stage.approve(&bob(), request).await);
    assert!(stage.told().is_empty() && stage.brought().is_empty(), "{came_of_it:?}");
    assert_eq!(count(&stage, "mailed"), 1);
    stage.chat.is_away.store(false, Ordering::SeqCst);
    for _ in 0..3 {
        stage.pass(SignedDuration::from_mins(1));
        stage.bot.run_housekeeping().await;
    }
    assert_eq!(stage.told().len() + stage.brought().len(), 1, "{:?} {:?}", stage.told(), stage.brought());
}

#[tokio::test]
async fn a_link_that_reaches_nobody_is_withdrawn_and_its_admin_hears_as_soon_as_they_can() {
    let stage = four_eyes();
    let request = stage.ask(&alice(), "ada").await;
    stage.chat.is_away.store(true, Ordering::SeqCst);
    let came_of_it = outcome(stage.approve(&bob(), request).await);
    assert_eq!(came_of_it, ApprovedOutcome::Undelivered { is_withdrawn: true });
    assert_eq!(stage.event("shown")["way"], "nowhere");
    assert_eq!(stage.redeem_half.links().len(), 1);
    stage.bot.run_housekeeping().await;
    assert!(stage.told().is_empty());
    stage.chat.is_away.store(false, Ordering::SeqCst);
    for _ in 0..3 {
        stage.pass(SignedDuration::from_mins(1));
        stage.bot.run_housekeeping().await;
    }
    let news: Vec<_> = stage.told().into_iter().map(|(_, news)| news).collect();
    assert!(matches!(&news[..], [News::NotShown { .. }]), "once: {news:?}");
}

#[tokio::test]
async fn a_request_that_nobody_answers_lapses_and_whoever_asked_hears_once() {
    let stage = four_eyes();
    let request = stage.ask(&alice(), "ada").await;
    stage.pass(SignedDuration::from_mins(15) - SignedDuration::from_millis(1));
    stage.bot.run_housekeeping().await;
    assert_eq!(count(&stage, "approval_closed"), 0);
    stage.pass(SignedDuration::from_millis(1));
    let state = over(stage.approve(&bob(), request).await);
    assert!(matches!(state, RequestState::Closed(Closing::Lapsed, _)), "before anybody has written it down");
    stage.bot.run_housekeeping().await;
    stage.bot.run_housekeeping().await;
    assert_eq!(stage.event("approval_closed")["why"], "lapsed");
    assert!(matches!(&stage.told()[..], [(user, News::Lapsed { .. })] if user == "1"));
    assert_eq!(count(&stage, "issued"), 0);
}

#[tokio::test]
async fn a_request_is_declined_by_anybody_who_may_its_author_too() {
    let stage = four_eyes();
    let request = stage.ask(&alice(), "ada").await;
    assert!(matches!(stage.decline(&mallory(), request).await, Reply::Refused(Refused::NotAllowed)));
    assert!(matches!(stage.decline(&bob(), request).await, Reply::Declined { .. }));
    assert!(matches!(&stage.told()[..], [(_, News::Declined { by, .. })] if *by == bob().admin));
    assert!(matches!(over(stage.approve(&bob(), request).await), RequestState::Closed(Closing::Declined, _)));
    let own = stage.ask(&alice(), "none").await;
    assert!(matches!(stage.decline(&alice(), own).await, Reply::Declined { .. }));
    assert_eq!(stage.told().len(), 1, "who declines their own knows");
}

#[tokio::test]
async fn the_same_question_is_asked_once() {
    let stage = four_eyes();
    let caller = alice();
    let (one, other) = tokio::join!(stage.ask(&caller, "ada"), stage.ask(&caller, "ada"));
    assert_eq!((one, stage.asked().len()), (other, 1));
    assert_eq!(stage.ask(&alice_at_the_console(), "ada").await, one);
    assert_ne!(stage.ask(&bob(), "ada").await, one, "somebody else asks for themselves");
}

#[tokio::test]
async fn where_there_is_nobody_to_ask_there_is_no_link_and_no_limit_is_used_up() {
    let policy = Policy { hand_over: HandOver::Approve, per_admin: 1, ..policy() };
    let stage = Stage::new(Plan { policy, has_mail: false, ..Plan::default() });
    let shell = alice_in_a_shell();
    assert!(matches!(stage.issue(&shell, "ada").await, Issued::Refused(Refused::NeedsApproval)));
    stage.chat.has_no_channel.store(true, Ordering::SeqCst);
    assert!(matches!(stage.issue(&alice(), "ada").await, Issued::Refused(Refused::NobodyToAsk)));
    assert_eq!(stage.event("approval_closed")["why"], "not_posted");
    stage.chat.has_no_channel.store(false, Ordering::SeqCst);
    stage.ask(&alice(), "ada").await;
}

#[tokio::test]
async fn a_press_that_cannot_be_written_down_mints_nothing() {
    let stage = four_eyes();
    let request = stage.ask(&alice(), "ada").await;
    let held = stage.hold_audit();
    let reply = stage.approve(&bob(), request).await;
    assert!(matches!(reply, Reply::Refused(Refused::AuditUnavailable)), "{reply:?}");
    drop(held);
    assert_eq!(stage.names(), ["approval_requested", "approval_posted"]);
    assert_eq!(outcome(stage.approve(&bob(), request).await), ApprovedOutcome::HandedOver);
}
