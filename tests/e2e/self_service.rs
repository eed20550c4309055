//! Contacts help themselves: from the page to the bot, and from there to the contact's mailbox or to the help desk.

mod change;

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
    let harness =
        Harness::planned(Plan { protected: vec!["ada".to_owned()], asks_per_client: 100, ..plan() }).await;
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
    harness.issue("ada").await;
    let link = link_in(&harness.mailer.mails()[0]).unwrap();
    asks(&harness, "ada").await;
    assert_eq!(harness.mailer.mails().len(), 2);
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

/// Where a mail lets its reader say that it was not them.
fn objection_in(mail: &bot::mail::OutgoingMail) -> String {
    let line = mail.text.lines().find(|line| line.contains("/n/v4.public."));
    line.expect("a link to object by").to_owned()
}

#[tokio::test]
async fn whoever_did_not_ask_says_so_and_what_was_issued_up_to_then_is_dead_and_no_more() {
    let harness = with_mail().await;
    harness.issue("ada").await;
    harness.clock.move_by(jiff::SignedDuration::from_mins(1));
    harness.issue("ada").await;
    harness.clock.move_by(jiff::SignedDuration::from_mins(1));
    harness.issue("ada").await;
    let mails = harness.mailer.mails();
    let links: Vec<_> = mails.iter().map(|mail| link_in(mail).unwrap()).collect();
    let objection = objection_in(&mails[1]);
    for _ in 0..3 {
        assert_eq!(harness.visit("GET", &objection).await.status, 200);
        assert_eq!(harness.visit("HEAD", &objection).await.status, 200);
    }
    assert_eq!(harness.open(&links[1]).await.status, 200, "opening it changes nothing");
    let path = objection.strip_prefix("https://reset.example.org").unwrap();
    for _ in 0..2 {
        let said = harness.submit(path, &[]).await;
        assert_eq!((said.status, said.headers["location"].to_str().unwrap()), (303, "/n/done"));
    }
    assert_eq!(harness.visit("GET", "/n/done").await.status, 200);
    for (link, status) in links.iter().zip([410, 410, 200]) {
        assert_eq!(harness.open(link).await.status, status);
    }
    harness.deliver_receipts().await.unwrap();
    assert_eq!(harness.receipts(), ["objected"], "once for each event");
    let told: Vec<_> = harness.chat.told().into_iter().map(|(admin, news)| (admin.user, news)).collect();
    assert!(matches!(&told[..], [(user, bot::News::Objected { .. })] if user == "alice"), "{told:?}");
    assert_eq!(
        harness.redeem(&links[2], PASSWORD).await.status,
        200,
        "a stolen notice is no standing denial"
    );
}

#[tokio::test]
async fn the_notice_of_a_change_can_be_objected_to_for_a_day() {
    let harness = with_mail().await;
    harness.issue("ada").await;
    let link = link_in(&harness.mailer.mails()[0]).unwrap();
    assert_eq!(harness.redeem(&link, PASSWORD).await.status, 200);
    harness.deliver_receipts().await.unwrap();
    let objection = objection_in(&harness.mailer.mails()[1]);
    let page = harness.visit("GET", &objection).await;
    assert!(page.body.contains("a new password was set for your account"), "{}", page.body);
    harness.clock.move_by(jiff::SignedDuration::from_hours(20));
    let path = objection.strip_prefix("https://reset.example.org").unwrap();
    assert_eq!(harness.submit(path, &[]).await.status, 303);
    harness.deliver_receipts().await.unwrap();
    assert!(harness.receipts().contains(&"objected".to_owned()));
    harness.clock.move_by(jiff::SignedDuration::from_hours(4));
    assert_eq!(harness.visit("GET", &objection).await.status, 410);
    assert_eq!(harness.submit(path, &[]).await.status, 410);
}

#[tokio::test]
async fn the_start_page_shows_what_is_on_and_password_managers_are_led_there() {
    let well_known = "/.well-known/change-password";
    let harness = with_mail().await;
    assert!(harness.visit("GET", "/").await.body.contains("href=\"/forgot\""));
    let led = harness.visit("GET", well_known).await;
    assert_eq!((led.status, led.headers["location"].to_str().unwrap()), (303, "/forgot"));
    // <https://w3c.github.io/webappsec-change-password-url/#semantics>
    let not_there = "/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200";
    assert_eq!(harness.visit("GET", not_there).await.status, 404);
    let harness = Harness::start().await;
    assert_eq!(harness.visit("GET", well_known).await.status, 404);
    assert!(!harness.visit("GET", "/").await.body.contains("/forgot"));
}
