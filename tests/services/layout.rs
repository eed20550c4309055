//! Where things stand on a screen, in a real browser: pages, and mails as a mail program shows them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bot::mail::{AskedBy, MailBranding, MailedLink, Recipient};
use config::Organisation;
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use keys::{ContactId, EmailAddress, LinkId, ObjectionSubject};
use serde_json::json;

use crate::browser::{Browser, NARROWEST};
use crate::pages::{link_for, set};
use crate::place::Place;
use crate::self_service::objection;

/// Whether nothing scrolls sideways, how wide the window is, and which words are broken over two lines. The contact's name and id and the link may be.
const LOOK: &str = "const broken = [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const text = texts.currentNode;
        if (text.parentElement.closest('.account bdi, output, .unseen, a[href*=\"/r/\"]')) continue;
        for (const word of text.data.matchAll(/[\\p{L}\\p{N}]+/gu)) {
            const range = document.createRange();
            range.setStart(text, word.index);
            range.setEnd(text, word.index + word[0].length);
            const lines = [...range.getClientRects()].map(line => Math.round(line.top));
            if (new Set(lines).size > 1) broken.push(word[0]);
        }
    }
    return [document.scrollingElement.scrollWidth <= innerWidth, innerWidth, broken]";

/// Without a space, as long as an id can be; the name longer.
const LONG_ID: &str = "mathematik-und-naturwissenschaften-fakultaet-institut-4711-ab";

#[tokio::test]
#[ignore = "needs Chromium: run tests/with-services"]
async fn nothing_scrolls_sideways_and_no_word_is_broken_at_320_pixels() {
    let place = Place::with("");
    let name = "Donaudampfschifffahrtsgesellschaftskapitänswitwenrentenauszahlungsstelle".repeat(2);
    place.import(&format!("id,name,email,language\n{LONG_ID},{name},long@example.org,de\n"));
    let mut process = place.start().await;
    let link = link_for(&mut process, LONG_ID).await;
    let browser = Browser::open().await;
    browser.look_like(NARROWEST).await;
    browser.goto(&link).await;
    browser.click("details.offer summary").await;
    assert_eq!(browser.run(LOOK).await, json!([true, 320, []]), "the form");
    browser.type_into("#password", "passwort").await;
    browser.click("button[type=submit]").await;
    browser.text(".failures").await;
    assert_eq!(browser.run(LOOK).await, json!([true, 320, []]), "the form with failures");
    set(&browser, &link).await;
    assert_eq!(browser.run(LOOK).await, json!([true, 320, []]), "done");
    browser.close().await;
}

#[tokio::test]
#[ignore = "needs Chromium: run tests/with-services"]
async fn the_pages_of_self_service_fit_320_pixels_in_each_language() {
    let place = Place::with("[self_service]\nforgot = \"mail\"\nchange = true\n");
    let process = place.start().await;
    let browser = Browser::open().await;
    browser.look_like(NARROWEST).await;
    browser.chrome("Network.enable", json!({})).await;
    for language in texts::Language::all().iter().map(texts::Language::tag) {
        let headers = json!({ "headers": { "Accept-Language": language } });
        browser.chrome("Network.setExtraHTTPHeaders", headers).await;
        for subject in [ObjectionSubject::Link, ObjectionSubject::Change] {
            browser.goto(&objection(&place, &process, subject, SignedDuration::from_mins(1))).await;
            assert_eq!(browser.run("return document.documentElement.lang").await, language.as_str());
            assert_eq!(browser.run(LOOK).await, json!([true, 320, []]), "{subject:?}, {language}");
        }
        let expired = objection(&place, &process, ObjectionSubject::Link, SignedDuration::from_hours(24));
        browser.goto(&expired).await;
        assert_eq!(browser.run(LOOK).await, json!([true, 320, []]), "expired, {language}");
        for path in ["/", "/forgot", "/forgot/asked", "/change", "/change/done", "/n/done"] {
            browser.goto(&format!("{}{path}", process.url())).await;
            assert_eq!(browser.run(LOOK).await, json!([true, 320, []]), "{path}, {language}");
        }
    }
    browser.close().await;
}

#[tokio::test]
#[ignore = "needs Chromium: run tests/with-services"]
async fn the_first_field_and_the_button_are_on_a_phone_s_first_screen() {
    let place = Place::with("");
    let mut process = place.start().await;
    let browser = Browser::open().await;
    for contact in ["ada", "emil"] {
        browser.goto(&link_for(&mut process, contact).await).await;
        let places = browser
            .run(
                "const place = selector => document.querySelector(selector).getBoundingClientRect();
                return [place('#password').top, place('button[type=submit]').bottom, place('.offer').top]",
            )
            .await;
        let [field, button, offer] = [0, 1, 2].map(|at| places[at].as_f64().unwrap());
        assert!(field < 450.0 && button < 760.0, "{contact}: {places}");
        assert!(offer >= button, "the offer stands below: {places}");
    }
    browser.close().await;
}

#[tokio::test]
#[ignore = "needs Chromium: run tests/with-services"]
async fn a_mail_breaks_nothing_but_the_link_and_scrolls_nowhere() {
    let organisation = Organisation {
        name: "Example Ltd".to_owned(),
        support: "Call 030 1234567.".into(),
        sign_in_url: None,
        time_zone: TimeZone::UTC,
        language: "en".to_owned(),
        logo: None,
        accent: config::Accent::default(),
        mail_from: Some("help@example.org".to_owned()),
        mail_reply_to: None,
    };
    let head = MailBranding::new(&organisation).unwrap();
    let (id, email) = (ContactId::new("42").unwrap(), EmailAddress::new("ada@example.org").unwrap());
    let link = format!("https://reset.example.org/r/v4.public.{}", "eyJzdWIiOiI0MiJ9".repeat(28));
    let [now, expires] = ["2026-11-24T09:24:00Z", "2026-11-24T09:39:00Z"].map(|time| time.parse().unwrap());
    let browser = Browser::open().await;
    browser.look_like(NARROWEST).await;
    for language in texts::Language::all().iter().map(texts::Language::tag) {
        let to = Recipient { id: &id, name: "Ada Lovelace", email: &email, language: Some(&language) };
        let mailed = MailedLink {
            link: &link,
            link_id: LinkId::from_random([7; 24]),
            issued_at: now,
            expires_at: expires,
            asked_by: AskedBy::Page,
            objection: "https://reset.example.org/n/v4.public.eyJzdWIiOiI0MiJ9",
        };
        let mail = head.reset_mail(&to, &mailed, now);
        browser.goto(&format!("data:text/html;base64,{}", STANDARD.encode(&mail.html))).await;
        assert_eq!(browser.run(LOOK).await, json!([true, 320, []]), "{language}");
        let lines = "return document.querySelector('p a[href*=\"/r/\"]').getClientRects().length > 2";
        assert_eq!(browser.run(lines).await, true, "the link is broken to fit");
        let shown = browser.text("body").await;
        assert!(!shown.contains("Works once,") && !shown.contains("Gilt einmal,"), "{shown}");
    }
    browser.close().await;
}
