//! Connections, in and out.
//!
//! In: one HTTP/1 server for every listener: how many connections, from whom, how long each step may take, and an end that comes.
//! Out: a TCP connection over whichever address of a name answers first, and TLS with whoever is vouched for.
//!
//! Touches: a listener that the caller has bound, the connections that come in on it, name servers, the connections that it is asked to make, the machine's
//! certificate authorities and a file of more that the caller names, and tokio's clock.
//! Never touches: settings, anything of a request but its framing. No path, header or body is logged.

mod body;
mod client_network;
mod connect;
mod connection;
mod connection_slots;
mod limits;
mod progress;
mod serve;
mod tls;
mod transport;

pub use self::client_network::client_network;
pub use self::connect::{connect, resolve};
pub use self::limits::Limits;
pub use self::serve::serve;
pub use self::tls::{Roots, Tls};
