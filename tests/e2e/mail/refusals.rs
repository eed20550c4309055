//! A server that says no, says nothing, hangs up, or says strange things, at every stage.

use std::time::Duration;

use bot::mail::{Cause, Feature, MailFailure, Step, TimeLimits};
use config::{MailSecurity, Secret};
use reset_link_tests::fakes::smtp::{Act, Script, Stage};

use super::{PATIENT, ada, reset_mail, send, send_within};

/// Every stage of a conversation with STARTTLS and login, and the step that it belongs to.
const STAGES: [(Stage, Step); 9] = [
    (Stage::Greeting, Step::Greeting),
    (Stage::Ehlo, Step::Greeting),
    (Stage::StartTls, Step::Tls),
    (Stage::EhloAgain, Step::Tls),
    (Stage::Auth, Step::Login),
    (Stage::Mail, Step::Sender),
    (Stage::Rcpt, Step::Recipient),
    (Stage::Data, Step::Data),
    (Stage::Body, Step::Message),
];

const SHORT: Duration = Duration::from_millis(50);

fn full() -> Script {
    Script::new(MailSecurity::StartTls).login("bot", "correct horse")
}

async fn failure(script: Script) -> MailFailure {
    let server = script.start().await.unwrap();
    let failure = send(&server.settings(), &ada()).await.unwrap_err();
    assert!(server.received().is_empty());
    failure
}

#[tokio::test]
async fn a_friendly_server_takes_the_mail_however_it_is_protected() {
    for security in [MailSecurity::None, MailSecurity::StartTls, MailSecurity::Tls] {
        let server = Script::new(security).login("bot", "correct horse").start().await.unwrap();
        let accepted = send(&server.settings(), &ada()).await.unwrap();
        assert_eq!((accepted.by.as_str(), accepted.answer.as_str()), ("127.0.0.1", "2.0.0 queued as 4bXk2"));
        let mails = server.wait_for(1).await;
        assert_eq!(mails[0].from, "MAIL FROM:<help@example.org>");
        assert_eq!(mails[0].to, "RCPT TO:<ada.lovelace@example.org>");
        assert_eq!(mails[0].login.as_deref(), Some("bot"));
        assert_eq!(mails[0].encrypted, security != MailSecurity::None);
    }
}

