//! What must be told is told until a chat has taken it; what a process left is made up for, and what another one does is left alone.

use std::sync::Arc;

use bot::audit::{ABANDONED, Closing, RequestState};
use bot::policy::Allowed;
use bot::{Action, Admin, Caller, Issued, News, Platform, Refused, Reply};
use config::HandOver;
use jiff::SignedDuration;
use reset_link_tests::harness::{Harness, Plan, link_in};
use reset_link_tests::wait;

use super::{act, asks, bob, harness, plan};

/// Longer than anything waits to be tried again.
const LATER: SignedDuration = SignedDuration::from_mins(6);

fn somebody_on_discord() -> Caller {
    Caller {
        admin: Admin { platform: Platform::Discord, user: "7".to_owned() },
        place: Some("100".to_owned()),
        groups: Vec::new(),
    }
}

/// A process whose chat is Discord's as well; nobody shows there what is handed over.
async fn on_discord() -> Harness {
    let allowed =
        Allowed { places: vec!["100".to_owned()], users: vec!["7".to_owned()], ..Allowed::default() };
    let harness = Harness::planned(Plan { discord: Some(allowed), ..Plan::default() }).await;
    harness.bot().add_chat(Platform::Discord, Arc::new(harness.chat.clone()));
    harness
}

async fn link_of(issued: Issued) -> String {
    match issued {
        Issued::HandedOver(handed_over) => handed_over.link.expose().to_owned(),
        other => panic!("not handed over: {other:?}"),
    }
}

#[tokio::test]
async fn a_lapse_is_told_when_the_chat_takes_it_and_only_once() {
    let mut harness = harness(plan()).await;
    asks(&harness, "ada").await;
    harness.kill().await;
    harness.chat.is_away(true);
    harness.clock.move_by(SignedDuration::from_mins(16));
    harness.begin().await;
    harness.housekeeping().await;
    assert_eq!(harness.events("approval_closed")[0]["why"], "lapsed");
    assert!(harness.chat.told().is_empty() && harness.events("told").is_empty());

    harness.kill_and_restart().await;
    assert!(harness.events("told").is_empty());
    harness.chat.is_away(false);
    harness.kill_and_restart().await;
    assert!(matches!(&harness.chat.told()[..], [(admin, News::Lapsed { .. })] if *admin == Harness::admin()));
    assert_eq!(harness.events("told").len(), 1);
    assert_eq!(harness.chat.closed().len(), 0);
    harness.clock.move_by(LATER);
    harness.housekeeping().await;
    harness.kill_and_restart().await;
    harness.housekeeping().await;
    assert_eq!(harness.chat.told().len(), 1);
    assert!(!harness.chat.closed().is_empty(), "the message shows that the request has lapsed");
}

#[tokio::test]
async fn a_used_link_is_told_of_when_the_chat_is_there_again() {
    let harness = Harness::start().await;
    let link = harness.link_for("ada").await;
    harness.chat.is_away(true);
    harness.redeem(&link, reset_link_tests::harness::PASSWORD).await;
    harness.deliver_receipts().await.unwrap();
    assert_eq!(harness.events("followed")[0]["told"], false);
    harness.housekeeping().await;
    harness.chat.is_away(false);
    harness.clock.move_by(LATER);
    harness.housekeeping().await;
    harness.housekeeping().await;
    assert!(matches!(&harness.chat.told()[..], [(_, News::Redeemed(_))]));
}

#[tokio::test]
async fn an_approved_link_that_was_mailed_is_told_of_when_the_chat_is_there_again() {
    let plan = Plan {
        mail: true,
        hand_over: HandOver::Show,
        for_protected: config::ForProtected::Approve,
        protected: vec!["ada".to_owned()],
        ..plan()
    };
    let harness = harness(plan).await;
    let request = asks(&harness, "ada").await;
    harness.chat.is_away(true);
    act(&harness, bob(), Action::Approve(request)).await;
    assert_eq!(harness.mailer.mails().len(), 1);
    harness.chat.is_away(false);
    harness.clock.move_by(LATER);
    harness.housekeeping().await;
    harness.housekeeping().await;
    assert!(matches!(&harness.chat.told()[..], [(_, News::Mailed { .. })]));
    assert!(harness.chat.brought().is_empty());
}

