//! Discord's REST interface (version 10).

mod error;
mod members;
mod rest;

use std::time::Duration;

pub(super) use self::error::DiscordError;
pub(super) use self::members::{admin, caller, member};
pub use self::rest::{Rest, RestSettings};
pub(super) use self::rest::{read, with_body};

/// <https://discord.com/developers/docs/interactions/receiving-and-responding#responding-to-an-interaction>
pub(super) const ACKNOWLEDGED_BY: Duration = Duration::from_secs(3);
