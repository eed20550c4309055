//! The pages on which contacts help themselves, in a real browser.

use jiff::SignedDuration;
use keys::{ContactId, LinkId, NewObjection, ObjectionLink, ObjectionSubject};
use reset_link_tests::harness::binary::Process;
use reset_link_tests::harness::clock::machine;
use serde_json::json;

use crate::browser::{Browser, ENTER, TAB};
use crate::mailbox::Mailbox;
use crate::pages::{PASSWORD, link_for, set};
use crate::place::{Place, STARTTLS, Visitor};
use crate::screenshots::take;

const FORGOT: &str = "[self_service]\nforgot = \"mail\"\n";

/// An objection to what happened so long ago.
pub(crate) fn objection(
    place: &Place,
    process: &Process,
    subject: ObjectionSubject,
    ago: SignedDuration,
) -> String {
    let new = NewObjection {
        contact: ContactId::new("ada").unwrap(),
        event: LinkId::from_random([7; 24]),
        subject,
        at: machine()() - ago,
    };
    ObjectionLink::sign(&place.keyring(), process.url(), &new).expose().to_owned()
}

const A_MINUTE: SignedDuration = SignedDuration::from_mins(1);

async fn path(browser: &Browser) -> String {
    browser.run("return location.pathname").await.as_str().unwrap().to_owned()
}

#[tokio::test]
#[ignore = "needs Chromium: run tests/with-services"]
async fn a_contact_finds_from_the_start_page_to_the_mailbox() {
    let place = Place::with(&format!("{FORGOT}asks_per_client_and_hour = 1\n"));
    let process = place.start().await;
    let browser = Browser::open().await;
    browser.goto(process.url()).await;
    assert_eq!(browser.text("h1").await, "Your password");
    take(&browser, "start-forgot").await;
    browser.click("main a.button").await;
    assert_eq!(browser.text("h1").await, "Forgot your password?");
    take(&browser, "forgot").await;

    browser.click("button[type=submit]").await;
    assert_eq!(browser.text(".failures").await, "Enter your e-mail address or ID.");
    assert_eq!(browser.run("return document.activeElement.className").await, "failures");
    assert_eq!(
        browser.run("return document.title").await,
        "Error: Forgot your password? – Example University"
    );
    take(&browser, "forgot-empty").await;
    browser.click(".failures a").await;
    assert_eq!(browser.run("return document.activeElement.id").await, "contact");

    browser.type_into("#contact", "ada").await;
    browser.click("button[type=submit]").await;
    browser.text(".sign.note + h1").await;
    assert_eq!(browser.text("h1").await, "Please look into your mailbox");
    assert_eq!(path(&browser).await, "/forgot/asked", "loading it again asks for nothing");
    take(&browser, "asked").await;

    browser.goto(&format!("{}/forgot", process.url())).await;
    browser.type_into("#contact", "ada").await;
    browser.click("button[type=submit]").await;
    browser.text(".sign.wait + h1").await;
    assert_eq!(browser.text("h1").await, "That was quite often");
    take(&browser, "too-often").await;
    browser.close().await;
}

#[tokio::test]
#[ignore = "needs Chromium: run tests/with-services"]
async fn the_start_page_has_a_button_for_each_page() {
    let place = Place::with(&format!("{FORGOT}change = true\n"));
    let process = place.start().await;
    let browser = Browser::open().await;
    browser.goto(process.url()).await;
    let buttons = "return [...document.querySelectorAll('main a')].map(button => [button.textContent, button.pathname])";
    let expected = json!([["Forgot your password?", "/forgot"], ["Change your password", "/change"]]);
    assert_eq!(browser.run(buttons).await, expected);
    take(&browser, "start").await;
    browser.close().await;
}

const KNOWN: &str = "lighthouse keeper with nine umbrellas";

/// On which Ada has a password.
async fn where_ada_has_a_password(sections: &str) -> (Place, Process) {
    let place = Place::with(&format!("[self_service]\nchange = true\n{sections}"));
    let mut process = place.start().await;
    let link = link_for(&mut process, "ada").await;
    assert_eq!(Visitor::new().redeem(&link, KNOWN).await, 200);
    (place, process)
}

async fn fill(browser: &Browser, current: &str, [password, confirm]: [&str; 2]) {
    for (field, text) in [("#current", current), ("#password", password), ("#confirm", confirm)] {
        browser.type_into(field, text).await;
    }
    browser.click("button[type=submit]").await;
}

