use axum::http::StatusCode;
use contacts::{PasswordPolicy, PasswordRefusal};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use keys::{
    ContactId, Keyring, LinkId, NewObjection, ObjectionLink, ObjectionSubject, SecretKey, VerifiedObjection,
};

use super::*;
use crate::password::{BrokenRule, OwnData, Rules, Suggestion, Warning};
use crate::redeem::{Account, Closed, Form, Outcome};

const RULES: Rules = Rules { min_length: 12, min_strength: 3 };

/// All that a directory may ask for.
const DEMANDING: PasswordPolicy = PasswordPolicy {
    min_chars: Some(14),
    max_bytes: Some(72),
    min_kinds: Some(3),
    remembers: Some(5),
    not_before: Some(Timestamp::constant(1_784_060_400, 0)),
};

const TOKEN: &str = "v4.public.dG9rZW4.Zm9vdGVy";

fn site_in(language: &str) -> Site {
    Site::new(&organisation(language), "https://x.example/reset", RULES)
}

fn organisation(language: &str) -> config::Organisation {
    config::Organisation {
        name: "Wellbrook & Sons".to_owned(),
        support: "Call us on 020 7946 0123.".into(),
        sign_in_url: Some("https://example.org/sign-in".to_owned()),
        time_zone: TimeZone::get("Europe/London").expect("a time zone"),
        language: language.to_owned(),
        logo: None,
        accent: config::Accent::default(),
        mail_from: None,
        mail_reply_to: None,
    }
}

/// Twelve minutes and a half before the form's link expires.
fn now() -> Timestamp {
    "2026-07-14T18:52:30Z".parse().expect("a time")
}

fn form() -> Form {
    Form {
        contact: ContactId::new("ada").expect("a contact id"),
        name: "Ada Lovelace".to_owned(),
        language: Some("en-GB".to_owned()),
        // A summer's evening in London, one hour ahead of UTC.
        expires_at: "2026-07-14T19:05:00Z".parse::<Timestamp>().expect("a time"),
        policy: PasswordPolicy::default(),
    }
}

fn answer(outcome: &Outcome) -> Page {
    let mut drawn = 0_u8;
    let mut random = |buffer: &mut [u8]| {
        drawn += 17;
        buffer.fill(drawn % 200);
    };
    site_in("en").answer(
        outcome,
        &PageRequest { token: TOKEN, accept_language: None, now: now() },
        &mut random,
    )
}

fn all_broken() -> Vec<BrokenRule> {
    let mut broken = vec![
        BrokenRule::Empty,
        BrokenRule::TooShort { min: 12 },
        BrokenRule::TooLong { max_bytes: 72 },
        BrokenRule::TooFewKinds { min: 3 },
        BrokenRule::Unprintable,
        BrokenRule::OwnData,
        BrokenRule::Weak { warning: None, suggestions: Vec::new() },
        BrokenRule::ConfirmDiffers,
        BrokenRule::DirectoryRefuses(PasswordRefusal::InOwnWords("Not one of your last five.".to_owned())),
    ];
    broken.extend(
        [
            PasswordRefusal::TooShort,
            PasswordRefusal::TooLong,
            PasswordRefusal::TooSimple,
            PasswordRefusal::UsedBefore,
            PasswordRefusal::TooRecent,
            PasswordRefusal::LooksHashed,
            PasswordRefusal::Unexplained,
        ]
        .map(BrokenRule::DirectoryRefuses),
    );
    let warnings = [
        Warning::StraightRowsOfKeysAreEasyToGuess,
        Warning::ShortKeyboardPatternsAreEasyToGuess,
        Warning::RepeatsLikeAaaAreEasyToGuess,
        Warning::RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess,
        Warning::ThisIsATop10Password,
        Warning::ThisIsATop100Password,
        Warning::ThisIsACommonPassword,
        Warning::ThisIsSimilarToACommonlyUsedPassword,
        Warning::SequencesLikeAbcAreEasyToGuess,
        Warning::RecentYearsAreEasyToGuess,
        Warning::AWordByItselfIsEasyToGuess,
        Warning::DatesAreOftenEasyToGuess,
        Warning::NamesAndSurnamesByThemselvesAreEasyToGuess,
        Warning::CommonNamesAndSurnamesAreEasyToGuess,
    ];
    broken.extend(warnings.map(|warning| BrokenRule::Weak {
        warning: Some(warning),
        suggestions: vec![Suggestion::AddAnotherWordOrTwo, Suggestion::AvoidSequences],
    }));
    broken
}

