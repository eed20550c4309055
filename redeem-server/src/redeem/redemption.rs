//! One redemption: look, rules, hash, claim, read afresh, set, spend.

use std::net::IpAddr;

use contacts::DirectoryError;
use keys::{ReceiptOutcome, VerifiedLink};

use super::check_link::{LinkCheck, closed_by};
use super::outcome::{Closed, Outcome};
use super::state::{RedeemError, RedeemerState};
use crate::ledger::{Claim, Claimed, FenceError, LinkState};
use crate::password::BrokenRule;
use crate::set_password::{HashedPassword, NewPassword, NotHashed, WriteOutcome};

impl RedeemerState {
    pub(super) async fn redeem(
        &self,
        link: &VerifiedLink,
        new: &NewPassword,
        client: IpAddr,
    ) -> Result<Outcome, RedeemError> {
        let contact = match self.settle_and_check_link(link, client).await? {
            LinkCheck::Usable(contact) => contact,
            LinkCheck::Refused(outcome) => return Ok(outcome),
        };
        let accepted = match self.passwords.accept(new, &contact, self.now()).await {
            Ok(accepted) => accepted,
            Err(broken) => return Ok(Outcome::Rejected(self.form(link, &contact).await, broken)),
        };
        let language = contact.language.clone();
        let Some(_under_way) = self.begin(link.link_id()) else {
            return Ok(Outcome::InProgress { language });
        };
        let hashed = match self.passwords.hash(accepted).await {
            Ok(hashed) => hashed,
            Err(NotHashed::Busy) => return Ok(Outcome::Busy { retry_after_seconds: 5 }),
            Err(NotHashed::Broken(rule)) => {
                return Ok(Outcome::Rejected(self.form(link, &contact).await, vec![rule]));
            }
            Err(NotHashed::Directory(error)) => return Err(error.into()),
        };
        match self.ledger.claim(link, hashed.intended_version(), contact.server.as_ref()).await? {
            Claimed::Ours(claim) => self.write(link, &claim, hashed, client).await,
            Claimed::Not(state) => self.refused(&state, link, client, language).await,
        }
    }

    /// The link is ours alone from here on: everything below ends in spend, release, or a claim left to be settled.
    async fn write(
        &self,
        link: &VerifiedLink,
        claim: &Claim,
        hashed: HashedPassword,
        client: IpAddr,
    ) -> Result<Outcome, RedeemError> {
        let read = async {
            let directory = self.passwords.at(claim.server.as_ref())?;
            let contact = directory.read(link.contact()).await?;
            Ok::<_, DirectoryError>((directory, contact))
        };
        let (directory, contact) = match read.await {
            Ok(read) => read,
            Err(error) => {
                self.release(claim).await;
                return Err(error.into());
            }
        };
        let language = contact.as_ref().and_then(|contact| contact.language.clone());
        let Some(contact) = contact.filter(|contact| self.is_bound(link.link_id(), link.binding(), contact))
        else {
            self.release(claim).await;
            return self.refuse(Closed::Overtaken, link, client, language).await;
        };
        if self.now() + self.passwords.directory_timeout() >= claim.lease_until {
            // The machine was away, or the disk was slow: what is left of the lease is too short to write in.
            self.release(claim).await;
            return Ok(Outcome::Busy { retry_after_seconds: 5 });
        }
        // Only the visitor's wait is limited: the write is awaited to its real end.
        match directory.write(&contact, hashed).await {
            WriteOutcome::Set => {
                self.spend(claim, link, client).await;
                Ok(Outcome::Done)
            }
            WriteOutcome::VersionChanged => {
                self.release(claim).await;
                self.refuse(Closed::Overtaken, link, client, language).await
            }
            WriteOutcome::Refused(refusal) => {
                self.release(claim).await;
                self.report(link, ReceiptOutcome::RefusedByDirectory, client).await?;
                let broken = vec![BrokenRule::DirectoryRefuses(refusal)];
                Ok(Outcome::Rejected(self.form(link, &contact).await, broken))
            }
            WriteOutcome::NotWritten(error) => {
                self.release(claim).await;
                Err(error.into())
            }
            // The claim stays, and is settled by looking.
            WriteOutcome::Unknown(error) => Err(error.into()),
        }
    }

    async fn spend(&self, claim: &Claim, link: &VerifiedLink, client: IpAddr) {
        let receipt = self.receipt(link, ReceiptOutcome::Redeemed, Some(client));
        match self.ledger.spend(claim, &receipt).await {
            Ok(()) => {}
            // The password is set and the person must hear so. The receipt first: whoever settled the claim meanwhile may have seen nothing yet.
            Err(FenceError::Lost) => {
                tracing::warn!(link_id = %claim.link_id, "the lease ended before the redemption was noted: settled by looking");
                if let Err(error) = self.ledger.record(&receipt).await {
                    tracing::error!(link_id = %claim.link_id, %error, "a redemption could not be reported");
                }
                if let Err(failure) = self.settle(claim).await {
                    tracing::error!(link_id = %claim.link_id, %failure, "a redemption could not be settled yet");
                }
            }
            Err(FenceError::Ledger(error)) => {
                tracing::error!(link_id = %claim.link_id, %error, "a redemption could not be noted; its claim is settled at the next start");
            }
        }
        self.receipts_waiting.notify_one();
    }

    async fn release(&self, claim: &Claim) {
        match self.ledger.release(claim).await {
            // Where the lease has ended, the claim is settled by looking instead.
            Ok(()) | Err(FenceError::Lost) => {}
            Err(FenceError::Ledger(error)) => {
                tracing::error!(link_id = %claim.link_id, %error, "a claim could not be released")
            }
        }
    }

    async fn refused(
        &self,
        state: &LinkState,
        link: &VerifiedLink,
        client: IpAddr,
        language: Option<String>,
    ) -> Result<Outcome, RedeemError> {
        match closed_by(state) {
            Some(why) => self.refuse(why, link, client, language).await,
            None => Ok(Outcome::InProgress { language }),
        }
    }

    async fn refuse(
        &self,
        why: Closed,
        link: &VerifiedLink,
        client: IpAddr,
        language: Option<String>,
    ) -> Result<Outcome, RedeemError> {
        self.report_refusal(why, link, client).await?;
        Ok(Outcome::Closed { why, language })
    }
}
