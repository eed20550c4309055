use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use config::Mail;

use super::session::{self, StepReport};
use super::settings::{MailSettingsError, SmtpSettings, TimeLimits};
use crate::mail::failure::{Accepted, MailFailure};
use crate::mail::message::OutgoingMail;
use crate::mail::sender::MailSender;

/// Submits mails to the configured mail server (RFC 6409), one connection per mail.
pub struct SmtpSender(SmtpSettings);

impl SmtpSender {
    /// Takes the settings in and reads the CA file.
    ///
    /// # Errors
    /// Where the settings cannot be used: the CA file, half a login, a host that is no name.
    pub fn new(settings: &Mail) -> Result<Self, MailSettingsError> {
        let limit = Duration::try_from(settings.timeout).unwrap_or(Duration::from_secs(10));
        Self::with_limits(settings, TimeLimits::each(limit))
    }

    /// [`SmtpSender::new`] with other time limits than the configured one.
    ///
    /// # Errors
    /// Those of [`SmtpSender::new`].
    pub fn with_limits(settings: &Mail, limits: TimeLimits) -> Result<Self, MailSettingsError> {
        SmtpSettings::new(settings, limits).map(Self)
    }

    /// Hands a mail over as [`MailSender::send`] does, and tells each step.
    ///
    /// # Errors
    /// Those of [`MailSender::send`].
    pub async fn send_step_by_step(
        &self,
        mail: &OutgoingMail,
        on_step: &mut (dyn FnMut(StepReport) + Send),
    ) -> Result<Accepted, MailFailure> {
        session::submit(&self.0, mail, on_step).await
    }

    /// Connects and logs in as for a mail, says goodbye, and tells each step.
    ///
    /// # Errors
    /// The step that failed.
    pub async fn log_in(&self, on_step: &mut (dyn FnMut(StepReport) + Send)) -> Result<(), MailFailure> {
        session::probe_login(&self.0, on_step).await
    }
}

impl fmt::Debug for SmtpSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpSender")
            .field("host", &self.0.host)
            .field("port", &self.0.port)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl MailSender for SmtpSender {
    fn server(&self) -> &str {
        &self.0.host
    }

    async fn send(&self, mail: &OutgoingMail) -> Result<Accepted, MailFailure> {
        session::submit(&self.0, mail, &mut |_| ()).await
    }
}
