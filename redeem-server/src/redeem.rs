//! The use case: what a link shows, and what a new password does to it.
//!
//! The order is the safety: verify (CPU only), look, rules, hash, claim, read afresh, set, spend. Nothing that costs is done for a token that does not
//! verify, no lease runs while a password is hashed, and the claim is on disk before the password is written.

mod check_link;
mod objection;
mod outcome;
mod redemption;
mod report;
mod settle;
mod state;
#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use keys::{ContactId, LinkError, SignedRevocation, TrustedKeys, UntrustedToken, VerifiedLink};
use tokio::sync::Notify;
use tokio_util::task::TaskTracker;

use self::check_link::LinkCheck;
pub use self::outcome::{Account, Closed, Dead, Form, Outcome, RevokeError};
pub use self::state::RedeemSettings;
use self::state::{RedeemError, RedeemerState};
use crate::ledger::{Ledger, LedgerError, Withdrawal};
use crate::set_password::{NewPassword, PasswordSetter};
use crate::{Clock, Entropy};

/// Redeems links. A clone shares everything.
#[derive(Clone)]
pub struct Redeemer(Arc<RedeemerState>);

impl Redeemer {
    /// Puts the use case together.
    pub fn new(
        settings: RedeemSettings,
        trusted: TrustedKeys,
        ledger: Arc<dyn Ledger>,
        passwords: Arc<PasswordSetter>,
        clock: Clock,
        entropy: Entropy,
    ) -> Self {
        let RedeemSettings { public_url, binding_secret } = settings;
        Self(Arc::new(RedeemerState {
            public_url,
            binding_secret,
            trusted,
            ledger,
            passwords,
            clock,
            entropy,
            under_way: Mutex::default(),
            receipts_waiting: Arc::default(),
            running: TaskTracker::new(),
        }))
    }

    /// Woken whenever a receipt has come into the outbox.
    pub fn receipts_waiting(&self) -> Arc<Notify> {
        Arc::clone(&self.0.receipts_waiting)
    }

    /// Checks the token with the public keys alone: CPU only, no store is asked.
    ///
    /// # Errors
    /// Damaged, or genuine and expired.
    pub fn verify(&self, token: &str) -> Result<VerifiedLink, Dead> {
        let verified =
            UntrustedToken::new(token).verify(&self.0.trusted, &self.0.public_url, (self.0.clock)());
        verified.map_err(|error| match error {
            LinkError::Expired(expired) => Dead::Expired(expired),
            LinkError::OfVersion1(link) => Dead::OfVersion1(link),
            error => {
                if error == LinkError::NotYetValid {
                    tracing::warn!("a genuine link was issued more than a minute ahead of this machine's clock: compare the clocks");
                }
                Dead::Damaged
            }
        })
    }

    /// What a link shows that opens nothing.
    pub async fn dead(&self, dead: &Dead) -> Outcome {
        match dead {
            Dead::Damaged => Outcome::Closed { why: Closed::Damaged, language: None },
            Dead::Expired(expired) => self.0.closed(Closed::Expired, &expired.contact).await,
            Dead::OfVersion1(link) => self.0.closed(Closed::LedgerIsYounger, &link.contact).await,
        }
    }

    /// What GET and HEAD show. Writes nothing.
    pub async fn show(&self, link: &VerifiedLink) -> Outcome {
        match self.0.check_link(link).await {
            Ok(LinkCheck::Usable(contact)) => Outcome::Form(self.0.form(link, &contact).await),
            Ok(LinkCheck::Refused(outcome)) => outcome,
            Err(failure) => self.0.failed(&failure),
        }
    }

    /// Whose account this is, as far as the directory says. Writes nothing.
    pub async fn account(&self, contact: &ContactId) -> Account {
        let found = self.0.read(contact).await.ok().flatten();
        let (name, language) =
            found.map_or_else(Default::default, |contact| (contact.name, contact.language));
        Account { contact: contact.clone(), name, language }
    }

    /// What POST does. Runs to its end even where the caller is dropped.
    pub async fn redeem(&self, link: &VerifiedLink, new: NewPassword, client: IpAddr) -> Outcome {
        let (state, link) = (Arc::clone(&self.0), link.clone());
        let task = self.0.running.spawn(async move {
            match state.redeem(&link, &new, client).await {
                Ok(outcome) => outcome,
                Err(failure) => state.failed(&failure),
            }
        });
        match task.await {
            Ok(outcome) => outcome,
            Err(error) => self.0.failed(&RedeemError::Panic(error.is_panic())),
        }
    }

    /// Withdraws links on the bot's signed word.
    ///
    /// # Errors
    /// Where the word is not signed by a trusted key, or the ledger cannot take it.
    pub async fn revoke(&self, revocation: &SignedRevocation) -> Result<Withdrawal, RevokeError> {
        let revocation = revocation.verify(&self.0.trusted, &self.0.public_url)?;
        let withdrawal = self.0.ledger.revoke(&revocation).await?;
        self.0.receipts_waiting.notify_one();
        Ok(withdrawal)
    }

    /// Answers the bot's challenge with the binding secret that we hold, so that it knows whether both halves hold the same.
    pub fn answer(&self, challenge: &[u8; 32]) -> [u8; 32] {
        self.0.binding_secret.answer(challenge)
    }

    /// Settles the claims that nobody will finish. Those whose directory cannot be reached stay for the next time.
    ///
    /// # Errors
    /// The ledger's.
    pub async fn settle_all(&self) -> Result<usize, LedgerError> {
        let mut settled = 0;
        for claim in self.0.ledger.unsettled().await? {
            // Its redeemer is slow, not gone: it knows better than looking can show what it has written.
            if self.0.is_under_way(claim.link_id) {
                continue;
            }
            match self.0.settle(&claim).await {
                Ok(true) => settled += 1,
                Ok(false) => {}
                Err(RedeemError::Ledger(error)) => return Err(error),
                Err(failure) => {
                    tracing::warn!(link_id = %claim.link_id, %failure, "a claim stays unsettled until the directory answers")
                }
            }
        }
        Ok(settled)
    }

    /// Forgets what is past; the number of groups of marks dropped.
    ///
    /// # Errors
    /// The ledger's.
    pub async fn prune(&self) -> Result<usize, LedgerError> {
        self.0.ledger.prune().await
    }

    /// Waits for redemptions under way; none may begin any more.
    pub async fn drain(&self) {
        self.0.running.close();
        self.0.running.wait().await;
    }
}
