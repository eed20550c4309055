//! Discord, by its gateway and REST interface (version 10): slash commands, buttons, direct messages, a channel for approvals and one for the audit.
//!
//! Translates, and decides nothing: who may and how a link is delivered is the core's business. No error of the library is logged as it stands: it may
//! hold an interaction's token.

mod adapter;
mod api;
pub mod doctor;
mod incoming;
mod platform;
mod render;
mod settings;

pub use self::adapter::Discord;
pub use self::api::{Rest, RestSettings};
pub use self::incoming::Ended;
pub use self::platform::DiscordPlatform;
pub use self::settings::{DiscordSettings, PLATFORM};
