//! The pages in a real browser.

use reset_link_tests::harness::binary::{Process, link_in};
use reset_link_tests::wait;
use serde_json::json;

use crate::browser::{Browser, PHONE};
use crate::place::{Place, Visitor};
use crate::screenshots::take;

pub(crate) const PASSWORD: &str = "quarrel-lantern-otter-plaza";

pub(crate) async fn link_for(process: &mut Process, contact: &str) -> String {
    let answer = process.ask(&format!("/reset-link contact:{contact}")).await;
    link_in(&answer).unwrap_or_else(|| panic!("no link: {answer}")).to_owned()
}

#[tokio::test]
#[ignore = "needs Chromium: run tests/with-services"]
async fn a_password_is_set_on_a_phone() {
    let place = Place::with("");
    let mut process = place.start().await;
    let link = link_for(&mut process, "ada").await;
    let browser = Browser::open().await;

    browser.goto(&link).await;
    assert_eq!(browser.text("h1").await, "Choose a new password");
    assert_eq!(browser.text(".account .name").await, "Ada Lovelace");
    assert_eq!(browser.run("return document.documentElement.lang").await, "en");
    take(&browser, "form").await;
    browser.click("details.offer summary").await;
    take(&browser, "form-with-passphrase").await;

    browser.type_into("#password", PASSWORD).await;
    browser.type_into("#confirm", "something else altogether").await;
    browser.click("button[type=submit]").await;
    assert_eq!(browser.text(".failures li").await, "The two passwords were not the same. Type both again.");
    let marked = "return [...document.querySelectorAll('[aria-invalid=true]')].map(field => field.id)";
    assert_eq!(browser.run(marked).await, json!(["password", "confirm"]));
    assert_eq!(
        browser.run("return document.title").await,
        "Error: Choose a new password – Example University"
    );
    assert_eq!(
        browser.run("return document.activeElement.className").await,
        "failures",
        "a screen reader begins with what is wrong"
    );
    take(&browser, "error-confirm").await;

    browser.type_into("#password", "ada2024").await;
    browser.type_into("#confirm", "ada2025").await;
    browser.click("button[type=submit]").await;
    browser.text(".failures li + li + li").await;
    let failures = browser.text(".failures").await;
    assert!(failures.contains("Too short") && failures.contains("not the same"), "{failures}");
    take(&browser, "errors").await;

    browser.type_into("#password", PASSWORD).await;
    browser.type_into("#confirm", PASSWORD).await;
    browser.click("button[type=submit]").await;
    browser.text(".sign.good + h1").await;
    assert_eq!(browser.text("h1").await, "Your new password is set");
    assert_eq!(browser.text(".account .name").await, "Ada Lovelace");
    assert_eq!(browser.run("return location.pathname").await, "/done", "the token is out of the address bar");
    let sign_in = browser.run("return document.querySelector('a.button').href").await;
    assert_eq!(sign_in, "https://www.example.org/sign-in");
    take(&browser, "done").await;
    browser.close().await;

    let stranger = Browser::open().await;
    stranger.goto(&link).await;
    assert_eq!(stranger.text("h1").await, "This link has already been used");
    take(&stranger, "used").await;
    stranger.goto(&format!("{}/done", process.url())).await;
    assert_eq!(stranger.text("h1").await, "Have you just set a new password?");
    take(&stranger, "done-for-a-stranger").await;
    stranger.close().await;

    let checked = place.run(&["contacts", "check-password", "ada"], PASSWORD);
    assert!(checked.status.success(), "{checked:?}");
}

/// Sets a password and waits for the page that says so.
pub(crate) async fn set(browser: &Browser, link: &str) {
    browser.goto(link).await;
    browser.type_into("#password", PASSWORD).await;
    browser.type_into("#confirm", PASSWORD).await;
    browser.click("button[type=submit]").await;
    browser.text(".sign.good + h1").await;
}

