//! What the fakes have in common.

pub(crate) mod door;
pub mod proxy;
pub(crate) mod tls;
pub mod watched;
