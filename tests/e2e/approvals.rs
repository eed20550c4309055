//! Four eyes: a second person agrees before a link is minted, on every platform alike.

mod binding;
mod telling;

use bot::audit::{ABANDONED, Closing, RequestState};
use bot::{Action, Admin, ApprovedOutcome, Caller, Issued, News, Platform, Reply, RequestId};
use config::{ConfiguredAdmin, ForProtected, HandOver};
use jiff::SignedDuration;
use reset_link_tests::harness::{Harness, LIFETIME, OTHER_PASSWORD, PASSWORD, Plan};

/// Alice on this machine and on Discord, and Bob.
fn admins() -> Vec<ConfiguredAdmin> {
    vec![ConfiguredAdmin {
        name: "Alice".to_owned(),
        console: Some("alice".to_owned()),
        discord: Some("1".to_owned()),
        slack: None,
        mattermost: None,
    }]
}

fn plan() -> Plan {
    Plan { hand_over: HandOver::Approve, admins: admins(), ..Plan::default() }
}

async fn harness(plan: Plan) -> Harness {
    let harness = Harness::planned(plan).await;
    harness.chat.has_desk();
    harness
}

fn bob() -> Caller {
    Admin { platform: Platform::Console, user: "bob".to_owned() }.into()
}

async fn act(harness: &Harness, caller: Caller, action: Action) -> Reply {
    let bot = harness.bot();
    harness.on(async move { bot.act(&caller, action).await }).await
}

async fn asks(harness: &Harness, contact: &str) -> RequestId {
    match harness.issue(contact).await {
        Issued::AwaitingApproval(waiting) => waiting.request,
        other => panic!("nobody was asked: {other:?}"),
    }
}

fn is_approved(reply: &Reply, expected: ApprovedOutcome) -> bool {
    matches!(reply, Reply::Approved { outcome, .. } if *outcome == expected)
}

#[tokio::test]
async fn a_link_is_minted_when_a_second_person_agrees_and_its_time_begins_then() {
    let harness = harness(plan()).await;
    let request = asks(&harness, "ada").await;
    let [question] = &harness.chat.questions()[..] else { panic!() };
    assert_eq!((question.request, question.name.as_str()), (request, "Ada Lovelace"));
    assert!(harness.events("issued").is_empty(), "no link before somebody agrees");

    harness.clock.move_by(SignedDuration::from_mins(14));
    assert!(is_approved(&act(&harness, bob(), Action::Approve(request)).await, ApprovedOutcome::HandedOver));
    let [(admin, Some(link))] = &harness.chat.brought()[..] else { panic!() };
    assert_eq!(*admin, Harness::admin());
    harness.clock.move_by(LIFETIME - SignedDuration::from_millis(1));
    assert_eq!(harness.redeem(link, PASSWORD).await.status, 200);

    let [issued] = &harness.events("issued")[..] else { panic!() };
    assert_eq!(issued["request"], request.to_string());
    assert_eq!(issued["admin"]["user"], "alice");
    assert_eq!(harness.events("approved")[0]["by"]["user"], "bob");
    let [(_, state)] = &harness.chat.closed()[..] else { panic!() };
    assert!(matches!(state, RequestState::Approved(by) if by.user == "bob"));
}

#[tokio::test]
async fn nobody_agrees_to_their_own_request_from_whichever_account() {
    let plan = Plan {
        discord: Some(bot::policy::Allowed { places: vec!["100".to_owned()], ..Default::default() }),
        ..plan()
    };
    let harness = harness(plan).await;
    let request = asks(&harness, "ada").await;
    let own = [
        Caller::from(Harness::admin()),
        Admin { platform: Platform::Shell, user: "alice".to_owned() }.into(),
        Caller {
            admin: Admin { platform: Platform::Discord, user: "1".to_owned() },
            place: Some("100".to_owned()),
            groups: Vec::new(),
        },
    ];
    for caller in own {
        assert!(matches!(act(&harness, caller, Action::Approve(request)).await, Reply::OwnRequest));
    }
    let mallory = Admin { platform: Platform::Console, user: "mallory".to_owned() };
    let refused = act(&harness, mallory.into(), Action::Approve(request)).await;
    assert!(matches!(refused, Reply::Refused(bot::Refused::NotAllowed)));
    assert!(harness.events("issued").is_empty());
    let why: Vec<_> = harness.events("denied").iter().map(|line| line["why"].clone()).collect();
    assert_eq!(why, ["own_request", "own_request", "own_request", "not_allowed"]);
    assert!(is_approved(&act(&harness, bob(), Action::Approve(request)).await, ApprovedOutcome::HandedOver));
}

