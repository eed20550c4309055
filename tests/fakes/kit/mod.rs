//! What fakes have in common: state that tests wait for, faults, limits, what has been seen, listeners, certificates.

pub mod client;
pub(crate) mod clock;
pub(crate) mod direct;
pub(crate) mod fake;
pub(crate) mod fault;
pub(crate) mod http;
pub(crate) mod limit;
pub(crate) mod listener;
pub mod proxy;
pub(crate) mod raw;
pub(crate) mod tls;
pub(crate) mod traffic;
pub(crate) mod watched;

pub use clock::Now;
pub use fake::{Fake, HasRoutes, Platform, Shared};
pub use fault::{Fault, Lasts};
pub use raw::RawAnswer;
pub use traffic::SeenRequest;
pub use watched::TooLate;
