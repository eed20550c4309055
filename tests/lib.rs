//! What the end-to-end tests stand on: fakes of the outside world, and a harness that starts the product against them.

pub mod fakes;
pub mod harness;
