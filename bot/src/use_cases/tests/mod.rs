//! The use cases over small stand-ins for directory, mail server, chat and redeem half, a real audit in a folder of its own, and a clock that tests move.

mod approve;
mod interrupted;
mod issue;
mod limits;
mod self_service;
mod stage;
