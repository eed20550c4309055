//! The use case: decide, mint, deliver one link.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use contacts::{Contact, Found};
use jiff::Timestamp;
use keys::{Binding, ContactId, EmailAddress, LinkId, MAX_CLOCK_SKEW, NewLink, ResetLink};

use crate::admin::{Admin, Caller};
use crate::audit::{About, Denial, Event, Fate, Found as FoundLink, Memory, Notice, Reason, Request};
use crate::bot::{Bot, Inner};
use crate::mail::{Accepted, Recipient};
use crate::outcome::{HandedOver, Issued, Mailed, OutboxMail, Refused};
use crate::policy::delivery::{Delivery, HandOverReason, decide, usable_email};
use crate::policy::{LimitReached, Needs};
use crate::request::RequestId;
use crate::use_cases::approve::{Approval, Asking};
use crate::use_cases::retry_mail::Sending;

impl Bot {
    /// Issues a link for the contact that was named, if this admin may.
    ///
    /// Order: allowed, found, decided, limits and the audit's `issued` line in one step, and only then does the link leave.
    ///
    /// Runs to its end even where the caller is dropped: a mail that a server has taken gets its line in the audit.
    pub async fn issue(&self, caller: &Caller, typed: &str) -> Issued {
        let (inner, by, typed) = (Arc::clone(&self.0), caller.clone(), typed.to_owned());
        let issued = async move {
            let issued = async {
                let (contact, others) = inner.find(&by, &typed).await?;
                inner.issue(&by.admin, &contact, others, None).await
            };
            issued.await.unwrap_or_else(Issued::Refused)
        };
        self.to_its_end(&caller.admin, issued).await
    }
}

impl Inner {
    /// Whether this admin may, and whom they mean.
    pub(crate) async fn resolve(&self, caller: &Caller, typed: &str) -> Result<Contact, Refused> {
        let admin = &caller.admin;
        if !self.settings.policy.may_issue(caller) {
            self.deny(admin, None, Denial::NotAllowed).await;
            return Err(Refused::NotAllowed);
        }
        match self.lookup.find(typed).await {
            Ok(Found::One(contact)) => Ok(contact),
            Ok(Found::Nobody) => {
                self.deny(admin, None, Denial::NoSuchContact).await;
                Err(Refused::NoSuchContact { near: self.near(caller, typed).await })
            }
            Ok(Found::Several(ids)) => {
                self.deny(admin, None, Denial::AmbiguousContact).await;
                Err(Refused::AmbiguousContact(ids))
            }
            Err(error) => {
                tracing::error!(%error, "a contact could not be looked up");
                Err(Refused::DirectoryUnavailable)
            }
        }
    }

    async fn find(&self, caller: &Caller, typed: &str) -> Result<(Contact, Vec<ContactId>), Refused> {
        let contact = self.resolve(caller, typed).await?;
        let others = self.others(&contact).await.map_err(|error| {
            tracing::error!(%error, "who else has an e-mail could not be looked up");
            Refused::DirectoryUnavailable
        })?;
        Ok((contact, others))
    }

    pub(crate) async fn others(&self, contact: &Contact) -> Result<Vec<ContactId>, contacts::DirectoryError> {
        match usable_email(contact) {
            Some(email) => self.lookup.others_with_email(email.normalised(), &contact.id).await,
            None => Ok(Vec::new()),
        }
    }

    /// Decides, and does it. What needs approval is asked for, unless this is the answer to such a request.
    pub(crate) async fn issue(
        self: &Arc<Self>,
        admin: &Admin,
        contact: &Contact,
        others: Vec<ContactId>,
        approval: Option<&Approval>,
    ) -> Result<Issued, Refused> {
        let mailer = self.mailer();
        let delivery = match approval {
            Some(approval) if approval.is_instead => Delivery::HandOver(vec![HandOverReason::AskedInstead]),
            _ => decide(mailer.is_some(), usable_email(contact), others),
        };
        let reasons = match &delivery {
            Delivery::HandOver(reasons) => reasons.clone(),
            Delivery::Mail(_) => Vec::new(),
        };
        if let Some(ended) = self.hold_back(admin, contact, &reasons, None, approval).await {
            return ended;
        }
        let (link, issued_at) = self.mint(admin, contact, approval.map(|approval| approval.request)).await?;
        let (Delivery::Mail(email), Some(mailer)) = (&delivery, &mailer) else {
            return self.hand_over(admin, contact, link, issued_at, reasons).await;
        };
        let mail = mailer.branding.reset_mail(
            &recipient(contact, email),
            link.expose(),
            link.link_id(),
            link.expires_at(),
            issued_at,
        );
        let sent = mailer.sender.send(&mail).await;
        let sending = Sending {
            admin: admin.clone(),
            contact: contact.clone(),
            email: email.clone(),
            link,
            issued_at,
            mail,
            approval: approval.cloned(),
        };
        match sent {
            Ok(accepted) => Ok(Issued::Mailed(self.mailed(&sending, accepted).await)),
            Err(failure) => {
                let link_id = sending.link.link_id();
                tracing::warn!(%link_id, %failure, "a mail was not accepted");
                match self.delay(mailer, sending, &failure).await {
                    Ok(delayed) => Ok(Issued::Delayed(delayed)),
                    Err(sending) => self.not_mailed(*sending, &failure).await,
                }
            }
        }
    }

