//! One adapter per chat platform. Each translates its platform to [`Invocation`](crate::Invocation) and [`Reply`](crate::Reply), and decides nothing.

mod backoff;
mod chat_platform;
pub mod console;
mod courier;
pub mod discord;
mod http;
pub mod listening;
pub mod mattermost;
pub mod registry;
mod retry;
pub mod slack;
mod websocket;
mod wrap;

pub use chat_platform::{
    ChatEnded, ChatPlatform, CommandRoute, ConfiguredChat, Diagnosis, Outgoing, PATIENCE, WhoIsAllowed,
};
pub use courier::CourierSettings;
pub use websocket::{Connecting, Proxies};
pub use wrap::wrapped;