#[tokio::test]
#[ignore = "needs Chromium: run tests/with-services"]
async fn a_contact_who_knows_the_password_changes_it() {
    let (place, process) = where_ada_has_a_password("changes_per_client_and_hour = 2\n").await;
    let browser = Browser::open().await;
    browser.goto(&format!("{}/change", process.url())).await;
    assert_eq!(browser.text("h1").await, "Change your password");
    take(&browser, "change").await;

    browser.click("button[type=submit]").await;
    browser.text(".failures a[href='#contact']").await;
    assert_eq!(browser.run("return document.activeElement.className").await, "failures");
    take(&browser, "change-incomplete").await;

    browser.type_into("#contact", "ada").await;
    fill(&browser, KNOWN, ["ada2024", "ada2025"]).await;
    browser.text(".failures a[href='#password']").await;
    assert_eq!(browser.run("return document.querySelector('#contact').value").await, "ada");
    take(&browser, "change-rejected").await;

    fill(&browser, "not hers at all", [PASSWORD; 2]).await;
    browser.text(".failures a[href='#contact']").await;
    let marked = "return [...document.querySelectorAll('[aria-invalid=true]')].map(field => field.id)";
    assert_eq!(browser.run(marked).await, json!(["contact", "current"]));
    take(&browser, "change-does-not-match").await;

    fill(&browser, KNOWN, [PASSWORD; 2]).await;
    browser.text(".sign.good + h1").await;
    assert_eq!(path(&browser).await, "/change/done");
    take(&browser, "changed").await;
    let checked = place.run(&["contacts", "check-password", "ada"], PASSWORD);
    assert!(checked.status.success(), "{checked:?}");

    browser.goto(&format!("{}/change", process.url())).await;
    browser.type_into("#contact", "ada").await;
    fill(&browser, PASSWORD, [KNOWN; 2]).await;
    assert_eq!(browser.text(".sign.wait + h1").await, "That was quite often");
    browser.close().await;
}

#[tokio::test]
#[ignore = "needs Chromium: run tests/with-services"]
async fn a_password_is_changed_by_the_keyboard_alone_and_without_a_script() {
    let (_place, process) = where_ada_has_a_password("").await;
    let browser = Browser::open().await;
    browser.chrome("Emulation.setScriptExecutionDisabled", json!({ "value": true })).await;
    browser.goto(process.url()).await;
    browser.press(&[TAB, ENTER]).await;
    for (field, text) in
        [("contact", "ada"), ("current", KNOWN), ("password", PASSWORD), ("confirm", PASSWORD)]
    {
        browser.text(&format!("#{field}")).await;
        browser.press(&[TAB]).await;
        assert_eq!(browser.run(FOCUS).await, json!([field, true]));
        let keys: Vec<String> = text.chars().map(String::from).collect();
        browser.press(&keys.iter().map(String::as_str).collect::<Vec<_>>()).await;
    }
    browser.press(&[TAB]).await;
    assert_eq!(browser.run(FOCUS).await, json!(["Change password", true]));
    browser.press(&[ENTER]).await;
    browser.text(".sign.good + h1").await;
    browser.close().await;
}

#[tokio::test]
#[ignore = "needs Chromium: run tests/with-services"]
async fn a_contact_says_that_it_was_not_them() {
    let place = Place::with(FORGOT);
    let process = place.start().await;
    let browser = Browser::open().await;
    for (subject, name) in [(ObjectionSubject::Link, "link"), (ObjectionSubject::Change, "change")] {
        browser.goto(&objection(&place, &process, subject, A_MINUTE)).await;
        assert_eq!(browser.text("h1").await, "Was that not you?");
        assert_eq!(browser.text(".account .id").await, "ada");
        let marks = "return getComputedStyle(document.querySelector('.account .id'), '::before').content";
        assert_eq!(browser.run(marks).await, "none", "no brackets where there is no name");
        take(&browser, &format!("objection-{name}")).await;
    }
    browser.click("button[type=submit]").await;
    browser.text(".sign.good + h1").await;
    assert_eq!(browser.text("h1").await, "Thank you for telling us");
    assert_eq!(path(&browser).await, "/n/done", "the token is out of the address bar");
    take(&browser, "objected").await;

    let late = objection(&place, &process, ObjectionSubject::Link, SignedDuration::from_hours(24));
    browser.goto(&late).await;
    assert_eq!(browser.text("h1").await, "This page works for one day");
    take(&browser, "objection-expired").await;
    browser.close().await;
}

/// Where the focus is, and whether a person sees it.
const FOCUS: &str = "const { activeElement } = document, { outlineStyle, outlineWidth } = getComputedStyle(activeElement);
    return [activeElement.id || activeElement.textContent.trim(), outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2]";

