//! One contract, every implementation.

mod contacts;
