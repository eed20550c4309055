//! The chat adapters, each against its platform's fake, and all held to the same contract.
#![expect(clippy::unwrap_used, reason = "what fails in a fixture fails the test")]

mod discord;
mod mattermost;
mod slack;

use std::time::Duration;

use async_trait::async_trait;
use config::{Forgot, HandOver};
use jiff::SignedDuration;
use reset_link_tests::harness::{Harness, OTHER_PASSWORD, PASSWORD, Plan, link_in};

/// How long to wait for what must happen: only a failing test waits so long.
const SOON: Duration = Duration::from_secs(60);

/// As long as no adapter believes what its platform has said before.
const LATER: SignedDuration = SignedDuration::from_mins(2);

/// People on every platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    /// May, by a role or user group where the platform has such.
    Alice,
    /// May, as Alice does.
    Greta,
    /// May, by name.
    Bob,
}

/// A harness and its bot on one platform.
#[async_trait]
trait Stage: Sized + Sync {
    /// Whether the platform vouches that an answer reaches the admin alone, so that a link may stand in it.
    const HAS_LINKS_IN_ANSWERS: bool;

    /// A command, by which the platform can tell of it once more.
    type Command: Send + Sync;

    /// The harness is built to this plan; who may is the platform's own.
    async fn set(plan: Plan) -> Self;

    fn harness(&self) -> &Harness;

    /// Somebody types a command about a contact, and reads the last answer.
    async fn types(&self, who: Who, command: &str, contact: &str) -> String;

    /// Somebody presses a button of the newest question to a second person, and reads the answer.
    async fn presses(&self, who: Who, label: &str) -> String;

    /// The newest question to a second person, as it stands there now.
    fn question(&self) -> String;

    /// What stands in direct messages to somebody, oldest first.
    fn direct_messages(&self, who: Who) -> Vec<String>;

    /// From now on the platform does not say who may, in one of several ways; `false` where there are no more ways.
    fn says_nothing(&self, way: usize) -> bool;

    /// Somebody types a command about a contact, and does not wait for the answer.
    fn sends(&self, who: Who, command: &str, contact: &str) -> Self::Command;

    /// The platform tells of this command once more, and waits for nothing.
    fn tells_again_at_once(&self, command: &Self::Command);

    /// The platform tells of this command once more; waits until the bot has heard it.
    async fn tells_again(&self, command: &Self::Command);

    /// Another process takes the place of the bot's, which was killed.
    async fn restart(&mut self);

    /// Somebody presses a button of the newest question, and the platform hangs up as soon as the bot is at work; or its way for the answer is closed, where it
    /// does not wait.
    async fn presses_and_is_cut_off(&self, who: Who, label: &str);

    /// One more answer to this command, below the first.
    async fn later_answer(&self, command: &Self::Command) -> String;

    /// From now on nobody takes direct messages; answers arrive.
    fn takes_no_direct_messages(&self);

    /// From now on direct messages arrive, and the platform's word for it does not.
    fn loses_its_word_for_direct_messages(&self);

    /// From now on neither a direct message nor an answer arrives.
    fn delivers_nothing(&self);

    /// All is well again.
    fn mend(&self);
}

fn approvals() -> Plan {
    Plan { hand_over: HandOver::Approve, ..Plan::default() }
}

/// The request that was asked for stays open until the platform says who may, whoever of the two it is silent about.
async fn silence_ends_no_request<S: Stage>() {
    for approver in [Who::Greta, Who::Bob] {
        let stage = S::set(approvals()).await;
        stage.types(Who::Alice, "reset-link", "ada").await;
        let mut way = 0;
        while stage.says_nothing(way) {
            stage.harness().clock.move_by(LATER);
            let said = stage.presses(approver, "Approve").await;
            assert!(
                said.contains("It could not be found out who may do this now"),
                "{approver:?}, {way}: {said}"
            );
            stage.mend();
            way += 1;
        }
        assert!(way > 2);
        for event in ["approved", "approval_closed", "denied", "issued"] {
            assert!(stage.harness().events(event).is_empty(), "{event}");
        }
        stage.harness().clock.move_by(LATER);
        let said = stage.presses(approver, "Approve").await;
        assert!(said.contains("Approved: "), "{said}");
        assert!(stage.direct_messages(Who::Alice)[0].contains("/r/v4.public."));
    }
}

