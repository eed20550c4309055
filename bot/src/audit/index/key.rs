use keys::chained_log::hash;
use keys::{ContactId, LinkId, ReceiptOutcome};
use sha2::{Digest as _, Sha256};

use crate::audit::event::Event;

/// What entries are looked up by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::audit) enum Key<'a> {
    /// Links that were issued for a contact, withdrawals of all of theirs, and what was asked for on the page.
    Contact(&'a ContactId),
    /// Whatever became of a link.
    Link(LinkId),
    /// A receipt, by its id.
    Receipt(&'a str),
}

impl Key<'_> {
    /// What the index has in the place of the key.
    pub(super) fn number(&self) -> i64 {
        match self {
            Self::Contact(contact) => numbered("contact", contact.as_str()),
            Self::Link(link_id) => numbered("link", &link_id.to_string()),
            Self::Receipt(receipt) => numbered("receipt", receipt),
        }
    }
}

fn numbered(kind: &str, text: &str) -> i64 {
    number(format!("{kind} {text}").as_bytes())
}

/// 64 bits of a hash.
fn number(bytes: &[u8]) -> i64 {
    let digest: [u8; 32] = Sha256::digest(bytes).into();
    let [a, b, c, d, e, f, g, h, ..] = digest;
    i64::from_be_bytes([a, b, c, d, e, f, g, h])
}

/// The first 64 bits of a line's hash: enough to know a line that is not the one that was indexed.
pub(super) fn short_hash(line: &[u8]) -> i64 {
    number(hash(line).as_bytes())
}

/// What an event is found by: whatever the fold over links takes in, and receipts.
pub(super) fn keys_of(event: &Event) -> Vec<Key<'_>> {
    match event {
        Event::Issued { link_id, contact, .. } => vec![Key::Contact(contact), Key::Link(*link_id)],
        Event::Revoked { contact, .. } | Event::Asked { contact, .. } => vec![Key::Contact(contact)],
        // It ends every link of the contact.
        Event::Receipt { receipt, link_id, contact, outcome: ReceiptOutcome::Changed, .. } => {
            vec![Key::Contact(contact), Key::Link(*link_id), Key::Receipt(receipt)]
        }
        Event::Receipt { receipt, link_id, .. } => vec![Key::Link(*link_id), Key::Receipt(receipt)],
        Event::Mailed { link_id, .. }
        | Event::MailDelayed { link_id, .. }
        | Event::HandedOver { link_id, .. }
        | Event::Shown { link_id, .. }
        | Event::Withheld { link_id: Some(link_id), .. }
        | Event::LinkRevoking { link_id, .. }
        | Event::LinkRevoked { link_id, .. } => vec![Key::Link(*link_id)],
        _ => Vec::new(),
    }
}

/// What an event means for redemptions that nobody was told of: the link's number, and whether there is one from now on.
pub(super) fn untold_by(event: &Event) -> Option<(i64, bool)> {
    match event {
        Event::Receipt { link_id, outcome: ReceiptOutcome::Redeemed | ReceiptOutcome::Changed, .. } => {
            Some((Key::Link(*link_id).number(), true))
        }
        Event::Followed { link_id, .. } => Some((Key::Link(*link_id).number(), false)),
        _ => None,
    }
}
