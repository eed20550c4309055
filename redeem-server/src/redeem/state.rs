//! What a redeemer is made of, and the small questions that all of its steps ask.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use contacts::{Contact, DirectoryError};
use jiff::Timestamp;
use keys::{Binding, BindingSecret, ContactId, LinkId, NormalisedEmail, TrustedKeys, VerifiedLink};
use tokio::sync::Notify;
use tokio_util::task::TaskTracker;

use super::outcome::{Closed, Form, Outcome};
use crate::ledger::{Ledger, LedgerError};
use crate::set_password::PasswordSetter;
use crate::{Clock, Entropy};

/// What the use case needs beside its stores.
#[derive(Debug, Clone)]
pub struct RedeemSettings {
    /// Part of what is signed; without a trailing slash.
    pub public_url: String,
    /// What bindings are made with; the bot holds the same.
    pub binding_secret: BindingSecret,
}

/// What all redemptions share.
pub(super) struct RedeemerState {
    pub(super) public_url: String,
    pub(super) binding_secret: BindingSecret,
    pub(super) trusted: TrustedKeys,
    pub(super) ledger: Arc<dyn Ledger>,
    pub(super) passwords: Arc<PasswordSetter>,
    pub(super) clock: Clock,
    pub(super) entropy: Entropy,
    /// At most one redemption per link at a time in this process, from hashing to its end.
    pub(super) under_way: Mutex<HashSet<LinkId>>,
    pub(super) receipts_waiting: Arc<Notify>,
    /// Redemptions run to their end even where the visitor hangs up, and a shutdown waits for them.
    pub(super) running: TaskTracker,
}

/// Why nothing can be said of a link, or a redemption did not come to its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum RedeemError {
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    #[error("a redemption ended early (panicked: {0})")]
    Panic(bool),
}

/// One of the redemptions that are under way, until it is dropped.
pub(super) struct RedemptionUnderWay<'a> {
    state: &'a RedeemerState,
    link_id: LinkId,
}

impl Drop for RedemptionUnderWay<'_> {
    fn drop(&mut self) {
        self.state.under_way.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.link_id);
    }
}

impl RedeemerState {
    pub(super) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// `None` where the link is being redeemed already.
    pub(super) fn begin(&self, link_id: LinkId) -> Option<RedemptionUnderWay<'_>> {
        let is_first = self.under_way.lock().unwrap_or_else(PoisonError::into_inner).insert(link_id);
        is_first.then_some(RedemptionUnderWay { state: self, link_id })
    }

    pub(super) fn is_under_way(&self, link_id: LinkId) -> bool {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner).contains(&link_id)
    }

    pub(super) async fn read(&self, id: &ContactId) -> Result<Option<Contact>, DirectoryError> {
        self.passwords.read(id).await
    }

    pub(super) async fn form(&self, link: &VerifiedLink, contact: &Contact) -> Form {
        Form {
            contact: contact.id.clone(),
            name: contact.name.clone(),
            language: contact.language.clone(),
            expires_at: link.expires_at(),
            policy: self.passwords.policy(contact, self.now()).await,
        }
    }

    pub(super) async fn closed(&self, why: Closed, contact: &ContactId) -> Outcome {
        Outcome::Closed { why, language: self.language(contact).await }
    }

    /// For a page that says no: the directory being away must not turn it into another page.
    pub(super) async fn language(&self, contact: &ContactId) -> Option<String> {
        self.read(contact).await.ok().flatten().and_then(|contact| contact.language)
    }

    /// Whether the contact's password and e-mail are still those that the link was made for.
    pub(super) fn is_bound(&self, link_id: LinkId, binding: Binding, contact: &Contact) -> bool {
        let email = contact.primary_email.as_deref().and_then(NormalisedEmail::new);
        Binding::new(&self.binding_secret, link_id, &contact.id, &contact.password_version, email.as_ref())
            == binding
    }

    /// 503, and the detail in the log.
    pub(super) fn failed(&self, failure: &RedeemError) -> Outcome {
        let mut bytes = [0; 6];
        (self.entropy)(&mut bytes);
        let incident = bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        tracing::error!(%incident, %failure, "a request failed");
        Outcome::Unavailable { incident }
    }
}
