//! Which buttons belong below an answer: pure.

use crate::outcome::Issued;
use crate::policy::{Needs, Policy};
use crate::request::Action;

/// The buttons that belong below what became of a request for a link.
pub(crate) fn actions_below(policy: &Policy, issued: &Issued) -> Vec<Action> {
    match issued {
        Issued::HandedOver(handed_over) => vec![Action::Revoke(handed_over.link.link_id())],
        Issued::Mailed(mailed) => {
            let instead = policy.hand_over_instead && !policy.is_protected(&mailed.contact);
            let instead = instead.then_some(Action::HandOverInstead(mailed.link_id));
            std::iter::once(Action::Revoke(mailed.link_id)).chain(instead).collect()
        }
        Issued::Delayed(delayed) => {
            let needs = policy.needs(&delayed.contact, true);
            let may_have =
                matches!(needs, Needs::Nothing | Needs::Approval) && !policy.is_protected(&delayed.contact);
            let instead = may_have.then_some(Action::HandOverInstead(delayed.link_id));
            std::iter::once(Action::Revoke(delayed.link_id)).chain(instead).collect()
        }
        Issued::AwaitingApproval(_) | Issued::Refused(_) => Vec::new(),
    }
}