/// A command is refused only where the platform has said that somebody may not.
async fn silence_refuses_no_command<S: Stage>() {
    let stage = S::set(Plan::default()).await;
    let mut way = 0;
    while stage.says_nothing(way) {
        for command in ["reset-link", "reset-status", "reset-revoke"] {
            stage.harness().clock.move_by(LATER);
            let said = stage.types(Who::Greta, command, "ada").await;
            assert!(!said.contains("You may not do this here"), "{command}, {way}: {said}");
            let said = stage.types(Who::Bob, command, "ada").await;
            assert!(!said.contains("could not be found out"), "he is named, {command}, {way}: {said}");
        }
        stage.mend();
        way += 1;
    }
    assert!(stage.harness().events("denied").is_empty());
    stage.harness().clock.move_by(LATER);
    let before = stage.harness().events("issued").len();
    stage.types(Who::Greta, "reset-link", "ada").await;
    assert_eq!(stage.harness().events("issued").len(), before + 1);
}

/// Whether a link was shown is written down once the platform has taken it; one that was shown in no way is withdrawn, and its admin hears so.
async fn a_link_is_shown_or_withdrawn<S: Stage>() {
    let stage = S::set(Plan::default()).await;
    stage.delivers_nothing();
    stage.sends(Who::Alice, "reset-link", "ada");
    stage.harness().event("link_revoked").await;
    stage.harness().finish_notices().await;
    assert_eq!(stage.harness().events("shown")[0]["way"], "nowhere");
    stage.harness().housekeeping().await;
    assert!(stage.harness().events("told").is_empty());
    stage.mend();
    stage.harness().clock.move_by(LATER);
    stage.harness().housekeeping().await;
    let told = stage.direct_messages(Who::Alice);
    assert!(told[0].contains("could not be shown to you, so it was withdrawn"), "{told:?}");
    assert_eq!(stage.harness().events("told").len(), 1);
    stage.harness().housekeeping().await;
    assert_eq!(stage.direct_messages(Who::Alice).len(), 1);
    let status = stage.types(Who::Bob, "reset-status", "ada").await;
    assert!(status.contains("not delivered: withdrawn at"), "{status}");
    stage.harness().deliver_receipts().await.unwrap();
}

/// What was told while the platform took nothing is told once it does; the question shows what became of it.
async fn a_lapse_is_told_in_the_end<S: Stage>() {
    let stage = S::set(approvals()).await;
    stage.types(Who::Alice, "reset-link", "ada").await;
    stage.delivers_nothing();
    stage.harness().clock.move_by(bot::APPROVAL_TIME);
    stage.harness().housekeeping().await;
    assert_eq!(stage.harness().events("approval_closed")[0]["why"], "lapsed");
    assert!(stage.harness().events("told").is_empty());
    stage.mend();
    stage.harness().clock.move_by(LATER);
    stage.harness().housekeeping().await;
    let told = stage.direct_messages(Who::Alice);
    assert!(told[0].contains("Nobody answered your request"), "{told:?}");
    assert!(stage.question().contains("the request has lapsed."), "{}", stage.question());
    stage.harness().housekeeping().await;
    assert_eq!(stage.direct_messages(Who::Alice).len(), 1);
}

/// What the platform tells of twice is done once, whichever process hears it.
async fn a_repeat_is_done_once<S: Stage>() {
    let mut stage = S::set(Plan::default()).await;
    let command = stage.sends(Who::Alice, "reset-link", "ada");
    stage.tells_again_at_once(&command);
    stage.harness().event("shown").await;
    stage.tells_again(&command).await;
    stage.harness().finish_notices().await;
    stage.restart().await;
    stage.tells_again(&command).await;
    stage.harness().finish_notices().await;
    assert_eq!(stage.harness().events("issued").len(), 1);
    assert_eq!(stage.direct_messages(Who::Alice).len(), 1);
}

