//! The use case: what a link shows, and what a new password does to it.
//!
//! The order is the safety: verify (CPU only), look, rules, hash, claim, read afresh, set, spend. Nothing that costs is done for a token that does not
//! verify, no lease runs while a password is hashed, and the claim is on disk before the password is written.

mod settle;

use std::collections::HashSet;
use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use contacts::{Contact, DirectoryError, PasswordWriter, PreparedPassword, SetPassword};
use jiff::Timestamp;
use keys::{
    Binding, BindingSecret, ContactId, ExpiredLink, LinkError, LinkId, NormalisedEmail, Receipt,
    ReceiptOutcome, RevocationError, SignedRevocation, TrustedKeys, UntrustedToken, VerifiedLink,
};
use tokio::sync::{Notify, Semaphore};
use tokio::time::timeout;
use tokio_util::task::TaskTracker;
use zeroize::Zeroizing;

use crate::ledger::{Claim, Claimed, FenceError, Ledger, LedgerError, LinkState, Withdrawal};
use crate::password::{Broken, Rules, Whose};
use crate::{Clock, Entropy};

/// What a request is answered with; `pages` turns it into a page and a status.
#[derive(Debug)]
pub enum Outcome {
    /// 200 (GET): the form.
    Form(Form),
    /// 422: the form again, with all reasons at once; the link is still good.
    Rejected(Form, Vec<Broken>),
    /// 303 (POST): the new password is set.
    Done,
    /// 400 or 410: this link will never work again.
    Closed {
        /// Why.
        why: Closed,
        /// The contact's own, where they are known and have one.
        language: Option<String>,
    },
    /// 409: another request holds the link right now.
    InProgress {
        /// The contact's own, where they are known and have one.
        language: Option<String>,
    },
    /// 503 with Retry-After: too much to do at once, or the directory is away; nothing has been changed.
    Busy {
        /// When to try again.
        retry_after_seconds: u64,
    },
    /// 503: something of ours is broken; the log has the detail under this incident id.
    Unavailable {
        /// Eight random bytes, for the page and the log.
        incident: String,
    },
}

/// Who the form is for.
#[derive(Debug, Clone)]
pub struct Form {
    /// Whose password.
    pub contact: ContactId,
    /// What the person is called.
    pub name: String,
    /// The contact's own, where they have one.
    pub language: Option<String>,
    /// Until when the link is good.
    pub expires_at: Timestamp,
    /// The directory's own limit on a password, in bytes, where it has one.
    pub max_password_bytes: Option<usize>,
}

/// Whose password was set, for the page that says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// As the link names it.
    pub contact: ContactId,
    /// What the person is called; empty where the directory does not say.
    pub name: String,
    /// The contact's own, where they have one.
    pub language: Option<String>,
}

/// Why a link is dead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// 400: not a link of ours as it stands ("copy the whole link").
    Damaged,
    /// 410.
    Expired,
    /// 410: "if you have just set it, sign in".
    Used,
    /// 410: an admin withdrew it.
    Withdrawn,
    /// 410: the password or the e-mail changed since.
    Overtaken,
    /// 410: the ledger is younger than the link ("ask for a new link").
    LedgerIsYounger,
}

/// A token that opens nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dead {
    /// Not one of ours as it stands.
    Damaged,
    /// Genuine, and over.
    Expired(ExpiredLink),
    /// Genuine, and made before the upgrade to version 2 of the links: "ask for a new link".
    OfVersion1(ExpiredLink),
}

/// What a contact sent with the form.
#[derive(Clone)]
pub struct NewPassword {
    /// As typed.
    pub password: Zeroizing<String>,
    /// As typed again.
    pub confirm: Zeroizing<String>,
}

impl fmt::Debug for NewPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NewPassword(…)")
    }
}

/// What the use case needs beside its stores.
#[derive(Debug, Clone)]
pub struct RedeemSettings {
    /// Part of what is signed; without a trailing slash.
    pub public_url: String,
    /// What bindings are made with; the bot holds the same.
    pub binding_secret: BindingSecret,
    /// The rules for a new password.
    pub rules: Rules,
    /// How many passwords are hashed at once.
    pub hashing_slots: usize,
    /// How long a request waits for a slot before it is told to come back.
    pub slot_wait: Duration,
    /// How long the directory may take for one answer; well below the ledger's lease.
    pub directory_timeout: Duration,
}