#[tokio::test]
async fn a_refusal_at_any_stage_is_told_with_its_step_and_its_words() {
    for (stage, step) in STAGES {
        for (code, line) in [(451, "451 4.3.0 try later"), (554, "554 5.7.1 not from you")] {
            let answer = line.split_once(' ').unwrap().1.to_owned();
            assert_eq!(
                failure(full().says(stage, line)).await,
                MailFailure::Refused { step, code, answer },
                "{stage:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_server_that_hangs_costs_no_more_than_the_limit_of_that_step() {
    for (stage, step) in STAGES.into_iter().chain([(Stage::Handshake, Step::Tls)]) {
        let server = full().at(stage, Act::Hang).start().await.unwrap();
        let limits = TimeLimits::each(PATIENT).with(step, SHORT);
        let failure = send_within(&server.settings(), &ada(), limits).await.unwrap_err();
        let cause = Cause::TimedOut(SHORT);
        if stage == Stage::Body {
            assert_eq!(failure, MailFailure::OutcomeUnknown { cause });
        } else {
            assert_eq!(failure, MailFailure::Unreachable { step, cause }, "{stage:?}");
        }
    }
}

#[tokio::test]
async fn a_server_that_hangs_up_is_told_with_its_step() {
    for (stage, step) in STAGES.into_iter().chain([(Stage::Handshake, Step::Tls)]) {
        let failure = failure(full().at(stage, Act::Close)).await;
        if stage == Stage::Body {
            assert_eq!(failure, MailFailure::OutcomeUnknown { cause: Cause::Closed });
        } else {
            assert_eq!(failure, MailFailure::Unreachable { step, cause: Cause::Closed }, "{stage:?}");
        }
    }
}

#[tokio::test]
async fn an_answer_that_is_not_smtp_is_told_as_such() {
    for (stage, step) in STAGES {
        let failure = failure(full().says(stage, "HTTP/1.1 400 Bad Request")).await;
        let cause = Cause::NotSmtp("HTTP/1.1 400 Bad Request".to_owned());
        if stage == Stage::Body {
            assert_eq!(failure, MailFailure::OutcomeUnknown { cause });
        } else {
            assert_eq!(failure, MailFailure::Unreachable { step, cause }, "{stage:?}");
        }
    }
}

#[tokio::test]
async fn an_answer_that_quotes_the_address_is_masked() {
    let quoting = "550-5.1.1 <ADA.Lovelace@Example.ORG>: Recipient address rejected\r\n550 5.1.1 ada.lovelace@example.org is unknown to ops@example.org";
    let failure = failure(full().says(Stage::Rcpt, quoting)).await;
    let shown = "recipient: 550 5.1.1 (A… at Example.ORG): Recipient address rejected a… at example.org is unknown to o… at example.org";
    assert_eq!(failure.to_string(), shown);
    assert!(!format!("{failure:?}").to_lowercase().contains("lovelace"));
}

#[tokio::test]
async fn an_answer_cannot_mention_colour_or_reverse_anything() {
    let hostile =
        "550 \u{1b}[31m@everyone `code` *bold* <!here> \u{202e}txet \u{200b}[x](https://evil.example)\u{7}";
    let shown = failure(full().says(Stage::Rcpt, hostile)).await.to_string();
    assert!(shown.starts_with("recipient: 550 "), "{shown}");
    assert!(!shown.chars().any(|c| c.is_control() || "@`*<>[]|~_\u{202e}\u{200b}".contains(c)), "{shown}");
}

#[tokio::test]
async fn a_long_answer_is_cut_and_one_that_is_no_text_still_has_its_code() {
    let long = failure(full().says(Stage::Body, format!("552 {}", "é€ ".repeat(700)))).await.to_string();
    assert_eq!(long.chars().count(), 300);
    assert!(long.ends_with('…'));
    let latin = failure(full().says(Stage::Rcpt, b"550 nicht zul\xe4ssig")).await;
    assert_eq!(latin.to_string(), "recipient: 550 nicht zul?ssig");
}

#[tokio::test]
async fn an_answer_that_quotes_the_link_does_not_give_it_away() {
    let quoting = format!("554 5.7.1 blocked: {}", super::link());
    assert_eq!(
        failure(full().says(Stage::Body, quoting)).await.to_string(),
        "message: 554 5.7.1 blocked: https://reset.example.org/r/…"
    );
}

#[tokio::test]
async fn without_starttls_nothing_is_sent_in_clear_text() {
    let failure = failure(full().without("STARTTLS")).await;
    assert_eq!(
        failure,
        MailFailure::Unreachable { step: Step::Tls, cause: Cause::NotOffered(Feature::StartTls) }
    );
}

#[tokio::test]
async fn answers_planted_before_tls_are_not_believed() {
    let failure = failure(full().says(Stage::StartTls, "220 go ahead\r\n250 planted")).await;
    assert_eq!(failure, MailFailure::Unreachable { step: Step::Tls, cause: Cause::TextBeforeTls });
}

#[tokio::test]
async fn a_wrong_login_is_refused_and_the_password_is_not_shown() {
    let server = full()
        .says(Stage::Auth, "535 5.7.8 battery staple is not the password of bot")
        .start()
        .await
        .unwrap();
    let mut settings = server.settings();
    settings.password = Some(Secret::new("battery staple"));
    let failure = send(&settings, &ada()).await.unwrap_err();
    assert_eq!(failure.to_string(), "login: 535 5.7.8 … is not the password of bot");

    let server = full().start().await.unwrap();
    settings.port = server.settings().port;
    settings.ca_file = server.settings().ca_file;
    let failure = send(&settings, &ada()).await.unwrap_err();
    assert_eq!(failure.to_string(), "login: 535 5.7.8 wrong name or password");
}

#[tokio::test]
async fn both_ways_to_log_in_work_and_others_are_not_offered() {
    let server = full().without("AUTH").offering("AUTH LOGIN CRAM-MD5").start().await.unwrap();
    send(&server.settings(), &ada()).await.unwrap();
    assert_eq!(server.wait_for(1).await[0].login.as_deref(), Some("bot"));

    let cause = Cause::NotOffered(Feature::Login);
    let other = failure(full().without("AUTH").offering("AUTH CRAM-MD5")).await;
    assert_eq!(other, MailFailure::Unreachable { step: Step::Login, cause });
}

#[tokio::test]
async fn the_first_answer_of_a_login_is_the_name_and_the_second_the_password_whatever_is_asked() {
    // Empty, German, the other way round, and not base64 at all.
    for questions in
        [["", ""], ["QmVudXR6ZXJuYW1lOg==", "S2VubndvcnQ6"], ["UGFzc3dvcmQ6", "VXNlcm5hbWU6"], ["?", "?"]]
    {
        let script = full().without("AUTH").offering("AUTH LOGIN").asking(questions);
        let server = script.start().await.unwrap();
        send(&server.settings(), &ada()).await.unwrap();
        assert_eq!(server.wait_for(1).await[0].login.as_deref(), Some("bot"));
    }
}

#[tokio::test]
async fn a_server_that_offers_plain_and_does_not_speak_it_gets_login() {
    let server = full().not_knowing("PLAIN").start().await.unwrap();
    send(&server.settings(), &ada()).await.unwrap();
    assert_eq!(server.wait_for(1).await[0].login.as_deref(), Some("bot"));

    let neither = failure(full().not_knowing("PLAIN").not_knowing("LOGIN")).await;
    assert_eq!(neither.to_string(), "login: 504 5.5.4 unrecognized authentication type");
}

#[tokio::test]
async fn a_refused_login_is_not_tried_another_way() {
    let server = full().says(Stage::Auth, "535 5.7.8 no").start().await.unwrap();
    let mut settings = server.settings();
    settings.password = Some(Secret::new("correct horse"));
    assert_eq!(send(&settings, &ada()).await.unwrap_err().to_string(), "login: 535 5.7.8 no");
}

#[tokio::test]
async fn a_password_that_a_server_quotes_as_it_was_sent_is_not_shown() {
    let echoing = full().says(Stage::Auth, "535 AGJvdABjb3JyZWN0IGhvcnNl Y29ycmVjdCBob3JzZQ== correct horse");
    assert_eq!(failure(echoing).await.to_string(), "login: 535 … … …");
}

#[tokio::test]
async fn a_server_that_does_not_know_ehlo_gets_helo_where_nothing_is_lost_by_it() {
    for answer in ["502 5.5.1 not implemented", "500 unrecognized command"] {
        let server = Script::new(MailSecurity::None).says(Stage::Ehlo, answer).start().await.unwrap();
        send(&server.settings(), &ada()).await.unwrap();
        assert_eq!(server.wait_for(1).await.len(), 1);
    }
    let without_tls = Script::new(MailSecurity::None).login("bot", "x").says(Stage::Ehlo, "502 5.5.1 no");
    for script in [full().says(Stage::Ehlo, "502 5.5.1 no"), without_tls] {
        assert_eq!(failure(script).await.to_string(), "greeting: 502 5.5.1 no");
    }
}

#[tokio::test]
async fn a_mail_goes_to_the_address_as_the_directory_holds_it() {
    let server = full().start().await.unwrap();
    send(&server.settings(), &reset_mail("Ada", "Ada.Lovelace@Example.ORG", "en")).await.unwrap();
    assert_eq!(server.wait_for(1).await[0].to, "RCPT TO:<Ada.Lovelace@example.org>");
}

#[tokio::test]
async fn an_address_beyond_ascii_needs_a_server_that_can() {
    let mail = reset_mail("Jörg", "jörg@bücher.example", "de");
    let server = full().start().await.unwrap();
    let failure = send(&server.settings(), &mail).await.unwrap_err();
    assert_eq!(
        failure,
        MailFailure::Unreachable { step: Step::Recipient, cause: Cause::NotOffered(Feature::SmtpUtf8) }
    );
    assert!(server.received().is_empty());

    let server = full().offering("SMTPUTF8").start().await.unwrap();
    send(&server.settings(), &mail).await.unwrap();
    let mails = server.wait_for(1).await;
    assert_eq!(mails[0].from, "MAIL FROM:<help@example.org> SMTPUTF8");
    assert_eq!(mails[0].to, "RCPT TO:<jörg@xn--bcher-kva.example>");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told_as_such() {
    let server = full().start().await.unwrap();
    let mut settings = server.settings();
    // Nothing has listened at this port (tcpmux) for decades.
    settings.port = 1;
    let failure = send(&settings, &ada()).await.unwrap_err();
    assert_eq!(failure, MailFailure::Unreachable { step: Step::Connect, cause: Cause::ConnectionRefused });
}
