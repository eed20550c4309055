//! Mattermost: the server calls our listener with slash commands and presses of buttons, and we call its API (version 4) with a bot account's token.
//!
//! Translates, and decides nothing. A link goes out by direct message alone. The server does not sign what it sends: a command shows its token, a button brings
//! back a context over which we have put a MAC.

mod adapter;
mod api;
mod button_mac;
pub mod doctor;
mod incoming;
mod platform;
mod render;
mod settings;

pub use self::adapter::Mattermost;
pub use self::platform::MattermostPlatform;
pub use self::settings::{COMMAND_ROUTE, MattermostSettings, PLATFORM};
