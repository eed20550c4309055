use std::collections::VecDeque;
use std::fs::{self, File};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use config::{Accent, ForProtected, HandOver, Organisation, Support};
use contacts::{Contact, ContactHit, ContactLookup, DirectoryError, EmailSharing, Found};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use keys::{
    BindingSecret, ContactId, EmailAddress, Keyring, LedgerEpoch, LinkId, NormalisedEmail, PasswordVersion,
    Revocation, SecretKey, SignedRevocation,
};
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::Semaphore;

use crate::admin::{Admin, Caller, Platform};
use crate::audit::{Audit, DeliveryChannel, Fate, HelpRequest, HelpState, Request, RequestState};
use crate::bot::Bot;
use crate::desk::{BotSettings, MailRetry, Mailer};
use crate::mail::{Accepted, MailBranding, MailFailure, MailSender, OutgoingMail};
use crate::outcome::{Delivered, HelpQuestion, Issued, News, Question, Reply};
use crate::policy::{Allowed, People, Policy};
use crate::ports::{Chat, ChatError, NoAnswer, NotWithdrawn, RedeemHalf, Withdrawal};
use crate::request::{Action, RequestId};

pub(super) const PUBLIC_URL: &str = "https://reset.example.org";
pub(super) const LIFETIME: SignedDuration = SignedDuration::from_mins(15);
const GUILD: &str = "100";

/// An admin on Discord.
pub(super) fn caller(user: &str) -> Caller {
    let admin = Admin { platform: Platform::Discord, user: user.to_owned() };
    Caller { admin, place: Some(GUILD.to_owned()), groups: Vec::new() }
}

/// The person with several accounts: this one, and those of [`alice_at_the_console`] and [`alice_in_a_shell`].
pub(super) fn alice() -> Caller {
    caller("1")
}

pub(super) fn alice_at_the_console() -> Caller {
    Admin { platform: Platform::Console, user: "alice".to_owned() }.into()
}

pub(super) fn alice_in_a_shell() -> Caller {
    Admin { platform: Platform::Shell, user: "alice".to_owned() }.into()
}

pub(super) fn bob() -> Caller {
    caller("2")
}

/// Whom nobody has allowed anything.
pub(super) fn mallory() -> Caller {
    caller("9")
}

pub(super) fn policy() -> Policy {
    let accounts = [alice_at_the_console(), alice_in_a_shell(), alice()].map(|caller| caller.admin).to_vec();
    let allowed = Allowed {
        places: vec![GUILD.to_owned()],
        groups: Vec::new(),
        users: vec!["2".to_owned(), "3".to_owned()],
        search: true,
    };
    Policy {
        allow: Vec::new(),
        people: People::from_iter([("Alice".to_owned(), accounts)]),
        chats: [(Platform::Discord, allowed)].into(),
        per_admin: 10,
        per_contact: 5,
        searches: 10,
        forgot: config::Forgot::Off,
        hand_over: HandOver::Show,
        hand_over_instead: true,
        for_protected: ForProtected::Approve,
        protected: vec!["ceo".to_owned()],
    }
}

/// A mail with a link or without one, and which events stood in the audit when it was sent.
pub(super) struct Sent {
    pub(super) text: String,
    pub(super) to: EmailAddress,
    pub(super) audit: Vec<String>,
}

#[derive(Default)]
pub(super) struct Mails {
    pub(super) sent: Mutex<Vec<Sent>>,
    /// What the server says to the next mails; it takes all others.
    pub(super) answers: Mutex<VecDeque<MailFailure>>,
    /// From the next mail on the audit's file cannot be locked by us.
    pub(super) locks_audit: AtomicBool,
    held: Mutex<Option<File>>,
    audit: PathBuf,
}

#[async_trait]
impl MailSender for Mails {
    fn server(&self) -> &str {
        "mail.example.org"
    }

    async fn send(&self, mail: &OutgoingMail) -> Result<Accepted, MailFailure> {
        let audit = events(&self.audit).iter().map(name_of).collect();
        if self.locks_audit.load(Ordering::SeqCst) {
            *self.held.lock().unwrap() = Some(locked(&self.audit));
        }
        match self.answers.lock().unwrap().pop_front() {
            Some(failure) => Err(failure),
            None => {
                let sent = Sent { text: mail.text.clone(), to: mail.to.clone(), audit };
                self.sent.lock().unwrap().push(sent);
                Ok(Accepted { by: self.server().to_owned(), answer: "ok".to_owned(), file: None })
            }
        }
    }
}