/// What changes something ends, whether the platform waits for it or not.
async fn a_press_is_carried_out<S: Stage>() {
    let stage = S::set(approvals()).await;
    stage.types(Who::Alice, "reset-link", "ada").await;
    stage.harness().directory.keeps_waiting(true);
    stage.presses_and_is_cut_off(Who::Bob, "Approve").await;
    assert!(stage.harness().events("issued").is_empty(), "the directory is still asked");
    stage.harness().directory.keeps_waiting(false);
    stage.harness().event("shown").await;
    stage.harness().finish_notices().await;
    assert_eq!(stage.harness().events("shown")[0]["way"], "direct_message");
    assert_eq!(stage.harness().events("issued").len(), 1);
    assert!(stage.direct_messages(Who::Alice)[0].contains("/r/v4.public."));
    assert!(!stage.question().contains("Approve only if"), "{}", stage.question());
}

/// A link counts as shown by what the platform has said that it took, and by nothing else.
async fn a_message_that_nobody_vouches_for_shows_nothing<S: Stage>() {
    let stage = S::set(Plan::default()).await;
    stage.loses_its_word_for_direct_messages();
    stage.sends(Who::Alice, "reset-link", "ada");
    stage.harness().event("shown").await;
    stage.harness().finish_notices().await;
    let shown: Vec<_> = stage.harness().events("shown");
    let way = if S::HAS_LINKS_IN_ANSWERS { "private_answer" } else { "nowhere" };
    assert_eq!((shown.len(), shown[0]["way"].as_str()), (1, Some(way)));
    assert_eq!(stage.harness().events("link_revoked").is_empty(), S::HAS_LINKS_IN_ANSWERS);
    stage.harness().deliver_receipts().await.unwrap();
}

/// What a second person has agreed to is brought as one more answer where no direct message is taken; a link that may not stand there is withdrawn.
async fn what_was_approved_is_brought<S: Stage>() {
    let stage = S::set(approvals()).await;
    let command = stage.sends(Who::Alice, "reset-link", "ada");
    stage.harness().event("approval_posted").await;
    stage.harness().finish_notices().await;
    stage.takes_no_direct_messages();
    let said = stage.presses(Who::Bob, "Approve").await;
    stage.harness().event("shown").await;
    stage.harness().finish_notices().await;
    let way = stage.harness().events("shown")[0]["way"].clone();
    if S::HAS_LINKS_IN_ANSWERS {
        assert_eq!(way, "private_answer", "{said}");
        let answer = stage.later_answer(&command).await;
        assert!(answer.contains("/r/v4.public."), "{answer}");
        return;
    }
    assert_eq!(way, "nowhere", "{said}");
    assert_eq!(stage.harness().events("link_revoked").len(), 1);
    stage.mend();
    stage.harness().clock.move_by(LATER);
    stage.harness().housekeeping().await;
    let told = stage.direct_messages(Who::Alice);
    assert!(told[0].contains("could not be shown to you, so it was withdrawn"), "{told:?}");
    stage.harness().deliver_receipts().await.unwrap();
}

/// The help desk is asked where it is asked always.
fn help_desk() -> Plan {
    Plan { mail: true, forgot: Forgot::Ask, hand_over_instead: true, ..Plan::default() }
}

async fn asks_for_help(harness: &Harness, typed: &str) {
    assert_eq!(harness.submit("/forgot", &[("contact", typed)]).await.status, 303);
    harness.hand_on_wishes().await.unwrap();
}

/// A contact asks on the page, an admin presses *Send link*, and the mail's link is redeemed; who answered is seen by all.
async fn a_contact_is_helped<S: Stage>() {
    let mut stage = S::set(help_desk()).await;
    asks_for_help(stage.harness(), "ada@example.org").await;
    let question = stage.question();
    assert!(question.contains("Ada Lovelace") && question.contains("e-mailed to a…"), "{question}");
    assert!(!question.contains("ada@") && !question.contains("ada\\@"), "no address in full: {question}");
    stage.restart().await;
    let said = stage.presses(Who::Bob, "Send link").await;
    assert!(said.contains("E-mailed to "), "{said}");
    stage.harness().finish_notices().await;
    let question = stage.question();
    assert!(question.contains("has seen to it."), "{question}");
    let link = link_in(&stage.harness().mailer.mails()[0]).unwrap();
    assert_eq!(stage.harness().redeem(&link, PASSWORD).await.status, 200);
    stage.harness().deliver_receipts().await.unwrap();
    let told = stage.direct_messages(Who::Bob);
    assert!(told.iter().any(|text| text.contains("has used your link")), "{told:?}");
}

