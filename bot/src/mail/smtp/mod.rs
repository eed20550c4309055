//! Submission of a mail to the configured server (RFC 6409), spoken step by step, so that every failure knows where it happened.

mod cause;
mod connection;
mod cure;
mod login;
mod sender;
mod session;
mod settings;
mod step_error;

pub use cure::{StepFailure, cure, try_login, try_server};
pub use sender::SmtpSender;
pub use session::{Progress, StepReport};
pub use settings::{MailSettingsError, TimeLimits};
