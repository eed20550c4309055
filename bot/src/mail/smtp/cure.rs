//! `reset-link mail test` and `doctor`: the session with the configured server told step by step, and what usually mends a step that fails.

use config::{Mail, MailSecurity};
use thiserror::Error;

use super::sender::SmtpSender;
use super::session::StepReport;
use super::settings::MailSettingsError;
use crate::mail::failure::{Accepted, Cause, CertificateFault, Feature, MailFailure, Step};
use crate::mail::message::OutgoingMail;

/// A test of the mail server that did not end well.
#[derive(Debug, Error)]
pub enum StepFailure {
    /// The settings cannot be used: no connection was tried.
    #[error("{0}")]
    Settings(#[from] MailSettingsError),
    /// A step failed.
    #[error("{failure}")]
    Step {
        /// Which, and why.
        failure: MailFailure,
        /// What usually mends it: whole sentences.
        cure: String,
    },
}

/// Hands a mail (see [`MailBranding::test_mail`](crate::mail::MailBranding::test_mail)) to the configured server, and tells each step as it happens.
///
/// # Errors
/// The step that failed, with what usually mends it.
pub async fn try_server(
    settings: &Mail,
    mail: &OutgoingMail,
    on_step: &mut (dyn FnMut(StepReport) + Send),
) -> Result<Accepted, StepFailure> {
    let sender = SmtpSender::new(settings)?;
    let outcome = sender.send_step_by_step(mail, on_step).await;
    outcome.map_err(|failure| StepFailure::Step { cure: cure(settings, &failure), failure })
}

/// Connects to the configured server and logs in; no mail is sent.
///
/// # Errors
/// Those of [`try_server`].
pub async fn try_login(
    settings: &Mail,
    on_step: &mut (dyn FnMut(StepReport) + Send),
) -> Result<(), StepFailure> {
    let outcome = SmtpSender::new(settings)?.log_in(on_step).await;
    outcome.map_err(|failure| StepFailure::Step { cure: cure(settings, &failure), failure })
}

/// What usually mends a failure, in whole sentences for the operator.
pub fn cure(settings: &Mail, failure: &MailFailure) -> String {
    match failure {
        MailFailure::Refused { step, code, .. } => refused(settings, *step, *code),
        MailFailure::Unreachable { step, cause } => unreachable(settings, *step, cause),
        MailFailure::OutcomeUnknown { .. } => "The server got the whole mail but did not say whether it took it: look into the mailbox and the server's log. \
             If the server is slow (virus scanners, greylisting), raise `timeout` in [mail]."
            .to_owned(),
    }
}

fn refused(settings: &Mail, step: Step, code: u16) -> String {
    let no_login = settings.username.is_none();
    match (step, code) {
        (Step::Login, 534 | 538) => "The server wants another way to log in, or an encrypted connection: set `security` to \"starttls\" or \"tls\", and look in its \
             administration for an application password."
            .to_owned(),
        (Step::Login, 500..) => "Check `username` and `password` in [mail]. With two-factor login many providers want an application password, and SMTP logins may \
             have to be allowed for the mailbox."
            .to_owned(),
        (Step::Sender | Step::Recipient | Step::Data, 530) => {
            "The server wants a login, or an encrypted connection, before it takes mail: set `username` and `password`, or `security`, in [mail].".to_owned()
        }
        (Step::Tls, _) => "The server cannot encrypt at the moment. Try again, and look into its log; if it keeps saying so, its certificate or TLS set-up is broken.".to_owned(),
        (Step::Greeting, 500 | 502 | 504) => "The server does not know EHLO, and without it there is neither TLS nor a login: use another mail server. Only for one on this \
             machine and without a login: `security = \"none\"`."
            .to_owned(),
        (_, 400..500) => "The server says that this is temporary (greylisting, too many mails, a full disk, maintenance). Try again in some minutes; if it stays, look into its log.".to_owned(),
        (Step::Greeting, _) => "The server does not talk to this machine: allow its address on the server, or use the submission port (587 with \"starttls\", 465 with \"tls\").".to_owned(),
        (Step::Sender, _) => "The server does not let this login send as `mail_from` in [organisation]: use the mailbox that belongs to the login, or allow it to send as that address.".to_owned(),
        (Step::Recipient, 550 | 551 | 553 | 554) if no_login => {
            "Either the address does not exist, or the server does not relay for us: set `username` and `password` in [mail], or allow this machine to relay.".to_owned()
        }
        (Step::Recipient, _) => "Check that the address exists. If it does, the server may not relay to other domains for this login.".to_owned(),
        (Step::Data | Step::Message, _) => "The server looked at the mail and refused it: its own words say why (a spam filter, a size limit, a sender whose domain does not permit this \
             server: SPF, DKIM, DMARC)."
            .to_owned(),
        _ => "The server's own words say why; its log says more.".to_owned(),
    }
}

fn unreachable(settings: &Mail, step: Step, cause: &Cause) -> String {
    match cause {
        Cause::NameNotFound(_) => "Check `host` in [mail] for a typing error, and that this machine can resolve names (DNS).".to_owned(),
        Cause::ConnectionRefused => format!("Nothing listens at port {}: check `host` and `port` in [mail]. {}", settings.port, usual_port(settings.security)),
        Cause::TimedOut(_) if matches!(step, Step::Resolve) => "The name server does not answer: check this machine's DNS settings.".to_owned(),
        Cause::TimedOut(_) if matches!(step, Step::Connect) => {
            format!("A firewall usually stands in the way: allow outgoing connections to port {}. Many hosters block port 25 for good: use 587 or 465.", settings.port)
        }
        Cause::TimedOut(_) | Cause::Closed | Cause::Tls(_) | Cause::NotSmtp(_) if matches!(step, Step::Greeting | Step::Tls) => {
            format!("`port` and `security` in [mail] probably do not belong together. {}", usual_port(settings.security))
        }
        Cause::TimedOut(_) => "The server is slow or stuck: look into its log, or raise `timeout` in [mail].".to_owned(),
        Cause::Certificate(fault) => certificate(settings, fault),
        Cause::NotOffered(Feature::StartTls) => "The server does not encrypt at this port, and we do not send links in clear text: use its port for \"tls\" (465), or switch STARTTLS on \
             in the server. Only for a server on this machine: `security = \"none\"` (with `allow_cleartext = true` in a network that is yours alone)."
            .to_owned(),
        Cause::NotOffered(Feature::Login) => "Many servers offer the login only on an encrypted connection, or only on the submission port: set `security` to \"starttls\" or \"tls\" and use 587 or \
             465; or leave out `username` and `password` if the server needs none."
            .to_owned(),
        Cause::NotOffered(Feature::SmtpUtf8) => "The server cannot send to addresses with letters beyond ASCII before the @: use another address, or a server that can.".to_owned(),
        Cause::OldTls => "Switch TLS 1.2 or 1.3 on in the server (versions before 1.2 are deprecated, RFC 8996), or use another mail server.".to_owned(),
        Cause::TextBeforeTls => "Find out what stands between this machine and the server (a proxy, a virus scanner), and use \"tls\" on port 465.".to_owned(),
        Cause::Address => "Check the address for a typing error.".to_owned(),
        Cause::Outbox(_) => "Check that the folder exists, that this user may write to it, and that the disk is not full.".to_owned(),
        Cause::Closed | Cause::Network(_) | Cause::Tls(_) | Cause::NotSmtp(_) => {
            "Check `host`, `port` and `security` in [mail], the network, and the server's log.".to_owned()
        }
    }
}

fn certificate(settings: &Mail, fault: &CertificateFault) -> String {
    match fault {
        CertificateFault::UnknownIssuer if settings.ca_file.is_some() => {
            "The certificate is not signed by the authority in `ca_file` either: put the certificate (PEM) of the authority that signed it there, intermediate ones included.".to_owned()
        }
        CertificateFault::UnknownIssuer => "If your organisation has an authority of its own, name its certificate (PEM) in `ca_file` in [mail]. If not, the server may have forgotten to send the \
             intermediate certificate."
            .to_owned(),
        CertificateFault::WrongName => format!("Set `host` in [mail] to the name in the server's certificate, or give the server one for {}.", settings.host),
        CertificateFault::Expired => "Renew the server's certificate; if it is new, check this machine's clock.".to_owned(),
        CertificateFault::NotYetValid => "Check this machine's clock; if it is right, so is the refusal: the certificate is from the future.".to_owned(),
        CertificateFault::AuthorityAsServer => "The server shows the certificate of an authority as its own (`openssl req -x509` makes such ones): make a certificate with \
             `basicConstraints=CA:FALSE` and the server's name as subjectAltName."
            .to_owned(),
        CertificateFault::OldVersion => "Make a certificate of version 3 with the server's name as subjectAltName (`openssl x509 -req` makes version 1 unless it is given an -extfile)."
            .to_owned(),
        CertificateFault::Revoked => "Get a new certificate for the server from its authority.".to_owned(),
        CertificateFault::OtherPurpose => "Make a certificate that is for servers: extendedKeyUsage=serverAuth.".to_owned(),
        CertificateFault::Unreadable => "Look at the certificate with `openssl s_client`, and renew it.".to_owned(),
    }
}

fn usual_port(security: MailSecurity) -> &'static str {
    match security {
        MailSecurity::StartTls => {
            "`security = \"starttls\"` usually goes with port 587; port 465 wants \"tls\"."
        }
        MailSecurity::Tls => "`security = \"tls\"` usually goes with port 465; port 587 wants \"starttls\".",
        MailSecurity::None => {
            "`security = \"none\"` usually goes with port 25; 587 wants \"starttls\", 465 wants \"tls\"."
        }
    }
}
