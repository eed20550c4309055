//! The whole product in this process: real directory, ledger, audits, router; a clock that tests move; mail, chat and faults in their hands.
//!
//! Each start of it has a runtime of its own, so that it can be killed: what was under way ends where it stands, as with a real process.

#![expect(clippy::unwrap_used, reason = "a harness is part of the tests: what fails, panics")]

pub mod active_directory;
pub mod binary;
pub mod clock;
pub mod database_proxy;
pub mod databases;
mod directory;
pub mod ds389;
mod gate;
pub mod ldap;
mod on_discord;
mod on_mattermost;
mod on_slack;
mod outside;
pub mod own_slapd;
mod plan;
mod process;
mod running;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bot::policy::People;
use bot::words::{Markup, Part, Words};
use bot::{Admin, Bot, Invocation, Issued, Platform, Refused, Reply};
use contacts::{ContactEntry, PasswordCheck, PasswordChecker as _, SqlitePasswordWriter, sample_contacts};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use keys::chained_log::segments;
use keys::{BindingSecret, ContactId, SecretKey};
use redeem_server::ledger::Ledger as _;
use redeem_server::outbox::Outbox as _;
use serde_json::Value;
use tempfile::TempDir;
use texts::Language;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use zeroize::Zeroizing;

pub use self::directory::{Directory, Fault};
pub use self::on_discord::{OnDiscord, TOKEN};
pub use self::on_mattermost::{MATTERMOST, OnMattermost};
pub use self::on_slack::{APP, OnSlack, OnSlackSocket};
pub use self::outside::{Chat, FakeMailer, SwitchedSink, link_in};
pub use self::plan::Plan;
pub use self::process::Answer;
use self::process::Process;
pub use self::running::{Running, Start};
use crate::harness::clock::MovableClock;

/// A test that waits longer than this has failed.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);

/// In front of every link.
pub const PUBLIC_URL: &str = "https://reset.example.org";

/// A password that no rule is against.
pub const PASSWORD: &str = "tremendous giraffe on a bicycle";

/// Another one.
pub const OTHER_PASSWORD: &str = "lighthouse keeper with nine umbrellas";

/// The binding secret of both halves.
pub const SECRET: [u8; 32] = [6; 32];

/// How long one redeemer holds a link.
pub const LEASE: SignedDuration = SignedDuration::from_secs(30);

/// How long a link lives.
pub const LIFETIME: SignedDuration = SignedDuration::from_mins(15);

/// What an admin is answered.
#[derive(Debug)]
pub struct Said {
    /// All paragraphs.
    pub text: String,
    /// The link, where there is one; whoever sees it can use it.
    pub link: Option<String>,
}

/// The product, and the world around it.
pub struct Harness {
    /// Moves for both halves and the ledger.
    pub clock: MovableClock,
    /// Faults of the contact directory.
    pub directory: Directory,
    /// The mail server.
    pub mailer: FakeMailer,
    /// What admins are told unasked.
    pub chat: Chat,
    /// What carries receipts to the bot.
    pub sink: SwitchedSink,
    plan: Plan,
    folder: TempDir,
    random: Arc<AtomicU64>,
    process: Option<Process>,
    may_leave_something: bool,
    is_audit_forged: bool,
}

impl Harness {
    /// Starts the product with the sample contacts.
    pub async fn start() -> Self {
        Self::planned(Plan::default()).await
    }

    /// Starts the product with the sample contacts and these settings.
    pub async fn planned(plan: Plan) -> Self {
        let mut harness = Self {
            clock: MovableClock::at("2026-11-24T09:00:00Z"),
            directory: Directory::new(plan.is_conditional),
            mailer: FakeMailer::default(),
            chat: Chat::default(),
            sink: SwitchedSink::default(),
            plan,
            folder: TempDir::new().unwrap(),
            random: Arc::default(),
            process: None,
            may_leave_something: false,
            is_audit_forged: false,
        };
        harness.make_keys();
        harness.begin_with(sample_contacts()).await;
        harness
    }

    /// Starts the next process in the same folders.
    pub async fn begin(&mut self) {
        self.begin_with(Vec::new()).await;
    }

    async fn begin_with(&mut self, entries: Vec<ContactEntry>) {
        self.process = Some(Process::start(self, entries).await);
        let bot = self.bot();
        self.on(async move { bot.catch_up().await.unwrap() }).await;
        self.finish_notices().await;
    }

