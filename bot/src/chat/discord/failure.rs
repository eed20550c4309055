//! What went wrong with a request, without addresses: those of interactions hold their tokens.

use std::fmt;
use std::time::Duration;

use serenity::http::HttpError;
use tokio::time::{Instant, sleep};

/// <https://discord.com/developers/docs/topics/opcodes-and-status-codes#json>
const UNKNOWN_INTERACTION: isize = 10062;
const ALREADY_ACKNOWLEDGED: isize = 40060;
const CANNOT_MESSAGE_USER: isize = 50007;
const MISSING_ACCESS: isize = 50001;
const MISSING_PERMISSIONS: isize = 50013;

/// Why Discord did not do what it was asked to. `Display` is for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// The token is not, or no longer, one of a bot.
    TokenRefused,
    /// This user takes no direct messages from us.
    CannotMessageUser,
    /// The channel or guild cannot be seen.
    MissingAccess,
    /// It can be seen, and not be written to.
    MissingPermissions,
    /// Too late, or not ours.
    UnknownInteraction,
    /// Answered before.
    AlreadyAcknowledged,
    /// Another refusal.
    Refused { status: u16, code: isize, message: String },
    /// Too many requests; this one was not carried out.
    RateLimited,
    /// No answer in time.
    TimedOut,
    /// No answer at all.
    Unreachable(&'static str),
}

impl Failure {
    /// Whether it may have been carried out all the same, or may be when tried again at once.
    pub(super) fn is_passing(&self) -> bool {
        match self {
            Self::TimedOut | Self::Unreachable(_) => true,
            Self::Refused { status, .. } => *status >= 500,
            _ => false,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TokenRefused => f.write_str("Discord does not take the bot's token (401)"),
            Self::CannotMessageUser => f.write_str("this user takes no direct messages from the bot (50007)"),
            Self::MissingAccess => f.write_str("the bot cannot see this channel or server (50001)"),
            Self::MissingPermissions => f.write_str("the bot may not write there (50013)"),
            Self::UnknownInteraction => f.write_str("Discord no longer waits for this answer (10062)"),
            Self::AlreadyAcknowledged => f.write_str("this interaction was answered before (40060)"),
            Self::Refused { status, code, message } => {
                write!(f, "Discord answered {status}, code {code}: {message}")
            }
            Self::RateLimited => f.write_str("Discord takes no more requests for now (429)"),
            Self::TimedOut => f.write_str("Discord did not answer in time"),
            Self::Unreachable(what) => write!(f, "Discord could not be reached: {what}"),
        }
    }
}

impl From<serenity::Error> for Failure {
    fn from(error: serenity::Error) -> Self {
        match error {
            serenity::Error::Http(HttpError::UnsuccessfulRequest(answer)) => {
                match (answer.status_code.as_u16(), answer.error.code) {
                    (401, _) => Self::TokenRefused,
                    (429, _) => Self::RateLimited,
                    (_, CANNOT_MESSAGE_USER) => Self::CannotMessageUser,
                    (_, MISSING_ACCESS) => Self::MissingAccess,
                    (_, MISSING_PERMISSIONS) => Self::MissingPermissions,
                    (_, UNKNOWN_INTERACTION) => Self::UnknownInteraction,
                    (_, ALREADY_ACKNOWLEDGED) => Self::AlreadyAcknowledged,
                    (status, code) => {
                        Self::Refused { status, code, message: crate::inert::inert(&answer.error.message) }
                    }
                }
            }
            serenity::Error::Http(HttpError::Request(error)) if error.is_timeout() => Self::TimedOut,
            serenity::Error::Http(HttpError::Request(error)) if error.is_connect() => {
                Self::Unreachable("no connection")
            }
            serenity::Error::Http(HttpError::Request(error)) if error.is_decode() || error.is_body() => {
                Self::Unreachable("the answer broke off")
            }
            serenity::Error::Http(HttpError::Request(_)) => Self::Unreachable("the request broke off"),
            serenity::Error::Http(_) => Self::Unreachable("the request could not be made"),
            serenity::Error::Json(_) | serenity::Error::Decode(..) => {
                Self::Unreachable("the answer makes no sense")
            }
            _ => Self::Unreachable("the library gave up"),
        }
    }
}

/// A request with an end: by then it has failed.
pub(super) async fn within<T>(
    patience: Duration,
    request: impl Future<Output = serenity::Result<T>>,
) -> Result<T, Failure> {
    match tokio::time::timeout(patience, request).await {
        Ok(answer) => answer.map_err(Failure::from),
        Err(_) => Err(Failure::TimedOut),
    }
}

/// The library does not pass `Retry-After` on, which is in whole seconds.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The same request again for as long as Discord takes no more requests, and so has carried out none.
pub(super) async fn patiently<T, F: Future<Output = Result<T, Failure>>>(
    patience: Duration,
    request: impl Fn() -> F,
) -> Result<T, Failure> {
    let last = (Instant::now() + patience).checked_sub(RETRY_AFTER);
    loop {
        let answer = request().await;
        let may_wait = last.is_some_and(|last| Instant::now() < last);
        if !matches!(answer, Err(Failure::RateLimited)) || !may_wait {
            return answer;
        }
        sleep(RETRY_AFTER).await;
    }
}
