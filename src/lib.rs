//! The wiring: both halves, put together from a config. The executable, its commands and the tests start what stands here and nothing else.
//!
//! [`bot_half`] and [`redeem_half`] are pieces of their own, which name all that they need from outside; [`all_in_one`] starts both in one process.
//! Whatever differs between a real process and a test (clock, randomness, mail server, directory) is a parameter.

pub mod all_in_one;
pub mod bot_half;
mod clockwork;
pub mod exit_error;
pub mod in_process;
pub mod key_files;
pub mod ledger_holder;
pub mod machine;
pub mod open_files;
pub mod os_user;
pub mod redeem_half;
pub mod tasks;