/// A link in hand goes by direct message to whoever presses, and a dismissal issues none.
async fn the_help_desk_has_a_choice<S: Stage>() {
    let stage = S::set(help_desk()).await;
    asks_for_help(stage.harness(), "ada").await;
    stage.presses(Who::Greta, "Hand me the link").await;
    stage.harness().finish_notices().await;
    let direct = stage.direct_messages(Who::Greta);
    let word = direct[0].split_whitespace().find(|word| word.contains("/r/v4.public.")).expect("a link");
    let link = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    assert_eq!(stage.harness().redeem(link, OTHER_PASSWORD).await.status, 200, "{direct:?}");
    stage.harness().deliver_receipts().await.unwrap();
    asks_for_help(stage.harness(), "bob").await;
    let question = stage.question();
    assert!(question.contains("no primary e-mail"), "{question}");
    let said = stage.presses(Who::Bob, "Dismiss").await;
    assert!(said.contains("no link is issued for"), "{said}");
    assert!(stage.question().contains("Dismissed by "), "{}", stage.question());
    assert_eq!(stage.harness().events("issued").len(), 1);
}

/// What a platform does not say of who may ends no request to the help desk.
async fn silence_ends_no_help_request<S: Stage>() {
    let stage = S::set(help_desk()).await;
    asks_for_help(stage.harness(), "ada").await;
    assert!(stage.says_nothing(0));
    stage.harness().clock.move_by(LATER);
    let said = stage.presses(Who::Greta, "Send link").await;
    assert!(stage.harness().events("denied").is_empty());
    if said.contains("E-mailed to ") {
        // A press came with the roles of whoever pressed, and there was nothing to ask.
        return;
    }
    assert!(said.contains("It could not be found out who may do this now"), "{said}");
    assert!(stage.harness().events("issued").is_empty());
    stage.mend();
    stage.harness().clock.move_by(LATER);
    let said = stage.presses(Who::Greta, "Send link").await;
    assert!(said.contains("E-mailed to "), "{said}");
}

macro_rules! contract {
    ($($platform:ident: $stage:ty),+ $(,)?) => {
        $(mod $platform {
            use super::*;

            #[tokio::test]
            async fn what_the_platform_does_not_say_ends_no_request() {
                silence_ends_no_request::<$stage>().await;
            }

            #[tokio::test]
            async fn what_the_platform_does_not_say_refuses_no_command() {
                silence_refuses_no_command::<$stage>().await;
            }

            #[tokio::test]
            async fn a_link_that_reaches_nobody_is_withdrawn_and_its_admin_hears_so() {
                a_link_is_shown_or_withdrawn::<$stage>().await;
            }

            #[tokio::test]
            async fn a_command_that_is_told_of_again_is_carried_out_once_after_a_restart_too() {
                a_repeat_is_done_once::<$stage>().await;
            }

            #[tokio::test]
            async fn a_press_is_carried_out_though_the_platform_hangs_up() {
                a_press_is_carried_out::<$stage>().await;
            }

            #[tokio::test]
            async fn a_link_is_shown_once_the_platform_says_that_it_took_it() {
                a_message_that_nobody_vouches_for_shows_nothing::<$stage>().await;
            }

            #[tokio::test]
            async fn what_was_approved_is_brought_where_the_admin_is_reached() {
                what_was_approved_is_brought::<$stage>().await;
            }

            #[tokio::test]
            async fn a_lapse_is_told_once_the_platform_takes_it() {
                a_lapse_is_told_in_the_end::<$stage>().await;
            }

            #[tokio::test]
            async fn a_contact_asks_on_the_page_and_the_help_desk_sends_the_link() {
                a_contact_is_helped::<$stage>().await;
            }

            #[tokio::test]
            async fn the_help_desk_takes_a_link_in_hand_or_dismisses_the_request() {
                the_help_desk_has_a_choice::<$stage>().await;
            }

            #[tokio::test]
            async fn what_the_platform_does_not_say_ends_no_request_to_the_help_desk() {
                silence_ends_no_help_request::<$stage>().await;
            }
        })+
    };
}

contract! {
    on_discord: discord::OnFake,
    on_slack: slack::OnFake<false>,
    on_slack_by_socket: slack::OnFake<true>,
    on_mattermost: mattermost::OnFake,
}
