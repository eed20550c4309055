//! Support: fakes of the outside world, contract suites, actors.

pub mod binary;
pub mod clock;
pub mod contract_contacts;
pub mod contract_ledger;
pub mod discord;
mod door;
pub mod house;
pub mod mattermost;
pub mod proxy;
pub mod slack;
pub mod smtp;
mod tls;
mod watched;
