use std::collections::{HashMap, HashSet};
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use async_trait::async_trait;
use contacts::ContactLookup;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use keys::chained_log::LogError;
use keys::{BindingSecret, Keyring, LedgerEpoch, LinkId, SignedRevocation};
use thiserror::Error;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::admin::{Admin, Caller, Platform};
use crate::audit::{About, Audit, DeliveryChannel, Entry, Event, Memory, RequestFault};
use crate::command::{Command, Parsed, parse};
use crate::mail::{MailBranding, MailSender};
use crate::outcome::{Issued, Reply};
use crate::policy::request_limits::Refusals;
use crate::policy::{Needs, Policy};
use crate::ports::Chat;
use crate::request::Action;
use crate::use_cases::approve::Turns;
use crate::use_cases::housekeeping::Closed;
use crate::use_cases::owed::Attempts;
use crate::use_cases::retry_mail::MailRetry;
use crate::use_cases::search::Searches;
use crate::{Clock, Entropy};

/// What a chat adapter makes of its platform's event.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// Who typed.
    pub caller: Caller,
    /// What they typed, the command's name included.
    pub text: String,
}

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

/// Capability of the redeem half, in this process or on another machine: it withdraws links on our signed word.
#[async_trait]
pub trait RedeemHalf: Send + Sync {
    /// Returns when the withdrawal is on disk.
    ///
    /// # Errors
    /// Where the redeem half cannot be reached or refuses; nothing is certain then.
    async fn revoke(&self, revocation: &SignedRevocation) -> Result<Withdrawal, NotWithdrawn>;

    /// Answers a challenge of 32 random bytes with the binding secret that it holds (`BindingSecret::answer`).
    ///
    /// # Errors
    /// Where the redeem half cannot be reached.
    async fn answer(&self, challenge: &[u8; 32]) -> Result<[u8; 32], NoAnswer>;
}

/// The redeem half did not say which binding secret it holds.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct NoAnswer(pub String);

/// What came of comparing the binding secrets of both halves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// Both hold the same.
    Same,
    /// They hold different ones: each link would be dead before it is opened, so none is issued.
    Different,
}

/// What a withdrawal found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Withdrawal {
    /// No link of these opens anything any more.
    Done,
    /// As above, but somebody is setting a password with one of them this very moment.
    InProgress,
    /// Too late.
    AlreadyRedeemed,
}

/// The redeem half did not say that it has withdrawn anything.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct NotWithdrawn(pub String);

/// What comes of something that changes something.
pub(crate) trait Outcome: Send + 'static {
    /// The link that it puts into somebody's hand.
    fn link_in_hand(&self) -> Option<LinkId>;
}

impl Outcome for Issued {
    fn link_in_hand(&self) -> Option<LinkId> {
        match self {
            Self::HandedOver(handed_over) => Some(handed_over.link.link_id()),
            Self::Mailed(_) | Self::Delayed(_) | Self::AwaitingApproval(_) | Self::Refused(_) => None,
        }
    }
}

impl Outcome for Reply {
    fn link_in_hand(&self) -> Option<LinkId> {
        match self {
            Self::Issue(issued) => issued.link_in_hand(),
            _ => None,
        }
    }
}

