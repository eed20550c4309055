//! Whether a link is good, and what it shows where it is not.

use std::net::IpAddr;

use contacts::Contact;
use keys::{ContactId, VerifiedLink};

use super::outcome::{Closed, Outcome};
use super::state::{RedeemError, RedeemerState};
use crate::ledger::LinkState;

/// What a look at a link comes to.
pub(super) enum LinkCheck {
    /// It can be redeemed, for this contact as the directory has them now.
    Usable(Contact),
    /// It cannot.
    Refused(Outcome),
}

impl RedeemerState {
    /// Looks, and writes nothing.
    pub(super) async fn check_link(&self, link: &VerifiedLink) -> Result<LinkCheck, RedeemError> {
        let state = self.ledger.look(link).await?;
        // The first look at an unused link is at whichever server answers, and its redemption stays there; what became of a claim its own server knows alone.
        let server = match &state {
            LinkState::Unused => None,
            LinkState::Lapsed(claim) => claim.server.as_ref(),
            state => return Ok(LinkCheck::Refused(self.not_usable(state, link.contact()).await)),
        };
        let directory = self.passwords.at(server)?;
        let contact = directory.read(link.contact()).await?;
        let good = contact.filter(|contact| self.is_bound(link.link_id(), link.binding(), contact));
        Ok(match (good, state) {
            (Some(contact), LinkState::Unused) => LinkCheck::Usable(contact),
            (Some(contact), _) if directory.is_conditional_for(&contact) => LinkCheck::Usable(contact),
            (None, LinkState::Unused) => {
                LinkCheck::Refused(self.closed(Closed::Overtaken, link.contact()).await)
            }
            _ => LinkCheck::Refused(self.closed(Closed::Used, link.contact()).await),
        })
    }

    /// Settles a lapsed claim, looks then, and reports a refusal.
    pub(super) async fn settle_and_check_link(
        &self,
        link: &VerifiedLink,
        client: IpAddr,
    ) -> Result<LinkCheck, RedeemError> {
        if let LinkState::Lapsed(claim) | LinkState::LapsedAndWithdrawn(claim) =
            self.ledger.look(link).await?
            && !self.is_under_way(link.link_id())
        {
            self.settle(&claim).await?;
        }
        let check = self.check_link(link).await?;
        if let LinkCheck::Refused(Outcome::Closed { why, .. }) = &check {
            self.report_refusal(*why, link, client).await?;
        }
        Ok(check)
    }

    async fn not_usable(&self, state: &LinkState, contact: &ContactId) -> Outcome {
        match closed_by(state) {
            Some(why) => self.closed(why, contact).await,
            None => Outcome::InProgress { language: self.language(contact).await },
        }
    }
}

/// The page for a link that will never work again; `None` where it may yet.
pub(super) fn closed_by(state: &LinkState) -> Option<Closed> {
    match state {
        LinkState::Spent => Some(Closed::Used),
        LinkState::Withdrawn | LinkState::LapsedAndWithdrawn(_) => Some(Closed::Withdrawn),
        LinkState::LedgerIsYounger => Some(Closed::LedgerIsYounger),
        LinkState::Expired => Some(Closed::Expired),
        LinkState::Unused | LinkState::Claimed | LinkState::Lapsed(_) => None,
    }
}
