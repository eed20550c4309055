//! Mail: what a contact is told, and how a mail is handed to a server.
//!
//! [`MailBranding`] composes (pure), a [`MailSender`] sends: [`SmtpSender`] to the configured server, [`FileSender`] to a folder for the try-out.
//! [`try_server`] holds the same session for `reset-link mail test`, [`try_login`] its beginning for `reset-link doctor`; both say what usually mends
//! a failure.

mod compose;
mod failure;
mod message;
mod outbox;
mod sanitize;
mod sender;
mod smtp;

pub use compose::{AskedBy, MailBranding, MailBrandingError, MailedLink, Recipient};
pub use failure::{Accepted, Cause, CertificateFault, Feature, MailFailure, Step};
pub use message::OutgoingMail;
pub use outbox::FileSender;
pub(crate) use sanitize::{one_line, shorten};
pub use sender::MailSender;
pub use smtp::{
    MailSettingsError, Progress, SmtpSender, StepFailure, StepReport, TimeLimits, cure, try_login, try_server,
};
