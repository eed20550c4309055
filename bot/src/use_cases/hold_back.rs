//! Where the policy wants more than one admin, or no link at all.

use std::sync::Arc;

use contacts::Contact;
use jiff::Timestamp;
use keys::LinkId;

use crate::admin::Admin;
use crate::audit::{Denial, Event, Found};
use crate::desk::Desk;
use crate::outcome::{Issued, Refused};
use crate::policy::Needs;
use crate::policy::delivery::{HandOverReason, in_audit};
use crate::request::RequestId;
use crate::use_cases::ask::{Asking, Questions};
use crate::use_cases::withdraw::Withdrawals;

/// What a link was approved by.
#[derive(Debug, Clone)]
pub(crate) struct Approval {
    pub(crate) request: RequestId,
    /// The link was mailed, and the admin wants one in hand instead.
    pub(crate) is_instead: bool,
    /// Whether the second person has agreed to a link in hand; otherwise they have agreed to a mail, and to nothing else.
    pub(crate) may_hand_over: bool,
}

/// Holds links back that one admin alone is not to have.
pub(crate) struct HoldBack {
    desk: Arc<Desk>,
    withdrawals: Arc<Withdrawals>,
    questions: Arc<Questions>,
}

impl HoldBack {
    pub(crate) fn new(desk: &Arc<Desk>, withdrawals: &Arc<Withdrawals>, questions: &Arc<Questions>) -> Self {
        Self {
            desk: Arc::clone(desk),
            withdrawals: Arc::clone(withdrawals),
            questions: Arc::clone(questions),
        }
    }

    /// Where the policy wants more than one admin, or no link at all: what becomes of the request. `reasons`: why it would be handed over; empty where it
    /// would be mailed. `link_id`: the link that was minted for a mail which then failed.
    pub(crate) async fn check(
        &self,
        admin: &Admin,
        contact: &Contact,
        reasons: &[HandOverReason],
        link_id: Option<LinkId>,
        approval: Option<&Approval>,
    ) -> Option<Result<Issued, Refused>> {
        match self.desk.settings.policy.needs(&contact.id, !reasons.is_empty()) {
            Needs::Nothing => None,
            // Who has agreed to a mail has not agreed to a link in somebody's hand.
            Needs::Approval
                if approval.is_some_and(|approval| approval.may_hand_over || reasons.is_empty()) =>
            {
                None
            }
            Needs::Approval => {
                let not_withdrawn = match link_id {
                    Some(_) => self.withhold(admin, contact, link_id, reasons).await,
                    None => None,
                };
                let asking = Asking { reasons: reasons.to_vec(), instead_of: None, not_withdrawn };
                Some(self.questions.ask(admin, contact, asking).await.map(Issued::AwaitingApproval))
            }
            Needs::Mail => {
                let not_withdrawn = self.withhold(admin, contact, link_id, reasons).await;
                let (contact, name) = (contact.id.clone(), contact.name.clone());
                Some(Err(Refused::HandOverOff { contact, name, reasons: reasons.to_vec(), not_withdrawn }))
            }
            Needs::Unprotected => {
                self.desk.deny(admin, Some(contact.id.clone()), Denial::Protected).await;
                Some(Err(Refused::Protected { contact: contact.id.clone(), name: contact.name.clone() }))
            }
        }
    }

    /// A link that nobody is to have: one that was minted for a mail which failed is withdrawn, since that mail may arrive yet. Until when the link of such a mail
    /// is good, where it could not be withdrawn: that is tried again by whichever process reaches the redeem half.
    pub(crate) async fn withhold(
        &self,
        admin: &Admin,
        contact: &Contact,
        link_id: Option<LinkId>,
        reasons: &[HandOverReason],
    ) -> Option<Timestamp> {
        let event = Event::Withheld {
            link_id,
            contact: contact.id.clone(),
            admin: admin.clone(),
            reasons: in_audit(reasons),
        };
        self.desk.note(event).await;
        let link = self.withdrawals.outstanding(link_id?).await.ok()?;
        let found = self.withdrawals.withdraw(link.link_id, &link.contact, link.expires_at, None).await;
        let may_arrive =
            reasons.iter().any(|reason| matches!(reason, HandOverReason::MailOutcomeUnknown { .. }));
        let is_withdrawn = matches!(found, Ok(Found::Withdrawn | Found::InProgress));
        (may_arrive && !is_withdrawn).then_some(link.expires_at)
    }
}
