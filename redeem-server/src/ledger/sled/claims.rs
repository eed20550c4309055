//! Claims: from looking at a link to its end, spent or good again.

use std::sync::atomic::Ordering;

use contacts::DirectoryServer;
use jiff::Timestamp;
use keys::{PasswordVersion, Receipt, VerifiedLink};
use sled::Transactional as _;
use sled::transaction::ConflictableTransactionError;

use super::mark::{ExpiryMinute, Mark, encode, key};
use super::{SledLedger, transaction_error};
use crate::ledger::contract::{Claim, Claimed, FenceError, LedgerError, LinkState, Settlement};

impl SledLedger {
    pub(super) async fn look_at(&self, link: &VerifiedLink) -> Result<LinkState, LedgerError> {
        self.flusher.check()?;
        let now = self.now();
        let minutes = self.minutes.read().await;
        let mark = match minutes.get(&ExpiryMinute::of(link.expires_at())) {
            Some(tree) => tree.get(key(&link.link_id()))?.map(|bytes| Mark::decode(&bytes)).transpose()?,
            None => None,
        };
        // What became of the link says more than that its time is over as well.
        if let Some(mark) = mark {
            return self.state_of(mark, link, now);
        }
        Ok(self.standing(link, now)?.unwrap_or(LinkState::Unused))
    }

    pub(super) async fn claim_link(
        &self,
        link: &VerifiedLink,
        intended_version: Option<&PasswordVersion>,
        server: Option<&DirectoryServer>,
    ) -> Result<Claimed, LedgerError> {
        self.flusher.check()?;
        if let Some(state) = self.standing(link, self.now())? {
            return Ok(Claimed::Not(state));
        }
        let tree = self.tree_for(link.expires_at()).await?;
        let claim = {
            let minutes = self.minutes.read().await;
            let now = self.now();
            if let Some(state) = self.standing(link, now)? {
                return Ok(Claimed::Not(state));
            }
            if !minutes.contains_key(&ExpiryMinute::of(link.expires_at())) {
                return Ok(Claimed::Not(LinkState::Expired));
            }
            let claim = Claim {
                link_id: link.link_id(),
                contact: link.contact().clone(),
                key_id: link.key_id().clone(),
                binding: link.binding(),
                intended_version: intended_version.cloned(),
                server: server.cloned(),
                expires_at: link.expires_at(),
                lease_until: keys::wire_time::to_millisecond(now + self.lease),
                fence: self.next_fence(),
            };
            let mark = Mark::Claimed { claim: Box::new(claim.clone()), withdrawn: false }.encode()?;
            if let Err(taken) = tree.compare_and_swap(key(&link.link_id()), None::<&[u8]>, Some(mark))? {
                let current =
                    taken.current.ok_or_else(|| LedgerError::Entry("a mark that is not there".to_owned()))?;
                return Ok(Claimed::Not(self.state_of(Mark::decode(&current)?, link, now)?));
            }
            claim
        };
        self.flusher.durable().await?;
        Ok(Claimed::Ours(claim))
    }

    /// `spend` and `release`: only while the lease runs.
    pub(super) async fn finish(&self, claim: &Claim, spent: Option<&Receipt>) -> Result<(), FenceError> {
        self.flusher.check()?;
        {
            let minutes = self.minutes.read().await;
            if self.now() >= claim.lease_until {
                return Err(FenceError::Lost);
            }
            let tree = minutes.get(&ExpiryMinute::of(claim.expires_at)).ok_or(FenceError::Lost)?;
            if !self.end(tree, claim, spent)? {
                return Err(FenceError::Lost);
            }
        }
        Ok(self.flusher.durable().await?)
    }

    pub(super) async fn unfinished_claims(&self) -> Result<Vec<Claim>, LedgerError> {
        self.flusher.check()?;
        let now = self.now();
        let mut claims = Vec::new();
        for tree in self.minutes.read().await.values() {
            for entry in tree {
                let (link, bytes) = entry?;
                match Mark::decode(&bytes) {
                    // An epoch before ours is a former process: sled's lock says that it is gone.
                    Ok(Mark::Claimed { claim, .. })
                        if claim.fence >> 32 < self.starts || now >= claim.lease_until =>
                    {
                        claims.push(*claim);
                    }
                    Ok(_) => {}
                    // One mark that cannot be read must not keep all others from being settled.
                    Err(error) => {
                        tracing::error!(?link, %error, "a mark cannot be read; its link stays closed")
                    }
                }
            }
        }
        Ok(claims)
    }

