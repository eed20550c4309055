//! Small stand-ins for what the use case and the ledger stand on: a clock that is moved, links, a contact directory.

mod clock;
mod directory;
mod links;
mod servers;

pub(crate) use self::clock::MovableClock;
pub(crate) use self::directory::{Call, FakeDirectory, Fault};
pub(crate) use self::links::{Links, PUBLIC_URL, binding_secret, contact_id, revocation};
pub(crate) use self::servers::{FakeServer, FakeServers};