    /// A mail server has taken the link.
    pub(crate) async fn mailed(&self, sending: &Sending, accepted: Accepted) -> Mailed {
        let Sending { admin, contact, email, link, issued_at, mail, .. } = sending;
        let event = Event::Mailed {
            link_id: link.link_id(),
            contact: contact.id.clone(),
            admin: admin.clone(),
            to: email.masked(),
            accepted_by: accepted.by.clone(),
        };
        self.note(event).await;
        Mailed {
            contact: contact.id.clone(),
            name: contact.name.clone(),
            to: email.masked(),
            accepted_by: accepted.by,
            link_id: link.link_id(),
            expires_at: link.expires_at(),
            issued_at: *issued_at,
            outbox: accepted.file.map(|file| OutboxMail { file, text: mail.text.clone() }),
        }
    }

    /// Where the policy wants more than one admin, or no link at all: what becomes of the request. `reasons`: why it would be handed over; empty where it
    /// would be mailed. `link_id`: the link that was minted for a mail which then failed.
    pub(crate) async fn hold_back(
        self: &Arc<Self>,
        admin: &Admin,
        contact: &Contact,
        reasons: &[HandOverReason],
        link_id: Option<LinkId>,
        approval: Option<&Approval>,
    ) -> Option<Result<Issued, Refused>> {
        match self.settings.policy.needs(&contact.id, !reasons.is_empty()) {
            Needs::Nothing => None,
            // Who has agreed to a mail has not agreed to a link in somebody's hand.
            Needs::Approval
                if approval.is_some_and(|approval| approval.may_hand_over || reasons.is_empty()) =>
            {
                None
            }
            Needs::Approval => {
                let not_withdrawn = match link_id {
                    Some(_) => self.take_back(admin, contact, link_id, reasons).await,
                    None => None,
                };
                let asking = Asking { reasons: reasons.to_vec(), instead_of: None, not_withdrawn };
                Some(self.ask(admin, contact, asking).await.map(Issued::AwaitingApproval))
            }
            Needs::Mail => {
                let not_withdrawn = self.take_back(admin, contact, link_id, reasons).await;
                let (contact, name) = (contact.id.clone(), contact.name.clone());
                Some(Err(Refused::HandOverOff { contact, name, reasons: reasons.to_vec(), not_withdrawn }))
            }
            Needs::Unprotected => {
                self.deny(admin, Some(contact.id.clone()), Denial::Protected).await;
                Some(Err(Refused::Protected { contact: contact.id.clone(), name: contact.name.clone() }))
            }
        }
    }

    /// Limits, the audit's `issued` line and the time of issue in one step; then the signature.
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
        (self.entropy)(&mut random);
        let link_id = LinkId::from_random(random);
        let email = usable_email(contact);
        let email = email.as_ref().map(EmailAddress::normalised);
        let secret = &self.settings.binding_secret;
        let binding = Binding::new(secret, link_id, &contact.id, &contact.password_version, email);
        let (policy, lifetime, key_id) =
            (self.settings.policy.clone(), self.settings.lifetime, self.keyring.signing_key_id().clone());
        let (who, whose) = (admin.clone(), contact.id.clone());
        let now = self.now();
        let decided = self.audit.transact(now, move |memory| {
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
                    let (event, refused) = beyond(limit, who, whose);
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
            ledger_epoch: self.settings.ledger_epoch,
        };
        let link = ResetLink::mint(&self.keyring, &self.settings.public_url, &new).map_err(|error| {
            tracing::error!(%error, "a link could not be signed");
            Refused::CannotMint
        })?;
        Ok((link, issued_at))
    }