/// The chat half. A clone shares everything.
#[derive(Clone)]
pub struct Bot(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) settings: BotSettings,
    pub(crate) keyring: Keyring,
    pub(crate) lookup: Arc<dyn ContactLookup>,
    pub(crate) audit: Audit,
    pub(crate) clock: Clock,
    pub(crate) entropy: Entropy,
    mailer: RwLock<Option<Arc<Mailer>>>,
    chats: RwLock<HashMap<Platform, Arc<dyn Chat>>>,
    redeem_half: RwLock<Option<Arc<dyn RedeemHalf>>>,
    /// The redeem half holds another binding secret than we do.
    pub(crate) secrets_differ: AtomicBool,
    /// What is done to messages that were sent, and has been done.
    pub(crate) closed: Mutex<Closed>,
    /// Links whose button is being seen to this very moment.
    pub(crate) pressed: Mutex<HashSet<LinkId>>,
    /// Requests that are being carried out and links that are being shown in this process, or withdrawn: nobody has left them.
    pub(crate) under_way: Mutex<HashSet<About>>,
    /// Who asks a second person about a contact, one after the other.
    pub(crate) turns: Turns,
    /// What is being told, and when it is tried again.
    pub(crate) attempts: Mutex<Attempts>,
    pub(crate) searches: Mutex<Searches>,
    refusals: Mutex<Refusals>,
    /// Cancelled when the process is about to end: whatever waits for a time to come waits no longer.
    pub(crate) ending: CancellationToken,
    /// What goes on behind an answer: notices, messages to admins. A shutdown waits for it.
    pub(crate) behind: TaskTracker,
}

impl Bot {
    /// Puts the chat half together, without mail, chats or a redeem half as yet.
    pub fn new(
        settings: BotSettings,
        keyring: Keyring,
        lookup: Arc<dyn ContactLookup>,
        audit: Audit,
        clock: Clock,
        entropy: Entropy,
    ) -> Self {
        Self(Arc::new(Inner {
            settings,
            keyring,
            lookup,
            audit,
            clock,
            entropy,
            mailer: RwLock::default(),
            chats: RwLock::default(),
            redeem_half: RwLock::default(),
            secrets_differ: AtomicBool::default(),
            closed: Mutex::default(),
            pressed: Mutex::default(),
            under_way: Mutex::default(),
            turns: Turns::default(),
            attempts: Mutex::default(),
            searches: Mutex::default(),
            refusals: Mutex::default(),
            ending: CancellationToken::new(),
            behind: TaskTracker::new(),
        }))
    }

    /// From now on mails go this way; `None`: no mail server is configured.
    pub fn set_mailer(&self, mailer: Option<Mailer>) {
        *self.0.mailer.write().unwrap_or_else(PoisonError::into_inner) = mailer.map(Arc::new);
    }

    /// Admins of this platform are told through this chat.
    pub fn add_chat(&self, platform: Platform, chat: Arc<dyn Chat>) {
        self.0.chats.write().unwrap_or_else(PoisonError::into_inner).insert(platform, chat);
    }

    /// Nobody is told through this platform's chat any more: it has ended.
    pub fn remove_chat(&self, platform: Platform) {
        self.0.chats.write().unwrap_or_else(PoisonError::into_inner).remove(&platform);
    }

    /// Links are withdrawn there.
    pub fn set_redeem_half(&self, redeem_half: Arc<dyn RedeemHalf>) {
        *self.0.redeem_half.write().unwrap_or_else(PoisonError::into_inner) = Some(redeem_half);
    }

    /// Asks the redeem half, by a challenge, whether it holds the binding secret that we hold. Where it does not, no link is issued until a comparison
    /// says otherwise; where it does not answer, everything stays as it is.
    ///
    /// # Errors
    /// Where there is no redeem half, or none that answers.
    pub async fn compare_binding_secrets(&self) -> Result<Comparison, NoAnswer> {
        let half = self.0.redeem_half().ok_or_else(|| NoAnswer("there is no redeem half".to_owned()))?;
        let mut challenge = [0; 32];
        (self.0.entropy)(&mut challenge);
        let is_same = half.answer(&challenge).await? == self.0.settings.binding_secret.answer(&challenge);
        self.0.secrets_differ.store(!is_same, Ordering::Release);
        if is_same {
            return Ok(Comparison::Same);
        }
        tracing::error!(
            "the two halves hold different binding secrets: no link is issued; give both the same file (keys.binding_secret_file) and restart"
        );
        Ok(Comparison::Different)
    }

