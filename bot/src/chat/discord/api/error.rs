//! What went wrong with a request, without addresses: those of interactions hold their tokens.

use std::fmt;
use std::time::Duration;

use serenity::http::HttpError;

use crate::chat::retry::{Retry, Retryable};

/// <https://discord.com/developers/docs/topics/opcodes-and-status-codes#json>
const UNKNOWN_INTERACTION: isize = 10062;
const ALREADY_ACKNOWLEDGED: isize = 40060;
const UNKNOWN_GUILD: isize = 10004;
const UNKNOWN_MEMBER: isize = 10007;
const UNKNOWN_USER: isize = 10013;
const CANNOT_MESSAGE_USER: isize = 50007;
const MISSING_ACCESS: isize = 50001;
const MISSING_PERMISSIONS: isize = 50013;

/// Why Discord did not do what it was asked to. `Display` is for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DiscordError {
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
    /// Discord takes no more requests for so long; this one was not carried out.
    RateLimited(Duration),
    /// This is the id of nobody there.
    NoSuchUser(String),
    /// The audit names a message by what is no name of one.
    NoSuchMessage,
    /// No answer in time.
    TimedOut,
    /// No answer at all.
    Unreachable(&'static str),
}

impl Retryable for DiscordError {
    fn retry(&self) -> Retry {
        match self {
            Self::RateLimited(wait) => Retry::After(*wait),
            Self::TimedOut | Self::Unreachable(_) => Retry::Soon,
            Self::Refused { status, .. } if *status >= 500 => Retry::Soon,
            _ => Retry::Never,
        }
    }

    fn timed_out() -> Self {
        Self::TimedOut
    }
}

impl DiscordError {
    /// What Discord's refusal means.
    pub(in crate::chat::discord) fn refused(status: u16, code: isize, message: &str) -> Self {
        match (status, code) {
            (401, _) => Self::TokenRefused,
            (_, CANNOT_MESSAGE_USER) => Self::CannotMessageUser,
            (_, MISSING_ACCESS) => Self::MissingAccess,
            (_, MISSING_PERMISSIONS) => Self::MissingPermissions,
            (_, UNKNOWN_INTERACTION) => Self::UnknownInteraction,
            (_, ALREADY_ACKNOWLEDGED) => Self::AlreadyAcknowledged,
            (status, code) => Self::Refused { status, code, message: crate::words::sanitize(message) },
        }
    }

    /// Whether this is Discord's own word that somebody is not in a guild. Another 404 may come from anything on the way there.
    pub(in crate::chat::discord) fn is_nobody_here(&self) -> bool {
        match self {
            Self::MissingAccess => true,
            Self::Refused { code, .. } => [UNKNOWN_GUILD, UNKNOWN_MEMBER, UNKNOWN_USER].contains(code),
            _ => false,
        }
    }
}

impl fmt::Display for DiscordError {
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
            Self::RateLimited(wait) => {
                write!(f, "Discord takes no more requests for {} s (429)", wait.as_secs_f64().ceil())
            }
            Self::NoSuchUser(user) => write!(f, "discord:{user} is nobody on Discord"),
            Self::NoSuchMessage => f.write_str("the audit names no message of Discord's"),
            Self::TimedOut => f.write_str("Discord did not answer in time"),
            Self::Unreachable(what) => write!(f, "Discord could not be reached: {what}"),
        }
    }
}

impl From<serenity::Error> for DiscordError {
    fn from(error: serenity::Error) -> Self {
        match error {
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