#[tokio::test]
async fn of_two_who_press_at_once_one_is_first_and_the_other_hears_so() {
    let harness = harness(plan()).await;
    let request = asks(&harness, "ada").await;
    let (one, other) = tokio::join!(
        act(&harness, bob(), Action::Approve(request)),
        act(&harness, bob(), Action::Approve(request))
    );
    let replies = [one, other];
    assert_eq!(replies.iter().filter(|reply| matches!(reply, Reply::Approved { .. })).count(), 1);
    assert_eq!(replies.iter().filter(|reply| matches!(reply, Reply::RequestOver(_))).count(), 1);
    assert_eq!(harness.events("issued").len(), 1);
    let late = act(&harness, bob(), Action::Decline(request)).await;
    assert!(matches!(late, Reply::RequestOver(RequestState::Approved(_))));
}

#[tokio::test]
async fn a_request_that_nobody_answers_lapses_after_a_quarter_of_an_hour() {
    let harness = harness(plan()).await;
    let request = asks(&harness, "ada").await;
    harness.clock.move_by(SignedDuration::from_mins(15));
    // Before anybody has written it down.
    let late = act(&harness, bob(), Action::Approve(request)).await;
    assert!(matches!(late, Reply::RequestOver(RequestState::Closed(Closing::Lapsed, None))));
    harness.housekeeping().await;
    harness.housekeeping().await;
    let [closed] = &harness.events("approval_closed")[..] else { panic!("once") };
    assert_eq!(closed["why"], "lapsed");
    assert!(matches!(&harness.chat.told()[..], [(admin, News::Lapsed { .. })] if *admin == Harness::admin()));
    assert_eq!(harness.chat.closed().len(), 1);
    assert!(harness.events("issued").is_empty());
}

#[tokio::test]
async fn an_open_request_survives_a_restart_and_so_does_an_answered_one() {
    let mut harness = harness(plan()).await;
    let (open, declined) = (asks(&harness, "ada").await, asks(&harness, "bob").await);
    act(&harness, bob(), Action::Decline(declined)).await;
    harness.kill_and_restart().await;
    let over = act(&harness, bob(), Action::Approve(declined)).await;
    assert!(matches!(over, Reply::RequestOver(RequestState::Closed(Closing::Declined, Some(_)))));
    assert!(is_approved(&act(&harness, bob(), Action::Approve(open)).await, ApprovedOutcome::HandedOver));
    let [(_, Some(link))] = &harness.chat.brought()[..] else { panic!() };
    assert_eq!(harness.open(link).await.status, 200);
    let unknown = Action::parse("approve.BwcHBwcHBwcHBwcHBwcHBw").unwrap();
    assert!(matches!(act(&harness, bob(), unknown).await, Reply::NoSuchRequest));
}

#[tokio::test]
async fn who_asks_again_meanwhile_gets_the_same_request_and_nobody_is_asked_twice() {
    let harness = harness(plan()).await;
    let first = asks(&harness, "ada").await;
    assert_eq!(asks(&harness, "ada").await, first);
    assert_ne!(asks(&harness, "carol").await, first);
    assert_eq!(harness.chat.questions().len(), 2);
}

#[tokio::test]
async fn requests_count_towards_the_limits() {
    let harness = harness(Plan { per_admin: 2, ..plan() }).await;
    for contact in ["ada", "carol"] {
        asks(&harness, contact).await;
    }
    let refused = harness.refusal_for("bob").await;
    assert!(matches!(refused, bot::Refused::Limit(..)), "{refused:?}");
}

#[tokio::test]
async fn without_a_place_to_ask_no_link_is_issued() {
    let harness = Harness::planned(plan()).await;
    assert!(matches!(harness.refusal_for("ada").await, bot::Refused::NobodyToAsk));
    harness.chat.has_desk();
    harness.chat.is_away(true);
    assert!(matches!(harness.refusal_for("ada").await, bot::Refused::NobodyToAsk));
    harness.chat.is_away(false);
    asks(&harness, "ada").await;
    assert!(harness.events("issued").is_empty());
}

