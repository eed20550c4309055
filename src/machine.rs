//! The machine's own clock and randomness, which everything else takes as parameters.

use std::sync::Arc;

use jiff::Timestamp;

/// The wall clock.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the wiring: everything else takes the clock as a parameter"
)]
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// The wall clock, in the form in which both halves take it.
pub fn clock() -> bot::Clock {
    Arc::new(now)
}

/// The operating system's randomness. Where it fails there is nothing safe to go on with.
///
/// # Panics
/// Where the operating system has no randomness.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the wiring: everything else takes randomness as a parameter"
)]
pub fn fill_random(buffer: &mut [u8]) {
    getrandom::fill(buffer).expect("the operating system must have randomness");
}

/// The operating system's randomness, in the form in which both halves take it.
pub fn entropy() -> bot::Entropy {
    Arc::new(fill_random)
}