/// What a mail of a summer's evening lets its reader object to.
fn objection(contact: &str, subject: ObjectionSubject) -> VerifiedObjection {
    let keyring = Keyring::new(SecretKey::from_seed(&[7; 32]), []);
    let new = NewObjection {
        contact: ContactId::new(contact).expect("a contact id"),
        event: LinkId::from_random([5; 24]),
        subject,
        at: now(),
    };
    let link = ObjectionLink::sign(&keyring, "https://x.example/reset", &new);
    let token = link.expose().rsplit('/').next().unwrap_or_default();
    VerifiedObjection::verify(token, keyring.trusted(), "https://x.example/reset", now())
        .expect("a genuine objection")
}

/// Every page in every language.
fn every_page() -> Vec<Page> {
    let mut pages = Vec::new();
    for tag in ["en", "de"] {
        let site = site_in(tag);
        let request = PageRequest { token: TOKEN, accept_language: None, now: now() };
        let form = || Form { language: Some(tag.to_owned()), policy: DEMANDING, ..form() };
        pages.push(site.answer(&Outcome::Form(form()), &request, &mut |buffer| buffer.fill(3)));
        pages.push(
            site.answer(&Outcome::Rejected(form(), all_broken()), &request, &mut |buffer| buffer.fill(3)),
        );
        pages.extend(Notice::one_of_each().iter().map(|notice| site.notice(notice, None)));
        pages.extend([false, true].map(|is_empty| site.forgot(config::Forgot::Mail, is_empty, None)));
        pages.push(site.start(config::Forgot::Mail, true, None));
        let failures =
            [ChangeFailure::DoesNotMatch, ChangeFailure::Incomplete, ChangeFailure::Broken(all_broken())];
        pages.push(site.change("ada", None, &DEMANDING, None));
        pages.extend(failures.map(|failure| site.change("ada", Some(&failure), &DEMANDING, None)));
        for subject in [ObjectionSubject::Link, ObjectionSubject::Change] {
            pages.push(site.objection(&objection("ada", subject), &request));
        }
    }
    pages
}

#[test]
fn the_form_looks_like_this() {
    let page = answer(&Outcome::Form(form()));
    assert_eq!(page.status, StatusCode::OK);
    insta::assert_snapshot!(snapshot(&page));
}

#[test]
fn what_the_directory_asks_for_is_told_before_it_is_broken() {
    for tag in ["en", "de"] {
        let form = Form { language: Some(tag.to_owned()), policy: DEMANDING, ..form() };
        let own = OwnData { id: "ada", name: "Ada Lovelace", email: None };
        let broken = RULES.check("lantern otter", "lantern otter", own, &form.policy);
        insta::assert_snapshot!(
            format!("a_demanding_directory_{tag}"),
            snapshot(&answer(&Outcome::Rejected(form, broken)))
        );
    }
}

#[test]
fn who_must_wait_longer_than_the_link_is_good_is_told_so() {
    for (minutes, is_too_late) in [(12, false), (13, true)] {
        let not_before = Some(now() + jiff::SignedDuration::from_mins(minutes));
        let policy = PasswordPolicy { not_before, ..PasswordPolicy::default() };
        let html = answer(&Outcome::Form(Form { policy, ..form() })).html;
        assert!(html.contains("no other one is accepted yet"), "{html}");
        assert_eq!(html.contains("This link will have expired by then"), is_too_late, "{html}");
    }
}

#[test]
fn one_former_password_is_told_as_one() {
    for (tag, sentence) in
        [("en", "Not the password that you had before."), ("de", "Nicht das Passwort, das Sie zuvor hatten.")]
    {
        let policy = PasswordPolicy { remembers: Some(1), ..PasswordPolicy::default() };
        let form = Form { language: Some(tag.to_owned()), policy, ..form() };
        let html = answer(&Outcome::Form(form)).html;
        assert!(html.contains(sentence), "{html}");
    }
}

#[test]
fn the_form_with_failures_looks_like_this() {
    let own = OwnData { id: "ada", name: "Ada Lovelace", email: None };
    let broken = RULES.check("lovelace1", "Lovelace1", own, &PasswordPolicy::default());
    let page = answer(&Outcome::Rejected(form(), broken));
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    insta::assert_snapshot!(snapshot(&page));
}

#[test]
fn the_done_page_looks_like_this() {
    let account = Account {
        contact: ContactId::new("ada").expect("a contact id"),
        name: "Ada Lovelace".to_owned(),
        language: Some("de".to_owned()),
    };
    let page = site_in("en").done(account, None);
    assert_eq!(page.status, StatusCode::OK);
    insta::assert_snapshot!(snapshot(&page));
}