    /// Ends the process as `kill -9` does, and starts the next one in the same folders.
    pub async fn kill_and_restart(&mut self) {
        self.kill().await;
        self.begin().await;
    }

    /// Ends the process as `kill -9` does.
    pub async fn kill(&mut self) {
        let process = self.process.take().expect("a process runs");
        tokio::task::spawn_blocking(move || process.kill()).await.unwrap();
    }

    /// Claims or receipts may be left at the end.
    pub fn may_leave_something(&mut self) {
        self.may_leave_something = true;
    }

    /// Appends a line to the bot's audit that no process of ours wrote: the audit is not sound from then on.
    pub fn forge(&mut self, event: &Value) {
        let mut file = fs::File::options().append(true).open(self.audit_file()).unwrap();
        writeln!(file, "{event}").unwrap();
        self.is_audit_forged = true;
    }

    /// The bot of the running process.
    pub fn bot(&self) -> Bot {
        self.process().bot.clone()
    }

    /// A bot as another process on the same audit has it: `reset-link issue` beside `reset-link run`.
    pub fn another_bot(&self) -> Bot {
        self.process().another_bot(self)
    }

    /// Runs something on the process's own runtime.
    pub async fn on<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> T {
        self.process().spawn(work).await.expect("neither killed nor panicked")
    }

