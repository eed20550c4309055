//! What can be asked of the chat half, one file for each, and what it does by the clock.
//!
//! Each works over the [`Desk`](crate::desk::Desk), holds what it alone must remember, and knows the use cases below it.

pub(crate) mod actions;
pub(crate) mod approve;
pub(crate) mod ask;
pub(crate) mod close_request;
pub(crate) mod deliver_outcome;
pub(crate) mod find_contact;
pub(crate) mod hand_over;
pub(crate) mod hand_over_instead;
pub(crate) mod help_answers;
pub(crate) mod help_desk;
pub(crate) mod hold_back;
pub(crate) mod housekeeping;
pub(crate) mod in_progress;
pub(crate) mod issue;
pub(crate) mod message_updates;
pub(crate) mod mint;
pub(crate) mod owed;
pub(crate) mod platform_requests;
pub(crate) mod receipts;
pub(crate) mod recover;
pub(crate) mod retry_mail;
pub(crate) mod revoke;
pub(crate) mod search;
pub(crate) mod self_service;
pub(crate) mod status;
pub(crate) mod unmet_protection;
pub(crate) mod withdraw;

#[cfg(test)]
mod tests;
