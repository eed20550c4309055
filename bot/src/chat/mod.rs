//! One adapter per chat platform. Each translates its platform to [`Invocation`](crate::Invocation) and [`Reply`](crate::outcome::Reply), and decides nothing.

mod again;
mod backoff;
pub mod console;
mod courier;
pub mod discord;
mod feed;
mod http;
pub mod listening;
pub mod mattermost;
pub mod slack;
mod wire;
mod wrap;

pub use wire::Proxies;
pub use wrap::wrapped;
