use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use config::{ForProtected, HandOver};
use contacts::Obstacle;
use jiff::SignedDuration;
use keys::UntrustedToken;
use tokio::sync::Semaphore;

use super::stage::{LIFETIME, PUBLIC_URL, Plan, Stage, alice, mallory, policy};
use crate::desk::MailRetry;
use crate::mail::{Cause, MailFailure, Step};
use crate::outcome::{HandedOver, Issued, Mailed, News, Refused, Reply};
use crate::policy::HandOverReason;
use crate::ports::Comparison;
use crate::request::Action;

fn mailed(issued: Issued) -> Mailed {
    match issued {
        Issued::Mailed(mailed) => mailed,
        other => panic!("{other:?}"),
    }
}

fn handed_over(issued: Issued) -> HandedOver {
    match issued {
        Issued::HandedOver(link) => *link,
        other => panic!("{other:?}"),
    }
}

fn refused(issued: Issued) -> Refused {
    match issued {
        Issued::Refused(refused) => refused,
        other => panic!("{other:?}"),
    }
}

fn words(reasons: &[HandOverReason]) -> Vec<&'static str> {
    reasons.iter().map(HandOverReason::as_str).collect()
}

fn refusal(step: Step, code: u16) -> MailFailure {
    MailFailure::Refused { step, code, answer: "no".to_owned() }
}

fn lost_answer() -> MailFailure {
    MailFailure::OutcomeUnknown { cause: Cause::Closed }
}

#[tokio::test]
async fn who_is_not_allowed_learns_nothing_of_the_directory() {
    let stage = Stage::new(Plan::default());
    for typed in ["ada", "nobody"] {
        assert!(matches!(refused(stage.issue(&mallory(), typed).await), Refused::NotAllowed));
    }
    assert_eq!(stage.directory.asked.load(Ordering::SeqCst), 0);
    assert!(stage.mails.sent.lock().unwrap().is_empty());
    assert_eq!(stage.names(), ["denied", "denied"]);
    assert_eq!(stage.events()[0]["why"], "not_allowed");
}

#[tokio::test]
async fn who_cannot_be_found_gets_no_link() {
    let stage = Stage::new(Plan::default());
    assert!(matches!(refused(stage.issue(&alice(), "nobody").await), Refused::NoSuchContact { .. }));
    stage.directory.is_away.store(true, Ordering::SeqCst);
    assert!(matches!(refused(stage.issue(&alice(), "ada").await), Refused::DirectoryUnavailable));
    stage.directory.is_away.store(false, Ordering::SeqCst);
    // "Try again" would be untrue.
    stage.directory.is_unusable.store(true, Ordering::SeqCst);
    assert!(matches!(refused(stage.issue(&alice(), "ada").await), Refused::DirectoryUnusable));
    assert_eq!(stage.names(), ["denied"]);
}

#[tokio::test]
async fn the_audit_knows_of_a_link_before_its_mail_leaves() {
    let stage = Stage::new(Plan::default());
    let mailed = mailed(stage.issue(&alice(), "ada").await);
    assert_eq!((mailed.to.as_str(), mailed.accepted_by.as_str()), ("a…@example.org", "mail.example.org"));
    {
        let sent = stage.mails.sent.lock().unwrap();
        assert_eq!(sent.len(), 1);
        assert_eq!(sent[0].audit, ["issued"]);
        assert_eq!(sent[0].to.expose(), "ada@example.org");
    }
    assert_eq!(stage.names(), ["issued", "mailed"]);
    assert_eq!(stage.event("issued")["link_id"], mailed.link_id.to_string());
}

#[tokio::test]
async fn a_link_says_for_whom_it_is_and_until_when() {
    let stage = Stage::new(Plan { has_mail: false, ..Plan::default() });
    // As the directory has the id, not as it was typed.
    let link = handed_over(stage.issue(&alice(), "ADA").await);
    let token = UntrustedToken::from_link(link.link.expose(), PUBLIC_URL);
    let verified = token.verify(Stage::keyring().trusted(), PUBLIC_URL, stage.now()).unwrap();
    assert_eq!(verified.contact().as_str(), "ada");
    assert_eq!((verified.issued_at(), verified.expires_at()), (stage.now(), stage.now() + LIFETIME));
    assert_eq!(verified.link_id(), link.link.link_id());
    assert_eq!(stage.event("issued")["contact"], "ada");
}

