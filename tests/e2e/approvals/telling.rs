//! What must be told is told until a chat has taken it; what a process left is made up for, and what another one does is left alone.

use std::sync::Arc;

use bot::audit::{ABANDONED, Closing, RequestState};
use bot::policy::Allowed;
use bot::{Action, Admin, Caller, Issued, News, Platform, Refused, Reply};
use config::HandOver;
use jiff::SignedDuration;
use reset_link_tests::harness::{House, Plan, link_in};
use reset_link_tests::wait;

use super::{act, asks, bob, house, plan};

/// Longer than anything waits to be tried again.
const LATER: SignedDuration = SignedDuration::from_mins(6);

fn somebody_on_discord() -> Caller {
    Caller {
        admin: Admin { platform: Platform::Discord, user: "7".to_owned() },
        place: Some("100".to_owned()),
        groups: Vec::new(),
    }
}

/// A house whose chat is Discord's as well; nobody shows there what is handed over.
async fn on_discord() -> House {
    let allowed =
        Allowed { places: vec!["100".to_owned()], users: vec!["7".to_owned()], ..Allowed::default() };
    let house = House::planned(Plan { discord: Some(allowed), ..Plan::default() }).await;
    house.bot().add_chat(Platform::Discord, Arc::new(house.chat.clone()));
    house
}

async fn link_of(issued: Issued) -> String {
    match issued {
        Issued::HandedOver(handed_over) => handed_over.link.expose().to_owned(),
        other => panic!("not handed over: {other:?}"),
    }
}

#[tokio::test]
async fn a_lapse_is_told_when_the_chat_takes_it_and_only_once() {
    let mut house = house(plan()).await;
    asks(&house, "ada").await;
    house.kill().await;
    house.chat.is_away(true);
    house.clock.move_by(SignedDuration::from_mins(16));
    house.begin().await;
    house.keep().await;
    assert_eq!(house.events("approval_closed")[0]["why"], "lapsed");
    assert!(house.chat.told().is_empty() && house.events("told").is_empty());

    house.kill_and_restart().await;
    assert!(house.events("told").is_empty());
    house.chat.is_away(false);
    house.kill_and_restart().await;
    assert!(matches!(&house.chat.told()[..], [(admin, News::Lapsed { .. })] if *admin == House::admin()));
    assert_eq!(house.events("told").len(), 1);
    assert_eq!(house.chat.closed().len(), 0);
    house.clock.move_by(LATER);
    house.keep().await;
    house.kill_and_restart().await;
    house.keep().await;
    assert_eq!(house.chat.told().len(), 1);
    assert!(!house.chat.closed().is_empty(), "the message shows that the request has lapsed");
}

#[tokio::test]
async fn a_used_link_is_told_of_when_the_chat_is_there_again() {
    let house = House::start().await;
    let link = house.link_for("ada").await;
    house.chat.is_away(true);
    house.redeem(&link, reset_link_tests::harness::PASSWORD).await;
    house.deliver_receipts().await.unwrap();
    assert_eq!(house.events("followed")[0]["told"], false);
    house.keep().await;
    house.chat.is_away(false);
    house.clock.move_by(LATER);
    house.keep().await;
    house.keep().await;
    assert!(matches!(&house.chat.told()[..], [(_, News::Redeemed(_))]));
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
    let house = house(plan).await;
    let request = asks(&house, "ada").await;
    house.chat.is_away(true);
    act(&house, bob(), Action::Approve(request)).await;
    assert_eq!(house.post.mails().len(), 1);
    house.chat.is_away(false);
    house.clock.move_by(LATER);
    house.keep().await;
    house.keep().await;
    assert!(matches!(&house.chat.told()[..], [(_, News::Mailed { .. })]));
    assert!(house.chat.brought().is_empty());
}

#[tokio::test]
async fn a_hand_over_of_another_process_is_made_up_for_only_once_that_one_must_have_ended() {
    let house = on_discord().await;
    let another = house.another_bot();
    let issued = house.on(async move { another.issue(&somebody_on_discord(), "ada").await }).await;
    let link = link_of(issued).await;
    house.keep().await;
    assert!(house.events("shown").is_empty());
    assert_eq!(house.open(&link).await.status, 200);
    house.clock.move_by(ABANDONED);
    house.keep().await;
    house.keep().await;
    let [shown] = &house.events("shown")[..] else { panic!("once") };
    assert_eq!(shown["way"], "nowhere");
    assert_eq!(house.open(&link).await.status, 410);
    let told = house.chat.told();
    assert!(matches!(&told[..], [(admin, News::NotShown { .. })] if *admin == somebody_on_discord().admin));
    house.deliver_receipts().await.unwrap();
}

#[tokio::test]
async fn a_hand_over_that_this_process_makes_is_left_alone_however_long_it_takes() {
    let house = on_discord().await;
    let bot = house.bot();
    let issued = house.on(async move { bot.issue(&somebody_on_discord(), "ada").await }).await;
    let link = link_of(issued).await;
    house.clock.move_by(ABANDONED + ABANDONED);
    house.keep().await;
    assert!(house.events("shown").is_empty());
    assert_eq!(house.open(&link).await.status, 200);
}

#[tokio::test]
async fn what_changes_something_runs_to_its_end_though_whoever_pressed_has_gone() {
    let house = House::start().await;
    let link = house.link_for("ada").await;
    let (bot, alice) = (house.bot(), Caller::from(House::admin()));
    house.directory.keeps_waiting(true);
    let command = bot::command::Command::ResetRevoke { contact: "ada".to_owned() };
    let pressed = house.begin_on(async move { bot.obey(&alice, &command).await });
    house.directory.is_asked().await;
    pressed.abort();
    assert!(pressed.await.unwrap_err().is_cancelled());
    house.directory.keeps_waiting(false);
    house.event("revoked").await;
    assert_eq!(house.open(&link).await.status, 410);
    house.deliver_receipts().await.unwrap();
}