    /// Begins something on the process's own runtime; a kill ends it.
    pub fn begin_on<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        self.process().spawn(work)
    }

    /// Waits until there is an event of this kind in the bot's audit.
    ///
    /// # Panics
    /// Where none comes.
    pub async fn event(&self, kind: &str) {
        let is_there = async {
            while self.events(kind).is_empty() {
                tokio::task::yield_now().await;
            }
        };
        assert!(timeout(PATIENCE, is_there).await.is_ok(), "there is no {kind} in the audit");
    }

    /// Whose words the tests speak.
    pub fn admin() -> Admin {
        Admin { platform: Platform::Console, user: "alice".to_owned() }
    }

    /// An admin types.
    pub async fn types(&self, text: &str) -> Said {
        self.types_as(Self::admin(), text).await
    }

    /// Somebody types.
    pub async fn types_as(&self, admin: Admin, text: &str) -> Said {
        self.ask_bot(self.bot(), admin, text).await
    }

    /// Somebody types to this bot.
    pub async fn ask_bot(&self, bot: Bot, admin: Admin, text: &str) -> Said {
        let invocation = Invocation { caller: admin.into(), text: text.to_owned() };
        let reply = self.on(async move { bot.handle(&invocation).await }).await;
        self.in_words(&reply.expect("a command"))
    }

    /// An answer as a chat shows it.
    pub fn in_words(&self, reply: &Reply) -> Said {
        let words = Words {
            language: Language::choose(None, None, "en"),
            time_zone: TimeZone::UTC,
            markup: Markup::Plain,
            people: People::default(),
        };
        let (mut text, mut link) = (Vec::new(), None);
        for part in words.reply(reply, self.clock.now()) {
            match part {
                Part::Text(paragraph) => text.push(paragraph),
                Part::Link(secret) => link = Some(secret.expose().to_owned()),
                Part::Mail(_) => {}
            }
        }
        Said { text: text.join("\n"), link }
    }

    /// Issues a link by the use case.
    pub async fn issue(&self, contact: &str) -> Issued {
        let (bot, contact) = (self.bot(), contact.to_owned());
        self.on(async move { bot.issue(&Self::admin().into(), &contact).await }).await
    }

    /// Issues a link that is handed over.
    pub async fn link_for(&self, contact: &str) -> String {
        match self.issue(contact).await {
            Issued::HandedOver(handed_over) => handed_over.link.expose().to_owned(),
            other => panic!("not handed over: {other:?}"),
        }
    }

    /// Issues a link that is refused.
    pub async fn refusal_for(&self, contact: &str) -> Refused {
        match self.issue(contact).await {
            Issued::Refused(refused) => refused,
            other => panic!("not refused: {other:?}"),
        }
    }

    /// A visitor opens a link.
    pub async fn open(&self, link: &str) -> Answer {
        self.visit("GET", link).await
    }

    /// A visitor opens a link in a browser that has kept a cookie.
    pub async fn open_with(&self, link: &str, cookie: &str) -> Answer {
        self.process().visit_with(link, cookie).await.expect("neither killed nor panicked")
    }

    /// A visitor's program asks with any method.
    pub async fn visit(&self, method: &str, link: &str) -> Answer {
        self.process().visit(method, link).await.expect("neither killed nor panicked")
    }

    /// A visitor sends a form of these fields, and waits.
    pub fn begin_submitting(&self, path: &str, fields: &[(&str, &str)]) -> JoinHandle<Answer> {
        self.process().begin_submitting(path, fields)
    }

    /// A visitor sends a form of these fields to an address of ours, and is not led on.
    pub async fn submit(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.process().submit(path, fields).await.expect("neither killed nor panicked")
    }

    /// Hands on what visitors asked for on the page for a forgotten password; how much the bot took.
    ///
    /// # Errors
    /// Why it was not handed on.
    pub async fn hand_on_wishes(&self) -> Result<usize, String> {
        let redeem = Arc::clone(&self.process().redeem);
        let taken =
            self.on(async move { redeem.wishes.empty().await.map_err(|error| error.to_string()) }).await;
        self.finish_notices().await;
        taken
    }

    /// A visitor sends the form.
    pub async fn redeem(&self, link: &str, password: &str) -> Answer {
        self.begin_redeeming(link, password).await.expect("neither killed nor panicked")
    }

    /// A visitor sends the form and waits.
    pub fn begin_redeeming(&self, link: &str, password: &str) -> JoinHandle<Answer> {
        self.process().redeem(link, password)
    }

    /// Hands on all receipts, and waits until the admins have been told; how many receipts there were, or why they stay.
    ///
    /// # Errors
    /// Why receipts were not handed on.
    pub async fn deliver_receipts(&self) -> Result<usize, String> {
        let delivered = self.hand_on_receipts().await;
        self.finish_notices().await;
        delivered
    }

    /// Hands on all receipts, without waiting until the admins have been told.
    ///
    /// # Errors
    /// Why receipts were not handed on.
    pub async fn hand_on_receipts(&self) -> Result<usize, String> {
        let redeem = Arc::clone(&self.process().redeem);
        self.on(async move { redeem.receipts.empty().await.map_err(|error| error.to_string()) }).await
    }

    /// Waits for what goes on behind the bot's answers.
    pub async fn finish_notices(&self) {
        let bot = self.bot();
        self.on(async move { bot.drain().await }).await;
    }

    /// Does what has fallen due in the bot.
    pub async fn housekeeping(&self) {
        let bot = self.bot();
        self.on(async move { bot.run_housekeeping().await }).await;
    }

    /// Settles what can be settled; how many claims that were.
    pub async fn settle(&self) -> usize {
        let redeem = &self.process().redeem;
        let (redeemer, changer) = (redeem.redeemer.clone(), redeem.changer.clone());
        let settle = async move {
            let changes = match changer {
                Some(changer) => changer.settle_all().await.unwrap(),
                None => 0,
            };
            redeemer.settle_all().await.unwrap() + changes
        };
        self.on(settle).await
    }

    /// Lets the ledger forget what is past.
    pub async fn prune(&self) {
        let redeemer = self.process().redeem.redeemer.clone();
        self.on(async move { redeemer.prune().await.unwrap() }).await;
    }

    /// Waits for redemptions under way, whoever still waits for their answer.
    pub async fn finish_redemptions(&self) {
        let redeemer = self.process().redeem.redeemer.clone();
        self.on(async move { redeemer.drain().await }).await;
    }

    /// How many claims wait to be settled.
    pub async fn unsettled(&self) -> usize {
        let ledger = Arc::clone(self.process().ledger());
        self.on(async move { ledger.unsettled().await.unwrap().len() }).await
    }

    /// How many receipts wait in the outbox.
    pub async fn outbox(&self) -> usize {
        let ledger = Arc::clone(self.process().ledger());
        self.on(async move { ledger.receipts(1000).await.unwrap().len() }).await
    }

    /// Adds or changes contacts.
    pub async fn put(&self, entries: Vec<ContactEntry>) {
        let contacts = self.process().contacts.clone();
        self.on(async move { contacts.put(&entries).await.unwrap() }).await;
    }

    /// Whether a contact can sign in with this password.
    pub async fn signs_in(&self, contact: &str, password: &str) -> bool {
        let (contacts, id) = (self.process().contacts.clone(), ContactId::new(contact).unwrap());
        let password = Zeroizing::new(password.to_owned());
        let checked = self.on(async move {
            let checker = SqlitePasswordWriter::open(contacts.path()).await.unwrap();
            checker.check(&id, password).await.unwrap()
        });
        matches!(checked.await, PasswordCheck::Matches { .. })
    }

    /// The bot's audit, line by line.
    pub fn audit(&self) -> Vec<Value> {
        let text = audit_text(&self.audit_file());
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The redeem half's own audit, line by line.
    pub fn redeem_audit(&self) -> Vec<Value> {
        let text = audit_text(&self.redeem_audit_file());
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The events of one kind in the bot's audit.
    pub fn events(&self, kind: &str) -> Vec<Value> {
        self.audit().into_iter().filter(|line| line["event"] == kind).collect()
    }

    /// The outcomes of all receipts in the bot's audit, by the alphabet: on a clock that stands still they have no other order.
    pub fn receipts(&self) -> Vec<String> {
        let outcome = |line: &Value| line["outcome"].as_str().unwrap().to_owned();
        let mut outcomes: Vec<_> = self.events("receipt").iter().map(outcome).collect();
        outcomes.sort();
        outcomes
    }

    /// Where the bot's audit is.
    pub fn audit_file(&self) -> PathBuf {
        self.folder.path().join("audit.jsonl")
    }

    /// Where the redeem half's own audit is.
    pub fn redeem_audit_file(&self) -> PathBuf {
        self.folder.path().join("redeem-audit.jsonl")
    }

    /// The files that `init` makes, with the same keys in every run.
    fn make_keys(&self) {
        let keys = self.plan.config(self.folder.path()).bot.keys;
        let key = SecretKey::from_seed(&[7; 32]);
        key.create(&keys.signing_key_file).unwrap();
        key.public_key().create(&keys.signing_key_file.with_extension("public")).unwrap();
        BindingSecret::from_random(&SECRET).create(&keys.binding_secret_file).unwrap();
    }

    /// Different every time, and the same in every run.
    fn entropy(&self) -> bot::Entropy {
        let random = Arc::clone(&self.random);
        Arc::new(move |buffer| {
            let number = random.fetch_add(1, Ordering::Relaxed).to_be_bytes();
            buffer.iter_mut().rev().zip(number.iter().rev().chain(std::iter::repeat(&0x5a))).for_each(
                |(byte, value)| {
                    *byte = *value;
                },
            );
        })
    }

    fn process(&self) -> &Process {
        self.process.as_ref().expect("a process runs")
    }

    fn check_that_nothing_is_left_over(&self) {
        let process = self.process();
        self.clock.move_by(LEASE + SignedDuration::from_secs(1));
        let (unsettled, left) = process.block_on(async {
            let unsettled = process.ledger().unsettled().await.unwrap().len();
            process.redeem.receipts.empty().await.unwrap();
            process.bot.drain().await;
            (unsettled, process.ledger().receipts(1000).await.unwrap().len())
        });
        assert_eq!((unsettled, left), (0, 0), "claims that nobody settled, receipts that nobody took");
    }

    fn check_the_audits(&self) {
        let files = [self.audit_file(), self.redeem_audit_file()];
        for segment in files.iter().flat_map(|file| segments(file).unwrap()) {
            let (file, mut check) = (segment.path, bot::audit::Check::default());
            let text = fs::read_to_string(&file).unwrap();
            let verified = keys::chained_log::verify(text.as_bytes(), &mut check);
            assert!(
                self.is_audit_forged || (verified.is_ok() && check.found().is_none()),
                "{verified:?} {check:?}"
            );
            for secret in ["v4.public.", PASSWORD, OTHER_PASSWORD, "ada@example.org", "family@example.net"] {
                assert!(!text.to_lowercase().contains(secret), "{}: {secret}", file.display());
            }
        }
    }
}

/// Nothing is left over, and the audits are whole and hold nobody's secrets.
impl Drop for Harness {
    fn drop(&mut self) {
        if !std::thread::panicking() && self.process.is_some() {
            if !self.may_leave_something {
                self.check_that_nothing_is_left_over();
            }
            self.check_the_audits();
        }
        if let Some(process) = self.process.take() {
            process.kill_from_anywhere();
        }
    }
}

/// All segments of an audit, in order.
pub fn audit_text(file: &Path) -> String {
    let segments = segments(file).unwrap();
    assert!(!segments.is_empty(), "{}: there is no audit", file.display());
    segments.iter().map(|segment| fs::read_to_string(&segment.path).unwrap()).collect()
}

/// A point in time.
pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}
