//! One HTTP/1 server for every listener: how many connections, from whom, how long each step may take, and an end that comes.
//!
//! Touches: a listener that the caller has bound, the connections that come in on it, and tokio's clock.
//! Never touches: files, settings, anything of a request but its framing. No path, header or body is logged.

mod body;
mod connection;
mod limits;
mod peer;
mod places;
mod progress;
mod serve;
mod transport;

pub use self::limits::Limits;
pub use self::peer::network;
pub use self::serve::serve;