    /// The audit's line is on disk before the link leaves. A contact who could have been mailed hears of it.
    pub(crate) async fn hand_over(
        self: &Arc<Self>,
        admin: &Admin,
        contact: &Contact,
        link: ResetLink,
        issued_at: Timestamp,
        reasons: Vec<HandOverReason>,
    ) -> Result<Issued, Refused> {
        let event = Event::HandedOver {
            link_id: link.link_id(),
            contact: contact.id.clone(),
            admin: admin.clone(),
            reasons: in_audit(&reasons),
        };
        let (link_id, now) = (link.link_id(), self.now());
        self.shows(link_id, admin);
        let written = self.audit.transact(now, move |memory| {
            // It may have been withdrawn while its mail was on the way. A link that has expired meanwhile says so itself.
            let fate = memory.issuer(link_id).map(|link| link.fate(now));
            let is_good = matches!(fate, None | Some(Fate::Outstanding | Fate::Expired));
            (is_good.then_some(event), is_good)
        });
        let refused = match written.await {
            Ok(true) => None,
            Ok(false) => Some(Refused::MailedLinkOver),
            Err(error) => {
                tracing::error!(%error, "the audit cannot be written: the link is not handed over");
                Some(Refused::AuditUnavailable)
            }
        };
        if let Some(refused) = refused {
            self.ends(About::Link(link_id));
            return Err(refused);
        }
        if let Some(email) = usable_email(contact)
            && reasons.iter().any(HandOverReason::is_despite_email)
        {
            self.notice_of_hand_over(contact.clone(), email, link.link_id(), link.expires_at());
        }
        let (contact, name) = (contact.id.clone(), contact.name.clone());
        Ok(Issued::HandedOver(Box::new(HandedOver { contact, name, reasons, link, issued_at })))
    }

    /// A link that nobody is to have: one that was minted for a mail which failed is withdrawn, since that mail may arrive yet. Until when the link of such a mail
    /// is good, where it could not be withdrawn: that is tried again by whichever process reaches the redeem half.
    async fn take_back(
        self: &Arc<Self>,
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
        self.note(event).await;
        let link = self.outstanding(link_id?).await.ok()?;
        let found = self.withdraw(link.link_id, &link.contact, link.expires_at, None).await;
        let may_arrive =
            reasons.iter().any(|reason| matches!(reason, HandOverReason::MailOutcomeUnknown { .. }));
        let is_withdrawn = matches!(found, Ok(FoundLink::Withdrawn | FoundLink::InProgress));
        (may_arrive && !is_withdrawn).then_some(link.expires_at)
    }

    /// The contact could have been mailed and was not: they hear that the help desk has a link, as soon as the mail server lets them.
    fn notice_of_hand_over(
        self: &Arc<Self>,
        contact: Contact,
        email: EmailAddress,
        link_id: LinkId,
        expires_at: Timestamp,
    ) {
        let inner = Arc::clone(self);
        self.behind.spawn(async move {
            let notice = match inner.mailer() {
                Some(mailer) => {
                    let mail = mailer.branding.handed_over_notice(
                        &recipient(&contact, &email),
                        link_id,
                        expires_at,
                        inner.now(),
                    );
                    match mailer.sender.send(&mail).await {
                        Ok(_) => Notice::Mailed,
                        Err(failure) => Notice::Failed(failure.to_string()),
                    }
                }
                None => Notice::NoMailServer,
            };
            inner.note(Event::HandOverNoticed { link_id, notice }).await;
        });
    }

    pub(crate) async fn deny(&self, admin: &Admin, contact: Option<ContactId>, why: Denial) {
        self.note(Event::Denied { admin: admin.clone(), contact, why }).await;
    }

    /// Writes down in bulk the denials that had no lines of their own.
    pub(crate) async fn write_denials(&self, is_end: bool) {
        if let Err(error) = self.audit.write_denials(self.now(), is_end).await {
            tracing::error!(%error, "the audit lacks a line");
        }
    }

    /// For what has happened already and cannot be held back by the audit.
    pub(crate) async fn note(&self, event: Event) {
        if let Err(error) = self.audit.write(self.now(), event).await {
            tracing::error!(%error, "the audit lacks a line");
        }
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
pub(crate) fn beyond(limit: LimitReached, admin: Admin, contact: ContactId) -> (Event, Refused) {
    let why = match limit {
        LimitReached::PerAdmin { .. } => Denial::LimitPerAdmin,
        LimitReached::PerContact { .. } => Denial::LimitPerContact,
    };
    let refused = Refused::Limit(limit, contact.clone());
    (Event::Denied { admin, contact: Some(contact), why }, refused)
}

pub(crate) fn in_audit(reasons: &[HandOverReason]) -> Vec<Reason> {
    reasons
        .iter()
        .map(|reason| Reason { reason: reason.as_str().to_owned(), detail: reason.detail() })
        .collect()
}

pub(crate) fn recipient<'a>(contact: &'a Contact, email: &'a EmailAddress) -> Recipient<'a> {
    Recipient { id: &contact.id, name: &contact.name, email, language: contact.language.as_deref() }
}