    pub(super) async fn settle_claim(
        &self,
        claim: &Claim,
        settlement: &Settlement,
    ) -> Result<bool, LedgerError> {
        self.flusher.check()?;
        {
            let minutes = self.minutes.read().await;
            let Some(tree) = minutes.get(&ExpiryMinute::of(claim.expires_at)) else { return Ok(false) };
            let has_lapsed = self.now() >= claim.lease_until;
            let is_orphan = claim.fence >> 32 < self.starts;
            let ended = match settlement {
                Settlement::Spent(receipt) if has_lapsed || is_orphan => {
                    self.end(tree, claim, Some(receipt))?
                }
                Settlement::Usable if has_lapsed => self.end(tree, claim, None)?,
                Settlement::Spent(_) | Settlement::Usable => false,
            };
            if !ended {
                return Ok(false);
            }
        }
        self.flusher.durable().await?;
        Ok(true)
    }

    /// Everything but the link's own mark.
    fn standing(&self, link: &VerifiedLink, now: Timestamp) -> Result<Option<LinkState>, LedgerError> {
        Ok(if now >= link.expires_at() {
            Some(LinkState::Expired)
        } else if self.is_below_floor(link.expires_at())? {
            tracing::warn!(
                "a link is refused because the ledger has forgotten its time: this machine's clock has gone back, set it right"
            );
            Some(LinkState::Expired)
        } else if link.ledger_epoch() != self.ledger_epoch {
            Some(LinkState::LedgerIsYounger)
        } else if self.is_withdrawn(link.contact(), link.issued_at())? {
            Some(LinkState::Withdrawn)
        } else {
            None
        })
    }

    fn state_of(&self, mark: Mark, link: &VerifiedLink, now: Timestamp) -> Result<LinkState, LedgerError> {
        Ok(match mark {
            Mark::Spent => LinkState::Spent,
            Mark::Withdrawn => LinkState::Withdrawn,
            Mark::Claimed { claim, .. } if now < claim.lease_until => LinkState::Claimed,
            Mark::Claimed { claim, withdrawn }
                if withdrawn || self.is_withdrawn(link.contact(), link.issued_at())? =>
            {
                LinkState::LapsedAndWithdrawn(claim)
            }
            Mark::Claimed { claim, .. } => LinkState::Lapsed(claim),
        })
    }

    /// Ends a claim: spent, with its receipt in the same write, or good again (withdrawn, where an admin withdrew it meanwhile). `false` where the
    /// mark is no longer this claim.
    fn end(&self, tree: &sled::Tree, claim: &Claim, spent: Option<&Receipt>) -> Result<bool, LedgerError> {
        let link = key(&claim.link_id);
        let revoked = self.revoked(claim.link_id, &claim.contact);
        let (spent_mark, withdrawn_mark) = (Mark::Spent.encode()?, Mark::Withdrawn.encode()?);
        let result = (tree, &self.receipts).transaction(|(marks, receipts)| {
            let Some(bytes) = marks.get(link)? else { return Ok(false) };
            let withdrawn = match Mark::decode(&bytes).map_err(ConflictableTransactionError::Abort)? {
                Mark::Claimed { claim: current, withdrawn } if current.fence == claim.fence => withdrawn,
                _ => return Ok(false),
            };
            let receipt = match spent {
                Some(receipt) => {
                    marks.insert(link, spent_mark.as_slice())?;
                    Some(receipt)
                }
                None if withdrawn => {
                    marks.insert(link, withdrawn_mark.as_slice())?;
                    Some(&revoked)
                }
                None => {
                    marks.remove(link)?;
                    None
                }
            };
            if let Some(receipt) = receipt {
                let bytes = encode(receipt).map_err(ConflictableTransactionError::Abort)?;
                receipts.insert(receipt.id().as_bytes(), bytes)?;
            }
            Ok(true)
        });
        result.map_err(transaction_error)
    }

    /// Grows over restarts: the epoch is on disk before the first claim of a process.
    fn next_fence(&self) -> u64 {
        (self.starts << 32) | self.claims.fetch_add(1, Ordering::Relaxed)
    }
}