#[tokio::test]
#[ignore = "needs Chromium: run tests/with-services"]
async fn after_success_reloading_going_back_and_the_link_itself_show_the_same_page() {
    let place = Place::with("");
    let mut process = place.start().await;
    let link = link_for(&mut process, "ada").await;
    let browser = Browser::open().await;
    set(&browser, &link).await;
    browser.reload().await;
    assert_eq!(browser.text(".sign.good + h1").await, "Your new password is set");
    browser.back().await;
    assert_eq!(browser.text(".sign.good + h1").await, "Your new password is set");
    browser.goto(&link).await;
    assert_eq!(browser.text(".account .name").await, "Ada Lovelace");
    assert_eq!(browser.run("return [location.pathname, document.cookie]").await, json!(["/done", ""]));
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    browser.close().await;
}

#[tokio::test]
#[ignore = "needs Chromium: run tests/with-services"]
async fn a_browser_that_keeps_no_cookies_sees_that_the_password_is_set() {
    let place = Place::with("");
    let mut process = place.start().await;
    let link = link_for(&mut process, "ada").await;
    let browser = Browser::open_without_cookies().await;
    set(&browser, &link).await;
    assert_eq!(browser.text("h1").await, "Your new password is set");
    assert_eq!(browser.run("return document.querySelector('.account')").await, json!(null));
    browser.close().await;
}

#[tokio::test]
#[ignore = "needs Chromium: run tests/with-services"]
async fn the_length_is_told_while_a_password_is_typed() {
    let place = Place::with("");
    let mut process = place.start().await;
    let browser = Browser::open().await;
    browser.goto(&link_for(&mut process, "ada").await).await;
    assert_eq!(browser.run("return document.querySelector('#length').checkVisibility()").await, false);
    browser.type_into("#password", "quarrel").await;
    assert_eq!(browser.text("#length").await, "7 of at least 12 characters");
    browser.type_into("#password", "-lantern").await;
    assert_eq!(browser.text("#length").await, "15 characters");
    browser.close().await;
}

#[tokio::test]
#[ignore = "needs Chromium: run tests/with-services"]
async fn a_link_that_opens_nothing_says_why() {
    let place = Place::with("[limits]\nrequests_per_link_and_minute = 6\n");
    let mut process = place.start().await;
    let browser = Browser::open().await;

    let link = link_for(&mut process, "ada").await;
    browser.goto(link.strip_suffix(|_: char| true).unwrap()).await;
    assert_eq!(browser.text("h1").await, "This link is not complete");
    take(&browser, "damaged").await;

    let second = link_for(&mut process, "ada").await;
    assert_eq!(Visitor::new().redeem(&second, PASSWORD).await, 200);
    browser.goto(&link).await;
    assert_eq!(browser.text("h1").await, "This link is out of date");
    take(&browser, "overtaken").await;

    let withdrawn = link_for(&mut process, "nils").await;
    process.ask("/reset-revoke contact:nils").await;
    browser.goto(&withdrawn).await;
    assert_eq!(browser.text("h1").await, "This link has been withdrawn");
    take(&browser, "withdrawn").await;

    let often = link_for(&mut process, "nils").await;
    for _ in 0..6 {
        Visitor::new().get(&often).await;
    }
    browser.goto(&often).await;
    assert_eq!(browser.text("h1").await, "One moment, please");
    take(&browser, "too-many").await;

    browser.goto(process.url()).await;
    assert_eq!(browser.text("h1").await, "Set a new password");
    browser.close().await;
}

#[tokio::test]
#[ignore = "needs Chromium: run tests/with-services"]
async fn an_expired_link_says_so() {
    let place = Place::with("[links]\nlifetime = \"1s\"\n[limits]\nrequests_per_link_and_minute = 100000\n");
    let mut process = place.start().await;
    let link = link_for(&mut process, "ada").await;
    // The other process's clock decides.
    let visitor = Visitor::new();
    wait::until("end of the link", async || visitor.get(&link).await != 200).await;
    let browser = Browser::open().await;
    browser.goto(&link).await;
    assert_eq!(browser.text("h1").await, "This link has expired");
    take(&browser, "expired").await;
    browser.close().await;
}

#[tokio::test]
#[ignore = "needs Chromium: run tests/with-services"]
async fn the_page_speaks_the_contact_s_language_whatever_the_browser_s() {
    let place = Place::with("");
    let mut process = place.start().await;
    let link = link_for(&mut process, "emil").await;
    let browser = Browser::open().await;
    browser.goto(&link).await;
    assert_eq!(browser.run("return navigator.language.split('-')[0]").await, "en");
    assert_eq!(browser.run("return document.documentElement.lang").await, "de");
    assert_eq!(browser.text("h1").await, "Neues Passwort wählen");
    take(&browser, "form-german").await;
    browser.close().await;
}

