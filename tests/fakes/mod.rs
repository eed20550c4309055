//! Fakes of the outside world that speak the real protocols.

pub mod discord;
pub mod kit;
pub mod mattermost;
pub mod slack;
pub mod smtp;
