//! What the router asks of the use case.

use std::net::IpAddr;

use async_trait::async_trait;
use keys::{ContactId, ObjectionError, VerifiedLink, VerifiedObjection};

use crate::ledger::{LedgerError, Withdrawal};
use crate::redeem::{Account, Dead, Outcome, Redeemer};
use crate::set_password::NewPassword;

/// A redeemer of links; tests pretend one.
#[async_trait]
pub trait Redemption: Send + Sync + 'static {
    /// Checks a token by the public keys alone: CPU only.
    ///
    /// # Errors
    /// Where the token opens nothing.
    fn verify(&self, token: &str) -> Result<VerifiedLink, Dead>;
    /// What a link shows that opens nothing.
    async fn dead(&self, dead: &Dead) -> Outcome;
    /// What GET and HEAD show. Writes nothing.
    async fn show(&self, link: &VerifiedLink) -> Outcome;
    /// Whose account this is. Writes nothing.
    async fn account(&self, contact: &ContactId) -> Account;
    /// What POST does. Runs to its end even where the caller is dropped: visitors close windows.
    async fn redeem(&self, link: &VerifiedLink, new: NewPassword, client: IpAddr) -> Outcome;
    /// Checks an objection by the public keys alone: CPU only.
    ///
    /// # Errors
    /// Damaged, or genuine and over.
    fn verify_objection(&self, token: &str) -> Result<VerifiedObjection, ObjectionError>;
    /// Withdraws what somebody did not ask for, and reports it.
    ///
    /// # Errors
    /// Where the ledger cannot take it.
    async fn object(&self, objection: &VerifiedObjection, client: IpAddr) -> Result<Withdrawal, LedgerError>;
}

#[async_trait]
impl Redemption for Redeemer {
    fn verify(&self, token: &str) -> Result<VerifiedLink, Dead> {
        Self::verify(self, token)
    }

    async fn dead(&self, dead: &Dead) -> Outcome {
        Self::dead(self, dead).await
    }

    async fn show(&self, link: &VerifiedLink) -> Outcome {
        Self::show(self, link).await
    }

    async fn account(&self, contact: &ContactId) -> Account {
        Self::account(self, contact).await
    }

    async fn redeem(&self, link: &VerifiedLink, new: NewPassword, client: IpAddr) -> Outcome {
        Self::redeem(self, link, new, client).await
    }

    fn verify_objection(&self, token: &str) -> Result<VerifiedObjection, ObjectionError> {
        Self::verify_objection(self, token)
    }

    async fn object(&self, objection: &VerifiedObjection, client: IpAddr) -> Result<Withdrawal, LedgerError> {
        Self::object(self, objection, client).await
    }
}