/// Without the hashes of the assets, which change with every touch of the style sheet.
fn snapshot(page: &Page) -> String {
    site_in("en").assets().all().iter().fold(page.html.clone(), |html, asset| {
        html.replace(&asset.file_name(), &format!("[{}]", asset.content_type))
    })
}

#[test]
fn every_outcome_has_its_status() {
    let closed = |why| Outcome::Closed { why, language: None };
    for (outcome, status) in [
        (closed(Closed::Damaged), 400),
        (closed(Closed::Expired), 410),
        (closed(Closed::Used), 410),
        (closed(Closed::Withdrawn), 410),
        (closed(Closed::Overtaken), 410),
        (closed(Closed::LedgerIsYounger), 410),
        (Outcome::InProgress { language: None }, 409),
        (Outcome::Busy { retry_after_seconds: 7 }, 503),
        (Outcome::Unavailable { incident: "5eed".to_owned() }, 503),
    ] {
        assert_eq!(answer(&outcome).status.as_u16(), status, "{outcome:?}");
    }
}

#[test]
fn no_two_closed_links_have_the_same_page() {
    let mut titles: Vec<String> = Notice::one_of_each()
        .iter()
        // Incomplete and changed by a link look the same, and are.
        .filter(|notice| !matches!(notice, Notice::NotAForm | Notice::Changed))
        .map(|notice| title(&site_in("en").notice(notice, None)))
        .collect();
    let all = titles.len();
    titles.sort();
    titles.dedup();
    assert_eq!(titles.len(), all);
}

fn title(page: &Page) -> String {
    let (_, rest) = page.html.split_once("<h1>").expect("every page has a heading");
    rest.split("</h1>").next().unwrap_or_default().to_owned()
}

#[test]
fn a_busy_page_says_when_to_come_again() {
    let page = answer(&Outcome::Busy { retry_after_seconds: 7 });
    assert_eq!(page.retry_after, Some(7));
    assert!(page.html.contains("Wait 7 seconds"));
}

#[test]
fn the_incident_is_shown() {
    assert!(answer(&Outcome::Unavailable { incident: "5eed".to_owned() }).html.contains("5eed"));
}

#[test]
fn the_form_is_good_until_a_clock_time_in_the_organisations_zone_and_for_so_many_minutes() {
    let said = |seconds: i64| {
        let form = Form { expires_at: now() + jiff::SignedDuration::from_secs(seconds), ..form() };
        let (_, until) = answer(&Outcome::Form(form))
            .html
            .split_once("<p class=\"until\">")
            .map(|(a, b)| (a.to_owned(), b.to_owned()))
            .expect("until when");
        until.split("</p>").next().unwrap_or_default().to_owned()
    };
    assert_eq!(said(750), "This page works once, until 20:05 (BST), 12 minutes from now.");
    assert_eq!(said(60), "This page works once, until 19:53 (BST), one minute from now.");
    assert_eq!(said(59), "This page works once, until 19:53 (BST), less than a minute from now.");
    assert_eq!(said(-1), "This page works once, until 19:52 (BST), less than a minute from now.");
}

#[test]
fn the_used_page_leads_to_signing_in() {
    let page = site_in("en").notice(&Notice::Used, None);
    assert!(page.html.contains("href=\"https://example.org/sign-in\""));
    assert!(page.html.contains("If you have just set your new password, sign in with it."));
}

#[test]
fn signing_in_is_offered_only_where_it_leads_somewhere() {
    let nowhere = config::Organisation { sign_in_url: None, ..organisation("en") };
    let site = Site::new(&nowhere, "https://x.example/reset", RULES);
    let page = site.notice(&Notice::Done(None), None);
    assert!(!page.html.contains("class=\"button\"") && !page.html.contains("Sign in"), "{}", page.html);
    assert!(page.html.contains("sign in where you usually do"));
    let page = site_in("en").notice(&Notice::Done(None), None);
    assert!(page.html.contains("href=\"https://example.org/sign-in\""));
}

