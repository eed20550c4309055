//! Why a step failed, before it is known which.

use super::connection::SmtpAnswer;
use crate::mail::failure::Cause;
use crate::mail::sanitize::sanitize;

/// Why a step failed, before it is known which.
pub(super) enum StepError {
    Refused(SmtpAnswer),
    Cause(Cause),
}

impl From<Cause> for StepError {
    fn from(cause: Cause) -> Self {
        Self::Cause(cause)
    }
}

/// The answer, if it has the code that is wanted.
pub(super) fn expect(answer: SmtpAnswer, wanted: impl Fn(u16) -> bool) -> Result<SmtpAnswer, StepError> {
    match answer.code {
        code if wanted(code) => Ok(answer),
        400.. => Err(StepError::Refused(answer)),
        _ => Err(StepError::Cause(not_smtp(&answer))),
    }
}

/// An answer that does not belong to what was said.
pub(super) fn not_smtp(answer: &SmtpAnswer) -> Cause {
    Cause::NotSmtp(sanitize(&format!("{} {}", answer.code, answer.text())))
}
