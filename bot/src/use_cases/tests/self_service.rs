use std::sync::atomic::Ordering;

use config::{ForProtected, Forgot};
use contacts::Obstacle;
use jiff::SignedDuration;
use keys::{ContactId, LinkId, Receipt, ReceiptOutcome, Wish, WishId};

use super::stage::{Plan, Stage, alice, bob, contact, mallory, policy};
use crate::audit::{HelpClosing, HelpState};
use crate::mail::{MailFailure, Step};
use crate::outcome::{HelpQuestion, Issued, Refused, Reply};
use crate::policy::Policy;
use crate::request::{Action, RequestId};

fn with(forgot: Forgot, change: impl FnOnce(&mut Policy)) -> Stage {
    let mut policy = Policy { forgot, ..policy() };
    change(&mut policy);
    Stage::new(Plan { policy, ..Plan::default() })
}

fn mailing() -> Stage {
    with(Forgot::Mail, |_| ())
}

fn wish(stage: &Stage, number: u8, typed: &str) -> Wish {
    Wish {
        id: WishId::from_random([number; 16]),
        typed: typed.to_owned(),
        client: [192, 0, 2, 1].into(),
        at: stage.now(),
        language: "en".to_owned(),
    }
}

impl Stage {
    async fn wishes(&self, number: u8, typed: &str) {
        self.bot.take_wish(wish(self, number, typed)).await.unwrap();
    }

    fn helped(&self) -> Vec<HelpQuestion> {
        self.chat.helped.lock().unwrap().clone()
    }

    fn mailed(&self) -> usize {
        self.mails.sent.lock().unwrap().len()
    }

    fn count(&self, name: &str) -> usize {
        self.names().iter().filter(|other| *other == name).count()
    }

    async fn asked_for(&self, number: u8, typed: &str) -> RequestId {
        self.wishes(number, typed).await;
        self.helped().last().unwrap().request
    }
}

#[tokio::test]
async fn whom_policy_lets_be_mailed_alone_is_mailed_by_id_and_by_email() {
    for typed in ["ada", "ADA", "ada@example.org", "Ada@Example.ORG"] {
        let stage = mailing();
        stage.wishes(1, typed).await;
        assert_eq!(stage.names(), ["asked", "issued", "mailed"], "{typed}");
        let asked = stage.event("asked");
        assert_eq!((&asked["contact"], &asked["client"]), (&"ada".into(), &"192.0.2.1".into()));
        let issued = stage.event("issued");
        assert_eq!(
            (&issued["admin"]["platform"], &issued["admin"]["user"]),
            (&"page".into(), &"anyone".into())
        );
        assert!(stage.helped().is_empty() && stage.told().is_empty(), "{typed}");
    }
}

#[tokio::test]
async fn the_mail_is_in_the_contacts_language_or_else_in_that_of_the_page() {
    let stage = mailing();
    let german = |number| Wish { language: "de".to_owned(), ..wish(&stage, number, "ada") };
    stage.bot.take_wish(german(1)).await.unwrap();
    stage.directory.change("ada", |ada| ada.language = Some("en".to_owned()));
    stage.bot.take_wish(german(2)).await.unwrap();
    let sent = stage.mails.sent.lock().unwrap();
    assert!(sent[0].text.starts_with("Guten Tag") && sent[1].text.starts_with("Hello"), "{}", sent[0].text);
}

#[tokio::test]
async fn whoever_is_nobody_leaves_no_trace() {
    let stage = mailing();
    for (number, typed) in (1..).zip(["nobody", "nobody@example.org", "hunter2", "*", "", "cora"]) {
        stage.wishes(number, typed).await;
    }
    assert!(stage.events().is_empty() && stage.helped().is_empty() && stage.mailed() == 0);
}

