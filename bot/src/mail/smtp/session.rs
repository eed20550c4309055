//! One SMTP submission, step by step, so that every failure knows where it happened.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use config::MailSecurity;
use lettre::Address;
use lettre::transport::smtp::authentication::Mechanism;
use lettre::transport::smtp::commands::{Data, Ehlo, Mail, Rcpt, Starttls};
use lettre::transport::smtp::extension::{ClientId, MailParameter};
use tokio::net::TcpStream;

use super::cause::cause_of;
use super::connection::{SmtpAnswer, SmtpConnection};
use super::login;
use super::settings::SmtpSettings;
use super::step_error::{StepError, expect, not_smtp};
use crate::mail::failure::{Accepted, Cause, Feature, MailFailure, Step};
use crate::mail::message::OutgoingMail;
use crate::mail::sanitize::sanitize;

/// The goodbye is a courtesy: nobody waits longer for it.
const GOODBYE: Duration = Duration::from_millis(500);

/// What a step came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepReport {
    /// Which step.
    pub step: Step,
    /// How far it has come.
    pub progress: Progress,
}

/// How far a step has come. A step that fails is told by the failure itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// It begins.
    Begun,
    /// It succeeded, with what is worth knowing about it.
    Done(String),
    /// The settings do not ask for it.
    Skipped,
}

/// Hands one mail to the server.
pub(super) async fn submit(
    settings: &SmtpSettings,
    mail: &OutgoingMail,
    on_step: &mut (dyn FnMut(StepReport) + Send),
) -> Result<Accepted, MailFailure> {
    let message = mail.to_message()?;
    let from = message.envelope().from().ok_or(NO_ADDRESS)?;
    let to = message.envelope().to().first().ok_or(NO_ADDRESS)?;
    let mut session = SmtpSession::new(settings, on_step);
    let outcome = session.speak(from, to, &message.formatted()).await;
    session.leave().await;
    outcome
}

/// The session up to the login, and goodbye: no mail.
pub(super) async fn probe_login(
    settings: &SmtpSettings,
    on_step: &mut (dyn FnMut(StepReport) + Send),
) -> Result<(), MailFailure> {
    let mut session = SmtpSession::new(settings, on_step);
    let outcome = session.enter().await;
    session.leave().await;
    outcome
}

const NO_ADDRESS: MailFailure = MailFailure::Unreachable { step: Step::Recipient, cause: Cause::Address };

/// What the server says it can do (its answer to EHLO).
#[derive(Default)]
struct Offers(Vec<String>);

impl Offers {
    fn read(answer: &SmtpAnswer) -> Self {
        Self(answer.lines.iter().skip(1).map(|line| line.trim().to_ascii_uppercase()).collect())
    }

    fn has(&self, feature: &str) -> bool {
        self.0.iter().any(|line| line.split(' ').next() == Some(feature))
    }

    /// The mechanisms that we speak and the server offers, the one to try first in front.
    fn mechanisms(&self) -> Vec<Mechanism> {
        // `AUTH=` is how some old servers still write it.
        let offered = |name: &str| {
            self.0.iter().any(|line| {
                let words = line.strip_prefix("AUTH").and_then(|rest| rest.strip_prefix([' ', '=']));
                words.is_some_and(|words| words.split(' ').any(|word| word == name))
            })
        };
        [Mechanism::Plain, Mechanism::Login]
            .into_iter()
            .filter(|mechanism| offered(&mechanism.to_string()))
            .collect()
    }
}

struct SmtpSession<'a> {
    settings: &'a SmtpSettings,
    on_step: &'a mut (dyn FnMut(StepReport) + Send),
    /// Absent before it is connected, and where a handshake failed.
    connection: Option<SmtpConnection>,
    offers: Offers,
    peer: Option<IpAddr>,
}

impl<'a> SmtpSession<'a> {
    fn new(settings: &'a SmtpSettings, on_step: &'a mut (dyn FnMut(StepReport) + Send)) -> Self {
        Self { settings, on_step, connection: None, offers: Offers::default(), peer: None }
    }

    /// All that comes before a mail.
    async fn enter(&mut self) -> Result<(), MailFailure> {
        self.open().await?;
        self.log_in().await
    }

