//! One adapter per chat platform: it translates to `Invocation` and `Reply`, and decides nothing.

pub mod console;