#[tokio::test]
async fn whoever_asks_from_a_shell_is_sent_to_the_chat() {
    let harness = harness(plan()).await;
    let shell = Admin { platform: Platform::Shell, user: "alice".to_owned() };
    let said = harness.types_as(shell, "/reset-link contact:ada").await;
    assert!(said.text.contains("a shell cannot wait"), "{}", said.text);
    assert!(harness.chat.questions().is_empty() && harness.events("approval_requested").is_empty());
}

#[tokio::test]
async fn a_link_that_cannot_be_brought_is_withdrawn() {
    let harness = harness(plan()).await;
    let request = asks(&harness, "ada").await;
    harness.chat.is_away(true);
    assert!(is_approved(
        &act(&harness, bob(), Action::Approve(request)).await,
        ApprovedOutcome::Undelivered { is_withdrawn: true }
    ));
    assert_eq!(harness.events("shown")[0]["way"], "nowhere");
    assert_eq!(harness.events("link_revoked")[0]["found"], "withdrawn");
    harness.chat.is_away(false);
    harness.deliver_receipts().await.unwrap();
}

#[tokio::test]
async fn what_can_be_mailed_needs_nobody_and_what_fails_needs_somebody() {
    let harness = harness(Plan { mail: true, ..plan() }).await;
    assert!(matches!(harness.issue("ada").await, Issued::Mailed(_)));
    harness.mailer.fails_next(bot::mail::MailFailure::OutcomeUnknown { cause: bot::mail::Cause::Closed });
    let request = asks(&harness, "ada").await;
    assert!(is_approved(&act(&harness, bob(), Action::Approve(request)).await, ApprovedOutcome::Mailed));
    assert_eq!(harness.mailer.mails().len(), 2);
}

#[tokio::test]
async fn a_protected_contact_needs_a_second_person_even_where_mail_works() {
    let plan = Plan {
        mail: true,
        hand_over: HandOver::Show,
        for_protected: ForProtected::Approve,
        protected: vec!["ADA".to_owned()],
        ..plan()
    };
    let harness = harness(plan).await;
    let request = asks(&harness, "ada").await;
    assert!(harness.mailer.attempts().is_empty());
    assert!(harness.chat.questions()[0].is_protected);
    assert!(is_approved(&act(&harness, bob(), Action::Approve(request)).await, ApprovedOutcome::Mailed));
    let link = reset_link_tests::harness::link_in(&harness.mailer.mails()[0]).unwrap();
    assert_eq!(harness.redeem(&link, OTHER_PASSWORD).await.status, 200);
    assert!(matches!(harness.issue("carol").await, Issued::HandedOver(_)), "the others are not protected");
}

#[tokio::test]
async fn a_protected_contact_gets_no_link_where_the_operator_wants_none() {
    let harness = harness(Plan { mail: true, protected: vec!["ada".to_owned()], ..plan() }).await;
    assert!(matches!(harness.refusal_for("Ada").await, bot::Refused::Protected { .. }));
    assert_eq!(harness.events("denied")[0]["why"], "protected");
    assert!(harness.mailer.attempts().is_empty() && harness.chat.questions().is_empty());
}

#[tokio::test]
async fn whoever_is_turned_down_hears_by_whom() {
    let harness = harness(plan()).await;
    let request = asks(&harness, "ada").await;
    assert!(matches!(act(&harness, bob(), Action::Decline(request)).await, Reply::Declined { .. }));
    assert!(matches!(&harness.chat.told()[..], [(_, News::Declined { by, .. })] if by.user == "bob"));
    assert!(harness.events("issued").is_empty());
    asks(&harness, "ada").await;
}

