//! The link itself: limits, the audit's `issued` line and the time of issue in one step; then the signature.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use contacts::Contact;
use jiff::Timestamp;
use keys::{Binding, ContactId, EmailAddress, LinkId, MAX_CLOCK_SKEW, NewLink, ResetLink};

use crate::admin::Admin;
use crate::audit::{Denial, Event, Memory, Request};
use crate::desk::Desk;
use crate::outcome::Refused;
use crate::policy::LimitReached;
use crate::policy::delivery::usable_email;
use crate::ports::{Comparison, NoAnswer};
use crate::request::RequestId;

/// Mints links, where the redeem half holds the same binding secret.
pub(crate) struct Mint {
    desk: Arc<Desk>,
    /// The redeem half holds another binding secret than we do.
    secrets_differ: AtomicBool,
}

impl Mint {
    pub(crate) fn new(desk: &Arc<Desk>) -> Self {
        Self { desk: Arc::clone(desk), secrets_differ: AtomicBool::default() }
    }

    /// Asks the redeem half, by a challenge, whether it holds the binding secret that we hold. Where it does not, no link is issued until a comparison
    /// says otherwise; where it does not answer, everything stays as it is.
    ///
    /// # Errors
    /// Where there is no redeem half, or none that answers.
    pub(crate) async fn compare_binding_secrets(&self) -> Result<Comparison, NoAnswer> {
        let half = self.desk.redeem_half().ok_or_else(|| NoAnswer("there is no redeem half".to_owned()))?;
        let mut challenge = [0; 32];
        self.desk.random(&mut challenge);
        let is_same = half.answer(&challenge).await? == self.desk.settings.binding_secret.answer(&challenge);
        self.secrets_differ.store(!is_same, Ordering::Release);
        if is_same {
            return Ok(Comparison::Same);
        }
        tracing::error!(
            "the two halves hold different binding secrets: no link is issued; give both the same file (keys.binding_secret_file) and restart"
        );
        Ok(Comparison::Different)
    }

    /// A new link for this contact, and when it was issued.
    pub(crate) async fn mint(
        &self,
        admin: &Admin,
        contact: &Contact,
        request: Option<RequestId>,
    ) -> Result<(ResetLink, Timestamp), Refused> {
        if self.secrets_differ.load(Ordering::Acquire) {
            tracing::error!(
                "no link is issued: the redeem half holds another binding secret; give both halves the same file (keys.binding_secret_file) and restart"
            );
            return Err(Refused::BindingSecretsDiffer);
        }
        let mut random = [0; 24];
        self.desk.random(&mut random);
        let link_id = LinkId::from_random(random);
        let email = usable_email(contact);
        let email = email.as_ref().map(EmailAddress::normalised);
        let secret = &self.desk.settings.binding_secret;
        let binding = Binding::new(secret, link_id, &contact.id, &contact.password_version, email);
        let (policy, lifetime, key_id) = (
            self.desk.settings.policy.clone(),
            self.desk.settings.lifetime,
            self.desk.keyring.signing_key_id().clone(),
        );
        let (who, whose) = (admin.clone(), contact.id.clone());
        let now = self.desk.now();
        let decided = self.desk.audit.transact(now, move |memory| {
            if let Err(refused) = is_sound(memory) {
                return (None, Err(refused));
            }
            let issued_at = memory.earliest_issue(&whose).map_or(now, |earliest| now.max(earliest));
            if issued_at.duration_since(now) > MAX_CLOCK_SKEW {
                return (None, Err(Refused::ClockBehind));
            }
            // Another process may have taken this one for ended, and told whoever asked that they must ask again.
            let is_over = |id| !memory.request(id).is_some_and(Request::is_unfinished);
            if request.is_some_and(is_over) {
                return (None, Err(Refused::RequestOver));
            }
            match policy.check_limits(memory, &who, &whose, now) {
                Ok(()) => {
                    let issued_at = keys::wire_time::to_millisecond(issued_at);
                    let expires_at = issued_at + lifetime;
                    (
                        Some(Event::Issued {
                            link_id,
                            contact: whose,
                            admin: who,
                            key_id,
                            issued_at,
                            expires_at,
                            request,
                        }),
                        Ok(issued_at),
                    )
                }
                Err(limit) => {
                    let (event, refused) = limit_reached(limit, who, whose);
                    (Some(event), Err(refused))
                }
            }
        });
        let issued_at = match decided.await {
            Ok(Ok(issued_at)) => issued_at,
            Ok(Err(refused)) => {
                if matches!(refused, Refused::ClockBehind) {
                    tracing::error!(
                        "this machine's clock is behind the time of a revocation: no link is issued until it is right"
                    );
                }
                return Err(refused);
            }
            Err(error) => {
                tracing::error!(%error, "the audit cannot be written: no link is issued");
                return Err(Refused::AuditUnavailable);
            }
        };
        let new = NewLink {
            contact: contact.id.clone(),
            link_id,
            issued_at,
            lifetime,
            binding,
            ledger_epoch: self.desk.settings.ledger_epoch,
        };
        let link =
            ResetLink::mint(&self.desk.keyring, &self.desk.settings.public_url, &new).map_err(|error| {
                tracing::error!(%error, "a link could not be signed");
                Refused::CannotMint
            })?;
        Ok((link, issued_at))
    }

    /// Whether a link would be within the limits; beyond them, that is written down.
    pub(crate) async fn check_limits(&self, admin: &Admin, contact: &ContactId) -> Result<(), Refused> {
        let now = self.desk.now();
        let (policy, who, whose) = (self.desk.settings.policy.clone(), admin.clone(), contact.clone());
        let checked = self.desk.audit.transact(now, move |memory| {
            if let Err(refused) = is_sound(memory) {
                return (None, Err(refused));
            }
            match policy.check_limits(memory, &who, &whose, now) {
                Ok(()) => (None, Ok(())),
                Err(limit) => {
                    let (event, refused) = limit_reached(limit, who, whose);
                    (Some(event), Err(refused))
                }
            }
        });
        checked.await.unwrap_or_else(|error| {
            tracing::error!(%error, "the audit cannot be written: nothing is withdrawn");
            Err(Refused::AuditUnavailable)
        })
    }
}

/// On the word of an audit that is not what was written nothing is issued or approved.
pub(crate) fn is_sound(memory: &Memory) -> Result<(), Refused> {
    match memory.unsound() {
        Some(unsound) => Err(Refused::AuditUnsound(Box::new(unsound.clone()))),
        None => Ok(()),
    }
}

/// A limit is reached: the audit's line, and the answer.
pub(crate) fn limit_reached(limit: LimitReached, admin: Admin, contact: ContactId) -> (Event, Refused) {
    let why = match limit {
        LimitReached::PerAdmin { .. } => Denial::LimitPerAdmin,
        LimitReached::PerContact { .. } => Denial::LimitPerContact,
    };
    let refused = Refused::Limit(limit, contact.clone());
    (Event::Denied { admin, contact: Some(contact), why }, refused)
}
