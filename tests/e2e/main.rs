//! The whole house, driven from outside.

mod mail;