    /// Answers a text; `None` where it is not for us.
    pub async fn handle(&self, invocation: &Invocation) -> Option<Reply> {
        match parse(&invocation.text) {
            Parsed::NotMine => None,
            Parsed::Wrong(mistake) => Some(Reply::Mistake(mistake)),
            Parsed::Command(command) => Some(self.obey(&invocation.caller, &command).await),
        }
    }

    /// Answers a command.
    pub async fn obey(&self, caller: &Caller, command: &Command) -> Reply {
        match command {
            Command::Help => Reply::Help,
            Command::ResetLink { contact } => Reply::Issue(self.issue(caller, contact).await),
            Command::ResetStatus { contact } => self.status(caller, contact).await,
            Command::ResetRevoke { contact } => {
                let (bot, by, contact) = (self.clone(), caller.clone(), contact.clone());
                let revoked = async move { bot.revoke(&by, &contact).await };
                self.to_its_end(&caller.admin, revoked).await
            }
        }
    }

    /// Runs something behind the answers; a shutdown waits for it.
    pub(crate) fn behind(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.0.behind.spawn(work);
    }

    /// Fills with random bytes.
    pub(crate) fn random(&self, bytes: &mut [u8]) {
        (self.0.entropy)(bytes);
    }

    /// Runs something to its end even where whoever waits for it is dropped; a shutdown waits for it. A link that would have been for this admin's eyes, and that
    /// nobody waits for any more, is withdrawn.
    pub(crate) async fn to_its_end<T: Outcome>(
        &self,
        admin: &Admin,
        work: impl Future<Output = T> + Send + 'static,
    ) -> T {
        let (ended, end) = oneshot::channel();
        let (inner, admin) = (Arc::clone(&self.0), admin.clone());
        let task = self.0.behind.spawn(async move {
            if let Err(unheard) = ended.send(work.await)
                && let Some(link_id) = unheard.link_in_hand()
            {
                inner.shown(link_id, &admin, DeliveryChannel::Nowhere, None).await;
            }
        });
        if let Ok(outcome) = end.await {
            return outcome;
        }
        let error = task.await.expect_err("what has no outcome has panicked");
        resume_unwind(error.into_panic())
    }

    /// Writes down how a link that was handed over reached the admin. One that reached nobody is withdrawn: whether that was done.
    pub(crate) async fn shown(
        &self,
        link_id: LinkId,
        admin: &Admin,
        way: DeliveryChannel,
        message: Option<String>,
    ) -> bool {
        self.0.shown(link_id, admin, way, message).await
    }

    /// Does what a button asks for. Runs to its end even where the caller is dropped.
    pub async fn act(&self, caller: &Caller, action: Action) -> Reply {
        let (bot, by) = (self.clone(), caller.clone());
        let done = async move {
            match action {
                Action::Revoke(link_id) => bot.revoke_link(&by, link_id).await,
                Action::HandOverInstead(link_id) => bot.hand_over_instead(&by, link_id).await,
                Action::Approve(request) => bot.approve(&by, request).await,
                Action::Decline(request) => bot.decline(&by, request).await,
            }
        };
        self.to_its_end(&caller.admin, done).await
    }

    /// The buttons that belong below an answer.
    pub fn actions(&self, reply: &Reply) -> Vec<Action> {
        match reply {
            Reply::Issue(issued) => self.actions_below(issued),
            _ => Vec::new(),
        }
    }

    /// The buttons that belong below what became of a request for a link.
    pub fn actions_below(&self, issued: &Issued) -> Vec<Action> {
        match issued {
            Issued::HandedOver(handed_over) => vec![Action::Revoke(handed_over.link.link_id())],
            Issued::Mailed(mailed) => {
                let policy = &self.0.settings.policy;
                let instead = policy.hand_over_instead && !policy.is_protected(&mailed.contact);
                let instead = instead.then_some(Action::HandOverInstead(mailed.link_id));
                std::iter::once(Action::Revoke(mailed.link_id)).chain(instead).collect()
            }
            Issued::Delayed(delayed) => {
                let needs = self.0.settings.policy.needs(&delayed.contact, true);
                let may_have = matches!(needs, Needs::Nothing | Needs::Approval)
                    && !self.0.settings.policy.is_protected(&delayed.contact);
                let instead = may_have.then_some(Action::HandOverInstead(delayed.link_id));
                std::iter::once(Action::Revoke(delayed.link_id)).chain(instead).collect()
            }
            Issued::AwaitingApproval(_) | Issued::Refused(_) => Vec::new(),
        }
    }

