use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use config::{Mail, MailSecurity};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;

use super::conversation::{self, StepReport};
use super::failure::{Accepted, MailFailure, Step};
use super::login::Credentials;
use super::outgoing::OutgoingMail;
use super::sender::MailSender;
use super::tls::{self, MailSettingsError};

/// How long each step may take; with STARTTLS, [`Step::Tls`] waits three times (the command, the handshake, the greeting again), each as long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeLimits {
    each: Duration,
    single: Vec<(Step, Duration)>,
}

impl TimeLimits {
    /// The same limit for every step.
    pub fn each(limit: Duration) -> Self {
        Self { each: limit, single: Vec::new() }
    }

    /// Another limit for one step.
    #[must_use]
    pub fn with(mut self, step: Step, limit: Duration) -> Self {
        self.single.push((step, limit));
        self
    }

    pub(super) fn of(&self, step: Step) -> Duration {
        self.single.iter().rev().find(|(other, _)| *other == step).map_or(self.each, |(_, limit)| *limit)
    }
}

/// Submits mails to the configured mail server (RFC 6409), one connection per mail.
pub struct SmtpSender {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) security: MailSecurity,
    pub(super) name: ServerName<'static>,
    pub(super) tls: Arc<ClientConfig>,
    pub(super) login: Option<Credentials>,
    pub(super) limits: TimeLimits,
}

impl SmtpSender {
    /// Takes the settings in and reads the CA file.
    ///
    /// # Errors
    /// Where the settings cannot be used: the CA file, half a login, a host that is no name.
    pub fn new(settings: &Mail) -> Result<Self, MailSettingsError> {
        let limit = Duration::try_from(settings.timeout).unwrap_or(Duration::from_secs(10));
        Self::with_limits(settings, TimeLimits::each(limit))
    }

    /// As [`SmtpSender::new`], with other time limits than the configured one.
    ///
    /// # Errors
    /// As [`SmtpSender::new`].
    pub fn with_limits(settings: &Mail, limits: TimeLimits) -> Result<Self, MailSettingsError> {
        let login = match (&settings.username, &settings.password) {
            (Some(name), Some(password)) => Some(Credentials::new(name.clone(), password.clone())),
            (None, None) => None,
            _ => return Err(MailSettingsError::HalfALogin),
        };
        let host = settings.host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let name = match host.parse::<IpAddr>() {
            Ok(address) => ServerName::IpAddress(address.into()),
            Err(_) => {
                ServerName::try_from(host.clone()).map_err(|_| MailSettingsError::Host(host.clone()))?
            }
        };
        Ok(Self {
            port: settings.port,
            security: settings.security,
            tls: tls::client_config(settings.ca_file.as_deref())?,
            host,
            name,
            login,
            limits,
        })
    }

    /// Hands a mail over as [`MailSender::send`] does, and tells each step.
    ///
    /// # Errors
    /// As [`MailSender::send`].
    pub async fn send_step_by_step(
        &self,
        mail: &OutgoingMail,
        on_step: &mut (dyn FnMut(StepReport) + Send),
    ) -> Result<Accepted, MailFailure> {
        conversation::submit(self, mail, on_step).await
    }

    /// Connects and logs in as for a mail, says goodbye, and tells each step.
    ///
    /// # Errors
    /// The step that failed.
    pub async fn log_in(&self, on_step: &mut (dyn FnMut(StepReport) + Send)) -> Result<(), MailFailure> {
        conversation::knock(self, on_step).await
    }
}

impl fmt::Debug for SmtpSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpSender")
            .field("host", &self.host)
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl MailSender for SmtpSender {
    fn server(&self) -> &str {
        &self.host
    }

    async fn send(&self, mail: &OutgoingMail) -> Result<Accepted, MailFailure> {
        conversation::submit(self, mail, &mut |_| ()).await
    }
}
