//! Several servers of an LDAP directory: one that goes away, hangs, loses an answer or lags behind.

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use contacts::{
    Contact, ContactLookup as _, DirectoryError, DirectoryServer, LdapContactLookup, LdapPasswordWriter,
    OpenError, PasswordWriter, SetPassword,
};
use futures_util::future::join_all;
use jiff::SignedDuration;
use keys::{
    Binding, BindingSecret, Keyring, LinkId, NewLink, NormalisedEmail, PasswordVersion, ReceiptOutcome,
    ResetLink, SecretKey, UntrustedToken, VerifiedLink,
};
use redeem_server::ledger::{Ledger as _, LinkState, SledLedger, SledSettings};
use redeem_server::outbox::Outbox as _;
use redeem_server::password::Rules;
use redeem_server::redeem::{Closed, Outcome, RedeemSettings, Redeemer};
use redeem_server::set_password::NewPassword;
use redeem_server::set_password::{Capacity, PasswordSetter};
use reset_link_tests::harness::clock::MovableClock;
use reset_link_tests::harness::database_proxy::{Break, DatabaseProxy};
use reset_link_tests::harness::ldap::LdapAccount;
use reset_link_tests::harness::own_slapd::{self, OLD_PASSWORD, OwnSlapd};
use reset_link_tests::wait::{DEADLINE, in_time, until};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::contract::id;

const TIMEOUT: SignedDuration = SignedDuration::from_secs(2);
const NEW: &str = "quarrel-lantern-otter-plaza";
const OTHER: &str = "nine-umbrellas-of-a-keeper";

async fn writer(servers: &[String]) -> LdapPasswordWriter {
    open_writer(servers).await.unwrap()
}

async fn open_writer(servers: &[String]) -> Result<LdapPasswordWriter, OpenError> {
    LdapPasswordWriter::open(&own_slapd::settings(servers, LdapAccount::Writer, TIMEOUT)).await
}

async fn ada(writer: &dyn PasswordWriter) -> Contact {
    writer.read(&id("ada")).await.unwrap().unwrap()
}

async fn set(
    writer: &dyn PasswordWriter,
    expected: &PasswordVersion,
    password: &str,
) -> Result<SetPassword, DirectoryError> {
    let prepared = writer.prepare(password.to_owned().into()).await.unwrap();
    writer.set(&id("ada"), expected, prepared).await
}

