use jiff::Timestamp;
use keys::{ContactId, LinkId, ReceiptOutcome};

use super::event::Event;
use crate::admin::Admin;

/// A redemption, or a change without a link, that nobody has been told of yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redemption {
    /// Which link, or which change.
    pub link_id: LinkId,
    /// Whose password.
    pub contact: ContactId,
    /// Who issued the link, where that is known.
    pub admin: Option<Admin>,
    /// When.
    pub at: Timestamp,
}

impl Redemption {
    pub(super) fn told_by(event: &Event) -> Option<Self> {
        match event {
            Event::Receipt {
                link_id,
                contact,
                admin,
                outcome: ReceiptOutcome::Redeemed | ReceiptOutcome::Changed,
                happened_at,
                ..
            } => Some(Self {
                link_id: *link_id,
                contact: contact.clone(),
                admin: admin.clone(),
                at: *happened_at,
            }),
            _ => None,
        }
    }
}