#[tokio::test]
async fn where_the_audit_cannot_be_written_nothing_is_issued() {
    let stage = Stage::new(Plan::default());
    let held = stage.hold_audit();
    assert!(matches!(refused(stage.issue(&alice(), "ada").await), Refused::AuditUnavailable));
    drop(held);
    assert!(stage.mails.sent.lock().unwrap().is_empty());
    assert_eq!(stage.names(), [""; 0]);
}

#[tokio::test]
async fn nobody_gets_a_link_whose_password_cannot_be_set() {
    let stage = Stage::new(Plan::default());
    stage.directory.change("ada", |ada| ada.obstacle = Some(Obstacle::OtherHash));
    let refused = refused(stage.issue(&alice(), "ada").await);
    assert!(matches!(refused, Refused::CannotBeReset { obstacle: Obstacle::OtherHash, .. }), "{refused:?}");
    assert!(stage.mails.sent.lock().unwrap().is_empty());
    assert_eq!(stage.names(), ["denied"]);
}

#[tokio::test]
async fn each_reason_why_it_cannot_be_mailed_hands_the_link_over() {
    let stage = Stage::new(Plan::default());
    let link = handed_over(stage.issue(&alice(), "none").await);
    assert_eq!(words(&link.reasons), ["no_primary_email"]);
    // Cora is inactive, and writes the address in capitals.
    let link = handed_over(stage.issue(&alice(), "chris").await);
    let [HandOverReason::EmailShared { others }] = &link.reasons[..] else { panic!("{:?}", link.reasons) };
    assert_eq!(others.iter().map(keys::ContactId::as_str).collect::<Vec<_>>(), ["cora"]);
    *stage.directory.undecided.lock().unwrap() = Some("it took too long".to_owned());
    let link = handed_over(stage.issue(&alice(), "ada").await);
    assert_eq!(words(&link.reasons), ["email_sharing_undecided"]);
    assert!(stage.mails.sent.lock().unwrap().is_empty(), "nobody could have been mailed");
    assert_eq!(stage.names(), ["issued", "handed_over", "issued", "handed_over", "issued", "handed_over"]);
    let stage = Stage::new(Plan { has_mail: false, ..Plan::default() });
    let link = handed_over(stage.issue(&alice(), "none").await);
    assert_eq!(words(&link.reasons), ["mail_server_not_configured", "no_primary_email"]);
}

#[tokio::test]
async fn a_mail_that_was_not_taken_becomes_a_link_in_hand_and_the_contact_hears_of_it() {
    for (failure, reason) in [
        (refusal(Step::Recipient, 550), "mail_failed"),
        (MailFailure::Unreachable { step: Step::Connect, cause: Cause::ConnectionRefused }, "mail_failed"),
        (lost_answer(), "mail_outcome_unknown"),
    ] {
        let stage = Stage::new(Plan::default());
        stage.mails.answers.lock().unwrap().push_back(failure);
        let link = handed_over(stage.issue(&alice(), "ada").await);
        assert_eq!(words(&link.reasons), [reason]);
        stage.bot.drain().await;
        assert_eq!(stage.names(), ["issued", "handed_over", "hand_over_noticed"]);
        assert_eq!(stage.event("issued")["link_id"], link.link.link_id().to_string(), "the same link");
        let sent = stage.mails.sent.lock().unwrap();
        assert_eq!(sent.len(), 1);
        assert!(!sent[0].text.contains(link.link.expose()), "the notice holds no link");
    }
}

#[tokio::test]
async fn a_link_whose_hand_over_cannot_be_written_down_is_handed_to_nobody() {
    let stage = Stage::new(Plan::default());
    stage.mails.answers.lock().unwrap().push_back(refusal(Step::Recipient, 550));
    stage.mails.locks_audit.store(true, Ordering::SeqCst);
    stage.audit.set_patience(Duration::ZERO);
    assert!(matches!(refused(stage.issue(&alice(), "ada").await), Refused::AuditUnavailable));
    stage.release_audit();
    assert_eq!(stage.names(), ["issued"]);
}

