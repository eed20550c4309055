use super::answer;
use super::failure::Cause;
use super::wire::Answer;

/// Why a step failed, before it is known which.
pub(super) enum Trouble {
    Refused(Answer),
    Cause(Cause),
}

impl From<Cause> for Trouble {
    fn from(cause: Cause) -> Self {
        Self::Cause(cause)
    }
}

/// The answer, if it has the code that is wanted.
pub(super) fn expect(answer: Answer, wanted: impl Fn(u16) -> bool) -> Result<Answer, Trouble> {
    match answer.code {
        code if wanted(code) => Ok(answer),
        400.. => Err(Trouble::Refused(answer)),
        _ => Err(Trouble::Cause(nonsense(&answer))),
    }
}

/// An answer that does not belong to what was said.
pub(super) fn nonsense(answer: &Answer) -> Cause {
    Cause::Nonsense(answer::inert(&format!("{} {}", answer.code, answer.text())))
}
