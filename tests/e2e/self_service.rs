//! Contacts help themselves: from the page to the bot, and from there to the contact's mailbox or to the help desk.

use config::Forgot;
use reset_link_tests::harness::{Harness, PASSWORD, Plan, link_in};

async fn with_mail() -> Harness {
    Harness::planned(Plan { mail: true, forgot: Forgot::Mail, ..Plan::default() }).await
}

async fn asks(harness: &Harness, typed: &str) {
    let answer = harness.submit("/forgot", &[("contact", typed)]).await;
    assert_eq!(
        (answer.status, answer.headers["location"].to_str().unwrap()),
        (303, "/forgot/asked"),
        "{typed}"
    );
    harness.hand_on_wishes().await.unwrap();
}

#[tokio::test]
async fn a_contact_who_forgot_the_password_asks_on_the_page_and_is_mailed_a_link() {
    let harness = with_mail().await;
    assert_eq!(harness.visit("GET", "/forgot").await.status, 200);
    asks(&harness, "ada").await;
    assert_eq!(harness.visit("GET", "/forgot/asked").await.status, 200);
    let mails = harness.mailer.mails();
    let link = link_in(&mails[0]).unwrap();
    assert_eq!(harness.redeem(&link, PASSWORD).await.status, 200);
    assert!(harness.signs_in("ada", PASSWORD).await);
    let issued = &harness.events("issued")[0];
    assert_eq!(issued["admin"]["platform"], "page", "{issued}");
}

#[tokio::test]
async fn whoever_is_nobody_is_mailed_nothing() {
    let harness = with_mail().await;
    asks(&harness, "nobody@example.org").await;
    assert!(harness.mailer.attempts().is_empty());
}