#[tokio::test]
async fn a_hand_over_of_another_process_is_made_up_for_only_once_that_one_must_have_ended() {
    let harness = on_discord().await;
    let another = harness.another_bot();
    let issued = harness.on(async move { another.issue(&somebody_on_discord(), "ada").await }).await;
    let link = link_of(issued).await;
    harness.housekeeping().await;
    assert!(harness.events("shown").is_empty());
    assert_eq!(harness.open(&link).await.status, 200);
    harness.clock.move_by(ABANDONED);
    harness.housekeeping().await;
    harness.housekeeping().await;
    let [shown] = &harness.events("shown")[..] else { panic!("once") };
    assert_eq!(shown["way"], "nowhere");
    assert_eq!(harness.open(&link).await.status, 410);
    let told = harness.chat.told();
    assert!(matches!(&told[..], [(admin, News::NotShown { .. })] if *admin == somebody_on_discord().admin));
    harness.deliver_receipts().await.unwrap();
}

#[tokio::test]
async fn a_hand_over_that_this_process_makes_is_left_alone_however_long_it_takes() {
    let harness = on_discord().await;
    let bot = harness.bot();
    let issued = harness.on(async move { bot.issue(&somebody_on_discord(), "ada").await }).await;
    let link = link_of(issued).await;
    harness.clock.move_by(ABANDONED + ABANDONED);
    harness.housekeeping().await;
    assert!(harness.events("shown").is_empty());
    assert_eq!(harness.open(&link).await.status, 200);
}

#[tokio::test]
async fn what_changes_something_runs_to_its_end_though_whoever_pressed_has_gone() {
    let harness = Harness::start().await;
    let link = harness.link_for("ada").await;
    let (bot, alice) = (harness.bot(), Caller::from(Harness::admin()));
    harness.directory.keeps_waiting(true);
    let command = bot::command::Command::ResetRevoke { contact: "ada".to_owned() };
    let pressed = harness.begin_on(async move { bot.obey(&alice, &command).await });
    harness.directory.is_asked().await;
    pressed.abort();
    assert!(pressed.await.unwrap_err().is_cancelled());
    harness.directory.keeps_waiting(false);
    harness.event("revoked").await;
    assert_eq!(harness.open(&link).await.status, 410);
    harness.deliver_receipts().await.unwrap();
}

#[tokio::test]
async fn a_link_that_nobody_waits_for_any_more_is_withdrawn_and_its_admin_hears_so() {
    let harness = on_discord().await;
    let bot = harness.bot();
    harness.directory.keeps_waiting_for_others(true);
    let asked = harness.begin_on(async move { bot.issue(&somebody_on_discord(), "ada").await });
    harness.directory.is_asked_for_others().await;
    asked.abort();
    assert!(asked.await.unwrap_err().is_cancelled());
    harness.directory.keeps_waiting_for_others(false);
    harness.event("link_revoked").await;
    assert_eq!(harness.events("shown")[0]["way"], "nowhere");
    // Housekeeping passes over a link for as long as its withdrawal is under way.
    wait::until("notice", async || {
        harness.housekeeping().await;
        !harness.chat.told().is_empty()
    })
    .await;
    assert!(matches!(&harness.chat.told()[..], [(_, News::NotShown { .. })]));
    harness.deliver_receipts().await.unwrap();
}

#[tokio::test]
async fn who_answers_before_the_message_is_known_of_leaves_none_with_buttons() {
    let harness = harness(plan()).await;
    harness.chat.keeps_waiting(true);
    let bot = harness.bot();
    let asking = harness.begin_on(async move { bot.issue(&Harness::admin().into(), "ada").await });
    wait::until("question", async || !harness.chat.questions().is_empty()).await;
    let request = harness.chat.questions()[0].request;
    assert!(matches!(act(&harness, bob(), Action::Decline(request)).await, Reply::Declined { .. }));
    assert!(harness.chat.closed().is_empty());
    harness.chat.keeps_waiting(false);
    asking.await.unwrap();
    let [(_, state)] = &harness.chat.closed()[..] else { panic!("the message shows the answer") };
    assert!(matches!(state, RequestState::Closed(Closing::Declined, Some(_))));
}

