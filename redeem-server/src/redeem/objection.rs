//! "It wasn't me": whoever was mailed about a link or a change says that they did not ask for it.
//!
//! By the signed link alone, without a table. What was issued up to the signed time is withdrawn, and nothing later: a mail that somebody stole must not keep
//! a contact from ever getting a link again.

use std::net::IpAddr;

use keys::{ObjectionError, Receipt, ReceiptOutcome, Revocation, VerifiedObjection, wire_time};

use super::Redeemer;
use crate::ledger::{LedgerError, Withdrawal};

impl Redeemer {
    /// Checks an objection with the public keys alone, retired ones among them: CPU only, no store is asked.
    ///
    /// # Errors
    /// Damaged, or genuine and over.
    pub fn verify_objection(&self, token: &str) -> Result<VerifiedObjection, ObjectionError> {
        VerifiedObjection::verify(token, &self.0.trusted, &self.0.public_url, self.0.now())
    }

    /// Withdraws what was issued up to the signed time, and reports the objection; whether somebody is setting a password with one of those links at this
    /// moment. Said again, it changes nothing.
    ///
    /// # Errors
    /// Where the ledger cannot take it.
    pub async fn object(
        &self,
        objection: &VerifiedObjection,
        client: IpAddr,
    ) -> Result<Withdrawal, LedgerError> {
        let contact = objection.contact().clone();
        let revocation = Revocation::Contact { contact: contact.clone(), issued_up_to: objection.at() };
        let withdrawal = self.0.ledger.revoke(&revocation).await?;
        let receipt = Receipt {
            link_id: objection.event(),
            contact,
            key_id: None,
            outcome: ReceiptOutcome::Objected,
            at: wire_time::to_millisecond(self.0.now()),
            client: Some(client),
        };
        self.0.ledger.record(&receipt).await?;
        self.0.receipts_waiting.notify_one();
        Ok(withdrawal)
    }
}