#[tokio::test]
async fn a_wish_is_taken_once_after_a_restart_too_and_an_old_one_not_at_all() {
    let mut stage = mailing();
    let ada = wish(&stage, 1, "ada");
    let (one, other) = tokio::join!(stage.bot.take_wish(ada.clone()), stage.bot.take_wish(ada.clone()));
    assert!(one.is_ok() && other.is_ok());
    stage.restart();
    stage.bot.take_wish(ada).await.unwrap();
    assert_eq!(stage.mailed(), 1);
    let late = wish(&stage, 2, "ada");
    stage.pass(SignedDuration::from_secs(601));
    stage.bot.take_wish(late).await.unwrap();
    assert_eq!(stage.mailed(), 1);
}

#[tokio::test]
async fn so_many_links_a_quarter_hour_and_a_day_are_mailed_and_the_rest_is_dropped_without_a_word() {
    let mut stage = mailing();
    let mut number = 0;
    let mut mailed = Vec::new();
    for _hour in 0..4 {
        for _ in 0..4 {
            number += 1;
            stage.wishes(number, "ada").await;
        }
        mailed.push(stage.mailed());
        stage.pass(SignedDuration::from_mins(60));
        // The memory of a process is two hours, and the limit counts a day.
        stage.restart();
    }
    assert_eq!(mailed, [3, 6, 6, 6]);
    assert!(stage.helped().is_empty());
    stage.pass(SignedDuration::from_hours(21));
    stage.wishes(100, "ada").await;
    assert_eq!(stage.mailed(), 7, "a day after the first ones");
}

#[tokio::test]
async fn what_is_asked_on_the_page_uses_up_no_admins_limit_and_the_other_way_round() {
    let stage = with(Forgot::Mail, |policy| policy.per_contact = 1);
    stage.wishes(1, "ada").await;
    assert!(matches!(stage.issue(&alice(), "ada").await, Issued::Mailed(_)));
    assert!(matches!(stage.issue(&alice(), "ada").await, Issued::Refused(Refused::Limit(..))));
    stage.wishes(2, "ada").await;
    assert_eq!(stage.mailed(), 3);
}

#[tokio::test]
async fn everything_else_falls_to_the_help_desk_with_its_reason_and_no_mail_leaves() {
    for (typed, contacts, reasons, has_send, has_hand) in [
        ("chris", vec!["chris"], vec!["email_shared"], false, true),
        ("none", vec!["none"], vec!["no_primary_email"], false, true),
        ("ceo", vec!["ceo"], vec![], true, false),
    ] {
        let stage = mailing();
        stage.wishes(1, typed).await;
        let helped = stage.helped();
        let names: Vec<_> = helped.iter().map(|question| question.contact.as_str()).collect();
        assert_eq!(names, contacts, "{typed}");
        let words: Vec<_> = helped[0].reasons.iter().map(crate::policy::HandOverReason::as_str).collect();
        assert_eq!(words, reasons, "{typed}");
        assert_eq!((helped[0].to.is_some(), helped[0].may_be_handed_over), (has_send, has_hand), "{typed}");
        assert_eq!(stage.names(), ["help_requested", "help_posted"], "{typed}");
        assert_eq!(stage.mailed(), 0, "{typed}");
    }
}

#[tokio::test]
async fn a_contact_whose_password_cannot_be_set_is_mailed_nothing() {
    let stage = mailing();
    stage.directory.change("ada", |ada| ada.obstacle = Some(Obstacle::OtherHash));
    stage.wishes(1, "ada").await;
    let question = &stage.helped()[0];
    assert_eq!(question.obstacle, Some(Obstacle::OtherHash));
    assert!(question.to.is_none() && !question.may_be_handed_over);
    assert_eq!(stage.mailed(), 0);
}

#[tokio::test]
async fn an_email_that_several_share_asks_about_each_of_them_and_about_nobody_where_they_are_many() {
    let stage = mailing();
    stage.directory.contacts.lock().unwrap().push(contact("carol", "family@example.org"));
    stage.wishes(1, "family@example.org").await;
    let asked: Vec<_> = stage.helped().into_iter().map(|question| question.contact.to_string()).collect();
    assert_eq!(asked, ["chris", "carol"]);
    let many = (0..9).map(|number| contact(&format!("m{number}"), "info@example.org"));
    stage.directory.contacts.lock().unwrap().extend(many);
    stage.wishes(2, "info@example.org").await;
    assert_eq!(stage.helped().len(), 2);
}