#[tokio::test]
async fn who_has_agreed_to_a_mail_has_not_agreed_to_a_link_in_hand() {
    let protected = Plan {
        mail: true,
        hand_over: HandOver::Show,
        for_protected: ForProtected::Approve,
        protected: vec!["ada".to_owned()],
        ..plan()
    };
    let harness = harness(protected).await;
    let request = asks(&harness, "ada").await;
    harness.mailer.fails_next(bot::mail::MailFailure::OutcomeUnknown { cause: bot::mail::Cause::Closed });
    let reply = act(&harness, bob(), Action::Approve(request)).await;
    assert!(is_approved(&reply, ApprovedOutcome::AskedAgain), "{reply:?}");
    assert!(harness.chat.brought().iter().all(|(_, link)| link.is_none()));
    assert_eq!(harness.events("handed_over").len(), 0);
    // The mail may arrive yet: what is in it is dead.
    let link = reset_link_tests::harness::link_in(&harness.mailer.attempts()[0]).unwrap();
    assert_eq!(harness.open(&link).await.status, 410);
    // The new question says what it is about; whoever agrees to that has agreed to it.
    let [_, again] = &harness.chat.questions()[..] else { panic!() };
    assert_eq!(again.reasons.len(), 1);
    harness.mailer.fails_next(bot::mail::MailFailure::OutcomeUnknown { cause: bot::mail::Cause::Closed });
    let reply = act(&harness, bob(), Action::Approve(again.request)).await;
    assert!(is_approved(&reply, ApprovedOutcome::HandedOver), "{reply:?}");
    harness.deliver_receipts().await.unwrap();
}

#[tokio::test]
async fn a_request_comes_to_nothing_where_whoever_made_it_may_no_longer() {
    let harness = harness(plan()).await;
    let request = asks(&harness, "ada").await;
    harness.chat.has_left(Harness::admin());
    let reply = act(&harness, bob(), Action::Approve(request)).await;
    assert!(matches!(reply, Reply::RequestOver(RequestState::Closed(Closing::RequesterMayNoLonger, _))));
    assert!(harness.events("approved").is_empty() && harness.events("issued").is_empty());
    assert_eq!(harness.chat.closed().len(), 1);
}

#[tokio::test]
async fn where_a_platform_does_not_say_who_may_the_request_stays_open() {
    let harness = harness(plan()).await;
    let request = asks(&harness, "ada").await;
    harness.chat.cannot_say(true);
    assert!(matches!(act(&harness, bob(), Action::Approve(request)).await, Reply::TryAgain));
    harness.chat.cannot_say(false);
    assert!(is_approved(&act(&harness, bob(), Action::Approve(request)).await, ApprovedOutcome::HandedOver));
}

#[tokio::test]
async fn killed_between_approval_and_link_the_request_is_closed_and_whoever_asked_hears_so() {
    let mut harness = harness(plan()).await;
    let request = asks(&harness, "ada").await;
    let killed = harness.bot();
    // The directory keeps the approved request waiting; the process ends there.
    harness.directory.keeps_waiting_for_others(true);
    let pressing = harness.begin_on(async move { killed.act(&bob(), Action::Approve(request)).await });
    harness.event("approved").await;
    harness.kill().await;
    drop(pressing);
    harness.directory.keeps_waiting_for_others(false);
    harness.begin().await;
    harness.housekeeping().await;
    assert!(harness.events("approval_closed").is_empty(), "another process may be about to mint it");
    harness.clock.move_by(ABANDONED);
    harness.housekeeping().await;
    let [closed] = &harness.events("approval_closed")[..] else { panic!() };
    assert_eq!(closed["why"], "interrupted");
    assert!(harness.chat.told().iter().any(|(_, news)| matches!(news, News::AskAgain { .. })));
    assert!(harness.events("issued").is_empty());
    let late = act(&harness, bob(), Action::Approve(request)).await;
    assert!(matches!(late, Reply::RequestOver(RequestState::Closed(Closing::Interrupted, _))));
}

#[tokio::test]
async fn withdrawing_a_contacts_links_ends_the_requests_for_more() {
    let harness = harness(plan()).await;
    let request = asks(&harness, "ada").await;
    harness.types("/reset-revoke contact:ada").await;
    let late = act(&harness, bob(), Action::Approve(request)).await;
    assert!(matches!(late, Reply::RequestOver(RequestState::Closed(Closing::Revoked, _))), "{late:?}");
    assert!(harness.events("issued").is_empty());
}

#[tokio::test]
async fn a_request_that_was_not_posted_counts_towards_no_limit() {
    let harness = Harness::planned(Plan { per_contact: 1, ..plan() }).await;
    for _ in 0..3 {
        assert!(matches!(harness.refusal_for("ada").await, bot::Refused::NobodyToAsk));
    }
    harness.chat.has_desk();
    asks(&harness, "ada").await;
}
