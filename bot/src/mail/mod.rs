//! Mail: what a contact is told, and the conversation with the mail server that takes it.
//!
//! [`Letterhead`] composes (pure), a [`MailSender`] sends: [`SmtpSender`] to the configured server, [`FileSender`] to a folder for the try-out.
//! [`try_server`] holds the same conversation for `reset-link mail test`, [`try_login`] its beginning for `reset-link doctor`; both say what usually mends
//! a failure.

mod answer;
mod compose;
mod connect;
mod conversation;
mod cure;
mod failure;
mod login;
mod outbox;
mod outgoing;
mod sender;
mod smtp;
mod tls;
mod trouble;
mod wire;

pub(crate) use answer::{one_line, shorten};
pub use compose::{Letterhead, LetterheadError, Recipient};
pub use conversation::{Progress, StepReport};
pub use cure::{StepFailure, cure, try_login, try_server};
pub use failure::{Accepted, Cause, CertificateFault, Feature, MailFailure, Step};
pub use outbox::FileSender;
pub use outgoing::OutgoingMail;
pub use sender::MailSender;
pub use smtp::{SmtpSender, TimeLimits};
pub use tls::MailSettingsError;
