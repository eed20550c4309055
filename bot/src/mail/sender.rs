use async_trait::async_trait;

use super::failure::{Accepted, MailFailure};
use super::message::OutgoingMail;

/// Capability: hands mails to a server.
#[async_trait]
pub trait MailSender: Send + Sync {
    /// Which server, for the admin's eyes: `mail.example.org`.
    fn server(&self) -> &str;

    /// Hands one mail over. It does not try again: the admin is waiting, and gets the link instead.
    ///
    /// # Errors
    /// Where the server did not take the mail, or did not say so. The mail may have been taken all the same where the outcome is unknown.
    async fn send(&self, mail: &OutgoingMail) -> Result<Accepted, MailFailure>;
}