#[tokio::test]
#[ignore = "needs Chromium: run tests/with-services"]
async fn the_keyboard_is_enough_and_no_script_is_needed() {
    let place = Place::with(FORGOT);
    let process = place.start().await;
    let browser = Browser::open().await;
    browser.chrome("Emulation.setScriptExecutionDisabled", json!({ "value": true })).await;
    browser.goto(process.url()).await;
    browser.press(&[TAB]).await;
    assert_eq!(browser.run(FOCUS).await, json!(["Forgot your password?", true]));
    browser.press(&[ENTER]).await;
    browser.text("#contact").await;
    browser.press(&[TAB]).await;
    assert_eq!(browser.run(FOCUS).await, json!(["contact", true]));
    // With nothing in it the form comes back, and the next stop is what leads to the field.
    browser.press(&[ENTER]).await;
    browser.text(".failures").await;
    browser.press(&[TAB]).await;
    assert_eq!(browser.run(FOCUS).await, json!(["Enter your e-mail address or ID.", true]));
    browser.press(&[ENTER]).await;
    browser.press(&["a", "d", "a", TAB]).await;
    assert_eq!(browser.run(FOCUS).await, json!(["Send me a link", true]));
    browser.press(&[ENTER]).await;
    browser.text(".sign.note + h1").await;
    assert_eq!(path(&browser).await, "/forgot/asked");

    browser.goto(&objection(&place, &process, ObjectionSubject::Link, A_MINUTE)).await;
    browser.press(&[TAB]).await;
    assert_eq!(browser.run(FOCUS).await, json!(["That was not me", true]));
    browser.press(&[ENTER]).await;
    browser.text(".sign.good + h1").await;
    assert_eq!(path(&browser).await, "/n/done");
    browser.close().await;
}

#[tokio::test]
#[ignore = "needs Chromium: run tests/with-services"]
async fn a_password_manager_knows_what_belongs_into_each_field() {
    let fields = "return [...document.querySelectorAll('form input[name]')].map(field => [field.name, field.type, field.autocomplete])";
    let contact = ["contact", "text", "username"];
    let all = [
        contact,
        ["current", "password", "current-password"],
        ["password", "password", "new-password"],
        ["confirm", "password", "new-password"],
    ];
    for (sections, page, expected) in
        [(FORGOT, "/forgot", json!([contact])), ("[self_service]\nchange = true\n", "/change", json!(all))]
    {
        let place = Place::with(sections);
        let process = place.start().await;
        let browser = Browser::open().await;
        // Where it leads its people.
        browser.goto(&format!("{}/.well-known/change-password", process.url())).await;
        assert_eq!(path(&browser).await, page);
        assert_eq!(browser.run(fields).await, expected);
        browser.close().await;
    }
}

#[tokio::test]
#[ignore = "needs Chromium and Postfix: run tests/with-services"]
async fn from_the_page_to_the_mailbox_to_a_new_password_and_back_to_say_that_it_was_not_them() {
    let place = Place::with_mail_and(&STARTTLS, FORGOT);
    place.import("id,name,email,language\nida,Ida Rhodes,ida@example.org,en\n");
    let mut process = place.start().await;
    let browser = Browser::open().await;
    for typed in ["xanthippe@example.org", "Ida@Example.org"] {
        browser.goto(&format!("{}/forgot", process.url())).await;
        browser.type_into("#contact", typed).await;
        browser.click("button[type=submit]").await;
        browser.text(".sign.note + h1").await;
    }
    let mailbox = Mailbox::of("ida");
    let mail = mailbox.receives("Example University: set a new password").await;
    assert!(mail.text().contains("somebody said on our page"), "{}", mail.text());
    set(&browser, &mail.link().unwrap()).await;

    let notice = mailbox.receives("Example University: your password was changed").await;
    browser.goto(&notice.objection().unwrap()).await;
    let what = browser.text(".lead").await;
    assert!(what.contains("a new password was set for your account"), "{what}");
    browser.click("button[type=submit]").await;
    assert_eq!(browser.text(".sign.good + h1").await, "Thank you for telling us");
    assert_eq!(browser.complaints().await, Vec::<String>::new());
    browser.close().await;

    assert!(process.terminate().await.success());
    let audit = place.audit();
    assert!(audit.iter().any(|line| line["outcome"] == "objected"), "{audit:?}");
    let issued = audit.iter().find(|line| line["event"] == "issued").unwrap();
    assert_eq!(issued["admin"]["platform"], "page");
    assert!(
        !audit.iter().any(|line| line.to_string().contains("xanthippe")),
        "who is nobody is written nowhere"
    );
    assert!(!process.stderr().contains("xanthippe"), "nor logged, at its finest level");
}