    /// Whether somebody may issue links: for a chat that must find out first with which of their roles they come.
    pub(crate) fn may_issue(&self, caller: &Caller) -> bool {
        self.0.settings.policy.may_issue(caller)
    }

    /// Whether a platform has sent this before.
    ///
    /// # Errors
    /// Where the audit cannot be read.
    pub(crate) async fn is_duplicate(&self, platform: Platform, delivery: String) -> Result<bool, LogError> {
        self.0.audit.look(self.0.now(), move |memory| memory.is_duplicate(platform, &delivery)).await
    }

    /// Takes what a platform has sent, once: `false` where it was taken before.
    ///
    /// # Errors
    /// Where the audit cannot be written: then nothing may be done.
    pub(crate) async fn deduplicate(&self, platform: Platform, delivery: String) -> Result<bool, LogError> {
        let take = move |memory: &Memory| match memory.is_duplicate(platform, &delivery) {
            true => (None, false),
            false => (Some(Event::Taken { platform, delivery }), true),
        };
        let is_first = self.0.audit.transact(self.0.now(), take).await?;
        if !is_first {
            self.refuse_request(platform, RequestFault::Replayed).await;
        }
        Ok(is_first)
    }

    /// Writes down that a request was not the platform's.
    pub(crate) async fn refuse_request(&self, platform: Platform, why: RequestFault) {
        let now = self.0.now();
        let line = self.0.refusals.lock().unwrap_or_else(PoisonError::into_inner).count(platform, now);
        if let Some(more) = line {
            self.0.note(Event::RequestRefused { platform, why, more }).await;
        }
    }

    /// Whether the audit could be used when it was last tried; housekeeping tries every few seconds.
    pub fn can_use_audit(&self) -> bool {
        self.0.audit.is_writable()
    }

    /// Every line of the audit from now on, for a channel that reads along.
    pub fn follow_audit(&self) -> UnboundedReceiver<Entry> {
        self.0.audit.follow()
    }

    /// The process is about to end: mails that are tried again are given up, and the next start tells of them.
    pub fn wait_no_longer(&self) {
        self.0.ending.cancel();
    }

    /// Waits for what goes on behind the answers.
    pub async fn drain(&self) {
        self.0.write_searches(None).await;
        self.0.behind.close();
        self.0.behind.wait().await;
        self.0.write_denials(true).await;
    }
}

/// Something that this process does; over once this is dropped.
pub(crate) struct UnderWay {
    inner: Arc<Inner>,
    about: About,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.inner.ends(self.about);
    }
}

impl Inner {
    /// `None` where this process does it already.
    pub(crate) fn begins(self: &Arc<Self>, about: About) -> Option<UnderWay> {
        let is_first = self.under_way.lock().unwrap_or_else(PoisonError::into_inner).insert(about);
        is_first.then(|| UnderWay { inner: Arc::clone(self), about })
    }

    pub(crate) fn is_under_way(&self, about: About) -> bool {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner).contains(&about)
    }

    /// A link is about to be shown, which some chats do in several steps: it is, until it is written down that it was.
    pub(crate) fn shows(&self, link_id: LinkId, admin: &Admin) {
        if !matches!(admin.platform, Platform::Console | Platform::Shell) {
            self.under_way.lock().unwrap_or_else(PoisonError::into_inner).insert(About::Link(link_id));
        }
    }

    pub(crate) fn ends(&self, about: About) {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner).remove(&about);
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
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
}