#[tokio::test]
async fn two_identical_commands_at_once_ask_once() {
    let harness = harness(plan()).await;
    harness.chat.keeps_waiting(true);
    let ask = || {
        let bot = harness.bot();
        harness.begin_on(async move { bot.issue(&Harness::admin().into(), "ada").await })
    };
    let both = [ask(), ask()];
    wait::until("question", async || !harness.chat.questions().is_empty()).await;
    harness.chat.keeps_waiting(false);
    let mut requests = Vec::new();
    for asked in both {
        match asked.await.unwrap() {
            Issued::AwaitingApproval(waiting) => requests.push(waiting.request),
            other => panic!("nobody was asked: {other:?}"),
        }
    }
    assert_eq!(requests[0], requests[1]);
    assert_eq!(harness.chat.questions().len(), 1);
}

#[tokio::test]
async fn a_request_that_stands_nowhere_is_closed_and_whoever_asked_hears_so() {
    let mut harness = harness(plan()).await;
    harness.chat.keeps_waiting(true);
    let bot = harness.bot();
    let asking = harness.begin_on(async move { bot.issue(&Harness::admin().into(), "ada").await });
    wait::until("question", async || !harness.chat.questions().is_empty()).await;
    harness.kill().await;
    drop(asking);
    harness.chat.keeps_waiting(false);
    harness.begin().await;
    harness.clock.move_by(ABANDONED);
    harness.housekeeping().await;
    assert_eq!(harness.events("approval_closed")[0]["why"], "interrupted");
    assert!(matches!(&harness.chat.told()[..], [(_, News::AskAgain { .. })]));
}

#[tokio::test]
async fn a_shell_that_cannot_withdraw_says_so_and_the_running_bot_does_it() {
    let harness = Harness::planned(Plan { mail: true, hand_over: HandOver::Refuse, ..Plan::default() }).await;
    // Another process, which does not reach the redeem half.
    let shell = harness.another_bot();
    harness.mailer.fails_next(bot::mail::MailFailure::OutcomeUnknown { cause: bot::mail::Cause::Closed });
    let alice = Admin { platform: Platform::Shell, user: "alice".to_owned() };
    let issued = harness.on(async move { shell.issue(&alice.into(), "ada").await }).await;
    let Issued::Refused(refused) = issued else { panic!("{issued:?}") };
    assert!(matches!(refused, Refused::HandOverOff { not_withdrawn: Some(_), .. }), "{refused:?}");
    let text = harness.in_words(&Reply::Refused(refused)).text;
    assert!(
        text.contains("until 09:15 UTC it works") && text.contains("/reset-revoke contact:ada"),
        "{text}"
    );
    let link = link_in(&harness.mailer.attempts()[0]).unwrap();
    assert_eq!(harness.open(&link).await.status, 200, "what it says is so");
    harness.housekeeping().await;
    assert_eq!(harness.open(&link).await.status, 410);
    assert_eq!(harness.events("link_revoked").len(), 1);
    harness.deliver_receipts().await.unwrap();
}

#[tokio::test]
async fn a_mail_that_may_arrive_and_a_link_that_is_withdrawn_are_told_so() {
    let harness = Harness::planned(Plan { mail: true, hand_over: HandOver::Refuse, ..Plan::default() }).await;
    harness.mailer.fails_next(bot::mail::MailFailure::OutcomeUnknown { cause: bot::mail::Cause::Closed });
    let refused = harness.refusal_for("ada").await;
    assert!(matches!(refused, Refused::HandOverOff { not_withdrawn: None, .. }), "{refused:?}");
    let text = harness.in_words(&Reply::Refused(refused)).text;
    assert!(text.contains("The link in that mail is withdrawn"), "{text}");
    harness.deliver_receipts().await.unwrap();
}