#[tokio::test]
#[ignore = "needs Chromium: run tests/with-services"]
async fn a_password_manager_finds_account_and_new_password() {
    let place = Place::with("");
    let mut process = place.start().await;
    let link = link_for(&mut process, "ada").await;
    let browser = Browser::open().await;
    browser.goto(&link).await;
    // As it stands in the form, before the password fields; hidden from eyes, and yet rendered, since some look at visible fields only.
    let fields = browser
        .run(
            "return [...document.querySelectorAll('form input:not([type=checkbox])')]
                .map(field => [field.type, field.autocomplete, field.value, getComputedStyle(field).display === 'none'])",
        )
        .await;
    let expected = json!([
        ["text", "username", "ada", false],
        ["password", "new-password", "", false],
        ["password", "new-password", "", false],
    ]);
    assert_eq!(fields, expected);
    assert_eq!(browser.run("return document.querySelectorAll('form').length").await, 1);
    browser.close().await;
}

#[tokio::test]
#[ignore = "needs Chromium: run tests/with-services"]
async fn the_offered_passphrase_is_taken_with_one_press_and_can_be_read() {
    let place = Place::with("");
    let mut process = place.start().await;
    let link = link_for(&mut process, "ada").await;
    let browser = Browser::open().await;
    browser.goto(&link).await;
    browser.click("details.offer summary").await;
    let offered = browser.text("#passphrase").await;
    browser.click("#use-passphrase").await;
    let filled = "return [...document.querySelectorAll('#password, #confirm')].map(field => [field.type, field.value])";
    assert_eq!(browser.run(filled).await, json!([["text", offered], ["text", offered]]));
    browser.click("#reveal").await;
    assert_eq!(browser.run(filled).await, json!([["password", offered], ["password", offered]]));
    browser.click("button[type=submit]").await;
    browser.text(".sign.good + h1").await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    browser.close().await;
    let checked = place.run(&["contacts", "check-password", "ada"], &offered);
    assert!(checked.status.success(), "{checked:?}");
}

#[tokio::test]
#[ignore = "needs Chromium: run tests/with-services"]
async fn without_javascript_the_form_does_all_that_it_has_to() {
    let place = Place::with("");
    let mut process = place.start().await;
    let link = link_for(&mut process, "ada").await;
    let browser = Browser::open().await;
    browser.chrome("Emulation.setScriptExecutionDisabled", json!({ "value": true })).await;
    browser.goto(&link).await;
    let is_shown = async |selector: &str| {
        browser.run(&format!("return document.querySelector('{selector}').checkVisibility()")).await
    };
    // What only a script could do is not offered.
    assert_eq!(is_shown("#reveal-label").await, false);
    browser.click("details.offer summary").await;
    assert_eq!(
        (is_shown("#passphrase").await, is_shown("#use-passphrase").await),
        (true.into(), false.into())
    );
    browser.type_into("#password", PASSWORD).await;
    browser.type_into("#confirm", PASSWORD).await;
    browser.click("button[type=submit]").await;
    browser.text(".sign.good + h1").await;
    assert_eq!(browser.text("h1").await, "Your new password is set");
    browser.close().await;
}

/// Were it not so, that no other test hears a complaint would say nothing.
#[tokio::test]
#[ignore = "needs Chromium: run tests/with-services"]
async fn the_page_s_policy_stops_what_is_not_ours_and_the_browser_complains() {
    let place = Place::with("");
    let mut process = place.start().await;
    let link = link_for(&mut process, "ada").await;
    let browser = Browser::open().await;
    browser.look_like(PHONE).await;
    browser.goto(&link).await;
    browser
        .run(
            "const script = document.createElement('script');
             script.textContent = 'window.wasRun = true';
             document.head.append(script);",
        )
        .await;
    assert_eq!(browser.run("return window.wasRun === undefined").await, true);
    let complaints = browser.complaints().await;
    assert!(complaints.iter().any(|text| text.contains("Content Security Policy")), "{complaints:?}");
    browser.close().await;
}