/// Redeems links. A clone shares everything.
#[derive(Clone)]
pub struct Redeemer(Arc<Inner>);

struct Inner {
    settings: RedeemSettings,
    trusted: TrustedKeys,
    ledger: Arc<dyn Ledger>,
    directory: Arc<dyn PasswordWriter>,
    clock: Clock,
    entropy: Entropy,
    slots: Semaphore,
    /// At most one redemption per link at a time in this process, from hashing to its end.
    under_way: Mutex<HashSet<LinkId>>,
    receipts_waiting: Arc<Notify>,
    /// Redemptions run to their end even where the visitor hangs up, and a shutdown waits for them.
    running: TaskTracker,
}

impl Redeemer {
    /// Puts the use case together.
    pub fn new(
        settings: RedeemSettings,
        trusted: TrustedKeys,
        ledger: Arc<dyn Ledger>,
        directory: Arc<dyn PasswordWriter>,
        clock: Clock,
        entropy: Entropy,
    ) -> Self {
        let slots = Semaphore::new(settings.hashing_slots.max(1));
        Self(Arc::new(Inner {
            settings,
            trusted,
            ledger,
            directory,
            clock,
            entropy,
            slots,
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
            UntrustedToken::new(token).verify(&self.0.trusted, &self.0.settings.public_url, (self.0.clock)());
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
        match self.0.stand(link).await {
            Ok(Standing::Good(contact)) => Outcome::Form(self.0.form(link, &contact)),
            Ok(Standing::Bad(outcome)) => outcome,
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
        let (inner, link) = (Arc::clone(&self.0), link.clone());
        let task = self.0.running.spawn(async move {
            match inner.redeem(&link, &new, client).await {
                Ok(outcome) => outcome,
                Err(failure) => inner.failed(&failure),
            }
        });
        match task.await {
            Ok(outcome) => outcome,
            Err(error) => self.0.failed(&Failure::Panic(error.is_panic())),
        }
    }

    /// Withdraws links on the bot's signed word.
    ///
    /// # Errors
    /// Where the word is not signed by a trusted key, or the ledger cannot take it.
    pub async fn revoke(&self, revocation: &SignedRevocation) -> Result<Withdrawal, RevokeError> {
        let revocation = revocation.verify(&self.0.trusted, &self.0.settings.public_url)?;
        let withdrawal = self.0.ledger.revoke(&revocation).await?;
        self.0.receipts_waiting.notify_one();
        Ok(withdrawal)
    }

    /// Answers the bot's challenge with the binding secret that we hold, so that it knows whether both halves hold the same.
    pub fn answer(&self, challenge: &[u8; 32]) -> [u8; 32] {
        self.0.settings.binding_secret.answer(challenge)
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
                Err(Failure::Ledger(error)) => return Err(error),
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

/// Why a revocation was not taken.
#[derive(Debug, thiserror::Error)]
pub enum RevokeError {
    /// Not the bot's word.
    #[error(transparent)]
    Word(#[from] RevocationError),
    /// The ledger could not take it.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    #[error("a redemption ended early (panicked: {0})")]
    Panic(bool),
}

enum Standing {
    Good(Contact),
    Bad(Outcome),
}

/// Holds a link's place among those being redeemed.
struct UnderWay<'a> {
    inner: &'a Inner,
    link_id: LinkId,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.inner.under_way.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.link_id);
    }
}

impl Inner {
    fn now(&self) -> Timestamp {
        (self.clock)()
    }

    async fn redeem(
        &self,
        link: &VerifiedLink,
        new: &NewPassword,
        client: IpAddr,
    ) -> Result<Outcome, Failure> {
        let contact = match self.stand_settled(link, client).await? {
            Standing::Good(contact) => contact,
            Standing::Bad(outcome) => return Ok(outcome),
        };
        let broken = self.broken_rules(new, &contact).await;
        if !broken.is_empty() {
            return Ok(Outcome::Rejected(self.form(link, &contact), broken));
        }
        let language = contact.language.clone();
        let Some(_under_way) = self.begin(link.link_id()) else {
            return Ok(Outcome::InProgress { language });
        };
        let prepared = {
            let Ok(Ok(_slot)) = timeout(self.settings.slot_wait, self.slots.acquire()).await else {
                return Ok(Outcome::Busy { retry_after_seconds: 5 });
            };
            self.directory.prepare(new.password.clone()).await?
        };
        match self.ledger.claim(link, prepared.intended_version.as_ref()).await? {
            Claimed::Ours(claim) => self.write(link, &claim, prepared, client).await,
            Claimed::Not(state) => self.refused(&state, link, client, language).await,
        }
    }

    /// The strength estimate takes milliseconds of CPU time: not on a thread that serves requests.
    async fn broken_rules(&self, new: &NewPassword, contact: &Contact) -> Vec<Broken> {
        let (rules, directory_limit) = (self.settings.rules, self.directory.max_password_bytes());
        // The text that will be stored, however it was typed: full-width letters are no stronger than others.
        let password = self.directory.normalised(&new.password);
        let confirm = self.directory.normalised(&new.confirm);
        let contact = contact.clone();
        let check = tokio::task::spawn_blocking(move || {
            let whose = Whose {
                id: contact.id.as_str(),
                name: &contact.name,
                email: contact.primary_email.as_deref(),
            };
            rules.check(&password, &confirm, whose, directory_limit)
        });
        match check.await {
            Ok(broken) => broken,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }

    fn begin(&self, link_id: LinkId) -> Option<UnderWay<'_>> {
        let is_first = self.under_way.lock().unwrap_or_else(PoisonError::into_inner).insert(link_id);
        is_first.then_some(UnderWay { inner: self, link_id })
    }

    fn is_under_way(&self, link_id: LinkId) -> bool {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner).contains(&link_id)
    }

    /// The link is ours alone from here on: everything below ends in spend, release, or a claim left to be settled.
    async fn write(
        &self,
        link: &VerifiedLink,
        claim: &Claim,
        prepared: PreparedPassword,
        client: IpAddr,
    ) -> Result<Outcome, Failure> {
        let contact = match self.read(link.contact()).await {
            Ok(contact) => contact,
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
        if self.now() + self.settings.directory_timeout >= claim.lease_until {
            // The machine was away, or the disk was slow: what is left of the lease is too short to write in.
            self.release(claim).await;
            return Ok(Outcome::Busy { retry_after_seconds: 5 });
        }
        // Awaited to its real end: a write that is given up on may land all the same, and nobody would know. Only the visitor's wait is limited.
        match self.directory.set(&contact.id, &contact.password_version, prepared).await {
            Ok(SetPassword::Set) => {
                self.spend(claim, link, client).await;
                Ok(Outcome::Done)
            }
            Ok(SetPassword::VersionChanged) => {
                self.release(claim).await;
                self.refuse(Closed::Overtaken, link, client, language).await
            }
            Ok(SetPassword::Refused(reason)) => {
                self.release(claim).await;
                self.report(link, ReceiptOutcome::RefusedByDirectory, client).await?;
                Ok(Outcome::Rejected(self.form(link, &contact), vec![Broken::DirectoryRefuses(reason)]))
            }
            Err(error @ DirectoryError::Unreachable(_)) => {
                self.release(claim).await;
                Err(error.into())
            }
            // It may have been written: the claim stays, and is settled by looking.
            Err(error @ DirectoryError::OutcomeUnknown(_)) => Err(error.into()),
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

    /// Where a link stands, without writing anything.
    async fn stand(&self, link: &VerifiedLink) -> Result<Standing, Failure> {
        let state = self.ledger.look(link).await?;
        match state {
            LinkState::Unused | LinkState::Lapsed(_) => {}
            state => return Ok(Standing::Bad(self.bad(&state, link.contact()).await)),
        }
        let contact = self.read(link.contact()).await?;
        let good = contact.filter(|contact| self.is_bound(link.link_id(), link.binding(), contact));
        Ok(match (good, state) {
            (Some(contact), LinkState::Unused) => Standing::Good(contact),
            (Some(contact), _) if self.directory.is_conditional() => Standing::Good(contact),
            (None, LinkState::Unused) => Standing::Bad(self.closed(Closed::Overtaken, link.contact()).await),
            _ => Standing::Bad(self.closed(Closed::Used, link.contact()).await),
        })
    }

    /// As `stand`, but a lapsed claim is settled first, and a refusal is reported.
    async fn stand_settled(&self, link: &VerifiedLink, client: IpAddr) -> Result<Standing, Failure> {
        if let LinkState::Lapsed(claim) | LinkState::LapsedAndWithdrawn(claim) =
            self.ledger.look(link).await?
            && !self.is_under_way(link.link_id())
        {
            self.settle(&claim).await?;
        }
        let standing = self.stand(link).await?;
        if let Standing::Bad(Outcome::Closed { why, .. }) = &standing {
            self.report_refusal(*why, link, client).await?;
        }
        Ok(standing)
    }

    async fn refused(
        &self,
        state: &LinkState,
        link: &VerifiedLink,
        client: IpAddr,
        language: Option<String>,
    ) -> Result<Outcome, Failure> {
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
    ) -> Result<Outcome, Failure> {
        self.report_refusal(why, link, client).await?;
        Ok(Outcome::Closed { why, language })
    }

    async fn report_refusal(&self, why: Closed, link: &VerifiedLink, client: IpAddr) -> Result<(), Failure> {
        let outcome = match why {
            Closed::Used => ReceiptOutcome::RefusedUsed,
            Closed::Withdrawn => ReceiptOutcome::RefusedWithdrawn,
            Closed::Overtaken => ReceiptOutcome::RefusedOvertaken,
            Closed::LedgerIsYounger => ReceiptOutcome::RefusedLedgerIsYounger,
            // Nobody's news: an expired link is dead for everybody, a damaged one is nobody's.
            Closed::Expired | Closed::Damaged => return Ok(()),
        };
        self.report(link, outcome, client).await
    }

    async fn report(
        &self,
        link: &VerifiedLink,
        outcome: ReceiptOutcome,
        client: IpAddr,
    ) -> Result<(), Failure> {
        self.ledger.record(&self.receipt(link, outcome, Some(client))).await?;
        self.receipts_waiting.notify_one();
        Ok(())
    }

    fn receipt(&self, link: &VerifiedLink, outcome: ReceiptOutcome, client: Option<IpAddr>) -> Receipt {
        Receipt {
            link_id: link.link_id(),
            contact: link.contact().clone(),
            key_id: Some(link.key_id().clone()),
            outcome,
            at: keys::wire_time::to_millisecond(self.now()),
            client,
        }
    }

    async fn read(&self, id: &ContactId) -> Result<Option<Contact>, DirectoryError> {
        timeout(self.settings.directory_timeout, self.directory.read(id))
            .await
            .unwrap_or_else(|_| Err(DirectoryError::Unreachable("no answer in time".to_owned())))
    }

    fn form(&self, link: &VerifiedLink, contact: &Contact) -> Form {
        Form {
            contact: contact.id.clone(),
            name: contact.name.clone(),
            language: contact.language.clone(),
            expires_at: link.expires_at(),
            max_password_bytes: self.directory.max_password_bytes(),
        }
    }

    async fn bad(&self, state: &LinkState, contact: &ContactId) -> Outcome {
        match closed_by(state) {
            Some(why) => self.closed(why, contact).await,
            None => Outcome::InProgress { language: self.language(contact).await },
        }
    }

    async fn closed(&self, why: Closed, contact: &ContactId) -> Outcome {
        Outcome::Closed { why, language: self.language(contact).await }
    }

    /// For a page that says no: the directory being away must not turn it into another page.
    async fn language(&self, contact: &ContactId) -> Option<String> {
        self.read(contact).await.ok().flatten().and_then(|contact| contact.language)
    }

    /// Whether the contact's password and e-mail are still those that the link was made for.
    fn is_bound(&self, link_id: LinkId, binding: Binding, contact: &Contact) -> bool {
        let email = contact.primary_email.as_deref().and_then(NormalisedEmail::new);
        let secret = &self.settings.binding_secret;
        Binding::new(secret, link_id, &contact.id, &contact.password_version, email.as_ref()) == binding
    }

    fn failed(&self, failure: &Failure) -> Outcome {
        let mut bytes = [0; 6];
        (self.entropy)(&mut bytes);
        let incident = bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        tracing::error!(%incident, %failure, "a request failed");
        Outcome::Unavailable { incident }
    }
}

fn closed_by(state: &LinkState) -> Option<Closed> {
    match state {
        LinkState::Spent => Some(Closed::Used),
        LinkState::Withdrawn | LinkState::LapsedAndWithdrawn(_) => Some(Closed::Withdrawn),
        LinkState::LedgerIsYounger => Some(Closed::LedgerIsYounger),
        LinkState::Expired => Some(Closed::Expired),
        LinkState::Unused | LinkState::Claimed | LinkState::Lapsed(_) => None,
    }
}
