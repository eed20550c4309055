//! Mail through Postfix into real mailboxes. Each test has a mailbox of its own.

use std::process::Output;

use reset_link_tests::harness::binary::link_in;
use serde_json::Value;

use crate::mailbox::Mailbox;
use crate::place::{MailSettings, Place, STARTTLS, Visitor};

const PASSWORD: &str = "quarrel-lantern-otter-plaza";

fn said(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Receipts with what they say.
fn events(audit: &[Value]) -> Vec<String> {
    let event = |line: &Value| match line["outcome"].as_str() {
        Some(outcome) => format!("{}: {outcome}", line["event"].as_str().unwrap()),
        None => line["event"].as_str().unwrap().to_owned(),
    };
    audit.iter().map(event).collect()
}

#[tokio::test]
#[ignore = "needs Postfix: run tests/with-services"]
async fn a_mailed_link_sets_a_password_once_and_a_notice_follows() {
    let place = Place::with_mail(&STARTTLS);
    let mut process = place.start().await;
    let answer = process.ask("/reset-link contact:ada").await;
    assert!(answer.contains("E-mailed to Ada Lovelace") && answer.contains("a…@example.org"), "{answer}");
    assert!(!answer.contains("ada@example.org") && link_in(&answer).is_none(), "{answer}");

    let mailbox = Mailbox::of("ada");
    let mail = mailbox.receives("Example University: set a new password").await;
    let link = mail.link().unwrap();
    assert!(link.starts_with(process.url()), "the link begins with the public URL");
    assert!(mail.html().contains(&format!("href=\"{link}\"")), "the button leads where the text says");
    assert!(mail.text().contains("ada") && mail.text().contains("Call the help desk: +44 20 7946 0000."));
    let parsed = mail.parsed();
    assert_eq!(parsed.to().unwrap().first().unwrap().address(), Some("ada@example.org"));
    assert_eq!(parsed.from().unwrap().first().unwrap().address(), Some("help@example.org"));
    assert_eq!(parsed.header("Auto-Submitted").unwrap().as_text(), Some("auto-generated"));

    let visitor = Visitor::new();
    assert_eq!(visitor.get(&link).await, 200);
    assert_eq!(visitor.redeem(&link, PASSWORD).await, 200);
    let checked = place.run(&["contacts", "check-password", "ada"], PASSWORD);
    assert_eq!((checked.status.code(), said(&checked).trim()), (Some(0), "matches"));
    assert_eq!(visitor.get(&link).await, 410);

    process.heard("ada has used your link").await;
    let notice = mailbox.receives("Example University: your password was changed").await;
    for body in [notice.text(), notice.html()] {
        assert!(body.contains("https://www.example.org/sign-in"), "{body}");
        assert!(!body.contains("/r/"), "no link: {body}");
        assert!(body.contains(&notice.objection().unwrap()), "a way to say that it was not them: {body}");
    }
    assert!(process.terminate().await.success());
    assert_eq!(mailbox.mails().len(), 2);

    let verified = place.run(&["audit", "verify"], "");
    assert!(verified.status.success() && said(&verified).contains("consistent, 4 lines"), "{verified:?}");
    let audit = place.audit();
    assert_eq!(events(&audit), ["issued", "mailed", "receipt: redeemed", "followed"]);
    assert_eq!((&audit[3]["told"], &audit[3]["notice"]), (&true.into(), &"mailed".into()));

    let token = link.rsplit_once("/r/").unwrap().1;
    let [of_link, of_change] = [&mail, &notice].map(|mail| mail.objection().unwrap());
    let objections = [&of_link, &of_change].map(|link| link.rsplit_once("/n/").unwrap().1);
    for secret in [token, PASSWORD, "ada@example.org"].into_iter().chain(objections) {
        let log = process.stderr();
        assert!(!log.contains(secret), "the log at its finest level holds a secret");
        assert!(!audit.iter().any(|line| line.to_string().contains(secret)), "the audit holds a secret");
    }
}

#[tokio::test]
#[ignore = "needs Postfix: run tests/with-services"]
async fn a_mail_over_implicit_tls_speaks_the_contact_s_language() {
    let place = Place::with_mail(&MailSettings { security: "tls", ..STARTTLS });
    let mut process = place.start().await;
    let answer = process.ask("/reset-link contact:emil").await;
    assert!(answer.contains("E-mailed to Emil Kästner"), "{answer}");
    let mail = Mailbox::of("emil").receives("Example University: neues Passwort festlegen").await;
    assert_eq!(mail.parsed().to().unwrap().first().unwrap().name(), Some("Emil Kästner"));
    assert_eq!(Visitor::new().get(&mail.link().unwrap()).await, 200);
}

#[tokio::test]
#[ignore = "needs Postfix: run tests/with-services"]
async fn a_link_whose_mail_is_refused_is_handed_over_with_the_server_s_answer() {
    let place = Place::with_mail(&STARTTLS);
    let mut process = place.start().await;
    let answer = process.ask("/reset-link contact:nils").await;
    assert!(answer.contains("Not e-mailed: the mail failed"), "{answer}");
    assert!(answer.contains("550") && answer.contains("User unknown in virtual mailbox table"), "{answer}");
    assert!(!answer.contains("nils.holgersson"), "the address is masked: {answer}");
    let link = link_in(&answer).unwrap();
    assert_eq!(Visitor::new().get(link).await, 200);
    assert!(process.terminate().await.success());

    let audit = place.audit();
    let handed_over = audit.iter().find(|line| line["event"] == "handed_over").unwrap();
    assert_eq!(handed_over["reasons"][0]["reason"], "mail_failed");
    assert!(!handed_over.to_string().contains("nils.holgersson"), "{handed_over}");
}

#[tokio::test]
#[ignore = "needs Postfix: run tests/with-services"]
async fn a_test_mail_tells_each_step_and_arrives() {
    let place = Place::with_mail(&STARTTLS);
    let tested = place.run(&["mail", "test", "grace@example.org"], "");
    let told = said(&tested);
    assert!(tested.status.success(), "{tested:?}");
    let steps = ["resolve", "connect", "greeting", "TLS", "login", "sender", "recipient", "data", "message"];
    let mut lines = told.lines().skip(1);
    for step in steps {
        let line = lines.next().unwrap();
        let mut words = line.split_whitespace();
        assert_eq!((words.next(), words.next()), (Some(step), Some("ok")), "{told}");
    }
    assert!(told.contains("Accepted by ") && told.contains("queued as"), "{told}");
    let mail = Mailbox::of("grace").receives("Example University: test mail").await;
    assert!(mail.link().is_none());
}

#[tokio::test]
#[ignore = "needs Postfix: run tests/with-services"]
async fn a_test_mail_that_fails_names_the_step() {
    let wrong_password = MailSettings { password: Some("not the password"), ..STARTTLS };
    let unknown_ca = MailSettings { trusts_the_ca: false, ..STARTTLS };
    for (settings, step, detail) in [
        (STARTTLS, "recipient", "User unknown in virtual mailbox table"),
        (wrong_password, "login", "authentication failed"),
        (unknown_ca, "TLS", "certificate"),
    ] {
        let place = Place::with_mail(&settings);
        let tested = place.run(&["mail", "test", "nobody.at.all@example.org"], "");
        let told = said(&tested);
        assert_eq!(tested.status.code(), Some(1), "{told}");
        let (_, failure) = told.split_once("FAILED").unwrap();
        assert!(failure.contains(step) && failure.contains(detail), "{step}: {told}");
        assert!(!failure.contains("nobody.at.all@"), "the address is masked: {told}");
        assert!(failure.trim().lines().count() > 1, "a cure is named: {told}");
    }
}