#[tokio::test]
async fn a_link_that_nobody_waits_for_any_more_is_withdrawn_and_its_admin_hears_so() {
    let house = on_discord().await;
    let bot = house.bot();
    house.directory.keeps_waiting_for_others(true);
    let asked = house.begin_on(async move { bot.issue(&somebody_on_discord(), "ada").await });
    house.directory.is_asked_for_others().await;
    asked.abort();
    assert!(asked.await.unwrap_err().is_cancelled());
    house.directory.keeps_waiting_for_others(false);
    house.event("link_revoked").await;
    assert_eq!(house.events("shown")[0]["way"], "nowhere");
    house.keep().await;
    assert!(matches!(&house.chat.told()[..], [(_, News::NotShown { .. })]));
    house.deliver_receipts().await.unwrap();
}

#[tokio::test]
async fn who_answers_before_the_message_is_known_of_leaves_none_with_buttons() {
    let house = house(plan()).await;
    house.chat.keeps_waiting(true);
    let bot = house.bot();
    let asking = house.begin_on(async move { bot.issue(&House::admin().into(), "ada").await });
    wait::until("question", async || !house.chat.questions().is_empty()).await;
    let request = house.chat.questions()[0].request;
    assert!(matches!(act(&house, bob(), Action::Decline(request)).await, Reply::Declined { .. }));
    assert!(house.chat.closed().is_empty());
    house.chat.keeps_waiting(false);
    asking.await.unwrap();
    let [(_, state)] = &house.chat.closed()[..] else { panic!("the message shows the answer") };
    assert!(matches!(state, RequestState::Closed(Closing::Declined, Some(_))));
}

#[tokio::test]
async fn two_identical_commands_at_once_ask_once() {
    let house = house(plan()).await;
    house.chat.keeps_waiting(true);
    let ask = || {
        let bot = house.bot();
        house.begin_on(async move { bot.issue(&House::admin().into(), "ada").await })
    };
    let both = [ask(), ask()];
    wait::until("question", async || !house.chat.questions().is_empty()).await;
    house.chat.keeps_waiting(false);
    let mut requests = Vec::new();
    for asked in both {
        match asked.await.unwrap() {
            Issued::AwaitingApproval(waiting) => requests.push(waiting.request),
            other => panic!("nobody was asked: {other:?}"),
        }
    }
    assert_eq!(requests[0], requests[1]);
    assert_eq!(house.chat.questions().len(), 1);
}

#[tokio::test]
async fn a_request_that_stands_nowhere_is_closed_and_whoever_asked_hears_so() {
    let mut house = house(plan()).await;
    house.chat.keeps_waiting(true);
    let bot = house.bot();
    let asking = house.begin_on(async move { bot.issue(&House::admin().into(), "ada").await });
    wait::until("question", async || !house.chat.questions().is_empty()).await;
    house.kill().await;
    drop(asking);
    house.chat.keeps_waiting(false);
    house.begin().await;
    house.clock.move_by(ABANDONED);
    house.keep().await;
    assert_eq!(house.events("approval_closed")[0]["why"], "interrupted");
    assert!(matches!(&house.chat.told()[..], [(_, News::AskAgain { .. })]));
}

#[tokio::test]
async fn a_shell_that_cannot_withdraw_says_so_and_the_running_bot_does_it() {
    let house = House::planned(Plan { mail: true, hand_over: HandOver::Refuse, ..Plan::default() }).await;
    // Another process, which does not reach the redeem half.
    let shell = house.another_bot();
    house.post.fails_next(bot::mail::MailFailure::OutcomeUnknown { cause: bot::mail::Cause::Closed });
    let alice = Admin { platform: Platform::Shell, user: "alice".to_owned() };
    let issued = house.on(async move { shell.issue(&alice.into(), "ada").await }).await;
    let Issued::Refused(refused) = issued else { panic!("{issued:?}") };
    assert!(matches!(refused, Refused::HandOverOff { not_withdrawn: Some(_), .. }), "{refused:?}");
    let text = house.in_words(&Reply::Refused(refused)).text;
    assert!(
        text.contains("until 09:15 UTC it works") && text.contains("/reset-revoke contact:ada"),
        "{text}"
    );
    let link = link_in(&house.post.attempts()[0]).unwrap();
    assert_eq!(house.open(&link).await.status, 200, "what it says is so");
    house.keep().await;
    assert_eq!(house.open(&link).await.status, 410);
    assert_eq!(house.events("link_revoked").len(), 1);
    house.deliver_receipts().await.unwrap();
}

#[tokio::test]
async fn a_mail_that_may_arrive_and_a_link_that_is_withdrawn_are_told_so() {
    let house = House::planned(Plan { mail: true, hand_over: HandOver::Refuse, ..Plan::default() }).await;
    house.post.fails_next(bot::mail::MailFailure::OutcomeUnknown { cause: bot::mail::Cause::Closed });
    let refused = house.refusal_for("ada").await;
    assert!(matches!(refused, Refused::HandOverOff { not_withdrawn: None, .. }), "{refused:?}");
    let text = house.in_words(&Reply::Refused(refused)).text;
    assert!(text.contains("The link in that mail is withdrawn"), "{text}");
    house.deliver_receipts().await.unwrap();
}