    async fn leave(&mut self) {
        if let Some(connection) = self.connection.take() {
            // Whether the goodbye arrives changes nothing: the outcome is known.
            let _ = tokio::time::timeout(GOODBYE, connection.leave()).await;
        }
    }

    async fn speak(&mut self, from: &Address, to: &Address, mail: &[u8]) -> Result<Accepted, MailFailure> {
        self.enter().await?;
        self.address(from, to).await?;

        self.begin(Step::Data);
        let command = async |connection: &mut SmtpConnection| {
            expect(connection.command(Data).await?, |code| code == 354)
        };
        let answer = self.exchange(Step::Data, command).await?;
        self.done(Step::Data, sanitize(&answer.text()));

        self.begin(Step::Message);
        let limit = self.settings.limits.of(Step::Message);
        let connection = self.connection.as_mut().ok_or(closed(Step::Message))?;
        let answer = match tokio::time::timeout(limit, connection.message(mail)).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(cause)) => return Err(MailFailure::OutcomeUnknown { cause }),
            Err(_) => return Err(MailFailure::OutcomeUnknown { cause: Cause::TimedOut(limit) }),
        };
        match answer.code {
            200..300 => {
                let words = sanitize(&answer.text());
                self.done(Step::Message, words.clone());
                Ok(Accepted { by: self.settings.host.clone(), answer: words, file: None })
            }
            400.. => Err(self.failure(Step::Message, StepError::Refused(answer))),
            _ => Err(MailFailure::OutcomeUnknown { cause: not_smtp(&answer) }),
        }
    }

    /// Resolve, connect, greeting, TLS: in the order that the settings ask for.
    async fn open(&mut self) -> Result<(), MailFailure> {
        self.begin(Step::Resolve);
        let addresses =
            within(self.settings, Step::Resolve, resolve(&self.settings.host, self.settings.port)).await?;
        let shown: Vec<String> = addresses.iter().map(|address| address.ip().to_string()).collect();
        self.done(Step::Resolve, shown.join(", "));

        self.begin(Step::Connect);
        let stream = within(self.settings, Step::Connect, connect(&addresses)).await?;
        self.peer = stream.local_addr().ok().map(|address| address.ip());
        let peer = stream.peer_addr().map(|address| address.to_string()).unwrap_or_default();
        self.connection = Some(SmtpConnection::new(Box::new(stream)));
        self.done(Step::Connect, peer);

        match self.settings.security {
            MailSecurity::Tls => {
                self.begin(Step::Tls);
                let version = self.encrypt().await?;
                self.done(Step::Tls, version.to_owned());
                self.greet().await
            }
            MailSecurity::StartTls => {
                self.greet().await?;
                self.start_tls().await
            }
            MailSecurity::None => {
                self.greet().await?;
                self.skip(Step::Tls);
                Ok(())
            }
        }
    }

    async fn greet(&mut self) -> Result<(), MailFailure> {
        self.begin(Step::Greeting);
        let name = self.own_name();
        // Without EHLO there is neither TLS nor a login.
        let may_say_helo = self.settings.security == MailSecurity::None && self.settings.login.is_none();
        let greeting = async |connection: &mut SmtpConnection| {
            let banner = expect(connection.answer().await?, |code| code == 220)?;
            let answer = connection.command(Ehlo::new(name.clone())).await?;
            if may_say_helo && is_not_known(answer.code) {
                expect(connection.command(format!("HELO {name}\r\n")).await?, |code| code == 250)?;
                return Ok((banner, Offers::default()));
            }
            let offers = Offers::read(&expect(answer, |code| code == 250)?);
            Ok((banner, offers))
        };
        let (banner, offers) = self.exchange(Step::Greeting, greeting).await?;
        self.offers = offers;
        self.done(Step::Greeting, sanitize(&banner.text()));
        Ok(())
    }

    async fn start_tls(&mut self) -> Result<(), MailFailure> {
        self.begin(Step::Tls);
        if !self.offers.has("STARTTLS") {
            return Err(not_offered(Step::Tls, Feature::StartTls));
        }
        let command = async |connection: &mut SmtpConnection| {
            expect(connection.command(Starttls).await?, |code| code == 220)
        };
        self.exchange(Step::Tls, command).await?;
        let version = self.encrypt().await?;
        // What was offered in clear text counts no longer (RFC 3207 §4.2).
        let ehlo = Ehlo::new(self.own_name());
        let again = async |connection: &mut SmtpConnection| {
            expect(connection.command(ehlo).await?, |code| code == 250)
        };
        self.offers = Offers::read(&self.exchange(Step::Tls, again).await?);
        self.done(Step::Tls, version.to_owned());
        Ok(())
    }

    async fn encrypt(&mut self) -> Result<&'static str, MailFailure> {
        let failed = |cause| MailFailure::Unreachable { step: Step::Tls, cause };
        let stream = self.connection.take().ok_or(closed(Step::Tls))?.into_stream().map_err(failed)?;
        let handshake = async {
            let stream = self.settings.tls.handshake(&self.settings.name, stream).await;
            stream.map_err(|error| cause_of(&error))
        };
        let stream = within(self.settings, Step::Tls, handshake).await?;
        let version = match stream.get_ref().1.protocol_version() {
            Some(rustls::ProtocolVersion::TLSv1_3) => "TLS 1.3",
            _ => "TLS 1.2",
        };
        self.connection = Some(SmtpConnection::new(Box::new(stream)));
        Ok(version)
    }

    async fn log_in(&mut self) -> Result<(), MailFailure> {
        let Some(credentials) = self.settings.login.clone() else {
            self.skip(Step::Login);
            return Ok(());
        };
        self.begin(Step::Login);
        let mut refused = not_offered(Step::Login, Feature::Login);
        for mechanism in self.offers.mechanisms() {
            let login = async |connection: &mut SmtpConnection| {
                login::authenticate(connection, mechanism, &credentials).await
            };
            match self.exchange(Step::Login, login).await {
                Ok(()) => {
                    self.done(Step::Login, mechanism.to_string());
                    return Ok(());
                }
                // Offered, and yet not spoken (RFC 4954 §4): the next one, if there is one.
                Err(failure @ MailFailure::Refused { code: 504, .. }) => refused = failure,
                Err(failure) => return Err(failure),
            }
        }
        Err(refused)
    }

    async fn address(&mut self, from: &Address, to: &Address) -> Result<(), MailFailure> {
        let ascii = from.as_ref() as &str;
        let mut parameters = Vec::new();
        if !ascii.is_ascii() || !(to.as_ref() as &str).is_ascii() {
            if !self.offers.has("SMTPUTF8") {
                let step = if ascii.is_ascii() { Step::Recipient } else { Step::Sender };
                return Err(not_offered(step, Feature::SmtpUtf8));
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        self.begin(Step::Sender);
        let mail = Mail::new(Some(from.clone()), parameters);
        let command = async |connection: &mut SmtpConnection| expect(connection.command(mail).await?, is_yes);
        let answer = self.exchange(Step::Sender, command).await?;
        self.done(Step::Sender, sanitize(&answer.text()));

        self.begin(Step::Recipient);
        let rcpt = Rcpt::new(to.clone(), Vec::new());
        let command = async |connection: &mut SmtpConnection| expect(connection.command(rcpt).await?, is_yes);
        let answer = self.exchange(Step::Recipient, command).await?;
        self.done(Step::Recipient, sanitize(&answer.text()));
        Ok(())
    }

    /// The machine's own name where it is a full one, else its address: a bare host name is what strict servers refuse (RFC 5321 §4.1.4).
    fn own_name(&self) -> ClientId {
        let full = |name: &str| {
            name.contains('.') && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
        };
        match (ClientId::default(), self.peer) {
            (ClientId::Domain(name), _) if full(&name) => ClientId::Domain(name),
            (_, Some(IpAddr::V4(address))) => ClientId::Ipv4(address),
            (_, Some(IpAddr::V6(address))) => ClientId::Ipv6(address),
            (other, None) => other,
        }
    }

    /// Talks with the server within the time limit of a step.
    async fn exchange<T>(
        &mut self,
        step: Step,
        talk: impl AsyncFnOnce(&mut SmtpConnection) -> Result<T, StepError>,
    ) -> Result<T, MailFailure> {
        let limit = self.settings.limits.of(step);
        let connection = self.connection.as_mut().ok_or(closed(step))?;
        let outcome = tokio::time::timeout(limit, talk(connection)).await;
        outcome
            .unwrap_or(Err(StepError::Cause(Cause::TimedOut(limit))))
            .map_err(|error| self.failure(step, error))
    }

    fn failure(&self, step: Step, error: StepError) -> MailFailure {
        match error {
            StepError::Cause(cause) => MailFailure::Unreachable { step, cause },
            StepError::Refused(answer) => {
                let words = match &self.settings.login {
                    Some(credentials) => credentials.hide_in(&answer.text()),
                    None => answer.text(),
                };
                MailFailure::Refused { step, code: answer.code, answer: sanitize(&words) }
            }
        }
    }

    fn begin(&mut self, step: Step) {
        (self.on_step)(StepReport { step, progress: Progress::Begun });
    }

    fn done(&mut self, step: Step, detail: String) {
        (self.on_step)(StepReport { step, progress: Progress::Done(detail) });
    }

    fn skip(&mut self, step: Step) {
        (self.on_step)(StepReport { step, progress: Progress::Skipped });
    }
}

async fn resolve(host: &str, port: u16) -> Result<Vec<SocketAddr>, Cause> {
    let not_found = |error: io::Error| Cause::NameNotFound(sanitize(&error.to_string()));
    net::resolve(host, port).await.map_err(not_found)
}

async fn connect(addresses: &[SocketAddr]) -> Result<TcpStream, Cause> {
    net::connect(addresses).await.map_err(|error| cause_of(&error))
}

/// Does what needs no session yet, within the time limit of a step.
async fn within<T>(
    settings: &SmtpSettings,
    step: Step,
    work: impl Future<Output = Result<T, Cause>>,
) -> Result<T, MailFailure> {
    let limit = settings.limits.of(step);
    let outcome = tokio::time::timeout(limit, work).await.unwrap_or(Err(Cause::TimedOut(limit)));
    outcome.map_err(|cause| MailFailure::Unreachable { step, cause })
}

fn is_yes(code: u16) -> bool {
    (200..300).contains(&code)
}

/// A command that the server does not know or does not carry out (RFC 5321 §4.2.4).
fn is_not_known(code: u16) -> bool {
    matches!(code, 500 | 502 | 504)
}

fn not_offered(step: Step, feature: Feature) -> MailFailure {
    MailFailure::Unreachable { step, cause: Cause::NotOffered(feature) }
}

fn closed(step: Step) -> MailFailure {
    MailFailure::Unreachable { step, cause: Cause::Closed }
}

#[cfg(test)]
mod tests {
    use lettre::transport::smtp::authentication::Mechanism;

    use super::Offers;
    use crate::mail::smtp::connection::SmtpAnswer;

    fn offers(lines: &[&str]) -> Offers {
        Offers::read(&SmtpAnswer { code: 250, lines: lines.iter().map(|line| (*line).to_owned()).collect() })
    }

    #[test]
    fn what_a_server_offers_is_read_in_any_case() {
        let offers =
            offers(&["mail.example.org greets you", "StartTls", "auth CRAM-MD5 login plain", "SIZE 1000"]);
        assert!(offers.has("STARTTLS") && offers.has("SIZE"));
        assert!(!offers.has("SMTPUTF8"));
        assert_eq!(offers.mechanisms(), [Mechanism::Plain, Mechanism::Login]);
    }

    #[test]
    fn the_servers_name_is_no_offer() {
        assert!(!offers(&["STARTTLS"]).has("STARTTLS"));
    }

    #[test]
    fn a_login_that_we_do_not_speak_is_none() {
        assert_eq!(offers(&["mail", "AUTH CRAM-MD5 GSSAPI"]).mechanisms(), []);
        assert_eq!(offers(&["mail", "AUTH=LOGIN"]).mechanisms(), [Mechanism::Login]);
    }
}
