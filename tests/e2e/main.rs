//! The whole product, driven from outside.

#![expect(clippy::unwrap_used, reason = "a test may panic, and so may what it is made of")]

mod approvals;
mod commands;
mod console;
mod crashes;
mod delayed;
mod discord;
mod discord_fake;
mod doctor;
mod every_platform;
mod issuing;
mod ledger;
mod limits;
mod listening;
mod mail;
mod mattermost;
mod mattermost_fake;
mod operating;
mod process;
mod receipts;
mod redeeming;
mod revoking;
mod self_service;
mod settings;
mod slack;
mod slack_fake;
mod tables;
mod try_out;
mod unsound_audit;
mod upgrade;
mod what_is_logged;
mod wiring;