#[derive(Default)]
pub(super) struct Directory {
    pub(super) contacts: Mutex<Vec<Contact>>,
    /// Contacts that nobody finds, whose e-mails count all the same.
    pub(super) inactive: Mutex<Vec<Contact>>,
    pub(super) is_away: AtomicBool,
    /// It answers, and nothing can be made of the answer.
    pub(super) is_unusable: AtomicBool,
    /// Why it cannot tell who shares an e-mail.
    pub(super) undecided: Mutex<Option<String>>,
    pub(super) asked: AtomicUsize,
    /// Look-ups wait here while it is closed.
    pub(super) gate: Mutex<Option<Arc<Semaphore>>>,
}

impl Directory {
    async fn ask(&self) -> Result<(), DirectoryError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let gate = self.gate.lock().unwrap().clone();
        if let Some(gate) = gate {
            let _passed = gate.acquire().await.unwrap();
        }
        match self.is_away.load(Ordering::SeqCst) {
            true => Err(DirectoryError::Unreachable("away".to_owned())),
            false if self.is_unusable.load(Ordering::SeqCst) => {
                Err(DirectoryError::Unusable("two contacts have one id".to_owned()))
            }
            false => Ok(()),
        }
    }

    /// Changes what the directory knows of a contact.
    pub(super) fn change(&self, id: &str, change: impl FnOnce(&mut Contact)) {
        let mut contacts = self.contacts.lock().unwrap();
        change(contacts.iter_mut().find(|contact| contact.id.as_str() == id).unwrap());
    }
}

#[async_trait]
impl ContactLookup for Directory {
    async fn find(&self, typed: &str) -> Result<Found, DirectoryError> {
        self.ask().await?;
        let contacts = self.contacts.lock().unwrap();
        let mut found = contacts.iter().filter(|contact| contact.id.as_str().eq_ignore_ascii_case(typed));
        Ok(match (found.next(), found.next()) {
            (None, _) => Found::Nobody,
            (Some(one), None) => Found::One(one.clone()),
            (Some(one), Some(other)) => Found::Several(vec![one.id.clone(), other.id.clone()]),
        })
    }

    async fn find_exact(&self, id: &ContactId) -> Result<Option<Contact>, DirectoryError> {
        self.ask().await?;
        Ok(self.contacts.lock().unwrap().iter().find(|contact| contact.id == *id).cloned())
    }

    async fn called(&self, _typed: &str) -> Result<Vec<ContactId>, DirectoryError> {
        self.ask().await?;
        Ok(Vec::new())
    }

    async fn others_with_email(
        &self,
        email: &NormalisedEmail,
        except: &ContactId,
    ) -> Result<EmailSharing, DirectoryError> {
        self.ask().await?;
        if let Some(reason) = self.undecided.lock().unwrap().clone() {
            return Ok(EmailSharing::Undecided(reason));
        }
        let (contacts, inactive) = (self.contacts.lock().unwrap(), self.inactive.lock().unwrap());
        let same = |contact: &&Contact| {
            let own = contact.primary_email.as_deref().and_then(EmailAddress::new);
            contact.id != *except && own.is_some_and(|own| own.normalised() == email)
        };
        let others = contacts.iter().chain(inactive.iter()).filter(same).map(|contact| contact.id.clone());
        Ok(EmailSharing::With(others.collect()))
    }

    async fn with_email(
        &self,
        email: &NormalisedEmail,
        limit: usize,
    ) -> Result<Vec<Contact>, DirectoryError> {
        self.ask().await?;
        let contacts = self.contacts.lock().unwrap();
        let has_it = |contact: &&Contact| {
            let own = contact.primary_email.as_deref().and_then(EmailAddress::new);
            own.is_some_and(|own| own.normalised() == email)
        };
        Ok(contacts.iter().filter(has_it).take(limit).cloned().collect())
    }

    async fn search(&self, _typed: &str, _limit: usize) -> Result<Vec<ContactHit>, DirectoryError> {
        self.ask().await?;
        Ok(Vec::new())
    }
}

/// What an admin was brought: of which kind, and which link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Brought {
    pub(super) user: String,
    pub(super) kind: &'static str,
    pub(super) link_id: Option<LinkId>,
}

