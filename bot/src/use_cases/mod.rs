//! What can be asked of the chat half, one file for each, and what it does by the clock.

pub(crate) mod approve;
pub(crate) mod hand_over_instead;
pub(crate) mod housekeeping;
pub(crate) mod issue;
pub(crate) mod owed;
mod receipts;
pub(crate) mod retry_mail;
mod revoke;
pub(crate) mod search;
mod status;
mod unmet_protection;
