//! What the end-to-end tests stand on: fakes of the outside world, a harness that starts the product against them, and waiting that ends.

pub mod fakes;
pub mod harness;
pub mod wait;