#[derive(Default)]
pub(super) struct FakeChat {
    pub(super) asked: Mutex<Vec<Question>>,
    pub(super) told: Mutex<Vec<(String, News)>>,
    pub(super) brought: Mutex<Vec<Brought>>,
    /// What the messages show that asked.
    pub(super) closed: Mutex<Vec<(String, RequestState)>>,
    /// What the help desk was asked.
    pub(super) helped: Mutex<Vec<HelpQuestion>>,
    /// How often it was told that so many have asked.
    pub(super) floods: Mutex<Vec<usize>>,
    /// What the messages show that asked it.
    pub(super) help_closed: Mutex<Vec<(String, HelpState)>>,
    /// There is no channel for approvals.
    pub(super) has_no_channel: AtomicBool,
    /// Nobody can be reached.
    pub(super) is_away: AtomicBool,
    /// 0: everybody is there with the rights that they had; 1: nobody is there any more; 2: the platform does not say.
    pub(super) says_of_people: AtomicU8,
}

impl FakeChat {
    fn reach(&self) -> Result<(), ChatError> {
        match self.is_away.load(Ordering::SeqCst) {
            true => Err(ChatError("away".to_owned())),
            false => Ok(()),
        }
    }
}

#[async_trait]
impl Chat for FakeChat {
    async fn notify(&self, admin: &Admin, news: &News) -> Result<(), ChatError> {
        self.reach()?;
        self.told.lock().unwrap().push((admin.user.clone(), news.clone()));
        Ok(())
    }

    async fn deliver_outcome(
        &self,
        admin: &Admin,
        _request: Option<RequestId>,
        outcome: &Issued,
    ) -> Result<Delivered, ChatError> {
        self.reach()?;
        let (kind, link_id) = match outcome {
            Issued::Mailed(mailed) => ("mailed", Some(mailed.link_id)),
            Issued::HandedOver(link) => ("handed over", Some(link.link.link_id())),
            Issued::Delayed(delayed) => ("delayed", Some(delayed.link_id)),
            Issued::AwaitingApproval(_) => ("asked again", None),
            Issued::Refused(_) => ("refused", None),
        };
        self.brought.lock().unwrap().push(Brought { user: admin.user.clone(), kind, link_id });
        Ok(Delivered { channel: DeliveryChannel::DirectMessage, message: Some("direct".to_owned()) })
    }

    async fn caller(&self, admin: &Admin) -> Result<Option<Caller>, ChatError> {
        match self.says_of_people.load(Ordering::SeqCst) {
            0 => Ok(Some(caller(&admin.user))),
            1 => Ok(None),
            _ => Err(ChatError("it does not say".to_owned())),
        }
    }

    async fn close_link(&self, _message: &str, _contact: &ContactId, _fate: Fate) -> Result<(), ChatError> {
        self.reach()
    }

    async fn ask(&self, question: &Question) -> Option<Result<String, ChatError>> {
        if self.has_no_channel.load(Ordering::SeqCst) {
            return None;
        }
        let mut asked = self.asked.lock().unwrap();
        asked.push(question.clone());
        Some(Ok(format!("question {}", asked.len())))
    }

    async fn close_request(
        &self,
        message: &str,
        _request: &Request,
        state: &RequestState,
    ) -> Result<(), ChatError> {
        self.closed.lock().unwrap().push((message.to_owned(), state.clone()));
        Ok(())
    }

    async fn ask_help_desk(&self, question: &HelpQuestion) -> Option<Result<String, ChatError>> {
        if self.has_no_channel.load(Ordering::SeqCst) {
            return None;
        }
        if let Err(error) = self.reach() {
            return Some(Err(error));
        }
        self.helped.lock().unwrap().push(question.clone());
        Some(Ok(question.request.to_string()))
    }

    async fn tell_of_flood(&self, asked: usize, _until: Timestamp) -> Option<Result<(), ChatError>> {
        self.floods.lock().unwrap().push(asked);
        Some(Ok(()))
    }

    async fn close_help_request(
        &self,
        message: &str,
        _request: &HelpRequest,
        state: &HelpState,
    ) -> Result<(), ChatError> {
        self.reach()?;
        self.help_closed.lock().unwrap().push((message.to_owned(), state.clone()));
        Ok(())
    }
}

pub(super) struct FakeRedeemHalf {
    keyring: Keyring,
    pub(super) withdrawn: Mutex<Vec<Revocation>>,
    pub(super) is_away: AtomicBool,
    pub(super) secret: Mutex<BindingSecret>,
}

#[async_trait]
impl RedeemHalf for FakeRedeemHalf {
    async fn revoke(&self, revocation: &SignedRevocation) -> Result<Withdrawal, NotWithdrawn> {
        if self.is_away.load(Ordering::SeqCst) {
            return Err(NotWithdrawn("away".to_owned()));
        }
        self.withdrawn.lock().unwrap().push(revocation.verify(self.keyring.trusted(), PUBLIC_URL).unwrap());
        Ok(Withdrawal::Done)
    }

