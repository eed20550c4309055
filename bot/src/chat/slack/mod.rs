//! Slack: it tells us of commands and presses of buttons, by calling our listener or over a WebSocket that we open (Socket Mode), and we call its Web API.
//!
//! Translates, and decides nothing. A request is verified before it is parsed; what did not come from Slack leaves one line in the audit and nothing else.

mod adapter;
mod api;
pub mod doctor;
mod incoming;
mod platform;
mod render;
mod settings;

pub use self::adapter::Slack;
pub use self::incoming::Ended;
pub use self::platform::SlackPlatform;
pub use self::settings::{COMMAND_ROUTE, PLATFORM, SlackSettings};