#[test]
fn a_page_whose_way_out_is_a_new_link_says_how_to_get_one() {
    for page in ["en", "de"].map(site_in).iter().flat_map(|site| {
        let dead =
            [Notice::Expired, Notice::Used, Notice::Withdrawn, Notice::Overtaken, Notice::LedgerIsYounger];
        dead.map(|notice| site.notice(&notice, None))
    }) {
        let (_, way_out) =
            page.html.split_once("<section class=\"new-link\">").expect("the way to a new link");
        assert!(
            way_out.contains("Call us on <a href=\"tel:02079460123\" class=\"phone\">020 7946 0123</a>."),
            "{way_out}"
        );
        assert_eq!(page.html.matches("tel:").count(), 1, "once is enough");
    }
}

#[test]
fn only_where_harm_may_have_been_done_is_anything_red() {
    let red: Vec<Notice> = Notice::one_of_each()
        .into_iter()
        .filter(|notice| site_in("en").notice(notice, None).html.contains("class=\"sign harm\""))
        .collect();
    assert_eq!(red, [Notice::Used, Notice::Overtaken]);
    for notice in red {
        let html = site_in("en").notice(&notice, None).html;
        assert!(html.contains("If that was not you, get in touch with us at once."), "{html}");
    }
}

#[test]
fn the_support_text_is_in_the_language_of_the_page() {
    let file = "[organisation]\nname = \"x\"\nsupport = { en = \"Call us.\", de = \"Rufen Sie an.\" }\n\
                [server]\npublic_url = \"https://x.example\"\n";
    let config: Result<config::RedeemServer, _> =
        config::from_text("", file, &config::Environment::default(), &config::Overrides::default());
    let site = Site::new(&config.expect("a good config").organisation, "https://x.example", RULES);
    assert!(site.notice(&Notice::Home, Some("de")).html.contains("Rufen Sie an."));
    assert!(site.notice(&Notice::Home, Some("fr")).html.contains("Call us."));
}

#[test]
fn the_token_is_in_the_forms_action_and_nowhere_else() {
    let html = answer(&Outcome::Form(form())).html;
    assert_eq!(html.matches(TOKEN).count(), 1);
    assert!(html.contains(&format!("action=\"/reset/r/{TOKEN}\"")));
}

#[test]
fn an_objection_says_whose_account_it_is_about_when_it_was_and_what_a_press_does() {
    let request = PageRequest { token: TOKEN, accept_language: None, now: now() };
    let page = site_in("en").objection(&objection("<b>ada", ObjectionSubject::Link), &request);
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.html.contains("<bdi class=\"id\">&#60;b&#62;ada</bdi>"), "{}", page.html);
    assert!(page.html.contains("At 19:52 BST on 14 July 2026 somebody asked for a link"), "{}", page.html);
    assert!(page.html.contains("that link and all before it stop working"), "{}", page.html);
    assert_eq!(page.html.matches(TOKEN).count(), 1);
    assert!(page.html.contains(&format!("action=\"/reset/n/{TOKEN}\"")), "{}", page.html);
}

#[test]
fn what_was_typed_to_change_a_password_stays_in_its_field_as_text_and_no_password_does() {
    let page = site_in("en").change("\"><b>", Some(&ChangeFailure::DoesNotMatch), &DEMANDING, None);
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.html.contains("value=\"&#34;&#62;&#60;b&#62;\""), "{}", page.html);
    assert_eq!(page.html.matches(" value=").count(), 1, "{}", page.html);
}

#[test]
fn who_asked_too_often_waits_for_whole_minutes() {
    for (seconds, said) in [(1, "in one minute"), (60, "in one minute"), (61, "in 2 minutes")] {
        let html = site_in("en").notice(&Notice::TooOften { seconds }, None).html;
        assert!(html.contains(&format!("Try again {said}, or get in touch with us.")), "{html}");
    }
}

#[test]
fn a_name_is_shown_as_text_and_never_as_markup() {
    let hostile = Form {
        name: "<script>alert(1)</script>".to_owned(),
        contact: ContactId::new("\"><b>").expect("a contact id"),
        ..form()
    };
    let refusal = BrokenRule::DirectoryRefuses(PasswordRefusal::InOwnWords("<img src=x>".to_owned()));
    let html = answer(&Outcome::Rejected(hostile, vec![refusal])).html;
    assert!(!html.contains("<script>") && !html.contains("<b>") && !html.contains("<img"));
    assert!(html.contains("&#60;img src=x&#62;"));
}

#[test]
fn every_failure_is_told_in_the_summary_and_at_the_field() {
    let html =
        answer(&Outcome::Rejected(form(), vec![BrokenRule::TooShort { min: 12 }, BrokenRule::OwnData])).html;
    for sentence in
        ["Too short: use at least 12 characters.", "It is mostly your own name, ID or e-mail address."]
    {
        assert!(html.contains(&format!("<a href=\"#password\">{sentence}")), "{sentence}");
        assert!(html.contains(&format!("<strong>{sentence}")), "{sentence}");
    }
    assert!(html.contains("aria-invalid=\"true\" aria-describedby=\"wrong hint\""));
    assert_eq!(html.matches("aria-invalid").count(), 1, "nothing is wrong with the second field");
}

