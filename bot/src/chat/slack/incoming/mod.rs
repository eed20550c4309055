//! What Slack tells us: by calling our listener, or over WebSockets that we open.

mod accept;
mod contact_modal;
mod request;
mod routes;
mod signature;
mod socket;

pub use self::socket::Ended;
