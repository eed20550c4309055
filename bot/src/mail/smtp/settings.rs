//! Which server, how it is reached, and how long each step may take.

use std::path::PathBuf;
use std::time::Duration;

use config::{Mail, MailSecurity};
use net::{Roots, Tls};
use rustls::pki_types::ServerName;
use thiserror::Error;

use super::login::Credentials;
use crate::mail::failure::Step;

/// The mail settings cannot be used as they are.
#[derive(Debug, Error)]
pub enum MailSettingsError {
    /// `ca_file` cannot be read, or is not PEM.
    #[error("[mail] ca_file {}: {cause}", .path.display())]
    CaFile {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: String,
    },
    /// Only one of `username` and `password` is set.
    #[error("[mail] username and password go together: set both, or neither")]
    HalfALogin,
    /// The host can be neither a DNS name nor an IP address.
    #[error("[mail] host {0} is neither a DNS name nor an IP address")]
    Host(String),
}

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

/// What a session with the server needs.
pub(super) struct SmtpSettings {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) security: MailSecurity,
    pub(super) name: ServerName<'static>,
    pub(super) tls: Tls,
    pub(super) login: Option<Credentials>,
    pub(super) limits: TimeLimits,
}

impl SmtpSettings {
    /// Takes the settings in and reads the CA file, which is trusted beside the machine's own roots.
    ///
    /// # Errors
    /// Where the settings cannot be used: the CA file, half a login, a host that is no name.
    pub(super) fn new(settings: &Mail, limits: TimeLimits) -> Result<Self, MailSettingsError> {
        let login = match (&settings.username, &settings.password) {
            (Some(name), Some(password)) => Some(Credentials::new(name.clone(), password.clone())),
            (None, None) => None,
            _ => return Err(MailSettingsError::HalfALogin),
        };
        let host = settings.host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let name = ServerName::try_from(host.clone()).map_err(|_| MailSettingsError::Host(host.clone()))?;
        let mut roots = Roots::of_this_machine();
        if let Some(path) = &settings.ca_file {
            let failed = |cause| MailSettingsError::CaFile { path: path.clone(), cause };
            roots = roots.and_file(path).map_err(failed)?;
        }
        let (port, security, tls) = (settings.port, settings.security, Tls::new(&roots));
        Ok(Self { host, port, security, name, tls, login, limits })
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn a_ca_file_that_holds_no_certificate_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let refused = |path: PathBuf| {
            let settings = Mail {
                host: "mail.example.com".to_owned(),
                port: 587,
                security: MailSecurity::StartTls,
                allow_cleartext: false,
                username: None,
                password: None,
                ca_file: Some(path.clone()),
                timeout: SignedDuration::from_secs(1),
                retry: None,
            };
            let refused = SmtpSettings::new(&settings, TimeLimits::each(Duration::from_secs(1))).err();
            matches!(refused, Some(MailSettingsError::CaFile { path: named, .. }) if named == path)
        };
        for (name, content) in [
            ("empty.pem", ""),
            ("text.pem", "hello"),
            ("broken.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
        ] {
            let path = folder.path().join(name);
            std::fs::write(&path, content).unwrap();
            assert!(refused(path), "{name}");
        }
        assert!(refused(folder.path().join("missing.pem")));
    }
}
