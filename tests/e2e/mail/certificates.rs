//! Whom we believe to be the mail server.

use bot::mail::{Cause, CertificateFault, MailFailure, Step, TimeLimits};
use config::{Mail, MailSecurity};
use reset_link_tests::fakes::smtp::{Act, Script, Signed, Stage};
use std::time::Duration;

use super::{PATIENT, ada, send, send_within};

const PROTECTED: [MailSecurity; 2] = [MailSecurity::StartTls, MailSecurity::Tls];

fn faulty(fault: CertificateFault) -> MailFailure {
    MailFailure::Unreachable { step: Step::Tls, cause: Cause::Certificate(fault) }
}

fn without_ca_file(settings: Mail) -> Mail {
    Mail { ca_file: None, ..settings }
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_refused_unless_it_is_in_the_ca_file() {
    for security in PROTECTED {
        for signed in [Signed::ByItself, Signed::ByAuthority] {
            let server = Script::new(security).signed(signed).start().await.unwrap();
            let failure = send(&without_ca_file(server.settings()), &ada()).await.unwrap_err();
            assert_eq!(failure, faulty(CertificateFault::UnknownIssuer), "{security:?} {signed:?}");
            assert!(server.received().is_empty());

            send(&server.settings(), &ada()).await.unwrap();
            assert_eq!(server.wait_for(1).await.len(), 1);
        }
    }
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused_though_its_authority_is_trusted() {
    for security in PROTECTED {
        let server =
            Script::new(security).made_out_to(&["mail.example.net", "127.0.0.2"]).start().await.unwrap();
        let failure = send(&server.settings(), &ada()).await.unwrap_err();
        assert_eq!(failure, faulty(CertificateFault::WrongName));
    }
}

#[tokio::test]
async fn a_server_may_be_called_by_its_name() {
    let server = Script::new(MailSecurity::Tls).made_out_to(&["localhost"]).start().await.unwrap();
    send(&Mail { host: "localhost".to_owned(), ..server.settings() }, &ada()).await.unwrap();
}

#[tokio::test]
async fn an_authoritys_own_certificate_is_named_as_the_mistake_it_is() {
    let server = Script::new(MailSecurity::Tls).signed(Signed::AsAuthority).start().await.unwrap();
    let failure = send(&server.settings(), &ada()).await.unwrap_err();
    assert_eq!(failure, faulty(CertificateFault::AuthorityAsServer));
}

#[tokio::test]
async fn a_certificate_of_x509_version_1_is_named_as_such() {
    let server = Script::new(MailSecurity::Tls).signed(Signed::InVersion1).start().await.unwrap();
    let failure = send(&server.settings(), &ada()).await.unwrap_err();
    assert_eq!(failure, faulty(CertificateFault::OldVersion));
    assert_eq!(
        failure.to_string(),
        "TLS: the certificate cannot be trusted: it is of X.509 version 1, which says too little to be checked"
    );
}

/// What servers of before 2008 do: a fatal alert `protocol_version` (RFC 4346 §7.2), or a ServerHello of TLS 1.1 to whatever was asked (§7.4.1.3).
#[tokio::test]
async fn a_server_that_speaks_only_tls_1_1_is_named_as_such() {
    let alert = vec![0x15, 3, 2, 0, 2, 2, 70];
    let hello = [&[0x16, 3, 2, 0, 42, 2, 0, 0, 38, 3, 2][..], &[7; 32], &[0, 0, 0x2f, 0]].concat();
    for bytes in [alert, hello] {
        let server =
            Script::new(MailSecurity::Tls).at(Stage::Handshake, Act::Say(bytes)).start().await.unwrap();
        let failure = send(&server.settings(), &ada()).await.unwrap_err();
        assert_eq!(failure, MailFailure::Unreachable { step: Step::Tls, cause: Cause::OldTls });
        assert_eq!(
            failure.to_string(),
            "TLS: the server speaks no TLS newer than 1.1, which protects nothing any more"
        );
    }
}

#[tokio::test]
async fn no_name_of_a_type_reaches_a_person_when_a_handshake_fails() {
    for (bytes, words) in [
        (
            vec![0x15, 3, 3, 0, 2, 2, 40],
            "TLS: TLS failed: the server has no cipher in common with this program",
        ),
        (vec![0x15, 3, 3, 0, 2, 2, 112], "TLS: TLS failed: the server has no certificate for this name"),
        (vec![0x15, 3, 3, 0, 2, 2, 120], "TLS: TLS failed: the server broke the handshake off (alert 120)"),
        (b"220 mail.example.org ESMTP\r\n".to_vec(), "TLS: TLS failed: what the server sent is not TLS"),
    ] {
        let server =
            Script::new(MailSecurity::Tls).at(Stage::Handshake, Act::Say(bytes)).start().await.unwrap();
        assert_eq!(send(&server.settings(), &ada()).await.unwrap_err().to_string(), words);
    }
}

#[tokio::test]
async fn a_port_that_does_not_fit_the_security_mode_fails_at_the_first_word() {
    let plain = Script::new(MailSecurity::StartTls).start().await.unwrap();
    let failure = send(&Mail { security: MailSecurity::Tls, ..plain.settings() }, &ada()).await.unwrap_err();
    assert!(
        matches!(failure, MailFailure::Unreachable { step: Step::Tls, cause: Cause::Tls(_) }),
        "{failure}"
    );

    let encrypted = Script::new(MailSecurity::Tls).start().await.unwrap();
    let settings = Mail { security: MailSecurity::StartTls, ..encrypted.settings() };
    let limit = Duration::from_millis(50);
    let failure = send_within(&settings, &ada(), TimeLimits::each(PATIENT).with(Step::Greeting, limit))
        .await
        .unwrap_err();
    assert_eq!(failure, MailFailure::Unreachable { step: Step::Greeting, cause: Cause::TimedOut(limit) });
}