#[tokio::test]
async fn a_text_that_is_one_contacts_id_and_anothers_email_mails_nobody() {
    let stage = mailing();
    stage.directory.contacts.lock().unwrap().push(contact("ada@example.org", "other@example.org"));
    stage.wishes(1, "ada@example.org").await;
    assert_eq!((stage.mailed(), stage.helped().len()), (0, 2));
}

#[tokio::test]
async fn with_ask_the_help_desk_is_asked_once_within_an_hour_about_whoever_it_is() {
    let stage = with(Forgot::Ask, |_| ());
    stage.wishes(1, "ada").await;
    stage.wishes(2, "ada").await;
    assert_eq!(stage.helped().len(), 1);
    assert_eq!(stage.helped()[0].to.as_deref(), Some("a…@example.org"));
    stage.pass(SignedDuration::from_mins(60));
    stage.bot.run_housekeeping().await;
    assert_eq!(stage.event("help_closed")["why"], "lapsed");
    let closed = stage.chat.help_closed.lock().unwrap().clone();
    assert_eq!(closed.len(), 1);
    assert_eq!(closed[0].1, HelpState::Closed(HelpClosing::Lapsed));
    stage.wishes(3, "ada").await;
    assert_eq!(stage.helped().len(), 2);
    stage.bot.run_housekeeping().await;
    assert_eq!(stage.chat.help_closed.lock().unwrap().len(), 1, "each message is changed once");
}

#[tokio::test]
async fn of_a_flood_twenty_are_posted_within_the_hour_and_then_one_word_of_it() {
    let stage = with(Forgot::Ask, |_| ());
    let many = (0..60).map(|number| contact(&format!("m{number}"), &format!("m{number}@example.org")));
    stage.directory.contacts.lock().unwrap().extend(many);
    for round in 0..2 {
        for number in 0..60 {
            stage.wishes(round * 100 + number, &format!("m{number}")).await;
        }
    }
    assert_eq!(stage.helped().len(), 20);
    assert_eq!(*stage.chat.floods.lock().unwrap(), [20]);
    assert_eq!(stage.count("help_not_asked"), 40, "one line for each contact");
    stage.pass(SignedDuration::from_mins(61));
    stage.wishes(250, "m59").await;
    assert_eq!(stage.helped().len(), 21);
}

#[tokio::test]
async fn an_admin_sends_the_link_in_their_own_name_and_all_see_who() {
    let stage = with(Forgot::Ask, |_| ());
    let request = stage.asked_for(1, "ada").await;
    let reply = stage.bot.act(&bob(), Action::SendLink(request)).await;
    assert!(matches!(reply, Reply::Issue(Issued::Mailed(_))), "{reply:?}");
    assert_eq!(stage.event("issued")["admin"]["user"], bob().admin.user.as_str());
    let closed = stage.chat.help_closed.lock().unwrap().clone();
    assert_eq!(closed, [(request.to_string(), HelpState::Answered(bob().admin))]);
    for action in [Action::SendLink(request), Action::HandMeTheLink(request), Action::Dismiss(request)] {
        let again = stage.bot.act(&alice(), action).await;
        assert!(
            matches!(&again, Reply::HelpOver(HelpState::Answered(by)) if *by == bob().admin),
            "{again:?}"
        );
    }
    assert_eq!(stage.mailed(), 1);
}

#[tokio::test]
async fn of_two_presses_at_once_one_issues_a_link() {
    let stage = with(Forgot::Ask, |_| ());
    let request = stage.asked_for(1, "ada").await;
    let (alice, bob) = (alice(), bob());
    let (one, other) = tokio::join!(
        stage.bot.act(&alice, Action::SendLink(request)),
        stage.bot.act(&bob, Action::SendLink(request))
    );
    let is_issued = |reply: &Reply| matches!(reply, Reply::Issue(Issued::Mailed(_)));
    assert!(is_issued(&one) != is_issued(&other), "{one:?} {other:?}");
    assert_eq!(stage.mailed(), 1);
}