    async fn answer(&self, challenge: &[u8; 32]) -> Result<[u8; 32], NoAnswer> {
        Ok(self.secret.lock().unwrap().answer(challenge))
    }
}

impl FakeRedeemHalf {
    /// Which links were withdrawn one by one.
    pub(super) fn links(&self) -> Vec<LinkId> {
        let link = |revocation: &Revocation| match revocation {
            Revocation::Link { link_id, .. } => Some(*link_id),
            Revocation::Contact { .. } => None,
        };
        self.withdrawn.lock().unwrap().iter().filter_map(link).collect()
    }
}

/// What a test wants otherwise.
pub(super) struct Plan {
    pub(super) policy: Policy,
    pub(super) has_mail: bool,
    pub(super) retry: Option<MailRetry>,
}

impl Default for Plan {
    fn default() -> Self {
        Self { policy: policy(), has_mail: true, retry: None }
    }
}

/// The chat half and what is around it.
pub(super) struct Stage {
    pub(super) bot: Bot,
    pub(super) audit: Audit,
    pub(super) directory: Arc<Directory>,
    pub(super) mails: Arc<Mails>,
    pub(super) chat: Arc<FakeChat>,
    pub(super) redeem_half: Arc<FakeRedeemHalf>,
    now: Arc<Mutex<Timestamp>>,
    plan: Plan,
    folder: TempDir,
}

fn keyring() -> Keyring {
    Keyring::new(SecretKey::from_seed(&[7; 32]), [])
}

fn secret(byte: u8) -> BindingSecret {
    BindingSecret::from_random(&[byte; 32])
}

pub(super) fn contact(id: &str, email: &str) -> Contact {
    Contact {
        id: ContactId::new(id).unwrap(),
        name: format!("Name of {id}"),
        primary_email: Some(email.to_owned()),
        language: None,
        password_version: PasswordVersion::new("1"),
        obstacle: None,
        server: None,
    }
}

fn events(audit: &PathBuf) -> Vec<Value> {
    let text = fs::read_to_string(audit).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn name_of(event: &Value) -> String {
    event["event"].as_str().unwrap().to_owned()
}

fn locked(audit: &PathBuf) -> File {
    let file = File::open(audit).unwrap();
    file.lock().unwrap();
    file
}

impl Stage {
    pub(super) fn new(plan: Plan) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let now = Arc::new(Mutex::new("2026-03-02T09:00:00Z".parse().unwrap()));
        let directory = Arc::new(Directory::default());
        *directory.contacts.lock().unwrap() = vec![
            contact("ada", "ada@example.org"),
            contact("ceo", "ceo@example.org"),
            contact("chris", "family@example.org"),
            contact("none", "n/a"),
        ];
        *directory.inactive.lock().unwrap() = vec![contact("cora", "Family@example.org")];
        let mails = Mails { audit: folder.path().join("audit.jsonl"), ..Mails::default() };
        let redeem_half = FakeRedeemHalf {
            keyring: keyring(),
            withdrawn: Mutex::default(),
            is_away: AtomicBool::default(),
            secret: Mutex::new(secret(1)),
        };
        let (mails, chat, redeem_half) = (Arc::new(mails), Arc::default(), Arc::new(redeem_half));
        let (bot, audit) = start(&folder, &plan, &now, &directory, &mails, &chat, &redeem_half);
        Self { bot, audit, directory, mails, chat, redeem_half, now, plan, folder }
    }

    /// The process ends as if by a power cut, and the next one begins.
    pub(super) fn restart(&mut self) {
        let Self { directory, mails, chat, redeem_half, now, plan, folder, .. } = self;
        (self.bot, self.audit) = start(folder, plan, now, directory, mails, chat, redeem_half);
    }

    pub(super) fn now(&self) -> Timestamp {
        *self.now.lock().unwrap()
    }

    pub(super) fn pass(&self, time: SignedDuration) {
        let mut now = self.now.lock().unwrap();
        *now += time;
    }

    /// All events of the audit, whole.
    pub(super) fn events(&self) -> Vec<Value> {
        events(&self.folder.path().join("audit.jsonl"))
    }

    /// The names of the audit's events, in order.
    pub(super) fn names(&self) -> Vec<String> {
        self.events().iter().map(name_of).collect()
    }

    /// The one event of this name.
    pub(super) fn event(&self, name: &str) -> Value {
        let mut events: Vec<_> = self.events().into_iter().filter(|event| name_of(event) == name).collect();
        assert_eq!(events.len(), 1, "{name}: {events:?}");
        events.remove(0)
    }

    /// While this is held, the audit can be neither read nor written.
    pub(super) fn hold_audit(&self) -> File {
        self.audit.set_patience(Duration::ZERO);
        locked(&self.folder.path().join("audit.jsonl"))
    }

    /// The file again, after a mail that has locked it.
    pub(super) fn release_audit(&self) {
        self.mails.locks_audit.store(false, Ordering::SeqCst);
        *self.mails.held.lock().unwrap() = None;
    }

    pub(super) async fn issue(&self, caller: &Caller, contact: &str) -> Issued {
        self.bot.issue(caller, contact).await
    }

    /// Asks for a link that needs a second person.
    pub(super) async fn ask(&self, caller: &Caller, contact: &str) -> RequestId {
        match self.issue(caller, contact).await {
            Issued::AwaitingApproval(waiting) => waiting.request,
            other => panic!("{other:?}"),
        }
    }

    pub(super) async fn approve(&self, caller: &Caller, request: RequestId) -> Reply {
        self.bot.act(caller, Action::Approve(request)).await
    }

    pub(super) async fn decline(&self, caller: &Caller, request: RequestId) -> Reply {
        self.bot.act(caller, Action::Decline(request)).await
    }

    pub(super) fn told(&self) -> Vec<(String, News)> {
        self.chat.told.lock().unwrap().clone()
    }

    pub(super) fn brought(&self) -> Vec<Brought> {
        self.chat.brought.lock().unwrap().clone()
    }

    /// The requests that second persons were asked about, in order.
    pub(super) fn asked(&self) -> Vec<RequestId> {
        self.chat.asked.lock().unwrap().iter().map(|question| question.request).collect()
    }

    /// What the redeem half has now: the same binding secret, or another one.
    pub(super) fn give_redeem_half_a_secret(&self, byte: u8) {
        *self.redeem_half.secret.lock().unwrap() = secret(byte);
    }

    pub(super) fn keyring() -> Keyring {
        keyring()
    }
}

