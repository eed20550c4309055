//! `AUTH` with name and password: PLAIN (RFC 4616) and LOGIN, which no standard describes.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use config::Secret;
use lettre::transport::smtp::authentication::Mechanism;
use zeroize::Zeroizing;

use super::connection::SmtpConnection;
use super::step_error::{StepError, expect};
use crate::mail::failure::Cause;

/// A user name and its password. `Debug` shows neither.
#[derive(Clone)]
pub(super) struct Credentials {
    name: String,
    password: Secret,
}

impl Credentials {
    pub(super) fn new(name: String, password: Secret) -> Self {
        Self { name, password }
    }

    /// A server's words without the password, in whichever form it was sent.
    pub(super) fn hide_in(&self, words: &str) -> String {
        let password = self.password.expose();
        let forms = [password.to_owned(), STANDARD.encode(password), self.plain().to_string()];
        let forms = forms.map(Zeroizing::new);
        forms
            .iter()
            .filter(|form| !form.is_empty())
            .fold(words.to_owned(), |words, form| words.replace(form.as_str(), "…"))
    }

    /// The one message of PLAIN (RFC 4616 §2), without an identity to act as.
    fn plain(&self) -> Zeroizing<String> {
        let message = Zeroizing::new(format!("\0{}\0{}", self.name, self.password.expose()));
        Zeroizing::new(STANDARD.encode(message.as_bytes()))
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(…)")
    }
}

/// Logs in (RFC 4954 §4).
///
/// Whatever a server asks, the answers are the same: for LOGIN the name and then the password, since servers ask in their own language or with nothing
/// at all; for PLAIN the one message once more, where a server has overlooked it beside the command.
pub(super) async fn authenticate(
    connection: &mut SmtpConnection,
    mechanism: Mechanism,
    credentials: &Credentials,
) -> Result<(), StepError> {
    let encode = |text: &str| Zeroizing::new(STANDARD.encode(text));
    let (command, answers) = match mechanism {
        Mechanism::Login => {
            let answers = vec![encode(&credentials.name), encode(credentials.password.expose())];
            (Zeroizing::new("AUTH LOGIN".to_owned()), answers)
        }
        _ => {
            let plain = credentials.plain();
            (Zeroizing::new(format!("AUTH PLAIN {}", *plain)), vec![plain])
        }
    };
    for line in std::iter::once(command).chain(answers) {
        let line = Zeroizing::new(format!("{}\r\n", *line));
        let answer = connection.command(line.as_str()).await?;
        if expect(answer, |code| matches!(code, 235 | 334))?.code == 235 {
            return Ok(());
        }
    }
    Err(Cause::NotSmtp("a login that asks on and on".to_owned()).into())
}