#[tokio::test]
async fn a_stranger_answers_nothing_and_a_refusal_leaves_it_open() {
    let stage = with(Forgot::Ask, |policy| policy.for_protected = ForProtected::Refuse);
    let request = stage.asked_for(1, "ceo").await;
    for action in [Action::SendLink(request), Action::HandMeTheLink(request), Action::Dismiss(request)] {
        let reply = stage.bot.act(&mallory(), action).await;
        assert!(matches!(reply, Reply::Refused(Refused::NotAllowed)), "{reply:?}");
    }
    let reply = stage.bot.act(&bob(), Action::SendLink(request)).await;
    assert!(matches!(reply, Reply::Issue(Issued::Refused(Refused::Protected { .. }))), "{reply:?}");
    assert!(stage.chat.help_closed.lock().unwrap().is_empty());
    let reply = stage.bot.act(&bob(), Action::Dismiss(request)).await;
    assert!(matches!(reply, Reply::HelpDismissed { .. }), "{reply:?}");
    assert_eq!(stage.chat.help_closed.lock().unwrap()[0].1, HelpState::Dismissed(bob().admin));
}

#[tokio::test]
async fn a_link_in_hand_is_given_where_it_cannot_be_mailed_or_the_operator_lets_it_be() {
    let stage = with(Forgot::Ask, |policy| policy.hand_over_instead = false);
    let request = stage.asked_for(1, "chris").await;
    let reply = stage.bot.act(&bob(), Action::HandMeTheLink(request)).await;
    assert!(matches!(reply, Reply::Issue(Issued::HandedOver(_))), "{reply:?}");
    let request = stage.asked_for(2, "ada").await;
    let reply = stage.bot.act(&bob(), Action::HandMeTheLink(request)).await;
    assert!(matches!(reply, Reply::InsteadOff), "{reply:?}");

    let stage = with(Forgot::Ask, |policy| policy.hand_over_instead = true);
    let request = stage.asked_for(1, "ada").await;
    let reply = stage.bot.act(&bob(), Action::HandMeTheLink(request)).await;
    assert!(matches!(reply, Reply::Issue(Issued::HandedOver(_))), "{reply:?}");
    stage.bot.drain().await;
    assert_eq!(stage.mailed(), 1, "the contact hears of it");
    assert_eq!(stage.event("handed_over")["reasons"][0]["reason"], "asked_in_hand");
}

#[tokio::test]
async fn a_command_answers_it_as_well_and_so_does_a_new_password() {
    let stage = with(Forgot::Ask, |_| ());
    stage.asked_for(1, "ada").await;
    assert!(matches!(stage.issue(&alice(), "ada").await, Issued::Mailed(_)));
    stage.bot.run_housekeeping().await;
    assert_eq!(stage.chat.help_closed.lock().unwrap()[0].1, HelpState::Answered(alice().admin));
    stage.asked_for(2, "chris").await;
    stage.bot.accept(changed(&stage, "chris")).await.unwrap();
    stage.bot.run_housekeeping().await;
    assert_eq!(stage.chat.help_closed.lock().unwrap()[1].1, HelpState::Served);
}

fn changed(stage: &Stage, id: &str) -> Receipt {
    Receipt {
        link_id: LinkId::from_random([9; 24]),
        contact: ContactId::new(id).unwrap(),
        key_id: None,
        outcome: ReceiptOutcome::Changed,
        at: stage.now(),
        client: None,
    }
}