fn start(
    folder: &TempDir,
    plan: &Plan,
    now: &Arc<Mutex<Timestamp>>,
    directory: &Arc<Directory>,
    mails: &Arc<Mails>,
    chat: &Arc<FakeChat>,
    redeem_half: &Arc<FakeRedeemHalf>,
) -> (Bot, Audit) {
    let audit = Audit::open(&folder.path().join("audit.jsonl"), *now.lock().unwrap()).unwrap();
    let settings = BotSettings {
        public_url: PUBLIC_URL.to_owned(),
        binding_secret: secret(1),
        ledger_epoch: LedgerEpoch::from_random([3; 16]),
        lifetime: LIFETIME,
        policy: plan.policy.clone(),
        time_zone: TimeZone::UTC,
        language: "en".to_owned(),
    };
    // Different in each process: names must not repeat.
    let next = Arc::new(AtomicUsize::new(1000 * audit_lines(folder)));
    let entropy = Arc::new(move |bytes: &mut [u8]| {
        bytes.fill(0);
        let number = next.fetch_add(1, Ordering::SeqCst).to_be_bytes();
        bytes[..number.len()].copy_from_slice(&number);
    });
    let clock = Arc::clone(now);
    let clock = Arc::new(move || *clock.lock().unwrap());
    let lookup = Arc::clone(directory) as Arc<dyn ContactLookup>;
    let bot = Bot::new(settings, keyring(), lookup, audit.clone(), clock, entropy);
    if plan.has_mail {
        let organisation = Organisation {
            name: "Example".to_owned(),
            support: Support::from("call us"),
            sign_in_url: None,
            time_zone: TimeZone::UTC,
            language: "en".to_owned(),
            logo: None,
            accent: Accent::default(),
            mail_from: Some("help@example.org".to_owned()),
            mail_reply_to: None,
        };
        let (sender, branding) = (Arc::clone(mails), MailBranding::new(&organisation).unwrap());
        bot.set_mailer(Some(Mailer { sender, branding, retry: plan.retry }));
    }
    bot.add_chat(Platform::Discord, Arc::clone(chat) as Arc<dyn Chat>);
    bot.set_redeem_half(Arc::clone(redeem_half) as Arc<dyn RedeemHalf>);
    (bot, audit)
}

fn audit_lines(folder: &TempDir) -> usize {
    1 + events(&folder.path().join("audit.jsonl")).len()
}
