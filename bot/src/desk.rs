//! What every use case works with: settings, keys, the directory, the audit, clock and randomness, and the ways out. It holds no use case's state.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use contacts::{Contact, ContactLookup};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use keys::{
    BindingSecret, ContactId, EmailAddress, Keyring, LedgerEpoch, LinkId, NewObjection, ObjectionLink,
    ObjectionSubject,
};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::admin::{Admin, Platform};
use crate::audit::{Audit, Denial, Event};
use crate::mail::{MailBranding, MailSender, Recipient};
use crate::policy::Policy;
use crate::ports::{Chat, RedeemHalf};
use crate::{Clock, Entropy};

/// What the use cases are set to.
#[derive(Debug, Clone)]
pub struct BotSettings {
    /// Part of what is signed, and the beginning of each link; without a trailing slash.
    pub public_url: String,
    /// What bindings are made with; the redeem half holds the same.
    pub binding_secret: BindingSecret,
    /// The ledger that notes the links' one use.
    pub ledger_epoch: LedgerEpoch,
    /// How long a link lives.
    pub lifetime: SignedDuration,
    /// Who may, and how often.
    pub policy: Policy,
    /// In which zone times are told.
    pub time_zone: TimeZone,
    /// BCP 47: in which admins are answered.
    pub language: String,
}

/// A mail server and in whose name we write.
pub struct Mailer {
    /// Takes the mails.
    pub sender: Arc<dyn MailSender>,
    /// Writes them.
    pub branding: MailBranding,
    /// How a mail is tried again that is not taken yet; `None`: it is not.
    pub retry: Option<MailRetry>,
}

/// How mails are tried again that the server does not take yet.
#[derive(Debug, Clone, Copy)]
pub struct MailRetry {
    /// For how long; never so long that too little of the link's time is left.
    pub within: SignedDuration,
    /// How long each wait is.
    pub every: Duration,
}

/// What every use case works with.
pub(crate) struct Desk {
    pub(crate) settings: BotSettings,
    pub(crate) keyring: Keyring,
    pub(crate) directory: Arc<dyn ContactLookup>,
    pub(crate) audit: Audit,
    clock: Clock,
    entropy: Entropy,
    mailer: RwLock<Option<Arc<Mailer>>>,
    chats: RwLock<HashMap<Platform, Arc<dyn Chat>>>,
    redeem_half: RwLock<Option<Arc<dyn RedeemHalf>>>,
    /// Cancelled when the process is about to end: whatever waits for a time to come waits no longer.
    pub(crate) ending: CancellationToken,
    /// What goes on behind an answer: notices, messages to admins. A shutdown waits for it.
    background: TaskTracker,
}

impl Desk {
    /// Without mail, chats or a redeem half as yet.
    pub(crate) fn new(
        settings: BotSettings,
        keyring: Keyring,
        directory: Arc<dyn ContactLookup>,
        audit: Audit,
        clock: Clock,
        entropy: Entropy,
    ) -> Self {
        Self {
            settings,
            keyring,
            directory,
            audit,
            clock,
            entropy,
            mailer: RwLock::default(),
            chats: RwLock::default(),
            redeem_half: RwLock::default(),
            ending: CancellationToken::new(),
            background: TaskTracker::new(),
        }
    }

    /// From now on mails go this way; `None`: no mail server is configured.
    pub(crate) fn set_mailer(&self, mailer: Option<Mailer>) {
        *self.mailer.write().unwrap_or_else(PoisonError::into_inner) = mailer.map(Arc::new);
    }

    pub(crate) fn add_chat(&self, platform: Platform, chat: Arc<dyn Chat>) {
        self.chats.write().unwrap_or_else(PoisonError::into_inner).insert(platform, chat);
    }

    pub(crate) fn remove_chat(&self, platform: Platform) {
        self.chats.write().unwrap_or_else(PoisonError::into_inner).remove(&platform);
    }

    pub(crate) fn set_redeem_half(&self, redeem_half: Arc<dyn RedeemHalf>) {
        *self.redeem_half.write().unwrap_or_else(PoisonError::into_inner) = Some(redeem_half);
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// Fills with random bytes.
    pub(crate) fn random(&self, bytes: &mut [u8]) {
        (self.entropy)(bytes);
    }

    pub(crate) fn mailer(&self) -> Option<Arc<Mailer>> {
        self.mailer.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn chat(&self, platform: Platform) -> Option<Arc<dyn Chat>> {
        self.chats.read().unwrap_or_else(PoisonError::into_inner).get(&platform).cloned()
    }

    pub(crate) fn chats(&self) -> Vec<(Platform, Arc<dyn Chat>)> {
        let chats = self.chats.read().unwrap_or_else(PoisonError::into_inner);
        chats.iter().map(|(platform, chat)| (*platform, Arc::clone(chat))).collect()
    }

    pub(crate) fn redeem_half(&self) -> Option<Arc<dyn RedeemHalf>> {
        self.redeem_half.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Runs something behind the answers; a shutdown waits for it.
    pub(crate) fn in_background<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        self.background.spawn(work)
    }

    /// Waits for what goes on behind the answers.
    pub(crate) async fn drain(&self) {
        self.background.close();
        self.background.wait().await;
    }

    /// For what has happened already and cannot be held back by the audit.
    pub(crate) async fn note(&self, event: Event) {
        if let Err(error) = self.audit.write(self.now(), event).await {
            tracing::error!(%error, "the audit lacks a line");
        }
    }

    /// Writes down that an admin was denied something.
    pub(crate) async fn deny(&self, admin: &Admin, contact: Option<ContactId>, why: Denial) {
        self.note(Event::Denied { admin: admin.clone(), contact, why }).await;
    }

    /// Writes down in bulk the denials that had no lines of their own.
    pub(crate) async fn write_denials(&self, is_end: bool) {
        if let Err(error) = self.audit.write_denials(self.now(), is_end).await {
            tracing::error!(%error, "the audit lacks a line");
        }
    }
}

/// A contact as mail addresses them.
pub(crate) fn recipient<'a>(contact: &'a Contact, email: &'a EmailAddress) -> Recipient<'a> {
    Recipient { id: &contact.id, name: &contact.name, email, language: contact.language.as_deref() }
}

/// Where a contact says for a day that it was not them.
pub(crate) fn objection(
    desk: &Desk,
    contact: &ContactId,
    event: LinkId,
    subject: ObjectionSubject,
    at: Timestamp,
) -> ObjectionLink {
    let new = NewObjection { contact: contact.clone(), event, subject, at };
    ObjectionLink::sign(&desk.keyring, &desk.settings.public_url, &new)
}