#[tokio::test]
async fn where_none_is_handed_over_a_link_that_could_not_be_mailed_is_withdrawn() {
    let policy = crate::policy::Policy { hand_over: HandOver::Refuse, ..policy() };
    let stage = Stage::new(Plan { policy, ..Plan::default() });
    stage.mails.answers.lock().unwrap().push_back(lost_answer());
    let Refused::HandOverOff { not_withdrawn: None, .. } = refused(stage.issue(&alice(), "ada").await) else {
        panic!()
    };
    assert_eq!(stage.names(), ["issued", "withheld", "link_revoking", "link_revoked"]);
    assert_eq!(stage.redeem_half.links().len(), 1);
    // Nothing is minted where it is known beforehand.
    let refusal = refused(stage.issue(&alice(), "none").await);
    assert!(matches!(refusal, Refused::HandOverOff { not_withdrawn: None, .. }));
    assert_eq!(stage.names()[4..], ["withheld"]);
}

#[tokio::test]
async fn a_link_that_could_not_be_withdrawn_is_withdrawn_as_soon_as_it_can_be() {
    let policy = crate::policy::Policy { hand_over: HandOver::Refuse, ..policy() };
    let stage = Stage::new(Plan { policy, ..Plan::default() });
    stage.redeem_half.is_away.store(true, Ordering::SeqCst);
    stage.mails.answers.lock().unwrap().push_back(lost_answer());
    let Refused::HandOverOff { not_withdrawn, .. } = refused(stage.issue(&alice(), "ada").await) else {
        panic!()
    };
    assert_eq!(not_withdrawn, Some(stage.now() + LIFETIME), "it may arrive, and is good until then");
    stage.bot.run_housekeeping().await;
    assert!(stage.redeem_half.links().is_empty());
    stage.redeem_half.is_away.store(false, Ordering::SeqCst);
    stage.bot.run_housekeeping().await;
    stage.bot.run_housekeeping().await;
    assert_eq!(stage.redeem_half.links().len(), 1);
}

#[tokio::test]
async fn a_protected_contact_gets_no_link_where_the_operator_wants_none() {
    let policy = crate::policy::Policy { for_protected: ForProtected::Refuse, ..policy() };
    let stage = Stage::new(Plan { policy, ..Plan::default() });
    assert!(matches!(refused(stage.issue(&alice(), "CEO").await), Refused::Protected { .. }));
    assert_eq!(stage.names(), ["denied"]);
    assert_eq!(stage.event("denied")["why"], "protected");
}

#[tokio::test]
async fn while_the_halves_hold_different_secrets_no_link_is_issued() {
    let stage = Stage::new(Plan::default());
    stage.give_redeem_half_a_secret(2);
    assert_eq!(stage.bot.compare_binding_secrets().await.unwrap(), Comparison::Different);
    assert!(matches!(refused(stage.issue(&alice(), "ada").await), Refused::BindingSecretsDiffer));
    assert_eq!(stage.names(), [""; 0]);
    stage.give_redeem_half_a_secret(1);
    assert_eq!(stage.bot.compare_binding_secrets().await.unwrap(), Comparison::Same);
    mailed(stage.issue(&alice(), "ada").await);
}

#[tokio::test]
async fn no_link_is_issued_from_before_a_revocation() {
    let stage = Stage::new(Plan { has_mail: false, ..Plan::default() });
    let revoke = crate::command::Command::ResetRevoke { contact: "ada".to_owned() };
    assert!(matches!(stage.bot.obey(&alice(), &revoke).await, Reply::Revoked { .. }));
    let revoked_at = stage.now();
    // A clock that is a little behind: the link is from behind the revocation all the same.
    stage.pass(SignedDuration::from_secs(-30));
    let link = handed_over(stage.issue(&alice(), "ada").await);
    assert!(link.issued_at > revoked_at);
    stage.pass(SignedDuration::from_secs(-120));
    assert!(matches!(refused(stage.issue(&alice(), "ada").await), Refused::ClockBehind));
}