#[test]
fn a_mismatch_marks_both_fields_and_the_summary_leads_to_the_first() {
    let html = answer(&Outcome::Rejected(form(), vec![BrokenRule::ConfirmDiffers])).html;
    let sentence = "The two passwords were not the same. Type both again.";
    assert!(html.contains(&format!("<li><a href=\"#password\">{sentence}</a></li>")));
    assert!(html.contains(&format!("<li id=\"mismatch\"><strong>{sentence}</strong></li>")));
    assert!(html.contains("aria-invalid=\"true\" aria-describedby=\"wrong hint\""));
    assert!(html.contains("aria-invalid=\"true\" aria-describedby=\"mismatch\""));
}

#[test]
fn a_weak_password_is_told_one_reason_and_one_advice() {
    let own = OwnData { id: "x", name: "x", email: None };
    let html = answer(&Outcome::Rejected(
        form(),
        RULES.check("password1234", "password1234", own, &PasswordPolicy::default()),
    ))
    .html;
    assert!(html.contains(
        "<li><strong>This is a very common password.</strong> Add another word or two, the less common the better.</li>"
    ), "{html}");
    let unnamed = BrokenRule::Weak { warning: None, suggestions: Vec::new() };
    let html = answer(&Outcome::Rejected(form(), vec![unnamed])).html;
    assert!(html.contains(
        "<li><strong>Too easy to guess.</strong> Add another word or two, the less common the better.</li>"
    ), "{html}");
}

#[test]
fn an_empty_password_is_asked_for() {
    let own = OwnData { id: "x", name: "x", email: None };
    let page = answer(&Outcome::Rejected(form(), RULES.check("", "", own, &PasswordPolicy::default())));
    assert!(page.html.contains("<title>Error: Choose a new password – Wellbrook &#38; Sons</title>"));
    assert_eq!(page.html.matches("Enter a new password.").count(), 2, "{}", page.html);
    assert!(!page.html.contains("Too short"));
}

#[test]
fn every_text_on_every_page_exists_with_all_its_variables() {
    for page in every_page() {
        assert!(!page.html.contains("Unknown localization key"), "{}", page.html);
        assert!(!page.html.contains("{$") && !page.html.contains("{ $"), "{}", page.html);
    }
}

#[test]
fn every_page_can_be_read_out_and_found_by_keyboard() {
    for page in every_page() {
        assert!(page.html.contains(&format!("<html lang=\"{}\" dir=\"ltr\">", page.language)));
        assert_eq!(page.html.matches("<h1>").count(), 1);
        assert!(page.html.contains("<main") && page.html.contains("width=device-width"));
        for field in page.html.split("<input id=\"").skip(1) {
            let id = field.split('"').next().unwrap_or_default();
            assert!(
                id == "reveal" || page.html.contains(&format!("<label for=\"{id}\">")),
                "{id} has no label"
            );
        }
    }
}

#[test]
fn every_page_obeys_the_content_security_policy() {
    for page in every_page() {
        assert!(!page.html.contains("style="), "inline style");
        assert!(!page.html.contains("<style"), "inline style");
        assert!(
            !page.html.contains(" onclick")
                && !page.html.contains(" onload")
                && !page.html.contains("javascript:")
        );
        assert!(page.html.split("<script").skip(1).all(|script| script.starts_with(" src=\"/reset/assets/")));
        for address in page.html.split("src=\"").skip(1).chain(page.html.split("<link rel").skip(1)) {
            assert!(address.contains("/reset/assets/"), "{address}");
        }
    }
}

#[test]
fn every_page_speaks_in_the_organisations_name_and_says_where_help_is() {
    for page in every_page() {
        assert!(page.html.contains("Wellbrook &#38; Sons"));
        assert!(
            page.html.contains("Call us on <a href=\"tel:02079460123\" class=\"phone\">020 7946 0123</a>.")
        );
    }
}

#[test]
fn the_path_of_the_public_url_is_found() {
    assert_eq!(path_of("https://x.example"), "");
    assert_eq!(path_of("https://x.example/"), "");
    assert_eq!(path_of("https://x.example:8443/reset/here"), "/reset/here");
}
