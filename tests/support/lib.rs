//! Support: fakes of the outside world, contract suites, actors.

pub mod contract_contacts;
pub mod smtp;