#[tokio::test]
async fn whoever_changed_the_password_without_a_link_is_told_once_and_former_links_are_over() {
    let mut stage = mailing();
    assert!(matches!(stage.issue(&alice(), "ada").await, Issued::Mailed(_)));
    let receipt = changed(&stage, "ada");
    stage.bot.accept(receipt.clone()).await.unwrap();
    stage.bot.accept(receipt).await.unwrap();
    stage.bot.drain().await;
    assert_eq!((stage.count("receipt"), stage.count("followed"), stage.mailed()), (1, 1, 2));
    stage.restart();
    stage.bot.catch_up().await.unwrap();
    stage.bot.drain().await;
    assert_eq!(stage.mailed(), 2);
    let links = stage.audit.history(stage.now(), &ContactId::new("ada").unwrap()).await.unwrap();
    assert!(matches!(links[0].fate(stage.now()), crate::audit::Fate::Overtaken(_)), "{links:?}");
}

#[tokio::test]
async fn a_mail_that_fails_falls_to_the_help_desk_and_its_link_is_withdrawn() {
    let stage = mailing();
    let answer = "5.1.1 no such user".to_owned();
    let failure = MailFailure::Refused { step: Step::Recipient, code: 550, answer };
    stage.mails.answers.lock().unwrap().push_back(failure);
    stage.wishes(1, "ada").await;
    assert_eq!(
        stage.names(),
        ["asked", "issued", "withheld", "link_revoking", "link_revoked", "help_requested", "help_posted"]
    );
    assert_eq!(stage.redeem_half.links().len(), 1);
    assert_eq!(stage.helped()[0].reasons[0].as_str(), "mail_failed");
}

#[tokio::test]
async fn what_no_chat_takes_is_posted_again_and_without_a_place_it_is_closed() {
    let stage = with(Forgot::Ask, |_| ());
    stage.chat.is_away.store(true, Ordering::SeqCst);
    stage.wishes(1, "ada").await;
    assert_eq!(stage.names(), ["help_requested"]);
    stage.chat.is_away.store(false, Ordering::SeqCst);
    stage.pass(SignedDuration::from_secs(61));
    stage.bot.run_housekeeping().await;
    assert_eq!(stage.names(), ["help_requested", "help_posted"]);

    let stage = with(Forgot::Ask, |_| ());
    stage.chat.has_no_channel.store(true, Ordering::SeqCst);
    stage.wishes(1, "ada").await;
    assert_eq!(stage.event("help_closed")["why"], "not_posted");
}

#[tokio::test]
async fn a_directory_that_does_not_answer_is_asked_again_and_one_that_needs_mending_is_not() {
    let stage = mailing();
    stage.directory.is_away.store(true, Ordering::SeqCst);
    let ada = wish(&stage, 1, "ada");
    assert!(stage.bot.take_wish(ada.clone()).await.is_err());
    stage.directory.is_away.store(false, Ordering::SeqCst);
    stage.bot.take_wish(ada).await.unwrap();
    assert_eq!(stage.mailed(), 1);
    stage.directory.is_unusable.store(true, Ordering::SeqCst);
    stage.bot.take_wish(wish(&stage, 2, "ada")).await.unwrap();
    assert_eq!(stage.mailed(), 1);
}

#[tokio::test]
async fn an_objection_reaches_whoever_issued_the_link_until_they_have_it_and_nobody_of_the_page() {
    let stage = mailing();
    let Issued::Mailed(mailed) = stage.issue(&alice(), "ada").await else { panic!("not mailed") };
    let objected =
        Receipt { link_id: mailed.link_id, outcome: ReceiptOutcome::Objected, ..changed(&stage, "ada") };
    stage.chat.is_away.store(true, Ordering::SeqCst);
    stage.bot.accept(objected.clone()).await.unwrap();
    stage.bot.accept(objected).await.unwrap();
    stage.bot.run_housekeeping().await;
    assert!(stage.told().is_empty());
    stage.chat.is_away.store(false, Ordering::SeqCst);
    stage.pass(SignedDuration::from_mins(6));
    stage.bot.run_housekeeping().await;
    stage.bot.run_housekeeping().await;
    let told = stage.told();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(matches!(&told[0], (user, crate::outcome::News::Objected { .. }) if *user == alice().admin.user));
}
