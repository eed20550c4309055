//! One contract, every implementation.

mod contacts;
mod ledger;
