//! Contacts help themselves: from the page to the bot, and from there to the contact's mailbox or to the help desk.

use std::fmt::Write as _;

use bot::audit::HelpState;
use config::{ForProtected, Forgot};
use contacts::ContactEntry;
use keys::ContactId;
use reset_link_tests::harness::{Answer, Harness, PASSWORD, Plan, link_in};

fn plan() -> Plan {
    Plan { mail: true, forgot: Forgot::Mail, ..Plan::default() }
}

async fn with_mail() -> Harness {
    Harness::planned(plan()).await
}

async fn asks(harness: &Harness, typed: &str) -> Answer {
    let answer = harness.submit("/forgot", &[("contact", typed)]).await;
    assert_eq!(answer.status, 303, "{typed}");
    harness.hand_on_wishes().await.unwrap();
    answer
}

#[tokio::test]
async fn a_contact_who_forgot_the_password_asks_on_the_page_and_is_mailed_a_link() {
    let harness = with_mail().await;
    assert_eq!(harness.visit("GET", "/forgot").await.status, 200);
    assert_eq!(asks(&harness, "ada").await.headers["location"], "/forgot/asked");
    assert_eq!(harness.visit("GET", "/forgot/asked").await.status, 200);
    let mails = harness.mailer.mails();
    let link = link_in(&mails[0]).unwrap();
    assert_eq!(harness.redeem(&link, PASSWORD).await.status, 200);
    assert!(harness.signs_in("ada", PASSWORD).await);
    let issued = &harness.events("issued")[0];
    assert_eq!(issued["admin"]["platform"], "page", "{issued}");
    harness.deliver_receipts().await.unwrap();
    assert_eq!(harness.events("followed").len(), 1);
    assert!(harness.chat.told().is_empty(), "whoever asked on the page is told nothing");
}

/// Everything that a visitor can see of an answer.
fn all_of(answer: &Answer) -> String {
    let mut all = format!("{} {}\n", answer.status, answer.body);
    for (name, value) in &answer.headers {
        writeln!(all, "{name}: {value:?}").unwrap();
    }
    all
}

#[tokio::test]
async fn nobody_learns_on_the_page_who_exists() {
    let harness = Harness::planned(Plan { protected: vec!["ada".to_owned()], mail: true, ..plan() }).await;
    harness.put(vec![ContactEntry::new(ContactId::new("erin").unwrap(), "Erin").inactive()]).await;
    harness.chat.has_desk();
    let limited = "dora@example.org";
    harness.put(vec![ContactEntry::new(ContactId::new("dora").unwrap(), "Dora").with_email(limited)]).await;
    for _ in 0..4 {
        asks(&harness, limited).await;
    }
    assert_eq!(harness.mailer.mails().len(), 3, "limited from now on");
    // The page looks nobody up: it answers the same while the directory does not.
    harness.directory.is_away(true);
    let typed =
        ["nobody", "nobody@example.org", "bob", "carol@example.org", "erin", "ada", limited, "a b\u{0}"];
    let mut answers = Vec::new();
    for typed in typed {
        answers.push(all_of(&harness.submit("/forgot", &[("contact", typed)]).await));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
    assert!(answers[0].starts_with("303"), "{}", answers[0]);
}

#[tokio::test]
async fn a_mail_for_a_protected_contact_never_leaves() {
    for for_protected in [ForProtected::Refuse, ForProtected::Approve] {
        let plan = Plan { protected: vec!["ADA".to_owned()], for_protected, ..plan() };
        let harness = Harness::planned(plan).await;
        harness.chat.has_desk();
        for typed in ["ada", "Ada", "ada@example.org"] {
            asks(&harness, typed).await;
        }
        assert!(harness.mailer.attempts().is_empty());
        let helped = harness.chat.helped();
        assert_eq!(helped.len(), 1, "one open request for each contact");
        assert!(helped[0].is_protected);
    }
}

#[tokio::test]
async fn what_cannot_be_mailed_is_asked_of_the_help_desk_and_a_command_answers_it() {
    let harness = with_mail().await;
    harness.chat.has_desk();
    asks(&harness, "carol").await;
    let helped = harness.chat.helped();
    assert_eq!(helped[0].reasons[0].as_str(), "email_shared");
    harness.issue("carol").await;
    harness.housekeeping().await;
    let closed = harness.chat.help_closed();
    assert!(matches!(&closed[..], [(_, HelpState::Answered(by))] if by.user == "alice"), "{closed:?}");
}

#[tokio::test]
async fn an_older_link_stays_good_though_somebody_asks_again() {
    let harness = with_mail().await;
    let link = harness.link_for("ada").await;
    asks(&harness, "ada").await;
    assert_eq!(harness.redeem(&link, PASSWORD).await.status, 200);
}

#[tokio::test]
async fn what_waits_for_the_bot_is_handed_on_once_and_lapses() {
    let harness = with_mail().await;
    assert_eq!(harness.submit("/forgot", &[("contact", "ada")]).await.status, 303);
    assert_eq!(harness.hand_on_wishes().await, Ok(1));
    assert_eq!(harness.hand_on_wishes().await, Ok(0));
    assert_eq!(harness.submit("/forgot", &[("contact", "ada")]).await.status, 303);
    harness.clock.move_by(keys::WISH_LIFETIME + jiff::SignedDuration::from_secs(1));
    assert_eq!(harness.hand_on_wishes().await, Ok(0));
    assert_eq!(harness.mailer.mails().len(), 1);
}

#[tokio::test]
async fn a_flood_from_one_place_is_refused_with_the_time_to_wait_and_never_by_what_was_typed() {
    let harness = with_mail().await;
    for number in 0..10 {
        assert_eq!(harness.submit("/forgot", &[("contact", &format!("x{number}"))]).await.status, 303);
    }
    let refused = harness.submit("/forgot", &[("contact", "ada")]).await;
    assert_eq!(refused.status, 429);
    assert!(refused.body.contains("60 minutes"), "{}", refused.body);
    assert_eq!(harness.visit("GET", "/forgot").await.status, 200);
    harness.clock.move_by(jiff::SignedDuration::from_mins(60));
    asks(&harness, "ada").await;
    assert_eq!(harness.mailer.mails().len(), 1);
}

#[tokio::test]
async fn a_form_without_anything_in_it_comes_back_and_where_it_is_off_there_is_no_page() {
    let harness = with_mail().await;
    let empty = harness.submit("/forgot", &[("contact", "  ")]).await;
    assert_eq!(empty.status, 422);
    assert!(empty.body.contains("href=\"#contact\""), "{}", empty.body);
    let harness = Harness::start().await;
    assert_eq!(harness.visit("GET", "/forgot").await.status, 404);
    assert_eq!(harness.submit("/forgot", &[("contact", "ada")]).await.status, 404);
}
