//! One contract, every implementation.

mod chats;
mod contacts;
mod ledger;
