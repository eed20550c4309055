//! `reset-link mail test`: each step told, and what mends the one that fails.

use bot::mail::{
    MailBranding, MailFailure, OutgoingMail, Progress, Step, StepFailure, StepReport, cure, try_server,
};
use config::{Mail, MailSecurity};
use reset_link_tests::fakes::smtp::{Act, Script, Stage};

use super::{email, link_id, now, organisation};

fn test_mail() -> OutgoingMail {
    MailBranding::new(&organisation()).unwrap().test_mail(&email("ops@example.org"), link_id(), now())
}

async fn run(settings: &Mail) -> (Vec<StepReport>, Result<(), StepFailure>) {
    let mut reports = Vec::new();
    let outcome = try_server(settings, &test_mail(), &mut |report| reports.push(report)).await;
    (reports, outcome.map(|_| ()))
}

fn done(reports: &[StepReport]) -> Vec<Step> {
    reports
        .iter()
        .filter(|report| matches!(report.progress, Progress::Done(_)))
        .map(|report| report.step)
        .collect()
}

#[tokio::test]
async fn every_step_is_told_in_its_order() {
    let server = Script::new(MailSecurity::StartTls).login("bot", "correct horse").start().await.unwrap();
    let (reports, outcome) = run(&server.settings()).await;
    outcome.unwrap();
    assert_eq!(done(&reports), Step::ALL);
    let detail = |step| {
        reports.iter().find(|report| report.step == step && matches!(report.progress, Progress::Done(_)))
    };
    let told = |step| detail(step).map(|report| report.progress.clone());
    assert_eq!(told(Step::Resolve), Some(Progress::Done("127.0.0.1".to_owned())));
    assert_eq!(told(Step::Tls), Some(Progress::Done("TLS 1.3".to_owned())));
    assert_eq!(told(Step::Recipient), Some(Progress::Done("2.1.5 recipient ok".to_owned())));
    assert_eq!(told(Step::Message), Some(Progress::Done("2.0.0 queued as 4bXk2".to_owned())));
    assert_eq!(server.wait_for(1).await.len(), 1);
}

#[tokio::test]
async fn what_the_settings_do_not_ask_for_is_skipped() {
    let server = Script::new(MailSecurity::None).start().await.unwrap();
    let (reports, outcome) = run(&server.settings()).await;
    outcome.unwrap();
    let skipped: Vec<Step> = reports
        .iter()
        .filter(|report| report.progress == Progress::Skipped)
        .map(|report| report.step)
        .collect();
    assert_eq!(skipped, [Step::Tls, Step::Login]);
}

#[tokio::test]
async fn the_steps_end_with_the_one_that_fails_and_its_cure() {
    let server = Script::new(MailSecurity::StartTls)
        .login("bot", "correct horse")
        .says(Stage::Auth, "535 5.7.8 no")
        .start()
        .await
        .unwrap();
    let (reports, outcome) = run(&server.settings()).await;
    assert_eq!(reports.last().unwrap(), &StepReport { step: Step::Login, progress: Progress::Begun });
    let Err(StepFailure::Step { failure, cure }) = outcome else { panic!("the login was refused") };
    assert_eq!(failure.to_string(), "login: 535 5.7.8 no");
    assert!(cure.contains("`username` and `password`"), "{cure}");
}

#[tokio::test]
async fn each_mistake_has_its_own_cure() {
    let closing = |stage| Script::new(MailSecurity::StartTls).at(stage, Act::Close);
    for (script, named) in [
        (closing(Stage::Greeting), "port 465 wants \"tls\""),
        (Script::new(MailSecurity::StartTls).without("STARTTLS"), "we do not send links in clear text"),
        (Script::new(MailSecurity::StartTls).made_out_to(&["mail.example.net"]), "Set `host`"),
        (Script::new(MailSecurity::None).says(Stage::Mail, "553 5.7.1 not yours"), "`mail_from`"),
        (Script::new(MailSecurity::None).says(Stage::Rcpt, "554 5.7.1 relay access denied"), "relay for us"),
        (
            Script::new(MailSecurity::None).says(Stage::Mail, "530 5.7.0 log in first"),
            "set `username` and `password`",
        ),
        (Script::new(MailSecurity::None).says(Stage::Rcpt, "451 4.7.1 greylisted"), "temporary"),
        (Script::new(MailSecurity::None).says(Stage::Body, "554 5.7.1 spam"), "spam filter"),
        (Script::new(MailSecurity::None).at(Stage::Body, Act::Close), "look into the mailbox"),
    ] {
        let server = script.start().await.unwrap();
        let (_, outcome) = run(&server.settings()).await;
        let Err(StepFailure::Step { cure, .. }) = outcome else { panic!("{named}: it went well") };
        assert!(cure.contains(named), "{cure}");
    }
}

#[tokio::test]
async fn a_private_authority_is_mended_with_the_ca_file() {
    let server = Script::new(MailSecurity::Tls).start().await.unwrap();
    let (_, outcome) = run(&Mail { ca_file: None, ..server.settings() }).await;
    let Err(StepFailure::Step { cure, .. }) = outcome else { panic!("it was trusted") };
    assert!(cure.contains("`ca_file`"), "{cure}");
}

#[tokio::test]
async fn a_blocked_port_points_at_the_firewall() {
    let server = Script::new(MailSecurity::None).start().await.unwrap();
    let cause = bot::mail::Cause::TimedOut(std::time::Duration::from_secs(10));
    let failure = MailFailure::Unreachable { step: Step::Connect, cause };
    assert!(cure(&server.settings(), &failure).contains("firewall"));
}

#[tokio::test]
async fn settings_that_cannot_work_are_told_before_any_step() {
    let server = Script::new(MailSecurity::None).login("bot", "x").start().await.unwrap();
    let (reports, outcome) = run(&Mail { password: None, ..server.settings() }).await;
    assert!(reports.is_empty());
    assert!(matches!(outcome, Err(StepFailure::Settings(_))));
}