#[tokio::test]
async fn a_link_for_which_nobody_waits_any_more_is_withdrawn() {
    let stage = Stage::new(Plan { has_mail: false, ..Plan::default() });
    let gate = Arc::new(Semaphore::new(0));
    *stage.directory.gate.lock().unwrap() = Some(Arc::clone(&gate));
    let bot = stage.bot.clone();
    let waiting = tokio::spawn(async move { bot.issue(&alice(), "ada").await });
    while stage.directory.asked.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    waiting.abort();
    assert!(waiting.await.unwrap_err().is_cancelled());
    gate.add_permits(100);
    stage.bot.drain().await;
    assert_eq!(stage.names(), ["issued", "handed_over", "shown", "link_revoking", "link_revoked"]);
    assert_eq!(stage.event("shown")["way"], "nowhere");
    assert_eq!(stage.redeem_half.links().len(), 1);
}

#[tokio::test]
async fn a_mail_that_the_server_does_not_take_yet_is_tried_again_and_its_admin_hears_of_it() {
    let retry = MailRetry { within: SignedDuration::from_mins(5), every: Duration::ZERO };
    let stage = Stage::new(Plan { retry: Some(retry), ..Plan::default() });
    stage.mails.answers.lock().unwrap().extend([refusal(Step::Recipient, 451), refusal(Step::Sender, 450)]);
    let Issued::Delayed(delayed) = stage.issue(&alice(), "ada").await else { panic!() };
    stage.bot.drain().await;
    assert_eq!(stage.names(), ["issued", "mail_delayed", "mailed", "told"]);
    assert_eq!(stage.told(), [("1".to_owned(), News::MailAccepted { contact: delayed.contact })]);
    // Behind DATA a server may have taken it: never again, or somebody is mailed twice.
    let stage = Stage::new(Plan { retry: Some(retry), ..Plan::default() });
    stage.mails.answers.lock().unwrap().push_back(refusal(Step::Message, 451));
    handed_over(stage.issue(&alice(), "ada").await);
}

#[tokio::test]
async fn a_mailed_link_stays_good_where_another_would_lead_nowhere() {
    let stage = Stage::new(Plan::default());
    let link_id = mailed(stage.issue(&alice(), "ada").await).link_id;
    stage.directory.change("ada", |ada| ada.obstacle = Some(Obstacle::OtherHash));
    let reply = stage.bot.act(&alice(), Action::HandOverInstead(link_id)).await;
    assert!(matches!(reply, Reply::Refused(Refused::CannotBeReset { .. })), "{reply:?}");
    assert!(stage.redeem_half.links().is_empty(), "nothing was withdrawn");
}

#[tokio::test]
async fn a_mailed_link_is_withdrawn_before_another_is_handed_over_in_its_place() {
    let stage = Stage::new(Plan::default());
    let link_id = mailed(stage.issue(&alice(), "ada").await).link_id;
    let instead = Action::HandOverInstead(link_id);
    assert!(matches!(stage.bot.act(&super::stage::bob(), instead).await, Reply::NotTheirLink));
    stage.redeem_half.is_away.store(true, Ordering::SeqCst);
    assert!(matches!(stage.bot.act(&alice(), instead).await, Reply::RevocationUnavailable));
    stage.redeem_half.is_away.store(false, Ordering::SeqCst);
    let Reply::Issue(issued) = stage.bot.act(&alice(), instead).await else { panic!() };
    assert_eq!(words(&handed_over(issued).reasons), ["asked_instead"]);
    assert_eq!(stage.redeem_half.links(), [link_id]);
    let names = stage.names();
    let at = |name: &str| names.iter().rposition(|other| other == name).unwrap();
    assert!(at("link_revoked") < at("issued") && at("issued") < at("handed_over"), "{names:?}");
    assert!(matches!(stage.bot.act(&alice(), instead).await, Reply::LinkOver(_)));
}