fn server(url: &str) -> DirectoryServer {
    DirectoryServer::new(url)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs slapd (tests/with-services)"]
async fn the_first_server_that_answers_is_kept_and_each_entry_says_which_it_was() {
    let (mut one, mut other) = (OwnSlapd::start().await, OwnSlapd::start().await);
    let urls = [one.url(), other.url()];
    let lookup =
        LdapContactLookup::open(&own_slapd::settings(&urls, LdapAccount::Reader, TIMEOUT)).await.unwrap();
    let answered = async || lookup.find_exact(&id("ada")).await.unwrap().unwrap().server.unwrap();
    assert_eq!(answered().await, server(&urls[0]));
    one.kill();
    assert_eq!(answered().await, server(&urls[1]));
    one.start_again().await;
    assert_eq!(answered().await, server(&urls[1]), "it is kept");
    other.kill();
    assert_eq!(answered().await, server(&urls[0]));
    one.kill();
    let error = lookup.find_exact(&id("ada")).await.unwrap_err().to_string();
    assert!(urls.iter().all(|url| error.contains(url)), "each says why: {error}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs slapd (tests/with-services)"]
async fn a_server_that_hangs_is_passed_over() {
    let (one, other) = (OwnSlapd::start().await, OwnSlapd::start().await);
    let urls = [one.url(), other.url()];
    one.stop();
    let writer = writer(&urls).await;
    assert_eq!(ada(&writer).await.server, Some(server(&urls[1])));
    one.go_on();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs slapd (tests/with-services)"]
async fn one_server_alone_is_asked_and_no_other_takes_its_place() {
    let (mut one, other) = (OwnSlapd::start().await, OwnSlapd::start().await);
    let urls = [one.url(), other.url()];
    let writer = writer(&urls).await;
    let [at_one, at_other] = [&urls[0], &urls[1]].map(|url| writer.at(&server(url)).unwrap());
    assert!(writer.at(&server("ldap://elsewhere.example.org")).is_none());
    assert_eq!(ada(&*at_other).await.server, Some(server(&urls[1])));
    let before = ada(&*at_one).await;
    assert_eq!(set(&*at_one, &before.password_version, NEW).await.unwrap(), SetPassword::Set);
    assert!(one.signs_in(NEW).await && other.signs_in(OLD_PASSWORD).await);
    assert_ne!(ada(&*at_one).await.password_version, ada(&*at_other).await.password_version);
    one.kill();
    assert!(matches!(at_one.read(&id("ada")).await, Err(DirectoryError::Unreachable(_))));
    let lost = set(&*at_one, &before.password_version, OTHER).await;
    assert!(matches!(lost, Err(DirectoryError::Unreachable(_))), "{lost:?}");
    assert!(other.signs_in(OLD_PASSWORD).await);
    one.start_again().await;
    assert_eq!(set(&*at_one, &before.password_version, OTHER).await.unwrap(), SetPassword::VersionChanged);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs slapd (tests/with-services)"]
async fn a_server_that_is_not_as_the_first_one_is_never_used() {
    let (mut one, bare) = (OwnSlapd::start().await, OwnSlapd::without_policy().await);
    let urls = [one.url(), bare.url()];
    let writer = writer(&urls).await;
    let version = ada(&writer).await.password_version;
    let at_bare = writer.at(&server(&urls[1])).unwrap();
    one.kill();
    for writer in [&writer as &dyn PasswordWriter, &*at_bare] {
        let error = writer.read(&id("ada")).await.unwrap_err();
        let DirectoryError::Unreachable(text) = error else { panic!("{error:?}") };
        assert!(text.contains("no password policy overlay"), "{text}");
        let refused = set(writer, &version, NEW).await;
        assert!(matches!(refused, Err(DirectoryError::Unreachable(_))), "{refused:?}");
    }
    assert!(bare.signs_in(OLD_PASSWORD).await && !bare.signs_in(NEW).await);
    one.start_again().await;
    assert_eq!(set(&writer, &version, NEW).await.unwrap(), SetPassword::Set);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs slapd (tests/with-services)"]
async fn a_wrong_password_is_told_of_each_server_that_refused_it() {
    let (one, other) = (OwnSlapd::start().await, OwnSlapd::start().await);
    let good = own_slapd::settings(&[one.url(), other.url()], LdapAccount::Writer, TIMEOUT);
    let wrong = config::LdapContacts { password: config::Secret::new("wrong"), ..good };
    let error = LdapPasswordWriter::open(&wrong).await.err().unwrap().to_string();
    assert!(error.contains("does not accept this account") && error.contains(&one.url()), "{error}");
    assert!(error.contains(&other.url()), "{error}");
}

/// Of a server behind a proxy.
async fn by_a_proxy(slapd: &OwnSlapd) -> (DatabaseProxy, LdapPasswordWriter) {
    let proxy = DatabaseProxy::before(&slapd.url()).await;
    let writer = writer(&[format!("ldap://{}", proxy.address())]).await;
    (proxy, writer)
}

/// What each step of a write sends.
const BIND: &str = "cn=redeem";
const READ: &str = "preferredLanguage";
const MODIFY: &str = "userPassword";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs slapd (tests/with-services)"]
async fn what_is_lost_before_the_modify_is_sent_changes_nothing() {
    for step in [BIND, READ] {
        for then in [Break::Cut, Break::CutAnswer, Break::Silence] {
            let mut slapd = OwnSlapd::start().await;
            let (proxy, writer) = by_a_proxy(&slapd).await;
            let before = ada(&writer).await.password_version;
            if step == BIND {
                // The next request signs in anew.
                slapd.kill();
                slapd.start_again().await;
            }
            // A search is asked once more, on a connection that breaks as well.
            proxy.breaks(step, then, 2);
            let lost = set(&writer, &before, NEW).await;
            assert!(matches!(lost, Err(DirectoryError::Unreachable(_))), "{step} {then:?}: {lost:?}");
            assert!(slapd.signs_in(OLD_PASSWORD).await, "{step} {then:?}");
            proxy.breaks_no_more();
            assert_eq!(set(&writer, &before, NEW).await.unwrap(), SetPassword::Set, "{step} {then:?}");
            assert!(slapd.signs_in(NEW).await, "{step} {then:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs slapd (tests/with-services)"]
async fn a_modify_without_an_answer_is_an_unknown_outcome() {
    for (then, is_set) in
        [(Break::Cut, false), (Break::CutAnswer, true), (Break::Silence, false), (Break::SilentAnswer, true)]
    {
        let slapd = OwnSlapd::start().await;
        let (proxy, writer) = by_a_proxy(&slapd).await;
        let before = ada(&writer).await.password_version;
        proxy.breaks(MODIFY, then, 1);
        let outcome = set(&writer, &before, NEW).await;
        assert!(matches!(outcome, Err(DirectoryError::OutcomeUnknown(_))), "{then:?}: {outcome:?}");
        assert!(proxy.is_done(), "{then:?}");
        until("what was written, or was not", async || slapd.was_written().await == is_set).await;
        assert_eq!(slapd.signs_in(NEW).await, is_set, "{then:?}");
        let now = ada(&writer).await.password_version;
        assert_eq!(now != before, is_set, "{then:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs slapd (tests/with-services)"]
async fn a_server_that_was_killed_is_connected_to_again_before_anything_is_sent() {
    let mut slapd = OwnSlapd::start().await;
    let writer = writer(&[slapd.url()]).await;
    let mut before = ada(&writer).await.password_version;
    for password in [NEW, OTHER] {
        slapd.kill();
        let lost = set(&writer, &before, password).await;
        assert!(matches!(lost, Err(DirectoryError::Unreachable(_))), "{lost:?}");
        slapd.start_again().await;
        assert_eq!(set(&writer, &before, password).await.unwrap(), SetPassword::Set);
        assert!(slapd.signs_in(password).await);
        slapd.kill();
        slapd.start_again().await;
        let after = ada(&writer).await.password_version;
        assert_ne!(after, before);
        // Seconds are what the server's versions count.
        before = after;
        tokio::time::sleep(Duration::from_millis(1_100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs slapd (tests/with-services)"]
async fn a_server_that_is_stopped_holds_up_nobody_for_good_and_sets_no_password_that_was_given_up() {
    let slapd = OwnSlapd::start().await;
    let writer = writer(&[slapd.url()]).await;
    let before = ada(&writer).await.password_version;
    slapd.stop();
    let ada_id = id("ada");
    let reads = join_all((0..8).map(|_| writer.read(&ada_id)));
    let (lost, reads) = in_time("all end", async { tokio::join!(set(&writer, &before, NEW), reads) }).await;
    // It was read before it was to be set, so nothing was sent.
    assert!(matches!(lost, Err(DirectoryError::Unreachable(_))), "{lost:?}");
    assert!(reads.iter().all(|read| matches!(read, Err(DirectoryError::Unreachable(_)))));
    slapd.go_on();
    assert_eq!(ada(&writer).await.password_version, before);
    assert_eq!(set(&writer, &before, NEW).await.unwrap(), SetPassword::Set);
}

/// A redeem server on LDAP, whose process can be killed, and whose clock is moved.
struct RedeemPlace {
    folder: TempDir,
    clock: MovableClock,
    keyring: Keyring,
}

struct RedeemProcess {
    runtime: Runtime,
    redeemer: Redeemer,
    ledger: Arc<SledLedger>,
    writer: Arc<LdapPasswordWriter>,
}

const PUBLIC_URL: &str = "https://reset.example.com";
const LEASE: SignedDuration = SignedDuration::from_secs(30);
const LIFETIME: SignedDuration = SignedDuration::from_mins(15);
const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

impl RedeemPlace {
    fn new() -> Self {
        Self {
            folder: TempDir::new().unwrap(),
            clock: MovableClock::at("2026-11-27T12:00:00Z"),
            keyring: Keyring::new(SecretKey::from_seed(&[5; 32]), []),
        }
    }

    fn secret() -> BindingSecret {
        BindingSecret::from_random(&[6; 32])
    }

    async fn start(&self, servers: &[String]) -> RedeemProcess {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let servers = servers.to_vec();
        let writer = runtime.spawn(async move { writer(&servers).await }).await.unwrap();
        let writer = Arc::new(writer);
        let settings =
            SledSettings { folder: self.folder.path().join("ledger"), cache_bytes: 16 << 20, lease: LEASE };
        let clock = self.clock.as_fn();
        let ledger = runtime.spawn(async move {
            SledLedger::open(
                &settings,
                clock,
                &(Arc::new(|buffer: &mut [u8]| buffer.fill(7)) as redeem_server::Entropy),
            )
            .unwrap()
        });
        let ledger = Arc::new(ledger.await.unwrap());
        let redeemer = Redeemer::new(
            RedeemSettings { public_url: PUBLIC_URL.to_owned(), binding_secret: Self::secret() },
            self.keyring.trusted().clone(),
            Arc::clone(&ledger) as _,
            Arc::new(PasswordSetter::new(
                Rules { min_length: 12, min_strength: 3 },
                Capacity {
                    hashing_slots: 2,
                    slot_wait: Duration::from_secs(5),
                    directory_timeout: Duration::from_secs(10),
                },
                Arc::clone(&writer) as _,
            )),
            self.clock.as_fn(),
            Arc::new(|buffer: &mut [u8]| buffer.fill(7)),
        );
        RedeemProcess { runtime, redeemer, ledger, writer }
    }

    /// For Ada as the directory has her now.
    fn link(&self, process: &RedeemProcess, ada: &Contact) -> VerifiedLink {
        let link_id = LinkId::from_random([1; 24]);
        let email = ada.primary_email.as_deref().and_then(NormalisedEmail::new);
        let binding = Binding::new(&Self::secret(), link_id, &ada.id, &ada.password_version, email.as_ref());
        let new = NewLink {
            contact: ada.id.clone(),
            link_id,
            issued_at: self.clock.now(),
            lifetime: LIFETIME,
            binding,
            ledger_epoch: process.ledger.ledger_epoch(),
        };
        let link = ResetLink::mint(&self.keyring, PUBLIC_URL, &new).unwrap();
        let token = UntrustedToken::from_link(link.expose(), PUBLIC_URL);
        token.verify(self.keyring.trusted(), PUBLIC_URL, self.clock.now()).unwrap()
    }
}

impl RedeemProcess {
    /// Runs in this process.
    async fn on<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> T {
        self.runtime.spawn(work).await.unwrap()
    }

    async fn redeem(&self, link: &VerifiedLink, password: &str) -> Outcome {
        let (redeemer, link, password) = (self.redeemer.clone(), link.clone(), password.to_owned());
        let new = NewPassword { password: password.clone().into(), confirm: password.into() };
        self.on(async move { redeemer.redeem(&link, new, CLIENT).await }).await
    }

    async fn show(&self, link: &VerifiedLink) -> Outcome {
        let (redeemer, link) = (self.redeemer.clone(), link.clone());
        self.on(async move { redeemer.show(&link).await }).await
    }

    async fn settle(&self) -> usize {
        let redeemer = self.redeemer.clone();
        self.on(async move { redeemer.settle_all().await.unwrap() }).await
    }

    async fn reported(&self) -> Vec<ReceiptOutcome> {
        let receipts = self.ledger.receipts(100).await.unwrap();
        let mut outcomes: Vec<_> = receipts.iter().map(|receipt| receipt.outcome).collect();
        outcomes.sort();
        outcomes
    }

    /// As by SIGKILL: what is under way ends where it stands.
    async fn kill(self) {
        let killing = tokio::task::spawn_blocking(move || {
            let Self { runtime, redeemer, ledger, writer } = self;
            runtime.shutdown_timeout(DEADLINE);
            drop((redeemer, writer, ledger));
        });
        killing.await.unwrap();
    }
}

/// A link that was used at the first of two servers: the process was killed behind the write and before it was noted, and that server is gone. The second
/// one has the same contacts and never hears of a change.
async fn used_where_nobody_noted_it()
-> (RedeemPlace, RedeemProcess, VerifiedLink, OwnSlapd, OwnSlapd, DatabaseProxy) {
    let (mut one, other) = (OwnSlapd::start().await, OwnSlapd::start().await);
    let proxy = DatabaseProxy::before(&one.url()).await;
    let servers = [format!("ldap://{}", proxy.address()), other.url()];
    let place = RedeemPlace::new();
    let process = place.start(&servers).await;
    let writer = Arc::clone(&process.writer);
    let contact = process.on(async move { ada(&*writer).await }).await;
    assert_eq!(contact.server, Some(server(&servers[0])));
    let link = place.link(&process, &contact);
    proxy.breaks(MODIFY, Break::SilentAnswer, 1);
    let (redeemer, for_visitor) = (process.redeemer.clone(), link.clone());
    let new = NewPassword { password: NEW.to_owned().into(), confirm: NEW.to_owned().into() };
    drop(process.runtime.spawn(async move { redeemer.redeem(&for_visitor, new, CLIENT).await }));
    until("it is written", async || one.was_written().await).await;
    assert!(one.signs_in(NEW).await);
    process.kill().await;
    one.kill();
    let process = place.start(&servers).await;
    assert!(other.signs_in(OLD_PASSWORD).await);
    (place, process, link, one, other, proxy)
}

async fn cannot_be_used(process: &RedeemProcess, link: &VerifiedLink, other: &OwnSlapd) {
    for outcome in [process.show(link).await, process.redeem(link, OTHER).await] {
        assert!(matches!(outcome, Outcome::Unavailable { .. }), "{outcome:?}");
    }
    assert_eq!(process.settle().await, 0);
    assert!(matches!(process.ledger.look(link).await.unwrap(), LinkState::Lapsed(_)));
    assert!(other.signs_in(OLD_PASSWORD).await, "and it is as it was at the server that lags behind");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs slapd (tests/with-services)"]
async fn a_used_link_cannot_be_used_at_a_replica_that_lags_behind() {
    let (place, process, link, mut one, other, _proxy) = used_where_nobody_noted_it().await;
    assert!(matches!(process.redeem(&link, OTHER).await, Outcome::InProgress { .. }), "its lease runs");
    place.clock.move_by(LEASE);
    cannot_be_used(&process, &link, &other).await;
    one.start_again().await;
    assert_eq!(process.settle().await, 1);
    let outcome = process.redeem(&link, OTHER).await;
    assert!(matches!(outcome, Outcome::Closed { why: Closed::Used, .. }), "{outcome:?}");
    assert!(one.signs_in(NEW).await && other.signs_in(OLD_PASSWORD).await);
    assert_eq!(process.reported().await, [ReceiptOutcome::Unsettled, ReceiptOutcome::RefusedUsed]);
    process.kill().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs slapd (tests/with-services)"]
async fn where_its_server_never_comes_back_a_link_stays_closed_and_then_it_is_used() {
    let (place, process, link, _one, other, _proxy) = used_where_nobody_noted_it().await;
    place.clock.move_by(LEASE);
    cannot_be_used(&process, &link, &other).await;
    place.clock.move_by(LIFETIME - LEASE);
    assert_eq!(process.settle().await, 1);
    assert_eq!(process.ledger.look(&link).await.unwrap(), LinkState::Spent);
    assert_eq!(process.reported().await, [ReceiptOutcome::Unsettled]);
    assert!(other.signs_in(OLD_PASSWORD).await);
    process.kill().await;
}
